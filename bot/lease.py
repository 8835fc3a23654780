"""The lease of the job that the current task works on, and the guard in front of every outside call."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta

CALL_NEEDS = timedelta(seconds=12)
"""The HTTP deadline of 10 s and a margin: a call that starts with this much lease left has ended before anybody retakes the job."""

_lease_until: ContextVar[datetime | None] = ContextVar("lease_until", default=None)


class LeaseTooShort(Exception):
    """Too little of the lease is left for an outside call; the job is taken up again with a new lease."""


def enter(lease_until: datetime) -> None:
    """Remember, for this task, until when its job is ours."""
    _lease_until.set(lease_until)


def guard(now: Callable[[], datetime]) -> Callable[[], None]:
    """A function that raises LeaseTooShort unless the current job's lease leaves room for a call; free where there is no job."""

    def before_send() -> None:
        lease_until = _lease_until.get()
        if lease_until is not None and lease_until - now() < CALL_NEEDS:
            raise LeaseTooShort

    return before_send
