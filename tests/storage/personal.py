"""All that may be written about one person, in every table that holds such things."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Table, update

from bot.idle.plan_figures import PlanFigures
from storage import (
    access_requests,
    batches,
    decisions,
    exemptions,
    findings,
    outbox,
    people,
    reclaims,
    scans,
    seat_tables,
    seats,
    tables,
    warnings,
)
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus, ExemptionStatus, ReclaimStatus, RequestStatus, ScanOrigin, SeatActivity, Verdict
from storage.records import AccessRequest, Person
from storage.seat_records import SeenSeat
from tests.storage.world import person, request

SLACK_ID = "U0ADAPARK"
ACCOUNT_ID = "acc-ada"
WORDS = ("back from leave", "not this month", "ada@acme.example", "Ada Park", "on parental leave", "too many at once", "linked by hand")
"""What people wrote, and how they are called."""
SEAT = SeenSeat(
    account_id=ACCOUNT_ID, name="Ada Park", email="Ada@acme.example", added_at=None, last_active_at=None, activity=SeatActivity.IDLE
)


def story(uow: UnitOfWork) -> tuple[Person, AccessRequest]:
    """All that may be written about one person."""
    ada = people.link(uow, person(uow, SLACK_ID).id, account_id=ACCOUNT_ID, email="ada@acme.example")
    asked = request(uow, by=ada)
    decisions.record(uow, request_id=asked.id, approver=person(uow), verdict=Verdict.DENY, reason="not this month")
    findings.record(uow, request_id=asked.id, account_id=ACCOUNT_ID, email="ada@acme.example", body={"state": {"name": "Ada Park"}})
    exemptions.ask(
        uow,
        account_id=ACCOUNT_ID,
        product="jira",
        asked_by=ada.id,
        owner_id=ada.id,
        reason="on parental leave",
        until=uow.now + timedelta(days=90),
    )
    scan = scans.start(uow, product="jira", origin=ScanOrigin.SCHEDULE)
    assert scan is not None
    seats.see(uow, "jira", scan.id, [SEAT])
    batches.propose(uow, figures=PlanFigures(reason="too many at once").to_json(), due_at=None)
    outbox.enqueue(uow, kind="k", subject="s", payload={"slack_id": SLACK_ID, "reason": "linked by hand"}, settle_seconds=0)
    return ada, asked


def in_the_clear(uow: UnitOfWork) -> None:
    """All that may be written about one person, in the clear, as an earlier release left it."""
    _, asked = story(uow)
    left: list[tuple[Table, dict[str, Any]]] = [
        (tables.people, {"email": "ada@acme.example"}),
        (tables.access_requests, {"reason": "back from leave"}),
        (tables.decisions, {"reason": "not this month"}),
        (tables.findings, {"email": "ada@acme.example", "body": {"state": {"name": "Ada Park"}}}),
        (seat_tables.exemptions, {"reason": "on parental leave"}),
        (seat_tables.seats, {"name": "Ada Park", "email": "Ada@acme.example", "email_mark": None}),
    ]
    for table, values in left:
        uow.connection.execute(update(table).values(**values))
    assert asked.reason == "back from leave"


def settle(uow: UnitOfWork, ada: Person, asked: AccessRequest) -> None:
    """Bring all of it to an end, with a warning that was sent, a seat that was taken, and a plan and a request that she decided."""
    approver = person(uow)
    access_requests.move(uow, asked.id, source=RequestStatus.PENDING, target=RequestStatus.DENIED)
    exempt = exemptions.open_of(uow, ACCOUNT_ID, "jira")
    assert exempt is not None
    exemptions.move(uow, exempt.id, source=ExemptionStatus.ASKED, target=ExemptionStatus.ACTIVE, decided_by=approver.id)
    warned = warnings.open_(uow, account_id=ACCOUNT_ID, product="jira", person_id=ada.id, slack_id=ada.slack_id)
    assert warned is not None
    warnings.sent(uow, warned.id, channel="D0ADAPARK", ts="1.2", plan_at=uow.now)
    (plan,) = batches.list_recent(uow)
    batches.move(uow, plan.id, source=BatchStatus.PROPOSED, target=BatchStatus.REFUSED, decided_by=ada.id)
    other = request(uow)
    details = {"closed_by": ada.slack_id}
    access_requests.move(uow, other.id, source=RequestStatus.PENDING, target=RequestStatus.CLOSED, details=details)


def taken(uow: UnitOfWork) -> str:
    """The id of a reclaim that took her seat."""
    planned = reclaims.plan(uow, account_id=ACCOUNT_ID, product="confluence", last_active_at=None)
    assert planned is not None
    for source, target in ((ReclaimStatus.PLANNED, ReclaimStatus.APPROVED), (ReclaimStatus.APPROVED, ReclaimStatus.TAKING)):
        reclaims.move(uow, planned.id, source=source, target=target, removal={"steps": []})
    told = {"told": {"channel": "D0ADAPARK", "ts": "3.4"}}
    reclaims.move(uow, planned.id, source=ReclaimStatus.TAKING, target=ReclaimStatus.TAKEN, details=told)
    return planned.id
