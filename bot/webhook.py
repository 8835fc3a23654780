"""
The audit trail to a receiver of the admin's: one signed POST for each batch, and what its answer means.

    WebhookError
    +-- WebhookBusy      over a limit (429, or 503 that says when): go on at `retry_at`
    +-- WebhookAway      no answer, or one of 5xx: send the same again later; the receiver may have it, and drops it by `seq`
    +-- WebhookRejected  it does not take this from us (4xx, a redirect): an admin has to look

The address is fixed in the settings and redirects are not followed, so that nobody chooses where it goes. Never retried here, and
neither bodies nor the address are in an error.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from bot.settings import SiemSettings

DEADLINE_SECONDS = 10.0
LONGEST_PAUSE = timedelta(hours=1)
"""However long a receiver asks for: what is not sent yet is evidence that only this database has."""


class WebhookError(Exception):
    """A batch that was not taken; `code` is the status, or the name of what happened on the way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WebhookBusy(WebhookError):
    """Over a limit; `retry_at` is UTC."""

    def __init__(self, code: str, *, retry_at: datetime) -> None:
        super().__init__(code)
        self.retry_at = retry_at


class WebhookAway(WebhookError):
    """No usable answer: the batch may have been taken."""


class WebhookRejected(WebhookError):
    """The receiver refuses us."""


def signature(secret: str, *, timestamp: str, body: bytes) -> str:
    """What proves that *body* is ours and of that time: `v1=` and HMAC-SHA256, in hexadecimal, of `<timestamp>.<body>`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"v1={digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One receiver; no repr shows its address or its secret, and *before_send* may raise to prevent a call."""

    url: str = field(repr=False)
    secret: Callable[[], str]
    authorization: Callable[[], str] | None = None
    http: httpx.AsyncClient
    now: Callable[[], datetime]
    before_send: Callable[[], None] = lambda: None
    deadline_seconds: float = DEADLINE_SECONDS

    async def post(self, body: bytes) -> None:
        """
        Have the receiver take *body*, which is JSON Lines: any 2xx says that it did.

        Raises one of this module's errors.
        """
        moment = self.now()
        timestamp = str(int(moment.timestamp()))
        headers = {
            "Content-Type": "application/x-ndjson",
            "X-Comeback-Timestamp": timestamp,
            "X-Comeback-Signature": signature(self.secret(), timestamp=timestamp, body=body),
        }
        if self.authorization is not None:
            headers["Authorization"] = self.authorization()
        response = await self._ask("POST", headers=headers, content=body)
        _require_taken(response.status_code, response.headers, now=moment)

    async def knock(self) -> int:
        """The status of an answer to HEAD, whatever it is: somebody is there. Raises WebhookAway."""
        return (await self._ask("HEAD")).status_code

    async def _ask(self, method: str, *, headers: dict[str, str] | None = None, content: bytes | None = None) -> httpx.Response:
        """The answer without its body, which nobody needs and which could be endless."""
        self.before_send()
        request = self.http.build_request(method, self.url, headers=headers, content=content, timeout=self.deadline_seconds)
        try:
            async with asyncio.timeout(self.deadline_seconds):
                response = await self.http.send(request, stream=True, follow_redirects=False)
                await response.aclose()
        except (TimeoutError, httpx.HTTPError) as error:
            raise WebhookAway(type(error).__name__) from None
        return response


def open_http() -> httpx.AsyncClient:
    """A client for one call at a time. Proxies come from the environment."""
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=2), headers={"User-Agent": "comeback"}, follow_redirects=False)


def webhook_of(
    siem: SiemSettings, *, http: httpx.AsyncClient, now: Callable[[], datetime], before_send: Callable[[], None] = lambda: None
) -> Webhook | None:
    """The way to the receiver; None where there is none. Nothing is connected yet."""
    if siem.url is None or siem.secret is None:
        return None
    return Webhook(
        url=siem.url.get_secret_value(),
        secret=siem.secret.get_secret_value,
        authorization=siem.authorization.get_secret_value if siem.authorization is not None else None,
        http=http,
        now=now,
        before_send=before_send,
    )


def _require_taken(status: int, headers: httpx.Headers, *, now: datetime) -> None:
    if 200 <= status < 300:
        return
    pause = _pause(headers.get("Retry-After"), now=now)
    if status == 429 or (status == 503 and pause is not None):
        raise WebhookBusy(str(status), retry_at=now + (pause or timedelta(minutes=1)))
    if status >= 500 or status == 408:
        raise WebhookAway(str(status))
    raise WebhookRejected(str(status))


def _pause(told: str | None, *, now: datetime) -> timedelta | None:
    """How long `Retry-After` asks for (seconds or a date: RFC 9110), within reason; None where it says nothing that can be read."""
    if told is None:
        return None
    try:
        wait = timedelta(seconds=int(told)) if told.isascii() and told.isdigit() else parsedate_to_datetime(told).astimezone(UTC) - now
    except (ValueError, OverflowError):
        return None
    return max(timedelta(seconds=1), min(wait, LONGEST_PAUSE))
