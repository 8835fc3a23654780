"""
The border to slack_sdk: how its client is made, and its many ways to fail as our few.

The client never retries: it would post a message twice after a lost answer (observed with its ConnectionErrorRetryHandler). The outbox
alone decides what is tried again. https://docs.slack.dev/apis/web-api/rate-limits
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import lease
from bot.slack.errors import SlackAway, SlackBusy, SlackError, SlackHeld, SlackOutcomeUnknown, SlackRefused, SlackTokenRejected

DEADLINE_SECONDS = 10
LONGEST_RETRY_AFTER = timedelta(hours=1)
DEFAULT_RETRY_AFTER = timedelta(seconds=30)

UNREADABLE = "unreadable_code"
"""Stands for an error that does not read as Slack's codes do: codes go into logs, rows and cards, and a proxy may echo a token in one."""
_CODE = re.compile(r"[a-z_]{2,80}")

_BUSY = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_TOKEN = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "not_allowed_token_type", "user_removed_from_team"}
)
# `fatal_error` says itself that part of the operation may have succeeded.
_UNSURE = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable", "team_added_to_org"})


def make_client(*, token: str, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that asks once, within the deadline, over *session* (see `make_session`): slack_sdk's own would follow redirects."""
    return AsyncWebClient(token=token, base_url=api_url, timeout=DEADLINE_SECONDS, session=session, retry_handlers=[])


_in_background: ContextVar[bool] = ContextVar("slack_in_background", default=False)


def ask_in_background() -> None:
    """From now on nobody waits for what the current task asks: like a job's, its calls are held back while Slack is away."""
    _in_background.set(True)


@dataclass(slots=True, kw_only=True)
class Line:
    """How often Slack has answered so far (its own errors, 5xx, are no answer), and whether it `may_ask` now where nobody waits."""

    answers: int = 0
    may_ask: Callable[[], bool] = lambda: True

    async def hold_back(self, _: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestStartParams) -> None:
        """Raise SlackHeld for what can wait; a person who has just clicked can't."""
        if (lease.is_held() or _in_background.get()) and not self.may_ask():
            raise SlackHeld(request.url.name)

    async def count(self, _: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestEndParams) -> None:
        """Note an answer."""
        self.answers += request.response.status < HTTPStatus.INTERNAL_SERVER_ERROR


@asynccontextmanager
async def open_client(*, token: str, api_url: str, line: Line | None = None) -> AsyncIterator[AsyncWebClient]:
    """A client with a session of its own, whose answers are counted on *line*."""
    async with make_session(line) as session:
        yield make_client(token=token, api_url=api_url, session=session)


class Redirected(aiohttp.ClientError):
    """The answer sends us elsewhere, where nobody of ours goes; whether its sender took the request is not known."""


def no_redirects() -> aiohttp.TraceConfig:
    """What makes a session raise Redirected: by itself aiohttp goes on to the host that an answer names, with the whole body."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    return trace


async def _refuse_redirect(_: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestRedirectParams) -> None:
    request.response.close()
    raise Redirected


def make_session(line: Line | None = None, *, seconds: float = DEADLINE_SECONDS) -> aiohttp.ClientSession:
    """
    A session whose every request ends within *seconds*, begins with enough of its job's lease, and ends where it was sent.

    Raises Redirected, a ClientError, instead of going elsewhere. Whoever makes it closes it.
    """
    trace = no_redirects()
    if line is not None:
        trace.on_request_start.append(line.hold_back)
        trace.on_request_end.append(line.count)
    # Right before the bytes: a process that stood still while it connected would post what another has taken over meanwhile.
    trace.on_request_headers_sent.append(_require_lease_still)
    trace.on_request_chunk_sent.append(_require_lease_still)
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds, connect=3), trace_configs=[trace])


async def _require_lease_still(*_: object) -> None:
    lease.require()


async def answer_of(call: Awaitable[AsyncSlackResponse], *, method: str, write: bool, now: Callable[[], datetime]) -> Mapping[str, Any]:
    """
    The answer's fields when Slack says ok; raises SlackError otherwise.

    A *write* whose answer is lost or unreadable is SlackOutcomeUnknown; the same for a read is SlackAway, for nothing is lost by it.
    LeaseTooShort when the job at hand has too little time left for a call: then nothing was sent.
    """
    _require_lease(call)
    try:
        response = await call
    except SlackApiError as error:
        raise _refusal(method, error, write=write, now=now()) from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise SlackAway(method, type(error).__name__) from None
    except (aiohttp.ClientError, SlackClientError, OSError, TimeoutError, ValueError, AttributeError) as error:
        # The last two are how slack_sdk 3.48 meets a body that is not what it expects (plain text, a number).
        raise _unsure(method, type(error).__name__, write=write) from None
    return response.data if isinstance(response.data, dict) else {}


def _require_lease(call: Awaitable[AsyncSlackResponse]) -> None:
    try:
        lease.require()
    except lease.LeaseTooShort:
        # A coroutine that nobody awaits would warn, and a task would send by itself.
        if isinstance(call, Coroutine):
            call.close()
        elif isinstance(call, asyncio.Future):
            call.cancel()
        raise


def _refusal(method: str, error: SlackApiError, *, write: bool, now: datetime) -> SlackError:
    status, code = _status(error.response), _code(error.response)
    if status == 429 or code in _BUSY:
        return SlackBusy(method, code or "ratelimited", retry_at=now + _retry_after(error.response))
    if code in _TOKEN:
        return SlackTokenRejected(method, code)
    if code is None or status >= 500 or code in _UNSURE:
        return _unsure(method, code or f"http_{status}", write=write)
    return SlackRefused(method, code)


def _unsure(method: str, code: str, *, write: bool) -> SlackError:
    return SlackOutcomeUnknown(method, code) if write else SlackAway(method, code)


def _status(response: Any) -> int:
    # After an unreadable body the SDK hands over aiohttp's response instead of its own.
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)


def _code(response: Any) -> str | None:
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if not isinstance(code, str) or not code:
        return None
    return code if _CODE.fullmatch(code) else UNREADABLE


def _retry_after(response: Any) -> timedelta:
    headers = getattr(response, "headers", None) or {}
    named = next((value for name, value in headers.items() if str(name).lower() == "retry-after"), None)
    try:
        seconds = float(named if named is not None else "")
    except ValueError:
        return DEFAULT_RETRY_AFTER
    return min(timedelta(seconds=max(1.0, seconds)), LONGEST_RETRY_AFTER)
