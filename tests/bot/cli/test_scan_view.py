"""The bar of `comeback scan`, on a terminal, counts the people that the scan has seen."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest
from rich.console import Console

from atlassian.models import User
from bot.cli.scan_view import watch
from bot.settings import Settings, load
from bot.usecases import scan_end, scans
from storage.db import Database
from storage.lifecycle import ScanStatus
from storage.seat_records import Scan
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.test_scans import begin, crowd, lens, scanned, turn
from tests.fixtures.clock import MovableClock

SOON = 20.0
"""Seconds in which a bar that is looked at five times a second shows what there is, also on a busy machine."""


class Screen(io.StringIO):
    """What was written to a terminal, whose bars rich draws from a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._written = asyncio.Event()

    def write(self, text: str, /) -> int:
        """Keep it, and wake who waits."""
        self._loop.call_soon_threadsafe(self._written.set)
        return super().write(text)

    async def shows(self, words: str) -> None:
        """Return once *words* were shown."""
        try:
            async with asyncio.timeout(SOON):
                while words not in self.getvalue():
                    self._written.clear()
                    await self._written.wait()
        except TimeoutError:
            raise AssertionError(f"{words!r} was not shown: {self.getvalue()[-300:]!r}") from None


@pytest.fixture
def settings(outside: Outside, database: str) -> Settings:
    """The settings of a bot with one product, which asks about no list."""
    outside.set({**COMPLETE, "DATABASE_URL": database, "COMEBACK_IDLE__MAX_SHARE": "1"})
    return load()


@asynccontextmanager
async def watched(records: Database, filed: Scan, settings: Settings, *, is_terminal: bool = True) -> AsyncIterator[Screen]:
    """The screen while the scan is watched; it has to be complete when the block ends."""
    screen = Screen()
    console = Console(file=screen, force_terminal=is_terminal, color_system=None, width=100, _environ={})
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch(records, (filed,), settings=settings, patience=SOON, console=console))
        yield screen
    (ended,) = watching.result()
    assert ended.status is ScanStatus.COMPLETE


async def page(records: Database, filed: Scan, settings: Settings, *, users: Sequence[User], cursor: str | None) -> None:
    """One more page of seats is stored."""
    here = await records.read(lambda uow: turn(uow, filed.id))
    await records.write(partial(scans.record_seats, turn=here, users=users, cursor=cursor, lens=lens(settings)))


async def end(records: Database, filed: Scan, settings: Settings) -> None:
    """What follows the seats, to the end of the scan."""
    for _ in range(2):
        await records.write(lambda uow: scans.record_protected(uow, turn(uow, filed.id), account_ids=(), cursor=None))
    await records.write(lambda uow: scan_end.judge(uow, turn(uow, filed.id), settings=settings))


async def test_the_bar_counts_the_people_of_those_whom_the_last_scan_found(
    records: Database, clock: MovableClock, settings: Settings
) -> None:
    """Page by page, and in the end it is full, though fewer were there than expected."""
    people = crowd(clock.now(), active=30, idle=10)
    await scanned(records, people, settings)
    filed = await records.write(lambda uow: begin(uow, settings))
    async with watched(records, filed, settings) as screen:
        await screen.shows(" 0/40 people")
        await page(records, filed, settings, users=people[:20], cursor="more")
        await screen.shows("20/40 people")
        await page(records, filed, settings, users=people[20:38], cursor=None)
        await screen.shows("38/40 people")
        await end(records, filed, settings)
    _, product, drawn_last = screen.getvalue().rpartition("Jira")
    assert product
    assert "38/38 people" in drawn_last


async def test_a_first_scan_counts_without_a_total(records: Database, clock: MovableClock, settings: Settings) -> None:
    """Nobody knows of how many, also not by the seats that it has stored itself."""
    people = crowd(clock.now(), active=30, idle=10)
    filed = await records.write(lambda uow: begin(uow, settings))
    await page(records, filed, settings, users=people[:15], cursor="more")
    async with watched(records, filed, settings) as screen:
        await screen.shows("15/? people")
        await page(records, filed, settings, users=people[15:], cursor=None)
        await screen.shows("40/? people")
        await end(records, filed, settings)
    assert "40/40 people" in screen.getvalue()


async def test_more_people_than_expected_are_not_more_than_all(records: Database, clock: MovableClock, settings: Settings) -> None:
    """A bar does not go on past its end."""
    people = crowd(clock.now(), active=30, idle=10)
    await scanned(records, people[:25], settings)
    filed = await records.write(lambda uow: begin(uow, settings))
    async with watched(records, filed, settings) as screen:
        await page(records, filed, settings, users=people, cursor=None)
        await screen.shows("40/40 people")
        await end(records, filed, settings)
    assert "40/25" not in screen.getvalue()


async def test_nothing_is_drawn_where_nobody_looks(records: Database, clock: MovableClock, settings: Settings) -> None:
    """A file or a pipe gets the table alone."""
    filed = await records.write(lambda uow: begin(uow, settings))
    async with watched(records, filed, settings, is_terminal=False) as screen:
        await page(records, filed, settings, users=crowd(clock.now(), active=3, idle=0), cursor=None)
        await end(records, filed, settings)
    assert screen.getvalue().strip() == ""
