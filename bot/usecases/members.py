"""
What a plan's decision does to its members: to the first of them in its own unit, to the others in jobs.

A decision is one moment, however long the plan is: neither whoever presses nor anybody who presses meanwhile waits for thousands of seats.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.codes import Kept
from bot.idle.plan_figures import ASKED, UNDONE, PlanFigures
from bot.idle.rules import keep_until, rules_of
from bot.jobs.plans import CarryOut
from bot.jobs.seats import SeeSeatGone, TakeSeat, UndoSeat
from bot.settings import Settings
from bot.usecases import reclaims as usecases
from bot.usecases.progress import follow
from bot.usecases.steps import enqueue
from storage import batches, people, reclaims
from storage.db import UnitOfWork
from storage.lifecycle import UNBEGUN_RECLAIMS, BatchStatus, ReclaimStatus
from storage.records import ERASED, Person, Reclaim
from storage.seat_records import Batch

AT_ONCE = 50
"""Members in one unit: each takes up to ten statements, of a millisecond each where the database is across a network."""
CALLS_FOR_A_SEAT = TakeSeat.turns + SeeSeatGone.turns


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """The next members of a plan that was decided, by their ids, and how many had their turn before."""

    batch: Batch
    members: Sequence[Reclaim]
    before: int
    settings: Settings

    @property
    def planned(self) -> list[Reclaim]:
        """Those that are still to be decided."""
        return [member for member in self.members if member.status is ReclaimStatus.PLANNED]


def carry_out(uow: UnitOfWork, batch: Batch, *, settings: Settings, after: str = "", before: int = 0) -> None:
    """
    Do what the plan's status asks for to the members whose ids come *after*, as many as one unit bears; a job goes on with the others.

    The caller has locked the plan. *before* is how many members had their turn already.
    """
    members = reclaims.page_of_batch(uow, batch.id, after=after, limit=AT_ONCE)
    _DEEDS[batch.status](uow, _Turn(batch=batch, members=members, before=before, settings=settings))
    if len(members) == AT_ONCE:
        enqueue(uow, CarryOut(batch_id=batch.id, status=batch.status.value, after=members[-1].id, before=before + AT_ONCE))


def go_on(uow: UnitOfWork, job: CarryOut, *, settings: Settings) -> None:
    """The next members' turn, unless the plan was decided anew meanwhile: that began again with the first of them."""
    batch = batches.lock(uow, job.batch_id)
    if batch is not None and batch.status.value == job.status:
        carry_out(uow, batch, settings=settings, after=job.after, before=job.before)


def _approve(uow: UnitOfWork, turn: _Turn) -> None:
    """Each seat is taken in its time, after a last look; an approver's own is not theirs to give, and stays."""
    batch = turn.batch
    approver = people.get(uow, batch.decided_by) if batch.decided_by else None
    own = [one for one in turn.planned if approver is not None and one.account_id == approver.account_id]
    begins = batch.decided_at or uow.now
    for number, member in enumerate((one for one in turn.planned if one not in own), start=turn.before):
        usecases.approve(uow, member.id, due_at=begins + number * _spacing(turn.settings))
    for member in own:
        usecases.keep_member(uow, member.id, code=Kept.PROTECTED)
    if own:
        follow(uow, batch.id)


def _spacing(settings: Settings) -> timedelta:
    """Between two seats of a plan: it leaves half of Atlassian's pace to people who wait for theirs."""
    return timedelta(seconds=2 * CALLS_FOR_A_SEAT / settings.atlassian_per_second)


def _refuse(uow: UnitOfWork, turn: _Turn) -> None:
    for member in turn.planned:
        spare(uow, member, code=Kept.REFUSED, settings=turn.settings)


def spare(uow: UnitOfWork, member: Reclaim, *, code: Kept, settings: Settings) -> None:
    """The seat of a locked plan's member stays, and its holder is left in peace for as long as after a keep."""
    usecases.keep_member(uow, member.id, code=code, spare_until=keep_until(uow.now, rules=rules_of(settings.idle)))


def _expire(uow: UnitOfWork, turn: _Turn) -> None:
    for member in turn.planned:
        usecases.keep_member(uow, member.id, code=Kept.EXPIRED)


def _undo(uow: UnitOfWork, turn: _Turn) -> None:
    """What has not begun is called off, and what the plan holds, as far as somebody asked for it, is put back."""
    waiting = [member for member in turn.members if member.status in UNBEGUN_RECLAIMS]
    # A removal may have begun while its turn to be called off came: then it is put back like the others.
    begun = [member for member in waiting if not usecases.keep_member(uow, member.id, code=Kept.CALLED_OFF)]
    figures = _with_begun(uow, turn.batch.id, begun)
    for member in turn.members:
        if figures.undo.get(member.id) == ASKED:
            enqueue(uow, UndoSeat(reclaim_id=member.id, account_id=member.account_id))
    follow(uow, turn.batch.id)


def _with_begun(uow: UnitOfWork, batch_id: str, begun: Sequence[Reclaim]) -> PlanFigures:
    """The plan's figures as they are, the undo of those that had *begun* asked for too by whoever asked last."""
    batch = batches.get(uow, batch_id)
    figures = PlanFigures.from_json(batch.figures if batch else {})
    if not begun:
        return figures
    by = next((deed.by for deed in reversed(figures.deeds) if deed.what == UNDONE), None)
    asker = people.get(uow, by) if by is not None else None
    figures = figures.with_undo({member.id: ASKED for member in others(begun, than=asker)})
    batches.note(uow, batch_id, figures=figures.to_json())
    return figures


def others(members: Iterable[Reclaim], *, than: Person | None) -> list[Reclaim]:
    """
    *members* without the seat of whoever asks: nobody decides their own return, so they ask for it like everybody else.

    Nor those of erased people, whose account nobody knows any more.
    """
    own = than.account_id if than is not None else None
    return [member for member in members if not member.account_id.startswith(ERASED) and (own is None or member.account_id != own)]


_DEEDS: Mapping[BatchStatus, Callable[[UnitOfWork, _Turn], None]] = {
    BatchStatus.APPROVED: _approve,
    BatchStatus.REFUSED: _refuse,
    BatchStatus.EXPIRED: _expire,
    BatchStatus.UNDOING: _undo,
}
