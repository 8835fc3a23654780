"""
Access requests: filing, the guarded change of status, and the card that shows them.

Lists and counts are in `storage.request_lists`; both are offered from here.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, text, update

from storage.lifecycle import RequestStatus, require_move
from storage.records import AccessRequest, Person
from storage.request_lists import (
    SEALED,
    SELECT_REQUESTS,
    counts,
    denied_of,
    denied_since,
    filed_since,
    first_waiting,
    granted_since,
    granting,
    latest_of,
    list_recent,
    open_about,
    open_of,
    queue_position,
)
from storage.sql import insert_or_keep
from storage.tables import access_requests
from storage.unit import UnitOfWork

__all__ = [
    "SEALED",
    "card_drawn",
    "card_lost",
    "card_posted",
    "count_alone",
    "counts",
    "denied_of",
    "denied_since",
    "detail",
    "extend",
    "file",
    "filed_since",
    "first_waiting",
    "get",
    "granted_since",
    "granting",
    "latest_of",
    "list_recent",
    "lock",
    "move",
    "open_about",
    "open_of",
    "open_round",
    "queue_position",
    "touch",
    "withdraw_approval",
]

_c = access_requests.c
_THIS = _c.id == bindparam("this_id")
_GET = SELECT_REQUESTS.where(_THIS)
_LOCK = _GET.with_for_update(of=access_requests)
_COUNTING = text("SELECT pg_advisory_xact_lock(4850174398)")
_FILE = insert_or_keep(access_requests)
_MOVE = update(access_requests).where(_THIS, _c.status.in_(bindparam("sources", expanding=True))).values(version=_c.version + 1)
_TO_APPROVED = _MOVE.values(approved_at=func.coalesce(_c.approved_at, bindparam("moment", type_=_c.approved_at.type)))
_TO_GRANTED = _MOVE.values(granted_at=bindparam("moment", type_=_c.granted_at.type))
_TOUCH = update(access_requests).where(_THIS).values(version=_c.version + 1)
_OPEN_ROUND = _TOUCH.values(round_number=_c.round_number + 1)
_CARD = update(access_requests).where(_THIS)
_DRAWN = update(access_requests).where(_THIS, _c.card_version < bindparam("drawn")).values(card_version=bindparam("drawn"))


def file(uow: UnitOfWork, *, person: Person, product: str, reason: str, expires_at: datetime) -> AccessRequest | None:
    """A new pending request, or None when the person has an open one for the product: two clicks at once make one request."""
    fields: dict[str, Any] = {
        "id": uow.new_id(),
        "person_id": person.id,
        "product": product,
        "reason": reason,
        "status": RequestStatus.PENDING,
        "reason_code": None,
        "details": {},
        "version": 1,
        "round_number": 1,
        "filed_at": uow.now,
        "expires_at": expires_at,
        "changed_at": uow.now,
    }
    if not uow.connection.execute(_FILE, SEALED.seal(uow, person.id, fields)).rowcount:
        return None
    return AccessRequest(
        **fields, team_id=person.team_id, requester_slack_id=person.slack_id, card_channel=None, card_ts=None, card_version=None
    )


def get(uow: UnitOfWork, request_id: str) -> AccessRequest | None:
    """The request, None when there is none with this id (ids come back from buttons)."""
    return _first(uow, _GET, request_id)


def lock(uow: UnitOfWork, request_id: str) -> AccessRequest | None:
    """The request, which no other unit can change until this one ends; lock several in the order of their ids."""
    return _first(uow, _LOCK, request_id)


def count_alone(uow: UnitOfWork) -> None:
    """Let no other unit that asks for this count grants before this one ends; SQLite has one writer, who needs no lock."""
    if uow.kind == "postgresql":
        uow.connection.execute(_COUNTING)


def move(
    uow: UnitOfWork,
    request_id: str,
    *,
    source: RequestStatus | Collection[RequestStatus],
    target: RequestStatus,
    reason_code: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> AccessRequest | None:
    """
    The request in its new status, or None when its status was none of *source*: somebody was quicker.

    `reason_code` is replaced in every case, `details` only when given. The time of the first approval and that of the grant are kept; the
    tables refuse to go on without an approval. Raises IllegalMove when a source may never become *target*.
    """
    sources = [source] if isinstance(source, RequestStatus) else list(source)
    for current in sources:
        require_move(current, target)
    values: dict[str, Any] = {"status": target, "reason_code": reason_code, "changed_at": uow.now}
    if details is not None:
        values["details"] = dict(details)
    statement = _MOVE
    if target in (RequestStatus.APPROVED, RequestStatus.GRANTED):
        statement = _TO_APPROVED if target is RequestStatus.APPROVED else _TO_GRANTED
        values["moment"] = uow.now
    moved = uow.connection.execute(statement, {"this_id": request_id, "sources": sources, **values}).rowcount
    return get(uow, request_id) if moved else None


def detail(uow: UnitOfWork, request_id: str, *, details: Mapping[str, Any]) -> None:
    """Replace the request's details, its status staying as it is."""
    uow.connection.execute(_TOUCH, {"this_id": request_id, "details": dict(details)})


def extend(uow: UnitOfWork, request_id: str, *, expires_at: datetime) -> None:
    """Give the request until then to be decided."""
    uow.connection.execute(_TOUCH, {"this_id": request_id, "expires_at": expires_at})


def withdraw_approval(uow: UnitOfWork, request_id: str) -> None:
    """Have the request decided anew; the tables refuse that for one in a status that needs an approval."""
    uow.connection.execute(_OPEN_ROUND, {"this_id": request_id, "approved_at": None})


def open_round(uow: UnitOfWork, request_id: str) -> None:
    """Begin the next round: the approvals that were given so far count no more, its status staying as it is."""
    uow.connection.execute(_OPEN_ROUND, {"this_id": request_id})


def touch(uow: UnitOfWork, request_id: str) -> None:
    """Note that what the card shows has changed (a new finding, say), so that it is drawn again."""
    uow.connection.execute(_TOUCH, {"this_id": request_id})


def card_posted(uow: UnitOfWork, request_id: str, *, channel: str, ts: str, version: int) -> None:
    """Remember where the card is, and which version of the request it shows."""
    uow.connection.execute(_CARD, {"this_id": request_id, "card_channel": channel, "card_ts": ts, "card_version": version})


def card_lost(uow: UnitOfWork, request_id: str) -> None:
    """Forget where the card was: it is not there any more."""
    uow.connection.execute(_CARD, {"this_id": request_id, "card_channel": None, "card_ts": None, "card_version": None})


def card_drawn(uow: UnitOfWork, request_id: str, *, version: int) -> None:
    """Remember which version of the request the card shows now; an older drawing that comes late changes nothing."""
    uow.connection.execute(_DRAWN, {"this_id": request_id, "drawn": version})


def _first(uow: UnitOfWork, statement: Select[Any], request_id: str) -> AccessRequest | None:
    found = SEALED.records(uow, AccessRequest, uow.connection.execute(statement, {"this_id": request_id}))
    return found[0] if found else None
