"""
Who would hear a sound: the mentions in a message as Slack's formatting reads them.

https://docs.slack.dev/messaging/formatting-message-text . An escaped `&lt;!channel&gt;` is text; an unescaped one rings the whole channel,
whoever typed it into the app.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MENTION = re.compile(r"<(!channel|!here|!everyone|!subteam\^[A-Z0-9]+|@[UW][A-Z0-9]+)(?:\|[^>]*)?>")
BARE = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A mention in an app's message: `kind` is channel, here, everyone, group or user; `target` the id, or the word itself."""

    kind: str
    target: str
    channel: str
    ts: str
    place: str

    @property
    def is_loud(self) -> bool:
        """Whether it rings more than one person."""
        return self.kind != "user"


def find_pings(*, channel: str, ts: str, text: str, blocks: list[dict[str, Any]], parse_full: bool) -> list[Ping]:
    """Every mention in the fallback text and in the mrkdwn of *blocks*, in order; bare @channel counts only with `parse: full`."""
    found = []
    for place, words in [("/text", text), *_mrkdwn(blocks, "/blocks")]:
        for kind, target in _mentions(words, parse_full=parse_full):
            found.append(Ping(kind=kind, target=target, channel=channel, ts=ts, place=place))
    return found


def _mentions(words: str, *, parse_full: bool) -> Iterator[tuple[str, str]]:
    for match in MENTION.finditer(words):
        token = match[1]
        if token.startswith("@"):
            yield "user", token[1:]
        elif token.startswith("!subteam^"):
            yield "group", token.removeprefix("!subteam^")
        else:
            yield token[1:], token[1:]
    if parse_full:
        for match in BARE.finditer(words):
            yield match[1], match[1]


def _mrkdwn(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "markdown") and isinstance(value.get("text"), str):
            yield place, value["text"]
        yield from _rich_mention(value, place)
        for name, member in value.items():
            yield from _mrkdwn(member, f"{place}/{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _mrkdwn(member, f"{place}/{index}")


def _rich_mention(element: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    kind = element.get("type")
    if kind == "broadcast":
        yield place, f"<!{element.get('range', 'channel')}>"
    elif kind == "user" and "user_id" in element:
        yield place, f"<@{element['user_id']}>"
    elif kind == "usergroup" and "usergroup_id" in element:
        yield place, f"<!subteam^{element['usergroup_id']}>"
