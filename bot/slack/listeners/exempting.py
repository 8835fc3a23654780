"""Asking that a seat be left alone, and what approvers say to it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.actor import SlackPerson
from bot.jobs.exemptions import FileExemption
from bot.slack.desk import Desk
from bot.slack.listeners.deciding import channel_of
from bot.slack.listeners.forms import LOOK_SECONDS, may_be_approver, only_approvers
from bot.slack.opening import open_view
from bot.slack.surfaces import away_forms, exemption, modals, notices, own_seats, warning
from bot.slack.surfaces.away_forms import AwayForm
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import exemptions as usecases
from bot.usecases import wishes
from bot.usecases.answers import Gone
from bot.usecases.exemptions import ExemptionAnswer, Moved, Verdict
from storage import exemptions, warnings
from storage.db import UnitOfWork
from storage.errors import StorageError
from storage.seat_records import SeatWarning

_END_OF_DAY = time(23, 59)

log = structlog.get_logger()


def register(app: AsyncApp) -> None:
    """Bind the buttons that open the form, the form, and the card's buttons."""
    app.action(warning.AWAY)(ask_for_warned)
    app.action(own_seats.BE_AWAY)(ask_for_any)
    app.action(exemption.AGAIN)(ask_again)
    app.view(away_forms.ASK)(submit)
    app.action(exemption.WITHDRAW)(withdraw)
    app.action(exemption.AGREE)(agree)
    app.action(exemption.REFUSE)(ask_why)
    app.view(away_forms.REFUSE)(refuse)


async def ask_for_warned(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form about the seat of a warning; whether it is theirs is asked when the form is sent."""
    warning_id = warning.parse(body)
    found = await _look(desk, lambda uow: warnings.get(uow, warning_id))
    product = desk.settings.products.get(found.product) if found and found.slack_id == actor.slack_id else None
    view = away_forms.about_warning(warning_id, product=product.name if product else None, today=_today(desk).date())
    await _open(client, body, desk, view)
    await ack()


async def ask_for_any(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form from Home."""
    products = desk.settings.products
    await _open(client, body, desk, away_forms.about_any(products, owner=actor.slack_id, product=None, today=_today(desk).date()))
    await ack()


async def ask_again(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form with the product of an earlier exemption filled in."""
    exemption_id, products = exemption.parse(body), desk.settings.products
    found = await _look(desk, lambda uow: exemptions.get(uow, exemption_id))
    product = found.product if found else None
    await _open(client, body, desk, away_forms.about_any(products, owner=actor.slack_id, product=product, today=_today(desk).date()))
    await ack()


async def _look(desk: Desk, work: Any) -> Any:
    """What the database says, None when it says nothing in time: the form matters more than a name in it."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await desk.database.read(work)
    except (TimeoutError, StorageError) as error:
        log.warning("form.nameless", error=type(error).__name__)
        return None


async def _open(client: AsyncWebClient, body: Mapping[str, Any], desk: Desk, view: View) -> None:
    if not await open_view(client, trigger_id=str(body["trigger_id"]), view=view):
        desk.asides.say(body, NoticeView(news="form_failed"))


async def submit(ack: AsyncAck, view: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Leave the wish to a job, which finds out whose seat it is; a private message follows."""
    form = away_forms.parse_ask(view)
    until = _until(form, desk)
    errors = {} if until else {away_forms.UNTIL: _text("exemption.bad_date")}
    errors |= {} if form.reason else {modals.REASON: _text("no_reason")}
    if errors or until is None:
        await ack(response_action="errors", errors=errors)
        return
    warned = await desk.database.read(lambda uow: _warned(uow, form, actor))
    product, owner = (warned.product, actor.slack_id) if warned else (form.product, form.owner)
    if product not in desk.settings.products or not owner:
        await ack(response_action="update", view=modals.note(notices.render(NoticeView(news="exemption.gone"))))
        return
    job = FileExemption(
        team_id=actor.team_id,
        slack_id=actor.slack_id,
        owner_slack_id=owner,
        product=product,
        until=until.isoformat(),
        reason=form.reason,
        warning_id=warned.id if warned else None,
    )
    await desk.database.write(lambda uow: wishes.wish(uow, job, delivery=delivery))
    await ack()


def _warned(uow: UnitOfWork, form: AwayForm, actor: SlackPerson) -> SeatWarning | None:
    """The warning that the form answers, if it is this person's."""
    found = warnings.get(uow, form.warning_id) if form.warning_id else None
    return found if found is not None and found.slack_id == actor.slack_id else None


def _until(form: AwayForm, desk: Desk) -> datetime | None:
    """The end of the chosen day by our wall clock; None for a day that can't be chosen."""
    today = _today(desk)
    if form.until is None or not timedelta(0) < form.until - today.date() <= wishes.LONGEST:
        return None
    return datetime.combine(form.until, _END_OF_DAY, tzinfo=today.tzinfo)


def _today(desk: Desk) -> datetime:
    return desk.directory.now().astimezone(ZoneInfo(desk.settings.timezone))


def _text(news: str) -> str:
    return notices.render(NoticeView(news=news)).text


async def withdraw(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Take the wish back, as long as nobody has decided it."""
    exemption_id = exemption.parse(body)
    answer = await desk.database.write(lambda uow: usecases.withdraw(uow, actor=actor, delivery=delivery, exemption_id=exemption_id))
    news = "exemption.withdrawn" if isinstance(answer, Moved) else "exemption.gone" if isinstance(answer, Gone) else "exemption.over"
    desk.asides.say(body, NoticeView(news=news), replace=isinstance(answer, Moved))
    await ack()


async def agree(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Leave the seat alone until that day; the first click decides."""
    verdict = Verdict(actor=actor, exemption_id=exemption.parse(body), agrees=True, channel=channel_of(body, desk))
    if isinstance(await _decide(verdict, delivery, desk), Gone):
        desk.asides.say(body, NoticeView(news="exemption.gone"))
    await ack()


async def ask_why(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form that asks for the reason; nothing is decided before it is sent."""
    may = may_be_approver(actor, desk)
    await _open(client, body, desk, away_forms.refuse_form(exemption.parse(body)) if may else modals.note(only_approvers()))
    await ack()


async def refuse(ack: AsyncAck, view: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Refuse, with the reason that the person will read."""
    exemption_id, words = away_forms.parse_refuse(view)
    if not words:
        await ack(response_action="errors", errors={modals.REASON: _text("no_reason")})
        return
    verdict = Verdict(actor=actor, exemption_id=exemption_id, agrees=False, channel=desk.settings.admin_channel, words=words)
    if isinstance(await _decide(verdict, delivery, desk), Gone):
        await ack(response_action="update", view=modals.note(notices.render(NoticeView(news="exemption.gone"))))
        return
    await ack()


async def _decide(verdict: Verdict, delivery: str, desk: Desk) -> ExemptionAnswer:
    approvers = desk.directory.approvers
    return await desk.database.write(lambda uow: usecases.decide(uow, verdict, delivery=delivery, approvers=approvers))
