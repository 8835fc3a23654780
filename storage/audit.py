"""The audit trail read back: the check of the whole chain, and its entries in order. Entries are written with `UnitOfWork.audit`."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import chain as flatten
from typing import Any, TypeAlias

from sqlalchemy import Select, bindparam, or_, select

from storage import chain
from storage.records import AuditEntry, AuditHead
from storage.tables import audit
from storage.unit import UnitOfWork

PAGE = 5_000
"""Rows in memory at a time."""
STEP = {"sqlite": 100_000, "postgresql": 2_000}
"""Rows asked for at a time, and between two words of progress; the driver of PostgreSQL has them all in memory."""

_Row: TypeAlias = "tuple[int, str, str, str | None, str, str, str]"

_c = audit.c
_ALL = select(_c.seq, _c.at, _c.kind, _c.request_id, _c.body, _c.previous, _c.hash).where(_c.seq > bindparam("after")).order_by(_c.seq)
_PAGE = _ALL.limit(PAGE)
_STEP = _ALL.limit(bindparam("rows"))


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


def verify(uow: UnitOfWork, on_progress: Callable[[int], None] | None = None, *, base: AuditHead = chain.GENESIS) -> Verified | Broken:
    """
    Whether every entry after *base* is the one that was written; *on_progress* hears now and then how many were good so far.

    Somebody has to vouch for a base that is not the beginning: see `storage.cuts`.
    """
    seq, link = base.seq, base.hash
    while step := _check(_raw(uow, after=seq), seq, link):
        if isinstance(step, Broken):
            return step
        seq, link = step
        if on_progress is not None:
            on_progress(seq)
    return Verified(count=seq, head=link)


def _check(rows: Iterable[_Row], seq: int, link: str) -> tuple[int, str] | Broken | None:
    """Where the chain stands after *rows*, None when there are none."""
    before = seq
    # All in one loop, and taken apart by place: with names or a call for each row, ten million take twice as long.
    for place, at, kind, request_id, body, previous, claimed in rows:
        if place != seq + 1:
            return Broken(seq=seq + 1, why="missing")
        if previous != link:
            return Broken(seq=place, why="previous")
        if sha256(f"\x01{link}{body}".encode()).hexdigest() != claimed:
            return Broken(seq=place, why="body")
        if not chain.agrees(body, at=at, kind=kind, request_id=request_id):
            return Broken(seq=place, why="columns")
        seq, link = place, claimed
    return (seq, link) if seq > before else None


def _raw(uow: UnitOfWork, *, after: int) -> Iterator[_Row]:
    """The next rows as the driver gives them, without SQLAlchemy's own around each."""
    cursor: Any = uow.connection.execute(_STEP, {"after": after, "rows": STEP[uow.kind]}).cursor
    # SQLite's cursor is lazy: a few rows at a time stay in the processor's cache, and are twice as quick as many.
    return flatten.from_iterable(iter(partial(cursor.fetchmany, 50), []))


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
    actors: Collection[str] = (),
    through: int | None = None,
) -> Iterator[AuditEntry]:
    """
    The entries in order, *until* excluded and *through* included; *actors* are ids of whoever acted, and none is everybody.

    Read page by page, so take them inside the unit of work.
    """
    statement = _filtered(since=since, until=until, kind=kind, request_id=request_id)
    if actors:
        statement = statement.where(or_(*(_c.body.startswith(f'{{"actor":{{"id":"{actor}",', autoescape=True) for actor in actors)))
    if through is not None:
        statement = statement.where(_c.seq <= through)
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
