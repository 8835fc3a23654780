"""
A process that is only a ticker, in a world faster than the machine's clock: `python -P -m tests.torture.ticking NAME ORIGIN SPEED`.

Every minute of that world fifteen schedules are due; what they leave in the outbox says who fired which slot.
"""

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.cron import CronTrigger

from bot import clock
from bot.jobs.base import JobPayload
from bot.ticker import Schedule, Ticker
from storage.db import Database

SCHEDULES = tuple(f"every-minute-{number:02}" for number in range(1, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired(JobPayload):
    """One slot of one schedule, and the process that fired it."""

    kind = "torture.fired"
    of = "{schedule} {slot}"
    schedule: str
    slot: str
    process: str


async def tick(name: str, *, origin: float, speed: float) -> None:
    """Tick until SIGTERM."""

    def now() -> datetime:
        ahead = (time.time() - origin) * (speed - 1)  # noqa: TID251 - the machine's own time is what the world is measured by
        return clock.system_now() + timedelta(seconds=ahead)

    database = Database.open(os.environ["DATABASE_URL"], clock=now, new_id=clock.new_id, new_token=clock.new_token)
    ticker = Ticker(database=database, schedules=tuple(_schedule(one, process=name) for one in SCHEDULES))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ticker.stop)
    try:
        await ticker.run()
    finally:
        await database.close()


def _schedule(name: str, *, process: str) -> Schedule:
    trigger = CronTrigger(minute="*", timezone=UTC)
    return Schedule(name=name, trigger=trigger, job=lambda slot: Fired(schedule=name, slot=slot, process=process))


if __name__ == "__main__":
    asyncio.run(tick(sys.argv[1], origin=float(sys.argv[2]), speed=float(sys.argv[3])))
