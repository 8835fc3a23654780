"""
The ticker: which scheduled slot is due, claimed once whoever asks.

APScheduler's triggers serve as calculators only. Its memory store forgets what fired while it was down, and a cron trigger fires 02:30
twice on the night the clocks go back; a slot claimed by its local wall-clock name in the database does neither (both tried).
"""

import asyncio
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import structlog
from apscheduler.triggers.cron import CronTrigger

from bot.idle.rules import PLANS_AT
from bot.jobs.base import JobPayload
from bot.jobs.digests import PostDigest
from bot.jobs.house import MakeCheckpoint, PostCheckpoint, Prune, WatchKey
from bot.jobs.plans import ProposePlan
from bot.jobs.scans import StartScans
from bot.settings import Settings
from bot.usecases.shipping import ship
from bot.usecases.steps import enqueue
from storage import slots
from storage.db import Database, UnitOfWork
from storage.errors import StorageError

LOOK_EVERY_SECONDS = 20
FIRST_LOOK_BACK = timedelta(days=1)
"""How far back a schedule that never fired looks: a fresh install does its daily work on its first day."""
LONGEST_LOOK_BACK = timedelta(days=8)
"""Nothing is rarer than weekly, so a slot is newer than this: a year down is not counted through in quarters of an hour."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a job is due, by local wall clock, and which job that is."""

    name: str
    trigger: CronTrigger
    job: Callable[[str], JobPayload]


def schedules(settings: Settings) -> tuple[Schedule, ...]:
    """All schedules of Comeback, in the zone of the settings."""
    zone, idle = ZoneInfo(settings.timezone), settings.idle
    return (
        Schedule(name="prune", trigger=_at(time(3, 10), zone=zone), job=lambda slot: Prune(slot=slot)),
        Schedule(name="watch_key", trigger=_at(time(9), zone=zone), job=lambda slot: WatchKey(slot=slot)),
        # By UTC: of the wall clock's two quarters past two in an October night only one would be a slot.
        Schedule(name="checkpoint", trigger=CronTrigger(minute="*/15", timezone=UTC), job=lambda slot: MakeCheckpoint(slot=slot)),
        Schedule(
            name="post_checkpoint",
            trigger=_at(time(9), zone=zone),
            job=lambda slot: PostCheckpoint(slot=slot, channel=settings.admin_channel),
        ),
        Schedule(name="scan", trigger=_at(idle.scan_time, zone=zone), job=lambda slot: StartScans(slot=slot)),
        Schedule(name="plan", trigger=_at(PLANS_AT, zone=zone), job=lambda slot: ProposePlan(slot=slot)),
        Schedule(
            name="digest",
            trigger=_at(idle.digest_time, zone=zone, day=idle.digest_day),
            job=lambda slot: PostDigest(slot=slot, channel=idle.digest_channel or settings.admin_channel),
        ),
    )


def _at(moment: time, *, zone: tzinfo, day: str | None = None) -> CronTrigger:
    """Each day at that moment of the wall clock, or each week on that *day*."""
    return CronTrigger(day_of_week=day, hour=moment.hour, minute=moment.minute, timezone=zone)


def slot_name(fire_time: datetime) -> str:
    """The local wall-clock name of a slot: both 02:30 of an October night are one."""
    return fire_time.replace(tzinfo=None).isoformat(timespec="minutes")


def newest_slot(trigger: CronTrigger, *, last: str | None, now: datetime) -> str | None:
    """
    The newest slot after *last* that is due at *now*; None when there is none. Older missed slots are not made up.

    A wall-clock time that comes twice is due at the first, and one that a spring night skips as long after midnight as on other days.
    """
    by_wall, zone = copy(trigger), trigger.timezone
    # Counted as if the wall clock were UTC: in its own zone the trigger steps over the day after a short one, where that is at half past 0.
    by_wall.timezone = UTC
    wall = now.astimezone(zone).replace(tzinfo=UTC, fold=0)
    after = datetime.fromisoformat(last).replace(tzinfo=UTC) if last else wall - FIRST_LOOK_BACK
    newest, due = None, by_wall.get_next_fire_time(None, max(after, wall - LONGEST_LOOK_BACK))
    while due is not None and due.replace(tzinfo=zone) <= now:
        newest = slot_name(due)
        due = by_wall.get_next_fire_time(due, due)
    return newest if newest != last else None


@dataclass(slots=True, kw_only=True)
class Ticker:
    """Asks every schedule every 20 s, each slot being one row, so that several processes fire it once; `ships` sends the trail on."""

    database: Database
    schedules: tuple[Schedule, ...]
    ships: bool = False
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Tick until stopped; a database that is away is asked again at the next tick."""
        while not self._stop.is_set():
            try:
                await self.tick()
            except StorageError as error:
                log.warning("ticker.unavailable", error=type(error).__name__)
            await self._pause()

    async def tick(self) -> None:
        """Claim what is due now, and leave its job in the outbox in the same unit."""
        await self.database.write(self._fire)

    def stop(self) -> None:
        """End `run` at once."""
        self._stop.set()

    def _fire(self, uow: UnitOfWork) -> None:
        for schedule in self.schedules:
            slot = newest_slot(schedule.trigger, last=slots.latest(uow, schedule.name), now=uow.now)
            if slot is not None and slots.claim(uow, schedule.name, slot):
                enqueue(uow, schedule.job(slot))
        if self.ships:
            ship(uow)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._stop.wait()
        except TimeoutError:
            return
