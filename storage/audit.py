"""The audit trail read back: the check of the whole chain, and its entries in order. Entries are written with `UnitOfWork.audit`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from storage import chain
from storage.records import AuditEntry, AuditHead
from storage.tables import audit
from storage.unit import UnitOfWork

PAGE = 5_000
"""Rows in memory at a time."""

_c = audit.c
_PAGE = (
    select(_c.seq, _c.at, _c.kind, _c.request_id, _c.body, _c.previous, _c.hash)
    .where(_c.seq > bindparam("after"))
    .order_by(_c.seq)
    .limit(PAGE)
)


_FOLLOWING = _PAGE.limit(bindparam("most"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The chain is whole: `count` entries, `head` the hash of the last. Entries cut off at the end show only against a known head."""

    count: int
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """
    The chain is broken at `seq`, the first bad place.

    `why` is "missing" (the entry is gone, or moved), "previous" (it does not follow the entry before), "body" (its text does not make its
    hash) or "columns" (what it is searched by is not what its body says).
    """

    seq: int
    why: str


def verify(uow: UnitOfWork, on_progress: Callable[[int], None] | None = None) -> Verified | Broken:
    """Whether every entry is the one that was written; *on_progress* hears now and then how many were good so far."""
    seq, link = chain.GENESIS.seq, chain.GENESIS.hash
    while page := uow.connection.execute(_PAGE, {"after": seq}).all():
        # Taken apart by place: by name, these six look-ups are half of the time of ten million rows.
        for place, at, kind, request_id, body, previous, claimed in page:
            if place != seq + 1:
                return Broken(seq=seq + 1, why="missing")
            if previous != link:
                return Broken(seq=place, why="previous")
            if chain.linked(link, body) != claimed:
                return Broken(seq=place, why="body")
            if not chain.agrees(body, at=at, kind=kind, request_id=request_id):
                return Broken(seq=place, why="columns")
            seq, link = place, claimed
        if on_progress is not None:
            on_progress(seq)
    return Verified(count=seq, head=link)


def head(uow: UnitOfWork) -> AuditHead:
    """Where the chain ends now."""
    return chain.head_of(uow.connection)


def entries(
    uow: UnitOfWork,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    kind: str | None = None,
    request_id: str | None = None,
) -> Iterator[AuditEntry]:
    """The entries in order, *until* excluded; read page by page, so take them inside the unit of work."""
    statement = _filtered(since=since, until=until, kind=kind, request_id=request_id)
    after = 0
    while page := uow.connection.execute(statement, {"after": after}).all():
        yield from (_entry(row) for row in page)
        after = page[-1].seq


def following(uow: UnitOfWork, seq: int, *, limit: int) -> tuple[AuditEntry, ...]:
    """Up to *limit* entries after the entry *seq*, in order."""
    return tuple(_entry(row) for row in uow.connection.execute(_FOLLOWING, {"after": seq, "most": limit}))


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(seq=row.seq, at=datetime.fromisoformat(row.at), kind=row.kind, body=row.body, previous=row.previous, hash=row.hash)


def _filtered(*, since: datetime | None, until: datetime | None, kind: str | None, request_id: str | None) -> Select[Any]:
    statement = _PAGE
    if since is not None:
        statement = statement.where(_c.at >= chain.as_text(since))
    if until is not None:
        statement = statement.where(_c.at < chain.as_text(until))
    if kind is not None:
        statement = statement.where(_c.kind == kind)
    if request_id is not None:
        statement = statement.where(_c.request_id == request_id)
    return statement
