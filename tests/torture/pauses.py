"""
SIGSTOP for longer than a lease, then SIGCONT: what wakes up must not write what another has taken over meanwhile.

In this build the gap between the read and the write is a second wide, and half of the pauses wait for it; how many fell into it is counted.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.torture import postgres
from tests.torture.bar import Result, at_least
from tests.torture.build import Change, build
from tests.torture.crowd import Crowd
from tests.torture.havoc import DOUBLE, Record, end, until_true
from tests.torture.processes import Life, nursery
from tests.torture.scale import Scale
from tests.torture.tempo import fast
from tests.torture.world import Torture, torture

LEASE_SECONDS = 30
# While a process is in the gap, a file of its folder says so: whoever stops it can see where it stands.
GAP = Change(
    path="bot/effects/grants.py",
    old="    try:\n        result = await kit.provisioner.take(step)\n",
    new="""\
    import asyncio
    import os
    from pathlib import Path

    mark = Path(f"{os.getpid()}.{briefing.request.id}.gap")
    mark.touch()
    try:
        await asyncio.sleep(1)
    finally:
        mark.unlink()
    try:
        result = await kit.provisioner.take(step)
""",
)
GUARD = Change(path="bot/lease.py", old="        raise LeaseTooShort\n", new="        return\n")
CALM_SECONDS = 60
AIMED, AIM_SECONDS = 0.5, 5
SPEED = {"quick": 4, "full": 3}
"""How many times as fast as the machine's the clocks run, by scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many pauses of `workers` processes, beside one that is never stopped; a control ends with the first double write."""

    pauses: int
    workers: int
    rate: float
    seconds: float
    people: int = 3_000
    changes: tuple[Change, ...] = ()


@dataclass(slots=True, kw_only=True)
class Pauses:
    """How many there were, and how many of them between a read and its write."""

    world: Torture
    plan: Plan
    chance: Random
    done: int = 0
    in_gap: int = 0

    async def interrupt(self, worker: Life, *, give_up: float) -> None:
        """Stop and wake one process until there were pauses enough."""
        while self.done < self.plan.pauses and time.monotonic() < give_up and not (self.plan.changes and self._is_caught()):
            await asyncio.sleep(self.chance.uniform(0.5, 2))
            if self.chance.random() < AIMED:
                await self._aim(worker)
            worker.signal(signal.SIGSTOP)
            await asyncio.sleep(LEASE_SECONDS / self.plan.rate + self.chance.uniform(0.2, 1.2))
            self.in_gap += self._is_in_gap(worker)
            worker.signal(signal.SIGCONT)
            self.done += 1

    async def _aim(self, worker: Life) -> None:
        """Wait for a while until it is between a read and its write."""
        give_up = time.monotonic() + AIM_SECONDS
        while time.monotonic() < give_up:
            if self._is_in_gap(worker):
                return
            await asyncio.sleep(0.02)

    def _is_in_gap(self, worker: Life) -> bool:
        return any(self.world.folder.glob(f"{worker.pid}.*.gap"))

    def _is_caught(self) -> bool:
        written = [write.account_id for write in self.world.sandbox.atlassian.writes if write.by == "api"]
        return len(set(written)) < len(written)


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """With the guard of the lease, and on the full scale beside it without, until that is caught."""
    rate = SPEED[scale.name]
    proof = Plan(pauses=scale.pauses, workers=5 if scale.has_more else 3, rate=rate, seconds=420, people=3_000 if scale.has_more else 300)
    control = Plan(pauses=30, workers=2, rate=rate, seconds=120, changes=(GUARD,))
    with postgres.running() as server:
        url, chance = server.fresh("guarded"), Random(scale.seed)
        plays = [_play(proof, url=url, folder=folder / "guarded", chance=chance, with_cards=scale.has_more)]
        if scale.has_more:
            url, guard = server.fresh("unguarded"), "the guard of the lease before each call"
            plays += [_play(control, url=url, folder=folder / "unguarded", chance=Random(scale.seed), with_cards=False, control=guard)]
        for result in await asyncio.gather(*plays):
            report(result)


async def _play(plan: Plan, *, url: str, folder: Path, chance: Random, with_cards: bool, control: str | None = None) -> Result:
    begun, record = time.monotonic(), Record()
    made = await asyncio.to_thread(build, folder / "build", *fast(plan.rate), GAP, *plan.changes)
    async with nursery(made) as born, torture(folder, nursery=born, rate=plan.rate, people=plan.people, database_url=url) as world:
        pauses = Pauses(world=world, plan=plan, chance=chance)
        await _pause(world, pauses)
        await record.add(world)
    # Slack takes no key by which a message is known: what is stopped between the guard and the socket posts a second card.
    bars = record.bars() if with_cards else record.bars()[:4]
    if control is None:
        reached = at_least("pauses between a read and its write", pauses.in_gap, wanted=max(1, plan.pauses // 10))
        bars = (at_least("pauses longer than a lease", pauses.done, wanted=plan.pauses), reached, *bars)
    where = f"{pauses.in_gap} of them between a read and its write"
    what = f"{pauses.done} pauses of {plan.workers} workers, {where}, {record.acked} approvals acknowledged, {record.effects} writes"
    return Result(
        scenario="pauses",
        what=what,
        bars=bars,
        seconds=time.monotonic() - begun,
        control=control,
        wrong=tuple(record.sentences()),
        must_fail=(DOUBLE,) if control else (),
    )


async def _pause(world: Torture, pauses: Pauses) -> None:
    crowd = Crowd(world=world, at_once=16)
    lives = [await world.start(command) for command in ("web", "worker", *("worker",) * pauses.plan.workers)]
    work = asyncio.create_task(crowd.work(most=pauses.plan.people))
    try:
        await asyncio.gather(*(life.ready() for life in lives))
        give_up = time.monotonic() + pauses.plan.seconds
        await asyncio.gather(*(pauses.interrupt(worker, give_up=give_up) for worker in lives[2:]))
        crowd.close()
        await asyncio.wait({work}, timeout=CALM_SECONDS)
        await until_true(world, patience=CALM_SECONDS)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await end(lives)
