"""Many requests at once over a few kept connections, byte for byte as they are given: no client library tidies them up."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PATIENCE = 15.0
"""Seconds that an answer is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, so many `seconds` after the first byte was sent; `status` None when the connection ended without an answer."""

    status: int | None
    body: bytes = b""
    seconds: float = 0.0


async def ask_all(port: int | Sequence[int], requests: Sequence[bytes], *, lines: int, patience: float = PATIENCE) -> list[Reply]:
    """The replies in the order of *requests*, over *lines* connections that take turns over the ports, one request on each at a time."""
    ports = [port] if isinstance(port, int) else list(port)
    replies: list[Reply] = [Reply(status=None)] * len(requests)
    waiting = iter(enumerate(requests))
    await asyncio.gather(*(_line(ports[number % len(ports)], waiting, replies, patience) for number in range(min(lines, len(requests)))))
    return replies


async def ask(port: int, request: bytes) -> Reply:
    """The reply to one request."""
    (reply,) = await ask_all(port, [request], lines=1)
    return reply


async def _line(port: int, waiting: Iterator[tuple[int, bytes]], replies: list[Reply], patience: float) -> None:
    line: _Connection | None = None
    for place, request in waiting:
        kept = line if line is not None and line.is_open else None
        line = kept or await _connect(port)
        replies[place] = await line.ask(request, patience=patience)
        if kept is not None and replies[place].status is None:
            # The other side may have closed a kept connection at that moment; on a fresh one there is no such excuse.
            line = await _connect(port)
            replies[place] = await line.ask(request, patience=patience)
    if line is not None:
        line.close()


async def _connect(port: int) -> "_Connection":
    return _Connection(*await asyncio.open_connection("127.0.0.1", port))


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.is_open = True

    async def ask(self, request: bytes, *, patience: float) -> Reply:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(patience):
                self._writer.write(request)
                status, body = await self._answer()
        except (OSError, EOFError, ValueError, TimeoutError):
            self.close()
            return Reply(status=None, seconds=time.monotonic() - begun)
        return Reply(status=status, body=body, seconds=time.monotonic() - begun)

    async def _answer(self) -> tuple[int, bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        status = int(head[0].split(b" ")[1])
        fields = dict(line.lower().split(b": ", 1) for line in head[1:] if b": " in line)
        body = await self._reader.readexactly(int(fields.get(b"content-length", b"0")))
        if fields.get(b"connection") == b"close":
            self.close()
        return status, body

    def close(self) -> None:
        self.is_open = False
        self._writer.close()
