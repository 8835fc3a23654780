"""The bot is killed in the middle of a plan: the next one goes on where it was, and nothing is taken or told twice."""

import asyncio
from pathlib import Path

import pytest

from bot import clock
from bot.actor import SlackPerson
from bot.policy import ApproverFacts
from bot.settings import Settings, load
from bot.usecases import batches as usecases
from bot.usecases import proposing
from bot.usecases.plan_answers import Moved, PlanClick
from sandbox.bot_process import bot_in
from sandbox.demo import await_connection
from sandbox.faults import Fault
from sandbox.server import Sandbox
from storage import audit, batches
from storage.db import Database, UnitOfWork
from storage.lifecycle import BatchStatus
from tests.e2e.idle_words import warned

PATIENCE = 60


def agreed(uow: UnitOfWork, sandbox: Sandbox, settings: Settings) -> None:
    """Grace has approved the plan of Hugo's and Ben's seats."""
    warned(uow, sandbox, ("hugo", "jira"), ("ben", "jira"))
    batch = proposing.propose(uow, settings=settings)
    assert batch is not None
    approvers = ApproverFacts(slack_ids=frozenset({"U0GRACE"}), read_at=uow.now)
    grace = SlackPerson(team_id="T0ACME", slack_id="U0GRACE")
    click = PlanClick(actor=grace, batch_id=batch.id, approvers=approvers, channel=settings.admin_channel)
    assert isinstance(usecases.approve(uow, click, delivery="action:1", settings=settings), Moved)


def removals(sandbox: Sandbox) -> list[str]:
    """Whose seats were taken, once for each write."""
    return sorted(write.account_id for write in sandbox.atlassian.writes if write.by == "api")


async def test_the_next_bot_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the write and its answer: the seat is not taken again, the other one is, and each owner is told once."""
    async with Sandbox(rate_limits=False) as sandbox:
        told = {**sandbox.environment(), "COMEBACK_IDLE__MODE": "reclaim"}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        settings, bot = load(), bot_in(tmp_path, told)
        assert (await bot.run("migrate"))[0] == 0
        url = bot.environment["DATABASE_URL"]
        database = Database.open(url, clock=clock.system_now, new_id=clock.new_id, new_token=clock.new_token)
        try:
            await database.write(lambda uow: agreed(uow, sandbox, settings))
            sandbox.faults.add(Fault(match="DELETE ", when="after", delay_s=PATIENCE, times=1))
            first = await bot.start("run")
            await await_connection(sandbox, bot, first)
            await sandbox.slack.until(lambda: bool(removals(sandbox)), timeout=PATIENCE)
            first.kill()
            await first.wait()
            async with bot.running():
                await _over(database)
            await _check(database, sandbox)
        finally:
            await database.close()


async def _over(database: Database) -> None:
    for _ in range(PATIENCE * 5):
        (batch,) = await database.read(batches.list_recent)
        kinds = [entry.kind for entry in await database.read(lambda uow: list(audit.entries(uow)))]
        if batch.status is BatchStatus.DONE and kinds.count("seat.reclaimed") == 2:
            # The words to both owners are in the outbox: a second is plenty for them.
            await asyncio.sleep(2)
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"the plan did not end: {batch.status}, {kinds}")


async def _check(database: Database, sandbox: Sandbox) -> None:
    taken = sorted(sandbox.atlassian.person(who).id for who in ("hugo", "ben"))
    assert removals(sandbox) == taken
    for who in ("hugo", "ben"):
        assert not sandbox.atlassian.has_product(who, "jira")
        assert len([message for message in sandbox.slack.dm(who) if "wasn't in use" in message.words]) == 1
    snapshots = [entry for entry in await database.read(lambda uow: list(audit.entries(uow))) if entry.kind == "seat.snapshot"]
    assert len(snapshots) == 2
