"""
What administrators change in the workspace, and the events that tell the app.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.human import SlackKind
from sandbox.slack import payloads
from sandbox.slack.errors import NotPossible
from sandbox.slack.people import TEAM_ID, SlackUser, UserGroup, user_wire

if TYPE_CHECKING:
    from sandbox.slack.channels import Channel
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]

CHANNEL_FACTS = frozenset({"is_archived", "is_ext_shared", "pending_ext_shared", "is_private"})


def tell(workspace: Workspace, inner: Json, *, user: str = "") -> None:
    """Deliver an event if the app subscribes to it."""
    if inner["type"] in workspace.app.events:
        workspace.courier.tell(payloads.event(workspace, inner), what=inner["type"], user=user)


def deactivate(workspace: Workspace, user: SlackUser) -> None:
    """Deactivate the account: out of every channel and user group, as Slack does."""
    user.deleted = True
    for channel in workspace.channels.all.values():
        if not channel.is_im:
            channel.members.discard(user.id)
    for group in workspace.people.groups.values():
        if user.id in group.members:
            set_group(workspace, group, [member for member in group.members if member != user.id])
    _user_changed(workspace, user)


def reactivate(workspace: Workspace, user: SlackUser) -> None:
    """Give the account back."""
    user.deleted = False
    user.kind = SlackKind.MEMBER if user.kind is SlackKind.DEACTIVATED else user.kind
    _user_changed(workspace, user)


def change_email(workspace: Workspace, user: SlackUser, email: str, *, confirmed: bool) -> None:
    """Change the address."""
    user.email, user.email_confirmed = email, confirmed
    _user_changed(workspace, user)


def set_kind(workspace: Workspace, user: SlackUser, kind: SlackKind) -> None:
    """Change what the person is in this workspace."""
    user.kind = kind
    _user_changed(workspace, user)


def _user_changed(workspace: Workspace, user: SlackUser) -> None:
    user.updated = int(workspace.clock.now().timestamp())
    with_email = "users:read.email" in workspace.app.scopes
    tell(workspace, {"type": "user_change", "user": user_wire(user, with_email=with_email), "cache_ts": user.updated}, user=user.id)
    workspace.changed("user_change", user=user.id)


def set_group(workspace: Workspace, group: UserGroup, members: list[str]) -> None:
    """Replace the members; the event carries the difference."""
    added = [member for member in members if member not in group.members]
    removed = [member for member in group.members if member not in members]
    before, group.updated = group.updated, int(workspace.clock.now().timestamp())
    group.members = members
    inner = {
        "type": "subteam_members_changed",
        "subteam_id": group.id,
        "team_id": TEAM_ID,
        "date_previous_update": before,
        "date_update": group.updated,
        "added_users": added,
        "added_users_count": len(added),
        "removed_users": removed,
        "removed_users_count": len(removed),
    }
    tell(workspace, inner)
    workspace.changed("subteam_members_changed", group=group.id)


def set_channel(workspace: Workspace, channel: Channel, facts: dict[str, bool]) -> None:
    """Change flags of a channel; raises NotPossible for one that does not exist."""
    if unknown := set(facts) - CHANNEL_FACTS:
        raise NotPossible(f"a channel has no {', '.join(sorted(unknown))}")
    for name, value in facts.items():
        setattr(channel, name, value)
    workspace.changed("channel_changed", channel=channel.id)


def set_membership(workspace: Workspace, channel: Channel, user: SlackUser, *, is_in: bool) -> None:
    """Put somebody into a channel or take them out."""
    (channel.members.add if is_in else channel.members.discard)(user.id)
    workspace.changed("channel_changed", channel=channel.id)


def uninstall(workspace: Workspace) -> None:
    """Revoke the tokens: tokens_revoked and app_uninstalled are delivered, then every call fails."""
    workspace.app.refused_as = "account_inactive"
    tell(workspace, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [workspace.app.bot_user_id]}})
    tell(workspace, {"type": "app_uninstalled"})
