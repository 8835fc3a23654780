"""Deciding a plan: one click wins by compare-and-set, and only what the plan showed is decided by it."""

from collections.abc import Callable, Collection
from dataclasses import replace

from bot.actor import Comeback
from bot.codes import Kept
from bot.idle.plan_figures import EDITED, Deed, PlanFigures
from bot.idle.rules import keep_until, rules_of
from bot.jobs.notices import Whisper
from bot.jobs.plans import ListPlan, RedrawPlan
from bot.policy import Refusal
from bot.settings import Settings
from bot.usecases import reclaims as usecases
from bot.usecases.answers import Checking, Gone, NotAllowed
from bot.usecases.members import carry_out
from bot.usecases.plan_answers import Moved, PlanAnswer, PlanClick, SeenBefore, TooLate, TurnedOff
from bot.usecases.steps import audit_actor, enqueue
from storage import batches, deliveries, people, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus, ReclaimStatus, WarningStatus
from storage.records import Reclaim
from storage.seat_records import Batch

MOST_NAMED = 50


def on_plan(uow: UnitOfWork, click: PlanClick, *, delivery: str, then: Callable[[UnitOfWork, PlanClick, Batch], PlanAnswer]) -> PlanAnswer:
    """What *then* makes of the locked plan, for an approver on fresh facts; everybody else is told privately why not."""
    if not deliveries.claim(uow, delivery):
        return SeenBefore()
    batch = batches.lock(uow, click.batch_id)
    if batch is None or PlanFigures.from_json(batch.figures).dry:
        return Gone()
    if not click.approvers.fresh(uow.now):
        whisper(uow, click, "press_again")
        return Checking()
    if click.actor.slack_id not in click.approvers.slack_ids:
        uow.audit("batch.refused_click", actor=audit_actor(uow, click.actor), batch=batch.id, code=Refusal.NOT_APPROVER.value)
        whisper(uow, click, Refusal.NOT_APPROVER.value)
        return NotAllowed(refusal=Refusal.NOT_APPROVER)
    return then(uow, click, batch)


def whisper(uow: UnitOfWork, click: PlanClick, news: str) -> None:
    """Tell whoever pressed, where they pressed."""
    enqueue(uow, Whisper(request_id=None, slack_id=click.actor.slack_id, channel=click.channel, news=news))


def too_late(uow: UnitOfWork, click: PlanClick, batch: Batch) -> TooLate:
    """Somebody was faster: they are told, and the card is drawn as it stands."""
    whisper(uow, click, "plan_decided_already")
    enqueue(uow, RedrawPlan(batch_id=batch.id))
    return TooLate(batch=batch)


def approve(uow: UnitOfWork, click: PlanClick, *, delivery: str, settings: Settings) -> PlanAnswer:
    """Take the seats of the plan, each after a last look; an approver's own seat is not theirs to give, and stays."""
    return on_plan(uow, click, delivery=delivery, then=lambda uow, click, batch: _approve(uow, click, batch, settings=settings))


def _approve(uow: UnitOfWork, click: PlanClick, batch: Batch, *, settings: Settings) -> PlanAnswer:
    if settings.idle.mode != "reclaim":
        whisper(uow, click, "plan_turned_off")
        return TurnedOff()
    approver = people.find_or_add(uow, team_id=click.actor.team_id, slack_id=click.actor.slack_id)
    planned = reclaims.counts_of_batch(uow, batch.id)[ReclaimStatus.PLANNED]
    if batch.status is BatchStatus.PROPOSED and batch.due_at is not None and uow.now >= batch.due_at:
        # It ends this moment: from the renewal on, what it takes is paid for.
        return too_late(uow, click, batch)
    if not planned and batch.status is BatchStatus.PROPOSED:
        whisper(uow, click, "plan_is_empty")
        return TooLate(batch=batch)
    if batch.status is BatchStatus.PROPOSED and (batch.card_version or 0) < PlanFigures.from_json(batch.figures).grown_at:
        # The card that was pressed does not name everybody yet.
        whisper(uow, click, "not_seen_yet")
        enqueue(uow, RedrawPlan(batch_id=batch.id))
        return Checking()
    moved = batches.move(uow, batch.id, source=BatchStatus.PROPOSED, target=BatchStatus.APPROVED, decided_by=approver.id)
    if moved is None:
        return too_late(uow, click, batch)
    uow.audit("batch.approved", actor=audit_actor(uow, click.actor), batch=batch.id, members=planned)
    carry_out(uow, moved, settings=settings)
    enqueue(uow, RedrawPlan(batch_id=batch.id))
    return Moved(batch=moved)


def _planned(uow: UnitOfWork, batch: Batch) -> list[Reclaim]:
    """The members that are still to be decided, in the order in which they are locked."""
    members = (member for member in reclaims.of_batch(uow, batch.id) if member.status is ReclaimStatus.PLANNED)
    return sorted(members, key=lambda member: member.id)


def edit(uow: UnitOfWork, click: PlanClick, *, delivery: str, chosen: Collection[str], settings: Settings) -> PlanAnswer:
    """
    Leave members out, by reclaim id, and add seats that nobody could warn, by warning id; the plan still awaits its decision.

    Only what the plan showed: an id of another plan, or a warning that it did not name, changes nothing.
    """

    def then(uow: UnitOfWork, click: PlanClick, batch: Batch) -> PlanAnswer:
        if batch.status is not BatchStatus.PROPOSED:
            return too_late(uow, click, batch)
        out = [member for member in _planned(uow, batch) if member.id in chosen]
        for member in out:
            usecases.keep_member(uow, member.id, code=Kept.LEFT_OUT, spare_until=keep_until(uow.now, rules=rules_of(settings.idle)))
        named = sorted(set(chosen) & set(PlanFigures.from_json(batch.figures).unwarned))
        added = [one for one in (_add(uow, batch, warning_id) for warning_id in named) if one is not None]
        _audit_edit(uow, click, out=out, added=added)
        if out or added:
            _note_edit(uow, click, batch, grown=bool(added))
        batches.touch(uow, batch.id)
        enqueue(uow, RedrawPlan(batch_id=batch.id))
        return Moved(batch=batch)

    return on_plan(uow, click, delivery=delivery, then=then)


def _audit_edit(uow: UnitOfWork, click: PlanClick, *, out: Collection[Reclaim], added: Collection[Reclaim]) -> None:
    uow.audit(
        "batch.edited",
        actor=audit_actor(uow, click.actor),
        batch=click.batch_id,
        left_out=len(out),
        added=len(added),
        left_out_reclaims=_named(out),
        added_reclaims=_named(added),
    )


def _named(members: Collection[Reclaim]) -> list[str]:
    """Which they are; of very many the first, as an entry is read by people."""
    return sorted(member.id for member in members)[:MOST_NAMED]


def _note_edit(uow: UnitOfWork, click: PlanClick, batch: Batch, *, grown: bool) -> None:
    """The card says who changed the plan, and its thread gets the list as it is now."""
    figures = PlanFigures.from_json(batch.figures).with_deed(deed_of(uow, click, what=EDITED))
    figures = replace(figures, grown_at=batch.version + 1) if grown else figures
    batches.note(uow, batch.id, figures=figures.to_json())
    if batch.card_channel is not None:
        enqueue(uow, ListPlan(batch_id=batch.id, channel=batch.card_channel, edits=figures.edits))


def deed_of(uow: UnitOfWork, click: PlanClick, *, what: str) -> Deed:
    """What whoever pressed did to the plan, for its card."""
    return Deed(what=what, by=people.find_or_add(uow, team_id=click.actor.team_id, slack_id=click.actor.slack_id).id, at=uow.now)


def _add(uow: UnitOfWork, batch: Batch, warning_id: str) -> Reclaim | None:
    warning = warnings.lock(uow, warning_id)
    if warning is None or warning.status is not WarningStatus.UNDELIVERABLE:
        return None
    seat = seats.get(uow, warning.account_id, warning.product)
    if seat is None:
        return None
    last_active_at, account_id, product = seat.last_active_at, warning.account_id, warning.product
    return reclaims.plan(
        uow, account_id=account_id, product=product, last_active_at=last_active_at, batch_id=batch.id, warning_id=warning.id
    )


def refuse(uow: UnitOfWork, click: PlanClick, *, delivery: str, reason: str, settings: Settings) -> PlanAnswer:
    """Leave all seats of the plan where they are; nobody of it is asked again for as long as after a keep."""

    def then(uow: UnitOfWork, click: PlanClick, batch: Batch) -> PlanAnswer:
        approver = people.find_or_add(uow, team_id=click.actor.team_id, slack_id=click.actor.slack_id)
        figures = PlanFigures.from_json(batch.figures).with_reason(reason).to_json()
        moved = batches.move(
            uow, batch.id, source=BatchStatus.PROPOSED, target=BatchStatus.REFUSED, decided_by=approver.id, figures=figures
        )
        if moved is None:
            return too_late(uow, click, batch)
        planned = reclaims.counts_of_batch(uow, batch.id)[ReclaimStatus.PLANNED]
        uow.audit("batch.refused", actor=audit_actor(uow, click.actor), batch=batch.id, members=planned)
        carry_out(uow, moved, settings=settings)
        enqueue(uow, RedrawPlan(batch_id=batch.id))
        return Moved(batch=moved)

    return on_plan(uow, click, delivery=delivery, then=then)


def expire(uow: UnitOfWork, batch_id: str, *, settings: Settings) -> None:
    """End a plan that nobody decided in time; its warnings stay open, and while they count the next plan has its seats again."""
    if batches.lock(uow, batch_id) is None:
        return
    moved = batches.move(uow, batch_id, source=BatchStatus.PROPOSED, target=BatchStatus.EXPIRED)
    if moved is None:
        return
    planned = reclaims.counts_of_batch(uow, batch_id)[ReclaimStatus.PLANNED]
    uow.audit("batch.expired", actor=audit_actor(uow, Comeback()), batch=batch_id, members=planned)
    carry_out(uow, moved, settings=settings)
    enqueue(uow, RedrawPlan(batch_id=batch_id))
