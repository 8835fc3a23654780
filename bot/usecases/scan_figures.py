"""What a complete scan leaves behind for the trend: the product's seats by class, and how many warnings were open then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from storage import seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import IDLE_ACTIVITIES, SeatActivity, WarningStatus
from storage.seat_records import Scan

DELIVERED = (WarningStatus.OPEN, WarningStatus.LET_GO)
"""The open warnings that reached somebody."""


class SeatFigures(TypedDict):
    """These figures as JSON has them; `classes` are the values of SeatActivity."""

    seats: int
    classes: Mapping[str, int]
    warned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatCount:
    """How many seats of one product were in use, idle (never used included) and warned at one time."""

    in_use: int
    idle: int
    warned: int


def seat_figures(uow: UnitOfWork, product: str) -> SeatFigures:
    """The product's seats as they are now, for the `figures` of a scan that is concluded in this unit, beside whatever else is there."""
    counts = seats.counts(uow, product)
    return SeatFigures(
        seats=sum(counts.values()),
        classes={activity.value: number for activity, number in counts.items()},
        warned=warned_now(uow, product),
    )


def warned_now(uow: UnitOfWork, product: str) -> int:
    """How many people have a warning for this product in front of them."""
    counts = warnings.counts(uow, product)
    return sum(counts[status] for status in DELIVERED)


def count_of(scan: Scan) -> SeatCount | None:
    """What *scan* left behind; None when it holds no such figures."""
    figures: Mapping[str, Any] = scan.figures
    if "seats" not in figures or "classes" not in figures:
        return None
    idle = sum(figures["classes"].get(activity.value, 0) for activity in SeatActivity if activity in IDLE_ACTIVITIES)
    return SeatCount(in_use=figures["seats"], idle=idle, warned=figures.get("warned", 0))
