"""Who we are in Slack: asked once at start, so that no request has to ask within its three seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import system_now
from bot.slack.calls import answer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Our workspace (and its enterprise, on Grid) and our app in it; `url` is the workspace's address, empty when it is not known."""

    team_id: str
    enterprise_id: str | None
    app_id: str
    bot_user_id: str
    bot_id: str
    url: str = ""

    def link_to(self, channel: str, ts: str) -> str | None:
        """
        The address of a message, as `chat.getPermalink` gives it (seen November 2026), made without a call for each.

        None where Slack did not tell the workspace's own address.
        """
        return f"{self.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}" if self.url else None


async def read_team(client: AsyncWebClient, *, now: Callable[[], datetime] = system_now) -> Team:
    """What the bot token belongs to; raises SlackError, SlackTokenRejected when it belongs to nothing."""
    auth = await answer_of(client.auth_test(), method="auth.test", write=False, now=now)
    bot_id = str(auth["bot_id"])
    info = await answer_of(client.bots_info(bot=bot_id), method="bots.info", write=False, now=now)
    return Team(
        team_id=str(auth["team_id"]),
        enterprise_id=auth.get("enterprise_id") or None,
        app_id=str(info["bot"]["app_id"]),
        url=str(auth.get("url") or ""),
        bot_user_id=str(auth["user_id"]),
        bot_id=bot_id,
    )
