"""Runs commands as a shell would, except that they stay in this process."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from storage.db import Database
from tests.bot.outside import Outside
from tests.fixtures.clock import MovableClock

Command = Callable[..., Result]


@pytest.fixture
def comeback() -> Command:
    """`comeback("requests", "--limit", "5")`: the result with exit code, `stdout` and `stderr`."""
    runner = CliRunner()

    def run(*arguments: str) -> Result:
        return runner.invoke(app, list(arguments))

    return run


@pytest.fixture
def database(outside: Outside, database_url: str) -> str:
    """A migrated database, which is the one of the settings."""
    outside.set({"DATABASE_URL": database_url})
    return database_url


@pytest.fixture
def records(database: str, clock: MovableClock, open_database: Callable[..., Database]) -> Database:
    """The same database, as a running bot would have it open beside the command."""
    return open_database(database, clock=clock.now)


def objects(text: str) -> list[dict[str, object]]:
    """The JSON objects of *text*, one a line."""
    return [json.loads(line) for line in text.splitlines()]
