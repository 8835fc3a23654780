"""Where we go: to Slack and to nobody whom an answer names, with nothing of what we say or hold."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
import structlog
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.asides import Asides
from bot.slack.calls import Line, Redirected, open_client
from bot.slack.errors import SlackAway, SlackError, SlackOutcomeUnknown
from bot.slack.messenger import Messenger
from bot.slack.places import is_slacks
from bot.slack.surfaces.markup import section
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.notices import NoticeView
from bot.slack.wire import Pace, PacedClient
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.slack.deliveries import Outcome
from tests.bot.slack.door import Door

ADMINS = "G0ADMINS"
HELLO = Message(text="hello", blocks=(section("hello"),))
API = "https://slack.com/api/"
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(slots=True, kw_only=True)
class Elsewhere:
    """Another host, which takes whatever it is sent; `heard` is how often, and `url` is where a redirect of its own leads to `sends_to`."""

    url: str = ""
    sends_to: str | None = None
    heard: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Consent in Slack's words, or a redirect."""
        self.heard.append(f"{request.method} {(await request.text())[:20]}")
        if self.sends_to is not None:
            return web.Response(status=307, headers={"Location": self.sends_to})
        return web.json_response({"ok": True, "channel": ADMINS, "ts": "1.2"})


@pytest.fixture
async def open_elsewhere() -> AsyncIterator[Callable[[], Awaitable[Elsewhere]]]:
    """Opens one more host that is not Slack."""
    async with AsyncExitStack() as stack:

        async def opened() -> Elsewhere:
            host, app = Elsewhere(), web.Application()
            app.router.add_route("*", "/{path:.*}", host.answer)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            return host

        yield opened


@pytest.fixture
async def elsewhere(open_elsewhere: Callable[[], Awaitable[Elsewhere]]) -> Elsewhere:
    """A host that is not Slack."""
    return await open_elsewhere()


@pytest.mark.parametrize("status", REDIRECTS)
async def test_a_call_ends_where_it_was_sent(sandbox: Sandbox, elsewhere: Elsewhere, status: int) -> None:
    """What we say stays here; a write that was sent on may have been taken, a read has lost nothing, and Slack has not answered."""
    sandbox.faults.add(Fault(side="slack", match=".*", status=status, body="", headers={"Location": elsewhere.url}))
    given, line = sandbox.environment(), Line()
    async with open_client(token=given["SLACK_BOT_TOKEN"], api_url=given["SLACK_API_URL"], line=line) as client:
        messenger = Messenger(client, sandbox.clock.now)
        calls: tuple[tuple[Callable[[], Awaitable[object]], type[SlackError]], ...] = (
            (lambda: messenger.post(ADMINS, HELLO, job_id="j-1"), SlackOutcomeUnknown),
            (lambda: messenger.find(ADMINS, job_id="j-1", oldest=sandbox.clock.now()), SlackAway),
        )
        for call, expected in calls:
            with pytest.raises(SlackError) as raised:
                await call()
            assert (type(raised.value), raised.value.code) == (expected, "Redirected")
    assert (elsewhere.heard, line.answers) == ([], 0)


async def test_a_post_that_was_sent_on_after_it_was_taken_is_found(sandbox: Sandbox, client: AsyncWebClient, elsewhere: Elsewhere) -> None:
    """The first host may have done it before it pointed elsewhere: whoever looks finds the message, and posts no second one."""
    since, messenger = sandbox.clock.now(), Messenger(client, sandbox.clock.now)
    sandbox.faults.add(
        Fault(side="slack", match="chat.postMessage", when="after", status=307, body="", headers={"Location": elsewhere.url})
    )
    with pytest.raises(SlackOutcomeUnknown):
        await messenger.post(ADMINS, HELLO, job_id="j-1")
    assert await messenger.find(ADMINS, job_id="j-1", oldest=since) is not None
    assert elsewhere.heard == []


async def test_a_form_is_opened_at_slack_alone(http_door: Door, elsewhere: Elsewhere) -> None:
    """Bolt makes a client of its own for each delivery: it goes over our session too, and whoever typed is told to try again."""
    slack = http_door.sandbox.slack
    http_door.sandbox.faults.add(Fault(side="slack", match="views.open", status=307, body="", headers={"Location": elsewhere.url}))
    delivery = await slack.types("hugo", "/request-jira")
    assert (delivery.outcome, slack.views("hugo"), elsewhere.heard) == (Outcome.OK, [], [])
    assert slack.ephemerals("hugo")


async def test_the_answer_to_a_click_ends_where_it_was_sent(open_elsewhere: Callable[[], Awaitable[Elsewhere]]) -> None:
    """Another host's "ok" is no consent of Slack's, and the sentence is none of its business."""
    slack, elsewhere = await open_elsewhere(), await open_elsewhere()
    slack.sends_to = elsewhere.url
    with structlog.testing.capture_logs() as logged:
        assert not await Asides(api_url=slack.url).tell({"response_url": f"{slack.url}hook"}, NoticeView(news="busy"), seconds=5)
    assert (len(slack.heard), elsewhere.heard) == (1, [])
    assert [(entry["event"], entry["error"]) for entry in logged] == [("aside.lost", "Redirected")]


async def test_a_file_goes_to_slack_alone(sandbox: Sandbox, client: AsyncWebClient, elsewhere: Elsewhere) -> None:
    """An answer that names another host for the bytes, in the way or at a proxy, gets none of them."""
    ticket = {"ok": True, "upload_url": f"{elsewhere.url}upload", "file_id": "F1"}
    sandbox.faults.add(Fault(side="slack", match="files.getUploadURLExternal", status=200, body=ticket))
    with pytest.raises(SlackAway, match="strange_host"):
        await Messenger(client, sandbox.clock.now).upload(ADMINS, name="a.csv", content=b"a", title="A", alt_text="", job_id="j-1")
    assert elsewhere.heard == []


async def test_a_file_is_not_sent_on(sandbox: Sandbox, client: AsyncWebClient, elsewhere: Elsewhere) -> None:
    """Nor does the place of the upload choose another one."""
    sandbox.faults.add(Fault(side="slack", match="upload", status=307, body="", headers={"Location": elsewhere.url}))
    with pytest.raises(SlackAway, match="Redirected"):
        await Messenger(client, sandbox.clock.now).upload(ADMINS, name="a.csv", content=b"a", title="A", alt_text="", job_id="j-1")
    assert elsewhere.heard == []


@pytest.fixture
async def wire(sandbox: Sandbox, client: AsyncWebClient) -> AsyncIterator[PacedClient]:
    """A Socket Mode client that has not connected."""

    async def at_once(_: float) -> None: ...

    pace = Pace(monotonic=lambda: 0.0, sleep=at_once, jitter=lambda ceiling: ceiling)
    wire = PacedClient(app_token=sandbox.environment()["SLACK_APP_TOKEN"], client=client, pace=pace)
    yield wire
    await wire.close()  # type: ignore[no-untyped-call]  # slack_sdk leaves it so


async def test_a_socket_is_slacks(sandbox: Sandbox, wire: PacedClient, elsewhere: Elsewhere) -> None:
    """In Socket Mode the connection is the proof, so nobody else may be at its end."""
    opened = {"ok": True, "url": elsewhere.url.replace("http", "ws")}
    sandbox.faults.add(Fault(side="slack", match="apps.connections.open", times=1, status=200, body=opened))
    with pytest.raises(SlackAway, match="strange_host"):
        await wire.issue_new_wss_url()
    assert is_slacks(await wire.issue_new_wss_url(), api_url=sandbox.environment()["SLACK_API_URL"])


async def test_a_socket_is_not_sent_on(wire: PacedClient, open_elsewhere: Callable[[], Awaitable[Elsewhere]]) -> None:
    """The address holds a ticket, and whoever answers there would speak as Slack."""
    slack, elsewhere = await open_elsewhere(), await open_elsewhere()
    slack.sends_to = elsewhere.url
    with pytest.raises(Redirected):
        await wire.aiohttp_client_session.ws_connect(slack.url)
    assert elsewhere.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com/actions/T0/1/x",
        "https://files.slack.com/upload/v1/x",
        "https://slack.com/x",
        "wss://wss-primary.slack.com/link/?ticket=x",
        "https://hooks.slack-gov.com/actions/x",
    ],
)
def test_slacks_places_are_known(url: str) -> None:
    """Where Slack has its hooks, files and sockets."""
    assert is_slacks(url, api_url=API)
    assert is_slacks(url, api_url="http://127.0.0.1:8080/api/")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/x",
        "ws://wss-primary.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://evilslack.com/x",
        "https://slack.com@evil.example/x",
        "https://evil.example\\@files.slack.com/x",
        "https://evil.example/.slack.com/",
        "https://evil.example#.slack.com/",
        "https://evil.example?.slack.com/",
        "https://slack.com:pw@evil.example/",
        "https://evil.example\t.slack.com/",
        "https://slack.com",
        "//hooks.slack.com/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_other_place_passes_for_slacks(url: str) -> None:
    """However two parsers would read it."""
    assert not is_slacks(url, api_url=API)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:8080/slack/upload/x", True),
        ("ws://127.0.0.1:8080/slack/socket", True),
        ("http://127.0.0.1:8081/slack/upload/x", False),
        ("https://127.0.0.1:8080/x", False),
        ("http://127.0.0.1:8080@evil.example/x", False),
        ("http://127.0.0.1:80800/x", False),
    ],
)
def test_the_place_of_the_settings_is_one_of_slacks(url: str, *, ours: bool) -> None:
    """Where the API is simulated, or behind a proxy of one's own, its whole place counts, and not one letter more."""
    assert is_slacks(url, api_url="http://127.0.0.1:8080/api/") is ours
