"""`comeback requests` lists what was asked, for somebody at a terminal."""

import re
from datetime import timedelta

from storage import access_requests, people
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus
from tests.bot.cli.conftest import Command


def file(uow: UnitOfWork, *, slack_id: str, product: str) -> None:
    """One person's request."""
    person = people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id)
    access_requests.file(uow, person=person, product=product, reason="a private reason", expires_at=uow.now + timedelta(hours=1))


def test_latest_requests_are_listed(comeback: Command, database: str, records: Database) -> None:
    """Who, what, when and how it stands; the reason is between the person and the approvers."""
    records.write_now(lambda uow: file(uow, slack_id="U0ADA", product="jira"))
    result = comeback("requests")
    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if "U0ADA" in line]
    assert "jira" in line
    assert "pending" in line
    assert re.search(r"2026-11-02 (09:00|08:59)", line)  # PostgreSQL's clock may be a moment behind this one
    assert "private reason" not in result.stdout


def test_status_and_limit_narrow_the_list(comeback: Command, database: str, records: Database) -> None:
    """The filters of the command are those of the list."""

    def fill(uow: UnitOfWork) -> None:
        file(uow, slack_id="U0ADA", product="jira")
        file(uow, slack_id="U0BEN", product="jira")
        ben = people.find_or_add(uow, team_id="T0ACME", slack_id="U0BEN")
        (request,) = access_requests.latest_of(uow, ben.id)
        access_requests.move(uow, request.id, source=RequestStatus.PENDING, target=RequestStatus.DENIED)

    records.write_now(fill)
    denied = comeback("requests", "--status", "denied").stdout
    assert "U0BEN" in denied
    assert "U0ADA" not in denied
    assert comeback("requests", "--limit", "1").stdout.count("U0") == 1


def test_empty_list_is_said(comeback: Command, database: str) -> None:
    """Nothing found is done, not "no"."""
    result = comeback("requests")
    assert (result.exit_code, result.stdout) == (0, "No requests.\n")
