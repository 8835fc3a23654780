"""
The bodies that Slack sends: commands, interactions and events.

https://docs.slack.dev/interactivity/implementing-slash-commands , https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.slack.people import TEAM_ID, SlackUser

if TYPE_CHECKING:
    from sandbox.slack.channels import Channel
    from sandbox.slack.messages import Message
    from sandbox.slack.views import View
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]

TEAM_DOMAIN = "acme"
NAMES = re.compile(r"([@#])([\w.-]+)")


def escaped(text: str) -> str:
    """*text* with Slack's three control characters as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def command_form(workspace: Workspace, user: SlackUser, channel: Channel, *, command: str, text: str) -> Json:
    """The form fields of a slash command; every value is a string, `is_enterprise_install` too."""
    registered = workspace.app.command(command)
    words = _with_ids(workspace, escaped(text)) if registered and registered.should_escape else escaped(text)
    token = workspace.links.issue(user=user.id, channel=channel.id)
    return {
        "token": workspace.app.verification_token,
        "team_id": user.team_id,
        "team_domain": TEAM_DOMAIN if user.team_id == TEAM_ID else "partner",
        "channel_id": channel.id,
        "channel_name": channel.payload_name,
        "user_id": user.id,
        "user_name": user.handle,
        "command": command,
        "text": words,
        "api_app_id": workspace.app.id,
        "is_enterprise_install": "false",
        "response_url": f"{workspace.origin}/slack/commands/{token}",
        "trigger_id": workspace.triggers.issue(user=user.id),
    }


def _with_ids(workspace: Workspace, text: str) -> str:
    def known(match: re.Match[str]) -> str:
        sign, name = match[1], match[2]
        if sign == "@":
            found = next((u.id for u in workspace.people.users.values() if name in (u.handle, u.key)), None)
            return f"<@{found}|{name}>" if found else match[0]
        channel = next((c.id for c in workspace.channels.all.values() if c.name == name), None)
        return f"<#{channel}|{name}>" if channel else match[0]

    return NAMES.sub(known, text)


def _interaction(workspace: Workspace, user: SlackUser, kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team_id},
        "api_app_id": workspace.app.id,
        "token": workspace.app.verification_token,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_action(workspace: Workspace, user: SlackUser, message: Message, action: Json, values: Json) -> Json:
    """block_actions from a message; an ephemeral one is named by its container only."""
    channel = workspace.channels.named(message.channel)
    token = workspace.links.issue(user=user.id, channel=channel.id, ts=message.ts)
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": message.is_ephemeral}
    copy = {} if message.is_ephemeral else {"message": message.wire(with_metadata=True)}
    return {
        **_interaction(workspace, user, "block_actions"),
        "container": container,
        "trigger_id": workspace.triggers.issue(user=user.id),
        "channel": {"id": channel.id, "name": channel.payload_name},
        **copy,
        "state": {"values": values},
        "response_url": f"{workspace.origin}/slack/actions/{token}",
        "actions": [action],
    }


def view_action(workspace: Workspace, user: SlackUser, view: View, action: Json) -> Json:
    """block_actions from a modal or Home tab."""
    return {
        **_interaction(workspace, user, "block_actions"),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": workspace.triggers.issue(user=user.id, view_id=view.id if view.kind == "modal" else None),
        "view": view.wire(workspace.app.id, workspace.app.bot_id),
        "actions": [action],
    }


def suggestion(interaction: Json, action: Json, text: str) -> Json:
    """block_suggestion: what block_actions would be there, but for the text typed and without a trigger."""
    kept = {name: value for name, value in interaction.items() if name not in ("actions", "trigger_id", "response_url")}
    asked = {"action_id": action["action_id"], "block_id": action["block_id"], "value": text}
    return kept | asked | {"type": "block_suggestion"}


def view_submission(workspace: Workspace, user: SlackUser, view: View) -> Json:
    """A modal sent."""
    return {
        **_interaction(workspace, user, "view_submission"),
        "trigger_id": workspace.triggers.issue(user=user.id, view_id=view.id),
        "view": view.wire(workspace.app.id, workspace.app.bot_id),
        "response_urls": [],
    }


def view_closed(workspace: Workspace, user: SlackUser, view: View, *, is_cleared: bool) -> Json:
    """A modal cancelled."""
    payload = _interaction(workspace, user, "view_closed")
    return {**payload, "view": view.wire(workspace.app.id, workspace.app.bot_id), "is_cleared": is_cleared}


def event(workspace: Workspace, inner: Json) -> Json:
    """The outer event around *inner*, with an event_id of its own."""
    now = int(workspace.clock.now().timestamp())
    authorization = {
        "enterprise_id": None,
        "team_id": TEAM_ID,
        "user_id": workspace.app.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": workspace.app.verification_token,
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": workspace.app.id,
        "event": inner | {"event_ts": workspace.stamps.next()},
        "type": "event_callback",
        "event_id": workspace.ids.new("Ev0", 11),
        "event_time": now,
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
    }
