"""People, pings and administrators: what the virtual workspace lets happen and shows."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.human import SlackKind
from sandbox.server import Sandbox
from sandbox.slack.errors import NotPossible
from tests.sandbox.slack.tiny_bot import by_socket, card, plain


async def test_unescaped_mention_rings_and_an_escaped_one_does_not(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A justification that reaches mrkdwn unescaped pings the channel: the list says who, where."""
    said = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel> please, <@U0GRACE> and <!subteam^S0ADMINS|admins>"}},
        {"type": "section", "text": plain("<!here> is only text here")},
        {"type": "section", "text": {"type": "mrkdwn", "text": "&lt;!everyone&gt; and @channel are only text"}},
    ]
    await client.chat_postMessage(channel="C0GENERAL", text="<!here> look", blocks=said)
    found = [(ping.kind, ping.target, ping.place) for ping in sandbox.slack.pings]
    block = "/blocks/0/text"
    assert found == [
        ("here", "here", "/text"),
        ("channel", "channel", block),
        ("user", "U0GRACE", block),
        ("group", "S0ADMINS", block),
    ]
    assert [ping.is_loud for ping in sandbox.slack.pings] == [True, True, False, True]


async def test_bare_mention_rings_only_when_parsed_in_full(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """parse=full turns plain @channel into a bell."""
    await client.chat_postMessage(channel="C0GENERAL", text="hello @channel", parse="none")
    assert sandbox.slack.pings == []
    await client.chat_postMessage(channel="C0GENERAL", text="hello @channel", parse="full")
    assert [ping.kind for ping in sandbox.slack.pings] == ["channel"]


async def test_people_see_only_their_places(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Someone outside a private channel can neither read nor click there, and the deactivated do nothing."""
    slack = sandbox.slack
    await client.chat_postMessage(channel="G0ADMINS", text="card", blocks=card("card"))
    (message,) = slack.messages("atlassian-admins")
    with pytest.raises(NotPossible, match="does not see"):
        await slack.clicks("ada", message, "request.approve")
    with pytest.raises(NotPossible, match="can't use Slack"):
        await slack.types("kit", "/request-jira hello")
    with pytest.raises(NotPossible, match="nothing called"):
        await slack.clicks("grace", message, "request.refuse")
    with pytest.raises(NotPossible, match="not a valid command"):
        await slack.types("ada", "/request-moon")
    assert "is not a valid command" in slack.ephemerals("ada")[0].text


async def test_guest_and_stranger_can_type_and_are_known_by_their_payload() -> None:
    """Slack lets outsiders use apps in shared channels; only the payload's team tells."""
    async with by_socket() as sandbox:
        guest = await sandbox.slack.types("ivy", "/request-jira hello")
        stranger = await sandbox.slack.types("jules", "/request-jira hello", channel="C0PARTNERS")
        assert (guest.payload["team_id"], stranger.payload["team_id"]) == ("T0ACME", "T0PARTNER")


async def test_stale_click_names_the_button_that_was_there() -> None:
    """A person whose client is behind presses a button that a redraw has taken away."""
    async with by_socket() as sandbox:
        slack = sandbox.slack
        given = sandbox.environment()
        client = AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"])
        sent = await client.chat_postMessage(channel="G0ADMINS", text="card", blocks=card("card"))
        (message,) = slack.messages("G0ADMINS")
        _, button = message.element("request.approve")
        await client.chat_update(channel="G0ADMINS", ts=sent["ts"], text="done", blocks=[])
        delivery = await slack.clicks("grace", message, "request.approve", element=button)
        assert delivery.payload["actions"][0]["value"] == "17"
        forged = await slack.clicks("grace", message, "request.approve", element=button, value="18")
        assert forged.payload["actions"][0]["value"] == "18"


async def test_administrators_changes_reach_the_app() -> None:
    """A deactivated approver leaves the group, and the app hears of both."""
    async with by_socket() as sandbox:
        slack = sandbox.slack
        slack.set_group("S0ADMINS", ["grace", "ben"])
        slack.deactivate("ben")
        slack.set_kind("ada", SlackKind.GUEST)
        events = [delivery.payload["event"] for delivery in slack.deliveries]
        kinds = ["subteam_members_changed", "subteam_members_changed", "user_change", "user_change"]
        assert [event["type"] for event in events] == kinds
        assert events[0]["added_users"] == ["U0BEN"]
        assert events[1]["removed_users"] == ["U0BEN"]
        assert events[2]["user"]["deleted"]
        assert events[3]["user"]["is_restricted"]
        assert "U0BEN" not in slack.channel("general").members


async def test_reload_forgets_what_was_private(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Ephemeral messages and open modals don't outlive the client's session."""
    await client.chat_postEphemeral(channel="C0GENERAL", user="U0ADA", text="psst")
    sandbox.slack.reloads("ada")
    assert sandbox.slack.ephemerals("ada") == []
    assert sandbox.slack.messages("general", seen_by="ada") == []


async def test_same_seed_makes_the_same_ids() -> None:
    """Two worlds of one seed are told apart by nothing but their port."""
    async with Sandbox(people=40, seed=3) as one, Sandbox(people=40, seed=3) as two:
        assert list(one.slack.people.users) == list(two.slack.people.users)
        assert one.slack.ids.new("V0") == two.slack.ids.new("V0")


async def test_environment_holds_what_a_bot_needs(sandbox: Sandbox) -> None:
    """Every name that the settings require is there; the app token says Socket Mode."""
    given = sandbox.environment()
    assert given["SLACK_API_URL"] == f"{sandbox.url}/slack/api/"
    assert given["SLACK_APP_TOKEN"].startswith("xapp-")
    assert given["COMEBACK_APPROVERS"] == '["U0OMAR", "S0ADMINS"]'
    assert given["COMEBACK_PRODUCTS__JIRA__RESOURCE"].startswith("ari:cloud:jira-software::site/")
    async with Sandbox(people=21, app_url="http://127.0.0.1:9/slack/events") as other:
        assert "SLACK_APP_TOKEN" not in other.environment()
