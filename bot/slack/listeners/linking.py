"""*Link an existing account*: an approver says whose account it is. A job looks for it, links it, and has the request looked at anew."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.actor import SlackPerson
from bot.slack.desk import Desk
from bot.slack.listeners.forms import may_be_approver, only_approvers, subject_of
from bot.slack.opening import open_view
from bot.slack.surfaces import card, modals, notices
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import linking
from bot.usecases.answers import Gone, LinkAnswer
from bot.usecases.linking import Call
from storage.db import UnitOfWork


def register(app: AsyncApp) -> None:
    """Bind the card's button and the form behind it."""
    app.action(card.LINK)(ask_which)
    app.view(modals.LINK)(link)


async def ask_which(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form that asks for the account; nothing is linked before it is sent."""
    request_id = card.parse(body)
    if may_be_approver(actor, desk):
        view = modals.link_form(request_id, about=await subject_of(request_id, desk))
    else:
        view = modals.note(only_approvers())
    if not await open_view(client, trigger_id=str(body["trigger_id"]), view=view):
        desk.asides.say(body, NoticeView(news="link_again", facts={"request_id": request_id}))
    await ack()


async def link(ack: AsyncAck, view: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Have the account looked for; what comes of it is whispered in the admin channel, as a form has no other place."""
    form = modals.parse_link(view)
    if form.account is None:
        await ack(response_action="errors", errors={modals.REASON: notices.render(NoticeView(news="no_account_named")).text})
        return
    account, call = form.account, Call(actor=actor, request_id=form.request_id, channel=desk.settings.admin_channel)

    def unit(uow: UnitOfWork) -> LinkAnswer:
        return linking.ask(uow, call, delivery=delivery, account=account, approvers=desk.directory.approvers)

    if isinstance(await desk.database.write(unit), Gone):
        await ack(response_action="update", view=modals.note(notices.render(NoticeView(news="gone"))))
        return
    await ack()
