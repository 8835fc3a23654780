"""
What a plan's decision does to its members: to the first of them in its own unit, to the others in jobs.

A decision is one moment, however long the plan is: neither whoever presses nor anybody who presses meanwhile waits for thousands of seats.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.codes import Kept
from bot.idle.plan_figures import ASKED, UNDONE, PlanFigures
from bot.idle.rules import keep_until, rules_of
from bot.jobs.base import SLACK_UPDATE
from bot.jobs.plans import CarryOut
from bot.jobs.seats import SeeSeatGone, TakeSeat, UndoSeat
from bot.settings import Settings
from bot.usecases import reclaims as usecases
from bot.usecases.progress import follow
from bot.usecases.steps import enqueue
from storage import batches, outbox, pacing, people, reclaims
from storage.db import UnitOfWork
from storage.lifecycle import HOLDING_RECLAIMS, UNBEGUN_RECLAIMS, BatchStatus, ReclaimStatus
from storage.records import ERASED, Person, Reclaim
from storage.seat_records import Batch

AT_ONCE = 50
"""Members in one unit: each takes up to ten statements, of a millisecond each where the database is across a network."""
CALLS_FOR_A_SEAT = TakeSeat.turns + SeeSeatGone.turns
BETWEEN_REDRAWS = timedelta(seconds=2 * pacing.DEFAULTS[SLACK_UPDATE])
"""Between the messages of a refused plan's people that are drawn anew: half of the pace is left to the cards of admins."""

_WAITING: Mapping[BatchStatus, Collection[ReclaimStatus]] = {
    BatchStatus.APPROVED: (ReclaimStatus.PLANNED,),
    BatchStatus.REFUSED: (ReclaimStatus.PLANNED,),
    BatchStatus.EXPIRED: (ReclaimStatus.PLANNED,),
    BatchStatus.UNDOING: UNBEGUN_RECLAIMS,
}
"""Where a member still stands whose turn has not come, by what was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """The next members of a plan that was decided: those whose ids come `after`, of whom so many had their turn `before`."""

    batch: Batch
    after: str
    before: int
    settings: Settings

    def members(self, uow: UnitOfWork) -> Sequence[Reclaim]:
        """The members as they now are, by their ids."""
        return reclaims.page_of_batch(uow, self.batch.id, after=self.after, limit=AT_ONCE)


def carry_out(uow: UnitOfWork, batch: Batch, *, settings: Settings, after: str = "", before: int = 0) -> None:
    """
    Do what the plan's status asks for to the members whose ids come *after*, as many as one unit bears; a job goes on with the others.

    The caller has locked the plan. *before* is how many members had their turn already.
    """
    turn = _Turn(batch=batch, after=after, before=before, settings=settings)
    members = turn.members(uow)
    _DEEDS[batch.status](uow, turn, members)
    if len(members) == AT_ONCE:
        enqueue(uow, CarryOut(batch_id=batch.id, status=batch.status.value, after=members[-1].id, before=before + AT_ONCE))


def go_on(uow: UnitOfWork, job: CarryOut, *, settings: Settings) -> None:
    """The next members' turn, unless the plan was decided anew meanwhile: that began again with the first of them."""
    batch = batches.lock(uow, job.batch_id)
    if batch is not None and batch.status.value == job.status:
        carry_out(uow, batch, settings=settings, after=job.after, before=job.before)


def unfinished(uow: UnitOfWork) -> tuple[Batch, ...]:
    """The recent plans whose decision has not come to all of their members."""
    decided = ((batch, _WAITING.get(batch.status, ())) for batch in batches.list_recent(uow))
    return tuple(batch for batch, waiting in decided if waiting and _count(uow, batch, waiting))


def _count(uow: UnitOfWork, batch: Batch, statuses: Collection[ReclaimStatus]) -> int:
    counts = reclaims.counts_of_batch(uow, batch.id)
    return sum(counts[status] for status in statuses)


def resume(uow: UnitOfWork) -> None:
    """Begin anew with the members of each unfinished plan that nobody goes on with; who had their turn has none again."""
    for batch in unfinished(uow):
        job = CarryOut(batch_id=batch.id, status=batch.status.value, after="", before=0)
        if not outbox.is_unfinished(uow, subject=job.subject):
            enqueue(uow, job)


def _approve(uow: UnitOfWork, turn: _Turn, members: Sequence[Reclaim]) -> None:
    """Each seat is taken in its time, after a last look; an approver's own is not theirs to give, and stays."""
    batch, planned = turn.batch, _planned(members)
    approver = people.get(uow, batch.decided_by) if batch.decided_by else None
    own = [one for one in planned if approver is not None and one.account_id == approver.account_id]
    begins = batch.decided_at or uow.now
    for number, member in enumerate((one for one in planned if one not in own), start=turn.before):
        usecases.approve(uow, member.id, due_at=begins + number * _spacing(turn.settings))
    for member in own:
        usecases.keep_member(uow, member.id, code=Kept.PROTECTED)
    if own:
        follow(uow, batch.id)


def _planned(members: Iterable[Reclaim]) -> list[Reclaim]:
    return [member for member in members if member.status is ReclaimStatus.PLANNED]


def _spacing(settings: Settings) -> timedelta:
    """Between two seats of a plan: it leaves half of Atlassian's pace to people who wait for theirs."""
    return timedelta(seconds=2 * CALLS_FOR_A_SEAT / settings.atlassian_per_second)


def _refuse(uow: UnitOfWork, turn: _Turn, members: Sequence[Reclaim]) -> None:
    spared = keep_until(uow.now, rules=rules_of(turn.settings.idle))
    for number, member in enumerate(_planned(members), start=turn.before):
        drawn_at = uow.now + number * BETWEEN_REDRAWS
        usecases.keep_member(uow, member.id, code=Kept.REFUSED, spare_until=spared, drawn_at=drawn_at)


def _expire(uow: UnitOfWork, _: _Turn, members: Sequence[Reclaim]) -> None:
    for member in _planned(members):
        usecases.keep_member(uow, member.id, code=Kept.EXPIRED)


def _undo(uow: UnitOfWork, turn: _Turn, members: Sequence[Reclaim]) -> None:
    """What has not begun is called off, and what the plan holds is put back."""
    for member in members:
        if member.status in UNBEGUN_RECLAIMS:
            usecases.keep_member(uow, member.id, code=Kept.CALLED_OFF)
    # Read only now: a removal may have begun before its turn to be called off came, as an older release asks no plan.
    held = [member for member in turn.members(uow) if member.status in HOLDING_RECLAIMS]
    figures = _with_all(uow, turn.batch.id, held)
    for member in others(held, than=None):
        if figures.undo.get(member.id) == ASKED:
            enqueue(uow, UndoSeat(reclaim_id=member.id, account_id=member.account_id))
    follow(uow, turn.batch.id)


def _with_all(uow: UnitOfWork, batch_id: str, held: Sequence[Reclaim]) -> PlanFigures:
    """The plan's figures, in which the undo of all that it *held* is asked for, by whoever asked for the whole."""
    batch = batches.get(uow, batch_id)
    figures = PlanFigures.from_json(batch.figures if batch else {})
    by = next((deed.by for deed in reversed(figures.deeds) if deed.what == UNDONE), None)
    missed = [one for one in others(held, than=people.get(uow, by) if by is not None else None) if one.id not in figures.undo]
    if missed:
        figures = figures.with_undo({member.id: ASKED for member in missed})
        batches.note(uow, batch_id, figures=figures.to_json())
    return figures


def others(members: Iterable[Reclaim], *, than: Person | None) -> list[Reclaim]:
    """
    *members* without the seat of whoever asks: nobody decides their own return, so they ask for it like everybody else.

    Nor those of erased people, whose account nobody knows any more.
    """
    own = than.account_id if than is not None else None
    return [member for member in members if not member.account_id.startswith(ERASED) and (own is None or member.account_id != own)]


_DEEDS: Mapping[BatchStatus, Callable[[UnitOfWork, _Turn, Sequence[Reclaim]], None]] = {
    BatchStatus.APPROVED: _approve,
    BatchStatus.REFUSED: _refuse,
    BatchStatus.EXPIRED: _expire,
    BatchStatus.UNDOING: _undo,
}
