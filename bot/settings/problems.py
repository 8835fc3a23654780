"""
What is wrong with the settings: one sentence for each, and never a value.

SettingsError is caught by the command line, which prints the sentences and exits with 2; trying again would not help.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bot.settings.model import Settings
from bot.settings.products import Product
from bot.settings.section import variable
from bot.settings.spelling import Spelling
from bot.settings.values import Meaning

Place: TypeAlias = tuple[str, ...]
"""A variable, then the names of the tables and fields below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend: the variable (or file), the whole sentence, and an example of a value where there is one."""

    variable: str
    sentence: str
    example: str = ""


class SettingsError(Exception):
    """The settings cannot be used; `problems` is never empty, and the text is one sentence a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.sentence for problem in self.problems))


def missing(setting: Spelling, meaning: Meaning, *, why: str = "") -> Problem:
    """The *setting* is needed and not set; *why* says what makes it needed, where that is not plain."""
    reason = f" ({why})" if why else ""
    sentence = f"{setting.place} is missing{reason}: set it to {setting.expected(meaning)}, for example {setting.assignment(meaning)}."
    return Problem(variable=setting.name, sentence=sentence, example=meaning.example)


def wrong(setting: Spelling, meaning: Meaning) -> Problem:
    """The *setting* has a value that cannot be used."""
    sentence = f"{setting.place} must be {setting.expected(meaning)}, for example {setting.assignment(meaning)}."
    return Problem(variable=setting.name, sentence=sentence, example=meaning.example)


def unknown(name: str, known: Iterable[str], *, place: str = "") -> Problem:
    """No setting is called *name* (found at *place*); the nearest of the *known* names is offered."""
    where = place or name
    nearest = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else "docs/settings.md lists all settings."
    return Problem(variable=name, sentence=f"{where} is not a setting of Comeback: {hint}")


def meaning_of(field: FieldInfo) -> Meaning | None:
    """The words that explain *field*; None for a table, whose fields explain themselves."""
    return next((part for part in field.metadata if isinstance(part, Meaning)), None)


def nested_model(name: str) -> type[BaseModel] | None:
    """The model of the tables below the setting *name*, None when it is a plain value."""
    if name == "products":
        return Product
    annotation = Settings.model_fields[name].annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


_TABLE = Meaning(purpose="", expected="a table of settings", example="{}")
_PRODUCTS = meaning_of(Settings.model_fields["products"]) or _TABLE


def from_validation(error: ValidationError, *, in_toml: Callable[[Place], bool]) -> Iterator[Problem]:
    """A problem for each setting that *error* complains about, each once; *in_toml* says whether `comeback.toml` set what is there."""
    seen: set[str] = set()
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        kind, place = detail["type"], tuple(str(part) for part in detail["loc"])
        # What is missing was set nowhere, and a product's key is the name of its table: the table tells where it belongs.
        set_at = place[:-1] if kind == "missing" or place[-1] == "key" else place
        problem = _problem(kind, place, in_toml=in_toml(set_at))
        if problem.variable not in seen:
            seen.add(problem.variable)
            yield problem


def _problem(kind: str, place: Place, *, in_toml: bool) -> Problem:
    top, *below = place
    name = next(name for name in Settings.model_fields if variable(name) == top)
    nested = nested_model(name)
    if nested is None or not below:
        return _of_field(kind, Spelling(path=(name,), in_toml=in_toml), Settings.model_fields[name])
    return _in_table(kind, Spelling(path=(name, *below), in_toml=in_toml), nested)


def _in_table(kind: str, setting: Spelling, nested: type[BaseModel]) -> Problem:
    depth = 2 if nested is Product else 1  # a product's own name stands before its fields
    if len(setting.path) <= depth or setting.path[depth] == "key":
        return _bad_product(Spelling(path=setting.path[:2], in_toml=setting.in_toml))
    if len(setting.path) > depth + 1:
        kind = "wrong"  # what is missing inside a list is a mistake of the list
    setting = Spelling(path=setting.path[: depth + 1], in_toml=setting.in_toml)
    field = nested.model_fields.get(setting.path[depth])
    if field is None:
        known = [setting.sibling(name).name for name in nested.model_fields if name != "key"]
        return unknown(setting.name, known, place=setting.place)
    if kind == "renewal_day_missing":
        return _renewal_day_missing(setting)
    if kind == "url_missing":
        return missing(setting.sibling("url"), meaning_of(nested.model_fields["url"]) or _TABLE, why="needed with AUTHORIZATION")
    if kind == "user_missing":
        return missing(setting.sibling("user"), meaning_of(nested.model_fields["user"]) or _TABLE, why="needed with PASSWORD")
    return _of_field(kind, setting, field)


def _renewal_day_missing(policy: Spelling) -> Problem:
    """What a *policy* of free returns needs to know what is free: the remedy is not a policy that asks for less."""
    meaning = meaning_of(Product.model_fields["renewal_day"]) or _TABLE
    return missing(policy.sibling("renewal_day"), meaning, why="needed with AUTO_APPROVE, as it tells what is free")


def _of_field(kind: str, setting: Spelling, field: FieldInfo) -> Problem:
    meaning = meaning_of(field) or _TABLE
    return missing(setting, meaning) if kind == "missing" else wrong(setting, meaning)


def _bad_product(setting: Spelling) -> Problem:
    sentence = (
        f"{setting.place} must be a table whose name has at most 23 letters, digits and _, begins with a letter and is not ACCESS, "
        f"for example {setting.assignment(_PRODUCTS)}."
    )
    return Problem(variable=setting.name, sentence=sentence, example=_PRODUCTS.example)


def known_variables(names: Mapping[str, Any]) -> list[str]:
    """Every variable that the fields *names* can be set by, nested ones with `__` (one product stands for all)."""
    return [full for name in names for full in (variable(name), *_nested_variables(name))]


def _nested_variables(name: str) -> Iterator[str]:
    nested = nested_model(name)
    if nested is not None and nested is not Product:
        yield from (f"{variable(name)}__{field.upper()}" for field in nested.model_fields)
