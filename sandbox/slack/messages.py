"""
Messages: what was said where, who may see it, and what the Web API tells about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.blocks.surfaces import elements_of
from sandbox.slack.errors import NotPossible
from sandbox.slack.people import TEAM_ID

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Message:
    """One message; `seen_only_by` makes it ephemeral. Bots' messages carry `bot_id`; `edited` is the ts of the last change."""

    ts: str
    channel: str
    user: str
    text: str = ""
    bot_id: str | None = None
    app_id: str | None = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    reactions: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    edited: str | None = None
    seen_only_by: str | None = None

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it and the API can neither find nor change it."""
        return self.seen_only_by is not None

    @property
    def words(self) -> str:
        """Everything a person reads in it, top to bottom; the fallback text only when there are no blocks."""
        return "\n".join(_texts(self.blocks)) if self.blocks else self.text

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons, in order."""
        return [element["text"]["text"] for _, element in self.elements() if element.get("type") == "button"]

    def elements(self) -> Iterator[tuple[Json, Json]]:
        """(block, element) for everything that can be pressed."""
        for block in self.blocks:
            for element in elements_of(block):
                yield block, element

    def element(self, action_id: str, *, block_id: str | None = None) -> tuple[Json, Json]:
        """The (block, element) with this action_id; raises NotPossible when it isn't on the screen."""
        for block, element in self.elements():
            if element.get("action_id") == action_id and block_id in (None, block.get("block_id")):
                return block, element
        raise NotPossible(f"there is nothing called {action_id} on this message")

    def wire(self, *, with_metadata: bool = False) -> Json:
        """The message object of the Web API and of payloads; metadata only where Slack gives it."""
        wire: Json = {"user": self.user, "type": "message", "ts": self.ts, "text": self.text, "team": TEAM_ID}
        if self.bot_id:
            wire |= {"bot_id": self.bot_id, "app_id": self.app_id}
        for name in ("blocks", "attachments", "files", "reactions"):
            if value := getattr(self, name):
                wire[name] = value
        if self.thread_ts:
            wire["thread_ts"] = self.thread_ts
        if self.edited:
            wire["edited"] = {"user": self.user, "ts": self.edited}
        if with_metadata and self.metadata:
            wire["metadata"] = self.metadata
        return wire


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for name, member in value.items():
            if name != "confirm":
                yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


class Timeline:
    """All messages of the workspace, by channel and in order of ts; ephemeral ones live beside, for as long as nobody reloads."""

    def __init__(self) -> None:
        self._channels: dict[str, dict[str, Message]] = {}
        self._ephemeral: dict[tuple[str, str], Message] = {}
        self.read_until: dict[tuple[str, str], str] = {}

    def add(self, message: Message) -> None:
        """Keep *message*; its ts is later than all before."""
        if message.seen_only_by:
            self._ephemeral[(message.seen_only_by, message.ts)] = message
        else:
            self._channels.setdefault(message.channel, {})[message.ts] = message

    def find(self, channel: str, ts: str) -> Message | None:
        """The persistent message at this place, or None."""
        return self._channels.get(channel, {}).get(ts)

    def ephemeral(self, user: str, ts: str) -> Message | None:
        """What only *user* sees at *ts*, or None."""
        return self._ephemeral.get((user, ts))

    def remove(self, message: Message) -> None:
        """Forget *message*; doing it twice is harmless."""
        if message.seen_only_by:
            self._ephemeral.pop((message.seen_only_by, message.ts), None)
        else:
            self._channels.get(message.channel, {}).pop(message.ts, None)

    def reload(self, user: str) -> None:
        """What happens to *user*'s ephemeral messages when the Slack client reloads: they are gone."""
        self._ephemeral = {place: message for place, message in self._ephemeral.items() if place[0] != user}

    def channel(self, channel: str, *, seen_by: str | None = None) -> list[Message]:
        """Messages of *channel*, oldest first, with the ephemeral ones that *seen_by* sees there."""
        lasting = list(self._channels.get(channel, {}).values())
        if seen_by is None:
            return lasting
        private = [message for message in self.ephemerals(seen_by) if message.channel == channel]
        return sorted([*lasting, *private], key=lambda message: message.ts)

    def ephemerals(self, user: str) -> list[Message]:
        """What only *user* sees, in all channels, oldest first."""
        return [message for (whose, _), message in self._ephemeral.items() if whose == user]

    def unread(self, user: str, channel: str) -> int:
        """How many messages of others *user* has not looked at yet."""
        since = self.read_until.get((user, channel), "")
        return sum(message.ts > since and message.user != user for message in self.channel(channel, seen_by=user))
