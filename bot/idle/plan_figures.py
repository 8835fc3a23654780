"""PURE: what a plan remembers beside its members, as the batch's `figures` hold it: ids, codes, counts, and the reason of a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self

from pydantic import TypeAdapter

ASKED = "asked"
"""The undo of a seat was asked for, and has not ended."""
EDITED = "edited"
UNDONE = "undone"
UNDONE_IN_PART = "undone_in_part"
"""What approvers did to a plan beside deciding it."""
MOST_DEEDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who did what to the plan, and when: EDITED, UNDONE or UNDONE_IN_PART; `by` is a person id, on a card the Slack id."""

    what: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFigures:
    """One product of a plan: how many seats were proposed, of how many, and the renewal (its first day) before which they go."""

    seats: int
    seats_before: int
    renewal: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFigures:
    """
    A plan beside its members.

    `dry` is one of mode `plan`, without members and without consequences. `unwarned` are the ids of the warnings that reached nobody,
    frozen with the plan. `reason` is why it was refused. `undo` says of a reclaim, by its id, that its undo was asked for, or why it
    failed. `left_over` is how many more seats were due than a plan may have. `grown_at` is the version of the plan that somebody was last
    added in. `edits` counts the changes before the decision; `deeds` are the latest of what was done, oldest first.
    """

    dry: bool = False
    products: Mapping[str, ProductFigures] = field(default_factory=dict)
    unwarned: tuple[str, ...] = ()
    reason: str | None = None
    left_over: int = 0
    grown_at: int = 0
    undo: Mapping[str, str] = field(default_factory=dict)
    edits: int = 0
    deeds: tuple[Deed, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON types."""
        document: dict[str, Any] = _FIGURES.dump_python(self, mode="json")
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "PlanFigures":
        """The figures that `to_json` wrote."""
        return _FIGURES.validate_python(dict(document))

    def with_undo(self, undo: Mapping[str, str]) -> Self:
        """The same, with these words about undos added."""
        return replace(self, undo={**self.undo, **undo})

    def with_reason(self, reason: str) -> Self:
        """The same, with the words of whoever refused it."""
        return replace(self, reason=reason)

    def with_deed(self, deed: Deed) -> Self:
        """The same, and what somebody did last."""
        return replace(self, deeds=(*self.deeds, deed)[-MOST_DEEDS:], edits=self.edits + (deed.what == EDITED))


_FIGURES: TypeAdapter[PlanFigures] = TypeAdapter(PlanFigures)
