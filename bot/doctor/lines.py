"""A line of the doctor's report: how something stands, and what mends it."""

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    """How something stands; only red makes the answer no."""

    GREEN = "green"
    NOTE = "note"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    One finding: its subject, what was found, and the remedy where there is something to mend.

    `paste` is text for `comeback.toml`, valid as it stands, that is shown below the report.
    """

    light: Light
    subject: str
    text: str
    remedy: str = ""
    paste: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The findings about one thing, in the order in which they are read."""

    title: str
    lines: tuple[Line, ...]


def green(subject: str, text: str) -> Line:
    """All is well."""
    return Line(light=Light.GREEN, subject=subject, text=text)


def note(subject: str, text: str, remedy: str = "") -> Line:
    """Nobody can tell, and nothing is wrong with that."""
    return Line(light=Light.NOTE, subject=subject, text=text, remedy=remedy)


def yellow(subject: str, text: str, remedy: str = "") -> Line:
    """Works, but somebody should know."""
    return Line(light=Light.YELLOW, subject=subject, text=text, remedy=remedy)


def red(subject: str, text: str, remedy: str) -> Line:
    """Does not work."""
    return Line(light=Light.RED, subject=subject, text=text, remedy=remedy)
