"""Where a scan stands between two pages, as its row keeps it: JSON types, and nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bot.idle.breakers import ScanStats
from storage.seat_records import Scan


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
    The phase, what was seen of the seats so far, whether a cursor had to be given up, and whether fewer people are expected.

    The last is what somebody at a terminal said: then the scan before is no measure.
    """

    phase: Phase = Phase.SEATS
    seen: ScanStats = field(default_factory=ScanStats)
    restarted: bool = False
    fewer_expected: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the scan's row keeps it."""
        return {
            "phase": self.phase.value,
            "seen": self.seen.to_json(),
            "restarted": self.restarted,
            "fewer_expected": self.fewer_expected,
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
    )
