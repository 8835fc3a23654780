"""PostgreSQL crashes again and again while the bot's processes are killed: nothing lost, nothing twice, nothing without an approval."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.torture import postgres
from tests.torture.bar import Result, at_least
from tests.torture.ordeal import CLUSTER, Outcome, Plan, calm_seconds, ordeal
from tests.torture.scale import Scale

PAUSE_SECONDS = 2.0
"""Between two crashes, as the server takes about as long to come back."""


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """One web and three workers, killed and without their database in turn."""
    crashes, chance = 0, Random(scale.seed)

    async def crash_on(_: Outcome, enough: asyncio.Event) -> None:
        nonlocal crashes
        while crashes < scale.database_restarts and not enough.is_set():
            await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE_SECONDS)
            await asyncio.to_thread(server.crash)
            crashes += 1

    rate = 3 if scale.name == "quick" else 2
    with postgres.running() as server:
        plan = Plan(
            kills=scale.database_kills,
            approvals=scale.database_kills // 10,
            seconds=scale.database_seconds,
            calm_seconds=calm_seconds(rate),
            rate=rate,
            slow_seconds=2,
            databases=(server.fresh("crashed"),),
            commands=CLUSTER,
            at_once=8,
            people=6_000 if scale.has_more else 400,
        )
        outcome = await ordeal(plan, folder=folder, chance=chance, meanwhile=crash_on)
    bars = (
        at_least("crashes of the server", crashes, wanted=scale.database_restarts),
        at_least("kills", outcome.kills, wanted=plan.kills),
        at_least("approvals", outcome.approvals, wanted=plan.approvals),
        *outcome.record.bars(),
    )
    what = f"{crashes} immediate restarts, {outcome.kills} kills, {outcome.record.acked} approvals, {outcome.deaths} ended by themselves"
    report(Result(scenario="database", what=what, bars=bars, seconds=outcome.seconds, wrong=tuple(outcome.record.sentences())))
