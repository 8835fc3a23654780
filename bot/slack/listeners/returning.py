"""*Ask for it back*: the owner of a seat that was taken files the usual request for it."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.actor import SlackPerson
from bot.slack.desk import Desk
from bot.slack.surfaces import taken
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import requests
from bot.usecases.answers import AlreadyOpen, FilingAnswer, TooMany
from storage import reclaims
from storage.db import UnitOfWork
from storage.records import AccessRequest


def register(app: AsyncApp) -> None:
    """Bind the button of the message."""
    app.action(taken.ASK_BACK)(ask_back)


async def ask_back(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """File a request for the presser's own seat, whoever's message it was; a private message follows, or it says why not."""
    reclaim_id = taken.parse(body)

    def unit(uow: UnitOfWork) -> FilingAnswer | None:
        reclaim = reclaims.get(uow, reclaim_id)
        if reclaim is None or reclaim.product not in desk.settings.products:
            return None
        product = reclaim.product
        return requests.file(uow, actor=actor, delivery=delivery, product=product, reason=taken.REASON, settings=desk.settings, via="modal")

    answer = await desk.database.write(unit)
    news = {type(None): "no_product", AlreadyOpen: "already_open", TooMany: "refused.too_many"}.get(type(answer))
    if news is not None:
        request = answer.request if isinstance(answer, AlreadyOpen) else None
        desk.asides.say(body, _about(news, request, desk))
    await ack()


def _about(news: str, request: AccessRequest | None, desk: Desk) -> NoticeView:
    return NoticeView(news=news, request=request, product=desk.settings.products.get(request.product) if request else None)
