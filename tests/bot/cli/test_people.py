"""`comeback people` pins people to accounts: members and known accounts only, each once, all of it on record and taken back."""

import asyncio
import os
import pwd
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from bot.cli.people import login
from sandbox.server import Sandbox
from storage import access_requests, audit, findings, people
from storage.db import Database, UnitOfWork
from storage.records import Person
from tests.bot.cli.conftest import Command
from tests.bot.outside import Outside
from tests.fixtures.clock import MovableClock

ACCOUNT = "712020:5f0c"


@pytest.fixture
def world(outside: Outside) -> Iterator[Sandbox]:
    """A small world in a thread of its own, as the command brings its own event loop."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    sandbox = Sandbox(people=60)
    asyncio.run_coroutine_threadsafe(sandbox.__aenter__(), loop).result(10)
    outside.set({name: value for name, value in sandbox.environment().items() if name.startswith(("SLACK_", "ATLASSIAN_"))})
    yield sandbox
    asyncio.run_coroutine_threadsafe(sandbox.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def person(records: Database, slack_id: str) -> Person | None:
    """What is known about somebody."""
    return records.read_now(lambda uow: people.find(uow, team_id="T0ACME", slack_id=slack_id))


def account(world: Sandbox, name: str) -> str:
    """The id of somebody's Atlassian account."""
    return world.atlassian.person(name).id


def kinds(records: Database) -> list[str]:
    """What the trail says happened."""
    return [entry.kind for entry in records.read_now(lambda uow: tuple(audit.entries(uow)))]


def test_pair_is_linked_and_on_record(comeback: Command, database: str, records: Database, world: Sandbox) -> None:
    """The account is pinned with the e-mail that Slack knows, and the trail says that somebody at a terminal did it."""
    ada = account(world, "ada")
    result = comeback("people", "link", f"U0ADA={ada}")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"U0ADA (ada.park) is {ada} (Ada Park).\n", "")
    linked = person(records, "U0ADA")
    assert linked is not None
    assert (linked.account_id, linked.email) == (ada, world.slack.person("ada").email)
    (entry,) = records.read_now(lambda uow: tuple(audit.entries(uow)))
    assert entry.kind == "person.linked"
    assert '"type":"terminal"' in entry.body


def test_account_that_nobody_knows_is_not_linked(comeback: Command, database: str, records: Database, world: Sandbox) -> None:
    """A mistyped account would take every later request to nobody; the others are linked, and the answer is "no"."""
    result = comeback("people", "link", "U0ADA=712020:typo", f"U0GRACE={account(world, 'grace')}")
    assert result.exit_code == 1
    assert "712020:typo is no account that the Atlassian organization knows: U0ADA was not linked." in result.stderr
    assert person(records, "U0ADA") is None
    assert person(records, "U0GRACE") is not None


def test_account_with_another_address_is_pointed_out(comeback: Command, database: str, world: Sandbox) -> None:
    """It may be an alias, and it may be the wrong person: linked, with both addresses to compare."""
    result = comeback("people", "link", f"U0ADA={account(world, 'ben')}")
    assert result.exit_code == 0
    assert "(Ben Okafor)" in result.stdout
    assert "Look again: U0ADA is ada.park@acme.example in Slack and ben.okafor@acme.example in Atlassian." in result.stderr


def test_file_is_linked_row_by_row(comeback: Command, database: str, records: Database, world: Sandbox, tmp_path: Path) -> None:
    """A spreadsheet's CSV, byte-order mark and extra columns included."""
    file = tmp_path / "people.csv"
    rows = f"Ada,U0ADA,{account(world, 'ada')}\nGrace,U0GRACE,{account(world, 'grace')}\n"
    file.write_text(f"\ufeffname,slack_id,account_id\n{rows}", encoding="utf-8")
    assert comeback("people", "link", "--csv", str(file)).exit_code == 0
    grace = person(records, "U0GRACE")
    assert grace is not None
    assert grace.account_id == account(world, "grace")


def test_who_is_no_member_is_not_linked(comeback: Command, database: str, records: Database, world: Sandbox) -> None:
    """Guests, leavers and ids of nobody are told and left out; the others are linked, and the answer is "no"."""
    ada = account(world, "ada")
    result = comeback("people", "link", f"U0IVY={ada}", f"U0NOBODY={ada}", f"U0ADA={ada}")
    assert result.exit_code == 1
    assert "U0IVY is not a member of the workspace (guest)" in result.stderr
    assert "U0NOBODY is not a member" in result.stderr
    assert person(records, "U0IVY") is None
    assert person(records, "U0ADA") is not None


def test_account_has_one_person(comeback: Command, database: str, world: Sandbox) -> None:
    """A second person with the same account would decide and ask as the same."""
    ada = account(world, "ada")
    assert comeback("people", "link", f"U0ADA={ada}").exit_code == 0
    result = comeback("people", "link", f"U0GRACE={ada}")
    assert (result.exit_code, "belongs to another person" in result.stderr) == (1, True)


def test_unlinked_person_is_looked_up_again(comeback: Command, database: str, records: Database, world: Sandbox) -> None:
    """Neither account nor e-mail stay, the account is free for somebody else, and both are on record; Slack is not asked."""
    ada = account(world, "ada")
    comeback("people", "link", f"U0ADA={ada}")
    result = comeback("people", "unlink", "U0ADA")
    assert (result.exit_code, result.stdout) == (0, f"U0ADA is no longer {ada}.\n")
    unlinked = person(records, "U0ADA")
    assert unlinked is not None
    assert (unlinked.account_id, unlinked.email, unlinked.linked_at) == (None, None, None)
    assert kinds(records) == ["person.linked", "person.unlinked"]
    assert comeback("people", "link", f"U0GRACE={ada}").exit_code == 0


def test_who_was_never_linked_is_no(comeback: Command, database: str, records: Database) -> None:
    """Nothing happens, and nothing is on record."""
    result = comeback("people", "unlink", "U0NOBODY")
    assert (result.exit_code, result.stderr) == (1, "U0NOBODY is linked to no account.\n")
    assert kinds(records) == []


def found(uow: UnitOfWork) -> str:
    """An open request of Ada's that was looked into just now."""
    ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA")
    request = access_requests.file(uow, person=ada, product="jira", reason="back", expires_at=uow.now + timedelta(days=7))
    assert request is not None
    findings.record(uow, request_id=request.id, account_id="712020:other", email=None, body={})
    return request.id


@pytest.mark.parametrize("command", ["link", "unlink"])
def test_open_requests_are_looked_into_again(
    *, comeback: Command, database: str, records: Database, world: Sandbox, clock: MovableClock, command: str
) -> None:
    """What was found for another account must not carry the grant to it."""
    if command == "unlink":
        comeback("people", "link", f"U0ADA={account(world, 'ada')}")
    request_id = records.write_now(found)
    comeback("people", command, "U0ADA" if command == "unlink" else f"U0ADA={account(world, 'ada')}")
    finding = records.read_now(lambda uow: findings.of(uow, request_id))
    assert finding is not None
    assert finding.found_at < clock.now() - timedelta(days=365)


def test_atlassian_that_rejects_us_is_told(comeback: Command, outside: Outside, database: str, world: Sandbox) -> None:
    """Without knowing whose account it is, nothing is linked."""
    outside.set({"ATLASSIAN_API_KEY": "nobodys-key"})
    result = comeback("people", "link", f"U0ADA={ACCOUNT}")
    assert result.exit_code == 1
    assert "Atlassian could not be asked whose accounts they are" in result.stderr


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


def test_the_trail_names_whom_the_system_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever erases somebody, or drops old entries, can't do it in another's name."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "grace")
    assert login() == pwd.getpwuid(os.getuid()).pw_name
    assert login(3_999_999_999) == "uid-3999999999"
