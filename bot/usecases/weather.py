"""Whether Atlassian can be asked now, as the paused bucket tells: what is filed or decided meanwhile says so at once."""

from datetime import timedelta

from bot.codes import Waiting
from bot.jobs.base import ATLASSIAN
from storage import pacing
from storage.db import UnitOfWork

SHORT = timedelta(seconds=30)
"""A shorter pause is nobody's business."""
_KEY = {Waiting.KEY_REJECTED.value: Waiting.KEY_REJECTED, Waiting.NOT_PERMITTED.value: Waiting.NOT_PERMITTED}


def trouble_with_atlassian(uow: UnitOfWork) -> Waiting | None:
    """Why nothing can be asked of Atlassian for a while; None when it can, or can in a moment."""
    bucket = next((one for one in pacing.state(uow) if one.name == ATLASSIAN), None)
    if bucket is None or bucket.paused_until is None:
        return None
    if bucket.reason == pacing.OUTAGES[ATLASSIAN]:
        # While a probe is under way the next turn is as far away as a pause: nobody else gets through.
        return Waiting.UNREACHABLE if max(bucket.paused_until, bucket.next_at) > uow.now else None
    if bucket.paused_until <= uow.now:
        return None
    if bucket.reason in _KEY:
        return _KEY[bucket.reason]
    return Waiting.UNREACHABLE if bucket.paused_until - uow.now > SHORT else None
