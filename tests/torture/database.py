"""PostgreSQL crashes again and again while the bot's processes are killed: nothing lost, nothing twice, nothing without an approval."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.torture import postgres
from tests.torture.bar import Result, at_least
from tests.torture.build import Change
from tests.torture.havoc import LOST
from tests.torture.ordeal import CLUSTER, Outcome, Plan, calm_seconds, ordeal
from tests.torture.postgres import Postgres
from tests.torture.scale import Scale

PAUSE_SECONDS = 2.0
"""Between two crashes, as the server takes about as long to come back."""
CARELESS = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
"""A server that says that a commit is stored up to ten seconds before it is: the bot asks for more than that, whatever is set."""
NO_WAIT = Change(
    path="storage/db.py", old="CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'", new="CASE 'off' WHEN 'on' THEN 'on'"
)
SPEED = {"quick": 3, "full": 2}
"""How many times as fast as the machine's the clocks run, by scale."""
SLOW_SECONDS = 2
CONTROL_CALM_SECONDS = 45
"""What is lost is not found by waiting longer."""


@dataclass(slots=True, kw_only=True)
class Crashes:
    """Ends the server without warning until it `done` that so often."""

    server: Postgres
    wanted: int
    chance: Random
    done: int = 0

    async def go_on(self, _: Outcome, enough: asyncio.Event) -> None:
        """Crash, and let it come back for a while."""
        while self.done < self.wanted and not enough.is_set():
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * PAUSE_SECONDS)
            await asyncio.to_thread(self.server.crash)
            self.done += 1


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """One web and three workers, killed and without their database in turn; on the full scale also on a server that forgets."""
    rate = SPEED[scale.name]
    plan = Plan(
        kills=scale.database_kills,
        approvals=scale.database_kills // 10,
        seconds=scale.database_seconds,
        calm_seconds=calm_seconds(rate),
        rate=rate,
        slow_seconds=SLOW_SECONDS,
        commands=CLUSTER,
        at_once=8,
        people=6_000 if scale.has_more else 400,
    )
    with postgres.running() as server:
        crashes = Crashes(server=server, wanted=scale.database_restarts, chance=Random(scale.seed))
        report(await _play(plan, crashes, folder=folder / "durable"))
    if scale.has_more:
        plan = replace(plan, kills=20, approvals=0, seconds=60, calm_seconds=CONTROL_CALM_SECONDS, changes=(NO_WAIT,))
        with postgres.running(CARELESS) as server:
            crashes = Crashes(server=server, wanted=10, chance=Random(scale.seed))
            report(await _play(plan, crashes, folder=folder / "careless", control="the commit that waits for the disk"))


async def _play(plan: Plan, crashes: Crashes, *, folder: Path, control: str | None = None) -> Result:
    plan = replace(plan, databases=(crashes.server.fresh("crashed"),))
    outcome = await ordeal(plan, folder=folder, chance=crashes.chance, meanwhile=crashes.go_on)
    bars = outcome.record.bars()
    if control is None:
        bars = (
            at_least("crashes of the server", crashes.done, wanted=crashes.wanted),
            at_least("kills", outcome.kills, wanted=plan.kills),
            at_least("approvals", outcome.approvals, wanted=plan.approvals),
            *bars,
        )
    done = (
        f"{crashes.done} immediate restarts, {outcome.kills} kills, {outcome.record.acked} approvals, {outcome.deaths} ended by themselves"
    )
    return Result(
        scenario="database",
        what=done,
        bars=bars,
        seconds=outcome.seconds,
        control=control,
        wrong=tuple(outcome.record.sentences()),
        must_fail=(LOST,) if control else (),
    )
