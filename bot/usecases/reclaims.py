"""Taking a seat back, from the agreement to the end: what begins, what follows, and what leaves the seat where it is."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from atlassian.removal import Removal
from bot.actor import Comeback
from bot.codes import Kept, Stuck
from bot.jobs.seats import TAKEN, SeeSeatGone, TakeSeat, TellTaken
from bot.jobs.warnings import RedrawWarning
from bot.settings import Settings
from bot.usecases.alerts import alert_channel
from bot.usecases.held import facts_of
from bot.usecases.progress import follow, is_called_off, lock_with_plan, lock_with_plans
from bot.usecases.queue import wake_queue
from bot.usecases.showing import FIRST_LOOK, last_look, next_look
from bot.usecases.steps import audit_actor, enqueue
from storage import access_requests, exemptions, outbox, people, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import OPEN_WARNINGS, UNBEGUN_RECLAIMS, ExemptionStatus, ReclaimStatus, WarningStatus
from storage.records import Job, Reclaim

_ENDS = {
    **dict.fromkeys((Kept.ACTIVE_AGAIN, Kept.ASKED_FOR, Kept.EXEMPT, Kept.PROTECTED, Kept.KEPT), WarningStatus.DROPPED),
    **dict.fromkeys((Kept.LEFT_OUT, Kept.REFUSED, Kept.IN_THE_WAY, Kept.NO_SEAT, Kept.REFUSED_BY_ATLASSIAN), WarningStatus.ENDED),
}
"""What becomes of the warning of a seat that stays; for any other reason the next plan may have the seat."""


def approve(uow: UnitOfWork, reclaim_id: str, *, due_at: datetime | None = None) -> Reclaim | None:
    """Agreed to: the seat is taken next, or at *due_at*. None when the reclaim is not planned any more."""
    approved = reclaims.move(uow, reclaim_id, source=ReclaimStatus.PLANNED, target=ReclaimStatus.APPROVED)
    if approved is not None:
        enqueue(uow, TakeSeat(reclaim_id=approved.id, account_id=approved.account_id, step=0), due_at=due_at)
    return approved


def spare(uow: UnitOfWork, account_id: str | None, product: str) -> None:
    """Its owner has just asked for the product, and has it: a reclaim that has not begun does not begin."""
    open_ = reclaims.open_of(uow, account_id, product) if account_id else None
    locked = lock_with_plan(uow, open_.id) if open_ is not None else None
    if locked is not None and locked.status in UNBEGUN_RECLAIMS:
        record_kept(uow, locked.id, code=Kept.ASKED_FOR)


def asked_for(uow: UnitOfWork, account_id: str, product: str) -> bool:
    """Whether the account's owner has an open request for the product: then its seat stays."""
    owner = people.linked_to(uow, account_id)
    if owner is not None and access_requests.open_of(uow, owner.id, product) is not None:
        return True
    # Before the first grant nobody is linked: then it is the account that was found by their address.
    return access_requests.open_about(uow, account_id, product)


def is_exempt(uow: UnitOfWork, account_id: str, product: str) -> bool:
    """Whether somebody asked that the seat be left alone, and it is not over: until that is decided, nobody takes it."""
    exemption = exemptions.open_of(uow, account_id, product)
    return exemption is not None and (exemption.status is ExemptionStatus.ASKED or exemption.until > uow.now)


def begin(uow: UnitOfWork, removals: Mapping[str, Removal], *, job: Job, seconds: int) -> bool:
    """
    Store what is going to be taken, by reclaim id, before the first write of any of them; whether it was.

    All of one account together, so that each snapshot tells what was there before anything was taken, or none: when one of them was
    stopped, called off, asked for or to be left alone meanwhile, the others were planned together with it. *seconds* is how long the
    job's write may take effect after its answer is lost.
    """
    locked = lock_with_plans(uow, removals)
    if not all(reclaim is not None and _may_begin(uow, reclaim) for reclaim in locked):
        return False
    for reclaim in locked:
        if reclaim is not None:
            _begin(uow, reclaim, removal=removals[reclaim.id])
    outbox.settle(uow, job, seconds=seconds)
    # The others, of another plan perhaps, have their turn later; but nothing is given to the account before they end.
    outbox.hasten(uow, kind=TakeSeat.kind, subject=job.subject, sure=True)
    return True


def _may_begin(uow: UnitOfWork, reclaim: Reclaim) -> bool:
    if reclaim.status is not ReclaimStatus.APPROVED or is_called_off(uow, reclaim):
        return False
    seat = (reclaim.account_id, reclaim.product)
    return not asked_for(uow, *seat) and not is_exempt(uow, *seat)


def _begin(uow: UnitOfWork, reclaim: Reclaim, *, removal: Removal) -> None:
    reclaims.move(uow, reclaim.id, source=ReclaimStatus.APPROVED, target=ReclaimStatus.TAKING, removal=removal.to_json())
    # Lists: the trail takes texts of at most 200 characters, which is five ids of groups.
    groups = [group.id for group in removal.snapshot.groups]
    roles = [ref.role for ref in removal.snapshot.roles]
    facts: dict[str, Any] = {name: value for name, value in (("groups", groups), ("roles", roles)) if value}
    uow.audit("seat.snapshot", actor=audit_actor(uow, Comeback()), **facts_of(reclaim), **facts)


def go_on(uow: UnitOfWork, reclaim: Reclaim, *, steps_taken: int, of: int) -> None:
    """One step more is taken: the next follows, and after the last one it is read whether the seat is gone."""
    uow.audit("seat.step", actor=audit_actor(uow, Comeback()), reclaim=reclaim.id, product=reclaim.product, step=steps_taken)
    if steps_taken < of:
        enqueue(uow, TakeSeat(reclaim_id=reclaim.id, account_id=reclaim.account_id, step=steps_taken))
        return
    until = last_look(uow.now)
    job = SeeSeatGone(reclaim_id=reclaim.id, account_id=reclaim.account_id, until=until, looks=0)
    enqueue(uow, job, due_at=uow.now + FIRST_LOOK)


def look_again(uow: UnitOfWork, see: SeeSeatGone) -> None:
    """The removal does not show yet."""
    enqueue(uow, replace(see, looks=see.looks + 1), due_at=next_look(uow.now, looks=see.looks))


def record_taken(uow: UnitOfWork, reclaim_id: str) -> None:
    """The seat is free, as read back: its owner is told how to get it back."""
    lock_with_plan(uow, reclaim_id)
    taken = reclaims.move(uow, reclaim_id, source=(ReclaimStatus.TAKING, ReclaimStatus.NEEDS_ATTENTION), target=ReclaimStatus.TAKEN)
    if taken is None:
        return
    uow.audit("seat.reclaimed", actor=audit_actor(uow, Comeback()), **facts_of(taken))
    end_warning(uow, taken, target=WarningStatus.ENDED, code="taken")
    enqueue(uow, TellTaken(reclaim_id=taken.id, news=TAKEN), key=f"seat-tell:{taken.id}:{TAKEN}")
    follow(uow, taken.batch_id)
    wake_queue(uow, taken.product)


def record_kept(
    uow: UnitOfWork,
    reclaim_id: str,
    *,
    code: Kept,
    details: Mapping[str, str] | None = None,
    spare_until: datetime | None = None,
    begun: bool = False,
) -> None:
    """
    Nothing is taken: the seat stays as it is, and its holder is not warned again before *spare_until*.

    A removal that has *begun* is stopped by its own job alone, which knows that nothing of it was written.
    """
    lock_with_plan(uow, reclaim_id)
    source = UNBEGUN_RECLAIMS | {ReclaimStatus.TAKING} if begun else UNBEGUN_RECLAIMS
    kept = _keep(uow, reclaim_id, source=source, code=code, details=details, spare_until=spare_until)
    if kept is not None:
        follow(uow, kept.batch_id)


def keep_member(
    uow: UnitOfWork, reclaim_id: str, *, code: Kept, spare_until: datetime | None = None, drawn_at: datetime | None = None
) -> None:
    """
    Leave the seat of one of many members of a plan, which the caller has locked and follows once afterwards.

    Its holder's message says so at once or at *drawn_at*. Nothing happens when its removal has begun, or it has ended already.
    """
    _keep(uow, reclaim_id, source=UNBEGUN_RECLAIMS, code=code, details=None, spare_until=spare_until, drawn_at=drawn_at)


def _keep(
    uow: UnitOfWork,
    reclaim_id: str,
    *,
    source: Collection[ReclaimStatus],
    code: Kept,
    details: Mapping[str, str] | None,
    spare_until: datetime | None,
    drawn_at: datetime | None = None,
) -> Reclaim | None:
    kept = reclaims.move(uow, reclaim_id, source=source, target=ReclaimStatus.STOPPED, reason_code=code.value, details=details)
    if kept is None:
        return None
    uow.audit("seat.kept", actor=audit_actor(uow, Comeback()), **facts_of(kept), code=code.value)
    if code in _ENDS:
        end_warning(uow, kept, target=_ENDS[code], code=code.value, drawn_at=drawn_at)
    if spare_until is not None:
        seats.keep(uow, kept.account_id, kept.product, spare_until)
    return kept


def end_warning(uow: UnitOfWork, reclaim: Reclaim, *, target: WarningStatus, code: str, drawn_at: datetime | None = None) -> None:
    """The warning that led to the reclaim has served; its message says so, at once or at *drawn_at*."""
    ended = warnings.move(uow, reclaim.warning_id, source=OPEN_WARNINGS, target=target, reason_code=code) if reclaim.warning_id else None
    if ended is not None and ended.ts is not None:
        enqueue(uow, RedrawWarning(warning_id=ended.id), due_at=drawn_at)


def record_stuck(uow: UnitOfWork, reclaim_id: str, *, code: Stuck, details: Mapping[str, str], settings: Settings) -> None:
    """Some of it may be taken, and it does not go on: a human looks, and the channel is told so once."""
    lock_with_plan(uow, reclaim_id)
    stuck = reclaims.move(
        uow, reclaim_id, source=ReclaimStatus.TAKING, target=ReclaimStatus.NEEDS_ATTENTION, reason_code=code.value, details=details
    )
    if stuck is not None:
        uow.audit("seat.needs_attention", actor=audit_actor(uow, Comeback()), **facts_of(stuck), code=code.value)
        facts = {"product": settings.products[stuck.product].name if stuck.product in settings.products else stuck.product}
        alert_channel(uow, settings=settings, news="seat_stuck", facts=facts, once=stuck.id)
        follow(uow, stuck.batch_id)
