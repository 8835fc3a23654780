"""Rate limits, triggers and response URLs: what runs out, and when it comes back."""

from datetime import timedelta

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.server import Sandbox
from sandbox.slack.rate import POST_BURST
from tests.sandbox.slack.conftest import Api
from tests.sandbox.slack.tiny_bot import by_socket, card, modal


async def test_one_message_a_second_and_channel(sandbox: Sandbox, api: Api) -> None:
    """After a small burst a channel takes one message a second; another channel is not concerned."""
    answers = [await api("chat.postMessage", channel="C0GENERAL", text="a") for _ in range(POST_BURST + 1)]
    assert [answer["status"] for answer in answers] == [200] * POST_BURST + [429]
    assert answers[-1]["error"] == "ratelimited"
    assert answers[-1]["headers"]["Retry-After"] == "1"
    assert (await api("chat.postMessage", channel="G0ADMINS", text="a"))["ok"]
    sandbox.clock.advance(timedelta(seconds=1))
    assert (await api("chat.postMessage", channel="C0GENERAL", text="a"))["ok"]


async def test_user_id_and_its_direct_message_share_a_bucket(api: Api) -> None:
    """Naming the conversation in another way is no way around its limit."""
    named = ["U0ADA", "D0ADA"] * POST_BURST
    assert [(await api("chat.postMessage", channel=name, text="a"))["status"] for name in named][POST_BURST] == 429


async def test_update_is_limited_for_the_whole_workspace(sandbox: Sandbox, api: Api) -> None:
    """chat.update is 50 a minute, whatever the channel, and comes back evenly."""
    ts = (await api("chat.postMessage", channel="C0GENERAL", text="a"))["ts"]
    statuses = [(await api("chat.update", channel="C0GENERAL", ts=ts, text="b"))["status"] for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    sandbox.clock.advance(timedelta(seconds=2))
    assert (await api("chat.update", channel="C0GENERAL", ts=ts, text="b"))["ok"]


async def test_limits_can_be_switched_off() -> None:
    """A test of something else is not slowed down."""
    async with Sandbox(people=21, rate_limits=False) as sandbox:
        given = sandbox.environment()
        client = AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"])
        for _ in range(POST_BURST * 3):
            await client.chat_postMessage(channel="C0GENERAL", text="a")


async def test_trigger_is_good_once_and_for_three_seconds(sandbox: Sandbox, api: Api) -> None:
    """An app has three seconds from the interaction to open a modal, and one try."""
    triggers = sandbox.slack.triggers
    used, late = triggers.issue(user="U0ADA"), triggers.issue(user="U0ADA")
    assert (await api("views.open", trigger_id=used, view=modal()))["ok"]
    assert (await api("views.open", trigger_id=used, view=modal()))["error"] == "exchanged_trigger_id"
    assert (await api("views.open", trigger_id="1.2.3", view=modal()))["error"] == "invalid_trigger_id"
    sandbox.clock.advance(timedelta(seconds=3.5))
    assert (await api("views.open", trigger_id=late, view=modal()))["error"] == "expired_trigger_id"


async def test_expired_trigger_may_come_in_the_older_form(sandbox: Sandbox, api: Api) -> None:
    """Slack has two forms of this refusal, and a bot must know both."""
    late = sandbox.slack.triggers.issue(user="U0ADA")
    sandbox.slack.triggers.old_form = True
    sandbox.clock.advance(timedelta(seconds=3.5))
    body = await api("views.open", trigger_id=late, view=modal())
    assert body["error"] == "invalid_arguments"
    assert body["response_metadata"]["messages"] == ["[ERROR] `trigger_id` expired [json-pointer:/trigger_id]"]


async def test_stack_of_modals_is_three_high(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The fourth view is refused."""
    await client.views_open(trigger_id=sandbox.slack.triggers.issue(user="U0ADA"), view=modal())
    for _ in range(2):
        await client.views_push(trigger_id=sandbox.slack.triggers.issue(user="U0ADA"), view=modal())
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        await client.views_push(trigger_id=sandbox.slack.triggers.issue(user="U0ADA"), view=modal())
    assert len(sandbox.slack.views("ada")) == 3


async def test_response_url_is_good_five_times() -> None:
    """The sixth use of a command's response_url is refused with 404."""
    async with by_socket() as sandbox:
        url = (await sandbox.slack.types("ada", "/request-jira hello")).payload["response_url"]
        answers = [await AsyncWebhookClient(url).send(text=str(n)) for n in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [404]
        assert [m.text for m in sandbox.slack.ephemerals("ada")][1:] == list("01234")


async def test_response_url_dies_after_half_an_hour(http: aiohttp.ClientSession) -> None:
    """An approval that comes later must reach the person in another way."""
    async with by_socket() as sandbox:
        url = (await sandbox.slack.types("ada", "/request-jira hello")).payload["response_url"]
        sandbox.clock.advance(timedelta(minutes=31))
        answer = await http.post(url, json={"text": "late"})
        assert (answer.status, (await answer.json())["error"]) == (404, "expired_url")


async def test_click_response_can_replace_and_delete_an_ephemeral_message(http: aiohttp.ClientSession) -> None:
    """What chat.update can't reach, the response_url of a click on it can."""
    async with by_socket() as sandbox:
        slack = sandbox.slack
        given = sandbox.environment()
        client = AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"])
        await client.chat_postEphemeral(channel="C0GENERAL", user="U0ADA", text="a", blocks=card("private"))
        (note,) = slack.ephemerals("ada")
        payload = (await slack.clicks("ada", note, "request.approve")).payload
        assert payload["container"]["is_ephemeral"]
        assert "message" not in payload
        await http.post(payload["response_url"], json={"text": "replaced", "replace_original": True})
        assert note.words == "replaced"
        await http.post(payload["response_url"], json={"delete_original": True})
        assert note not in slack.ephemerals("ada")
