"""Domain words for the tests of storage."""

from datetime import timedelta
from typing import Any

from storage import access_requests, outbox, people
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, Job, Person
from storage.unit import UnitOfWork
from tests.fixtures.databases import new_id

SYSTEM = {"type": "system", "id": "comeback"}


def person(uow: UnitOfWork, name: str | None = None) -> Person:
    """Somebody of the team, a new one without a name."""
    return people.find_or_add(uow, team_id="T1", slack_id=name or new_id())


def request(uow: UnitOfWork, *, by: Person | None = None, product: str = "jira") -> AccessRequest:
    """A new pending request."""
    filed = access_requests.file(
        uow, person=by or person(uow), product=product, reason="back from leave", expires_at=uow.now + timedelta(days=7)
    )
    assert filed is not None
    return filed


def move(uow: UnitOfWork, one: AccessRequest, *path: RequestStatus) -> AccessRequest:
    """The request, after it has gone the whole *path*."""
    for target in path:
        moved = access_requests.move(uow, one.id, source=one.status, target=target)
        assert moved is not None
        one = moved
    return one


def job(uow: UnitOfWork, kind: str = "card.post", **options: Any) -> bool:
    """A job in the outbox, due now, with a subject of its own."""
    fields: dict[str, Any] = {"kind": kind, "subject": new_id(), "payload": {}, "settle_seconds": 12, **options}
    return outbox.enqueue(uow, **fields)


def claim_one(uow: UnitOfWork) -> Job:
    """The one job that may be done now."""
    (claimed,) = outbox.claim(uow)
    return claimed
