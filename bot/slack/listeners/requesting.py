"""Asking for access: the commands, the form, and taking a request back."""

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.actor import SlackPerson
from bot.settings import Product, Settings
from bot.slack.desk import Desk
from bot.slack.opening import open_view
from bot.slack.replies import as_ack
from bot.slack.surfaces import card, modals, notices, status
from bot.slack.surfaces.markup import plain
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.notices import NoticeView
from bot.slack.surfaces.status import StatusRow
from bot.usecases import homes, requests
from bot.usecases.answers import AlreadyOpen, CancelAnswer, Cancelled, FilingAnswer, Seen, TooMany
from storage import access_requests, decisions
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest

ANY_PRODUCT = "/request-access"
LONGEST_REASON = 1000


def register(app: AsyncApp, settings: Settings) -> None:
    """Bind every product's command, the form and its buttons."""
    for command in (ANY_PRODUCT, *(product.command for product in settings.products.values())):
        app.command(command)(ask)
    app.view(modals.FILE)(submit)
    app.action(re.compile(rf"^{re.escape(notices.OPEN_FORM)}(\.|$)"))(open_form)
    app.action(status.CANCEL)(take_back)
    app.action("link.open")(acknowledge)


async def ask(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext, desk: Desk, client: AsyncWebClient) -> None:
    """`/request-jira planning` files at once; alone it opens the form; `status` and `help` are words only when they stand alone."""
    actor, delivery = context["actor"], context["delivery"]
    product, text = _product_of(command, desk), typed(command)
    match text.lower():
        case "help":
            await ack(as_ack(status.render_help(product, products=desk.settings.products)))
        case "status":
            await ack(as_ack(await _status(desk, actor)))
        case _ if product is None or not text:
            named, reason = (product.key, text) if product else named_in(text, desk.settings.products)
            view = modals.request_form(desk.settings.products, product=product.key if product else None, chosen=named, reason=reason)
            opened = await open_view(client, trigger_id=str(command["trigger_id"]), view=view)
            await (ack() if opened else ack(as_ack(notices.render(NoticeView(news="open_form", product=product)))))
        case _:
            answer = await _file(desk, actor=actor, delivery=delivery, product=product, reason=text, via="command")
            await ack(as_ack(_answer(answer, product)))


def typed(command: Mapping[str, Any]) -> str:
    """What the person typed; Slack sends `&`, `<` and `>` as entities."""
    text = str(command.get("text") or "")
    words = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()[:LONGEST_REASON]
    return words if plain(words) else ""


def named_in(text: str, products: Mapping[str, Product]) -> tuple[str | None, str]:
    """The key of the product that *text* begins with, by its key or its name, and the rest; None and all of it when there is none."""
    called = {word.casefold(): key for key, product in products.items() for word in (key, key.replace("_", "-"), product.name)}
    for word in sorted(called, key=len, reverse=True):
        if re.match(rf"{re.escape(word)}(?![\w-])", text, re.IGNORECASE):
            return called[word], text[len(word) :].lstrip(" ,:;.-")
    return None, text


def _product_of(command: Mapping[str, Any], desk: Desk) -> Product | None:
    return next((product for product in desk.settings.products.values() if product.command == command["command"]), None)


async def _status(desk: Desk, actor: SlackPerson) -> Message:
    rows = await desk.database.read(lambda uow: tuple(_row(uow, request) for request in requests.of_person(uow, actor=actor)))
    return status.render_status(rows, products=desk.settings.products)


def _row(uow: UnitOfWork, request: AccessRequest) -> StatusRow:
    """The request with what its own status makes worth a look: who denied it, or how long the queue is."""
    denied, waits = request.status is RequestStatus.DENIED, request.status is RequestStatus.WAITING
    return StatusRow(
        request=request,
        decision=decisions.latest(uow, request.id) if denied else None,
        queue_position=access_requests.queue_position(uow, request.id) if waits else None,
    )


async def _file(desk: Desk, *, actor: SlackPerson, delivery: str, product: Product, reason: str, via: str) -> FilingAnswer:
    return await desk.database.write(
        lambda uow: requests.file(uow, actor=actor, delivery=delivery, product=product.key, reason=reason, settings=desk.settings, via=via)
    )


def _answer(answer: FilingAnswer, product: Product) -> Message:
    match answer:
        case TooMany():
            view = NoticeView(news="refused.too_many", product=product)
        case AlreadyOpen():
            view = NoticeView(news="already_open", product=product, request=answer.request)
        case Seen(request=None):
            view = NoticeView(news="seen", product=product)
        case _:
            view = NoticeView(news="filed", product=product, request=answer.request)
    return notices.render(view)


async def submit(ack: AsyncAck, view: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """The form was sent: the window closes and a private message follows, or it says why not."""
    form = modals.parse_request(view)
    product = desk.settings.products.get(form.product)
    if product is None:
        await ack(response_action="update", view=modals.note(notices.render(NoticeView(news="no_product"))))
        return
    if not form.reason:
        await ack(response_action="errors", errors={modals.REASON: notices.render(NoticeView(news="no_reason")).text})
        return
    answer = await _file(desk, actor=actor, delivery=delivery, product=product, reason=form.reason[:LONGEST_REASON], via="modal")
    if isinstance(answer, AlreadyOpen | TooMany):
        await ack(response_action="update", view=modals.note(_answer(answer, product)))
        return
    await ack()


async def open_form(ack: AsyncAck, body: dict[str, Any], desk: Desk, client: AsyncWebClient) -> None:
    """A button that opens the form; its trigger is fresh, so it mostly does."""
    product = desk.settings.products.get(card.parse(body))
    view = modals.request_form(desk.settings.products, product=product.key if product else None)
    if not await open_view(client, trigger_id=str(body["trigger_id"]), view=view):
        desk.asides.say(body, NoticeView(news="form_failed"))
    await ack()


async def take_back(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Take a request back, from the status list or from Home, which is then drawn anew."""
    request_id = card.parse(body)

    def unit(uow: UnitOfWork) -> CancelAnswer:
        answer = requests.cancel(uow, actor=actor, delivery=delivery, request_id=request_id)
        homes.opened(uow, actor=actor, delivery=f"{delivery}:home")
        return answer

    answer = await desk.database.write(unit)
    request = answer.request
    product = desk.settings.products.get(request.product) if request else None
    news = "cancelled" if isinstance(answer, Cancelled) else "not_cancelled"
    desk.asides.say(body, NoticeView(news=news, request=request, product=product), replace=isinstance(answer, Cancelled))
    await ack()


async def acknowledge(ack: AsyncAck) -> None:
    """A button that only opened an address: Slack reports the click all the same."""
    await ack()
