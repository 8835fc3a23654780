"""Access requests in lists and numbers, each by an index; offered to others as `storage.access_requests`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, literal_column, or_, select

from storage.lifecycle import OPEN_STATUSES, RequestStatus
from storage.records import AccessRequest
from storage.sealing import SealedColumns
from storage.tables import access_requests, findings, people
from storage.unit import UnitOfWork

_c = access_requests.c

SEALED = SealedColumns(table="access_requests", words=("reason",))
"""What a requester wrote."""

SELECT_REQUESTS = select(
    *(column for column in _c),
    people.c.team_id,
    people.c.slack_id.label("requester_slack_id"),
).join_from(access_requests, people)

# Literals, not parameters: only these let the databases see that the partial indexes serve.
_IS_OPEN = _c.status.in_([literal_column(f"'{status.value}'") for status in RequestStatus if status in OPEN_STATUSES])
_IS_WAITING = _c.status == literal_column("'waiting'")
_PERSON = _c.person_id == bindparam("person")
_PRODUCT = _c.product == bindparam("this_product")
_NEWEST_FIRST = (_c.filed_at.desc(), _c.id.desc())

_OPEN_OF = SELECT_REQUESTS.where(_PERSON, _PRODUCT, _IS_OPEN)
_OPEN_ABOUT = (
    select(func.count())
    .select_from(access_requests)
    .join(findings)
    .where(findings.c.account_id == bindparam("this_account"), _PRODUCT, _IS_OPEN)
)
_LATEST_OF = SELECT_REQUESTS.where(_PERSON).order_by(*_NEWEST_FIRST).limit(bindparam("most"))
_LATEST_OF_PRODUCT = _LATEST_OF.where(_PRODUCT)
_FIRST_WAITING = select(_c.id).where(_PRODUCT, _IS_WAITING, _c.reason_code == bindparam("because")).order_by(_c.approved_at, _c.id).limit(1)
_RECENT = SELECT_REQUESTS.order_by(*_NEWEST_FIRST)
_COUNTS = select(_c.status, func.count()).group_by(_c.status)
_FILED_SINCE = select(func.count()).where(_PERSON, _c.filed_at >= bindparam("since"))
_GRANTED_SINCE = select(func.count()).where(_c.granted_at >= bindparam("since"))
_GRANTING = select(func.count()).where(_c.status == RequestStatus.GRANTING)
_DENIED_OF = select(func.count()).where(_PERSON, _PRODUCT, _c.status == RequestStatus.DENIED)
_CLOSED = and_(_c.status == RequestStatus.CLOSED, _c.reason_code == bindparam("closing"))
_DENIED_SINCE = select(func.count()).where(
    _PERSON,
    _PRODUCT,
    or_(_c.status == RequestStatus.DENIED, _CLOSED),
    _c.changed_at >= bindparam("since", type_=_c.changed_at.type),
)

_mine = access_requests.alias("mine")
_POSITION = (
    select(func.count())
    .select_from(_mine)
    .join(access_requests, _c.product == _mine.c.product)
    .where(
        _mine.c.id == bindparam("this_id"),
        _mine.c.status == literal_column("'waiting'"),
        _IS_WAITING,
        or_(_c.approved_at < _mine.c.approved_at, (_c.approved_at == _mine.c.approved_at) & (_c.id <= _mine.c.id)),
    )
)


def open_of(uow: UnitOfWork, person_id: str, product: str) -> AccessRequest | None:
    """The person's open request for the product; there is at most one."""
    found = _records(uow, _OPEN_OF, person=person_id, this_product=product)
    return found[0] if found else None


def open_about(uow: UnitOfWork, account_id: str, product: str) -> bool:
    """Whether somebody has an open request for the product, and this account was found for them."""
    return _count(uow, _OPEN_ABOUT, {"this_account": account_id, "this_product": product}) > 0


def latest_of(uow: UnitOfWork, person_id: str, *, product: str | None = None, limit: int = 5) -> tuple[AccessRequest, ...]:
    """The person's requests, newest first, for one product or for all."""
    if product is None:
        return _records(uow, _LATEST_OF, person=person_id, most=limit)
    return _records(uow, _LATEST_OF_PRODUCT, person=person_id, this_product=product, most=limit)


def first_waiting(uow: UnitOfWork, product: str, *, reason_code: str) -> str | None:
    """The id of the first, in the order of approval, of those that wait for the product for this reason; None when nobody does."""
    return uow.connection.execute(_FIRST_WAITING, {"this_product": product, "because": reason_code}).scalar_one_or_none()


def queue_position(uow: UnitOfWork, request_id: str) -> int | None:
    """The request's place among those that wait for the same product, 1 being the next; None when it does not wait."""
    return uow.connection.execute(_POSITION, {"this_id": request_id}).scalar_one() or None


def list_recent(
    uow: UnitOfWork,
    *,
    status: RequestStatus | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = 50,
) -> tuple[AccessRequest, ...]:
    """The newest requests first, of one status or of all, filed from *since* on and before *until*; None is no limit."""
    bounds = {"this_status": status, "since": since, "until": until}
    given = {name: value for name, value in bounds.items() if value is not None}
    return _records(uow, _recent(*given).limit(limit), **given)


def _recent(*bounds: str) -> Select[Any]:
    conditions = {
        "this_status": _c.status == bindparam("this_status"),
        "since": _c.filed_at >= bindparam("since"),
        "until": _c.filed_at < bindparam("until"),
    }
    return _RECENT.where(*(conditions[name] for name in bounds))


def counts(uow: UnitOfWork) -> dict[RequestStatus, int]:
    """How many requests there are in each status; zero where there are none."""
    return dict.fromkeys(RequestStatus, 0) | {row[0]: row[1] for row in uow.connection.execute(_COUNTS)}


def filed_since(uow: UnitOfWork, person_id: str, since: datetime) -> int:
    """How many requests the person has filed since then."""
    return _count(uow, _FILED_SINCE, {"person": person_id, "since": since})


def granted_since(uow: UnitOfWork, since: datetime) -> int:
    """How many requests have been granted since then, also those whose access has ended again."""
    return _count(uow, _GRANTED_SINCE, {"since": since})


def granting(uow: UnitOfWork) -> int:
    """How many grants are under way."""
    return _count(uow, _GRANTING, {})


def denied_of(uow: UnitOfWork, person_id: str, product: str) -> int:
    """How often the person was denied the product."""
    return _count(uow, _DENIED_OF, {"person": person_id, "this_product": product})


def denied_since(uow: UnitOfWork, person_id: str, product: str, *, since: datetime, closing: str) -> bool:
    """Whether the person was denied the product since then, or a request of theirs was closed for the reason *closing*."""
    return _count(uow, _DENIED_SINCE, {"person": person_id, "this_product": product, "since": since, "closing": closing}) > 0


def _records(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> tuple[AccessRequest, ...]:
    return SEALED.records(uow, AccessRequest, uow.connection.execute(statement, parameters))


def _count(uow: UnitOfWork, statement: Select[int], parameters: Mapping[str, Any]) -> int:
    return uow.connection.execute(statement, parameters).scalar_one()
