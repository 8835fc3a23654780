"""The ticker: each slot once, by local wall clock, made up once after a time of being down."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot.jobs.digests import PostDigest
from bot.jobs.house import Prune
from bot.settings import load
from bot.ticker import Schedule, Ticker, newest_slot, schedules
from storage import outbox
from storage.db import Database, UnitOfWork
from tests.bot.outside import COMPLETE, Outside
from tests.fixtures.clock import MovableClock

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTLY = CronTrigger(hour=2, minute=30, timezone=BERLIN)


def test_missed_slots_are_made_up_once() -> None:
    """Three days down are one run, not three."""
    now = datetime(2026, 11, 5, 12, tzinfo=UTC)
    assert newest_slot(NIGHTLY, last="2026-11-01T02:30", now=now) == "2026-11-05T02:30"
    assert newest_slot(NIGHTLY, last="2026-11-05T02:30", now=now) is None


def test_the_night_the_clocks_go_back_has_one_half_past_two() -> None:
    """02:30 comes twice on 25 October 2026 in Berlin, and is one slot."""
    first, second = datetime(2026, 10, 25, 0, 31, tzinfo=UTC), datetime(2026, 10, 25, 1, 31, tzinfo=UTC)
    assert newest_slot(NIGHTLY, last="2026-10-24T02:30", now=first) == "2026-10-25T02:30"
    assert newest_slot(NIGHTLY, last="2026-10-25T02:30", now=second) is None
    assert newest_slot(NIGHTLY, last="2026-10-25T02:30", now=second + timedelta(days=1)) == "2026-10-26T02:30"


def test_the_night_the_clocks_go_forward_skips_nothing() -> None:
    """02:30 does not exist on 28 March 2027 in Berlin: it is due an hour after half past one, and the next night's as always."""
    last, before, then = "2027-03-27T02:30", datetime(2027, 3, 28, 1, 29, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert newest_slot(NIGHTLY, last=last, now=before) is None
    assert newest_slot(NIGHTLY, last=last, now=then) == "2027-03-28T02:30"
    assert newest_slot(NIGHTLY, last=last, now=datetime(2027, 3, 29, 12, tzinfo=UTC)) == "2027-03-29T02:30"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe"])
@pytest.mark.parametrize("time", ["00:00", "00:30", "02:30", "23:59"])
def test_each_day_of_a_year_has_its_slot_once(zone: str, time: str) -> None:
    """Whatever the clocks do, in the months in which they do it."""
    trigger = CronTrigger(hour=int(time[:2]), minute=int(time[3:]), timezone=ZoneInfo(zone))
    for month in (3, 4, 9, 10, 11):
        begins = datetime(2027, month, 1, tzinfo=UTC)
        fired = [f"2027-{month:02}-01T{time}"]
        for look in range(28 * 8):
            slot = newest_slot(trigger, last=fired[-1], now=begins + look * timedelta(hours=3))
            fired += [slot] if slot is not None else []
        assert fired == [f"2027-{month:02}-{day:02}T{time}" for day in range(1, len(fired) + 1)]
        assert len(fired) >= 26


def test_a_fresh_install_does_its_daily_work_on_its_first_day() -> None:
    """Without any slot claimed the last day counts."""
    assert newest_slot(NIGHTLY, last=None, now=datetime(2026, 11, 5, 12, tzinfo=UTC)) == "2026-11-05T02:30"


def _tickers(database: Database, number: int) -> list[Ticker]:
    return [Ticker(database=database, schedules=_hourly()) for _ in range(number)]


def _hourly() -> tuple[Schedule, ...]:
    return (Schedule(name="hourly", trigger=CronTrigger(minute=0, timezone=UTC), job=lambda slot: Prune(slot=slot)),)


async def test_several_processes_fire_each_slot_once(database: Database, clock: MovableClock) -> None:
    """Three tickers and twenty hours are twenty jobs."""
    tickers = _tickers(database, 3)
    fired = []
    for _ in range(20):
        clock.advance(timedelta(hours=1))
        await asyncio.gather(*(ticker.tick() for ticker in tickers))
        fired += [await _finish_one(database)]
    assert len(set(fired)) == 20
    assert await database.read(outbox.backlog) == ()


async def _finish_one(database: Database) -> str:
    def finish(uow: UnitOfWork) -> str:
        (job,) = outbox.claim(uow, limit=10)
        outbox.finish(uow, job)
        return str(job.payload["slot"])

    return await database.write(finish)


async def test_it_stops_at_once(database: Database) -> None:
    """Stopping does not wait for the next tick."""
    ticker = Ticker(database=database, schedules=_hourly())
    running = asyncio.create_task(ticker.run())
    await asyncio.sleep(0)
    ticker.stop()
    async with asyncio.timeout(15):
        await running


@pytest.fixture
def away(open_database: Callable[..., Database], clock: MovableClock, empty_sqlite_url: str) -> Database:
    """A database without tables: every unit fails."""
    return open_database(empty_sqlite_url, clock=clock.now)


async def test_a_database_that_is_away_is_asked_again(away: Database) -> None:
    """The ticker outlives an outage of the database."""
    ticker = Ticker(database=away, schedules=_hourly())
    running = asyncio.create_task(ticker.run())
    done, _ = await asyncio.wait({running}, timeout=0.5)
    assert not done
    ticker.stop()
    await running


def test_schedules_follow_the_settings(outside: Outside) -> None:
    """The scan starts at the hour that the settings name, by their own wall clock."""
    outside.set({**COMPLETE, "COMEBACK_TIMEZONE": "Europe/Berlin", "COMEBACK_IDLE__SCAN_AT": "04:45"})
    scan = next(schedule for schedule in schedules(load()) if schedule.name == "scan")
    slot = newest_slot(scan.trigger, last=None, now=datetime(2026, 11, 5, 12, tzinfo=UTC))
    assert slot == "2026-11-05T04:45"
    assert scan.job(slot).kind == "scan.start"


def test_checkpoints_come_every_quarter_by_a_clock_that_never_goes_back(outside: Outside) -> None:
    """Each quarter of the hour that comes twice is one of its own; a year of being down is not counted through."""
    outside.set({**COMPLETE, "COMEBACK_TIMEZONE": "Europe/Berlin"})
    checkpoint = next(schedule for schedule in schedules(load()) if schedule.name == "checkpoint")
    assert checkpoint.job("x").kind == "house.make_checkpoint"
    last = "2026-10-24T23:45"
    found: list[str] = []
    for minutes in range(0, 121, 5):
        slot = newest_slot(checkpoint.trigger, last=last, now=datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minutes))
        found, last = ([*found, slot], slot) if slot else (found, last)
    assert found == [f"2026-10-25T{hour:02}:{minute:02}" for hour in (0, 1) for minute in (0, 15, 30, 45)] + ["2026-10-25T02:00"]
    assert newest_slot(checkpoint.trigger, last=last, now=datetime(2027, 10, 25, 0, 1, tzinfo=UTC)) == "2027-10-25T00:00"


def test_the_digest_comes_weekly_on_its_day(outside: Outside) -> None:
    """On the day and at the hour of the settings, by their own wall clock, into the channel that they name."""
    idle = {"COMEBACK_IDLE__DIGEST_DAY": "fri", "COMEBACK_IDLE__DIGEST_AT": "16:30", "COMEBACK_IDLE__DIGEST_CHANNEL": "C0SAVINGS"}
    outside.set({**COMPLETE, **idle, "COMEBACK_TIMEZONE": "Europe/Berlin"})
    digest = next(schedule for schedule in schedules(load()) if schedule.name == "digest")
    friday = datetime(2026, 10, 30, 15, 30, tzinfo=UTC)
    assert newest_slot(digest.trigger, last="2026-10-23T16:30", now=friday - timedelta(seconds=1)) is None
    assert newest_slot(digest.trigger, last="2026-10-23T16:30", now=friday) == "2026-10-30T16:30"
    assert newest_slot(digest.trigger, last="2026-10-09T16:30", now=friday) == "2026-10-30T16:30"
    assert digest.job("2026-10-30T16:30") == PostDigest(slot="2026-10-30T16:30", channel="C0SAVINGS")


def _ships(uow: UnitOfWork) -> int:
    """The jobs that send the trail on and are not done."""
    return sum(row.jobs for row in outbox.backlog(uow) if row.kind == "audit.ship")


async def test_the_trail_is_sent_on_by_one_job(database: Database, clock: MovableClock) -> None:
    """Several processes tick, and the trail is sent in order: one job at a time, and none where nothing is new."""
    tickers = [Ticker(database=database, schedules=(), ships=True) for _ in range(3)]
    await tickers[0].tick()
    assert await database.read(_ships) == 0
    await database.write(lambda uow: uow.audit("test.happened", {"type": "system", "id": "comeback"}))
    for _ in range(3):
        await asyncio.gather(*(ticker.tick() for ticker in tickers))
        clock.advance(timedelta(minutes=1))
    assert await database.read(_ships) == 1


async def test_a_trail_that_nobody_asked_for_is_not_sent(database: Database) -> None:
    """Without a receiver there is no job."""
    await database.write(lambda uow: uow.audit("test.happened", {"type": "system", "id": "comeback"}))
    await Ticker(database=database, schedules=()).tick()
    assert await database.read(_ships) == 0
