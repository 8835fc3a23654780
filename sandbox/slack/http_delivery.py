"""
Delivery over HTTP: signed POST requests to the app's one request URL.

Signature: `v0=` + HMAC-SHA256(secret, `v0:timestamp:body`), https://docs.slack.dev/authentication/verifying-requests-from-slack .
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

import aiohttp

from sandbox.slack.deliveries import ACK_SECONDS, LATE_SECONDS, Answer, Envelope, Json, Outcome, Outgoing, Retry

VERIFY_PAUSES = (0.02, 0.02, 0.05, 0.05, 0.1, 0.1, 0.25, 0.5, 1.0, 2.0)


def sign(secret: str, *, timestamp: str, body: bytes) -> str:
    """The X-Slack-Signature of *body*."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


class HttpTransport:
    """Posts to *url*; events go out only after the app echoed a `url_verification` challenge, as in Slack's settings page."""

    mode = "http"

    def __init__(
        self,
        url: str,
        *,
        secret: str,
        verification_token: str,
        challenge: str,
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        self._url = url
        self._secret = secret
        self._token = verification_token
        self._now = now
        self._changed = changed
        self._challenge = challenge
        self._session: aiohttp.ClientSession | None = None
        self._verified = asyncio.Event()
        self._tasks: set[asyncio.Task[object]] = set()
        self.clock_skew_seconds = 0
        """Added to the signed timestamp: what an app sees whose host's clock is wrong."""

    @property
    def connected(self) -> bool:
        """Whether the app has echoed the challenge."""
        return self._verified.is_set()

    async def wait_connected(self) -> None:
        """Return once the request URL is verified."""
        if not self._tasks and not self.connected:
            self.start()
        await self._verified.wait()

    def start(self) -> None:
        """Begin to verify the request URL, until it answers."""
        self._keep(asyncio.ensure_future(self._verify()))

    async def close(self) -> None:
        """End what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def send(self, outgoing: Outgoing, *, retry: Retry | None, late: Callable[[float], None]) -> Answer:
        """One signed POST; the answer if it came within three seconds, else a timeout while the request goes on."""
        started = asyncio.get_running_loop().time()
        task = asyncio.ensure_future(self._post(outgoing, retry))
        self._keep(task)
        done, _ = await asyncio.wait({task}, timeout=ACK_SECONDS)
        if done:
            return task.result()
        task.add_done_callback(lambda finished: _note_late(finished, started, late))
        return Answer(outcome=Outcome.OPERATION_TIMEOUT)

    def _keep(self, task: asyncio.Task[object] | asyncio.Task[Answer] | asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _verify(self) -> None:
        attempt = 0
        while not await self._echoes():
            await asyncio.sleep(VERIFY_PAUSES[min(attempt, len(VERIFY_PAUSES) - 1)])
            attempt += 1
        self._verified.set()
        self._changed()

    async def _echoes(self) -> bool:
        payload = {"type": "url_verification", "token": self._token, "challenge": self._challenge}
        answer = await self._post(Outgoing(id="url_verification", envelope=Envelope.EVENT, payload=payload), None)
        said = answer.body.get("challenge") if isinstance(answer.body, dict) else answer.body
        return answer.outcome is Outcome.OK and said == self._challenge

    async def _post(self, outgoing: Outgoing, retry: Retry | None) -> Answer:
        content_type, body = _encode(outgoing)
        try:
            async with self._client().post(self._url, data=body, headers=self._headers(body, content_type, retry)) as response:
                return await _answer(response)
        except TimeoutError:
            return Answer(outcome=Outcome.OPERATION_TIMEOUT)
        except (aiohttp.ClientError, OSError):
            return Answer(outcome=Outcome.DISPATCH_FAILED, reason="connection_failed")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LATE_SECONDS))
        return self._session

    def _headers(self, body: bytes, content_type: str, retry: Retry | None) -> dict[str, str]:
        timestamp = str(int(self._now().timestamp()) + self.clock_skew_seconds)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(self._secret, timestamp=timestamp, body=body),
        }
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
        return headers


def _encode(outgoing: Outgoing) -> tuple[str, bytes]:
    if outgoing.envelope is Envelope.EVENT:
        return "application/json", json.dumps(outgoing.payload).encode()
    fields = outgoing.payload if outgoing.envelope is Envelope.COMMAND else {"payload": json.dumps(outgoing.payload)}
    return "application/x-www-form-urlencoded", urlencode(fields).encode()


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    text = await response.text()
    body: Json | str = text
    if response.content_type == "application/json" and text:
        try:
            body = json.loads(text)
        except ValueError:
            body = text
    if response.status != 200:
        no_retry = response.headers.get("X-Slack-No-Retry") == "1"
        return Answer(outcome=Outcome.DISPATCH_FAILED, body=body, status=response.status, reason="http_error", no_retry=no_retry)
    return Answer(outcome=Outcome.OK, body=body, status=200)


def _note_late(task: asyncio.Task[Answer], started: float, late: Callable[[float], None]) -> None:
    if not task.cancelled() and task.exception() is None and task.result().outcome is Outcome.OK:
        late((task.get_loop().time() - started) * 1000)
