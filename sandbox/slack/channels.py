"""
Channels, private channels and direct messages, and who is in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.human import SlackKind
from sandbox.slack.people import PARTNER_TEAM_ID, TEAM_ID, SlackUser

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation; `partner` is the human side of a direct message with the app."""

    id: str
    name: str
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    pending_ext_shared: bool = False
    members: set[str] = field(default_factory=set)
    partner: str | None = None
    purpose: str = ""
    created: int = 0

    @property
    def kind(self) -> str:
        """Slack's word in `types`: public_channel, private_channel or im."""
        return "im" if self.is_im else "private_channel" if self.is_private else "public_channel"

    @property
    def scope_family(self) -> str:
        """The prefix of the scopes that this conversation needs: channels, groups or im."""
        return {"im": "im", "private_channel": "groups", "public_channel": "channels"}[self.kind]

    @property
    def payload_name(self) -> str:
        """`channel_name` in payloads, which hides the names of private conversations."""
        return {"im": "directmessage", "private_channel": "privategroup"}.get(self.kind, self.name)

    def wire(self, bot_user_id: str, *, with_count: bool = False) -> Json:
        """The conversation object as the app sees it."""
        wire = self._im() if self.is_im else self._channel(bot_user_id)
        return wire | ({"num_members": len(self.members)} if with_count and not self.is_im else {})

    def _im(self) -> Json:
        return {
            "id": self.id,
            "created": self.created,
            "is_archived": self.is_archived,
            "is_im": True,
            "is_org_shared": False,
            "context_team_id": TEAM_ID,
            "user": self.partner,
            "is_user_deleted": False,
            "is_open": True,
            "priority": 0,
        }

    def _channel(self, bot_user_id: str) -> Json:
        shared = self.is_ext_shared
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "created": self.created,
            "creator": "U0GRACE",
            "is_archived": self.is_archived,
            "is_general": self.id == "C0GENERAL",
            "unlinked": 0,
            "is_shared": shared,
            "is_org_shared": False,
            "is_ext_shared": shared,
            "is_pending_ext_shared": self.pending_ext_shared,
            "pending_shared": [PARTNER_TEAM_ID] if self.pending_ext_shared else [],
            "pending_connected_team_ids": [],
            "shared_team_ids": [TEAM_ID, PARTNER_TEAM_ID] if shared else [TEAM_ID],
            "connected_team_ids": [PARTNER_TEAM_ID] if shared else [],
            "context_team_id": TEAM_ID,
            "is_member": bot_user_id in self.members,
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": self.purpose, "creator": "U0GRACE", "last_set": 0},
            "previous_names": [],
        }


def first_channels(users: Iterable[SlackUser], bot_user_id: str) -> list[Channel]:
    """The fixed channels of the story; whoever may is in #general and #random."""
    people = [user for user in users if user.can_act and user.id != bot_user_id]
    staff = {user.id for user in people if user.kind in (SlackKind.MEMBER, SlackKind.ADMIN, SlackKind.OWNER)}
    guests = {user.id for user in people if user.kind is SlackKind.GUEST}
    strangers = {user.id for user in people if user.kind is SlackKind.STRANGER}
    single = {user.id for user in people if user.kind is SlackKind.SINGLE_GUEST}
    admins = {"U0GRACE", "U0OMAR"} & staff
    return [
        Channel(id="C0GENERAL", name="general", members=staff | guests | {bot_user_id}, purpose="Company-wide announcements"),
        Channel(id="C0RANDOM", name="random", members=staff | single, purpose="Everything else"),
        Channel(id="G0ADMINS", name="atlassian-admins", is_private=True, members=admins | {bot_user_id}, purpose="Who gets which seat"),
        Channel(id="C0PARTNERS", name="partners", is_ext_shared=True, members=admins | {"U0ADA"} & staff | strangers | {bot_user_id}),
        Channel(id="C0OLD", name="old-projects", is_archived=True, members=set(admins)),
        Channel(id="G0EXEC", name="exec", is_private=True, members=set(admins)),
    ]


class Channels:
    """All conversations; a direct message with the app is made when it is first needed and keeps its id for ever."""

    def __init__(self, channels: Iterable[Channel], bot_user_id: str) -> None:
        self.all = {channel.id: channel for channel in channels}
        self._bot = bot_user_id

    def find(self, channel_id: str) -> Channel | None:
        """The conversation with this id, or None."""
        return self.all.get(channel_id)

    def named(self, name_or_id: str) -> Channel:
        """The conversation with this id or #name; raises KeyError."""
        if name_or_id in self.all:
            return self.all[name_or_id]
        wanted = name_or_id.lstrip("#")
        for channel in self.all.values():
            if channel.name == wanted and not channel.is_im:
                return channel
        raise KeyError(name_or_id)

    def im(self, user_id: str) -> Channel:
        """The direct message between the app and this user."""
        return self._open(f"D0{user_id[2:]}", user_id, self._bot)

    def _open(self, channel_id: str, user_id: str, other: str) -> Channel:
        if channel_id not in self.all:
            self.all[channel_id] = Channel(id=channel_id, name="", is_im=True, members={user_id, other}, partner=user_id)
        return self.all[channel_id]
