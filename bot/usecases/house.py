"""Keeping the house: what is forgotten when, and which warnings are due."""

from datetime import date, timedelta

from bot.settings import Settings
from bot.usecases.alerts import alert_channel
from storage import deliveries, outbox, retention, slots
from storage.db import UnitOfWork

KEEP_DELIVERIES = timedelta(days=2)
"""Slack sends an event again for up to 5 minutes; two days leave room for any outage of its own."""
KEEP_JOBS = timedelta(days=30)
AT_ONCE = 200
"""Rows that one unit forgets: of requests, with a finding and two decisions each, that is some 20 ms."""
KEY_WARNINGS = (30, 14, 7, 1, 0)
"""Days before the Atlassian key ends on which the channel is told."""


def prune(uow: UnitOfWork, *, settings: Settings) -> bool:
    """
    Forget old deliveries, finished jobs and slots, and the words of what ended long ago; facts and the audit trail stay.

    A few hundred rows of one kind a call, as other units wait meanwhile: True when there may be more.
    """
    return any(kind(uow, settings) for kind in _KINDS)


def _deliveries(uow: UnitOfWork, _: Settings) -> int:
    return deliveries.prune(uow, before=uow.now - KEEP_DELIVERIES, limit=AT_ONCE)


def _jobs(uow: UnitOfWork, _: Settings) -> int:
    return outbox.prune(uow, before=uow.now - KEEP_JOBS, limit=AT_ONCE)


def _slots(uow: UnitOfWork, _: Settings) -> int:
    return slots.prune(uow, before=uow.now - KEEP_JOBS)


def _words(uow: UnitOfWork, settings: Settings) -> int:
    if not settings.keep_words_days:
        return 0
    before = uow.now - timedelta(days=settings.keep_words_days)
    forgetting = (retention.forget_requests, retention.forget_exemptions, retention.forget_jobs)
    return next((count for forget in forgetting if (count := forget(uow, before=before, limit=AT_ONCE))), 0)


_KINDS = (_deliveries, _jobs, _words, _slots)


def watch_key(uow: UnitOfWork, *, settings: Settings) -> None:
    """Warn the admin channel as the Atlassian key nears its end, once for each threshold."""
    expires = settings.atlassian_api_key_expires
    if expires is None:
        return
    threshold = key_threshold(expires, today=uow.now.date())
    if threshold is not None:
        facts = {"expires": expires.isoformat(), "days": str((expires - uow.now.date()).days)}
        alert_channel(uow, settings=settings, news="key_expires", facts=facts, once=f"{expires}:{threshold}")


def key_threshold(expires: date, *, today: date) -> int | None:
    """The narrowest warning distance that *today* has reached; None when the end is far."""
    left = (expires - today).days
    return min((days for days in KEY_WARNINGS if left <= days), default=None)
