"""
The small vocabulary in which Block Kit's rules are written: a check looks at one JSON value and files what is wrong with it.

Wordings are those that Slack's `response_metadata.messages` show in the field ("must be less than 3001 characters", "missing required
field", "invalid additional property", "no more than 25 items allowed"); each finding names its place as a JSON pointer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Findings:
    """What is wrong, in the order found; empty means the value is acceptable."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, message: str, pointer: str) -> None:
        """File one finding at *pointer*."""
        self.lines.append(f"{message} [json-pointer:{pointer}]")


Check = Callable[[object, str, Findings], None]


def string(*, at_most: int, at_least: int = 1) -> Check:
    """A string with a length between the two limits, both included; Slack counts characters."""

    def check(value: object, pointer: str, found: Findings) -> None:
        if not isinstance(value, str):
            found.add("must be a string", pointer)
        elif len(value) > at_most:
            found.add(f"must be less than {at_most + 1} characters", pointer)
        elif len(value) < at_least:
            found.add(f"must be more than {at_least - 1} characters", pointer)

    return check


def boolean(value: object, pointer: str, found: Findings) -> None:
    """A JSON true or false."""
    if not isinstance(value, bool):
        found.add("must be a boolean", pointer)


def integer(*, at_least: int, at_most: int) -> Check:
    """A whole number within the two limits, both included."""

    def check(value: object, pointer: str, found: Findings) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            found.add("must be an integer", pointer)
        elif value < at_least:
            found.add(f"must be at least {at_least}", pointer)
        elif value > at_most:
            found.add(f"must be at most {at_most}", pointer)

    return check


def choice(*allowed: str) -> Check:
    """One of the *allowed* words."""

    def check(value: object, pointer: str, found: Findings) -> None:
        if value not in allowed:
            found.add("must be a valid enum value", pointer)

    return check


def anything(_value: object, _pointer: str, _found: Findings) -> None:
    """Any value at all: parts of Block Kit whose inside is not checked here."""


def items(each: Check, *, at_most: int, at_least: int = 1) -> Check:
    """A list whose length is within the limits and whose members all pass *each*."""

    def check(value: object, pointer: str, found: Findings) -> None:
        if not isinstance(value, list):
            found.add("must be an array", pointer)
            return
        if len(value) > at_most:
            found.add(f"no more than {at_most} items allowed", pointer)
        elif len(value) < at_least:
            found.add(f"no fewer than {at_least} items allowed", pointer)
        for index, member in enumerate(value):
            each(member, f"{pointer}/{index}", found)

    return check


def record(*, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with all *required* members, perhaps some *optional* ones, and no others."""
    known = {**required, **(optional or {})}

    def check(value: object, pointer: str, found: Findings) -> None:
        if not isinstance(value, dict):
            found.add("must provide an object", pointer)
            return
        for name in required:
            if name not in value:
                found.add(f"missing required field: {name}", pointer)
        for name, member in value.items():
            if name not in known:
                found.add(f"invalid additional property: {name}", pointer)
            else:
                known[name](member, f"{pointer}/{name}", found)

    return check


def by_type(kinds: Mapping[str, Check], *, strict_union: bool = False) -> Check:
    """
    An object whose `type` picks the check among *kinds*.

    With *strict_union* a failure inside is preceded by Slack's "failed to match all allowed schemas" for the object itself.
    """

    def check(value: object, pointer: str, found: Findings) -> None:
        if not isinstance(value, dict):
            found.add("must provide an object", pointer)
            return
        kind = value.get("type")
        if kind is None:
            found.add("missing required field: type", pointer)
        elif not isinstance(kind, str) or kind not in kinds:
            found.add(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            _check_inside(kinds[kind], value, pointer, found, strict_union)

    return check


def _check_inside(check: Check, value: object, pointer: str, found: Findings, strict_union: bool) -> None:
    inside = Findings()
    check(value, pointer, inside)
    if inside.lines and strict_union:
        found.add("failed to match all allowed schemas", pointer)
    found.lines.extend(inside.lines)
