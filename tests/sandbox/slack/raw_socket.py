"""
A Socket Mode client with no manners of its own: it does only what a test tells it.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from sandbox.server import Sandbox

Json = dict[str, Any]


class RawSocket:
    """One open socket; frames are read one by one."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def frame(self) -> Json:
        """The next JSON frame."""
        read: Json = json.loads(await self.socket.receive_str(timeout=10))
        return read

    async def ack(self, envelope: Json, payload: Json | None = None) -> None:
        """Acknowledge *envelope*, whichever socket it came on."""
        answer = {"envelope_id": envelope["envelope_id"]} | ({"payload": payload} if payload else {})
        await self.socket.send_str(json.dumps(answer))


async def ticket_url(sandbox: Sandbox, http: aiohttp.ClientSession) -> str:
    """A fresh address from apps.connections.open."""
    headers = {"Authorization": f"Bearer {sandbox.slack.app.app_token}"}
    async with http.post(f"{sandbox.url}/slack/api/apps.connections.open", headers=headers) as response:
        return str((await response.json())["url"])


@asynccontextmanager
async def raw_socket(sandbox: Sandbox, http: aiohttp.ClientSession) -> AsyncIterator[RawSocket]:
    """A socket that has had its hello."""
    async with http.ws_connect(await ticket_url(sandbox, http)) as socket:
        raw = RawSocket(socket)
        hello = await raw.frame()
        assert hello["type"] == "hello"
        assert hello["connection_info"] == {"app_id": "A0COMEBACK"}
        yield raw
