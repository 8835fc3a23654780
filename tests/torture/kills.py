"""kill -9 at random times, in bad weather, on both databases: nothing lost, nothing twice, nothing without an approval, chain intact."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from sandbox.faults import Fault
from tests.torture import postgres
from tests.torture.bar import Result, at_least
from tests.torture.build import Change
from tests.torture.havoc import DOUBLE, LOST
from tests.torture.ordeal import CLUSTER, Outcome, Plan, calm_seconds, ordeal
from tests.torture.scale import Scale

READ_FIRST = Change(
    path="bot/effects/grants.py",
    old="if payload.afresh or waited or returned or job.unknown or job.attempts > 1:",
    new="if payload.afresh or waited or returned:",
)
RETAKE = (
    Change(path="storage/outbox.py", old="rows = uow.connection.execute(_ABANDONED).all()", new="rows: list[Any] = []"),
    Change(path="storage/claims.py", old='"claimable_at": retake_at', new='"claimable_at": retake_at + timedelta(days=99)'),
)
LOST_ANSWERS = (Fault(match=r"POST /.*/memberships", times=4, drop="after"),)
LANES = 4
SPEED = {"quick": 3, "full": 2}
"""How many times as fast as the machine's the clocks run, by scale."""
SLOW_SECONDS = {"quick": 2, "full": 3}
"""How slow the slowest calls are, in the machine's seconds."""


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """SQLite with one process, PostgreSQL with four, then without the read before a repeated write, and without retaking jobs."""
    chance = Random(scale.seed)
    plan = _plan(scale)
    outcome = await ordeal(plan, folder=folder / "sqlite", chance=chance)
    report(_result(outcome, plan, what="SQLite"))
    with postgres.running() as server:
        clustered = replace(plan, databases=(server.fresh("kills"),), commands=CLUSTER, at_once=plan.at_once * len(plan.databases))
        outcome = await ordeal(clustered, folder=folder / "postgresql", chance=chance)
    report(_result(outcome, clustered, what="PostgreSQL, one web and three workers"))
    few = replace(plan, kills=0, approvals=8, seconds=20, calm_seconds=60, databases=(None,))
    blind = replace(few, weather=LOST_ANSWERS, changes=(READ_FIRST,))
    outcome = await ordeal(blind, folder=folder / "blind", chance=chance)
    report(_result(outcome, blind, what="SQLite, four answers are lost", control="the read before a repeated write", must_fail=DOUBLE))
    if scale.has_more:
        careless = replace(few, kills=20, calm_seconds=20, changes=RETAKE)
        outcome = await ordeal(careless, folder=folder / "careless", chance=chance)
        report(_result(outcome, careless, what="SQLite", control="the retaking of abandoned jobs", must_fail=LOST))


def _plan(scale: Scale) -> Plan:
    rate, slow_seconds = SPEED[scale.name], SLOW_SECONDS[scale.name]
    if scale.name == "quick":
        return Plan(
            kills=scale.kills,
            approvals=6,
            seconds=scale.kills_seconds,
            calm_seconds=calm_seconds(rate),
            rate=rate,
            slow_seconds=slow_seconds,
            at_once=8,
            people=400,
        )
    return Plan(
        kills=scale.kills,
        approvals=75,
        seconds=scale.kills_seconds,
        calm_seconds=calm_seconds(rate),
        rate=rate,
        slow_seconds=slow_seconds,
        databases=(None,) * LANES,
    )


def _result(outcome: Outcome, plan: Plan, *, what: str, control: str | None = None, must_fail: str | None = None) -> Result:
    bars = outcome.record.bars()
    if control is None:
        bars = (at_least("kills", outcome.kills, wanted=plan.kills), at_least("approvals", outcome.approvals, wanted=plan.approvals), *bars)
    weather = f"{outcome.record.effects:,} writes, {outcome.record.entries:,} audit entries, {outcome.deaths} ended by themselves"
    done = f"{what}: {outcome.kills:,} kills, {outcome.record.acked:,} approvals acknowledged, {weather}"
    return Result(
        scenario="kills",
        what=done,
        bars=bars,
        seconds=outcome.seconds,
        control=control,
        wrong=tuple(outcome.record.sentences()),
        must_fail=(must_fail,) if must_fail else (),
    )
