"""Seats that are taken back: what a reclaim holds of somebody's access, and its way home."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from atlassian.access import Snapshot
from atlassian.removal import Removal
from bot.actor import Comeback
from bot.codes import Kept, Stuck
from bot.jobs import SeeSeatGone, TakeSeat
from bot.usecases.queue import wake_queue
from bot.usecases.steps import audit_actor, enqueue
from storage import access_requests, outbox, people, reclaims
from storage.db import UnitOfWork
from storage.lifecycle import HOLDING_RECLAIMS, ReclaimStatus
from storage.records import Job, Reclaim

FIRST_LOOK = timedelta(seconds=1)
READ_BACK_FOR = timedelta(seconds=60)
"""As long as the admin API may take to show a write."""

BY_REQUEST = "request"
BY_ITSELF = "by_itself"
"""Nobody asked Comeback: an admin gave it back, or Atlassian let the person rejoin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What was taken of one seat and is not back yet; `being_taken` while its removal is still under way."""

    reclaim: Reclaim
    snapshot: Snapshot

    @property
    def being_taken(self) -> bool:
        """Whether steps of the removal may still follow."""
        return self.reclaim.status is ReclaimStatus.TAKING


def held_of(uow: UnitOfWork, account_id: str | None, product: str) -> Held | None:
    """What Comeback took of this account's seat on the product and has not given back; None when that is nothing."""
    reclaim = reclaims.holding(uow, account_id, product) if account_id else None
    if reclaim is None or reclaim.removal is None:
        return None
    return Held(reclaim=reclaim, snapshot=Removal.from_json(reclaim.removal).snapshot)


def record_return(uow: UnitOfWork, account_id: str | None, product: str, *, how: str, request_id: str | None = None) -> None:
    """The seat is its owner's again: what was taken of it is not held any more."""
    held = held_of(uow, account_id, product)
    if held is None:
        return
    returned = reclaims.move(uow, held.reclaim.id, source=HOLDING_RECLAIMS, target=ReclaimStatus.RETURNED, reason_code=how)
    if returned is not None:
        actor = audit_actor(uow, Comeback())
        uow.audit("seat.returned", actor=actor, request_id=request_id, reclaim=returned.id, product=product, how=how)


def approve(uow: UnitOfWork, reclaim_id: str) -> Reclaim | None:
    """Agreed to: the seat is taken next. None when the reclaim is not planned any more."""
    approved = reclaims.move(uow, reclaim_id, source=ReclaimStatus.PLANNED, target=ReclaimStatus.APPROVED)
    if approved is not None:
        enqueue(uow, TakeSeat(reclaim_id=approved.id, account_id=approved.account_id, step=0))
    return approved


def asked_for(uow: UnitOfWork, account_id: str, product: str) -> bool:
    """Whether the account's owner has an open request for the product: then its seat stays."""
    owner = people.linked_to(uow, account_id)
    return owner is not None and access_requests.open_of(uow, owner.id, product) is not None


def begin(uow: UnitOfWork, removals: Mapping[str, Removal], *, job: Job, seconds: int) -> frozenset[str]:
    """
    Store what is going to be taken, by reclaim id, before the first write of any of them; the ids of those that go on.

    All of one account together, so that each snapshot tells what was there before anything was taken. One that was stopped, or whose seat
    was asked for meanwhile, is not among them. *seconds* is how long the job's write may take effect after its answer is lost.
    """
    begun = {reclaim_id for reclaim_id in sorted(removals) if _begin(uow, reclaim_id, removal=removals[reclaim_id])}
    outbox.settle(uow, job, seconds=seconds)
    return frozenset(begun)


def _begin(uow: UnitOfWork, reclaim_id: str, *, removal: Removal) -> bool:
    reclaim = reclaims.lock(uow, reclaim_id)
    if reclaim is None or asked_for(uow, reclaim.account_id, reclaim.product):
        return False
    stored = removal.to_json()
    if reclaims.move(uow, reclaim_id, source=ReclaimStatus.APPROVED, target=ReclaimStatus.TAKING, removal=stored) is None:
        return False
    groups = ",".join(group.id for group in removal.snapshot.groups)
    roles = ",".join(ref.role for ref in removal.snapshot.roles)
    facts = {name: value for name, value in (("groups", groups), ("roles", roles)) if value}
    uow.audit("seat.snapshot", actor=audit_actor(uow, Comeback()), reclaim=reclaim_id, product=reclaim.product, **facts)
    return True


def go_on(uow: UnitOfWork, reclaim: Reclaim, *, steps_taken: int, of: int) -> None:
    """One step more is taken: the next follows, and after the last one it is read whether the seat is gone."""
    uow.audit("seat.step", actor=audit_actor(uow, Comeback()), reclaim=reclaim.id, product=reclaim.product, step=steps_taken)
    if steps_taken < of:
        enqueue(uow, TakeSeat(reclaim_id=reclaim.id, account_id=reclaim.account_id, step=steps_taken))
        return
    until = (uow.now + READ_BACK_FOR).isoformat()
    job = SeeSeatGone(reclaim_id=reclaim.id, account_id=reclaim.account_id, until=until, looks=0)
    enqueue(uow, job, due_at=uow.now + FIRST_LOOK)


def look_again(uow: UnitOfWork, see: SeeSeatGone) -> None:
    """The removal does not show yet: look again after 1, 2, 4, then every 8 s."""
    wait = timedelta(seconds=min(8, 2**see.looks))
    enqueue(uow, replace(see, looks=see.looks + 1), due_at=uow.now + wait)


def record_taken(uow: UnitOfWork, reclaim_id: str) -> None:
    """The seat is free, as read back."""
    taken = reclaims.move(uow, reclaim_id, source=(ReclaimStatus.TAKING, ReclaimStatus.NEEDS_ATTENTION), target=ReclaimStatus.TAKEN)
    if taken is not None:
        uow.audit("seat.reclaimed", actor=audit_actor(uow, Comeback()), reclaim=taken.id, product=taken.product)
        wake_queue(uow, taken.product)


def record_kept(uow: UnitOfWork, reclaim_id: str, *, code: Kept, details: Mapping[str, str] | None = None) -> None:
    """Nothing is taken: the seat stays as it is."""
    sources = (ReclaimStatus.PLANNED, ReclaimStatus.APPROVED, ReclaimStatus.TAKING)
    kept = reclaims.move(uow, reclaim_id, source=sources, target=ReclaimStatus.STOPPED, reason_code=code.value, details=details)
    if kept is not None:
        uow.audit("seat.kept", actor=audit_actor(uow, Comeback()), reclaim=kept.id, product=kept.product, code=code.value)


def record_stuck(uow: UnitOfWork, reclaim_id: str, *, code: Stuck, details: Mapping[str, str] | None = None) -> None:
    """Some of it is taken, and it does not go on: a human looks."""
    stuck = reclaims.move(
        uow, reclaim_id, source=ReclaimStatus.TAKING, target=ReclaimStatus.NEEDS_ATTENTION, reason_code=code.value, details=details
    )
    if stuck is not None:
        uow.audit("seat.needs_attention", actor=audit_actor(uow, Comeback()), reclaim=stuck.id, product=stuck.product, code=code.value)
