"""`comeback people erase` and `keygen` as a human types them."""

from collections.abc import Callable

import pytest

from bot.settings import DatabaseSettings, load
from storage import people
from storage.db import Database
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
    assert "1 requests" in result.stdout
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
