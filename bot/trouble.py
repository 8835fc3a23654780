"""
What becomes of a job whose effect failed: which error is waited out, which pauses everybody, which is final.

Reactions follow the class of the error, never its text. Waiting is `due_at` and a paused bucket; nothing sleeps and nothing is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from atlassian.errors import AtlassianError, Broken, Busy, KeyRejected, NotPermitted, OutcomeUnknown, Refused, Unreachable
from bot import outage
from bot.codes import Attention
from bot.effects.kit import Kit
from bot.effects.outcome import Fact, GivenUp, Trouble, nothing
from bot.effects.registry import Effect
from bot.jobs.base import ATLASSIAN
from bot.jobs.outgoing import MAIL, SIEM
from bot.lease import LeaseTooShort
from bot.mail import MailAway, MailNotAllowed
from bot.slack.errors import SlackAway, SlackBusy, SlackHeld, SlackOutcomeUnknown, SlackRefused, SlackTokenRejected
from bot.usecases import requests
from bot.usecases.alerts import alert_channel
from bot.webhook import WebhookAway, WebhookBusy
from storage import outbox, pacing
from storage.db import UnitOfWork
from storage.records import Job

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
GIVE_UP_AFTER = 584
"""Attempts: full jitter averages half of its ceiling, so the ramp of 8 and 576 waits of 150 s make a day."""
GIVE_UP_AGE = timedelta(days=1)
"""However often it was tried: an answer now and then brings attempts forward."""
KEY_PAUSE = timedelta(minutes=5)
BUG_ATTEMPTS = 10

log = structlog.get_logger()

Ending = Callable[[UnitOfWork], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a job, and what its failure may need."""

    job: Job
    payload: Any
    effect: Effect
    kit: Kit
    jitter: Callable[[float], float]


def ending(error: Exception, attempt: Attempt) -> Ending:
    """The unit that ends *attempt* after *error*."""
    job = attempt.job
    match error:
        case LeaseTooShort() | Busy() | SlackBusy() | WebhookBusy():
            return _limited(error, job=job, now=attempt.kit.now())
        case KeyRejected():
            return _key_rejected(error, attempt)
        case MailNotAllowed():
            return _mail_not_allowed(error, attempt)
        case (
            Unreachable()
            | Broken()
            | SlackAway()
            | SlackTokenRejected()
            | MailAway()
            | WebhookAway()
            | OutcomeUnknown()
            | SlackOutcomeUnknown()
        ):
            return _later(error, attempt)
        case Refused() | SlackRefused():
            log.error("job.refused", job=job.id, kind=job.kind, error=str(error))
            return _give_up(error, attempt, code=Attention.REFUSED_BY_ATLASSIAN if isinstance(error, Refused) else Attention.OTHER)
        case _:
            return _bug(error, attempt)


def _limited(error: LeaseTooShort | Busy | SlackBusy | WebhookBusy, *, job: Job, now: datetime) -> Ending:
    """Nothing was done and nobody failed: the attempt is taken back."""
    if isinstance(error, LeaseTooShort):
        return lambda uow: outbox.again(uow, job, due_at=now, counted=False)
    if isinstance(error, Busy | WebhookBusy):
        bucket = ATLASSIAN if isinstance(error, Busy) else SIEM
        return lambda uow: _pause(uow, job, bucket=bucket, until=error.retry_at, reason="rate_limited")
    return lambda uow: _slack_busy(uow, job, retry_at=error.retry_at)


def _pause(uow: UnitOfWork, job: Job, *, bucket: str, until: datetime, reason: str) -> None:
    pacing.pause(uow, bucket, until=until, reason=reason)
    outbox.again(uow, job, due_at=until, counted=False)


def _slack_busy(uow: UnitOfWork, job: Job, *, retry_at: datetime) -> None:
    # A grant that met Slack's limit must not stop the grants that need no Slack: only Slack's own buckets are paused.
    if job.bucket is not None and job.bucket.startswith("slack."):
        pacing.pause(uow, job.bucket, until=retry_at, reason="rate_limited")
    outbox.again(uow, job, due_at=retry_at, counted=False)


def _key_rejected(error: KeyRejected, attempt: Attempt) -> Ending:
    """Pause the whole organization and alert once a day; one job then tries again every five minutes."""
    trouble = Trouble.NOT_PERMITTED if isinstance(error, NotPermitted) else Trouble.KEY_REJECTED
    fact = _troubled(attempt, trouble)

    def unit(uow: UnitOfWork) -> None:
        _pause(uow, attempt.job, bucket=ATLASSIAN, until=uow.now + KEY_PAUSE, reason=trouble.value)
        once = uow.now.date().isoformat()
        facts = {"code": error.code or str(error.status)}
        alert_channel(uow, settings=attempt.kit.settings, news=trouble.value, facts=facts, once=once)
        fact(uow)

    return unit


def _mail_not_allowed(error: MailNotAllowed, attempt: Attempt) -> Ending:
    """Hold all mail back and alert once a day; one mail then tries again every five minutes."""

    def unit(uow: UnitOfWork) -> None:
        _pause(uow, attempt.job, bucket=MAIL, until=uow.now + KEY_PAUSE, reason="mail_not_allowed")
        once = uow.now.date().isoformat()
        alert_channel(uow, settings=attempt.kit.settings, news="mail_not_allowed", facts={"code": error.code}, once=once)

    return unit


def _later(error: Exception, attempt: Attempt) -> Ending:
    job = attempt.job
    if not isinstance(error, SlackHeld):  # some hundred that wait would fill the log
        log.warning("job.again", job=job.id, kind=job.kind, attempts=job.attempts, error=str(error))
    if job.attempts >= GIVE_UP_AFTER and attempt.kit.now() - job.created_at >= GIVE_UP_AGE:
        return _give_up(error, attempt, code=Attention.UNREACHABLE_TOO_LONG)
    in_slack = isinstance(error, SlackAway | SlackOutcomeUnknown | SlackTokenRejected)
    fact = _troubled(attempt, Trouble.SLACK_AWAY if in_slack else Trouble.UNREACHABLE)
    away = _who_is_away(error, attempt.kit)
    again = _again(error, attempt, unknown=isinstance(error, OutcomeUnknown | SlackOutcomeUnknown))

    def unit(uow: UnitOfWork) -> None:
        if away is not None:
            outage.begin(uow, away)
        if away == ATLASSIAN:
            requests.show_unseen(uow, channel=attempt.kit.settings.admin_channel)
        again(uow)
        fact(uow)

    return unit


def _who_is_away(error: Exception, kit: Kit) -> str | None:
    """The side that has an outage by now; None for a call that was lost as calls are, or was never made."""
    if isinstance(error, SlackHeld):
        return None
    side = ATLASSIAN if isinstance(error, AtlassianError) else outage.SLACK if isinstance(error, SlackAway | SlackOutcomeUnknown) else None
    return side if side is not None and kit.outages[side].note_failure() else None


def _troubled(attempt: Attempt, trouble: Trouble) -> Fact:
    fact = attempt.effect.troubled(attempt.payload, attempt.kit, trouble=trouble, attempts=attempt.job.attempts)
    return fact or nothing


def _again(error: Exception, attempt: Attempt, *, unknown: bool) -> Ending:
    """Try again with a jittered wait; one whose outcome is unknown waits at least until it has settled."""
    wait = timedelta(seconds=wait_seconds(attempt.job.attempts, jitter=attempt.jitter))
    code = type(error).__name__
    told = getattr(error, "retry_at", None)

    def unit(uow: UnitOfWork) -> None:
        due_at = uow.now + wait if told is None else max(uow.now + wait, told)
        outbox.again(uow, attempt.job, due_at=due_at, unknown=unknown, error=code)

    return unit


def wait_seconds(attempts: int, *, jitter: Callable[[float], float]) -> float:
    """Full jitter below 2, 4, 8 ... 300 s."""
    return jitter(min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(attempts, 10)))


def _give_up(error: Exception, attempt: Attempt, *, code: Attention) -> Ending:
    why = GivenUp(code=code, details={"code": str(getattr(error, "code", None) or type(error).__name__)})
    fact = attempt.effect.given_up(attempt.payload, attempt.kit, why=why) or nothing

    def unit(uow: UnitOfWork) -> None:
        outbox.bury(uow, attempt.job, error=type(error).__name__)
        fact(uow)

    return unit


def _bug(error: Exception, attempt: Attempt) -> Ending:
    job = attempt.job
    log.error("job.failed", job=job.id, kind=job.kind, attempts=job.attempts, exc_info=error)
    if job.attempts >= BUG_ATTEMPTS:
        return _give_up(error, attempt, code=Attention.OTHER)
    return _again(error, attempt, unknown=True)
