"""
How long words are kept: of what ended long ago the facts stay, and what people wrote goes.

A call takes up to *limit* requests, exemptions or jobs, the longest ended first, by an index of those that still have words: a unit stays
short however many have ended, and one that finds nothing reads nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Table, Update, bindparam, delete, select, text, update
from sqlalchemy.sql.dml import UpdateBase

from storage import outbox
from storage.lifecycle import OPEN_EXEMPTIONS, OPEN_STATUSES, JobState
from storage.records import FORGOTTEN_WORDS
from storage.schema import WORDED
from storage.seat_tables import exemptions
from storage.sql import Moment, among
from storage.tables import access_requests, decisions, findings
from storage.unit import UnitOfWork

_THESE: BindParameter[Any] = bindparam("these", expanding=True)


def _due(table: Table, is_open: ColumnElement[bool]) -> Select[str]:
    """The ids of the rows that have ended before a time and still have words."""
    has_ended = (~is_open, text(WORDED), table.c.changed_at < bindparam("before", type_=Moment()))
    chosen = select(table.c.id).where(*has_ended).order_by(table.c.changed_at, table.c.id)
    return chosen.limit(bindparam("most")).with_for_update(skip_locked=True)


def _forget(table: Table) -> Update:
    return update(table).values(reason=FORGOTTEN_WORDS)


_REQUESTS = _due(access_requests, among(access_requests.c.status, OPEN_STATUSES))
_EXEMPTIONS = _due(exemptions, among(exemptions.c.status, OPEN_EXEMPTIONS))
_FORGET_DECISIONS = _forget(decisions).where(decisions.c.request_id.in_(_THESE), decisions.c.reason.is_not(None))
_FORGET_REQUESTS: tuple[UpdateBase, ...] = (
    _forget(access_requests).where(access_requests.c.id.in_(_THESE)),
    _FORGET_DECISIONS,
    delete(findings).where(findings.c.request_id.in_(_THESE)),
)
_FORGET_EXEMPTIONS: tuple[UpdateBase, ...] = (_forget(exemptions).where(exemptions.c.id.in_(_THESE)).values(refusal=None),)


def forget_requests(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """
    Forget the reasons, answers and findings of requests that ended before that time.

    Returns of how many requests; who asked for what and who decided it stays.
    """
    return _forgotten(uow, _REQUESTS, _FORGET_REQUESTS, before=before, limit=limit)


def forget_exemptions(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Forget why exemptions that ended before that time were asked for, and what was answered; returns of how many."""
    return _forgotten(uow, _EXEMPTIONS, _FORGET_EXEMPTIONS, before=before, limit=limit)


def forget_jobs(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Forget jobs that were given up before that time; returns how many."""
    return outbox.prune(uow, before=before, limit=limit, state=JobState.DEAD)


def _forgotten(uow: UnitOfWork, due: Select[str], statements: Iterable[UpdateBase], *, before: datetime, limit: int) -> int:
    these = uow.connection.execute(due, {"before": before, "most": limit}).scalars().all()
    if these:
        for statement in statements:
            uow.connection.execute(statement, {"these": these})
    return len(these)
