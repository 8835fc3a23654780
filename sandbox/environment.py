"""
What a bot must be told to live in the sandbox: the same variables that it needs in the real world.
"""

from __future__ import annotations

import json

from sandbox.slack.people import APPROVERS_GROUP
from sandbox.slack.workspace import Workspace
from sandbox.world import World

ADMIN_CHANNEL = "G0ADMINS"
APPROVERS = ("U0OMAR", APPROVERS_GROUP)
SITE = "acme"


def environment(world: World, slack: Workspace) -> dict[str, str]:
    """The variables by name; SLACK_APP_TOKEN only when the app connects by Socket Mode."""
    socket = {"SLACK_APP_TOKEN": slack.app.app_token} if slack.http is None else {}
    return {
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_SIGNING_SECRET": slack.app.signing_secret,
        **socket,
        "SLACK_API_URL": f"{slack.origin}/slack/api/",
        **_atlassian(world, slack.origin),
        "COMEBACK_ADMIN_CHANNEL": ADMIN_CHANNEL,
        "COMEBACK_APPROVERS": json.dumps(APPROVERS),
    }


def _atlassian(world: World, origin: str) -> dict[str, str]:
    organization = world.atlassian
    return {
        "ATLASSIAN_ORG_ID": organization.id,
        "ATLASSIAN_API_KEY": organization.api_key,
        "ATLASSIAN_API_KEY_EXPIRES": organization.key_expires_at.date().isoformat(),
        "ATLASSIAN_API_URL": f"{origin}/atlassian",
        "ATLASSIAN_SITE_URL": f"{origin}/atlassian/site/{SITE}",
        "ATLASSIAN_SITE_EMAIL": organization.site_email,
        "ATLASSIAN_SITE_TOKEN": organization.site_token,
        "COMEBACK_PRODUCTS__JIRA__RESOURCE": organization.catalog.product("jira").ari,
        "COMEBACK_PRODUCTS__CONFLUENCE__RESOURCE": organization.catalog.product("confluence").ari,
    }
