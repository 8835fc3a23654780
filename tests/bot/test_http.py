"""The HTTP side over a real socket: what is refused before Bolt, what gets through, the probes, and how it stops."""

import asyncio
import hashlib
import hmac
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from multidict import CIMultiDict
from prometheus_client import CollectorRegistry
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot import clock, http

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
COMMAND = b"command=%2Frequest-jira&text=please&team_id=T0ACME&user_id=U0ADA&api_app_id=A0COMEBACK&trigger_id=1.2.3"


@dataclass(slots=True, kw_only=True)
class Bot:
    """A Bolt app with one command, which a test can hold up."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> AsyncApp:
        """The app, made as the runtime makes it."""

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id="T0ACME", bot_token="xoxb-1-2", bot_id="B0", bot_user_id="U0BOT")

        async def answer(ack: AsyncAck) -> None:
            self.reached.set()
            await self.go_on.wait()
            await ack("Got it.")

        app = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)
        app.command("/request-jira")(answer)
        return app


@asynccontextmanager
async def listening(
    bot: Bot | None = None, *, probes: http.Probes | None = None, registry: CollectorRegistry | None = None
) -> AsyncIterator[tuple[http.Server, aiohttp.ClientSession]]:
    """A server on a free port, and a client of it."""
    application = http.build(bolt_app=bot.app() if bot else None, probes=probes or {}, registry=registry or CollectorRegistry())
    server = await http.serve(application, 0, host="127.0.0.1")
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as client:
            yield server, client
    finally:
        await server.stop(1)


@pytest.fixture
def bot() -> Bot:
    """A bot that answers at once."""
    bot = Bot()
    bot.go_on.set()
    return bot


def signed(body: bytes, *, timestamp: str | None = None, content_type: str = FORM) -> dict[str, str]:
    """The headers that Slack would send with *body*."""
    moment = timestamp if timestamp is not None else f"{clock.system_now().timestamp():.0f}"
    digest = hmac.new(SECRET.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}", "Content-Type": content_type}


async def send(client: aiohttp.ClientSession, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Status and text of the answer."""
    async with client.post("/slack/events", data=io.BytesIO(body), headers=headers) as answer:
        return answer.status, await answer.text()


async def test_signed_command_is_answered(bot: Bot) -> None:
    """What Slack signed reaches its listener, and the listener's words are the answer."""
    async with listening(bot) as (_, client):
        assert await send(client, COMMAND, signed(COMMAND)) == (200, "Got it.")


@pytest.mark.parametrize("timestamp", ["", "now", "-1700000000", "1700000000.5", "1_700_000_000", "0x6553f100", "9" * 30])
async def test_timestamp_that_is_no_number_is_unauthorized(bot: Bot, timestamp: str) -> None:
    """Bolt answers 500 to a timestamp that `int` cannot take, and takes some that Slack never sends."""
    async with listening(bot) as (_, client):
        status, _ = await send(client, COMMAND, signed(COMMAND, timestamp=timestamp))
    assert status == 401
    assert not bot.reached.is_set()


@pytest.mark.parametrize("signature", ["", "v0=", "v0=café", "v0=" + "0" * 64, "v1=" + "0" * 64])
async def test_wrong_signature_is_unauthorized(bot: Bot, signature: str) -> None:
    """A signature beyond ASCII is a 500 in Bolt, as `compare_digest` refuses it; a well-formed wrong one is Bolt's to refuse."""
    async with listening(bot) as (_, client):
        status, _ = await send(client, COMMAND, signed(COMMAND) | {"X-Slack-Signature": signature})
    assert status == 401
    assert not bot.reached.is_set()


async def test_unsigned_and_old_requests_are_unauthorized(bot: Bot) -> None:
    """No signature at all, or one that is older than five minutes, opens nothing."""
    old = f"{clock.system_now().timestamp() - 301:.0f}"
    async with listening(bot) as (_, client):
        assert (await send(client, COMMAND, {"Content-Type": FORM}))[0] == 401
        assert (await send(client, COMMAND, signed(COMMAND, timestamp=old)))[0] == 401
    assert not bot.reached.is_set()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"text=\xff\xfe", FORM),
        (b"{not json", JSON),
        (b"[1, 2]", JSON),
        (b'"text"', JSON),
        (b"payload=%7Bnot+json", FORM),
        (b"payload=3", FORM),
        (b'{"authorizations": [1]}', JSON),
        (b'{"a":' * 100_000, JSON),
        (b'{"type": "event_callback", "event": 7}', JSON),
        (b'{"type": "event_callback", "event": null}', JSON),
        (b'{"type": "block_actions", "actions": []}', JSON),
        (b'{"type": "block_actions", "actions": [null]}', JSON),
        (b'{"type": "block_actions", "actions": [{}], "container": [1]}', JSON),
        (b'{"type": "view_submission", "view": "V1"}', JSON),
    ],
)
async def test_body_that_bolt_cannot_parse_is_a_bad_request(bot: Bot, body: bytes, content_type: str) -> None:
    """Bolt parses before it verifies, so anybody could have a 500 from it."""
    async with listening(bot) as (_, client):
        status, text = await send(client, body, signed(body, content_type=content_type))
    assert (status, text) == (400, "not a request of Slack's")


@pytest.mark.parametrize("header", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_header_that_comes_twice_is_unauthorized(bot: Bot, header: str) -> None:
    """Which of two counts is a matter of who reads them, so neither does."""
    right = signed(COMMAND)
    other = "v0=" + "0" * 64 if header == "X-Slack-Signature" else "1700000000"
    async with listening(bot) as (_, client):
        for twice in ([*right.items(), (header, other)], [(header, other), *right.items()]):
            async with client.post("/slack/events", data=io.BytesIO(COMMAND), headers=CIMultiDict(twice)) as answer:
                assert answer.status == 401
    assert not bot.reached.is_set()


async def test_a_strangers_malformed_request_is_a_bad_one_and_leaves_no_trace(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """Anybody may send noise: it is no failure of ours, and neither its bytes nor a stack trace belong in the log."""
    packed = signed(COMMAND) | {"Content-Encoding": "gzip"}
    async with listening(bot) as (server, client):
        async with client.post("/slack/events", data=io.BytesIO(COMMAND), headers=packed, compress=None) as answer:
            assert answer.status == 400
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nsecret reason\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"400"
        writer.close()
    assert not caplog.records


async def test_charset_does_not_change_the_signed_bytes(bot: Bot) -> None:
    """A charset that lies, or that nobody knows, must not break the signature: it is over the bytes."""
    body = COMMAND + "&note=gr%C3%BCn+grün".encode()
    async with listening(bot) as (_, client):
        for charset in ("latin-1", "klingon"):
            assert (await send(client, body, signed(body, content_type=f"{FORM}; charset={charset}")))[0] == 200


async def test_large_body_is_refused_unread(bot: Bot) -> None:
    """Slack's requests are far below a megabyte; more is somebody filling our memory."""
    body = b"text=" + b"x" * http.LARGEST_BODY
    async with listening(bot) as (_, client):
        assert (await send(client, body, signed(body)))[0] == 413


async def test_address_check_is_echoed(bot: Bot) -> None:
    """Slack verifies the address of an HTTP app once, with a signed challenge."""
    body = b'{"type": "url_verification", "challenge": "abc"}'
    async with listening(bot) as (_, client):
        status, text = await send(client, body, signed(body, content_type=JSON))
    assert status == 200
    assert "abc" in text


async def test_process_without_bolt_has_no_front_door() -> None:
    """A worker serves probes only."""
    async with listening() as (_, client):
        assert (await send(client, COMMAND, signed(COMMAND)))[0] == 404
        async with client.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_readiness_names_what_is_red() -> None:
    """One red probe makes the process not ready, and the answer says which; both kinds of probe are asked."""

    async def database() -> bool:
        return False

    async with listening(probes={"slack": lambda: True, "database": database}) as (_, client), client.get("/readyz") as answer:
        assert answer.status == 503
        assert await answer.json() == {"ready": False, "checks": {"slack": True, "database": False}}


async def test_readiness_is_green_when_all_probes_are() -> None:
    """All green is 200."""
    async with listening(probes={"slack": lambda: True}) as (_, client), client.get("/readyz") as answer:
        assert (answer.status, (await answer.json())["ready"]) == (200, True)


async def test_probe_that_hangs_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for readiness gets an answer, also when a probe has none."""
    monkeypatch.setattr(http, "PROBE_SECONDS", 0.01)

    async def database() -> bool:
        await asyncio.Event().wait()
        return True

    async with listening(probes={"database": database}) as (_, client), client.get("/readyz") as answer:
        assert (answer.status, (await answer.json())["checks"]) == (503, {"database": False})


async def test_acks_are_measured(bot: Bot) -> None:
    """The time from a request to its answer is a metric: 3 s is where people see an error."""
    async with listening(bot) as (_, client):
        await send(client, COMMAND, signed(COMMAND))
        async with client.get("/metrics") as answer:
            text = await answer.text()
    assert 'comeback_slack_ack_seconds_bucket{le="3.0"} 1.0' in text


async def test_stop_lets_a_request_end() -> None:
    """A deployment must not cost anybody their answer."""
    bot = Bot()
    async with listening(bot) as (server, client):
        asking = asyncio.create_task(send(client, COMMAND, signed(COMMAND)))
        await bot.reached.wait()
        stopping = asyncio.create_task(server.stop(5))
        with pytest.raises(aiohttp.ClientConnectionError):
            await _until_refused(server.port)
        bot.go_on.set()
        assert await asking == (200, "Got it.")
        await stopping


async def _until_refused(port: int) -> None:
    async with asyncio.timeout(15):
        while True:
            async with aiohttp.ClientSession() as newcomer, newcomer.get(f"http://127.0.0.1:{port}/healthz"):
                pass


async def test_stop_cuts_off_what_does_not_end() -> None:
    """A hanging request must not hold up the stop: the platform kills what takes too long."""
    bot = Bot()
    async with listening(bot) as (server, client):
        asking = asyncio.create_task(send(client, COMMAND, signed(COMMAND)))
        await bot.reached.wait()
        async with asyncio.timeout(15):
            await server.stop(0.1)
        with pytest.raises(aiohttp.ClientError):
            await asking


async def test_taken_port_is_told() -> None:
    """A second server on the port is an error at once, not a process that serves nothing."""
    async with listening() as (server, _):
        with pytest.raises(OSError, match=r"in use"):
            await http.serve(http.build(bolt_app=None, probes={}, registry=CollectorRegistry()), server.port, host="127.0.0.1")
