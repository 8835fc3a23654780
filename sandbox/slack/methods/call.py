"""
One call of a Web API method: its arguments, and the ways in which they can be wrong.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.rate import Allowance

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
Item = TypeVar("Item")

LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """
    A method of the Web API: who may call it (`caller`: bot, app or anybody), with which of `scopes` (any one suffices), how often.

    `buckets` names further buckets for a call, such as the one of its channel.
    """

    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    allowance: Allowance
    caller: str = "bot"
    buckets: Callable[[Call], dict[str, Allowance]] = field(default=lambda _call: {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call by the app in *workspace*; arguments are strings from forms, anything from JSON."""

    workspace: Workspace
    args: Json

    def text(self, name: str) -> str:
        """The argument as a string, empty when absent."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        """The argument; raises SlackError `invalid_arguments` when it is absent, as Slack words it."""
        if not (value := self.text(name)):
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean argument; forms say true or 1."""
        value = self.args.get(name)
        return default if value is None or value == "" else value in (True, 1, "1", "true", "True")

    def json(self, name: str) -> Any:
        """A structured argument, decoded when it came as a string; None when absent or unreadable."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return None

    def has_scope(self, *wanted: str) -> bool:
        """Whether the app was granted any of *wanted*."""
        return any(scope in self.workspace.app.scopes for scope in wanted)

    def need_scope(self, scope: str) -> None:
        """Raise SlackError `missing_scope` unless the app was granted *scope*."""
        if not self.has_scope(scope):
            raise SlackError("missing_scope", needed=scope, provided=",".join(self.workspace.app.scopes))

    def channel(self, name: str = "channel") -> Channel:
        """The conversation named by id (or #name); one that the bot can't see is `channel_not_found`."""
        channels = self.workspace.channels
        try:
            channel = channels.named(self.required(name))
        except KeyError:
            raise SlackError("channel_not_found") from None
        if channel.kind != "public_channel" and self.workspace.app.bot_user_id not in channel.members:
            raise SlackError("channel_not_found")
        return channel

    def is_member(self, channel: Channel) -> bool:
        """Whether the bot is in *channel*."""
        return self.workspace.app.bot_user_id in channel.members

    def page(self, items: Sequence[Item], *, default: int = 100) -> tuple[list[Item], Json]:
        """One page of *items* by `cursor` and `limit`, and the response_metadata; raises SlackError `invalid_cursor`, `invalid_limit`."""
        start = _position(self.text("cursor"))
        limit = self._limit(default)
        following = str(start + limit) if start + limit < len(items) else ""
        cursor = base64.b64encode(f"at:{following}".encode()).decode() if following else ""
        return list(items[start : start + limit]), {"next_cursor": cursor}

    def _limit(self, default: int) -> int:
        try:
            limit = int(self.text("limit") or default)
        except ValueError:
            raise SlackError("invalid_limit") from None
        if limit < 0:
            raise SlackError("invalid_limit")
        return min(limit or default, LARGEST_PAGE)


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        kind, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        if kind != "at":
            raise ValueError
        return int(number)
    except (ValueError, binascii.Error):
        raise SlackError("invalid_cursor") from None
