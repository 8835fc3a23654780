"""
The lease of the job that the current task works on, and the guard in front of every outside call.

The deadline is on this process's own steady clock, taken before the claim: no other clock, and no leap of this one, can stretch it.
"""

import time
from contextvars import ContextVar

CALL_NEEDS_SECONDS = 12.0
"""The HTTP deadline of 10 s and a margin: a call that starts with this much lease left has ended before anybody retakes the job."""

_deadline: ContextVar[float | None] = ContextVar("lease_deadline", default=None)


class LeaseTooShort(Exception):
    """Too little of the lease is left for an outside call; the job is taken up again with a new lease."""


def enter(deadline: float) -> None:
    """Remember, for this task, until when (on `time.monotonic`) its job is ours."""
    _deadline.set(deadline)


def is_held() -> bool:
    """Whether the current task works on a job."""
    return _deadline.get() is not None


def require() -> None:
    """Raise LeaseTooShort unless the current job's lease leaves room for a call; free where there is no job."""
    deadline = _deadline.get()
    if deadline is not None and deadline - time.monotonic() < CALL_NEEDS_SECONDS:
        raise LeaseTooShort
