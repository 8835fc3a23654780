"""Two releases on one database for a while: the older one goes on with what it knows, and leaves the rest alone."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from storage import outbox
from storage.address import parse
from storage.db import UnitOfWork
from storage.lifecycle import JobState
from tests.e2e.conftest import on_stage
from tests.storage.test_migrate import expand


def leave_a_novelty(uow: UnitOfWork) -> None:
    """What a `web` of the next release leaves for a worker of its own."""
    outbox.enqueue(uow, kind="novelty.send", subject="novelty", payload={"to": "everybody"}, bucket="slack.dm", settle_seconds=12)


async def test_the_older_release_starts_once_more_and_works(monkeypatch: pytest.MonkeyPatch, postgres_url: str, tmp_path: Path) -> None:
    """The tables were expanded and the next release has left work of its own: people are served, and that work is still there."""
    engine = create_engine(parse(postgres_url).url)
    expand(engine)
    engine.dispose()
    monkeypatch.chdir(tmp_path)
    async with on_stage(monkeypatch, transport="http", database_url=postgres_url) as stage:
        await stage.parts.database.write(leave_a_novelty)
        await stage.sandbox.slack.types("ada", "/request-jira please")
        await stage.sandbox.slack.clicks("grace", await stage.card(saying="asks for Jira"), "request.approve")
        await stage.told("ada", "You have Jira again")
        left = {row.kind: row.state for row in await stage.parts.database.read(outbox.backlog)}
        assert left["novelty.send"] is JobState.READY
