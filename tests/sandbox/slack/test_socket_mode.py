"""Socket Mode: tickets, envelopes, acks, and everything that goes wrong with sockets."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import aiohttp
import pytest

from sandbox.server import Sandbox
from sandbox.slack.deliveries import Outcome
from tests.sandbox.slack.raw_socket import raw_socket, ticket_url
from tests.sandbox.slack.tiny_bot import by_socket


async def test_ticket_is_good_once(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """A client that reconnects to an old address is refused: it must ask for a new one."""
    url = await ticket_url(sandbox, http)
    async with http.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await http.ws_connect(url)


async def test_ticket_expires(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """An address that was kept for later is dead."""
    url = await ticket_url(sandbox, http)
    sandbox.clock.advance(timedelta(minutes=1))
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await http.ws_connect(url)


async def test_handshake_can_be_refused(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """Replicas that start at the same moment may get a 409; the next try works."""
    sandbox.slack.socket.refusals = 1
    with pytest.raises(aiohttp.WSServerHandshakeError, match="409"):
        await http.ws_connect(await ticket_url(sandbox, http))
    async with raw_socket(sandbox, http):
        assert sandbox.slack.connected


async def test_eleventh_socket_is_one_too_many(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """An app has at most ten sockets; the next hears why it is closed."""
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(raw_socket(sandbox, http))
        sandbox.clock.advance(timedelta(minutes=1))
        async with http.ws_connect(await ticket_url(sandbox, http)) as socket:
            frame = await socket.receive_json()
            assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
            assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


async def test_command_goes_to_exactly_one_socket_and_its_ack_may_come_on_another(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """Slack sends to one of the sockets and takes the ack from any."""
    async with raw_socket(sandbox, http) as one, raw_socket(sandbox, http) as two:
        typing = asyncio.ensure_future(sandbox.slack.types("ada", "/request-jira hello"))
        reads = {asyncio.ensure_future(raw.frame()): raw for raw in (one, two)}
        (done,), (waiting,) = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
        envelope = done.result()
        assert envelope["type"] == "slash_commands"
        assert envelope["accepts_response_payload"]
        assert envelope["payload"]["is_enterprise_install"] == "false"
        await reads[waiting].ack(envelope, {"text": "noted"})
        assert (await typing).outcome is Outcome.OK
        waiting.cancel()
    assert [message.text for message in sandbox.slack.ephemerals("ada")] == ["noted"]


async def test_command_without_any_socket_is_dispatch_failed(sandbox: Sandbox) -> None:
    """Nobody is there: the person sees Slack's error at once, and nothing is sent later."""
    delivery = await sandbox.slack.types("ada", "/request-jira hello")
    assert delivery.outcome is Outcome.DISPATCH_FAILED
    assert sandbox.slack.ephemerals("ada")[0].text == '/request-jira failed with the error "dispatch_failed"'


async def test_late_ack_is_noted_and_changes_nothing(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """After three seconds Slack has told the person; what comes then is only counted."""
    async with raw_socket(sandbox, http) as raw:
        delivery = await sandbox.slack.types("ada", "/request-jira hello")
        assert delivery.outcome is Outcome.OPERATION_TIMEOUT
        await raw.ack(await raw.frame(), {"text": "too late"})
        await sandbox.slack.until(lambda: delivery.late_ack_ms)
    assert delivery.late_ack_ms is not None
    assert delivery.late_ack_ms > 3000
    assert [m.text for m in sandbox.slack.ephemerals("ada")] == ['/request-jira failed with the error "operation_timeout"']


async def test_unacknowledged_event_is_repeated_as_a_retry_then_under_its_first_envelope(
    sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    """A retry may be the only delivery, and an envelope_id may come twice: neither tells what was handled."""
    async with raw_socket(sandbox, http) as raw:
        sandbox.slack.change_email("ada", "ada@acme.example")
        first = await raw.frame()
        second = await raw.frame()
        assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
        assert first["envelope_id"] != second["envelope_id"]
        assert first["payload"]["event_id"] == second["payload"]["event_id"]
        await raw.ack(second)
        await sandbox.slack.until(lambda: sandbox.slack.deliveries[-1].outcome is Outcome.OK)
    assert sandbox.slack.deliveries[-1].attempts == 2


async def test_events_are_kept_until_somebody_is_there(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """What happened while nothing was connected arrives afterwards, marked as a retry."""
    sandbox.slack.deactivate("ben")
    async with raw_socket(sandbox, http) as raw:
        frame = await raw.frame()
        assert frame["payload"]["event"]["user"]["deleted"]
        assert frame["retry_attempt"] == 1
        await raw.ack(frame)


async def test_drop_resets_the_connection(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """A TCP reset comes without a close frame."""
    async with raw_socket(sandbox, http) as raw:
        sandbox.slack.socket.drop()
        assert (await raw.socket.receive(timeout=30)).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        await sandbox.slack.until(lambda: not sandbox.slack.connected)


async def test_refresh_makes_the_real_client_reconnect() -> None:
    """Slack replaces every socket after some hours; commands work on the new one."""
    async with by_socket() as sandbox:
        before = sandbox.slack.socket.connections[0]
        await sandbox.slack.socket.refresh()
        await sandbox.slack.until(lambda: any(one is not before for one in sandbox.slack.socket.connections))
        await sandbox.slack.until(lambda: before not in sandbox.slack.socket.connections)
        assert (await sandbox.slack.types("ada", "/request-jira hello")).outcome is Outcome.OK


async def test_unknown_and_second_acks_are_counted(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """A frame that acknowledges nothing is noticed and harms nothing."""
    async with raw_socket(sandbox, http) as raw:
        typing = asyncio.ensure_future(sandbox.slack.types("ada", "/request-jira hello"))
        envelope = await raw.frame()
        await raw.ack(envelope)
        await typing
        await raw.ack(envelope)
        await raw.socket.send_str("no json")
        await raw.socket.ping()
        sandbox.slack.says("ada", "so that somebody looks again")
        typing = asyncio.ensure_future(sandbox.slack.types("ada", "/request-jira again"))
        await raw.ack(await raw.frame())
        await typing
    assert len(sandbox.slack.socket.stray_acks) == 2


async def test_half_open_socket_swallows_everything(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """A socket can look alive and be dead: the command is lost in it and the person sees a timeout."""
    async with raw_socket(sandbox, http):
        sandbox.slack.socket.stall()
        assert (await sandbox.slack.types("ada", "/request-jira hello")).outcome is Outcome.OPERATION_TIMEOUT
