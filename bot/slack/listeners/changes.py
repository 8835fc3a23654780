"""Slack says that people or user groups changed: what we know about approvers may be old."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import Desk


def register(app: AsyncApp) -> None:
    """Bind the two events; either can come late or twice, and the directory reads the truth itself."""
    app.event("user_change")(changed)
    app.event("subteam_members_changed")(changed)


async def changed(event: dict[str, Any], desk: Desk) -> None:
    """Read the approvers anew if it is about one of them."""
    desk.directory.hint(event)
