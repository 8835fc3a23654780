"""The manifest is one that Slack takes, for Socket Mode and for HTTP, and has what the bot needs."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Product
from bot.slack import manifest
from docs import generate
from sandbox.slack.app import DEFAULT_SCOPES
from tests.bot.outside import CONFLUENCE, JIRA

PRODUCTS = {
    "jira": Product(key="jira", resource=JIRA, name="Jira"),
    "wiki_eu": Product(key="wiki_eu", resource=CONFLUENCE, name="Wiki EU"),
}
PUBLIC_URL = "https://comeback.acme.example"

# https://docs.slack.dev/reference/app-manifest and the published schema (slackapi/manifest-schema, July 2026).
LENGTHS = {"name": 35, "description": 140, "long_description": 4000, "display_name": 80}


def addresses(part: Any) -> list[str]:
    """Every address in the manifest."""
    if isinstance(part, dict):
        own = [value for key, value in part.items() if key in {"url", "request_url"}]
        return own + [found for value in part.values() for found in addresses(value)]
    return [found for value in part for found in addresses(value)] if isinstance(part, list) else []


@pytest.mark.parametrize("public_url", [None, PUBLIC_URL])
def test_slack_takes_it(public_url: str | None) -> None:
    """Lengths, command names and counts are within what Slack's schema allows."""
    built = manifest.build(PRODUCTS, public_url=public_url)
    shown = built["display_information"]
    for key in ("name", "description", "long_description"):
        assert 0 < len(shown[key]) <= LENGTHS[key]
    assert len(shown["long_description"]) >= 175
    assert re.fullmatch(r"#[0-9A-Fa-f]{6}", shown["background_color"])
    assert len(built["features"]["bot_user"]["display_name"]) <= LENGTHS["display_name"]
    commands = built["features"]["slash_commands"]
    assert len(commands) <= 50
    for command in commands:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000


def test_longest_product_key_still_makes_a_command() -> None:
    """The limit on keys in the settings and Slack's limit on commands fit together."""
    longest = Product(key="k" * 23, resource=JIRA, name="K")
    assert len(longest.command) == 32


def test_each_product_has_its_command() -> None:
    """One command for each product, and the one that lists them."""
    commands = manifest.build(PRODUCTS)["features"]["slash_commands"]
    assert [command["command"] for command in commands] == ["/request-jira", "/request-wiki-eu", "/request-access"]


def test_socket_mode_has_no_address() -> None:
    """In Socket Mode Slack connects to nobody, and an address would be asked for a challenge."""
    built = manifest.build(PRODUCTS)
    assert addresses(built) == []
    assert built["settings"]["socket_mode_enabled"] is True


def test_http_has_its_address_everywhere() -> None:
    """Slack's schema does not notice a command without an address, and people would see `dispatch_failed`."""
    built = manifest.build(PRODUCTS, public_url=PUBLIC_URL)
    assert addresses(built) == [f"{PUBLIC_URL}/slack/events"] * 5  # three commands, events, interactivity
    assert built["settings"]["socket_mode_enabled"] is False


def test_private_messages_are_possible() -> None:
    """Without the messages tab every private message of the bot is refused (`messages_tab_disabled`)."""
    home = manifest.build(PRODUCTS)["features"]["app_home"]
    assert home == {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": True}


def test_scopes_are_the_least_that_serve() -> None:
    """All that the bot needs and nothing else: an admin reads this list before they install it."""
    scopes = manifest.build(PRODUCTS)["oauth_config"]["scopes"]["bot"]
    assert set(scopes) <= set(DEFAULT_SCOPES)
    assert not {"chat:write.public", "files:read", "channels:join"} & set(scopes)
    assert len(scopes) == len(set(scopes))


def test_manifest_file_is_the_one_of_the_example_settings() -> None:
    """`manifest.json` can be pasted as it is, and never lags behind the code."""
    assert Path(generate.MANIFEST).read_text(encoding="utf-8") == generate.example_manifest()
