"""Keeping the house: what is forgotten when, and which warnings are due."""

from datetime import date, timedelta

from bot.settings import Settings
from bot.usecases.alerts import alert_channel
from storage import deliveries, outbox, renewal, retention, slots
from storage.db import UnitOfWork

KEEP_DELIVERIES = timedelta(days=2)
"""Slack sends an event again for up to 5 minutes; two days leave room for any outage of its own."""
KEEP_JOBS = timedelta(days=30)
KEY_WARNINGS = (30, 14, 7, 1, 0)
"""Days before the Atlassian key ends on which the channel is told."""


def prune(uow: UnitOfWork, *, settings: Settings) -> bool:
    """
    Forget old deliveries, finished jobs and slots, and the words of what ended long ago; facts and the audit trail stay.

    What is not sealed as it should be is sealed on the way, some hundred rows a call: True when there may be more.
    """
    deliveries.prune(uow, before=uow.now - KEEP_DELIVERIES)
    outbox.prune(uow, before=uow.now - KEEP_JOBS)
    slots.prune(uow, before=uow.now - KEEP_JOBS)
    if settings.keep_words_days:
        retention.forget_words(uow, before=uow.now - timedelta(days=settings.keep_words_days))
    return renewal.renew(uow) > 0


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
