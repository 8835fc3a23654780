"""
The workspace's users and user groups, with every flag that Slack's user object carries.

Flags: https://docs.slack.dev/reference/objects/user-object
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.human import Human, SlackKind
from sandbox.slack.app import App

Json = dict[str, Any]

TEAM_ID = "T0ACME"
PARTNER_TEAM_ID = "T0PARTNER"
SLACKBOT = "USLACKBOT"
APPROVERS_GROUP = "S0ADMINS"
COLORS = ("#4a154b", "#1264a3", "#2bac76", "#cd2553", "#e8912d", "#5b5fc7", "#0b6e4f", "#8d3b72", "#3c6e71", "#b5651d")


@dataclass(slots=True, kw_only=True)
class SlackUser:
    """One account of the workspace (or of another one that shares a channel with it)."""

    id: str
    key: str
    name: str
    title: str
    email: str | None
    kind: SlackKind
    email_confirmed: bool = True
    deleted: bool = False
    updated: int = 0
    bot_id: str | None = None

    @property
    def team_id(self) -> str:
        """The workspace that this account belongs to."""
        return PARTNER_TEAM_ID if self.kind is SlackKind.STRANGER else TEAM_ID

    @property
    def handle(self) -> str:
        """The @name, as `name` in the user object and `user_name` in payloads."""
        return self.name.lower().replace(" ", ".")

    @property
    def is_bot(self) -> bool:
        """Whether an app or integration acts under this account."""
        return self.kind in (SlackKind.BOT, SlackKind.APP)

    @property
    def is_guest(self) -> bool:
        """Whether this is a guest of either kind."""
        return self.kind in (SlackKind.GUEST, SlackKind.SINGLE_GUEST)

    @property
    def can_act(self) -> bool:
        """Whether a person sits behind this account and may use Slack today."""
        return not self.deleted and not self.is_bot and self.id != SLACKBOT

    @property
    def color(self) -> str:
        """The avatar's colour: the same for the same id."""
        return COLORS[sum(self.id.encode()) % len(COLORS)]

    @property
    def initials(self) -> str:
        """One or two capital letters for the avatar."""
        words = self.name.split()
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def user_from(human: Human) -> SlackUser:
    """The Slack account of *human*, whose kind must not be `absent`."""
    nameless = human.slack_kind in (SlackKind.BOT, SlackKind.APP, SlackKind.STRANGER)
    return SlackUser(
        id=f"U0{human.key.upper()}",
        key=human.key,
        name=human.name,
        title=human.title,
        email=None if nameless else human.email,
        kind=human.slack_kind,
        email_confirmed=human.slack_email_confirmed,
        deleted=human.slack_kind is SlackKind.DEACTIVATED,
        bot_id=f"B0{human.key.upper()}" if human.slack_kind is SlackKind.BOT else None,
    )


def user_wire(user: SlackUser, *, with_email: bool) -> Json:
    """The user object; a deactivated account has no role flags, an e-mail is present only with its scope."""
    wire: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.handle,
        "deleted": user.deleted,
        "color": user.color.lstrip("#"),
        "real_name": user.name,
        "profile": _profile(user, with_email=with_email),
        "is_bot": user.is_bot,
        "is_app_user": user.kind is SlackKind.APP,
        "updated": user.updated,
    }
    if not user.deleted:
        wire |= {"tz": "Europe/Berlin", "tz_label": "Central European Time", "tz_offset": 3600, "who_can_share_contact_card": "EVERYONE"}
        wire |= _roles(user)
    if user.kind is SlackKind.STRANGER:
        wire["is_stranger"] = True
    return wire


def _roles(user: SlackUser) -> Json:
    owner = user.kind is SlackKind.OWNER
    flags: Json = {
        "is_admin": owner or user.kind is SlackKind.ADMIN,
        "is_owner": owner,
        "is_primary_owner": False,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": user.kind is SlackKind.SINGLE_GUEST,
    }
    if not user.is_bot:
        flags["is_email_confirmed"] = user.email_confirmed
    return flags


def _profile(user: SlackUser, *, with_email: bool) -> Json:
    first, _, last = user.name.partition(" ")
    profile: Json = {
        "title": user.title,
        "real_name": user.name,
        "real_name_normalized": user.name,
        "display_name": user.handle,
        "display_name_normalized": user.handle,
        "first_name": first,
        "last_name": last,
        "avatar_hash": f"g{user.id.lower()}",
        "team": user.team_id,
    }
    if with_email and user.email and user.kind is not SlackKind.STRANGER:
        profile["email"] = user.email
    if user.bot_id:
        profile |= {"bot_id": user.bot_id, "api_app_id": "A0COMEBACK" if user.bot_id == "B0COMEBACK" else ""}
    return profile


@dataclass(slots=True, kw_only=True)
class UserGroup:
    """A user group (`subteam`): an id, a handle and its members' ids."""

    id: str
    handle: str
    name: str
    members: list[str]
    updated: int = 0
    disabled: bool = False

    def wire(self, *, with_users: bool = False) -> Json:
        """The usergroup object."""
        wire: Json = {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "is_subteam": True,
            "name": self.name,
            "handle": self.handle,
            "description": "",
            "is_external": False,
            "date_create": 0,
            "date_update": self.updated,
            "date_delete": 1 if self.disabled else 0,
            "user_count": len(self.members),
        }
        return wire | ({"users": list(self.members)} if with_users else {})


class People:
    """All accounts by id, by key and by e-mail, in the order they were made."""

    def __init__(self, users: Iterable[SlackUser], groups: Iterable[UserGroup] = ()) -> None:
        self.users = {user.id: user for user in users}
        self.groups = {group.id: group for group in groups}
        self._ids = {user.key: user.id for user in self.users.values()}

    def get(self, key_or_id: str) -> SlackUser:
        """The account with this key or id; raises KeyError."""
        return self.users[self._ids.get(key_or_id, key_or_id)]

    def __contains__(self, key: str) -> bool:
        """Whether somebody is called *key*."""
        return key in self._ids

    def find(self, user_id: str) -> SlackUser | None:
        """The account with this id, or None."""
        return self.users.get(user_id)

    def by_email(self, email: str) -> SlackUser | None:
        """The active account with this address (case does not matter), or None."""
        wanted = email.lower()
        return next((u for u in self.users.values() if u.email and u.email.lower() == wanted and not u.deleted), None)


def first_accounts(humans: Iterable[Human], app: App) -> list[SlackUser]:
    """The accounts of all *humans* who have one, then the app's bot and Slackbot."""
    accounts = [user_from(human) for human in humans if human.slack_kind is not SlackKind.ABSENT]
    nobody: Json = {"title": "", "email": None, "email_confirmed": False}
    bot = SlackUser(id=app.bot_user_id, key="comeback", name=app.name, kind=SlackKind.BOT, bot_id=app.bot_id, **nobody)
    return [*accounts, bot, SlackUser(id=SLACKBOT, key="slackbot", name="Slackbot", kind=SlackKind.MEMBER, **nobody)]


def approvers() -> UserGroup:
    """The user group whose members may approve."""
    return UserGroup(id=APPROVERS_GROUP, handle="atlassian-admins", name="Atlassian admins", members=["U0GRACE"])
