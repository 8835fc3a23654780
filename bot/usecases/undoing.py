"""Undo: what a reclaim took is put back, for one person or a whole plan, and what is recorded of each step."""

from collections.abc import Collection
from dataclasses import replace

from atlassian.removal import Removal
from atlassian.steps import Step, settle_seconds
from bot.actor import Comeback
from bot.codes import NotUndone
from bot.idle.plan_figures import ASKED, UNDONE, UNDONE_IN_PART, Deed, PlanFigures
from bot.jobs.plans import RedrawPlan
from bot.jobs.seats import GIVEN_BACK, SeeSeatBack, TellTaken, UndoSeat
from bot.settings import Settings
from bot.usecases.alerts import alert_channel
from bot.usecases.batches import deed_of, on_plan, too_late, whisper
from bot.usecases.held import BY_UNDO, record_return
from bot.usecases.members import carry_out, others
from bot.usecases.plan_answers import Moved, PlanAnswer, PlanClick
from bot.usecases.progress import follow, lock_with_plan, note_undo, undo_is_asked
from bot.usecases.showing import FIRST_LOOK, last_look, next_look
from bot.usecases.steps import audit_actor, enqueue
from storage import batches, outbox, people, reclaims, seats
from storage.db import UnitOfWork
from storage.lifecycle import HOLDING_RECLAIMS, BatchStatus
from storage.records import Job, Reclaim
from storage.seat_records import Batch


def undo_all(uow: UnitOfWork, click: PlanClick, *, delivery: str, settings: Settings) -> PlanAnswer:
    """Put back every seat that the plan took and still holds; what it has not begun yet stays."""

    def then(uow: UnitOfWork, click: PlanClick, batch: Batch) -> PlanAnswer:
        moved = batches.move(uow, batch.id, source=(BatchStatus.APPROVED, BatchStatus.DONE), target=BatchStatus.UNDOING)
        if moved is None:
            return too_late(uow, click, batch)
        held = _others(uow, click, [member for member in reclaims.of_batch(uow, batch.id) if member.status in HOLDING_RECLAIMS])
        uow.audit("batch.undo", actor=audit_actor(uow, click.actor), batch=batch.id, members=len(held))
        _note_asked(uow, moved, held, deed=deed_of(uow, click, what=UNDONE))
        carry_out(uow, moved, settings=settings)
        enqueue(uow, RedrawPlan(batch_id=batch.id))
        return Moved(batch=moved)

    return on_plan(uow, click, delivery=delivery, then=then)


def undo_some(uow: UnitOfWork, click: PlanClick, *, delivery: str, reclaim_ids: Collection[str]) -> PlanAnswer:
    """Put back the seats of these reclaims of the plan."""

    def then(uow: UnitOfWork, click: PlanClick, batch: Batch) -> PlanAnswer:
        members = reclaims.of_batch(uow, batch.id)
        chosen = _others(uow, click, [one for one in members if one.id in reclaim_ids and one.status in HOLDING_RECLAIMS])
        if not chosen:
            return too_late(uow, click, batch)
        for member in chosen:
            uow.audit("seat.undo", actor=audit_actor(uow, click.actor), reclaim=member.id, product=member.product, batch=batch.id)
        _note_asked(uow, batch, chosen, deed=deed_of(uow, click, what=UNDONE_IN_PART))
        for member in chosen:
            go_on(uow, member)
        whisper(uow, click, "undo_queued")
        enqueue(uow, RedrawPlan(batch_id=batch.id))
        return Moved(batch=batch)

    return on_plan(uow, click, delivery=delivery, then=then)


def _others(uow: UnitOfWork, click: PlanClick, members: list[Reclaim]) -> list[Reclaim]:
    return others(members, than=people.find_or_add(uow, team_id=click.actor.team_id, slack_id=click.actor.slack_id))


def _note_asked(uow: UnitOfWork, batch: Batch, members: Collection[Reclaim], *, deed: Deed) -> None:
    figures = PlanFigures.from_json(batch.figures).with_undo({member.id: ASKED for member in members}).with_deed(deed)
    batches.note(uow, batch.id, figures=figures.to_json())


def put_back_beside(uow: UnitOfWork, reclaim: Reclaim, *, group_id: str) -> tuple[Reclaim, ...]:
    """Those of the same account that hold this group and a direct role, and whose undo was asked for and has not ended."""
    others = (one for one in reclaims.beside(uow, reclaim) if one.status in HOLDING_RECLAIMS)
    return tuple(one for one in others if _holds_role_and(group_id, one) and undo_is_asked(uow, one))


def _holds_role_and(group_id: str, reclaim: Reclaim) -> bool:
    snapshot = Removal.from_json(reclaim.removal or {}).snapshot
    return bool(snapshot.roles) and any(group.id == group_id for group in snapshot.groups)


def start(uow: UnitOfWork, reclaim: Reclaim, *, job: Job, step: Step) -> bool:
    """Store the intent before the write is sent; False when the seat is its owner's again already."""
    current = reclaims.lock(uow, reclaim.id)
    if current is None or current.status not in HOLDING_RECLAIMS:
        return False
    outbox.settle(uow, job, seconds=settle_seconds(step))
    uow.audit("seat.undo_step", actor=audit_actor(uow, Comeback()), reclaim=reclaim.id, product=reclaim.product, step=step.kind)
    return True


def look_back(uow: UnitOfWork, reclaim: Reclaim, *, steps_left: int) -> None:
    """The write was accepted: look, from a second from now, whether it shows."""
    until = last_look(uow.now)
    job = SeeSeatBack(reclaim_id=reclaim.id, account_id=reclaim.account_id, steps_left=steps_left, until=until, looks=0)
    enqueue(uow, job, due_at=uow.now + FIRST_LOOK)


def look_again(uow: UnitOfWork, see: SeeSeatBack) -> None:
    """The write does not show yet."""
    enqueue(uow, replace(see, looks=see.looks + 1), due_at=next_look(uow.now, looks=see.looks))


def go_on(uow: UnitOfWork, reclaim: Reclaim) -> None:
    """A part of it is put back next."""
    enqueue(uow, UndoSeat(reclaim_id=reclaim.id, account_id=reclaim.account_id))


def record_undone(uow: UnitOfWork, reclaim_id: str) -> None:
    """The seat is as it was before it was taken, as read back: its grace begins, and its owner is told."""
    reclaim = lock_with_plan(uow, reclaim_id)
    if reclaim is None or reclaim.status not in HOLDING_RECLAIMS:
        return
    record_return(uow, reclaim.account_id, reclaim.product, how=BY_UNDO)
    seats.given(uow, reclaim.account_id, reclaim.product)
    if reclaim.taken_at is not None:
        enqueue(uow, TellTaken(reclaim_id=reclaim.id, news=GIVEN_BACK), key=f"seat-tell:{reclaim.id}:{GIVEN_BACK}")


def record_not_undone(uow: UnitOfWork, reclaim_id: str, *, code: NotUndone, settings: Settings) -> None:
    """The seat could not be put back, and nobody tries any more: the plan says so, and so does a word to the channel."""
    reclaim = lock_with_plan(uow, reclaim_id)
    if reclaim is None or reclaim.status not in HOLDING_RECLAIMS:
        return
    uow.audit("seat.not_undone", actor=audit_actor(uow, Comeback()), reclaim=reclaim.id, product=reclaim.product, code=code.value)
    note_undo(uow, reclaim, code.value)
    follow(uow, reclaim.batch_id)
    facts = {"account": reclaim.account_id}
    alert_channel(uow, settings=settings, news=f"undo_failed.{code.value}", facts=facts, once=f"{reclaim.id}:{uow.new_id()}")
