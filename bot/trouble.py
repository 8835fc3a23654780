"""
What becomes of a job whose effect failed: which error is waited out, which pauses everybody, which is final.

Reactions follow the class of the error, never its text. Waiting is `due_at` and a paused bucket; nothing sleeps and nothing is lost.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from atlassian.errors import Broken, Busy, KeyRejected, NotPermitted, OutcomeUnknown, Refused, Unreachable
from bot.effects.kit import Kit
from bot.effects.outcome import Fact, Trouble
from bot.effects.registry import Effect
from bot.jobs import ATLASSIAN
from bot.lease import LeaseTooShort
from bot.slack.errors import SlackAway, SlackBusy, SlackOutcomeUnknown, SlackRefused, SlackTokenRejected
from bot.usecases.grants import alert_channel
from storage import outbox, pacing
from storage.db import UnitOfWork
from storage.records import Job

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
GIVE_UP_AFTER = 584
"""Attempts: full jitter averages half of its ceiling, so the ramp of 8 and 576 waits of 150 s make a day."""
KEY_PAUSE = timedelta(minutes=5)
BUG_ATTEMPTS = 10

log = structlog.get_logger()

Ending = Callable[[UnitOfWork], None]


def ending(error: Exception, *, job: Job, payload: Any, effect: Effect, kit: Kit, jitter: Callable[[float], float]) -> Ending:
    """The unit that ends this attempt of *job* after *error*."""
    match error:
        case LeaseTooShort() | Busy() | SlackBusy():
            return _limited(error, job=job, now=kit.now())
        case KeyRejected():
            return _key_rejected(error, job=job, payload=payload, effect=effect, kit=kit)
        case Unreachable() | Broken() | OutcomeUnknown() | SlackAway() | SlackOutcomeUnknown() | SlackTokenRejected():
            return _later(error, job=job, payload=payload, effect=effect, kit=kit, jitter=jitter)
        case Refused() | SlackRefused():
            log.error("job.refused", job=job.id, kind=job.kind, error=str(error))
            return _give_up(error, job=job, fact=effect.given_up(payload, kit))
        case _:
            return _bug(error, job=job, payload=payload, effect=effect, kit=kit, jitter=jitter)


def _limited(error: LeaseTooShort | Busy | SlackBusy, *, job: Job, now: datetime) -> Ending:
    """Nothing was done and nobody failed: the attempt is taken back."""
    if isinstance(error, LeaseTooShort):
        return lambda uow: outbox.again(uow, job, due_at=now, counted=False)
    if isinstance(error, Busy):
        return lambda uow: _pause(uow, job, bucket=ATLASSIAN, until=error.retry_at, reason="rate_limited")
    return lambda uow: _slack_busy(uow, job, retry_at=error.retry_at)


def _pause(uow: UnitOfWork, job: Job, *, bucket: str, until: datetime, reason: str) -> None:
    pacing.pause(uow, bucket, until=until, reason=reason)
    outbox.again(uow, job, due_at=until, counted=False)


def _slack_busy(uow: UnitOfWork, job: Job, *, retry_at: datetime) -> None:
    # A grant that met Slack's limit must not stop the grants that need no Slack: only Slack's own buckets are paused.
    if job.bucket is not None and job.bucket.startswith("slack."):
        pacing.pause(uow, job.bucket, until=retry_at, reason="rate_limited")
    outbox.again(uow, job, due_at=retry_at, counted=False)


def _key_rejected(error: KeyRejected, *, job: Job, payload: Any, effect: Effect, kit: Kit) -> Ending:
    """Pause the whole organization and alert once a day; one job then tries again every five minutes."""
    trouble = Trouble.NOT_PERMITTED if isinstance(error, NotPermitted) else Trouble.KEY_REJECTED
    fact = effect.troubled(payload, kit, trouble=trouble, attempts=job.attempts)

    def unit(uow: UnitOfWork) -> None:
        _pause(uow, job, bucket=ATLASSIAN, until=uow.now + KEY_PAUSE, reason=trouble.value)
        once = uow.now.date().isoformat()
        alert_channel(uow, settings=kit.settings, news=trouble.value, facts={"code": error.code or str(error.status)}, once=once)
        if fact is not None:
            fact(uow)

    return unit


def _later(error: Exception, *, job: Job, payload: Any, effect: Effect, kit: Kit, jitter: Callable[[float], float]) -> Ending:
    log.warning("job.again", job=job.id, kind=job.kind, attempts=job.attempts, error=str(error))
    if job.attempts >= GIVE_UP_AFTER:
        return _give_up(error, job=job, fact=effect.given_up(payload, kit))
    unknown = isinstance(error, OutcomeUnknown | SlackOutcomeUnknown)
    fact = effect.troubled(payload, kit, trouble=_trouble(error), attempts=job.attempts)
    due_at = kit.now() + timedelta(seconds=wait_seconds(job, unknown=unknown, jitter=jitter))

    def unit(uow: UnitOfWork) -> None:
        outbox.again(uow, job, due_at=due_at, unknown=unknown, error=type(error).__name__)
        if fact is not None:
            fact(uow)

    return unit


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, SlackTokenRejected):
        return Trouble.SLACK_TOKEN_REJECTED
    return Trouble.SLACK_AWAY if isinstance(error, SlackAway | SlackOutcomeUnknown) else Trouble.UNREACHABLE


def wait_seconds(job: Job, *, unknown: bool, jitter: Callable[[float], float]) -> float:
    """Full jitter below 1, 2, 4 ... 300 s; at least the settle time when the outcome is unknown."""
    ceiling = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(job.attempts, 10))
    wait = jitter(ceiling)
    return max(wait, float(job.settle_seconds)) if unknown else wait


def _give_up(error: Exception, *, job: Job, fact: Fact | None) -> Ending:
    def unit(uow: UnitOfWork) -> None:
        outbox.bury(uow, job, error=type(error).__name__)
        if fact is not None:
            fact(uow)

    return unit


def _bug(error: Exception, *, job: Job, payload: Any, effect: Effect, kit: Kit, jitter: Callable[[float], float]) -> Ending:
    log.error("job.failed", job=job.id, kind=job.kind, attempts=job.attempts, exc_info=error)
    if job.attempts >= BUG_ATTEMPTS:
        return _give_up(error, job=job, fact=effect.given_up(payload, kit))
    due_at = kit.now() + timedelta(seconds=wait_seconds(job, unknown=True, jitter=jitter))
    return lambda uow: outbox.again(uow, job, due_at=due_at, unknown=True, error=type(error).__name__)
