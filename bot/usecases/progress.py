"""How a plan goes on as its members do: its end, and its card, which is drawn at most once in ten seconds."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.actor import Comeback
from bot.idle.plan_figures import ASKED, PlanFigures
from bot.jobs.plans import RedrawPlan
from bot.usecases.steps import audit_actor, enqueue
from storage import batches, reclaims
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus, ReclaimStatus
from storage.records import Reclaim
from storage.seat_records import Batch

REDRAW_EVERY = timedelta(seconds=10)
"""Slack takes 50 redraws a minute of the whole workspace: a plan of 200 may not use them up."""

_UNDER_WAY = (ReclaimStatus.PLANNED, ReclaimStatus.APPROVED, ReclaimStatus.TAKING)


def lock_with_plan(uow: UnitOfWork, reclaim_id: str) -> Reclaim | None:
    """The reclaim, locked, and its plan before it: so the last two members to end see each other, and nobody waits in a circle."""
    found = reclaims.get(uow, reclaim_id)
    if found is not None and found.batch_id is not None:
        batches.lock(uow, found.batch_id)
    return reclaims.lock(uow, reclaim_id)


def lock_with_plans(uow: UnitOfWork, reclaim_ids: Iterable[str]) -> list[Reclaim | None]:
    """Several reclaims, locked, in the order of their ids, and before the first of them all their plans, in the order of theirs."""
    in_order = sorted(reclaim_ids)
    found = [reclaims.get(uow, reclaim_id) for reclaim_id in in_order]
    for batch_id in sorted({one.batch_id for one in found if one is not None and one.batch_id is not None}):
        batches.lock(uow, batch_id)
    return [reclaims.lock(uow, reclaim_id) for reclaim_id in in_order]


def is_called_off(uow: UnitOfWork, reclaim: Reclaim) -> bool:
    """Whether the reclaim's plan was undone: what has not begun does not begin any more, even before its own turn to end."""
    batch = batches.get(uow, reclaim.batch_id) if reclaim.batch_id is not None else None
    return batch is not None and batch.status in (BatchStatus.UNDOING, BatchStatus.UNDONE)


def follow(uow: UnitOfWork, batch_id: str | None) -> None:
    """A member has moved: the plan is over when it was the last, and its card is drawn anew."""
    if batch_id is None:
        return
    batches.touch(uow, batch_id)
    batch = batches.get(uow, batch_id)
    if batch is None or _end(uow, batch):
        enqueue(uow, RedrawPlan(batch_id=batch_id))
        return
    turn = int(uow.now.timestamp() // REDRAW_EVERY.total_seconds()) + 1
    due_at = datetime.fromtimestamp(turn * REDRAW_EVERY.total_seconds(), UTC)
    enqueue(uow, RedrawPlan(batch_id=batch_id), due_at=due_at, key=f"plan-redraw:{batch_id}:{turn}")


def _end(uow: UnitOfWork, batch: Batch) -> bool:
    """Whether the plan ended by what its members did."""
    counts = reclaims.counts_of_batch(uow, batch.id)
    if any(counts[status] for status in _UNDER_WAY):
        return False
    if batch.status is BatchStatus.APPROVED:
        return _move(uow, batch, target=BatchStatus.DONE, members=counts[ReclaimStatus.TAKEN])
    if batch.status is BatchStatus.UNDOING and not undo_under_way(uow, batch):
        return _move(uow, batch, target=BatchStatus.UNDONE, members=counts[ReclaimStatus.RETURNED])
    return False


def _move(uow: UnitOfWork, batch: Batch, *, target: BatchStatus, members: int) -> bool:
    if batches.move(uow, batch.id, source=batch.status, target=target) is None:
        return False
    uow.audit(f"batch.{target.value}", actor=audit_actor(uow, Comeback()), batch=batch.id, members=members)
    return True


def undo_under_way(uow: UnitOfWork, batch: Batch) -> bool:
    """Whether seats of the plan are still to be put back."""
    asked = (reclaim_id for reclaim_id, word in PlanFigures.from_json(batch.figures).undo.items() if word == ASKED)
    return not reclaims.holding_of_batch(uow, batch.id).isdisjoint(asked)


def undo_is_asked(uow: UnitOfWork, reclaim: Reclaim) -> bool:
    """Whether this seat is to be put back, and nobody has said yet how that ended."""
    return reclaim.id in undos_asked(uow, [reclaim])


def undos_asked(uow: UnitOfWork, members: Iterable[Reclaim]) -> frozenset[str]:
    """The ids of all reclaims, in the plans of *members*, that are to be put back and of which nobody has said yet how that ended."""
    plans = [batches.get(uow, batch_id) for batch_id in sorted({one.batch_id for one in members if one.batch_id is not None})]
    figures = (PlanFigures.from_json(batch.figures) for batch in plans if batch is not None)
    return frozenset(reclaim_id for one in figures for reclaim_id, word in one.undo.items() if word == ASKED)


def note_undo(uow: UnitOfWork, reclaim: Reclaim, word: str) -> None:
    """Write down how the undo of this member stands, for the card; the plan is locked."""
    batch = batches.get(uow, reclaim.batch_id) if reclaim.batch_id else None
    if batch is not None:
        figures = PlanFigures.from_json(batch.figures).with_undo({reclaim.id: word})
        batches.note(uow, batch.id, figures=figures.to_json())
