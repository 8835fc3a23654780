"""
kill -9 with slow calls in flight, in real time: how long until everything is done, and whether any call was made twice.

A fast kill loop does not see what the settle time is for: a call that was sent before the kill and lands seconds after the restart.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.faults import Fault
from tests.torture import checker, postgres
from tests.torture.bar import Result, at_least, in_time
from tests.torture.build import Change, build
from tests.torture.crowd import Crowd
from tests.torture.havoc import DOUBLE, Record, end
from tests.torture.pauses import LEASE_SECONDS
from tests.torture.processes import Life, nursery
from tests.torture.scale import Scale
from tests.torture.world import Torture, torture

ALONE = True
"""It measures times."""
SETTLE_SECONDS = 12
LONGEST_CALL_SECONDS = 10
"""The HTTP deadline. Killed a second after it was sent, it lands nine after: a slow start does not save a build that does not wait."""
MARGIN_SECONDS = 5
AT_ATLASSIAN = 4
"""How many calls to Atlassian one process makes at once."""
PATIENCE = 90
NO_SETTLE = Change(path="atlassian/steps.py", old="\nSETTLE_SECONDS = 12\n", new="\nSETTLE_SECONDS = 0\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    `calls` of `call_seconds` are in flight when all *workers* are killed; then one is started, and all is done within `limit` seconds.

    Where the door is a process of its own, it is killed as soon as the decisions are stored.
    """

    calls: int
    limit: float
    call_seconds: float = LONGEST_CALL_SECONDS
    workers: Sequence[str] = ("run",)
    has_door: bool = False
    changes: tuple[Change, ...] = ()


EMBEDDED = Plan(calls=AT_ATLASSIAN, limit=SETTLE_SECONDS + MARGIN_SECONDS)
# The same in all else, calls that land before the settle time is over included: what doubles here is what that time alone prevents.
HASTY = replace(EMBEDDED, changes=(NO_SETTLE,))


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """One process on SQLite, and one without the settle time; on the full scale several on PostgreSQL besides."""
    plays = [
        _play(EMBEDDED, scale, folder=folder / "embedded", what="SQLite, restarted"),
        _play(HASTY, scale, folder=folder / "hasty", what="SQLite, restarted", control="the settle time after a kill"),
    ]
    if not scale.has_more:
        results = await asyncio.gather(*plays)
    else:
        limit = LEASE_SECONDS + MARGIN_SECONDS
        several = Plan(calls=scale.recovery_calls, limit=limit, workers=("worker",) * 3, has_door=True)
        with postgres.running() as server:
            apart = _play(several, scale, folder=folder / "several", what="PostgreSQL, three workers killed", url=server.fresh("several"))
            results = await asyncio.gather(*plays, apart)
    for result in results:
        report(result)


async def _play(plan: Plan, scale: Scale, *, folder: Path, what: str, url: str | None = None, control: str | None = None) -> Result:
    begun, record = time.monotonic(), Record()
    made = await asyncio.to_thread(build, folder / "build", *plan.changes)
    async with nursery(made) as born, torture(folder, nursery=born, rate=1, people=plan.calls, database_url=url) as world:
        done, hit = await _kill(plan, world)
        # What was sent before the kill lands, so that it is counted.
        await asyncio.sleep(plan.call_seconds)
        await record.add(world)
    bars = record.bars()[:4]
    if control is None:
        name = "all done after the start" if url is None else "all done after the kill"
        bars = (at_least("calls in flight", hit, wanted=plan.calls), in_time(name, done, limit=plan.limit, lenience=scale.lenience), *bars)
    said = f"{what}, {hit} calls of {plan.call_seconds:g} s in flight"
    return Result(
        scenario="recovery",
        what=said,
        bars=bars,
        seconds=time.monotonic() - begun,
        control=control,
        wrong=tuple(record.sentences()),
        must_fail=(DOUBLE,) if control else (),
    )


async def _kill(plan: Plan, world: Torture) -> tuple[float, int]:
    """Seconds until everything was done, and how many calls were in flight."""
    crowd = Crowd(world=world)
    people = [f"t{number}" for number in range(plan.calls)]
    async with _living(world, "web", "worker") if plan.has_door else _living(world, "run"):
        await asyncio.gather(*(crowd.ask(key) for key in people))
    async with _living(world, "web"):
        await asyncio.gather(*(crowd.approve(key) for key in people))
    rule = Fault(match=r"POST /.*/memberships", times=plan.calls, delay_s=plan.call_seconds)
    world.sandbox.faults.add(rule)
    async with _living(world, *plan.workers):
        hit = await _until_hit(world, plan.calls)
        await asyncio.sleep(1)
    begun = time.monotonic()
    async with _living(world, plan.workers[0]):
        await _until_done(world, plan)
        return time.monotonic() - begun, hit


@asynccontextmanager
async def _living(world: Torture, *commands: str) -> AsyncIterator[Sequence[Life]]:
    """Processes that are killed at the end of the block."""
    lives = [await world.start(command) for command in commands]
    try:
        await asyncio.gather(*(life.ready() for life in lives))
        yield lives
    finally:
        await end(lives)


async def _until_hit(world: Torture, calls: int) -> int:
    """How many calls were met by the delay, as soon as all were or none comes any more."""
    give_up, hit = time.monotonic() + PATIENCE, 0
    while hit < calls and time.monotonic() < give_up:
        await asyncio.sleep(0.02)
        (rule,) = world.sandbox.faults.active()
        hit = int(rule["hit"])
    return hit


async def _until_done(world: Torture, plan: Plan) -> None:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        stored = await asyncio.to_thread(checker.read_database, world.database_url)
        if sum(row[2] == "granted" for row in stored.requests) == plan.calls:
            return
        await asyncio.sleep(0.1)
