"""The schedule in three processes (B7): each slot fires once, none is skipped, and what was missed while all were down is made up once."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import system_now
from storage import migrate
from tests.torture import postgres, rows
from tests.torture.bar import Bar, Result, at_least, exactly
from tests.torture.build import Change, build, environment
from tests.torture.havoc import end
from tests.torture.processes import Life, nursery
from tests.torture.scale import Scale
from tests.torture.tempo import clean_environment
from tests.torture.ticking import SCHEDULES

SPEED = 20
"""A minute of the schedule takes three seconds."""
MINUTE = 60 / SPEED
SKEWS = (-30, 0, 30)
DOWN_MINUTES = 2
CAUGHT_SECONDS = 90
TWICE = "slots that fired twice"


def _quicker(gap: float) -> tuple[Change, ...]:
    """
    A minute is three seconds, so the look that comes three times a minute comes as often, and the clocks of the machines are off.

    Between looking for a slot and claiming it are *gap* seconds, so that several are there at once.
    """
    return (
        Change(path="bot/ticker.py", old="LOOK_EVERY_SECONDS = 20\n", new=f"LOOK_EVERY_SECONDS = 20 / {SPEED}\n"),
        Change(
            path="bot/ticker.py",
            old="            if slot is not None and slots.claim(",
            new=f"            if slot is not None and not __import__('time').sleep({gap}) and slots.claim(",
        ),
        Change(path="storage/clock.py", old="return datetime.now(UTC)", new="return datetime.now(UTC) + skew()"),
        Change(path="storage/clock.py", old="def process_now", new="from bot.clock import skew\n\n\ndef process_now"),
        Change(path="bot/clock.py", old="return datetime.now(UTC)", new="return datetime.now(UTC) + skew()"),
        Change(
            path="bot/clock.py",
            old="def system_now",
            new="from datetime import timedelta\nimport os\n\n\n"
            "def skew():\n    return timedelta(seconds=float(os.environ['SKEW']))\n\n\ndef system_now",
        ),
    )


QUICKER = _quicker(0.01)
NO_CLAIM = Change(
    path="storage/slots.py",
    old='return bool(uow.connection.execute(_CLAIM, {"job": job, "slot": slot, "claimed_at": uow.now}).rowcount)',
    new='return bool(uow.connection.execute(_CLAIM, {"job": job, "slot": slot, "claimed_at": uow.now}).rowcount) or True',
)
# So wide that a look of one process is not over when the next has the same minute, half a minute of that world later.
UNCLAIMED = (*_quicker(0.12), NO_CLAIM)


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """Three tickers on one PostgreSQL, and beside them three that claim nothing, until they are caught."""
    with postgres.running() as server:
        urls = [server.fresh(name) for name in ("ticker", "unclaimed")]
        for url in urls:  # one after the other: Alembic keeps the migration that is under way in a global
            await asyncio.to_thread(migrate.upgrade, url)
        proof = _ticked(folder / "product", urls[0], scale=scale)
        control = _unclaimed(folder / "control", urls[1])
        for result in await asyncio.gather(proof, control):
            report(result)


async def _unclaimed(folder: Path, url: str) -> Result:
    begun, twice = time.monotonic(), 0
    async with _tickers(url, folder, *UNCLAIMED, origin=system_now().timestamp()):
        while time.monotonic() < begun + CAUGHT_SECONDS:
            twice = sum(number > 1 for number in _fired(url).values())
            if twice:
                break
            await asyncio.sleep(0.5)
    bars = (exactly(TWICE, twice),)
    what = f"3 processes whose clocks are 30 s apart, {len(SCHEDULES)} schedules of a minute"
    seconds, guard = time.monotonic() - begun, "the claim of a slot"
    return Result(scenario="ticker", what=what, bars=bars, seconds=seconds, control=guard, must_fail=(TWICE,))


async def _ticked(folder: Path, url: str, *, scale: Scale) -> Result:
    begun, minutes = time.monotonic(), scale.ticker_minutes
    origin = system_now().timestamp()
    async with _tickers(url, folder / "first", *QUICKER, origin=origin) as lives:
        await _until_fired(url, since=0)
        await asyncio.sleep(MINUTE * minutes / 2)
        # One is killed in the middle: the other two go on.
        await lives[0].kill()
        await asyncio.sleep(MINUTE * minutes / 2)
    first = _fired(url)
    await asyncio.sleep(MINUTE * DOWN_MINUTES)
    async with _tickers(url, folder / "second", *QUICKER, origin=origin):
        await _until_fired(url, since=sum(first.values()))
        await asyncio.sleep(MINUTE)
    # A machine so busy that a ticker does not look for three seconds, its minute, skips a slot, as it would have to.
    skipped = _skipped(first, _fired(url)) if scale.has_more else ()
    wanted = minutes * len(SCHEDULES) // (1 if scale.has_more else 2)
    bars = (*_while_up(first, wanted=wanted), *_after_all_were_down(first, _fired(url)), *skipped)
    what = (
        f"3 processes whose clocks are 30 s apart, {len(SCHEDULES)} schedules of a minute, one process killed, "
        f"then all of them stopped over {DOWN_MINUTES} firings and started again"
    )
    return Result(scenario="ticker", what=what, bars=bars, seconds=time.monotonic() - begun)


@asynccontextmanager
async def _tickers(url: str, folder: Path, *changes: Change, origin: float) -> AsyncIterator[list[Life]]:
    made = await asyncio.to_thread(build, folder, *changes)
    given = {**clean_environment(), **environment(made), "DATABASE_URL": url}
    async with nursery(made) as born:
        lives = []
        for skew in SKEWS:
            words, log = (f"clock{skew:+}", str(origin), str(SPEED)), folder / "ticker.log"
            own = {**given, "SKEW": str(skew)}
            lives.append(await born.start(*words, module="tests.torture.ticking", environment=own, folder=folder, log=log))
        yield lives
        await end(lives)


async def _until_fired(url: str, *, since: int) -> None:
    """Wait until anything has been fired beyond the first *since*; raises TimeoutError."""
    async with asyncio.timeout(60):
        while True:
            if sum(_fired(url).values()) > since:
                return
            await asyncio.sleep(0.3)


def _fired(url: str) -> Counter[str]:
    """How often each slot of each schedule was fired, by `schedule slot`."""
    return Counter(dict(rows.ask(url, "SELECT subject, count(*) FROM outbox WHERE kind = 'torture.fired' GROUP BY subject")))


def _while_up(fired: Counter[str], *, wanted: int) -> tuple[Bar, ...]:
    return (
        at_least("slots that fired", len(fired), wanted=wanted),
        exactly(TWICE, sum(number > 1 for number in fired.values())),
    )


def _after_all_were_down(first: Counter[str], every: Counter[str]) -> tuple[Bar, ...]:
    before, after = _by_schedule(first), _by_schedule(every - first)
    missed = [slots[0] - before[schedule][-1] for schedule, slots in after.items()]
    return (
        exactly("schedules that made up the newest slot they had missed", len(after), wanted=len(before)),
        exactly("schedules that made up older ones", sum(gap < timedelta(minutes=DOWN_MINUTES) for gap in missed)),
        exactly("slots that fired twice after the stop", sum(number > 1 for number in every.values())),
    )


def _skipped(first: Counter[str], every: Counter[str]) -> tuple[Bar, ...]:
    return (
        exactly("slots skipped", sum(map(_gaps, _by_schedule(first).values()))),
        exactly("slots skipped after the stop", sum(map(_gaps, _by_schedule(every - first).values()))),
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
