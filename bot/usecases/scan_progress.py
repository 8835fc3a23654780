"""Where a scan stands between two pages, as its row keeps it: JSON types, and nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.idle.breakers import ScanStats
from storage.seat_records import Scan

LINES_BY_PEOPLE = 20
"""A status line for each such part of the people who are expected: with one for each page, 100,000 people would be 1,158 lines."""
LINE_EVERY = timedelta(seconds=30)


class Phase(StrEnum):
    """
    What the next job of a scan does.

    A row of the search shows neither who administers the product nor who approves: they are looked for once all seats are known.
    """

    SEATS = "seats"
    ADMINS = "admins"
    APPROVERS = "approvers"
    JUDGE = "judge"

    @property
    def following(self) -> "Phase":
        """The one that comes after it; the last one has none but itself."""
        phases = list(Phase)
        return phases[min(phases.index(self) + 1, len(phases) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    The phase, what was seen of the seats so far, whether a cursor had to be given up, whether fewer people are expected, and when the log
    told last how far it is.

    That fewer are expected is what somebody at a terminal said: then the scan before is no measure.
    """

    phase: Phase = Phase.SEATS
    seen: ScanStats = field(default_factory=ScanStats)
    restarted: bool = False
    fewer_expected: bool = False
    told_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """As the scan's row keeps it."""
        return {
            "phase": self.phase.value,
            "seen": self.seen.to_json(),
            "restarted": self.restarted,
            "fewer_expected": self.fewer_expected,
            "told_at": self.told_at.isoformat() if self.told_at else None,
        }

    def turned(self, *, cursor: str | None) -> "Progress":
        """After a page whose next one is at *cursor*; None ends the phase."""
        return self if cursor is not None else replace(self, phase=self.phase.following)

    def anew(self) -> "Progress":
        """From the beginning of the phase, which happens once."""
        return replace(self, seen=ScanStats() if self.phase is Phase.SEATS else self.seen, restarted=True)


def progress_of(scan: Scan) -> Progress:
    """Where *scan* stands; at its beginning when nothing was stored yet."""
    return from_json(scan.stats)


def from_json(document: Mapping[str, Any]) -> Progress:
    """What `to_json` wrote."""
    if not document:
        return Progress()
    return Progress(
        phase=Phase(document["phase"]),
        seen=ScanStats.from_json(document["seen"]),
        restarted=document["restarted"],
        fewer_expected=document["fewer_expected"],
        # A scan that an older release began has none.
        told_at=datetime.fromisoformat(document["told_at"]) if document.get("told_at") else None,
    )


def is_to_tell(before: Progress, after: Progress, *, expected: int | None, begun_at: datetime, now: datetime) -> bool:
    """Whether the page between both is one at which the log tells how far the scan is; the last page of seats always is."""
    if before.phase is Phase.SEATS and after.phase is not Phase.SEATS:
        return True
    return now - (before.told_at or begun_at) >= LINE_EVERY or _parts(after, expected) > _parts(before, expected)


def _parts(progress: Progress, expected: int | None) -> int:
    """How many parts of the people who are expected were seen; more people than these make no more parts."""
    return min(LINES_BY_PEOPLE, LINES_BY_PEOPLE * progress.seen.seats // expected) if expected else 0
