"""A way to PostgreSQL that can be cut: every connection is dropped and none is taken, as when its server is stopped."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.e2e.conftest import free_port

CHUNK = 65536


@dataclass(slots=True)
class Wire:
    """Carries bytes from a port of loopback to the server's socket, for as long as it is not cut."""

    socket_path: str
    port: int = field(default_factory=free_port)
    _server: asyncio.Server | None = None
    _carried: set[asyncio.StreamWriter] = field(default_factory=set)
    _carrying: set[asyncio.Task[None]] = field(default_factory=set)

    async def mend(self) -> None:
        """Take connections, from now on."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._carried):
                writer.transport.abort()
            await asyncio.gather(*self._carrying, return_exceptions=True)
            self._server = None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)
        there_reader, there_writer = await asyncio.open_unix_connection(self.socket_path)
        self._carried |= {writer, there_writer}
        await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))
        self._carried -= {writer, there_writer}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def severable(postgres_url: str) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to the server of *postgres_url*, and the address of the same database at its end."""
    address = urlsplit(postgres_url)
    folder = parse_qs(address.query)["host"][0]
    wire = Wire(f"{folder}/.s.PGSQL.5432")
    await wire.mend()
    try:
        yield wire, f"postgresql://{address.username}@127.0.0.1:{wire.port}{address.path}"
    finally:
        await wire.cut()
