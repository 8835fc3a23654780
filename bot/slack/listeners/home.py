"""Somebody opened the Home tab."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.actor import SlackPerson
from bot.slack.desk import Desk
from bot.usecases import homes


def register(app: AsyncApp) -> None:
    """Bind the opening of the tab."""
    app.event("app_home_opened")(opened)


async def opened(event: dict[str, Any], actor: SlackPerson | None, delivery: str, desk: Desk) -> None:
    """Leave the drawing to the outbox; the Messages tab of the same app reports its openings too, and needs none."""
    if event.get("tab") == "messages" or actor is None:
        return
    await desk.database.write(lambda uow: homes.opened(uow, actor=actor, delivery=delivery))
