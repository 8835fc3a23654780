"""`comeback people erase` and `keygen` as a human types them."""

import json
from collections.abc import Callable

import pytest

from bot.settings import DatabaseSettings, load
from storage import access_requests, audit, decisions, people
from storage.db import Database, UnitOfWork
from storage.lifecycle import Verdict
from tests.bot.cli.conftest import Command
from tests.bot.outside import Outside
from tests.storage.personal import SLACK_ID, settle, story
from tests.storage.stored import everything


@pytest.fixture
def known(records: Database) -> str:
    """The random id of a person about whom all is known, and nothing is open."""
    ada, asked = records.write_now(story)
    records.write_now(lambda uow: settle(uow, ada, asked))
    return ada.id


def test_a_person_is_shown_and_erased(comeback: Command, database: str, records: Database, known: str) -> None:
    """What goes is said before, and what can't go (Slack's messages, backups) after."""
    result = comeback("people", "erase", SLACK_ID, "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"{SLACK_ID}, ada@acme.example, known in the audit trail as {known}" in result.stdout
    assert "1 request with reasons" in result.stdout
    assert "messages that were posted in Slack keep their words" in result.stdout
    assert SLACK_ID not in everything(database)
    assert records.read_now(lambda uow: people.with_slack_id(uow, SLACK_ID)) == ()


def test_nothing_is_erased_without_a_yes(comeback: Command, database: str, known: str) -> None:
    """It can't be taken back."""
    result = comeback("people", "erase", SLACK_ID)
    assert result.exit_code == 1
    assert SLACK_ID in everything(database)


def test_what_is_in_the_way_is_named_with_what_to_do(comeback: Command, records: Database) -> None:
    """The sentence says which product, and what comes first."""
    records.write_now(story)
    result = comeback("people", "erase", SLACK_ID, "--yes")
    assert result.exit_code == 1
    assert result.stderr == (
        f"{SLACK_ID} has an open request (jira): *Deny* it on its card, or *Close* it once it was approved, then try again. "
        "Nothing was erased.\n"
    )


def test_an_approver_is_shown_with_their_decisions_and_refused_while_they_are_one(
    comeback: Command, database: str, records: Database, outside: Outside
) -> None:
    """Their decisions stay for the auditor, and whoever still decides is not erased by the way."""

    def decide(uow: UnitOfWork) -> None:
        ada, grace = (people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id) for slack_id in ("U0ADA1", "U0GRACE"))
        request = access_requests.file(uow, person=ada, product="jira", reason="back", expires_at=uow.now)
        assert request is not None
        decisions.record(uow, request_id=request.id, approver=grace, verdict=Verdict.DENY, reason=None)

    records.write_now(decide)
    outside.set({"COMEBACK_ADMIN_CHANNEL": "C0123ABCD", "COMEBACK_APPROVERS": '["U0GRACE"]'})
    refused = comeback("people", "erase", "U0GRACE", "--yes")
    assert refused.exit_code == 1
    assert refused.stderr == "U0GRACE is an approver: take them out of COMEBACK_APPROVERS first. Nothing was erased.\n"
    outside.set({"COMEBACK_APPROVERS": '["U0OMAR"]'})
    erased = comeback("people", "erase", "U0GRACE", "--yes")
    assert (erased.exit_code, "1 decision on what others asked" in erased.stdout) == (0, True)
    last = records.read_now(lambda uow: list(audit.entries(uow, kind="person.erased")))[-1]
    assert json.loads(last.body)["facts"]["decisions"] == 1


def test_somebody_unknown_is_told(comeback: Command, database: str) -> None:
    """A mistyped id must not look like a success."""
    result = comeback("people", "erase", "U0NOBODY", "--yes")
    assert (result.exit_code, result.stderr) == (1, "Nobody is known as U0NOBODY: nothing was erased.\n")


def test_commands_go_on_after_an_erasure(comeback: Command, records: Database, known: str) -> None:
    """Lists and exports show the name that is left."""
    comeback("people", "erase", SLACK_ID, "--yes")
    for command in (("requests",), ("requests", "--csv"), ("requests", "--json"), ("audit", "verify"), ("audit", "export", "--names")):
        result = comeback(*command)
        assert result.exit_code == 0, result.stderr
        assert SLACK_ID not in result.stdout
    assert "erased person" in comeback("requests", "--csv").stdout


def test_a_new_key_is_one_that_the_settings_take(
    comeback: Command, outside: Outside, sqlite_url: str, open_database: Callable[..., Database]
) -> None:
    """The line can be pasted into `.env` as it is."""
    name, _, key = comeback("people", "keygen").stdout.strip().partition("=")
    assert name == "COMEBACK_SEALING_KEYS"
    outside.set({name: key, "DATABASE_URL": sqlite_url})
    (master,) = load(DatabaseSettings).master_keys
    assert len(master) == 32
