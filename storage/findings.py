"""What was wrong with a person's access when we last looked, one finding for each request."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from storage import access_requests
from storage.lifecycle import OPEN_STATUSES
from storage.records import Finding
from storage.sealing import SealedColumns
from storage.tables import access_requests as requests
from storage.tables import findings
from storage.unit import UnitOfWork

SEALED = SealedColumns(table="findings", row="request_id", addresses=("email",), bodies=("body",))
"""Whose account was found, and what Atlassian says of it."""

_THIS = findings.c.request_id == bindparam("this_request")
_OF = select(findings).where(_THIS)
_REQUESTER = select(requests.c.person_id).where(requests.c.id == bindparam("this_request"))
_ALL = select(findings).where(findings.c.email.is_not(None))
_REPLACE = update(findings).where(_THIS)
_ADD = insert(findings)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_IS_OPEN = requests.c.status.in_([status.value for status in sorted(OPEN_STATUSES)])
_FORGET = (
    update(findings)
    .where(findings.c.request_id.in_(select(requests.c.id).where(requests.c.person_id == bindparam("this_person"), _IS_OPEN)))
    .values(found_at=bindparam("long_ago", type_=findings.c.found_at.type))
)


def record(uow: UnitOfWork, *, request_id: str, account_id: str | None, email: str | None, body: Mapping[str, Any]) -> Finding:
    """The finding, in the place of an earlier one; the request's card is out of date from here on."""
    # First, as it locks the request's row: of two units that find at once, the second replaces.
    access_requests.touch(uow, request_id)
    found: dict[str, Any] = {"account_id": account_id, "email": email, "body": dict(body), "found_at": uow.now}
    requester = uow.connection.execute(_REQUESTER, {"this_request": request_id}).scalar_one()
    sealed = SEALED.seal(uow, requester, {"request_id": request_id, **found})
    if not uow.connection.execute(_REPLACE, {"this_request": request_id, **sealed}).rowcount:
        uow.connection.execute(_ADD, sealed)
    return Finding(request_id=request_id, **found)


def of(uow: UnitOfWork, request_id: str) -> Finding | None:
    """The finding of the request, None before the first look."""
    return next(iter(SEALED.records(uow, Finding, uow.connection.execute(_OF, {"this_request": request_id}))), None)


def people_with_email(uow: UnitOfWork, email: str) -> tuple[str, ...]:
    """The ids of the people for whose requests this address was found; every finding is opened for it, for a command that a human types."""
    found = SEALED.records(uow, Finding, uow.connection.execute(_ALL))
    asked = [one.request_id for one in found if one.email is not None and one.email.lower() == email.lower()]
    return tuple(sorted({uow.connection.execute(_REQUESTER, {"this_request": one}).scalar_one() for one in asked}))


def forget_open(uow: UnitOfWork, person_id: str) -> None:
    """Have the person's open requests looked at afresh before anything is done for them: whose account it is has changed."""
    uow.connection.execute(_FORGET, {"this_person": person_id, "long_ago": LONG_AGO})
