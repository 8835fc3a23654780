"""
The app's manifest, from which Slack creates the app in one paste: https://docs.slack.dev/reference/app-manifest

Commands come from the products of the settings; with a public address Slack reaches us by HTTP, without one by Socket Mode.
"""

from collections.abc import Mapping
from typing import Any

from bot.settings import Product

NAME = "Comeback"
DESCRIPTION = "Gives you your Atlassian access back, the minute you need it."
LONG_DESCRIPTION = (
    "Comeback gives people their Atlassian access back from Slack. Somebody who lost Jira or Confluence because they had not used it "
    "types one command; an approver clicks one button in the admin channel; the access is there again within seconds. "
    "Every request, decision and grant is kept in an audit trail that shows tampering."
)
COLOR = "#1D3557"
ANY_PRODUCT_COMMAND = "/request-access"
EVENTS_PATH = "/slack/events"

NEEDED_SCOPES = ("commands", "chat:write", "users:read", "users:read.email", "im:write", "channels:read", "groups:read")
GROUP_SCOPES = ("usergroups:read",)
"""Needed when a user group is among the approvers."""
HISTORY_SCOPES = ("channels:history", "groups:history", "im:history")
"""To find our own message again when the answer to a post was lost; without them it may be posted twice."""
FILE_SCOPES = ("files:write",)
"""For the digest's picture and the files of long lists; without it they are left out."""
BOT_SCOPES = (*NEEDED_SCOPES, *GROUP_SCOPES, *HISTORY_SCOPES, *FILE_SCOPES)
EVENTS = ("app_home_opened", "subteam_members_changed", "user_change")


def build(products: Mapping[str, Product], *, public_url: str | None = None) -> dict[str, Any]:
    """The manifest for *products*: HTTP below *public_url*, or Socket Mode when it is None."""
    address = f"{public_url}{EVENTS_PATH}" if public_url else None
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": DESCRIPTION,
            "long_description": LONG_DESCRIPTION,
            "background_color": COLOR,
        },
        "features": {
            # Private messages need the messages tab; nobody is read there, so nobody can write there.
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": True},
            "bot_user": {"display_name": NAME, "always_online": True},
            "slash_commands": _commands(products, address=address),
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": _reached_at("request_url", address) | {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True} | _reached_at("request_url", address),
            "org_deploy_enabled": False,
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": False,
        },
    }


def _commands(products: Mapping[str, Product], *, address: str | None) -> list[dict[str, Any]]:
    own = [
        _command(product.command, f"Ask for your {product.name} access back", "[reason] or status or help", address=address)
        for product in products.values()
    ]
    return [*own, _command(ANY_PRODUCT_COMMAND, "Ask for access to an Atlassian product", "status or help", address=address)]


def _command(command: str, description: str, usage_hint: str, *, address: str | None) -> dict[str, Any]:
    texts = {"command": command, "description": description, "usage_hint": usage_hint, "should_escape": False}
    return texts | _reached_at("url", address)


def _reached_at(key: str, address: str | None) -> dict[str, str]:
    return {key: address} if address else {}
