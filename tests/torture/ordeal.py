"""One ordeal: worlds side by side whose processes are killed at random times while their people work, then calm, then the check."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bot.trouble import LONGEST_WAIT_SECONDS
from sandbox.faults import Fault
from tests.torture.build import Change, build
from tests.torture.crowd import Crowd
from tests.torture.havoc import Havoc, Record, until_true
from tests.torture.processes import nursery
from tests.torture.tempo import fast
from tests.torture.world import storm, torture

EMBEDDED = ("run",)
CLUSTER = ("web", "worker", "worker", "worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    How much of what: so many kills and approvals, or what fits into `seconds`, then `calm_seconds` at most for what is under way.

    Without kills the processes live from the beginning, and *weather* of one's own lasts to the end. `databases` are the addresses of the
    worlds, None for a SQLite file. The clocks run `rate` times as fast as the machine's.
    """

    kills: int
    approvals: int
    seconds: float
    calm_seconds: float
    rate: float
    slow_seconds: float
    databases: Sequence[str | None] = (None,)
    commands: Sequence[str] = EMBEDDED
    at_once: int = 12
    people: int = 6_000
    weather: Sequence[Fault] = ()
    changes: Sequence[Change] = ()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was done, and what the check found."""

    havocs: list[Havoc] = field(default_factory=list)
    crowds: list[Crowd] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return sum(havoc.kills for havoc in self.havocs)

    @property
    def deaths(self) -> int:
        """How many processes ended by themselves."""
        return sum(havoc.deaths for havoc in self.havocs)

    @property
    def approvals(self) -> int:
        """How many clicks were acknowledged."""
        return sum(crowd.approved for crowd in self.crowds)


def calm_seconds(rate: float) -> float:
    """How long what is under way may take: a job that failed often waits its longest wait once more."""
    return LONGEST_WAIT_SECONDS / rate + 60


Meanwhile = Callable[[Outcome, asyncio.Event], Coroutine[None, None, None]]


async def ordeal(plan: Plan, *, folder: Path, chance: Random, meanwhile: Meanwhile | None = None) -> Outcome:
    """Play *plan* in worlds of their own below *folder*; *meanwhile* runs beside the kills and ends with them."""
    outcome, begun = Outcome(), time.monotonic()
    made = await asyncio.to_thread(build, folder / "build", *fast(plan.rate), *plan.changes)
    async with AsyncExitStack() as stack:
        born = await stack.enter_async_context(nursery(made))
        for number, url in enumerate(plan.databases):
            entering = torture(folder / f"world{number}", nursery=born, rate=plan.rate, people=plan.people, database_url=url)
            world = await stack.enter_async_context(entering)
            for fault in plan.weather or storm(slow_seconds=plan.slow_seconds):
                world.sandbox.faults.add(fault)
            outcome.havocs.append(Havoc(world=world, chance=Random(chance.random()), may=lambda: outcome.kills < plan.kills))
            outcome.crowds.append(Crowd(world=world, at_once=plan.at_once))
        await _suffer(plan, outcome, meanwhile)
    outcome.seconds = time.monotonic() - begun
    return outcome


async def _suffer(plan: Plan, outcome: Outcome, meanwhile: Meanwhile | None) -> None:
    enough, worlds = asyncio.Event(), [havoc.world for havoc in outcome.havocs]
    work = [asyncio.create_task(crowd.work(most=plan.people if plan.kills else plan.approvals)) for crowd in outcome.crowds]
    beside: list[asyncio.Task[None]] = []
    for havoc in outcome.havocs if plan.kills else ():
        beside += [asyncio.create_task(havoc.torment(command, until=enough)) for command in plan.commands]
    also = [asyncio.create_task(meanwhile(outcome, enough))] if meanwhile is not None else []
    try:
        if plan.kills:
            await _until_enough(plan, outcome, beside, also)
        enough.set()
        for crowd in outcome.crowds if plan.kills else ():
            crowd.close()
        await asyncio.gather(*beside, *also)
        await _calm_down(plan, outcome, work)
    finally:
        await _cancel([*work, *beside, *also])
    for world in worlds:
        await outcome.record.add(world)


async def _until_enough(plan: Plan, outcome: Outcome, beside: Sequence[asyncio.Task[None]], also: Sequence[asyncio.Task[None]]) -> None:
    give_up = time.monotonic() + plan.seconds
    while time.monotonic() < give_up and not _is_enough(plan, outcome, also):
        for task in (*beside, *also):
            if task.done():
                task.result()
        await asyncio.sleep(0.1)


def _is_enough(plan: Plan, outcome: Outcome, also: Sequence[asyncio.Task[None]]) -> bool:
    return outcome.kills >= plan.kills and outcome.approvals >= plan.approvals and all(task.done() for task in also)


async def _calm_down(plan: Plan, outcome: Outcome, work: Sequence[asyncio.Task[None]]) -> None:
    """Nobody is killed any more, and what was begun is ended, or will be missed by the check."""
    async with AsyncExitStack() as stack:
        for havoc in outcome.havocs:
            if not plan.weather:
                havoc.world.sandbox.faults.clear()
            await stack.enter_async_context(havoc.calm(plan.commands))
        begun = time.monotonic()
        await asyncio.wait(work, timeout=plan.calm_seconds)
        left = plan.calm_seconds - (time.monotonic() - begun)
        await asyncio.gather(*(until_true(havoc.world, patience=left) for havoc in outcome.havocs))


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
