"""Switches for what is undocumented, unsettled or merely unlucky."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Literal


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """
    How this organization answers where real ones differ; change it at any time.

    `write_lag` is how long searches and role reads still show the state before a write (`role_lag`: role reads, where theirs is another);
    `activity_lag` the same for visits. `already` is the answer to a second group or role add, and with `repeats_count` an accepted one is
    one more write in the journal, as if nothing were idempotent. `over_limit` is what a page size above 100 meets. `idp` says what a change
    of an external group meets: refusal, or success and a sync that reverts it after `idp_sync`. `roles_assign` is what a role grant makes.
    `pending_visible_after` is when an invited person who has not accepted shows up in searches (None: only by accepting).
    `page_overlap` repeats up to that many rows at each page turn (negative: skips them), as lists do that change between two calls.
    """

    write_lag: timedelta = timedelta(0)
    role_lag: timedelta | None = None
    activity_lag: timedelta = timedelta(hours=24)
    already: Literal[204, 409] = 204
    repeats_count: bool = False
    over_limit: Literal["clamp", "refuse"] = "clamp"
    idp: Literal["refuse", "revert"] = "refuse"
    idp_sync: timedelta = timedelta(minutes=5)
    roles_assign: Literal["direct", "default_group"] = "direct"
    pending_visible_after: timedelta | None = None
    removal_delay: timedelta = timedelta(0)
    page_overlap: int = 0
    cursor_life: timedelta = timedelta(hours=1)
    unpaid: bool = False
    invite_errors: set[str] = field(default_factory=set)

    def set(self, values: Mapping[str, Any]) -> None:
        """Take *values* by name, durations in seconds with `_s` behind the name; raises ValueError for an unknown name or a wrong value."""
        for name, value in values.items():
            if name not in self.as_json():
                raise ValueError(f"unknown: {name}")
            choices = _CHOICES.get(name)
            if choices and value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}")
            if not name.endswith("_s"):
                setattr(self, name, set(value) if name == "invite_errors" else value)
            elif value is None and name in _OPTIONAL:
                setattr(self, name.removesuffix("_s"), None)
            elif isinstance(value, int | float) and value >= 0:
                setattr(self, name.removesuffix("_s"), timedelta(seconds=value))
            else:
                raise ValueError(f"{name} must be seconds")

    def as_json(self) -> dict[str, Any]:
        """All switches by the names that `set` takes."""
        found: dict[str, Any] = {}
        for field_ in fields(self):
            value = getattr(self, field_.name)
            if field_.name in _DURATIONS:
                found[f"{field_.name}_s"] = None if value is None else value.total_seconds()
            else:
                found[field_.name] = sorted(value) if isinstance(value, set) else value
        return found


_OPTIONAL = frozenset({"pending_visible_after_s", "role_lag_s"})
_DURATIONS = frozenset({"write_lag", "role_lag", "activity_lag", "idp_sync", "pending_visible_after", "removal_delay", "cursor_life"})
_CHOICES: dict[str, tuple[Any, ...]] = {
    "already": (204, 409),
    "over_limit": ("clamp", "refuse"),
    "idp": ("refuse", "revert"),
    "roles_assign": ("direct", "default_group"),
    "unpaid": (True, False),
    "repeats_count": (True, False),
}
