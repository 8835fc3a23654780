"""
Which outbox jobs a worker may do now.

A claim takes jobs that are due, whose bucket is open (and reserves its next turn), and whose subject has no other job running. "Ready and
due" and "leased, but lease and settle time are over" are one case: `claimable_at` says when either may be taken. Any number of workers may
claim at once; on PostgreSQL none of them ever waits for another.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, bindparam, exists, func, literal, literal_column, or_, select, update

from storage.guarded import open_body
from storage.lifecycle import JobState
from storage.pacing import OUTAGES, PROBE_SECONDS, side_of
from storage.records import Job
from storage.tables import buckets, outbox
from storage.unit import UnitOfWork

SETTLE_INCLUDED = 12
"""Seconds of the settle time that the lease covers, as no outside call begins with less of the lease left."""

_c = outbox.c
_b = buckets.c
_moment = bindparam("moment", type_=_c.due_at.type)
_other = outbox.alias("other")
_SUBJECT_FREE = ~exists(
    # A literal, not a parameter: only this lets the databases see that the partial index serves.
    select(_other.c.id).where(_other.c.subject == _c.subject, _other.c.state == literal_column("'leased'"), _other.c.id != _c.id)
)
_OF_KINDS = _c.kind.in_(bindparam("kinds", expanding=True))
_OPEN = (_b.next_at <= _moment) & or_(_b.paused_until.is_(None), _b.paused_until <= _moment)

_first_of_bucket = select(func.min(_c.claimable_at)).where(_c.bucket == _b.name, _c.claimable_at <= _moment).scalar_subquery()
_HEADS = select(_b.name, _b.interval_seconds).where(_OPEN, _first_of_bucket.is_not(None)).order_by(_first_of_bucket)

_LOCK_BUCKET = select(_b.reason).where(_b.name == bindparam("this_bucket"), _OPEN).with_for_update(skip_locked=True)
_RESERVE = update(buckets).where(_b.name == bindparam("this_bucket"))


def _next(*conditions: ColumnElement[bool]) -> Subquery:
    return (
        select(outbox)
        .where(_c.bucket == bindparam("this_bucket"), _c.claimable_at <= _moment, _SUBJECT_FREE, *conditions)
        .order_by(_c.claimable_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .subquery("next")
    )


# On PostgreSQL two claims may each see the subject free and take two of its jobs. The lock settles it without waiting, and `_LEASE` looks
# again from a later snapshot; the unique index behind it never has to speak (it would let the two wait for each other, crosswise).
def _with_lock(found: Subquery) -> Mapping[str, Select[Any]]:
    lock = func.pg_try_advisory_xact_lock(literal_column("1129270603"), func.hashtext(found.c.subject))
    return {
        "sqlite": select(found, literal(True).label("subject_is_ours")),
        "postgresql": select(found, lock.label("subject_is_ours")),
    }


_NEXT = _with_lock(_next())
_NEXT_OF_KINDS = _with_lock(_next(_OF_KINDS))
_LEASE = update(outbox).where(_c.id == bindparam("this_id"), _SUBJECT_FREE).values(state=JobState.LEASED)


def _to_come(*conditions: ColumnElement[bool]) -> Select[Any]:
    first = (
        select(_c.claimable_at)
        .where(_c.bucket == _b.name, _c.claimable_at.is_not(None), _SUBJECT_FREE, *conditions)
        .order_by(_c.claimable_at)
        .limit(1)
        .scalar_subquery()
    )
    return select(_b.name, _b.next_at, _b.paused_until, first.label("first"))


_TO_COME = _to_come()
_TO_COME_OF_KINDS = _to_come(_OF_KINDS)


@dataclass(frozen=True, slots=True)
class Hands:
    """
    What one worker does at this moment (*at_work*: the bucket of each job), and how many jobs it does at once for one side.

    A side is who answers, `slack` or `atlassian`: when one of them hangs, it must not hold every hand.
    """

    most: int
    at_work: tuple[str | None, ...] = ()

    def free_for(self, bucket: str, *, beside: Iterable[Job] = ()) -> bool:
        """Whether a job of *bucket* may be taken too; what goes to nobody outside ends at once, and is always taken."""
        side = side_of(bucket)
        held = (*self.at_work, *(job.bucket for job in beside))
        return not side or sum(side_of(one) == side for one in held) < self.most


def claim(
    uow: UnitOfWork, *, lease_seconds: float = 30, limit: int = 1, kinds: Collection[str] | None = None, hands: Hands | None = None
) -> tuple[Job, ...]:
    """
    Up to *limit* jobs, leased to the caller; the bucket whose job is due longest comes first, and each paced bucket gives one.

    With *kinds* only jobs of these, and with *hands* only as many for each side as these have free; the others stay for another worker.

    A job whose earlier lease ended unreported comes with `unknown` set.
    """
    open_buckets: deque[Row[Any, Any]] = deque(uow.connection.execute(_HEADS, {"moment": uow.now}).all())
    jobs: list[Job] = []
    while open_buckets and len(jobs) < limit:
        bucket = open_buckets.popleft()
        if hands is not None and not hands.free_for(bucket.name, beside=jobs):
            continue
        job = _claim_from(uow, bucket, lease_seconds=lease_seconds, kinds=kinds)
        if job is not None:
            jobs.append(job)
            if not bucket.interval_seconds:
                open_buckets.append(bucket)
    return tuple(jobs)


def next_due(uow: UnitOfWork, *, kinds: Collection[str] | None = None, hands: Hands | None = None) -> datetime | None:
    """When `claim` may find something again, perhaps in the past; None when only a new job or a finished one can change that."""
    found = uow.connection.execute(_TO_COME) if kinds is None else uow.connection.execute(_TO_COME_OF_KINDS, {"kinds": list(kinds)})
    takable = (row for row in found if row.first is not None and (hands is None or hands.free_for(row.name)))
    moments = (max(moment for moment in (row.first, row.next_at, row.paused_until) if moment is not None) for row in takable)
    return min(moments, default=None)


def _claim_from(uow: UnitOfWork, bucket: Row[Any, Any], *, lease_seconds: float, kinds: Collection[str] | None) -> Job | None:
    parameters = {"this_bucket": bucket.name, "moment": uow.now}
    turn = uow.connection.execute(_LOCK_BUCKET, parameters).first() if bucket.interval_seconds else None
    if bucket.interval_seconds and turn is None:
        return None  # somebody else has its turn
    row = _next_row(uow, parameters, kinds=kinds)
    if row is None or not row.subject_is_ours:
        return None
    job = _lease(uow, row, lease_seconds=lease_seconds)
    if job is not None and turn is not None:
        seconds = max(bucket.interval_seconds * row.turns, PROBE_SECONDS if turn.reason in OUTAGES.values() else 0.0)
        uow.connection.execute(_RESERVE, {"this_bucket": bucket.name, "next_at": uow.now + timedelta(seconds=seconds)})
    return job


def _next_row(uow: UnitOfWork, parameters: Mapping[str, Any], *, kinds: Collection[str] | None) -> Row[Any, Any] | None:
    if kinds is None:
        return uow.connection.execute(_NEXT[uow.kind], parameters).first()
    return uow.connection.execute(_NEXT_OF_KINDS[uow.kind], {**parameters, "kinds": list(kinds)}).first()


def _lease(uow: UnitOfWork, row: Row[Any, Any], *, lease_seconds: float) -> Job | None:
    lease_until = uow.now + timedelta(seconds=lease_seconds)
    changed: dict[str, Any] = {
        "attempts": row.attempts + 1,
        "unknown": row.unknown or row.state is JobState.LEASED,
        "token": uow.new_token(),
        "lease_until": lease_until,
    }
    retake_at = lease_until + timedelta(seconds=max(0, row.settle_seconds - SETTLE_INCLUDED))
    if not uow.connection.execute(_LEASE, {"this_id": row.id, "claimable_at": retake_at, **changed}).rowcount:
        return None
    return Job(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        payload=open_body(uow, row.payload, place=f"outbox.payload:{row.id}"),
        bucket=row.bucket or None,
        state=JobState.LEASED,
        due_at=row.due_at,
        created_at=row.created_at,
        settle_seconds=row.settle_seconds,
        **changed,
    )
