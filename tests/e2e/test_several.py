"""Two fronts and two workers on one PostgreSQL: whoever gets a delivery, a job or a tick of the clock, it has one effect."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.runtime import Role, started
from bot.settings import load
from bot.slack.surfaces.digest_texts import TITLE
from bot.ticker import Ticker, schedules
from sandbox.server import Sandbox
from sandbox.slack.messages import Message
from storage import outbox
from tests.e2e.conftest import ADMINS, PATIENCE, Stage
from tests.e2e.quiet import until_quiet

A_WEEK = timedelta(days=7)


@asynccontextmanager
async def several(monkeypatch: pytest.MonkeyPatch, *, database_url: str) -> AsyncIterator[Stage]:
    """A world with two `web` on Socket Mode and two `worker`, each with its own connections; the stage looks through the last one."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(people=30, rate_limits=False))
        for name, value in {**sandbox.environment(), "DATABASE_URL": database_url, "COMEBACK_ATLASSIAN_PER_SECOND": "100"}.items():
            monkeypatch.setenv(name, value)
        roles = (Role.WEB, Role.WEB, Role.WORKER, Role.WORKER)
        parts = [await stack.enter_async_context(started(load(), role=role, now=sandbox.clock.now)) for role in roles]
        await sandbox.slack.until(lambda: len(sandbox.slack.socket.connections) == 2, timeout=PATIENCE)
        yield Stage(sandbox=sandbox, parts=parts[-1])


def cards_in(sandbox: Sandbox) -> list[Message]:
    """The cards of requests in the admin channel; scans and digests have theirs too."""
    return [message for message in sandbox.slack.messages(ADMINS) if any(who in message.words for who in ("<@U0ADA>", "<@U0LENA>"))]


def asking(sandbox: Sandbox) -> int:
    """How many cards await a decision."""
    return sum("asks for Jira" in card.words for card in cards_in(sandbox))


def digests_in(sandbox: Sandbox) -> int:
    """How many digests stand in the admin channel."""
    return sum(message.words.startswith(TITLE) for message in sandbox.slack.messages(ADMINS))


async def test_several_of_each_do_everything_once(monkeypatch: pytest.MonkeyPatch, postgres_url: str, tmp_path: Path) -> None:
    """Commands typed four times, buttons pressed four times by two approvers, the first day's schedules, and the digest a week later."""
    monkeypatch.chdir(tmp_path)
    async with several(monkeypatch, database_url=postgres_url) as stage:
        sandbox, slack = stage.sandbox, stage.sandbox.slack
        for who in ("ada", "lena"):
            await asyncio.gather(*(slack.types(who, "/request-jira please") for _ in range(4)))
        await slack.until(lambda: asking(sandbox) == 2, timeout=PATIENCE)
        for card in cards_in(sandbox):
            await asyncio.gather(*(slack.clicks(who, card, "request.approve") for who in ("grace", "omar") * 2))
        await slack.until(lambda: all(slack.dm(who) for who in ("ada", "lena")), timeout=PATIENCE)
        await slack.until(lambda: not asking(sandbox), timeout=PATIENCE)
        await until_quiet(stage)
        assert [len(slack.dm(who)) for who in ("ada", "lena")] == [1, 1]
        assert len(cards_in(sandbox)) == 2
        assert sorted(write.act for write in sandbox.atlassian.writes if write.by == "api") == ["group.add", "invitation.send"]
        kinds = Counter(entry.kind for entry in await stage.trail())
        assert (kinds["request.filed"], kinds["request.approved"], kinds["access.granted"]) == (2, 2, 2)
        assert kinds["scan.started"] == len(stage.parts.kit.settings.products)

        before = digests_in(sandbox)
        stage.later(A_WEEK)
        tickers = [Ticker(database=stage.parts.database, schedules=schedules(stage.parts.kit.settings)) for _ in range(3)]
        await asyncio.gather(*(ticker.tick() for ticker in tickers))
        await until_quiet(stage)
        assert digests_in(sandbox) == before + 1
        assert not [row for row in await stage.parts.database.read(outbox.backlog) if row.state.value == "dead"]
