"""Exemptions: whose seat it is, the card, the news, and the end."""

from dataclasses import replace

import structlog

from bot.effects.kit import Kit
from bot.effects.looking import offered
from bot.effects.outcome import Again, Done, Fact, GivenUp, Outcome
from bot.effects.posting import LOOK_AT_CHANNEL, posted_before
from bot.jobs.exemptions import (
    AnswerWish,
    EndExemption,
    ExemptionNews,
    FileExemption,
    PostExemption,
    RedrawExemption,
    RedrawWish,
    TellExemption,
)
from bot.policy import PersonKind, Profile, may_ask
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import exemption as surface
from bot.slack.surfaces import notices
from bot.slack.surfaces.exemption import ExemptionView
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import exemption_cards as cards
from bot.usecases import exemptions as usecases
from bot.usecases import wishes
from storage import exemptions, people, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import ExemptionStatus
from storage.records import Job

log = structlog.get_logger()


async def file_exemption(_: Job, payload: FileExemption, kit: Kit) -> Outcome:
    """Look who asks, and whose seat it is; then the card follows, or a sentence why not."""
    product = offered(kit.settings, payload.product)
    facts = {"product": product.name, "command": product.command, "owner": "you"}
    account_id = await kit.database.read(lambda uow: _warned_account(uow, payload))
    if account_id is not None:
        known = account_id
        return Done(fact=lambda uow: wishes.file(uow, payload, account_id=known, settings=kit.settings, facts=facts))
    asker = await kit.directory.profile(payload.slack_id)
    # Whose address is not confirmed may still ask: an approver decides, and reads who it is.
    if asker.kind is not PersonKind.MEMBER:
        refusal = may_ask(asker, email_domains=())
        code = f"refused.{refusal.value}" if refusal else "exemption.no_seat"
        return _not_filed(payload, code, facts)
    is_own = payload.owner_slack_id == payload.slack_id
    owner = asker if is_own else await kit.directory.profile(payload.owner_slack_id)
    found = await kit.database.read(lambda uow: _account_of(uow, payload, owner))
    if found is None:
        return _not_filed(payload, "exemption.no_seat", facts if is_own else {**facts, "owner": owner.name or "them"})
    return Done(fact=lambda uow: wishes.file(uow, payload, account_id=found, settings=kit.settings, facts=facts))


def _warned_account(uow: UnitOfWork, payload: FileExemption) -> str | None:
    """The account that the answered warning is about, where the person who was warned asks for themselves."""
    warning = warnings.get(uow, payload.warning_id) if payload.warning_id else None
    if warning is None or warning.product != payload.product:
        return None
    is_theirs = payload.slack_id == payload.owner_slack_id == warning.slack_id
    return warning.account_id if is_theirs else None


def _account_of(uow: UnitOfWork, payload: FileExemption, owner: Profile) -> str | None:
    """The account whose seat it is: the linked one, or else the only one that has the owner's confirmed address and nobody else's link."""
    person = people.find(uow, team_id=payload.team_id, slack_id=payload.owner_slack_id)
    if person is not None and person.account_id is not None:
        return person.account_id if seats.get(uow, person.account_id, payload.product) else None
    if not owner.email or owner.email_confirmed is False:
        return None
    found = seats.with_email(uow, payload.product, owner.email)
    if len(found) != 1 or people.linked_to(uow, found[0].account_id) is not None:
        return None
    return found[0].account_id


def _not_filed(payload: FileExemption, news: str, facts: dict[str, str]) -> Done:
    return Done(fact=lambda uow: wishes.refuse_wish(uow, payload, news=news, facts=facts))


def filing_given_up(payload: FileExemption, kit: Kit, *, why: GivenUp) -> Fact:
    """Slack did not say who they are: they are told that nothing was saved."""
    del kit, why
    return lambda uow: wishes.refuse_wish(uow, payload, news="busy", facts={})


async def answer_wish(job: Job, payload: AnswerWish, kit: Kit) -> Outcome:
    """Say why nothing was filed, once."""
    message = notices.render(NoticeView(news=payload.news, facts=payload.facts))
    await _message(job, kit, slack_id=payload.slack_id, message=message, mark=job.id)
    return Done()


async def tell_exemption(job: Job, payload: TellExemption, kit: Kit) -> Outcome:
    """Send one piece of news, once, unless it is news no more."""
    view = await kit.database.read(lambda uow: _view(uow, payload.exemption_id, kit, reader=payload.slack_id, words=payload.words))
    news = ExemptionNews(payload.news)
    if view is None or (news is ExemptionNews.ENDS_SOON and view.exemption.status is not ExemptionStatus.ACTIVE):
        return Done()
    mark = _wish_mark(payload.exemption_id) if news is ExemptionNews.ASKED else job.id
    await _message(job, kit, slack_id=payload.slack_id, message=surface.tell(view, news), mark=mark)
    return Done()


def _wish_mark(exemption_id: str) -> str:
    """By what the message that a wish was filed is found again, when it is to be redrawn."""
    return f"wish:{exemption_id}"


async def redraw_wish(job: Job, payload: RedrawWish, kit: Kit) -> Outcome:
    """Draw the message to whoever asked as things stand; one that is not found, or that Slack does not change any more, stays."""
    del job
    view = await kit.database.read(lambda uow: _view(uow, payload.exemption_id, kit))
    if view is None:
        return Done()
    view = replace(view, reader=view.asker)
    try:
        channel = await kit.messenger.open_dm(view.asker)
        found = await kit.messenger.find(channel, job_id=_wish_mark(payload.exemption_id), oldest=view.exemption.asked_at)
        if found is not None:
            await kit.messenger.update(found.channel, found.ts, surface.tell(view, ExemptionNews.ASKED))
    except SlackRefused as error:
        log.warning("exemption.wish_not_drawn", exemption=payload.exemption_id, code=error.code)
    return Done()


async def _message(job: Job, kit: Kit, *, slack_id: str, message: Message, mark: str) -> None:
    try:
        channel = await kit.messenger.open_dm(slack_id)
        if await posted_before(job, channel, kit, mark=mark) is None:
            await kit.messenger.post(channel, message, job_id=mark)
    except SlackRefused as error:
        # They have left, or take no messages: nobody waits for this one.
        log.warning("exemption.not_told", job=job.id, code=error.code)


async def post_exemption(job: Job, payload: PostExemption, kit: Kit) -> Outcome:
    """Post the card, unless an earlier attempt did."""
    view = await kit.database.read(lambda uow: _view(uow, payload.exemption_id, kit))
    if view is None or view.exemption.card_ts is not None:
        return Done()
    try:
        if await kit.admin_channel.is_shared(payload.channel):
            return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
        earlier = await posted_before(job, payload.channel, kit, mark=job.id)
        posted = earlier or await kit.messenger.post(payload.channel, surface.render(view), job_id=job.id)
    except SlackRefused as error:
        log.error("exemption.not_posted", exemption=payload.exemption_id, code=error.code)
        return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
    drawn = -1 if earlier else view.exemption.version
    return Done(fact=lambda uow: cards.record_posted(uow, payload.exemption_id, channel=posted.channel, ts=posted.ts, drawn=drawn))


async def redraw_exemption(_: Job, payload: RedrawExemption, kit: Kit) -> Outcome:
    """Draw the card as the exemption now stands; nothing to do when it was drawn so already, or has no card yet."""
    view = await kit.database.read(lambda uow: _view(uow, payload.exemption_id, kit))
    if view is None or view.exemption.card_ts is None or view.exemption.card_channel is None:
        return Done()
    if view.exemption.card_version == view.exemption.version:
        return Done()
    if await kit.admin_channel.is_shared(view.exemption.card_channel):
        return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
    try:
        await kit.messenger.update(view.exemption.card_channel, view.exemption.card_ts, surface.render(view))
    except SlackRefused as error:
        code = error.code
        return Done(fact=lambda uow: cards.note_not_drawn(uow, payload.exemption_id, code=code))
    drawn = view.exemption.version
    return Done(fact=lambda uow: cards.record_drawn(uow, payload.exemption_id, drawn=drawn))


async def end_exemption(_: Job, payload: EndExemption, kit: Kit) -> Outcome:
    """End it on its day."""
    del kit
    return Done(fact=lambda uow: usecases.end(uow, payload.exemption_id))


def _view(uow: UnitOfWork, exemption_id: str, kit: Kit, *, reader: str | None = None, words: str | None = None) -> ExemptionView | None:
    exemption = exemptions.get(uow, exemption_id)
    if exemption is None:
        return None
    seat = seats.get(uow, exemption.account_id, exemption.product)
    return ExemptionView(
        exemption=exemption,
        product=offered(kit.settings, exemption.product),
        owner=people.get(uow, exemption.owner_id).slack_id,
        asker=people.get(uow, exemption.asked_by).slack_id,
        decider=people.get(uow, exemption.decided_by).slack_id if exemption.decided_by else None,
        last_used=seat.last_active_at if seat else None,
        reader=reader,
        words=words,
        now=uow.now,
    )
