"""
The outbox: what is to be done outside, stored with the fact that asks for it, and how a worker reports back.

A job makes at most one outside write. Its lease is proved by a token; what a worker reports after losing it is refused. The claim itself is
in `storage.claims`, and offered from here.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, literal_column, select, union_all, update

from storage import pacing
from storage.claims import SETTLE_INCLUDED, Hands, claim, next_due
from storage.errors import LeaseLost
from storage.guarded import seal_body
from storage.lifecycle import JobState
from storage.records import Backlog, Job
from storage.sql import insert_or_keep
from storage.tables import outbox
from storage.unit import UnitOfWork

__all__ = [
    "Hands",
    "again",
    "backlog",
    "bury",
    "claim",
    "enqueue",
    "finish",
    "hasten",
    "hasten_all",
    "is_unfinished",
    "next_due",
    "prune",
    "release_all",
    "settle",
]

_c = outbox.c
_FREE: Mapping[str, None] = {"token": None, "lease_until": None}
_ADD = insert_or_keep(outbox)
_LEASED: ColumnElement[Any] = literal_column("'leased'")
_DEAD: ColumnElement[Any] = literal_column("'dead'")
_HELD = update(outbox).where(_c.id == bindparam("this_id"), _c.token == bindparam("this_token"), _c.state == _LEASED)
_END = _HELD.values(claimable_at=None, **_FREE)
_AGAIN = _HELD.values(state=JobState.READY, **_FREE)
_SETTLE = select(_c.settle_seconds).where(_c.id == bindparam("this_id"))
_ABANDONED = select(_c.id, _c.settle_seconds).where(_c.state == _LEASED)
_RELEASE = update(outbox).where(_c.id == bindparam("this_id")).values(state=JobState.READY, unknown=True, **_FREE)
_HASTEN = update(outbox).where(
    _c.subject == bindparam("this_subject"),
    _c.kind == bindparam("this_kind"),
    _c.state == JobState.READY,
    _c.claimable_at > bindparam("moment", type_=_c.claimable_at.type),
)
_HASTEN_SURE = _HASTEN.where(_c.unknown.is_(False))
# What may have taken effect waits until that shows, whoever answers meanwhile.
_HASTEN_ALL = update(outbox).where(
    _c.last_error.in_(bindparam("errors", expanding=True)),
    _c.state == JobState.READY,
    _c.unknown.is_(False),
    _c.claimable_at > bindparam("moment", type_=_c.claimable_at.type),
)
_UNFINISHED = select(_c.id).where(_c.subject == bindparam("this_subject"), _c.claimable_at.is_not(None)).limit(1)
_COUNTED = select(_c.kind, _c.state, func.count(), func.min(_c.due_at)).group_by(_c.kind, _c.state)
# Two halves, each with its index: what was done is most of the table, and is not read.
_BACKLOG = union_all(_COUNTED.where(_c.claimable_at.is_not(None)), _COUNTED.where(_c.state == _DEAD)).order_by("kind", "state")
_TIMED_OUT = _c.ended_at < bindparam("before", type_=_c.ended_at.type)
_OLDEST = select(_c.id).where(_TIMED_OUT, _c.state == bindparam("ended_as", type_=_c.state.type)).order_by(_c.ended_at)
_PRUNE = delete(outbox).where(_c.id.in_(_OLDEST.limit(bindparam("most"))))


def enqueue(
    uow: UnitOfWork,
    *,
    kind: str,
    subject: str,
    payload: Mapping[str, Any],
    bucket: str | None = None,
    due_at: datetime | None = None,
    turns: int = 1,
    settle_seconds: int,
    key: str | None = None,
) -> bool:
    """
    Whether the job is new: False when a job with this *key* is there already, finished or not.

    Jobs of one *subject* run one at a time; *bucket* paces it and it takes *turns* of that pace (its outside
    calls, as far as known); *settle_seconds* is how long after a lost attempt its effect may still come.
    """
    if bucket is not None:
        pacing.ensure(uow, bucket)
    due = due_at or uow.now
    job_id = uow.new_id()
    fields = {
        "id": job_id,
        "kind": kind,
        "subject": subject,
        "payload": seal_body(uow, payload, place=f"outbox.payload:{job_id}"),
        "bucket": bucket or "",
        "turns": turns,
        "state": JobState.READY,
        "attempts": 0,
        "unknown": False,
        "settle_seconds": settle_seconds,
        "due_at": due,
        "claimable_at": due,
        "key": key,
        "created_at": uow.now,
    }
    if not uow.connection.execute(_ADD, fields).rowcount:
        return False
    uow.on_commit(uow.wake)
    return True


def finish(uow: UnitOfWork, job: Job) -> None:
    """
    Note that the job is done, and forget its payload, which may name people.

    Raises LeaseLost when another worker has it, and then nothing of this unit may be stored.
    """
    _report(uow, job, _END, {"state": JobState.DONE, "ended_at": uow.now, "payload": {}})


def again(uow: UnitOfWork, job: Job, *, due_at: datetime, unknown: bool = False, counted: bool = True, error: str | None = None) -> None:
    """
    Have the job tried again at *due_at*; raises LeaseLost.

    Once *unknown* (an attempt may have taken effect) it stays so, and this time it is not due before that effect has settled. `counted`
    False takes this attempt back: a limit is nobody's failure.
    *error* is a code.
    """
    if unknown:
        settle_seconds = uow.connection.execute(_SETTLE, {"this_id": job.id}).scalar_one()
        due_at = max(due_at, uow.now + timedelta(seconds=settle_seconds))
    fields = {
        "due_at": due_at,
        "claimable_at": due_at,
        "unknown": job.unknown or unknown,
        "attempts": job.attempts if counted else job.attempts - 1,
        "last_error": error,
    }
    _report(uow, job, _AGAIN, fields)
    uow.on_commit(uow.wake)


def settle(uow: UnitOfWork, job: Job, *, seconds: int) -> None:
    """Note how long the write that is sent next may take effect after its answer is lost; raises LeaseLost."""
    retake_at = job.lease_until + timedelta(seconds=max(0, seconds - SETTLE_INCLUDED))
    _report(uow, job, _HELD, {"settle_seconds": seconds, "claimable_at": retake_at})


def bury(uow: UnitOfWork, job: Job, *, error: str) -> None:
    """Give the job up for good, and keep it for whoever asks why; raises LeaseLost. *error* is a code."""
    _report(uow, job, _END, {"state": JobState.DEAD, "ended_at": uow.now, "last_error": error})


def release_all(uow: UnitOfWork) -> int:
    """
    Take back every lease, each job due when its effect has settled; returns how many.

    Only for the start of a process that holds the lock of its SQLite file: whoever had the leases is dead.
    """
    rows = uow.connection.execute(_ABANDONED).all()
    for row in rows:
        due = uow.now + timedelta(seconds=row.settle_seconds)
        uow.connection.execute(_RELEASE, {"this_id": row.id, "due_at": due, "claimable_at": due})
    return len(rows)


def hasten(uow: UnitOfWork, *, kind: str, subject: str, sure: bool = False) -> int:
    """Make waiting jobs of this kind and subject due now (*sure*: those that can have done nothing); returns how many."""
    uow.on_commit(uow.wake)
    fields = {"this_kind": kind, "this_subject": subject, "moment": uow.now, "due_at": uow.now, "claimable_at": uow.now}
    return uow.connection.execute(_HASTEN_SURE if sure else _HASTEN, fields).rowcount


def hasten_all(uow: UnitOfWork, *, errors: Collection[str]) -> int:
    """Make all jobs due now whose last attempt ended with one of these *errors* (codes) and can have done nothing; returns how many."""
    uow.on_commit(uow.wake)
    fields = {"errors": list(errors), "moment": uow.now, "due_at": uow.now, "claimable_at": uow.now}
    return uow.connection.execute(_HASTEN_ALL, fields).rowcount


def is_unfinished(uow: UnitOfWork, *, subject: str) -> bool:
    """Whether a job of this subject is waiting or being done."""
    return uow.connection.execute(_UNFINISHED, {"this_subject": subject}).first() is not None


def backlog(uow: UnitOfWork) -> tuple[Backlog, ...]:
    """The unfinished jobs, counted by kind and state."""
    return tuple(Backlog(*row) for row in uow.connection.execute(_BACKLOG))


def prune(uow: UnitOfWork, *, before: datetime, limit: int, state: JobState = JobState.DONE) -> int:
    """Forget up to *limit* jobs (and their keys) that ended in *state* before that time, the oldest first; returns how many."""
    return uow.connection.execute(_PRUNE, {"before": before, "ended_as": state, "most": limit}).rowcount


def _report(uow: UnitOfWork, job: Job, statement: Any, fields: Mapping[str, Any]) -> None:
    if not uow.connection.execute(statement, {"this_id": job.id, "this_token": job.token, **fields}).rowcount:
        raise LeaseLost(job.id)
