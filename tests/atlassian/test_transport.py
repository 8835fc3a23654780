"""Everything that can happen on the way, over real sockets: each ends in its class."""

import asyncio
import traceback
from collections.abc import Callable

import httpx
import pytest

from atlassian.errors import AtlassianError, Broken, Busy, KeyRejected, OutcomeUnknown, Unreachable
from atlassian.models import UserPage
from atlassian.transport import Reply, Transport, trusted
from tests.atlassian.conftest import Wire, reply
from tests.atlassian.words import NOW

KEY = "ATCTT3xSECRETKEY"
EMAIL = "ada@acme.example"
PAGE = b'{"data": [{"accountId": "1", "email": "ada@acme.example"}]}'


def transport(wire: Wire, http: httpx.AsyncClient, **options: object) -> Transport:
    """A transport to *wire*."""
    return Transport(wire.url, KEY, now=lambda: NOW, http=http, **options)  # type: ignore[arg-type]


async def send(sender: Transport, *, write: bool) -> Reply:
    """One request that carries an address."""
    return await sender.send("search", method="POST", path="/x%3Ay", json={"emails": [EMAIL]}, params={"limit": 5}, write=write)


async def failure(sender: Transport, *, write: bool) -> AtlassianError:
    """The error of one request."""
    with pytest.raises(AtlassianError) as caught:
        await send(sender, write=write)
    return caught.value


async def test_a_success_is_read_as_a_model(wire: Wire, http: httpx.AsyncClient) -> None:
    """The key goes into the header, ids stay quoted, and the body is not printed."""
    wire.answers(reply(200, PAGE))
    answer = await send(transport(wire, http), write=False)
    assert [user.account_id for user in answer.read(UserPage).data] == ["1"]
    assert EMAIL not in repr(answer)
    head = wire.requests[0].partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /x%3Ay?limit=5 HTTP/1.1")
    assert f"Authorization: Bearer {KEY}" in head


async def test_the_key_is_asked_for_each_request(wire: Wire, http: httpx.AsyncClient) -> None:
    """A key that was renewed counts at once."""
    keys = iter(["first", "second"])
    wire.answers(reply(204))
    sender = Transport(wire.url, lambda: next(keys), now=lambda: NOW, http=http)
    await send(sender, write=True)
    await send(sender, write=True)
    assert [b"Bearer first" in wire.requests[0], b"Bearer second" in wire.requests[1]] == [True, True]


@pytest.mark.parametrize("key", ["", "two\nlines", "schlüssel"])
async def test_a_key_that_no_header_can_carry_is_rejected(wire: Wire, http: httpx.AsyncClient, key: str) -> None:
    """And it is not named in the exception."""
    with pytest.raises(KeyRejected) as caught:
        await send(Transport(wire.url, key, now=lambda: NOW, http=http), write=True)
    assert "".join(traceback.format_exception(caught.value)).count("schl") == 0
    assert wire.requests == []


@pytest.mark.parametrize("times", [0, 1], ids=["at the call", "after the connection"])
async def test_nothing_is_sent_when_the_lease_is_too_short(wire: Wire, http: httpx.AsyncClient, times: int) -> None:
    """`before_send` has the last word before each request, and once more before its first byte: a process may have stood still between."""
    room = iter([None] * times)

    def require() -> None:
        if next(room, "none") is not None:
            raise RuntimeError("lease")

    wire.answers(reply(200, PAGE))
    with pytest.raises(RuntimeError, match="lease"):
        await send(transport(wire, http, before_send=require), write=True)
    assert wire.requests == []
    await send(transport(wire, http), write=True)
    assert len(wire.requests) == 1


async def test_nobody_listening_is_unreachable_for_writes_too(http: httpx.AsyncClient) -> None:
    """A refused connection has changed nothing, so that a write may be tried again."""
    for write in (False, True):
        error = await failure(Transport("http://127.0.0.1:1", KEY, now=lambda: NOW, http=http), write=write)
        assert (type(error), error.reason) == (Unreachable, "ConnectError")


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read the request, then cut the connection."""
    writer.transport.abort()


async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Promise more than is sent."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    await writer.drain()
    writer.transport.abort()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer something that is not HTTP."""
    writer.write(b"220 smtp.example ESMTP\r\n")
    await writer.drain()
    writer.close()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await reader.read()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One byte at a time, always before a read would time out."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not reader.at_eof():
        writer.write(b" ")
        await writer.drain()
        await asyncio.wait([asyncio.ensure_future(reader.read(1))], timeout=0.01)


@pytest.mark.parametrize("script", [reset, half, garbage, silence, drip])
async def test_a_lost_answer_is_unknown_for_a_write(wire: Wire, http: httpx.AsyncClient, script: Callable[..., object]) -> None:
    """The request was sent: a write may have taken effect, a read has changed nothing."""
    wire.script = script  # type: ignore[assignment]
    sender = transport(wire, http, deadline_seconds=0.2)
    assert type(await failure(sender, write=True)) is OutcomeUnknown
    assert type(await failure(sender, write=False)) is Unreachable


async def test_the_deadline_can_be_shortened(wire: Wire, http: httpx.AsyncClient) -> None:
    """On SIGTERM there is less time, for a transport that is in use already."""
    wire.script = drip
    sender = transport(wire, http)
    sender.set_deadline(0.05)
    async with asyncio.timeout(5):
        assert type(await failure(sender, write=True)) is OutcomeUnknown


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data": [', b'{"data": 3}', b'{"data": [{"email": "ada@acme.example"}]}', b"\xff"])
async def test_an_answer_that_nobody_can_read_is_broken(wire: Wire, http: httpx.AsyncClient, body: bytes) -> None:
    """Cut, of another shape or not JSON; what it held is not told."""
    wire.answers(reply(200, body))
    for write, kind in ((False, Broken), (True, OutcomeUnknown)):
        answer = await send(transport(wire, http), write=write)
        with pytest.raises(kind) as caught:
            answer.read(UserPage)
        assert EMAIL not in "".join(traceback.format_exception(caught.value))


async def test_a_page_of_somebody_elses_is_no_success_of_a_write(wire: Wire, http: httpx.AsyncClient) -> None:
    """A portal on the way may answer 200 to anything."""
    wire.answers(reply(200, b"<html>Please log in</html>"))
    answer = await send(transport(wire, http), write=True)
    with pytest.raises(OutcomeUnknown):
        answer.expect_nothing()
    wire.answers(reply(200, b"{}"))
    (await send(transport(wire, http), write=True)).expect_nothing()


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(wire: Wire, http: httpx.AsyncClient) -> None:
    """Memory is ours, and a page of a hundred people is far smaller."""
    wire.answers(reply(200, b"x" * 200_000))
    sender = transport(wire, http, max_body=100_000)
    assert (await failure(sender, write=False)).reason == "too_large"
    assert type(await failure(sender, write=True)) is OutcomeUnknown


async def test_a_large_refusal_is_still_a_refusal(wire: Wire, http: httpx.AsyncClient) -> None:
    """The status says enough."""
    wire.answers(reply(429, b"x" * 200_000, Retry_After="9"))
    error = await failure(transport(wire, http, max_body=100_000), write=True)
    assert isinstance(error, Busy)
    assert (error.retry_at - NOW).total_seconds() == 9


async def test_a_redirect_is_not_followed(wire: Wire, http: httpx.AsyncClient) -> None:
    """The key goes to one host only."""
    wire.answers(reply(302, Location=f"{wire.url}/elsewhere"))
    assert type(await failure(transport(wire, http), write=False)) is Broken
    assert len(wire.requests) == 1


async def test_one_call_is_one_request(wire: Wire, http: httpx.AsyncClient) -> None:
    """Nothing is retried here, whatever comes back: only the outbox knows what was written."""
    for status in (401, 429, 500, 503):
        wire.requests.clear()
        wire.answers(reply(status, Retry_After="0"))
        await failure(transport(wire, http), write=True)
        assert len(wire.requests) == 1


async def test_no_error_tells_the_key_the_address_or_the_body(wire: Wire, http: httpx.AsyncClient) -> None:
    """Not in the error, and not in the traceback that a log would print."""
    scripts: list[object] = [
        reset,
        garbage,
        reply(403, f'{{"message": "{EMAIL} {KEY}"}}'.encode()),
        reply(500, PAGE),
        reply(401, KEY.encode()),
    ]
    for script in scripts:
        wire.script = script if callable(script) else None
        if isinstance(script, bytes):
            wire.answers(script)
        error = await failure(transport(wire, http), write=True)
        text = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
        assert KEY not in text
        assert error.__suppress_context__ or error.__context__ is None
        assert EMAIL not in text


async def test_a_borrowed_client_stays_open_and_an_own_one_is_closed(wire: Wire, http: httpx.AsyncClient) -> None:
    """Whoever opened it closes it."""
    await transport(wire, http).aclose()
    assert not http.is_closed
    own = Transport(wire.url, KEY, now=lambda: NOW)
    await own.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await send(own, write=False)


async def test_the_trusted_authorities_are_read_once() -> None:
    """Reading them is the dearest part of a client, so all clients of a process share them."""
    trusted.cache_clear()
    for _ in range(2):
        await Transport("https://atlassian.example", KEY, now=lambda: NOW).aclose()
    assert trusted.cache_info().misses == 1
