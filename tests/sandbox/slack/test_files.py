"""Files of the simulated Slack: three steps in, a message in the channel, and who gets the bytes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.slack.app import DEFAULT_SCOPES, App
from tests.sandbox.slack.conftest import Api, Json
from tests.sandbox.slack.test_web_api import refusal

ADMINS = "G0ADMINS"
PNG = b"\x89PNG\r\n\x1a\n and so on"
Stage = Callable[..., Awaitable[Json]]


@pytest.fixture
def stage(sandbox: Sandbox, http: aiohttp.ClientSession, api: Api) -> Stage:
    """Announce a file and send its bytes: `await stage("a.png", PNG)` gives the first answer."""

    async def send(name: str, content: bytes, **more: Any) -> Json:
        ticket = await api("files.getUploadURLExternal", filename=name, **{"length": len(content), **more})
        async with http.post(ticket["upload_url"], data=content) as answer:
            assert await answer.text() == f"OK - {len(content)}"
        return ticket

    return send


@pytest.fixture
async def readable() -> AsyncIterator[Sandbox]:
    """A world whose app may fetch files too."""
    async with Sandbox(people=30, app=App(scopes=(*DEFAULT_SCOPES, "files:read"))) as world:
        yield world


async def test_message_shows_the_file(sandbox: Sandbox, api: Api, stage: Stage) -> None:
    """A shared file is a message of the bot, with all that a client needs to draw it."""
    ticket = await stage("trend.png", PNG, alt_txt="303 seats in use")
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "The week"}}]
    answer = await api(
        "files.completeUploadExternal", files=[{"id": ticket["file_id"], "title": "Trend"}], channel_id=ADMINS, blocks=blocks
    )
    assert answer["files"][0]["shares"] == {}
    (message,) = sandbox.slack.messages(ADMINS)
    (file,) = message.files
    facts = {"id": ticket["file_id"], "name": "trend.png", "title": "Trend", "mimetype": "image/png", "alt_txt": "303 seats in use"}
    assert facts.items() <= file.items()
    assert message.words == "The week"
    assert [(file.name, file.content) for file in sandbox.slack.files()] == [("trend.png", PNG)]


async def test_history_tells_of_files(sandbox: Sandbox, api: Api, stage: Stage) -> None:
    """Where the answer does not name the share, the channel's history does."""
    ticket = await stage("list.csv", b"a,b\n")
    await api("files.completeUploadExternal", files=[{"id": ticket["file_id"]}], channel_id=ADMINS, initial_comment="A list")
    (message,) = (await api("conversations.history", channel=ADMINS))["messages"]
    assert (message["text"], message["files"][0]["name"]) == ("A list", "list.csv")
    assert message["files"][0]["shares"]["private"][ADMINS][0]["ts"] == message["ts"]


async def test_answer_may_name_the_share(sandbox: Sandbox, api: Api, stage: Stage) -> None:
    """Now and then Slack is quick enough to tell where the message stands."""
    sandbox.slack.uploads.answers_name_shares = True
    ticket = await stage("list.csv", b"a,b\n")
    answer = await api("files.completeUploadExternal", files=[{"id": ticket["file_id"]}], channel_id="C0GENERAL")
    (message,) = sandbox.slack.messages("general")
    assert answer["files"][0]["shares"]["public"]["C0GENERAL"][0]["ts"] == message.ts


async def test_file_goes_into_a_thread(sandbox: Sandbox, client: AsyncWebClient, api: Api, stage: Stage) -> None:
    """A long list stands under its card."""
    card = await client.chat_postMessage(channel=ADMINS, text="Plan")
    ticket = await stage("list.csv", b"a,b\n")
    await api("files.completeUploadExternal", files=[{"id": ticket["file_id"]}], channel_id=ADMINS, thread_ts=card["ts"])
    assert sandbox.slack.messages(ADMINS)[-1].thread_ts == card["ts"]


async def test_file_without_a_channel_is_private(sandbox: Sandbox, api: Api, stage: Stage) -> None:
    """Nobody sees what is shared nowhere."""
    ticket = await stage("list.csv", b"a,b\n")
    assert (await api("files.completeUploadExternal", files=[{"id": ticket["file_id"]}]))["ok"]
    assert sandbox.slack.messages(ADMINS) == []
    assert len(sandbox.slack.files()) == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"length": 3}, "missing_argument"),
        ({"filename": "a.csv"}, "missing_argument"),
        ({"filename": "a.csv", "length": "many"}, "missing_argument"),
        ({"filename": "a.csv", "length": 0}, "missing_argument"),
        ({"filename": "a.csv", "length": 2 << 30}, "file_upload_size_restricted"),
        ({"filename": "a.png", "length": 3, "alt_txt": "x" * 1001}, "alt_txt_too_large"),
    ],
)
async def test_wrong_announcements_are_refused(api: Api, asked: Json, code: str) -> None:
    """An address is given for a named file of a known, bearable length only."""
    assert (await api("files.getUploadURLExternal", **asked))["error"] == code


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"channel_id": "C0NOWHERE"}, "channel_not_found"),
        ({"channel_id": "G0EXEC"}, "channel_not_found"),
        ({"channel_id": "C0RANDOM"}, "not_in_channel"),
        ({"channel_id": "C0OLD"}, "posting_to_channel_denied"),
        ({"channel_id": ADMINS, "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel_id": ADMINS, "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"channel_id": ADMINS, "blocks": [{"type": "markdown", "text": "*a*"}]}, "internal_error"),
        ({"files": []}, "invalid_arguments"),
        ({"files": [{"id": "F0NONE"}]}, "file_not_found"),
        ({"files": ["F0NONE"]}, "file_not_found"),
    ],
)
async def test_wrong_completions_are_refused_and_show_nothing(sandbox: Sandbox, api: Api, stage: Stage, place: Json, code: str) -> None:
    """A refusal leaves no message behind, and the file can still be completed."""
    ticket = await stage("list.csv", b"a,b\n")
    files = [{"id": ticket["file_id"]}]
    assert (await api("files.completeUploadExternal", **{"files": files, **place}))["error"] == code
    assert not any(sandbox.slack.messages(channel) for channel in ("general", "random", ADMINS, "old-projects"))
    assert (await api("files.completeUploadExternal", files=files, channel_id=ADMINS))["ok"]


async def test_bytes_have_to_be_there_and_as_many_as_announced(
    sandbox: Sandbox, http: aiohttp.ClientSession, api: Api, stage: Stage
) -> None:
    """A half-sent file is never shown."""
    ticket = await api("files.getUploadURLExternal", filename="a.csv", length=4)
    files = [{"id": ticket["file_id"]}]
    assert (await api("files.completeUploadExternal", files=files, channel_id=ADMINS))["error"] == "file_not_found"
    async with http.post(ticket["upload_url"], data=b"ab"):
        assert (await api("files.completeUploadExternal", files=files, channel_id=ADMINS))["error"] == "file_update_failed"
    assert (await http.post(f"{sandbox.url}/slack/upload/guessed", data=b"ab")).status == 404


async def test_file_is_completed_once(api: Api, stage: Stage, http: aiohttp.ClientSession) -> None:
    """Neither the share nor the bytes can be repeated."""
    ticket = await stage("a.csv", b"a")
    assert (await api("files.completeUploadExternal", files=[{"id": ticket["file_id"]}], channel_id=ADMINS))["ok"]
    again = await api("files.completeUploadExternal", files=[{"id": ticket["file_id"]}], channel_id=ADMINS)
    assert again["error"] == "file_not_found"
    assert (await http.post(ticket["upload_url"], data=b"b")).status == 404


async def test_upload_needs_its_scope(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Without files:write both methods say which scope is missing."""
    sandbox.slack.app.scopes = tuple(scope for scope in DEFAULT_SCOPES if scope != "files:write")
    assert await refusal(client.files_getUploadURLExternal(filename="a", length=1)) == "missing_scope"
    assert await refusal(client.files_completeUploadExternal(files=[{"id": "F0"}])) == "missing_scope"


async def test_faults_reach_the_sending_of_bytes(sandbox: Sandbox, http: aiohttp.ClientSession, api: Api) -> None:
    """The middle step can fail too, though it is no method."""
    sandbox.faults.add(Fault(side="slack", match="upload", status=503, body="later"))
    ticket = await api("files.getUploadURLExternal", filename="a.csv", length=1)
    assert (await http.post(ticket["upload_url"], data=b"a")).status == 503


async def test_bot_with_the_scope_gets_the_bytes(readable: Sandbox, http: aiohttp.ClientSession) -> None:
    """`url_private` takes the bot's token, and sends everybody else to log in."""
    given = readable.environment()
    client = AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"], retry_handlers=[])
    await client.files_upload_v2(channel=ADMINS, filename="trend.png", content=PNG, title="Trend")
    address = readable.slack.messages(ADMINS)[0].files[0]["url_private"]
    bearer = {"Authorization": f"Bearer {given['SLACK_BOT_TOKEN']}"}
    answer = await http.get(address, headers=bearer)
    assert (answer.headers["Content-Type"], await answer.read()) == ("image/png", PNG)
    assert (await http.get(address, allow_redirects=False)).status == 302
    assert (await http.get(address, headers={"Authorization": "Bearer xoxb-wrong"}, allow_redirects=False)).status == 302
    assert (await http.get(address + "x", headers=bearer)).status == 404
    readable.slack.app.scopes = DEFAULT_SCOPES
    assert (await http.get(address, headers=bearer, allow_redirects=False)).status == 302


async def test_page_shows_files_to_whoever_is_in_the_channel(sandbox: Sandbox, http: aiohttp.ClientSession, client: AsyncWebClient) -> None:
    """Grace, an admin, sees the picture; Ada, who is not in the channel, does not. A list is saved, never opened in the page."""
    await client.files_upload_v2(channel=ADMINS, filename="trend.png", content=PNG)
    await client.files_upload_v2(channel=ADMINS, filename="list.csv", content="a,b\n")
    picture, table = (file.id for file in sandbox.slack.files())
    show = f"{sandbox.url}/control/slack/file"
    seen = await http.get(show, params={"user": "grace", "id": picture})
    assert (seen.headers["Content-Type"], await seen.read()) == ("image/png", PNG)
    assert (await http.get(show, params={"user": "grace", "id": table})).headers["Content-Disposition"] == 'attachment; filename="list.csv"'
    for user, file in (("ada", picture), ("nobody", picture), ("grace", "F0NONE")):
        assert (await http.get(show, params={"user": user, "id": file})).status == 404
