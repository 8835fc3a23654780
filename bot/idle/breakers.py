"""
PURE: whether a scan may be believed, and whether it may go on without being asked.

A breaker stops before anybody is warned. The ones of `judge_activity` say that the facts look broken; the one of `judge_share` is a
question to the channel.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from pydantic import TypeAdapter

from bot.idle.inactivity import SeatFacts, is_impossible

FEWER_FROM = 5
"""Fewer people than these may leave between two scans of a small organization, whatever share of it they are."""

Figures: TypeAlias = Mapping[str, int | float | str]


class BreakerCode(StrEnum):
    """What a scan stops for."""

    NO_ACTIVITY = "no_activity"
    STALE_ACTIVITY = "stale_activity"
    SAME_DAY = "same_day"
    FEWER_PEOPLE = "fewer_people"
    FEWER_DATES = "fewer_dates"
    SHARE = "share"


LIMITED_BY: Mapping[str, str] = {
    BreakerCode.STALE_ACTIVITY: "stale_hours",
    BreakerCode.SAME_DAY: "same_day_from",
    BreakerCode.FEWER_PEOPLE: "fewer_share",
    BreakerCode.FEWER_DATES: "fewer_share",
    BreakerCode.SHARE: "max_share",
}
"""The setting of `idle` that lets pass what a code stands for, where that is right; nothing lets an empty answer pass."""


class Limits(Protocol):
    """How much may look odd before a scan stops, as the settings have it."""

    @property
    def stale_hours(self) -> int:
        """How old the newest activity of a whole product may be."""

    @property
    def same_day_from(self) -> int:
        """Fewer people than these may well have come on one day."""

    @property
    def fewer_share(self) -> float:
        """The part of the people, or of the dates, that may be missing since the last scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Why a scan stops, with the figures that say so, all of them JSON types."""

    code: BreakerCode
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanStats:
    """
    What a scan saw of one product, page by page: `seats`, of these `dated` with a date of activity, `unreadable` with none that counts.

    Those who never came are the rest. `oldest` and `newest` are of the dated. A row that two pages repeat counts twice.
    """

    seats: int = 0
    dated: int = 0
    unreadable: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None

    def merge(self, other: "ScanStats") -> "ScanStats":
        """Both together, in any order."""
        return ScanStats(
            seats=self.seats + other.seats,
            dated=self.dated + other.dated,
            unreadable=self.unreadable + other.unreadable,
            oldest=min((one for one in (self.oldest, other.oldest) if one is not None), default=None),
            newest=max((one for one in (self.newest, other.newest) if one is not None), default=None),
        )

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON types; they hold no personal data."""
        document: dict[str, Any] = _STATS.dump_python(self, mode="json")
        return document

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "ScanStats":
        """The figures that `to_json` wrote."""
        return _STATS.validate_python(dict(document))


_STATS: TypeAdapter[ScanStats] = TypeAdapter(ScanStats)


def stats_of(page: Iterable[SeatFacts], *, now: datetime) -> ScanStats:
    """What one page of a scan adds; what an earlier scan remembers counts for nothing here."""
    total = ScanStats()
    for seat in page:
        readable = seat.activity_known and not is_impossible(seat.last_active, now=now)
        used = seat.last_active if readable else None
        total = total.merge(ScanStats(seats=1, dated=int(used is not None), unreadable=int(not readable), oldest=used, newest=used))
    return total


def judge_activity(stats: ScanStats, *, previous: ScanStats | None, now: datetime, limits: Limits, taken: int = 0) -> Breaker | None:
    """
    Why the facts of a complete scan look broken, None when they do not.

    *previous* is the last scan of the product that was believed (by us, or by an approver who looked), *taken* the number of seats that
    Comeback itself took since. The figure `limit` is the setting's value that was passed.
    """
    broken = _broken_dates(stats, now=now, limits=limits)
    return broken or (_fewer(stats, previous=previous, taken=taken, limits=limits) if previous else None)


def judge_share(newly_idle: int, *, seats: int, max_share: float) -> Breaker | None:
    """The question to ask when more than *max_share* of all *seats* turned idle since the last complete scan; None when not."""
    # As a decimal: 0.29 * 100 is a little less than 29 in binary.
    if newly_idle <= Decimal(str(max_share)) * seats:
        return None
    return Breaker(code=BreakerCode.SHARE, figures={"newly_idle": newly_idle, "seats": seats, "max_share": max_share})


def _broken_dates(stats: ScanStats, *, now: datetime, limits: Limits) -> Breaker | None:
    if not stats.seats:
        return None
    if stats.newest is None or stats.oldest is None:
        return Breaker(code=BreakerCode.NO_ACTIVITY, figures={"seats": stats.seats, "unreadable": stats.unreadable})
    if now - stats.newest > timedelta(hours=limits.stale_hours):
        return _stale(stats, newest=stats.newest, now=now, limits=limits)
    if stats.dated >= limits.same_day_from and stats.oldest.date() == stats.newest.date():
        figures: Figures = {"day": stats.newest.date().isoformat(), "dated": stats.dated, "limit": limits.same_day_from}
        return Breaker(code=BreakerCode.SAME_DAY, figures=figures)
    return None


def _stale(stats: ScanStats, *, newest: datetime, now: datetime, limits: Limits) -> Breaker:
    # The begun hour counts: so many would have let it pass.
    hours = -((newest - now) // timedelta(hours=1))
    figures: Figures = {"newest": newest.isoformat(), "dated": stats.dated, "hours": hours, "limit": limits.stale_hours}
    return Breaker(code=BreakerCode.STALE_ACTIVITY, figures=figures)


def _fewer(stats: ScanStats, *, previous: ScanStats, taken: int, limits: Limits) -> Breaker | None:
    # As a decimal, see `judge_share`.
    share = Decimal(str(limits.fewer_share))
    for code, now_there, before in (
        (BreakerCode.FEWER_PEOPLE, stats.seats, previous.seats),
        (BreakerCode.FEWER_DATES, stats.dated, previous.dated),
    ):
        missing = before - taken - now_there
        if missing >= FEWER_FROM and missing > share * (before - taken):
            figures: Figures = {"now": now_there, "before": before, "taken": taken, "limit": limits.fewer_share}
            return Breaker(code=code, figures=figures)
    return None
