"""How a setting is spelled where it was set: as a variable in the environment and `.env`, or as a key in `comeback.toml`."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from bot.settings.section import variable
from bot.settings.values import Meaning

TOML_FILE = Path("comeback.toml")

_WHOLE_LINE = re.compile(r"COMEBACK_PRODUCTS__(?P<key>\w+)__RESOURCE=(?P<value>\S+)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """
    The words for the setting at *path*: the name of the field, then those of the tables below it.

    `name` is what a problem is found by, `place` what a sentence begins with.
    """

    path: tuple[str, ...]
    in_toml: bool = False

    @property
    def name(self) -> str:
        """`COMEBACK_REQUESTS__PER_HOUR`, or `requests.per_hour`."""
        if self.in_toml:
            return ".".join(self.path)
        return "__".join((variable(self.path[0]), *self.path[1:])).upper()

    @property
    def place(self) -> str:
        """The name, and the file where that is not plain."""
        return f"{self.name} in {TOML_FILE}" if self.in_toml else self.name

    def sibling(self, name: str) -> "Spelling":
        """The setting *name* of the same table."""
        return Spelling(path=(*self.path[:-1], name), in_toml=self.in_toml)

    def expected(self, meaning: Meaning) -> str:
        """What ends a sentence "... must be ..."."""
        return meaning.expected.replace("a JSON list", "a list") if self.in_toml else meaning.expected

    def assignment(self, meaning: Meaning) -> str:
        """A line that sets it."""
        whole_line = _WHOLE_LINE.fullmatch(meaning.example)
        if not self.in_toml:
            return meaning.example if whole_line else f"{self.name}={meaning.example}"
        if whole_line:
            return f"resource = {_toml_value(whole_line['value'])} under [products.{whole_line['key'].lower()}]"
        table = f" under [{'.'.join(self.path[:-1])}]" if self.path[:-1] else ""
        return f"{self.path[-1]} = {_toml_value(meaning.example)}{table}"


def _toml_value(example: str) -> str:
    """*example*, written for the environment, as TOML writes it: numbers, dates and lists are the same there."""
    try:
        json.loads(example)
    except ValueError:
        return example if _DATE.fullmatch(example) else json.dumps(example)
    # An inline table is the one shape that TOML writes otherwise.
    return re.sub(r'"(\w+)":', r"\1 =", example)
