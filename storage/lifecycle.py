"""
The lives of a request and of all that happens to an idle seat, with the only moves in them, and the states of an outbox job.

Everything that must agree on these words takes them from here: the CHECK constraints of the tables, the compare-and-set of every status
change, and the diagram in the README.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, TypeVar

W = TypeVar("W", bound=StrEnum)


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


class ReclaimStatus(StrEnum):
    """Where the taking back of one seat stands."""

    PLANNED = "planned"
    APPROVED = "approved"
    TAKING = "taking"
    TAKEN = "taken"
    STOPPED = "stopped"
    NEEDS_ATTENTION = "needs_attention"
    RETURNED = "returned"


class SeatActivity(StrEnum):
    """What the last scan took a seat for: a finding, not a life, so it changes freely."""

    ACTIVE = "active"
    IDLE = "idle"
    NEVER_ACTIVE = "never_active"
    JOINER = "joiner"
    EXEMPT = "exempt"
    PROTECTED = "protected"
    UNKNOWN = "unknown"


class ScanOrigin(StrEnum):
    """Who began a scan."""

    SCHEDULE = "schedule"
    TERMINAL = "terminal"


class ScanStatus(StrEnum):
    """Where a scan of one product stands: `held` asks the admins, `stopped` was ended by a breaker, `failed` gave up."""

    RUNNING = "running"
    COMPLETE = "complete"
    HELD = "held"
    STOPPED = "stopped"
    FAILED = "failed"


class WarningStatus(StrEnum):
    """Where the warning of one seat's holder stands: `dropped` as the seat is used again, `ended` as nothing is left to say."""

    OPEN = "open"
    UNDELIVERABLE = "undeliverable"
    LET_GO = "let_go"
    KEPT = "kept"
    DROPPED = "dropped"
    ENDED = "ended"


class ExemptionStatus(StrEnum):
    """Where the exemption of one seat stands."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class BatchStatus(StrEnum):
    """Where a plan of several reclaims stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


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


class ReturnPolicy(StrEnum):
    """What approves a return where no person does: one that costs nothing yet, or any of a seat that Comeback took."""

    FREE_RETURN = "free_return"
    RETURN = "return"


_R = RequestStatus

REQUEST_MOVES: Mapping[RequestStatus, frozenset[RequestStatus]] = {
    _R.PENDING: frozenset({_R.APPROVED, _R.DENIED, _R.CANCELLED, _R.EXPIRED, _R.NEEDS_ATTENTION, _R.CLOSED}),
    _R.APPROVED: frozenset({_R.WAITING, _R.GRANTING, _R.CANCELLED, _R.NEEDS_ATTENTION}),
    _R.WAITING: frozenset({_R.APPROVED, _R.GRANTING, _R.CANCELLED, _R.NEEDS_ATTENTION, _R.CLOSED}),
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


_T = ReclaimStatus

RECLAIM_MOVES: Mapping[ReclaimStatus, frozenset[ReclaimStatus]] = {
    _T.PLANNED: frozenset({_T.APPROVED, _T.STOPPED}),
    _T.APPROVED: frozenset({_T.TAKING, _T.STOPPED}),
    _T.TAKING: frozenset({_T.TAKEN, _T.STOPPED, _T.NEEDS_ATTENTION}),
    _T.TAKEN: frozenset({_T.RETURNED}),
    _T.NEEDS_ATTENTION: frozenset({_T.TAKING, _T.TAKEN, _T.RETURNED}),
    _T.STOPPED: frozenset(),
    _T.RETURNED: frozenset(),
}
"""Stopped is before the first write, whose intent is stored already; after it, the way out is to put the snapshot back."""

OPEN_RECLAIMS: frozenset[ReclaimStatus] = frozenset({_T.PLANNED, _T.APPROVED, _T.TAKING, _T.TAKEN, _T.NEEDS_ATTENTION})
"""A seat has at most one reclaim in these: one that was taken is open until it is returned."""

UNBEGUN_RECLAIMS: frozenset[ReclaimStatus] = frozenset({_T.PLANNED, _T.APPROVED})
"""Those that can still be called off with nothing to put back."""

HOLDING_RECLAIMS: frozenset[ReclaimStatus] = frozenset({_T.TAKING, _T.TAKEN, _T.NEEDS_ATTENTION})
"""Those that hold something that was somebody's."""


IDLE_ACTIVITIES: frozenset[SeatActivity] = frozenset({SeatActivity.IDLE, SeatActivity.NEVER_ACTIVE})
"""Only the holder of one of these is warned, and only such a seat is taken."""

SPARED_ACTIVITIES: frozenset[SeatActivity] = frozenset(SeatActivity) - IDLE_ACTIVITIES - {SeatActivity.UNKNOWN}
"""What makes a warning needless; an unknown seat says nothing, so its warning stays."""

_S = ScanStatus

SCAN_MOVES: Mapping[ScanStatus, frozenset[ScanStatus]] = {
    _S.RUNNING: frozenset({_S.COMPLETE, _S.HELD, _S.STOPPED, _S.FAILED}),
    _S.HELD: frozenset({_S.COMPLETE}),
    _S.COMPLETE: frozenset(),
    _S.STOPPED: frozenset(),
    _S.FAILED: frozenset(),
}

_W = WarningStatus

WARNING_MOVES: Mapping[WarningStatus, frozenset[WarningStatus]] = {
    _W.OPEN: frozenset({_W.UNDELIVERABLE, _W.KEPT, _W.LET_GO, _W.DROPPED, _W.ENDED}),
    _W.UNDELIVERABLE: frozenset({_W.OPEN, _W.DROPPED, _W.ENDED, _W.KEPT}),
    _W.LET_GO: frozenset({_W.KEPT, _W.DROPPED, _W.ENDED}),
    _W.KEPT: frozenset(),
    _W.DROPPED: frozenset(),
    _W.ENDED: frozenset(),
}

OPEN_WARNINGS: frozenset[WarningStatus] = frozenset({_W.OPEN, _W.UNDELIVERABLE, _W.LET_GO})
"""A seat has at most one warning in these."""

_E = ExemptionStatus

EXEMPTION_MOVES: Mapping[ExemptionStatus, frozenset[ExemptionStatus]] = {
    _E.ASKED: frozenset({_E.ACTIVE, _E.REFUSED, _E.WITHDRAWN}),
    _E.ACTIVE: frozenset({_E.ENDED}),
    _E.REFUSED: frozenset(),
    _E.WITHDRAWN: frozenset(),
    _E.ENDED: frozenset(),
}

OPEN_EXEMPTIONS: frozenset[ExemptionStatus] = frozenset({_E.ASKED, _E.ACTIVE})
"""A seat has at most one exemption in these."""

_B = BatchStatus

BATCH_MOVES: Mapping[BatchStatus, frozenset[BatchStatus]] = {
    _B.PROPOSED: frozenset({_B.APPROVED, _B.REFUSED, _B.EXPIRED}),
    _B.APPROVED: frozenset({_B.DONE, _B.UNDOING}),
    _B.DONE: frozenset({_B.UNDOING}),
    _B.UNDOING: frozenset({_B.UNDONE}),
    _B.REFUSED: frozenset(),
    _B.EXPIRED: frozenset(),
    _B.UNDONE: frozenset(),
}


class IllegalMove(Exception):
    """A move that the tables above do not have: a mistake in our code, never in the data."""

    def __init__(self, *, current: StrEnum, target: StrEnum) -> None:
        super().__init__(f"no move from {current.value} to {target.value}")
        self.current = current
        self.target = target


def require_move(current: StrEnum, target: StrEnum) -> None:
    """Raise IllegalMove unless *current* may become *target*, both of one life."""
    moves: Mapping[Any, frozenset[Any]] = _LIVES[type(current)]
    if target not in moves[current]:
        raise IllegalMove(current=current, target=target)


def require_moves(source: W | Collection[W], target: W) -> list[W]:
    """The sources, one or several, as a list; raises IllegalMove when one of them may never become *target*."""
    sources = [source] if isinstance(source, StrEnum) else list(source)
    for current in sources:
        require_move(current, target)
    return sources


_LIVES: Mapping[type[StrEnum], Mapping[Any, frozenset[Any]]] = {
    RequestStatus: REQUEST_MOVES,
    ReclaimStatus: RECLAIM_MOVES,
    ScanStatus: SCAN_MOVES,
    WarningStatus: WARNING_MOVES,
    ExemptionStatus: EXEMPTION_MOVES,
    BatchStatus: BATCH_MOVES,
}
