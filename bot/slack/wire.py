"""
slack_sdk's Socket Mode client without its two defects.

Both seen in 3.47 and 3.48: after one failed handshake `connect()` tries the same single-use address for ever, and `too_many_websockets`
makes it ask for a new address without a pause (1,977 times in 10 s). Here an address is used once, and asking for one is paced.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

PING_SECONDS = 3
"""A connection that answers no ping is given up within two of these, plus the half one that aiohttp allows for a pong."""
LEAST_SECONDS = 5.0
MOST_SECONDS = 60.0
CALM_SECONDS = 60.0
"""A connection that held this long ends the trouble: the next one may be asked for at once."""

log = structlog.get_logger()


class Pace:
    """How long to wait before the next `apps.connections.open`: not at all, then 5 s doubling to 60 s while connections do not hold."""

    def __init__(
        self, *, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]], jitter: Callable[[float], float]
    ) -> None:
        self._monotonic, self._sleep, self._jitter = monotonic, sleep, jitter
        self._last: float | None = None
        self._troubles = 0
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Return when it is time, one caller after the other."""
        async with self._turn:
            wait = self.seconds()
            if wait > 0:
                log.warning("socket.waiting", seconds=round(wait, 1), troubles=self._troubles)
                await self._sleep(wait)
            self._last = self._monotonic()

    def seconds(self) -> float:
        """The wait from now; counts as one more trouble when the last connection did not hold for a minute."""
        if self._last is None:
            return 0.0
        # Attempts that all fail are up to a ceiling apart, which must not look like connections that held.
        held = self._monotonic() - self._last
        if held >= CALM_SECONDS + self._ceiling():
            self._troubles = 0
            return 0.0
        ceiling = self._ceiling()
        self._troubles += 1
        # Half of the wait is fixed, so that replicas that were thrown out together do not come back together.
        return max(LEAST_SECONDS, ceiling / 2 + self._jitter(ceiling / 2)) - min(held, LEAST_SECONDS)

    def _ceiling(self) -> float:
        return min(MOST_SECONDS, LEAST_SECONDS * 2.0 ** min(self._troubles, 8))


class PacedClient(SocketModeClient):
    """The client; `greeted` tells that the connection of the moment has said hello."""

    def __init__(self, *, app_token: str, client: AsyncWebClient, pace: Pace) -> None:
        super().__init__(app_token=app_token, web_client=client, ping_interval=PING_SECONDS)
        self._pace = pace
        self._greeting: object | None = None
        self.message_listeners.append(self._listen_for_hello)

    @property
    def greeted(self) -> bool:
        """Whether Slack has said hello on the connection of the moment: before that, nothing is delivered."""
        return self._greeting is not None and self._greeting is self.current_session

    async def issue_new_wss_url(self) -> str:
        """A fresh address, when it is time to ask for one; raises SlackApiError, and `connect` then tries again."""
        await self._pace.wait()
        response = await self.web_client.apps_connections_open(app_token=self.app_token)
        return str(response["url"])

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Replace the connection, once for all who ask at the same time."""
        unwanted = self.current_session
        async with self.connect_operation_lock:
            if self.closed or self.current_session is not unwanted or (not force and await self.is_connected()):
                return
            self.wss_uri = await self._address()
            await self.connect()  # type: ignore[no-untyped-call]  # slack_sdk leaves it so

    async def _address(self) -> str | None:
        """A fresh address, got while the old connection still serves; None when there is none yet, and `connect` goes on asking."""
        try:
            return await self.issue_new_wss_url()
        except Exception as error:
            log.warning("socket.no_address", error=type(error).__name__)
            return None

    async def _listen_for_hello(self, _: Any, message: dict[str, Any], __: str | None = None) -> None:
        if message.get("type") == "hello":
            self._greeting = self.current_session
