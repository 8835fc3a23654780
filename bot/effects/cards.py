"""The approval card: posted once, and redrawn whole from the database whenever the request has moved on."""

import structlog

from bot.effects.costs import cost_of, prices_of
from bot.effects.kit import Kit
from bot.effects.looking import first_state_of, offered, state_of, with_link
from bot.effects.outcome import Again, Done, Outcome
from bot.effects.posting import LOOK_AT_CHANNEL, posted_before
from bot.effects.putting_back import put_back_of
from bot.jobs.requests import BumpCard, PostCard, RedrawCard
from bot.slack.errors import SlackRefused
from bot.slack.messenger import Posted
from bot.slack.surfaces import card, notices
from bot.slack.surfaces.card import CardView
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import notes, requests
from bot.usecases.alerts import alert_channel
from bot.usecases.steps import enqueue
from storage import access_requests, decisions, findings
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import Job

GONE = "message_not_found"
"""Slack's word for a message that was deleted."""

log = structlog.get_logger()


async def card_view(kit: Kit, request_id: str) -> CardView | None:
    """All that the card shows, from one read; None when there is no such request."""
    return await kit.database.read(lambda uow: _view(uow, kit, request_id))


def _view(uow: UnitOfWork, kit: Kit, request_id: str) -> CardView | None:
    request = access_requests.get(uow, request_id)
    if request is None:
        return None
    finding = findings.of(uow, request_id)
    product, back = with_link(offered(kit.settings, request.product), finding), put_back_of(finding)
    return CardView(
        request=request,
        product=product,
        decisions=decisions.of(uow, request_id),
        policy=decisions.policy_of(uow, request_id),
        state=first_state_of(finding) if request.status is RequestStatus.GRANTED else state_of(finding),
        trouble=finding.body.get("trouble") if finding else None,
        back=back,
        cost=cost_of(product, back=back, finding=finding, settings=kit.settings, now=uow.now),
        prices=prices_of(kit.settings),
        seats_left=finding.body.get("seats_left") if finding else None,
        seats_roughly=bool(finding and finding.body.get("seats_roughly")),
        queue_position=access_requests.queue_position(uow, request_id),
        earlier_denials=access_requests.denied_of(uow, request.person_id, request.product),
        product_names={product.resource: product.name for product in kit.settings.products.values()},
        now=uow.now,
    )


async def post_card(job: Job, payload: PostCard, kit: Kit) -> Outcome:
    """Post the card, unless an earlier attempt did: Slack has no idempotency key, so a repeated post looks for its own first."""
    view = await card_view(kit, payload.request_id)
    if view is None or view.request.card_ts is not None:
        return Done()
    try:
        if await kit.admin_channel.is_shared(payload.channel):
            return Again(due_at=kit.now() + LOOK_AT_CHANNEL, fact=lambda uow: _say_shared(uow, kit))
        earlier = await posted_before(job, payload.channel, kit)
        posted = earlier or await kit.messenger.post(payload.channel, card.render(view), job_id=job.id)
    except SlackRefused as error:
        return _not_posted(job, payload, kit, code=error.code)
    drawn = -1 if earlier else view.request.version
    return Done(fact=lambda uow: _record_posted(uow, payload.request_id, posted=posted, drawn=drawn))


def _not_posted(job: Job, payload: PostCard, kit: Kit, *, code: str) -> Outcome:
    """Archived, gone, or without the bot: somebody mends the channel, and then the card is posted. It is written down once."""
    due_at = kit.now() + LOOK_AT_CHANNEL
    log.error("card.not_posted", request=payload.request_id, code=code)
    if due_at - job.created_at > 2 * LOOK_AT_CHANNEL:
        return Again(due_at=due_at)
    return Again(due_at=due_at, fact=lambda uow: notes.not_posted(uow, payload.request_id, code=code))


def _say_shared(uow: UnitOfWork, kit: Kit) -> None:
    alert_channel(uow, settings=kit.settings, news="channel_shared", facts={}, once=uow.now.date().isoformat())


def _record_posted(uow: UnitOfWork, request_id: str, *, posted: Posted, drawn: int) -> None:
    access_requests.card_posted(uow, request_id, channel=posted.channel, ts=posted.ts, version=drawn)
    _redraw_if_moved(uow, request_id, drawn=drawn)


def _redraw_if_moved(uow: UnitOfWork, request_id: str, *, drawn: int) -> None:
    request = access_requests.get(uow, request_id)
    if request is not None and request.version != drawn:
        enqueue(uow, RedrawCard(request_id=request_id))


async def redraw_card(job: Job, payload: RedrawCard, kit: Kit) -> Outcome:
    """Draw the card as the request now stands; nothing to do when it was drawn so already, or has no card yet."""
    del job
    view = await card_view(kit, payload.request_id)
    if view is None or view.request.card_ts is None or view.request.card_channel is None:
        return Done()
    if view.request.card_version == view.request.version:
        return Done()
    if await kit.admin_channel.is_shared(view.request.card_channel):
        return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
    try:
        await kit.messenger.update(view.request.card_channel, view.request.card_ts, card.render(view))
    except SlackRefused as error:
        code = error.code
        return _gone(payload, kit) if code == GONE else Done(fact=lambda uow: notes.not_drawn(uow, payload.request_id, code=code))
    drawn = view.request.version
    return Done(fact=lambda uow: _record_drawn(uow, payload.request_id, drawn=drawn))


def _record_drawn(uow: UnitOfWork, request_id: str, *, drawn: int) -> None:
    access_requests.card_drawn(uow, request_id, version=drawn)
    _redraw_if_moved(uow, request_id, drawn=drawn)


def _gone(payload: RedrawCard | BumpCard, kit: Kit) -> Outcome:
    """Somebody deleted the card: while it is the only place where they can decide, it is posted once more."""
    return Done(fact=lambda uow: requests.show_card_again(uow, payload.request_id, channel=kit.settings.admin_channel, code=GONE))


async def bump_card(job: Job, payload: BumpCard, kit: Kit) -> Outcome:
    """Remind the channel, in the card's thread, while the request still waits for a decision."""
    view = await card_view(kit, payload.request_id)
    if view is None or view.request.status is not RequestStatus.PENDING or view.request.card_ts is None:
        return Done()
    if await kit.admin_channel.is_shared(payload.channel) or await posted_before(job, payload.channel, kit, thread_ts=view.request.card_ts):
        return Done()
    if not await kit.messenger.is_there(payload.channel, view.request.card_ts):
        return _gone(payload, kit)
    message = notices.render(NoticeView(news="bump", request=view.request, product=view.product, now=view.now))
    await kit.messenger.post(payload.channel, message, job_id=job.id, thread_ts=view.request.card_ts)
    return Done()
