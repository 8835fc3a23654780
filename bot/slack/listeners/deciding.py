"""What approvers press. Losers, and those who may not, are told by the use case; a listener only acknowledges."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.actor import SlackPerson
from bot.slack.desk import Desk
from bot.slack.listeners.forms import may_be_approver, only_approvers, subject_of
from bot.slack.opening import open_view
from bot.slack.surfaces import card, modals, notices
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import decisions, settling
from bot.usecases.answers import DecisionAnswer, Gone
from bot.usecases.decisions import Click
from storage.db import UnitOfWork
from storage.lifecycle import Verdict


def register(app: AsyncApp) -> None:
    """Bind the card's buttons and the form behind *Deny*."""
    app.action(card.APPROVE)(approve)
    app.action(card.DENY)(ask_why)
    app.view(modals.DENY)(deny)
    app.action(card.RETRY)(retry)
    app.action(card.CLOSE)(close)


async def approve(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Approve; the click that makes enough of them decides."""
    request_id, channel = card.parse(body), channel_of(body, desk)

    def unit(uow: UnitOfWork) -> DecisionAnswer:
        return decisions.decide(
            uow,
            actor=actor,
            delivery=delivery,
            request_id=request_id,
            verdict=Verdict.APPROVE,
            reason=None,
            approvers=desk.directory.approvers,
            channel=channel,
            settings=desk.settings,
        )

    _say_when_gone(await desk.database.write(unit), body, desk)
    await ack()


async def ask_why(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form that asks for the reason; nothing is decided before it is sent."""
    request_id = card.parse(body)
    if may_be_approver(actor, desk):
        view = modals.deny_form(request_id, about=await subject_of(request_id, desk))
    else:
        view = modals.note(only_approvers())
    if not await open_view(client, trigger_id=str(body["trigger_id"]), view=view):
        desk.asides.say(body, NoticeView(news="deny_again", facts={"request_id": request_id}))
    await ack()


async def deny(ack: AsyncAck, view: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Deny, with the reason that the person will read."""
    form = modals.parse_deny(view)
    if not form.reason:
        await ack(response_action="errors", errors={modals.REASON: notices.render(NoticeView(news="no_reason")).text})
        return

    def unit(uow: UnitOfWork) -> DecisionAnswer:
        return decisions.decide(
            uow,
            actor=actor,
            delivery=delivery,
            request_id=form.request_id,
            verdict=Verdict.DENY,
            reason=form.reason,
            approvers=desk.directory.approvers,
            channel=desk.settings.admin_channel,
            settings=desk.settings,
        )

    if isinstance(await desk.database.write(unit), Gone):
        await ack(response_action="update", view=modals.note(notices.render(NoticeView(news="gone"))))
        return
    await ack()


async def retry(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Send a request that needed attention on its way again."""
    click = _click(body, actor, desk)
    answer = await desk.database.write(lambda uow: settling.retry(uow, click, delivery=delivery, settings=desk.settings))
    _say_when_gone(answer, body, desk)
    await ack()


async def close(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Close a request that nothing can be done for."""
    click = _click(body, actor, desk)
    _say_when_gone(await desk.database.write(lambda uow: settling.close(uow, click, delivery=delivery)), body, desk)
    await ack()


def _click(body: Mapping[str, Any], actor: SlackPerson, desk: Desk) -> Click:
    return Click(actor=actor, request_id=card.parse(body), approvers=desk.directory.approvers, channel=channel_of(body, desk))


def channel_of(body: Mapping[str, Any], desk: Desk) -> str:
    """Where the click was made, so that the answer is whispered there; the admin channel when it was no channel."""
    container = body.get("container") or {}
    return str(container.get("channel_id") or (body.get("channel") or {}).get("id") or desk.settings.admin_channel)


def _say_when_gone(answer: DecisionAnswer, body: Mapping[str, Any], desk: Desk) -> None:
    if isinstance(answer, Gone):
        desk.asides.say(body, NoticeView(news="gone"))
