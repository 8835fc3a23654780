"""The figures of `benchmarks.scan`, and the Markdown that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT_PACE = 5.0
"""`COMEBACK_ATLASSIAN_PER_SECOND` where nobody sets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What reading and decoding all pages of seats takes."""

    people: int
    calls: int
    seats: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One `comeback scan` of all products; memory in megabytes, at the marks of its way and at most; times with the process's start."""

    people: int
    seats: int
    pace: float
    searches: int
    expected: int
    others: int
    seconds: float
    cpu_seconds: float
    at_marks: tuple[float, ...]
    peak: float

    @property
    def paced_seconds(self) -> float:
        """How long the searches take by the pace alone."""
        return self.searches / self.pace


HEAD = (
    "what",
    "people",
    "seats",
    "searches made / needed",
    "other calls",
    "seconds",
    "people/s",
    "x floor",
    "pacing alone, s",
    "pacing's share",
    "CPU, ms per 1,000 seats",
    "x floor, CPU",
    "RSS MB at 10 / 50 / 95 %",
    "peak MB",
)


def report(floor: Floor, runs: Sequence[Run]) -> str:
    """The table, and what follows from it in sentences."""
    rows = [HEAD, ("---",) * len(HEAD), _floor_row(floor), *(_row(run, floor) for run in runs)]
    return "\n".join([*("| " + " | ".join(row) + " |" for row in rows), "", *_sentences(runs)])


def _floor_row(floor: Floor) -> tuple[str, ...]:
    return (
        "floor: httpx reads and decodes the pages",
        f"{floor.people:,}",
        f"{floor.seats:,}",
        f"{floor.calls:,}",
        "-",
        f"{floor.seconds:.1f}",
        f"{floor.people / floor.seconds:,.0f}",
        "1.0",
        "-",
        "-",
        f"{floor.cpu_seconds / floor.seats * 1e6:.0f}",
        *("1.0", "-", "-"),
    )


def _row(run: Run, floor: Floor) -> tuple[str, ...]:
    # By person and by seat, so that an organization of another size can stand beside it.
    slower = (run.seconds / run.people) / (floor.seconds / floor.people)
    dearer = (run.cpu_seconds / run.seats) / (floor.cpu_seconds / floor.seats)
    return (
        f"`comeback scan`, {run.pace:g} a second",
        f"{run.people:,}",
        f"{run.seats:,}",
        f"{run.searches:,} / {run.expected:,}",
        str(run.others),
        f"{run.seconds:.1f}",
        f"{run.people / run.seconds:,.0f}",
        f"{slower:.1f}",
        f"{run.paced_seconds:.1f}",
        f"{run.paced_seconds / run.seconds:.0%}",
        f"{run.cpu_seconds / run.seats * 1e6:.0f}",
        f"{dearer:.1f}",
        " / ".join(f"{megabytes:.0f}" for megabytes in run.at_marks),
        f"{run.peak:.0f}",
    )


def _sentences(runs: Sequence[Run]) -> list[str]:
    large, small = max(runs, key=lambda run: run.people), min(runs, key=lambda run: run.people)
    quickest = min((run for run in runs if run.people == large.people), key=lambda run: run.seconds)
    paced = large.searches / DEFAULT_PACE
    return [
        f"Memory: while pages are read x {quickest.at_marks[-1] / quickest.at_marks[0]:.2f} from 10 % to 95 % of the way, and at 95 % "
        f"x {quickest.at_marks[-1] / small.at_marks[-1]:.2f} of what {small.people:,} people take; the peak, at the end, "
        f"x {quickest.peak / small.peak:.2f}.",
        f"At the usual {DEFAULT_PACE:g} calls a second the pace alone makes it {paced:.0f} s; as quick as it goes it took "
        f"{quickest.seconds:.0f} s, so {paced / quickest.seconds:.1f} times less.",
    ]
