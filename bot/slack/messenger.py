"""
Everything that leaves for Slack outside of an ack: one call for each method, and its failure as one of our errors.

Posts carry the id of the job that makes them as metadata, files in their name, so that a repeated job finds what a lost answer left
behind. Any member can read these: they are marks to search for, never a proof of anything.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.metadata import Metadata
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.calls import answer_of
from bot.slack.errors import SlackRefused
from bot.slack.surfaces.message import Message, to_json
from bot.slack.uploads import Upload, Uploads, is_marked

JOB_EVENT = "comeback_job"
CLOCK_SKEW = timedelta(seconds=30)
"""Slack's clock stamps the messages; a search reaches back this much further than ours says."""
PAGE = 100

_UNSEEN = frozenset({"channel_not_found", "not_in_channel", "missing_scope"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a message stands."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """A channel as the bot sees it; `is_shared` means with another company, now or as soon as they accept."""

    exists: bool
    is_member: bool = False
    is_archived: bool = False
    is_shared: bool = False
    is_private: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Messenger:
    """Sends; never retries, waits or paces, which the outbox does. All methods raise SlackError."""

    client: AsyncWebClient
    now: Callable[[], datetime]
    _direct: dict[str, str] = field(default_factory=dict)

    async def post(self, channel: str, message: Message, *, job_id: str, thread_ts: str | None = None) -> Posted:
        """Post *message*; after SlackOutcomeUnknown look with `find` before posting again."""
        answer = await self._send(
            self.client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=to_json(message.blocks),
                thread_ts=thread_ts,
                metadata=Metadata(event_type=JOB_EVENT, event_payload={"job": job_id}),
                unfurl_links=False,
                unfurl_media=False,
            ),
            "chat.postMessage",
        )
        return Posted(channel=str(answer["channel"]), ts=str(answer["ts"]))

    async def upload(
        self,
        channel: str,
        *,
        name: str,
        content: bytes,
        title: str,
        alt_text: str,
        job_id: str,
        message: Message | None = None,
        thread_ts: str | None = None,
    ) -> Posted | None:
        """
        Show a file in *channel* (for a person, the id that `open_dm` gives), below *message*; None while Slack has not told where.

        Slack shares a file only after its answer, so None is the usual success; `find` has the place a few seconds later. Of *message*
        only the blocks are shown, or its text when it has none. Three calls, of which the last can be seen: after SlackOutcomeUnknown
        look with `find` before uploading again; every other failure showed nothing.
        """
        uploads = Uploads(client=self.client, now=self.now)
        staged = await uploads.stage(Upload(name=name, content=content, title=title, alt_text=alt_text, job_id=job_id))
        ts = await uploads.share(staged, title=title, channel=channel, message=message, thread_ts=thread_ts)
        return Posted(channel=channel, ts=ts) if ts else None

    async def find(self, channel: str, *, job_id: str, oldest: datetime, thread_ts: str | None = None) -> Posted | None:
        """What *job_id* posted or uploaded since *oldest*, in the channel or in the thread; None when there is nothing."""
        async for message in self._history(channel, oldest=oldest - CLOCK_SKEW, thread_ts=thread_ts):
            if _is_by(message, job_id):
                return Posted(channel=channel, ts=str(message["ts"]))
        return None

    async def is_there(self, channel: str, ts: str) -> bool:
        """Whether nobody has deleted the message; True as well where the bot may not look."""
        call = self.client.conversations_history(channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1)
        try:
            page = await self._read(call, "conversations.history")
        except SlackRefused as error:
            if error.code in _UNSEEN:
                return True
            raise
        # Of a message that somebody had answered in its thread a stone stays behind.
        return any(message["ts"] == ts and message.get("subtype") != "tombstone" for message in page.get("messages") or ())

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Redraw a message of ours whole; SlackRefused when it can't be redrawn any more, which is a normal end of a message."""
        await self._send(self.client.chat_update(channel=channel, ts=ts, text=message.text, blocks=to_json(message.blocks)), "chat.update")

    async def open_dm(self, slack_id: str) -> str:
        """The channel of our private messages with a person, which never changes."""
        if slack_id not in self._direct:
            answer = await self._send(self.client.conversations_open(users=slack_id), "conversations.open")
            self._direct[slack_id] = str(answer["channel"]["id"])
        return self._direct[slack_id]

    async def whisper(self, channel: str, slack_id: str, message: Message) -> None:
        """Show *message* in *channel* to one member of it; nobody can tell afterwards whether they saw it."""
        await self._send(
            self.client.chat_postEphemeral(channel=channel, user=slack_id, text=message.text, blocks=to_json(message.blocks)),
            "chat.postEphemeral",
        )

    async def publish_home(self, slack_id: str, blocks: tuple[Block, ...]) -> None:
        """Draw a person's Home tab; twice is the same as once."""
        view = View(type="home", blocks=list(blocks)).to_dict()
        await self._send(self.client.views_publish(user_id=slack_id, view=view), "views.publish")

    async def channel(self, channel: str) -> ChannelFacts:
        """What Slack says about a channel; `exists` is false as well for a private one that the bot is not in."""
        try:
            answer = await self._read(self.client.conversations_info(channel=channel), "conversations.info")
        except SlackRefused as error:
            if error.code == "channel_not_found":
                return ChannelFacts(exists=False)
            raise
        return _channel_facts(answer["channel"])

    async def _history(self, channel: str, *, oldest: datetime, thread_ts: str | None) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            page = await self._page(channel, oldest=f"{oldest.timestamp():.6f}", thread_ts=thread_ts, cursor=cursor)
            for message in page.get("messages") or ():
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _page(self, channel: str, *, oldest: str, thread_ts: str | None, cursor: str) -> Mapping[str, Any]:
        common: dict[str, Any] = {
            "channel": channel,
            "oldest": oldest,
            "limit": PAGE,
            "include_all_metadata": True,
            "cursor": cursor or None,
        }
        if thread_ts is not None:
            return await self._read(self.client.conversations_replies(ts=thread_ts, **common), "conversations.replies")
        try:
            return await self._read(self.client.conversations_history(**common), "conversations.history")
        except SlackRefused as error:
            # Without the history scopes a second card is the lesser evil than none; `comeback doctor` names the scopes.
            if error.code in _UNSEEN:
                return {}
            raise

    async def _send(self, call: Awaitable[AsyncSlackResponse], method: str) -> Mapping[str, Any]:
        return await answer_of(call, method=method, write=True, now=self.now)

    async def _read(self, call: Awaitable[AsyncSlackResponse], method: str) -> Mapping[str, Any]:
        return await answer_of(call, method=method, write=False, now=self.now)


def _is_by(message: Mapping[str, Any], job_id: str) -> bool:
    return _job_of(message) == job_id or any(is_marked(file, job_id=job_id) for file in message.get("files") or ())


def _job_of(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    job: str | None = (metadata.get("event_payload") or {}).get("job") if metadata.get("event_type") == JOB_EVENT else None
    return job


def _channel_facts(channel: Mapping[str, Any]) -> ChannelFacts:
    shared = ("is_ext_shared", "is_pending_ext_shared", "pending_shared", "pending_connected_team_ids")
    return ChannelFacts(
        exists=True,
        is_member=channel.get("is_member") is True,
        is_archived=channel.get("is_archived") is True,
        is_shared=any(bool(channel.get(name)) for name in shared),
        is_private=channel.get("is_private") is True,
        name=str(channel.get("name") or ""),
    )
