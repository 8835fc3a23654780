"""What people press who are asked whether they still need their seat; the message itself shows what comes of it."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.actor import SlackPerson
from bot.slack.desk import Desk
from bot.slack.surfaces import warning as surface
from bot.slack.surfaces.notices import NoticeView
from bot.slack.surfaces.warning import WarningView
from bot.usecases import keeping
from bot.usecases.answers import Gone
from bot.usecases.held import is_back
from bot.usecases.keeping import KeepAnswer, NotYours, Settled, TooLate
from storage import exemptions, seats
from storage.db import UnitOfWork
from storage.seat_records import SeatWarning


def register(app: AsyncApp) -> None:
    """Bind the buttons of a warning, in the message and on Home."""
    app.action(surface.KEEP)(keep)
    app.action(surface.LET_GO)(let_go)


async def keep(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Keep the seat."""
    warning_id = surface.parse(body)

    def unit(uow: UnitOfWork) -> NoticeView | None:
        return _news(uow, keeping.keep(uow, actor=actor, delivery=delivery, warning_id=warning_id, settings=desk.settings), desk)

    _say(await desk.database.write(unit), body, desk)
    await ack()


async def let_go(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Let the seat go."""
    warning_id = surface.parse(body)

    def unit(uow: UnitOfWork) -> NoticeView | None:
        return _news(uow, keeping.let_go(uow, actor=actor, delivery=delivery, warning_id=warning_id), desk)

    _say(await desk.database.write(unit), body, desk)
    await ack()


def _say(news: NoticeView | None, body: dict[str, Any], desk: Desk) -> None:
    if news is not None:
        desk.asides.say(body, news)


def _news(uow: UnitOfWork, answer: KeepAnswer, desk: Desk) -> NoticeView | None:
    """Why a click changed nothing; one that did is seen in the message."""
    match answer:
        case NotYours():
            return NoticeView(news="warning.not_yours")
        case Gone():
            return NoticeView(news="warning.gone")
        case TooLate(warning=warning):
            return NoticeView(news="warning.too_late", product=desk.settings.products.get(warning.product))
        case Settled(warning=warning):
            return NoticeView(news="warning.settled", facts={"standing": _standing(uow, warning, desk)})
        case _:
            return None


def _standing(uow: UnitOfWork, warning: SeatWarning, desk: Desk) -> str:
    product, seat = desk.settings.products.get(warning.product), seats.get(uow, warning.account_id, warning.product)
    if product is None:
        return ""
    view = WarningView(
        warning=warning,
        product=product,
        plan_at=warning.plan_at or uow.now,
        now=uow.now,
        keep_days=desk.settings.idle.keep_days,
        kept_until=seat.kept_until if seat else None,
        exemption=exemptions.open_of(uow, warning.account_id, warning.product),
        is_back=is_back(uow, warning),
    )
    return surface.standing(view)
