"""The schedule in three processes (B7): each slot fires once, none is skipped, and what was missed while all were down is made up once."""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import system_now
from sandbox.bot_process import stop
from storage import migrate
from tests.torture import postgres, rows
from tests.torture.bar import Bar, Result, at_least, exactly
from tests.torture.build import ROOT, Change, build
from tests.torture.scale import Scale
from tests.torture.ticking import SCHEDULES

SPEED = 20
"""A minute of the schedule takes three seconds."""
MINUTE = 60 / SPEED
SKEWS = (-30, 0, 30)
DOWN_MINUTES = 2

# A minute is three seconds here, so the look that comes three times a minute comes as often; the clocks of the machines are off; and the
# gap between looking for a slot and claiming it is so wide that all three are in it at once.
QUICKER = (
    Change(path="bot/ticker.py", old="LOOK_EVERY_SECONDS = 20\n", new=f"LOOK_EVERY_SECONDS = 20 / {SPEED}\n"),
    Change(
        path="bot/ticker.py",
        old="            if slot is not None and slots.claim(",
        new="            if slot is not None and not __import__('time').sleep(0.01) and slots.claim(",
    ),
    Change(path="storage/clock.py", old="return datetime.now(UTC)", new="return datetime.now(UTC) + SKEW"),
    Change(path="storage/clock.py", old="def process_now", new="from bot.clock import SKEW\n\n\ndef process_now"),
    Change(path="bot/clock.py", old="return datetime.now(UTC)", new="return datetime.now(UTC) + SKEW"),
    Change(
        path="bot/clock.py",
        old="def system_now",
        new="from datetime import timedelta\nimport os\n\nSKEW = timedelta(seconds=float(os.environ['SKEW']))\n\n\ndef system_now",
    ),
)
NO_CLAIM = Change(
    path="storage/slots.py",
    old='return bool(uow.connection.execute(_CLAIM, {"job": job, "slot": slot, "claimed_at": uow.now}).rowcount)',
    new='return bool(uow.connection.execute(_CLAIM, {"job": job, "slot": slot, "claimed_at": uow.now}).rowcount) or True',
)


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """Three tickers on one PostgreSQL, and three that claim nothing."""
    with postgres.running() as server:
        quicker = build(folder / "build", *QUICKER)
        report(await _ticked(server.fresh("ticker"), quicker, minutes=scale.ticker_minutes))
        unclaimed = build(folder / "control", *QUICKER, NO_CLAIM)
        report(await _ticked(server.fresh("unclaimed"), unclaimed, minutes=2, control="the claim of a slot"))


async def _ticked(url: str, product: Path, *, minutes: int, control: str | None = None) -> Result:
    begun = time.monotonic()
    await asyncio.to_thread(migrate.upgrade, url)
    origin = system_now().timestamp()
    async with _tickers(url, product, origin=origin) as processes:
        await _until_fired(url, since=0)
        await asyncio.sleep(MINUTE * minutes / 2)
        # One is killed in the middle: the other two go on.
        processes[0].kill()
        await asyncio.sleep(MINUTE * minutes / 2)
    first = _fired(url)
    what = f"3 processes whose clocks are 30 s apart, {len(SCHEDULES)} schedules of a minute, one process killed"
    bars = _while_up(first, wanted=minutes * len(SCHEDULES))
    if control is None:
        await asyncio.sleep(MINUTE * DOWN_MINUTES)
        async with _tickers(url, product, origin=origin):
            await _until_fired(url, since=sum(first.values()))
            await asyncio.sleep(MINUTE)
        bars = (*bars, *_after_all_were_down(first, _fired(url)))
        what = f"{what}, then all of them stopped over {DOWN_MINUTES} firings and started again"
    return Result(scenario="ticker", what=what, bars=bars, seconds=time.monotonic() - begun, control=control)


@asynccontextmanager
async def _tickers(url: str, product: Path, *, origin: float) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    arguments = ("-P", "-m", "tests.torture.ticking")
    processes = []
    try:
        for skew in SKEWS:
            given = {**os.environ, "DATABASE_URL": url, "SKEW": str(skew), "PYTHONPATH": f"{product}{os.pathsep}{ROOT}"}
            words = (*arguments, f"clock{skew:+}", str(origin), str(SPEED))
            one = await asyncio.create_subprocess_exec(sys.executable, *words, env=given, stderr=asyncio.subprocess.DEVNULL)
            processes.append(one)
        yield processes
    finally:
        await asyncio.gather(*map(stop, processes))


async def _until_fired(url: str, *, since: int) -> None:
    """Wait until anything has been fired beyond the first *since*; raises TimeoutError."""
    async with asyncio.timeout(60):
        while True:
            if sum(_fired(url).values()) > since:
                return
            await asyncio.sleep(0.1)


def _fired(url: str) -> Counter[str]:
    """How often each slot of each schedule was fired, by `schedule slot`."""
    return Counter(dict(rows.ask(url, "SELECT subject, count(*) FROM outbox WHERE kind = 'torture.fired' GROUP BY subject")))


def _while_up(fired: Counter[str], *, wanted: int) -> tuple[Bar, ...]:
    return (
        at_least("slots that fired", len(fired), wanted=wanted),
        exactly("slots that fired twice", sum(number > 1 for number in fired.values())),
        exactly("slots skipped", sum(map(_gaps, _by_schedule(fired).values()))),
    )


def _after_all_were_down(first: Counter[str], every: Counter[str]) -> tuple[Bar, ...]:
    before, after = _by_schedule(first), _by_schedule(every - first)
    missed = [slots[0] - before[schedule][-1] for schedule, slots in after.items()]
    return (
        exactly("schedules that made up the newest slot they had missed", len(after), wanted=len(before)),
        exactly("schedules that made up older ones", sum(gap < timedelta(minutes=DOWN_MINUTES) for gap in missed)),
        exactly("slots that fired twice after the stop", sum(number > 1 for number in every.values())),
        exactly("slots skipped after the stop", sum(map(_gaps, after.values()))),
    )


def _by_schedule(fired: Counter[str]) -> dict[str, list[datetime]]:
    """The slots of every schedule, oldest first."""
    slots: dict[str, list[datetime]] = {}
    for subject in sorted(fired):
        schedule, slot = subject.split(" ")
        slots.setdefault(schedule, []).append(datetime.fromisoformat(slot))
    return slots


def _gaps(slots: Sequence[datetime]) -> int:
    """How many minutes between the first and the last have no slot."""
    return int((slots[-1] - slots[0]) / timedelta(minutes=1)) + 1 - len(slots)
