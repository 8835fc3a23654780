"""`comeback manifest` needs the products and nothing else, as it comes before there is an app."""

import json

from tests.bot.cli.conftest import Command
from tests.bot.outside import JIRA, Outside

PRODUCT = {"COMEBACK_PRODUCTS__JIRA__RESOURCE": JIRA}


def test_socket_mode_without_a_public_address(comeback: Command, outside: Outside) -> None:
    """The quickest way to a running bot is the default."""
    outside.set(PRODUCT)
    result = comeback("manifest")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["settings"]["socket_mode_enabled"] is True


def test_http_with_a_public_address(comeback: Command, outside: Outside) -> None:
    """Whoever sets an address wants to be reached there; --socket overrules it."""
    outside.set({**PRODUCT, "COMEBACK_PUBLIC_URL": "https://comeback.acme.example/"})
    by_http = json.loads(comeback("manifest").stdout)
    assert by_http["settings"]["interactivity"]["request_url"] == "https://comeback.acme.example/slack/events"
    assert json.loads(comeback("manifest", "--socket").stdout)["settings"]["socket_mode_enabled"] is True


def test_http_needs_the_public_address(comeback: Command, outside: Outside) -> None:
    """A manifest for HTTP without an address would make an app that reaches nobody."""
    outside.set(PRODUCT)
    result = comeback("manifest", "--http")
    assert result.exit_code == 2
    assert "COMEBACK_PUBLIC_URL is missing" in result.stderr
