"""
What is wrong with the settings: one sentence for each, and never a value.

SettingsError is caught by the command line, which prints the sentences and exits with 2; trying again would not help.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bot.settings.model import Settings
from bot.settings.products import Product
from bot.settings.section import variable
from bot.settings.values import Meaning


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


def missing(name: str, meaning: Meaning, *, why: str = "") -> Problem:
    """The variable *name* is needed and not set; *why* says what makes it needed, where that is not plain."""
    reason = f" ({why})" if why else ""
    sentence = f"{name} is missing{reason}: set it to {meaning.expected}, for example {meaning.assignment(name)}."
    return Problem(variable=name, sentence=sentence, example=meaning.example)


def wrong(name: str, meaning: Meaning) -> Problem:
    """The variable *name* has a value that cannot be used."""
    sentence = f"{name} must be {meaning.expected}, for example {meaning.assignment(name)}."
    return Problem(variable=name, sentence=sentence, example=meaning.example)


def unknown(name: str, known: Iterable[str]) -> Problem:
    """No setting is called *name*; the nearest of the *known* names is offered."""
    nearest = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else "the README lists all settings."
    return Problem(variable=name, sentence=f"{name} is not a setting of Comeback: {hint}")


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


def from_validation(error: ValidationError) -> Iterator[Problem]:
    """A problem for each setting that *error* complains about, each setting once."""
    seen: set[str] = set()
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        problem = _problem(detail["type"], tuple(str(part) for part in detail["loc"]))
        if problem.variable not in seen:
            seen.add(problem.variable)
            yield problem


def _problem(kind: str, place: tuple[str, ...]) -> Problem:
    fields = {variable(name): name for name in Settings.model_fields}
    top, *below = place
    nested = nested_model(fields[top])
    if nested is None or not below:
        return _of_field(kind, top, Settings.model_fields[fields[top]])
    return _in_table(kind, top, tuple(below), nested)


def _in_table(kind: str, top: str, below: tuple[str, ...], nested: type[BaseModel]) -> Problem:
    depth = 1 if nested is Product else 0  # a product's own name stands before its fields
    if len(below) <= depth or below[depth] == "key":
        return _bad_product(top, below[0])
    name = "__".join((top, *below[: depth + 1])).upper()
    field = nested.model_fields.get(below[depth])
    if field is None:
        prefix = "__".join((top, *below[:depth])).upper()
        return unknown(name, [f"{prefix}__{known.upper()}" for known in nested.model_fields if known != "key"])
    return _of_field(kind, name, field)


def _of_field(kind: str, name: str, field: FieldInfo) -> Problem:
    meaning = meaning_of(field) or _TABLE
    return missing(name, meaning) if kind == "missing" else wrong(name, meaning)


def _bad_product(top: str, key: str) -> Problem:
    name = f"{top}__{key}".upper()
    sentence = (
        f"{name} must be a table whose name has at most 23 letters, digits and _, begins with a letter and is not ACCESS, "
        f"for example {_PRODUCTS.example}."
    )
    return Problem(variable=name, sentence=sentence, example=_PRODUCTS.example)


def known_variables(names: Mapping[str, Any]) -> list[str]:
    """Every variable that the fields *names* can be set by, nested ones with `__` (one product stands for all)."""
    return [full for name in names for full in (variable(name), *_nested_variables(name))]


def _nested_variables(name: str) -> Iterator[str]:
    nested = nested_model(name)
    if nested is not None and nested is not Product:
        yield from (f"{variable(name)}__{field.upper()}" for field in nested.model_fields)
