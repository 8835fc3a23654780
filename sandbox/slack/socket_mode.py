"""
Socket Mode: tickets, up to ten WebSockets, envelopes and acks.

https://docs.slack.dev/apis/events-api/using-socket-mode ; observed in the field: an eleventh socket gets `too_many_websockets` as its first
frame (slackapi/bolt-js#2021), handshakes at the same moment may get HTTP 409 (slackapi/bolt-js#2318), an ack may leave on any socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.slack.deliveries import ACK_SECONDS, Answer, Json, Outcome, Outgoing, Retry
from sandbox.slack.ids import Ids
from sandbox.slack.sockets import Connection

MAX_CONNECTIONS = 10
TICKET_SECONDS = 30.0
PING_SECONDS = 10.0
REFRESH_WARNING_SECONDS = 10.0
CONNECTION_SECONDS = 18_060
REMEMBERED_ACKS = 2_000


class SocketTransport:
    """All sockets of the app. Faults are planted by its public methods: `refresh`, `drop`, `stall`, and `refuse` handshakes."""

    mode = "socket"

    def __init__(self, ids: Ids, *, app_id: str, monotonic: Callable[[], float], changed: Callable[[], None]) -> None:
        self._ids = ids
        self._app_id = app_id
        self._monotonic = monotonic
        self._changed = changed
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._late: dict[str, tuple[float, Callable[[float], None]]] = {}
        self._open = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections: list[Connection] = []
        self.refusals = 0
        """So many handshakes are still answered with HTTP 409."""
        self.overcrowded = 0
        """So many sockets still get `too_many_websockets` as their first frame, whatever the count."""
        self.stray_acks: list[Json] = []
        """Frames that acknowledge nothing that is known, and second acks."""

    @property
    def connected(self) -> bool:
        """Whether at least one socket is open."""
        return bool(self.connections)

    async def wait_connected(self) -> None:
        """Return once a socket is open."""
        await self._open.wait()

    async def close(self) -> None:
        """Close every socket."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in tuple(self.connections):
            await connection.close()

    def ticket(self) -> str:
        """A new single-use ticket, good for thirty seconds."""
        ticket = self._ids.noise(24)
        self._tickets[ticket] = self._monotonic() + TICKET_SECONDS
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The handshake and life of one socket; a used, expired or unknown ticket is refused with 403."""
        if self.refusals > 0:
            self.refusals -= 1
            return web.Response(status=409)
        if self._tickets.pop(request.query.get("ticket", ""), 0.0) < self._monotonic():
            return web.Response(status=403)
        socket = web.WebSocketResponse(autoping=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        connection = Connection(socket, request.transport)
        if self._is_crowded():
            await connection.say_goodbye("too_many_websockets")
            return socket
        await self._live(connection)
        return socket

    def _is_crowded(self) -> bool:
        if self.overcrowded > 0:
            self.overcrowded -= 1
            return True
        return len(self.connections) >= MAX_CONNECTIONS

    async def _live(self, connection: Connection) -> None:
        self.connections.append(connection)
        await connection.send(self._hello())
        self._open.set()
        self._changed()
        pinging = asyncio.ensure_future(connection.keep_pinging(PING_SECONDS))
        try:
            async for frame in connection.socket:
                await self._hear(connection, frame.type, frame.data)
        finally:
            pinging.cancel()
            self._forget(connection)

    def _hello(self) -> Json:
        debug = {"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": CONNECTION_SECONDS}
        return {"type": "hello", "num_connections": len(self.connections), "debug_info": debug, "connection_info": {"app_id": self._app_id}}

    def _forget(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        if not self.connections:
            self._open.clear()
        self._changed()

    async def _hear(self, connection: Connection, kind: WSMsgType, data: Any) -> None:
        if connection.stalled:
            return
        if kind is WSMsgType.PING:
            await connection.socket.pong(data)
        elif kind is WSMsgType.TEXT:
            self._acknowledge(connection.read(data))

    def _acknowledge(self, frame: Json) -> None:
        envelope_id = str(frame.get("envelope_id"))
        waiting = self._waiting.pop(envelope_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(outcome=Outcome.OK, body=frame.get("payload"), status=200))
        elif envelope_id in self._late:
            started, late = self._late.pop(envelope_id)
            late((asyncio.get_running_loop().time() - started) * 1000)
        else:
            self.stray_acks.append(frame)

    async def send(self, outgoing: Outgoing, *, retry: Retry | None, late: Callable[[float], None]) -> Answer:
        """One envelope on one socket picked by chance; the ack may come on any."""
        if not self.connections:
            return Answer(outcome=Outcome.DISPATCH_FAILED, reason="connection_failed")
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Answer] = loop.create_future()
        self._waiting[outgoing.id] = waiting
        started = loop.time()
        await self.connections[self._ids.pick(len(self.connections))].send(_envelope(outgoing, retry))
        done, _ = await asyncio.wait({waiting}, timeout=ACK_SECONDS)
        if done:
            return waiting.result()
        self._give_up(outgoing.id, started, late)
        return Answer(outcome=Outcome.OPERATION_TIMEOUT, reason="timeout")

    def _give_up(self, envelope_id: str, started: float, late: Callable[[float], None]) -> None:
        self._waiting.pop(envelope_id, None)
        self._late[envelope_id] = (started, late)
        if len(self._late) > REMEMBERED_ACKS:
            del self._late[next(iter(self._late))]

    async def refresh(self, *, warn: bool = False) -> None:
        """Ask every socket to be replaced, as Slack does every few hours; with *warn* ten seconds ahead."""
        for connection in tuple(self.connections):
            task = asyncio.ensure_future(connection.refresh(REFRESH_WARNING_SECONDS if warn else None))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(0)

    def drop(self) -> None:
        """Reset every connection without a word."""
        for connection in tuple(self.connections):
            connection.reset()

    def stall(self) -> None:
        """Leave every socket open and dead: what is sent is lost, nothing is heard, no ping comes."""
        for connection in self.connections:
            connection.stalled = True


def _envelope(outgoing: Outgoing, retry: Retry | None) -> Json:
    envelope: Json = {
        "envelope_id": outgoing.id,
        "type": outgoing.envelope.value,
        "accepts_response_payload": outgoing.takes_answer,
        "payload": outgoing.payload,
    }
    if outgoing.envelope == "events_api":
        envelope |= {"retry_attempt": retry.number if retry else 0, "retry_reason": retry.reason if retry else ""}
    return envelope
