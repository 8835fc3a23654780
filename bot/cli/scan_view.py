"""What `comeback scan` shows: how far it is, and in the end what the seats are."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from bot.cli.exits import say
from bot.cli.scan_sentences import sentence
from bot.cli.tables import show_table
from bot.settings import Settings
from bot.usecases.scan_progress import progress_of
from bot.usecases.scans import expected, name_of
from storage import pacing, scans, seats
from storage.db import Database, UnitOfWork
from storage.lifecycle import ScanStatus, SeatActivity
from storage.seat_records import Scan

LOOK_EVERY_SECONDS = 0.2
WIDTH_IN_A_FILE = 160
ASKED_FIRST = "asked first"
"""What a list that waits for an answer has in place of a figure."""
_CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One product's line: its scan, and how many people would be warned."""

    scan: Scan
    would_be_warned: int


async def watch(
    database: Database, filed: Iterable[Scan], *, settings: Settings, patience: float, console: Console | None = None
) -> tuple[Scan, ...]:
    """
    The scans as they ended, or as they stand once nothing has moved for *patience* seconds.

    Meanwhile their progress is shown on *console*, standard error when none is given, if it is a terminal.
    """
    current = tuple(filed)
    # None, where nobody can tell, makes a bar pulse.
    totals = await database.read(lambda uow: {one.id: expected(uow, one.product) for one in current})
    with _progress(console or Console(stderr=True)) as progress:
        bars = {one.id: progress.add_task(name_of(settings, one.product), total=totals[one.id]) for one in current}
        moved, steps = time.monotonic(), -1
        while any(one.status is ScanStatus.RUNNING for one in current):
            current = await _newest(database, current)
            _draw(progress, bars, current)
            if sum(one.pages for one in current) != steps:
                moved, steps = time.monotonic(), sum(one.pages for one in current)
            elif time.monotonic() - moved > patience:
                break
            await asyncio.sleep(LOOK_EVERY_SECONDS)
    return current


async def _newest(database: Database, known: tuple[Scan, ...]) -> tuple[Scan, ...]:
    return await database.read(lambda uow: tuple(scans.get(uow, one.id) or one for one in known))


def _progress(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("people"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _draw(progress: Progress, bars: Mapping[str, TaskID], current: Iterable[Scan]) -> None:
    for one in current:
        seen = progress_of(one).seen.seats
        total = seen if one.status is not ScanStatus.RUNNING else progress.tasks[bars[one.id]].total
        progress.update(bars[one.id], completed=seen, total=None if total is None else max(total, seen))


async def show(database: Database, ended: Iterable[Scan], *, settings: Settings, dry_run: bool) -> None:
    """Print the table, and a sentence for each scan that is not complete."""
    rows = await database.read(lambda uow: [_Row(scan=one, would_be_warned=_candidates(uow, one.product)) for one in ended])
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_IN_A_FILE
    words = [activity.value.replace("_", " ").capitalize() for activity in SeatActivity]
    cells = [_cells(row, settings=settings) for row in rows]
    show_table(console, ("Product", "Seats", *words, "Would be warned"), cells, caption=_caption(settings, dry_run=dry_run))
    reason = await database.read(_pause)
    for row in rows:
        if row.scan.status is not ScanStatus.COMPLETE:
            say(sentence(row.scan, name=name_of(settings, row.scan.product), reason=reason, dry_run=dry_run))


def _candidates(uow: UnitOfWork, product: str) -> int:
    count, after = 0, None
    while page := seats.candidates(uow, product, idle_before=uow.now + timedelta(minutes=1), after=after, limit=_CHUNK):
        count, after = count + len(page), seats.place_of(page[-1])
    return count


def _pause(uow: UnitOfWork) -> str:
    paused = (one.reason for one in pacing.state(uow) if one.paused_until is not None and one.paused_until > uow.now and one.reason)
    return next(paused, "no_answer")


def _caption(settings: Settings, *, dry_run: bool) -> str:
    stored = "Nothing was stored. " if dry_run else ""
    if settings.idle.mode == "reclaim":
        return f"{stored}Two scans at least 20 hours apart must agree before anybody is warned."
    told = f"{stored}Mode `plan`: nobody is warned."
    return f"{told} With COMEBACK_IDLE__MODE=reclaim so many would be, once two scans at least 20 hours apart agree."


def _cells(row: _Row, *, settings: Settings) -> tuple[str, ...]:
    figures, name = row.scan.figures, name_of(settings, row.scan.product)
    warned = ASKED_FIRST if row.scan.status is ScanStatus.HELD else str(row.would_be_warned)
    classes = figures.get("classes")
    if classes is None:
        return (name, str(progress_of(row.scan).seen.seats), *("-" for _ in SeatActivity), "-")
    return (name, str(figures["seats"]), *(str(classes[activity.value]) for activity in SeatActivity), warned)
