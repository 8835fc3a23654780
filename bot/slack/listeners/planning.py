"""What approvers press on a plan, and what the owner of a taken seat does. Losers, and those who may not, are told by the use case."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.actor import SlackPerson
from bot.idle.plan_view import PlanView
from bot.slack.desk import Desk
from bot.slack.listeners.deciding import channel_of
from bot.slack.listeners.forms import LOOK_SECONDS, may_be_approver, only_approvers
from bot.slack.opening import open_view
from bot.slack.surfaces import modals, notices, plan, plan_forms
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import batches, undoing
from bot.usecases.answers import Gone
from bot.usecases.plan_answers import PlanAnswer, PlanClick
from bot.usecases.plan_reading import view_of
from storage.db import UnitOfWork
from storage.errors import StorageError

log = structlog.get_logger()


def register(app: AsyncApp) -> None:
    """Bind the plan's buttons, and the forms behind them."""
    app.action(plan.APPROVE)(approve)
    app.action(plan.UNDO)(undo)
    app.action(plan.EDIT)(open_edit)
    app.action(plan.REFUSE)(open_refuse)
    app.action(plan.UNDO_SOME)(open_undo)
    app.view(plan_forms.EDIT)(edit)
    app.view(plan_forms.REFUSE)(refuse)
    app.view(plan_forms.UNDO_SOME)(undo_some)


async def approve(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Approve; the first click decides."""
    click = _click(plan.parse(body), actor, desk, channel=channel_of(body, desk))
    answer = await desk.database.write(lambda uow: batches.approve(uow, click, delivery=delivery, settings=desk.settings))
    _say_when_gone(answer, body, desk)
    await ack()


async def undo(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Put back everything that the plan took."""
    click = _click(plan.parse(body), actor, desk, channel=channel_of(body, desk))
    answer = await desk.database.write(lambda uow: undoing.undo_all(uow, click, delivery=delivery, settings=desk.settings))
    _say_when_gone(answer, body, desk)
    await ack()


async def open_edit(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form that leaves people out; nothing is changed before it is sent."""
    await _open(body, actor, desk, client, form=plan_forms.edit_form)
    await ack()


async def open_undo(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form that chooses whose seats are put back."""
    await _open(body, actor, desk, client, form=plan_forms.undo_form)
    await ack()


async def open_refuse(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient) -> None:
    """Open the form that asks for the reason."""
    view = plan_forms.refuse_form(plan.parse(body)) if may_be_approver(actor, desk) else modals.note(only_approvers())
    await _show(body, desk, client, view)
    await ack()


async def _open(
    body: Mapping[str, Any], actor: SlackPerson, desk: Desk, client: AsyncWebClient, *, form: Callable[[PlanView], View]
) -> None:
    if not may_be_approver(actor, desk):
        return await _show(body, desk, client, modals.note(only_approvers()))
    shown = await _plan(plan.parse(body), desk)
    if shown is None:
        desk.asides.say(body, NoticeView(news="form_failed"))
        return None
    return await _show(body, desk, client, form(shown))


async def _plan(batch_id: str, desk: Desk) -> PlanView | None:
    """What the form lists; None when our database does not know the plan, or is slow: the trigger lives for three seconds."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await desk.database.read(lambda uow: view_of(uow, batch_id, desk.settings))
    except (TimeoutError, StorageError) as error:
        log.warning("form.without_plan", batch=batch_id, error=type(error).__name__)
        return None


async def _show(body: Mapping[str, Any], desk: Desk, client: AsyncWebClient, view: View) -> None:
    if not await open_view(client, trigger_id=str(body["trigger_id"]), view=view):
        desk.asides.say(body, NoticeView(news="form_failed"))


async def edit(ack: AsyncAck, view: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Leave people out, and add those that nobody could warn."""
    form = plan_forms.parse_chosen(view)
    click = _click(form.batch_id, actor, desk)

    def unit(uow: UnitOfWork) -> PlanAnswer:
        return batches.edit(uow, click, delivery=delivery, chosen=form.ids, settings=desk.settings)

    await _close(ack, await desk.database.write(unit))


async def refuse(ack: AsyncAck, view: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Refuse, with the reason that the plan shows from then on."""
    form = plan_forms.parse_refuse(view)
    if not form.reason:
        await ack(response_action="errors", errors={modals.REASON: notices.render(NoticeView(news="no_reason")).text})
        return
    click = _click(form.batch_id, actor, desk)

    def unit(uow: UnitOfWork) -> PlanAnswer:
        return batches.refuse(uow, click, delivery=delivery, reason=form.reason, settings=desk.settings)

    await _close(ack, await desk.database.write(unit))


async def undo_some(ack: AsyncAck, view: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Put back the seats that were chosen."""
    form = plan_forms.parse_chosen(view)
    click = _click(form.batch_id, actor, desk)

    def unit(uow: UnitOfWork) -> PlanAnswer:
        return undoing.undo_some(uow, click, delivery=delivery, reclaim_ids=form.ids)

    await _close(ack, await desk.database.write(unit))


def _click(batch_id: str, actor: SlackPerson, desk: Desk, *, channel: str | None = None) -> PlanClick:
    where = channel or desk.settings.admin_channel
    return PlanClick(actor=actor, batch_id=batch_id, approvers=desk.directory.approvers, channel=where)


async def _close(ack: AsyncAck, answer: PlanAnswer) -> None:
    """A form has no other place for a sentence than itself."""
    if isinstance(answer, Gone):
        await ack(response_action="update", view=modals.note(notices.render(NoticeView(news="plan_gone"))))
        return
    await ack()


def _say_when_gone(answer: PlanAnswer, body: Mapping[str, Any], desk: Desk) -> None:
    if isinstance(answer, Gone):
        desk.asides.say(body, NoticeView(news="plan_gone"))
