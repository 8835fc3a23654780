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

from bot.clock import system_now
from bot.slack.calls import answer_of, no_redirects
from bot.slack.errors import SlackAway, SlackBusy
from bot.slack.places import is_slacks

PING_SECONDS = 3
"""A connection that answers no ping is given up within two of these, plus the half one that aiohttp allows for a pong."""
LEAST_SECONDS = 5.0
MOST_SECONDS = 15.0
"""With the SDK's own pause of 3 s and a look each second, we are back well within 30 s of the end of whatever it was."""
LONGEST_HOLD_SECONDS = 60.0
CALM_SECONDS = 10.0
"""A connection that held this long after its hello ends the trouble."""

_ROUTINE = frozenset({"warning", "refresh_requested"})
_UNWANTED = frozenset({"too_many_websockets", "link_disabled"})

log = structlog.get_logger()


class Pace:
    """
    How long to wait before the next `apps.connections.open`.

    Not at all when Slack has us replace a connection, when one drops that had held, or for the first that had not; else 5 s, then up to
    15 s, from one to the next while connections fail. It learns how they fare from `hello` and `farewell`.
    """

    def __init__(
        self, *, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]], jitter: Callable[[float], float]
    ) -> None:
        self._monotonic, self._sleep, self._jitter = monotonic, sleep, jitter
        self._asked_at: float | None = None
        self._hello_at: float | None = None
        self._farewell: str | None = None
        self._was_routine = False
        self._may_spring_back = True
        self._not_before = 0.0
        self._troubles = 0
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Return when it is time, one caller after the other."""
        async with self._turn:
            wait = self._seconds()
            if wait > 0:
                log.warning("socket.waiting", seconds=round(wait, 1), troubles=self._troubles)
                await self._sleep(wait)
            self._asked_at, self._hello_at, self._farewell = self._monotonic(), None, None

    def hello(self) -> None:
        """Note that the connection last asked for works."""
        self._hello_at, self._farewell = self._monotonic(), None

    def farewell(self, reason: str) -> None:
        """Note why Slack ends the connection of the moment."""
        self._farewell = reason

    def hold(self, seconds: float) -> None:
        """Ask no more for *seconds*, as Slack said."""
        self._not_before = self._monotonic() + seconds

    def _seconds(self) -> float:
        if self._asked_at is None:
            return 0.0
        now = self._monotonic()
        return max(0.0, self._asked_at + self._distance(now) - now, self._not_before - now)

    def _distance(self, now: float) -> float:
        """From the last asking to the next, in seconds; counts as a trouble unless the connection is excused."""
        self._was_routine, was_routine = self._farewell in _ROUTINE and self._hello_at is not None, self._was_routine
        if self._hello_at is not None and now - self._hello_at >= CALM_SECONDS:
            self._troubles, self._may_spring_back = 0, True
            if self._farewell not in _UNWANTED:
                return 0.0
        if self._was_routine:
            return LEAST_SECONDS if was_routine else 0.0
        if self._hello_at is not None and self._farewell not in _UNWANTED and self._may_spring_back:
            self._may_spring_back = False
            return 0.0
        return self._backed_off()

    def _backed_off(self) -> float:
        ceiling = min(MOST_SECONDS, LEAST_SECONDS * 2.0 ** min(self._troubles, 8))
        self._troubles += 1
        # Half of the wait is fixed, so that replicas that were thrown out together do not come back together.
        return max(LEAST_SECONDS, ceiling / 2 + self._jitter(ceiling / 2))


class PacedClient(SocketModeClient):
    """The client; `greeted` tells that the connection of the moment has said hello."""

    def __init__(self, *, app_token: str, client: AsyncWebClient, pace: Pace) -> None:
        super().__init__(app_token=app_token, web_client=client, ping_interval=PING_SECONDS)
        self._pace = pace
        self._greeting: object | None = None
        self.message_listeners.append(self._listen_for_hello)
        # Whoever is at the other end speaks to us as Slack: its requests are signed by nothing but the connection.
        trace = no_redirects()
        trace.freeze()
        self.aiohttp_client_session.trace_configs.append(trace)

    @property
    def greeted(self) -> bool:
        """Whether Slack has said hello on the connection of the moment: before that, nothing is delivered."""
        return self._greeting is not None and self._greeting is self.current_session

    async def issue_new_wss_url(self) -> str:
        """A fresh address, when it is time to ask for one; raises SlackError, and `connect` then tries again."""
        await self._pace.wait()
        call = self.web_client.apps_connections_open(app_token=self.app_token)
        try:
            answer = await answer_of(call, method="apps.connections.open", write=False, now=system_now)
        except SlackBusy as error:
            self._pace.hold(min(LONGEST_HOLD_SECONDS, (error.retry_at - system_now()).total_seconds()))
            raise
        url = str(answer["url"])
        if not is_slacks(url, api_url=self.web_client.base_url):
            raise SlackAway("apps.connections.open", "strange_host")
        return url

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """Hand *message* to its listeners; a `disconnect` is answered by a new connection, and its reason decides how soon."""
        if message.get("type") == "disconnect":
            self._pace.farewell(str(message.get("reason")))
        await super().run_message_listeners(message, raw_message)

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
            self._pace.hello()
