"""
One WebSocket of Socket Mode, from Slack's side.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket as sockets
import struct
from typing import Any

from aiohttp import web

Json = dict[str, Any]

RESET_AT_ONCE = struct.pack("ii", 1, 0)
CLOSE_AFTER_REFRESH_SECONDS = 5.0


class Connection:
    """An open socket; `stalled` makes it half-open: it looks alive and carries nothing."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.BaseTransport | None) -> None:
        self.socket = socket
        self.stalled = False
        self._transport = transport

    async def send(self, frame: Json) -> None:
        """Send one frame; into a closed or stalled socket it is lost, as on a real network."""
        if self.stalled or self.socket.closed:
            return
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self.socket.send_str(json.dumps(frame))

    @staticmethod
    def read(data: str) -> Json:
        """The frame in *data*; what is no JSON object is a frame that says nothing."""
        try:
            frame = json.loads(data)
        except ValueError:
            return {"unreadable": data}
        return frame if isinstance(frame, dict) else {"unreadable": data}

    async def keep_pinging(self, every_seconds: float) -> None:
        """Ping until cancelled; Slack's clients reconnect when none came for 30 s."""
        while not self.socket.closed:
            await asyncio.sleep(every_seconds)
            if not self.stalled:
                with contextlib.suppress(ConnectionError, RuntimeError):
                    await self.socket.ping(b"Ping from applink-sandbox")

    async def say_goodbye(self, reason: str) -> None:
        """Send the disconnect frame with *reason* and close."""
        await self.send(_disconnect(reason))
        await self.close()

    async def refresh(self, warning_seconds: float | None) -> None:
        """Have the client replace this socket; it is closed some seconds after it was asked to."""
        if warning_seconds is not None:
            await self.send(_disconnect("warning"))
            await asyncio.sleep(warning_seconds)
        await self.send(_disconnect("refresh_requested"))
        await asyncio.sleep(CLOSE_AFTER_REFRESH_SECONDS)
        await self.close()

    async def close(self) -> None:
        """Close in good order, but wait for nobody."""
        with contextlib.suppress(ConnectionError, RuntimeError, asyncio.TimeoutError):
            await asyncio.wait_for(self.socket.close(), timeout=1)

    def reset(self) -> None:
        """Cut the TCP connection with a RST."""
        if self._transport is None:
            return
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, RESET_AT_ONCE)
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
