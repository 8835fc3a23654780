"""
The one place that talks to https://api.atlassian.com/: authenticates, watches the clock and the size, and names what came back.

It never retries and never waits: the outbox alone retries, and it alone knows what was written before.
"""

import asyncio
import functools
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from atlassian.errors import AtlassianError, Broken, KeyRejected, OutcomeUnknown, Unreachable
from atlassian.refusals import error_for

CONNECT_SECONDS = 3.0
MAX_BODY = 4 * 1024 * 1024

Params = Mapping[str, str | int | Sequence[str]]
Model = TypeVar("Model", bound=BaseModel)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A successful answer, not read yet; `body` stays out of every log."""

    operation: str
    write: bool
    status: int
    body: bytes

    def __repr__(self) -> str:
        """The reply without its body."""
        return f"Reply({self.operation} {self.status}, {len(self.body)} bytes)"

    def read(self, model: type[Model]) -> Model:
        """
        The body as *model*.

        Raises Broken when it is not one, or OutcomeUnknown when the request was a write.
        """
        try:
            return model.model_validate_json(self.body)
        except ValidationError:
            raise _unclear(self.operation, write=self.write, status=self.status, reason="unreadable") from None

    def expect_nothing(self) -> None:
        """
        Take the status for the whole answer, as it is for most writes (204).

        Raises OutcomeUnknown (or Broken) for a body that is not JSON: a portal on the way may answer 200 with a page of its own.
        """
        if not self.body.strip():
            return
        try:
            from_json(self.body)
        except ValueError:
            raise _unclear(self.operation, write=self.write, status=self.status, reason="unreadable") from None


class Transport:
    """
    Sends requests to one host with one key.

    *key* is the credential or a function that gives it (`SecretStr.get_secret_value`). *before_send* is called before each request and
    again before its first byte, and may raise to prevent it. A client that is passed in as *http* stays the caller's to close.
    """

    def __init__(
        self,
        base_url: str,
        key: str | Callable[[], str],
        *,
        now: Callable[[], datetime],
        http: httpx.AsyncClient | None = None,
        deadline_seconds: float = 10.0,
        max_body: int = MAX_BODY,
        before_send: Callable[[], None] = lambda: None,
        scheme: str = "Bearer",
    ) -> None:
        """Nothing is connected yet."""
        self.base_url = base_url.rstrip("/")
        self._key = key if callable(key) else lambda: key
        self._now = now
        self._owns_http = http is None
        self._http = http or open_http()
        self._deadline_seconds = deadline_seconds
        self._max_body = max_body
        self._before_send = before_send
        self._scheme = scheme
        self.answers = 0
        """How often Atlassian has answered so far: an error of its own (5xx) and a lost answer are none."""

    def set_deadline(self, seconds: float) -> None:
        """From the next request on, give up after *seconds* (on SIGTERM there is less time)."""
        self._deadline_seconds = seconds

    async def aclose(self) -> None:
        """Close the connections that this transport opened itself."""
        if self._owns_http:
            await self._http.aclose()

    async def send(self, operation: str, *, method: str, path: str, write: bool, json: Any = None, params: Params | None = None) -> Reply:
        """
        The answer to one request, when it is a success (2xx).

        *path* starts with a slash and is quoted already. Raises one of `atlassian.errors` for everything else, whether it came from
        Atlassian or from the way there.
        """
        self._before_send()
        request = self._request(operation, method=method, path=path, json=json, params=params)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                status, headers, body = await self._exchange(request)
        except _NEVER_SENT as error:
            raise Unreachable(operation, reason=type(error).__name__) from None
        except (TimeoutError, httpx.HTTPError) as error:
            raise _no_answer(operation, write=write, reason=type(error).__name__) from None
        self.answers += status < HTTPStatus.INTERNAL_SERVER_ERROR
        if not 200 <= status < 300:
            raise error_for(operation, status=status, headers=headers, body=body or b"", write=write, now=self._now())
        if body is None:
            raise _unclear(operation, write=write, status=status, reason="too_large")
        return Reply(operation=operation, write=write, status=status, body=body)

    def _request(self, operation: str, *, method: str, path: str, json: Any, params: Params | None) -> httpx.Request:
        return self._http.build_request(
            method,
            self.base_url + path,
            json=json,
            params=dict(params) if params else None,
            headers={"Authorization": self._authorization(operation), "Accept": "application/json"},
            timeout=httpx.Timeout(self._deadline_seconds, connect=min(CONNECT_SECONDS, self._deadline_seconds)),
            extensions={"trace": self._before_bytes},
        )

    async def _before_bytes(self, event: str, _facts: Mapping[str, Any]) -> None:
        # Once more at the very last: a process that stood still while it connected would write what another has taken over meanwhile.
        if event == "http11.send_request_headers.started":
            self._before_send()

    def _authorization(self, operation: str) -> str:
        key = self._key()
        # httpx would name an unsendable header in its exception, and with it the key.
        if not key or not key.isascii() or not key.isprintable():
            raise KeyRejected(operation, reason="malformed_key")
        return f"{self._scheme} {key}"

    async def _exchange(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes | None]:
        """Status, headers and body; the body is None when it is larger than allowed."""
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            return response.status_code, response.headers, await self._body(response)
        finally:
            await response.aclose()

    async def _body(self, response: httpx.Response) -> bytes | None:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._max_body:
                return None
        return bytes(body)


def open_http() -> httpx.AsyncClient:
    """A client for a handful of calls at once; httpx slows down with more in flight. Proxies come from the environment."""
    limits = httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=30.0)
    return httpx.AsyncClient(limits=limits, headers={"User-Agent": "comeback"}, follow_redirects=False, verify=trusted())


@functools.cache
def trusted() -> ssl.SSLContext:
    """The authorities that a host's certificate must come from, for all clients: reading them takes 80 ms of CPU."""
    return httpx.create_ssl_context()


def _no_answer(operation: str, *, write: bool, reason: str) -> AtlassianError:
    return OutcomeUnknown(operation, reason=reason) if write else Unreachable(operation, reason=reason)


def _unclear(operation: str, *, write: bool, status: int, reason: str) -> AtlassianError:
    return (OutcomeUnknown if write else Broken)(operation, status=status, reason=reason)
