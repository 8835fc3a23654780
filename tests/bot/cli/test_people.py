"""`comeback people link` pins people to accounts: members only, each account once, all of it on record."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from sandbox.server import Sandbox
from storage import audit, people
from storage.db import Database
from storage.records import Person
from tests.bot.cli.conftest import Command
from tests.bot.outside import Outside

ACCOUNT = "712020:5f0c"


@pytest.fixture
def world(outside: Outside) -> Iterator[Sandbox]:
    """A small world in a thread of its own, as the command brings its own event loop."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    sandbox = Sandbox(people=60)
    asyncio.run_coroutine_threadsafe(sandbox.__aenter__(), loop).result(10)
    slack = {name: value for name, value in sandbox.environment().items() if name.startswith("SLACK_")}
    outside.set(slack)
    yield sandbox
    asyncio.run_coroutine_threadsafe(sandbox.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def person(records: Database, slack_id: str) -> Person | None:
    """What is known about somebody."""
    return records.read_now(lambda uow: people.find(uow, team_id="T0ACME", slack_id=slack_id))


def test_pair_is_linked_and_on_record(comeback: Command, database: str, records: Database, world: Sandbox) -> None:
    """The account is pinned with the e-mail that Slack knows, and the trail says that somebody at a terminal did it."""
    result = comeback("people", "link", f"U0ADA={ACCOUNT}")
    assert (result.exit_code, result.stdout) == (0, f"U0ADA is {ACCOUNT}.\n")
    ada = person(records, "U0ADA")
    assert ada is not None
    assert (ada.account_id, ada.email) == (ACCOUNT, world.slack.person("ada").email)
    (entry,) = records.read_now(lambda uow: tuple(audit.entries(uow)))
    assert entry.kind == "person.linked"
    assert '"type":"terminal"' in entry.body


def test_file_is_linked_row_by_row(comeback: Command, database: str, records: Database, world: Sandbox, tmp_path: Path) -> None:
    """A spreadsheet's CSV, byte-order mark and extra columns included."""
    file = tmp_path / "people.csv"
    file.write_text("\ufeffname,slack_id,account_id\nAda,U0ADA,712020:a\nGrace,U0GRACE,712020:g\n", encoding="utf-8")
    assert comeback("people", "link", "--csv", str(file)).exit_code == 0
    grace = person(records, "U0GRACE")
    assert grace is not None
    assert grace.account_id == "712020:g"


def test_who_is_no_member_is_not_linked(comeback: Command, database: str, records: Database, world: Sandbox) -> None:
    """Guests, leavers and ids of nobody are told and left out; the others are linked, and the answer is "no"."""
    result = comeback("people", "link", "U0IVY=1:i", "U0NOBODY=1:n", f"U0ADA={ACCOUNT}")
    assert result.exit_code == 1
    assert "U0IVY is not a member of the workspace (guest)" in result.stderr
    assert "U0NOBODY is not a member" in result.stderr
    assert person(records, "U0IVY") is None
    assert person(records, "U0ADA") is not None


def test_account_has_one_person(comeback: Command, database: str, world: Sandbox) -> None:
    """A second person with the same account would decide and ask as the same."""
    assert comeback("people", "link", f"U0ADA={ACCOUNT}").exit_code == 0
    result = comeback("people", "link", f"U0GRACE={ACCOUNT}")
    assert (result.exit_code, "belongs to another person" in result.stderr) == (1, True)


def test_slack_that_rejects_us_is_told(comeback: Command, outside: Outside, database: str, world: Sandbox) -> None:
    """No stack trace, and where to look."""
    outside.set({"SLACK_BOT_TOKEN": "xoxb-1-2-nobodys"})
    result = comeback("people", "link", f"U0ADA={ACCOUNT}")
    assert result.exit_code == 1
    assert "invalid_auth" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("U0ADA",), ("U0ADA=",), ("=712020:a",)])
def test_malformed_pair_is_wrong_usage(comeback: Command, outside: Outside, arguments: tuple[str, ...]) -> None:
    """Nothing is asked and nothing linked."""
    assert comeback("people", "link", *arguments).exit_code == 2


def test_file_without_the_columns_is_wrong_usage(comeback: Command, outside: Outside, tmp_path: Path) -> None:
    """The columns are found by name, so they must be named."""
    file = tmp_path / "people.csv"
    file.write_text("U0ADA,712020:a\n", encoding="utf-8")
    assert comeback("people", "link", "--csv", str(file)).exit_code == 2
