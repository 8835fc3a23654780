"""Plans: proposed, posted once, listed in their thread, and redrawn whole whenever they have moved on."""

from datetime import timedelta

import structlog

from bot.effects.kit import Kit
from bot.effects.outcome import Again, Done, Outcome
from bot.effects.posting import LOOK_AT_CHANNEL, posted_before
from bot.figures.listing import csv_bytes
from bot.idle.plan_view import Holder, PlanView
from bot.jobs.plans import CarryOut, ExpirePlan, ListPlan, PostPlan, ProposePlan, RedrawPlan
from bot.slack.errors import SlackRefused
from bot.slack.messenger import Posted
from bot.slack.surfaces import plan
from bot.usecases import batches as usecases
from bot.usecases import members, notes, proposing
from bot.usecases.plan_reading import holders_of, view_of
from bot.usecases.steps import enqueue
from storage import batches
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus
from storage.records import Job

WHILE_CARRIED_OUT = timedelta(minutes=1)
LISTED = 2
"""From so many people on the list is worth a file."""

log = structlog.get_logger()


async def propose_plan(_: Job, payload: ProposePlan, kit: Kit) -> Outcome:
    """Make the plan that is due, or in mode `plan` the week's picture."""
    del payload
    if await kit.database.read(members.unfinished):
        # Whoever stands in a plan that is over is free for this one when their turn has come.
        return Again(due_at=kit.now() + WHILE_CARRIED_OUT, fact=members.resume)
    make = proposing.propose if kit.settings.idle.mode == "reclaim" else proposing.show
    return Done(fact=lambda uow: make(uow, settings=kit.settings))


async def expire_plan(_: Job, payload: ExpirePlan, kit: Kit) -> Outcome:
    """End the plan, when nobody decided it."""
    return Done(fact=lambda uow: usecases.expire(uow, payload.batch_id, settings=kit.settings))


async def carry_out_plan(_: Job, payload: CarryOut, kit: Kit) -> Outcome:
    """What was decided about the plan, for its next members."""
    return Done(fact=lambda uow: members.go_on(uow, payload, settings=kit.settings))


async def post_plan(job: Job, payload: PostPlan, kit: Kit) -> Outcome:
    """Post the plan, unless an earlier attempt did."""
    view = await kit.database.read(lambda uow: view_of(uow, payload.batch_id, kit.settings))
    if view is None or view.batch.card_ts is not None or _is_over(view):
        return Done()
    try:
        if await kit.admin_channel.is_shared(payload.channel):
            return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
        earlier = await posted_before(job, payload.channel, kit)
        posted = earlier or await kit.messenger.post(payload.channel, plan.render(view), job_id=job.id)
    except SlackRefused as error:
        log.error("plan.not_posted", batch=payload.batch_id, code=error.code)
        return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
    drawn = -1 if earlier else view.batch.version
    return Done(fact=lambda uow: _record_posted(uow, payload.batch_id, posted=posted, drawn=drawn))


def _record_posted(uow: UnitOfWork, batch_id: str, *, posted: Posted, drawn: int) -> None:
    batches.card_posted(uow, batch_id, channel=posted.channel, ts=posted.ts, version=drawn)
    enqueue(uow, ListPlan(batch_id=batch_id, channel=posted.channel), key=f"plan-list:{batch_id}")
    _redraw_if_moved(uow, batch_id, drawn=drawn)


def _redraw_if_moved(uow: UnitOfWork, batch_id: str, *, drawn: int) -> None:
    batch = batches.get(uow, batch_id)
    if batch is not None and batch.version != drawn:
        enqueue(uow, RedrawPlan(batch_id=batch_id))


def _is_over(view: PlanView) -> bool:
    """Whether nobody can decide it any more, before it could be shown; what mode `plan` pictures was never to be decided."""
    return view.batch.status is not BatchStatus.PROPOSED and not view.figures.dry


async def redraw_plan(_: Job, payload: RedrawPlan, kit: Kit) -> Outcome:
    """Draw the plan as it now stands; nothing to do when it was drawn so already, or has no card yet."""
    view = await kit.database.read(lambda uow: view_of(uow, payload.batch_id, kit.settings))
    if view is None or view.batch.card_ts is None or view.batch.card_channel is None or view.batch.card_version == view.batch.version:
        return Done()
    if await kit.admin_channel.is_shared(view.batch.card_channel):
        return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
    try:
        await kit.messenger.update(view.batch.card_channel, view.batch.card_ts, plan.render(view))
    except SlackRefused as error:
        code = error.code
        return Done(fact=lambda uow: notes.plan_not_drawn(uow, payload.batch_id, code=code))
    drawn = view.batch.version
    return Done(fact=lambda uow: _record_drawn(uow, payload.batch_id, drawn=drawn))


def _record_drawn(uow: UnitOfWork, batch_id: str, *, drawn: int) -> None:
    batches.card_drawn(uow, batch_id, version=drawn)
    _redraw_if_moved(uow, batch_id, drawn=drawn)


async def list_plan(job: Job, payload: ListPlan, kit: Kit) -> Outcome:
    """Upload the whole list into the plan's thread, where it has more than a name or two."""
    batch = await kit.database.read(lambda uow: batches.get(uow, payload.batch_id))
    if batch is None or batch.card_ts is None or await kit.admin_channel.is_shared(payload.channel):
        return Done()
    holders = await kit.database.read(lambda uow: holders_of(uow, batch, kit.settings))
    if len(holders) < LISTED or await posted_before(job, payload.channel, kit, thread_ts=batch.card_ts):
        return Done()
    try:
        await kit.messenger.upload(
            payload.channel,
            name=f"idle-seats-changed-{payload.edits}.csv" if payload.edits else "idle-seats.csv",
            content=listed_seats(holders),
            title=f"{len(holders)} idle seats" + (", as changed" if payload.edits else ""),
            alt_text="The list of the idle seats of this plan, longest idle first",
            job_id=job.id,
            thread_ts=batch.card_ts,
        )
    except SlackRefused as error:
        # Without the scope for files the plan is as good as ever; `comeback doctor` names the scope.
        log.error("plan.not_listed", batch=payload.batch_id, code=error.code)
    return Done()


def listed_seats(holders: tuple[Holder, ...]) -> bytes:
    """A CSV with a line for each seat, in the order given."""
    rows = (
        (one.name, one.email, one.product, one.last_active_at.date().isoformat() if one.last_active_at else "never", one.account_id)
        for one in holders
    )
    return csv_bytes(("name", "email", "product", "last used", "account id"), rows)
