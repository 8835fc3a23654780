"""
The life of a request, with the only moves in it, and the states of an outbox job.

Everything that must agree on these words takes them from here: the CHECK constraints of the tables, the compare-and-set of every status
change, and the diagram in the README.
"""

from collections.abc import Mapping
from enum import StrEnum


class RequestStatus(StrEnum):
    """Where an access request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    WAITING = "waiting"
    GRANTING = "granting"
    GRANTED = "granted"
    DENIED = "denied"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NEEDS_ATTENTION = "needs_attention"
    CLOSED = "closed"
    ENDED = "ended"


class JobState(StrEnum):
    """Where an outbox job stands."""

    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


class Verdict(StrEnum):
    """What an approver said."""

    APPROVE = "approve"
    DENY = "deny"


_R = RequestStatus

REQUEST_MOVES: Mapping[RequestStatus, frozenset[RequestStatus]] = {
    _R.PENDING: frozenset({_R.APPROVED, _R.DENIED, _R.CANCELLED, _R.EXPIRED, _R.NEEDS_ATTENTION, _R.CLOSED}),
    _R.APPROVED: frozenset({_R.WAITING, _R.GRANTING, _R.CANCELLED, _R.NEEDS_ATTENTION}),
    _R.WAITING: frozenset({_R.APPROVED, _R.GRANTING, _R.CANCELLED, _R.NEEDS_ATTENTION}),
    _R.GRANTING: frozenset({_R.GRANTED, _R.WAITING, _R.NEEDS_ATTENTION}),
    _R.NEEDS_ATTENTION: frozenset({_R.PENDING, _R.APPROVED, _R.GRANTING, _R.CLOSED, _R.CANCELLED, _R.EXPIRED}),
    _R.GRANTED: frozenset({_R.ENDED}),
    _R.DENIED: frozenset(),
    _R.CANCELLED: frozenset(),
    _R.EXPIRED: frozenset(),
    _R.CLOSED: frozenset(),
    _R.ENDED: frozenset(),
}

OPEN_STATUSES: frozenset[RequestStatus] = frozenset({_R.PENDING, _R.APPROVED, _R.WAITING, _R.GRANTING, _R.NEEDS_ATTENTION})
"""A person has at most one request in these for one product."""


class IllegalMove(Exception):
    """A move that the table above does not have: a mistake in our code, never in the data."""

    def __init__(self, *, current: StrEnum, target: StrEnum) -> None:
        super().__init__(f"no move from {current.value} to {target.value}")
        self.current = current
        self.target = target


def require_move(current: RequestStatus, target: RequestStatus) -> None:
    """Raise IllegalMove unless *current* may become *target*."""
    if target not in REQUEST_MOVES[current]:
        raise IllegalMove(current=current, target=target)
