"""PURE: what a plan remembers beside its members, as the batch's `figures` hold it: ids, codes, counts, and the reason of a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self

from pydantic import TypeAdapter

ASKED = "asked"
"""The undo of a seat was asked for, and has not ended."""


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
    failed.
    """

    dry: bool = False
    products: Mapping[str, ProductFigures] = field(default_factory=dict)
    unwarned: tuple[str, ...] = ()
    reason: str | None = None
    undo: Mapping[str, str] = field(default_factory=dict)

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


_FIGURES: TypeAdapter[PlanFigures] = TypeAdapter(PlanFigures)
