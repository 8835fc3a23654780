"""
Control routes that show the world as a whole: what there is (`/control/world`), and what happens (`/control/events`).
"""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from sandbox.atlassian.summary import summary
from sandbox.cast import CAST
from sandbox.events import Event
from sandbox.slack import glimpses
from sandbox.slack.workspace import Workspace
from sandbox.world import World

KEEP_ALIVE_SECONDS = 15.0


class Streams:
    """The open event streams, so that they can end before the server does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events until the reader leaves or the server stops."""
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        # Listening begins before the reader knows that the stream is open, so that nothing falls between.
        with self._world.events.subscription() as queue:
            await response.prepare(request)
            task = asyncio.ensure_future(_write(response, queue))
            self._open.add(task)
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
                self._open.discard(task)
        return response

    async def end(self, _app: web.Application) -> None:
        """Let go of every reader."""
        for task in tuple(self._open):
            task.cancel()


async def _write(response: web.StreamResponse, queue: asyncio.Queue[Event]) -> None:
    await response.write(b": the world is listening\n\n")
    while True:
        try:
            await response.write(await _next_line(queue))
        except ConnectionError:
            return


async def _next_line(queue: asyncio.Queue[Event]) -> bytes:
    try:
        event = await asyncio.wait_for(queue.get(), timeout=KEEP_ALIVE_SECONDS)
    except TimeoutError:
        return b": still here\n\n"
    return f"data: {json.dumps(event, default=str)}\n\n".encode()


def register(app: web.Application, world: World, slack: Workspace) -> None:
    """Add `/control/world` and `/control/events` to *app*."""
    streams = Streams(world)

    async def tell_world(_request: web.Request) -> web.Response:
        seen = glimpses.world(slack, cast=[human.key for human in CAST])
        return web.json_response(seen | {"now": world.clock.now().isoformat(), "atlassian": summary(world.atlassian)})

    app.router.add_get("/control/world", tell_world)
    app.router.add_get("/control/events", streams.handle)
    app.on_shutdown.append(streams.end)
