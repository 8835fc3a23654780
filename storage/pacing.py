"""
The pace at which jobs may be claimed, by bucket.

Buckets: `slack.post:<channel>`, `slack.update`, `slack.dm`, `slack.read`, `atlassian`. Jobs without a bucket are never held back.
A breaker is a paused bucket; after an outage's pause it lets a probe through every `PROBE_SECONDS` until somebody has `answered`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import bindparam, or_, select, update

from storage.records import Bucket, as_record
from storage.sql import insert_or_keep
from storage.tables import buckets
from storage.unit import UnitOfWork

DEFAULTS: Mapping[str, float] = {
    # https://docs.slack.dev/apis/web-api/rate-limits (2026-11-23): one message a second for each channel; chat.update is tier 3, so 50 a
    # minute for the whole workspace; messages to people share "several hundred a minute"; reading is tier 3 or 4.
    "slack.post": 1.0,
    "slack.update": 1.2,
    "slack.dm": 0.25,
    "slack.read": 0.6,
    "atlassian": 0.2,
    # Mail servers take many at once for spam.
    "mail": 1.0,
}
"""Seconds between two jobs of a bucket, by the part of its name before the colon; a bucket that is not here is not paced."""

OUTAGES: Mapping[str, str] = {"atlassian": "unreachable", "slack": "slack_unreachable"}
"""
By side, the reason of a pause after which only a probe goes out, until somebody answers again.

They are two words, as releases before 0008 end an outage of Atlassian's alone: the other they take for an ordinary pause.
"""
PROBE_SECONDS = 30.0
"""From one probe to the next."""

_c = buckets.c
_ADD = insert_or_keep(buckets)
_STATE = select(buckets).where(_c.name != "").order_by(_c.name)
_THIS = _c.name == bindparam("this_bucket")
_SET_INTERVAL = update(buckets).where(_THIS)
_PAUSE = update(buckets).where(_THIS, or_(_c.paused_until.is_(None), _c.paused_until < bindparam("until", type_=_c.paused_until.type)))
_RESUME = update(buckets).where(_THIS).values(paused_until=None, reason=None)
_ANSWERED = _RESUME.where(_c.reason == bindparam("this_reason"))

_AWAY = select(_c.name, _c.reason).where(_c.reason.in_(OUTAGES.values())).order_by(_c.name)

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def side_of(bucket: str | None) -> str:
    """Who answers the calls of a bucket's jobs: `slack` for `slack.post:C1`, `atlassian`; empty for jobs without a bucket."""
    return (bucket or "").partition(":")[0].partition(".")[0]


def ensure(uow: UnitOfWork, bucket: str) -> None:
    """Make the bucket known, at the pace of its kind, unless it is."""
    interval = DEFAULTS.get(bucket.partition(":")[0], 0.0)
    uow.connection.execute(_ADD, {"name": bucket, "interval_seconds": interval, "next_at": _ALWAYS})


def set_interval(uow: UnitOfWork, bucket: str, seconds: float) -> None:
    """Let a job of the bucket through every *seconds* from now on; 0 means all at once."""
    ensure(uow, bucket)
    uow.connection.execute(_SET_INTERVAL, {"this_bucket": bucket, "interval_seconds": seconds})


def pause(uow: UnitOfWork, bucket: str, *, until: datetime, reason: str) -> None:
    """Let no job of the bucket through before *until*; a pause that lasts longer stays as it is."""
    ensure(uow, bucket)
    uow.connection.execute(_PAUSE, {"this_bucket": bucket, "until": until, "paused_until": until, "reason": reason})


def pause_side(uow: UnitOfWork, side: str, *, until: datetime) -> None:
    """Note that *side* is away: pause every bucket of it (see `side_of`), and one of its own name, which stands for those to come."""
    ensure(uow, side)
    for bucket in state(uow):  # by name, so that two of them can't hold each other up
        is_limited = bucket.paused_until is not None and bucket.paused_until > uow.now and bucket.reason != OUTAGES[side]
        if side_of(bucket.name) == side and not is_limited:
            pause(uow, bucket.name, until=until, reason=OUTAGES[side])


def resume(uow: UnitOfWork, bucket: str) -> None:
    """End the bucket's pause."""
    uow.connection.execute(_RESUME, {"this_bucket": bucket})


def answered(uow: UnitOfWork, side: str) -> bool:
    """Whether *side* had an outage, which ends at once, and nothing else: a limit or a rejected key stays what it is."""
    names = [row.name for row in uow.connection.execute(_AWAY) if side_of(row.name) == side]
    for name in names:
        uow.connection.execute(_ANSWERED, {"this_bucket": name, "this_reason": OUTAGES[side], "next_at": uow.now})
    return bool(names)


def away(uow: UnitOfWork) -> frozenset[str]:
    """The sides that have an outage."""
    return frozenset(side_of(row.name) for row in uow.connection.execute(_AWAY))


def state(uow: UnitOfWork) -> tuple[Bucket, ...]:
    """All buckets by name."""
    return tuple(as_record(Bucket, row) for row in uow.connection.execute(_STATE))
