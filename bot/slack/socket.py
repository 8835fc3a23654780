"""
Socket Mode: envelopes in, acks out, and a watchdog that keeps the connection alive and says honestly when it is not.

Nothing is acknowledged before its listener has committed; what fails is not acknowledged at all, and Slack sends events again.
https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import full_jitter
from bot.slack.wire import Pace, PacedClient

LOOK_SECONDS = 1.0
STALE_ADDRESS_SECONDS = 3.0
"""So long without a connection, and the address at hand is a used one."""
HELLO_SECONDS = 10.0

log = structlog.get_logger()


class SocketMode:
    """One connection to Slack; start it once, stop it once. `ready` is for the probe."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        client: AsyncWebClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[float], float] = full_jitter,
    ) -> None:
        self._app, self._app_token, self._web = app, app_token, client
        self._monotonic, self._sleep = monotonic, sleep
        self._pace = Pace(monotonic=monotonic, sleep=sleep, jitter=jitter)
        self._wire: PacedClient | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._ready = False
        self._well_at = 0.0

    @property
    def ready(self) -> bool:
        """Whether Slack's deliveries reach us now, as of the last look (a second ago at most)."""
        return self._ready

    @property
    def busy(self) -> bool:
        """Whether deliveries are being answered at this moment."""
        return bool(self._under_way)

    async def start(self) -> None:
        """Begin to connect, and return at once: `ready` tells when it has come about."""
        self._wire = PacedClient(app_token=self._app_token, client=self._web, pace=self._pace)
        self._wire.socket_mode_request_listeners.append(self._handle)
        self._well_at = self._monotonic()
        self._tasks = [asyncio.create_task(self._wire.connect_to_new_endpoint()), asyncio.create_task(self._watch())]

    async def stop(self, drain_seconds: float) -> None:
        """Finish what has been delivered, then hang up. While that lasts newcomers are served too: an answer is better than none."""
        if self._wire is None:
            return
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=drain_seconds)
        self._ready = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._wire.close()  # type: ignore[no-untyped-call]  # slack_sdk leaves it so

    async def _handle(self, _: Any, request: SocketModeRequest) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        assert self._wire is not None  # noqa: S101 - requests come over the wire
        response = await run_async_bolt_app(self._app, request)
        await send_async_response(self._wire, request, response, self._monotonic())

    async def _watch(self) -> None:
        while True:
            await self._sleep(LOOK_SECONDS)
            try:
                await self._look()
            except Exception as error:
                log.error("socket.watchdog", error=type(error).__name__)

    async def _look(self) -> None:
        wire, now = self._wire, self._monotonic()
        if wire is None:
            return
        connected = await wire.is_connected()
        was, self._ready = self._ready, connected and wire.greeted
        if was is not self._ready:
            log.info("socket.ready" if self._ready else "socket.lost")
        if self._ready:
            self._well_at = now
        elif not connected:
            self._mend(wire, stale=now - self._well_at > STALE_ADDRESS_SECONDS)
        elif now - self._well_at > HELLO_SECONDS:
            self._well_at = now
            self._mend(wire, stale=True, force=True)

    def _mend(self, wire: PacedClient, *, stale: bool, force: bool = False) -> None:
        # `connect` is trying already while the lock is taken: all it needs is not to try the address that failed.
        if stale:
            wire.wss_uri = None
        if not wire.connect_operation_lock.locked():
            self._tasks = [task for task in self._tasks if not task.done()]
            self._tasks.append(asyncio.create_task(wire.connect_to_new_endpoint(force=force)))
