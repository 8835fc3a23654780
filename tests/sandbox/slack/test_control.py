"""The control routes: the same story told by a page or a script over HTTP."""

import json

import aiohttp
import pytest

from sandbox.server import Sandbox
from tests.sandbox.slack.conftest import Json
from tests.sandbox.slack.tiny_bot import by_socket


async def send(http: aiohttp.ClientSession, sandbox: Sandbox, path: str, **body: object) -> Json:
    """POST to a control route."""
    answer = await http.post(f"{sandbox.url}/control/slack/{path}", json=body)
    read: Json = await answer.json()
    return read | {"status": answer.status}


async def see(http: aiohttp.ClientSession, sandbox: Sandbox, path: str, **query: str) -> Json:
    """GET a control route."""
    answer = await http.get(f"{sandbox.url}/control/{path}", params=query)
    read: Json = await answer.json()
    return read


async def test_whole_story_over_the_control_routes(http: aiohttp.ClientSession) -> None:
    """Command, modal, card, click: a browser needs no more than this."""
    async with by_socket() as sandbox:
        typed = await send(http, sandbox, "message", user="U0ADA", channel="C0GENERAL", text="/request-jira")
        assert (typed["kind"], typed["delivery"]["outcome"]) == ("command", "ok")
        (view,) = (await see(http, sandbox, "slack/views", user="U0ADA"))["stack"]
        state = {"reason": {"text": {"type": "plain_text_input", "value": "I am back"}}}
        sent = await send(http, sandbox, "submit", user="U0ADA", view_id=view["id"], state=state)
        assert sent["delivery"]["outcome"] == "ok"
        assert sent["errors"] is None
        await sandbox.slack.until(lambda: sandbox.slack.messages("G0ADMINS"))
        (card,) = (await see(http, sandbox, "slack/conversation", user="U0GRACE", channel="G0ADMINS"))["messages"]
        container = {"type": "message", "channel": "G0ADMINS", "ts": card["ts"]}
        clicked = await send(http, sandbox, "action", user="U0GRACE", container=container, action_id="request.approve", value="17")
        assert clicked["delivery"]["kind"] == "block_actions"
        await sandbox.slack.until(lambda: sandbox.slack.ephemerals("grace"))
        messages = (await see(http, sandbox, "slack/conversation", user="U0GRACE", channel="G0ADMINS"))["messages"]
        assert [(message["text"], message["ephemeral"]) for message in messages] == [("Approved", False), ("You approved it.", True)]
        assert len((await see(http, sandbox, "slack/deliveries"))["deliveries"]) == 3


async def test_unread_counts_until_the_conversation_is_opened(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """A person sees where something new was said, newest first."""
    await send(http, sandbox, "message", user="ada", channel="C0GENERAL", text="hello")
    rows = (await see(http, sandbox, "slack/conversations", user="ben"))["conversations"]
    assert (rows[0]["id"], rows[0]["unread"]) == ("C0GENERAL", 1)
    await see(http, sandbox, "slack/conversation", user="ben", channel="C0GENERAL")
    assert (await see(http, sandbox, "slack/conversations", user="ben"))["conversations"][0]["unread"] == 0


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("message", {"user": "nobody", "text": "x"}, 404),
        ("message", {"user": "ada"}, 404),
        ("message", {"user": "ada", "text": "/nothing"}, 400),
        ("message", {"user": "ada", "channel": "G0EXEC", "text": "x"}, 400),
        ("submit", {"user": "ada", "view_id": "V0"}, 400),
        ("connection", {"do": "dance"}, 400),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(
    sandbox: Sandbox, http: aiohttp.ClientSession, path: str, body: Json, status: int
) -> None:
    """The page shows the sentence; nothing is a 500."""
    answer = await send(http, sandbox, path, **body)
    assert answer["status"] == status
    assert answer["error"]


async def test_world_lists_the_cast_first(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """The page begins with the people that the story is about."""
    world = await see(http, sandbox, "world")
    assert world["cast"][0] == "ada"
    assert [user["key"] for user in world["users"][:2]] == ["ada", "ben"]
    assert world["app"]["mode"] == "socket"
    assert world["app"]["connected"] is False
    assert {"G0ADMINS", "C0OLD"} <= {channel["id"] for channel in world["channels"]}
    assert world["atlassian"]["products"]


async def test_stream_tells_what_happens(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """The page is told of each message, and need not ask."""
    async with http.get(f"{sandbox.url}/control/events") as stream:
        await stream.content.readuntil(b"\n\n")
        sandbox.slack.says("ada", "hello")
        line = await stream.content.readuntil(b"\n\n")
    event = json.loads(line.removeprefix(b"data: "))
    assert (event["type"], event["channel"]) == ("message", "C0GENERAL")


async def test_administrators_act_over_the_control_routes(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """Deactivating, regrouping and sharing are one request each."""
    assert (await send(http, sandbox, "user", user="ben", do="deactivate"))["user"]["kind"] == "deactivated"
    assert (await send(http, sandbox, "group", group="S0ADMINS", members=["omar"]))["group"]["users"] == ["U0OMAR"]
    assert (await send(http, sandbox, "channel", channel="G0ADMINS", is_ext_shared=True, leave="comeback"))["channel"]["is_shared"]
    assert "U0COMEBACK" not in sandbox.slack.channel("G0ADMINS").members
    assert (await send(http, sandbox, "limits", enabled=False))["enabled"] is False
