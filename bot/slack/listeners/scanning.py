"""What approvers press below the question about a long list; others, and those who are late, are told by the use case."""

from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.actor import SlackPerson
from bot.slack.desk import Desk
from bot.slack.listeners.deciding import channel_of
from bot.slack.surfaces import scan_card
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import held_scans
from bot.usecases.held_scans import Click
from storage.db import UnitOfWork


def register(app: AsyncApp) -> None:
    """Bind the two buttons."""
    app.action(scan_card.RELEASE)(release)
    app.action(scan_card.LEAVE)(leave)


async def release(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Let exactly this list go on."""
    await _answer(held_scans.release, body, actor=actor, delivery=delivery, desk=desk)
    await ack()


async def leave(ack: AsyncAck, body: dict[str, Any], actor: SlackPerson, delivery: str, desk: Desk) -> None:
    """Leave the list alone."""
    await _answer(held_scans.leave, body, actor=actor, delivery=delivery, desk=desk)
    await ack()


async def _answer(
    answer: Callable[[UnitOfWork, Click], bool], body: dict[str, Any], *, actor: SlackPerson, delivery: str, desk: Desk
) -> None:
    click = Click(
        actor=actor,
        delivery=delivery,
        scan_id=scan_card.parse(body),
        channel=channel_of(body, desk),
        ts=str((body.get("container") or {}).get("message_ts") or ""),
        approvers=desk.directory.approvers,
    )
    if not await desk.database.write(lambda uow: answer(uow, click)):
        desk.asides.say(body, NoticeView(news="gone"))
