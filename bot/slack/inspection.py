"""What `comeback doctor` asks Slack: only reads, besides one Socket Mode ticket that is never used."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.policy import Profile
from bot.slack.calls import answer_of
from bot.slack.messenger import ChannelFacts, Messenger
from bot.slack.people import read_members, read_person
from bot.slack.team import Team, read_team


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What the bot token is good for; `scopes` is None where Slack does not say."""

    workspace: str
    scopes: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Asks Slack about the app's own standing; all methods raise SlackError."""

    client: AsyncWebClient
    now: Callable[[], datetime]

    async def token(self) -> TokenFacts:
        """The bot token's workspace and scopes."""
        asking = asyncio.ensure_future(self.client.auth_test())
        answer = await answer_of(asking, method="auth.test", write=False, now=self.now)
        headers = {name.lower(): value for name, value in asking.result().headers.items()}
        listed = headers.get("x-oauth-scopes")
        scopes = None if listed is None else frozenset(part.strip() for part in listed.split(",") if part.strip())
        return TokenFacts(workspace=str(answer.get("team") or answer["team_id"]), scopes=scopes)

    async def open_ticket(self, app_token: str) -> None:
        """Return when the app-level token may open a connection; none is opened."""
        call = self.client.apps_connections_open(app_token=app_token)
        await answer_of(call, method="apps.connections.open", write=False, now=self.now)

    async def team(self) -> Team:
        """Who we are."""
        return await read_team(self.client, now=self.now)

    async def channel(self, channel_id: str) -> ChannelFacts:
        """The channel as the bot sees it."""
        return await Messenger(client=self.client, now=self.now).channel(channel_id)

    async def members(self, group_id: str) -> tuple[str, ...] | None:
        """The people of a user group, None when there is no such group."""
        return await read_members(self.client, group_id, now=self.now)

    async def person(self, slack_id: str, *, team: Team) -> Profile:
        """One person; of unknown kind when Slack does not show them to us."""
        return await read_person(self.client, slack_id, team=team, now=self.now)
