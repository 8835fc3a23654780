"""
The workspace as JSON for the page: what each person sees of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from sandbox.slack.channels import Channel
from sandbox.slack.messages import Message
from sandbox.slack.payloads import TEAM_DOMAIN
from sandbox.slack.people import TEAM_ID, SlackUser
from sandbox.slack.views import View

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]

USERS_SHOWN = 300
MEMBERS_LISTED = 50


def world(workspace: Workspace, *, cast: list[str]) -> Json:
    """The workspace's part of GET /control/world; *cast* are the keys of the named people, who come first."""
    named = [workspace.person(key) for key in cast if key in workspace.people]
    known = {"USLACKBOT", *(person.id for person in named)}
    others = (user for user in workspace.people.users.values() if user.id not in known)
    app = workspace.app
    commands = [{"command": c.command, "description": c.description, "usage_hint": c.usage_hint} for c in app.commands]
    return {
        "workspace": {"team_id": TEAM_ID, "name": "Acme", "domain": TEAM_DOMAIN},
        "app": {
            "id": app.id,
            "name": app.name,
            "bot_user_id": app.bot_user_id,
            "mode": workspace.courier.transport.mode,
            "connected": workspace.connected,
            "commands": commands,
        },
        "cast": [person.key for person in named],
        "users": [user(person) for person in islice(chain(named, others), USERS_SHOWN)],
        "channels": [channel(each) for each in workspace.channels.all.values() if not each.is_im],
        "groups": [group.wire(with_users=True) for group in workspace.people.groups.values()],
    }


def user(person: SlackUser) -> Json:
    """One account as the page draws it."""
    return {
        "id": person.id,
        "key": person.key,
        "name": person.name,
        "title": person.title,
        "kind": "deactivated" if person.deleted else person.kind.value,
        "avatar_color": person.color,
        "initials": person.initials,
        "can_act": person.can_act,
    }


def channel(each: Channel) -> Json:
    """One channel as the page draws it; of a large one the number of members only."""
    few = len(each.members) <= MEMBERS_LISTED
    return {
        "id": each.id,
        "name": each.name,
        "kind": each.kind,
        "is_private": each.is_private,
        "is_shared": each.is_ext_shared,
        "is_archived": each.is_archived,
        "purpose": each.purpose,
        "members": sorted(each.members) if few else len(each.members),
    }


def conversations(workspace: Workspace, person: SlackUser) -> list[Json]:
    """The conversations that *person* is in, newest activity first; the one with the app is always there."""
    if person.can_act:
        workspace.channels.im(person.id)
    seen = [each for each in workspace.channels.all.values() if person.id in each.members]
    rows = [_conversation_row(workspace, person, each) for each in seen]
    return sorted(rows, key=lambda row: str(row["latest"]), reverse=True)


def _conversation_row(workspace: Workspace, person: SlackUser, each: Channel) -> Json:
    messages = workspace.timeline.channel(each.id, seen_by=person.id)
    other = next((member for member in each.members if member != person.id), None) if each.is_im else None
    return {
        **channel(each),
        "user": other,
        "latest": messages[-1].ts if messages else "",
        "unread": workspace.timeline.unread(person.id, each.id),
    }


def conversation(workspace: Workspace, person: SlackUser, channel_id: str) -> list[Json]:
    """The messages of one conversation as *person* sees them, oldest first; raises KeyError when they can't open it."""
    place = workspace.channel(channel_id)
    if place.is_private and person.id not in place.members:
        raise KeyError(channel_id)
    messages = workspace.timeline.channel(place.id, seen_by=person.id)
    if messages:
        workspace.timeline.read_until[(person.id, place.id)] = messages[-1].ts
    return [message(each) for each in messages]


def message(each: Message) -> Json:
    """One message as the page draws it."""
    return {
        "ts": each.ts,
        "channel": each.channel,
        "user": each.user,
        "bot": each.bot_id is not None,
        "text": each.text,
        "blocks": each.blocks,
        "attachments": each.attachments,
        "files": each.files,
        "reactions": each.reactions,
        "edited": each.edited is not None,
        "ephemeral": each.is_ephemeral,
        "thread_ts": each.thread_ts,
        "time": datetime.fromtimestamp(float(each.ts), UTC).isoformat(),
        "metadata": each.metadata,
    }


def view(workspace: Workspace, each: View | None) -> Json | None:
    """One view as the page draws it, or None."""
    return each.wire(workspace.app.id, workspace.app.bot_id) if each is not None else None
