"""Where a scan stands is kept from page to page, and the log tells it now and then."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.idle.breakers import ScanStats
from bot.settings import Settings, load
from bot.usecases import scan_end, scans
from bot.usecases.scan_progress import LINE_EVERY, Phase, Progress, from_json, is_to_tell
from bot.usecases.scans import Turn
from storage.db import Database, UnitOfWork
from storage.lifecycle import ScanStatus
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.test_scans import begin, crowd, lens
from tests.fixtures.clock import MovableClock

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MANY, PAGE = 1158, 100
"""The pages of an organization of 100,000, and the people of each."""
A_PAGE = timedelta(seconds=6.5)
"""Five are half a minute and four are not, also on a database whose own clock goes on meanwhile."""


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """The settings of a bot with one product, which asks about no list."""
    outside.set({**COMPLETE, "COMEBACK_IDLE__MAX_SHARE": "1"})
    return load()


def test_progress_is_kept_as_it_is() -> None:
    """What a page stores is what the next one reads; a row of a release that told nothing is read too."""
    for phase in Phase:
        progress = Progress(phase=phase, restarted=True, fewer_expected=True, told_at=NOW)
        assert from_json(progress.to_json()) == progress
    assert from_json({}) == Progress()
    older = Progress().to_json()
    del older["told_at"]
    assert from_json(older) == Progress()


def test_the_phases_come_one_after_the_other() -> None:
    """A page with a cursor stays in its phase, the last page ends it, and the judgement is the end."""
    phases = [Progress()]
    while phases[-1].phase is not Phase.JUDGE:
        assert phases[-1].turned(cursor="more") == phases[-1]
        phases.append(phases[-1].turned(cursor=None))
    assert [one.phase for one in phases] == list(Phase)


def told(*, expected: int | None, each: timedelta, pages: int = MANY) -> list[tuple[int, timedelta]]:
    """At how many people, and how long after the beginning, the log tells something of a scan whose pages take *each*."""
    lines, before = [], Progress()
    for page in range(1, pages + 1):
        cursor = "more" if page < pages else None
        after = replace(before, seen=ScanStats(seats=page * PAGE)).turned(cursor=cursor)
        now = NOW + page * each
        if is_to_tell(before, after, expected=expected, begun_at=NOW, now=now):
            lines.append((page * PAGE, page * each))
            after = replace(after, told_at=now)
        before = after
    return lines


def test_a_scan_of_many_is_few_lines() -> None:
    """A line for each twentieth of who is expected, to the page, however quick the pages come."""
    lines = told(expected=MANY * PAGE, each=0.02 * SECOND)
    assert [seen for seen, _ in lines] == [-(-part * MANY // 20) * PAGE for part in range(1, 21)]


def test_a_slow_scan_is_told_of_every_half_minute() -> None:
    """An admin who watches the log sees that it lives."""
    lines = told(expected=MANY * PAGE, each=5 * SECOND)
    moments = [timedelta(0), *(at for _, at in lines)]
    assert max(b - a for a, b in pairwise(moments)) == LINE_EVERY
    assert len(lines) <= MANY * 5 / LINE_EVERY.total_seconds() + 20


def test_a_first_scan_is_told_of_by_time_alone() -> None:
    """Nobody knows of how many; the last page is told in any case."""
    assert told(expected=None, each=0.2 * SECOND) == [
        *((seconds * 5 * PAGE, seconds * SECOND) for seconds in range(30, 230, 30)),
        (MANY * PAGE, MANY * 0.2 * SECOND),
    ]
    assert told(expected=None, each=SECOND, pages=1) == [(PAGE, SECOND)]


def test_more_people_than_expected_are_no_more_lines() -> None:
    """Past the expected number a page is as far as any other, until the last one."""
    lines = told(expected=MANY * PAGE // 2, each=0.02 * SECOND)
    assert [seen for seen, _ in lines][19:] == [MANY * PAGE // 2, MANY * PAGE]


def test_what_follows_the_seats_is_told_of_by_time() -> None:
    """Whom a scan protects is looked for afterwards, where no more people are seen."""
    seats = Progress(phase=Phase.ADMINS, seen=ScanStats(seats=400), told_at=NOW)
    for later, tells in ((29 * SECOND, False), (30 * SECOND, True)):
        assert is_to_tell(seats, seats.turned(cursor=None), expected=400, begun_at=NOW - SECOND, now=NOW + later) is tells


def turn(uow: UnitOfWork, *, scan_id: str, page: int) -> Turn:
    """The turn of the job that brings this page."""
    found = scans.turn_of(uow, scan_id, page=page)
    assert found is not None
    return found


async def read(database: Database, clock: MovableClock, settings: Settings, *, pages: int, times: int = 1) -> Sequence[Any]:
    """What the log told of a scan that was read in so many pages of two people, every page so many *times*."""
    people, seen_by = crowd(clock.now(), active=pages * 2, idle=0), lens(settings)
    scan = await database.write(lambda uow: begin(uow, settings))
    with capture_logs() as logs:
        for page in range(pages):
            clock.advance(A_PAGE)
            here = await database.read(partial(turn, scan_id=scan.id, page=page))
            users, cursor = people[page * 2 : page * 2 + 2], str(page) if page < pages - 1 else None
            for _ in range(times):
                await database.write(partial(scans.record_seats, turn=here, users=users, cursor=cursor, lens=seen_by))
    for page in (pages, pages + 1):
        here = await database.read(partial(turn, scan_id=scan.id, page=page))
        await database.write(partial(scans.record_protected, turn=here, account_ids=(), cursor=None))
    here = await database.read(partial(turn, scan_id=scan.id, page=pages + 2))
    ended = await database.write(lambda uow: scan_end.judge(uow, here, settings=settings))
    assert ended is not None
    assert ended.status is ScanStatus.COMPLETE
    return [line for line in logs if line["event"].startswith("scan.")]


def figures(lines: Sequence[Any]) -> list[tuple[int, int, int | None]]:
    """The pages and people of each line, and of how many."""
    return [(line["pages"], line["seen"], line["of"]) for line in lines]


async def test_the_log_tells_how_far_a_scan_is_and_of_how_many(database: Database, clock: MovableClock, settings: Settings) -> None:
    """The first scan counts alone; the next one is measured by what the first one found."""
    first = await read(database, clock, settings, pages=79)
    assert figures(first) == [(page, page * 2, None) for page in (*range(5, 80, 5), 79)]
    second = await read(database, clock, settings, pages=79)
    assert figures(second) == [(page, page * 2, 158) for page in (-(-part * 79 // 20) for part in range(1, 21))]
    assert {(line["event"], line["product"], line["phase"]) for line in [*first, *second]} == {("scan.progress", "jira", "seats")}


async def test_a_page_that_comes_twice_is_told_of_once(database: Database, clock: MovableClock, settings: Settings) -> None:
    """A retried job stores nothing, so there is nothing to tell."""
    assert figures(await read(database, clock, settings, pages=6, times=2)) == [(5, 10, None), (6, 12, None)]
