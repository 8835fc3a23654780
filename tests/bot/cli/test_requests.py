"""`comeback requests` lists what was asked, for somebody at a terminal."""

import csv
import io
import re
from datetime import timedelta

from storage import access_requests, decisions, people
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus, Verdict
from tests.bot.cli.conftest import Command, objects
from tests.bot.outside import Outside
from tests.fixtures.clock import MovableClock


def file(uow: UnitOfWork, *, slack_id: str, product: str) -> None:
    """One person's request."""
    person = people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id)
    access_requests.file(uow, person=person, product=product, reason="a private reason", expires_at=uow.now + timedelta(hours=1))


def test_latest_requests_are_listed(comeback: Command, database: str, records: Database) -> None:
    """Who, what, when, why and how it stands."""
    records.write_now(lambda uow: file(uow, slack_id="U0ADA", product="jira"))
    result = comeback("requests")
    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if "U0ADA" in line]
    assert "jira" in line
    assert "pending" in line
    assert re.search(r"2026-11-02 (09:00|08:59)", line)  # PostgreSQL's clock may be a moment behind this one
    assert "a private reason" in line


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


def file_many(uow: UnitOfWork) -> None:
    """A day's requests, of 26 people."""
    for number in range(26):
        file(uow, slack_id=f"U0{uow.now:%d}N{number}", product="jira")


def test_a_file_has_all_and_a_screen_says_what_it_leaves_out(
    comeback: Command, database: str, records: Database, clock: MovableClock
) -> None:
    """An auditor who is given the latest fifty, without a word, takes them for all; days narrow it."""
    for _day in range(2):
        records.write_now(file_many)
        clock.advance(timedelta(days=1))
    left_out = "Only the latest 50 are listed: there are more; --limit, --since and --until choose.\n"
    assert comeback("requests").stderr == left_out
    for form in ("--json", "--csv"):
        whole = comeback("requests", form)
        assert (whole.stdout.count("a private reason"), whole.stderr) == (52, "")
    for bound in ("--since", "--until"):
        assert len(objects(comeback("requests", "--json", bound, "2026-11-03").stdout)) == 26
    assert comeback("requests", "--json", "--limit", "51").stderr == left_out.replace("50", "51")


def test_empty_list_is_said(comeback: Command, database: str) -> None:
    """Nothing found is done, not "no"."""
    result = comeback("requests")
    assert (result.exit_code, result.stdout) == (0, "No requests.\n")


def decided(uow: UnitOfWork) -> str:
    """Ada was denied Jira by Grace, after a reason that would be a formula; then Omar closed it."""
    file(uow, slack_id="U0ADA", product="jira")
    ada, grace = (people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id) for slack_id in ("U0ADA", "U0GRACE"))
    (request,) = access_requests.latest_of(uow, ada.id)
    decisions.record(uow, request_id=request.id, approver=grace, verdict=Verdict.DENY, reason="=HYPERLINK(1)\x1b[2J, really")
    access_requests.move(
        uow, request.id, source=RequestStatus.PENDING, target=RequestStatus.CLOSED, reason_code="by_admin", details={"closed_by": "U0OMAR"}
    )
    return request.id


def test_who_decided_is_listed(comeback: Command, database: str, records: Database) -> None:
    """An auditor asks who approved whom, and why not; what people wrote cannot steer the terminal."""
    records.write_now(decided)
    (line,) = [line for line in comeback("requests").stdout.splitlines() if "U0ADA" in line]
    for words in ("a private reason", "deny", "U0GRACE", "=HYPERLINK(1)", "U0OMAR", "by_admin"):
        assert words in line
    assert "\x1b" not in line


def test_json_has_every_decision(comeback: Command, database: str, records: Database) -> None:
    """One object a line, the texts exactly as they were written."""
    request_id = records.write_now(decided)
    (request,) = objects(comeback("requests", "--json").stdout)
    made = request.pop("decisions")
    assert request.pop("policy") is None
    assert isinstance(made, list)
    assert isinstance(made[0].pop("decided_at"), str)
    assert made == [{"approver": "U0GRACE", "decision": "deny", "reason": "=HYPERLINK(1)\x1b[2J, really"}]
    assert {name: request[name] for name in ("id", "requester", "product", "reason", "status", "code", "closed_by")} == {
        "id": request_id,
        "requester": "U0ADA",
        "product": "jira",
        "reason": "a private reason",
        "status": "closed",
        "code": "by_admin",
        "closed_by": "U0OMAR",
    }


def test_csv_computes_nothing(comeback: Command, database: str, records: Database) -> None:
    """A spreadsheet opens it; a reason that looks like a formula stays text."""
    records.write_now(decided)
    (row,) = csv.DictReader(io.StringIO(comeback("requests", "--csv").stdout))
    assert (row["requester"], row["decided by"], row["decision"], row["closed by"]) == ("U0ADA", "U0GRACE", "deny", "U0OMAR")
    assert row["why"] == "'=HYPERLINK(1) [2J, really"


def test_one_format_at_a_time(comeback: Command, outside: Outside) -> None:
    """Two would be mixed up on standard output."""
    assert comeback("requests", "--json", "--csv").exit_code == 2
