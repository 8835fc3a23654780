"""
PURE: what an error answer means. Atlassian has four envelopes; the code inside decides, the HTTP status only where there is none.

    {"errors": [{"code": "ADMIN-UAM-409-3", ...}]}                        the admin API
    {"code": 429, "message": "..."}                                       its proxy
    {"timestamp", "path", "status", "error", "message", "requestId"}      the gateway before it
    {"key": "forbidden.action", "context": {"reason": {"key": "..."}}}    user management

Sources: https://developer.atlassian.com/cloud/admin/ and answers observed in the field. No text of an answer gets into an error: only what
has the form of a code, a reason key or a request id.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from atlassian.errors import (
    AlreadyThere,
    AtlassianError,
    Broken,
    Busy,
    KeyRejected,
    NotPermitted,
    NotThere,
    OutcomeUnknown,
    OwnedElsewhere,
    Refused,
    SeatsExhausted,
)

_FORBIDDEN = "ADMIN-UAM-403-1"
"""What a key with scopes gets for a write; to a restore also for one person (seen in the field), and so no word about the key there."""

_BY_CODE: Mapping[str, type[AtlassianError]] = {
    "ADMIN-400-32": SeatsExhausted,
    "ADMIN-409-3": SeatsExhausted,
    "ADMIN-UAM-409-3": SeatsExhausted,
    "ADMIN-409-28": AlreadyThere,
    "ADMIN-UAM-409-2": AlreadyThere,
    "ADMIN-401-2": NotPermitted,
    "ADMIN-403-3": NotPermitted,
    "ADMIN-404-2": NotPermitted,
    _FORBIDDEN: NotPermitted,
    "ADMIN-UAM-403-2": NotPermitted,
    "ADMIN-UAM-404-2": NotPermitted,
    "ADMIN-403-5": OwnedElsewhere,
}

_OF_WRITES = (AlreadyThere, SeatsExhausted)
"""Nothing was to be changed by a question, so that these are no answer to one: whoever asks would take them for the end of a write."""

_ORG_WIDE = frozenset({"search_users", "search_groups", "workspaces", "directories", "application_roles"})
_AWAY = (502, 503, 504)

_CODE = re.compile(r"(ADMIN(-UAM)?-)?\d{3}(-\d{1,3})?|[A-Z]+(_[A-Z]+)*")
_REASON = re.compile(r"[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)*")
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_LONGEST_WAIT = timedelta(hours=1)
_SHORTEST_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The machine-readable part of an error answer."""

    code: str | None = None
    reason: str | None = None
    request_id: str | None = None
    envelope: str | None = None
    names_scope: bool = False
    names_org: bool = False


def error_for(operation: str, *, status: int, headers: Mapping[str, str], body: bytes, write: bool, now: datetime) -> AtlassianError:
    """The error that an answer with *status* 300 or more stands for; *write* says whether the request may have changed something."""
    refusal = read_refusal(headers=headers, body=body)
    if status == 429 or (status in _AWAY and "retry-after" in headers):
        # Behind a gateway that gave up, a write may have taken effect all the same; only 429 says that nothing was done.
        kind = OutcomeUnknown if write and status != 429 else Busy
        retry_at = read_retry_at(headers=headers, now=now)
        return kind(operation, retry_at=retry_at, status=status, code=refusal.code, request_id=refusal.request_id)
    return _refused(operation, status=status, refusal=refusal, write=write)


def _refused(operation: str, *, status: int, refusal: Refusal, write: bool) -> AtlassianError:
    kind = _class_of(status, refusal=refusal, operation=operation, write=write)
    reason = "group_not_manageable" if refusal.code == "ADMIN-403-5" else refusal.reason
    return kind(operation, status=status, code=refusal.code, request_id=refusal.request_id, reason=reason)


def _class_of(status: int, *, refusal: Refusal, operation: str, write: bool) -> type[AtlassianError]:
    if status >= 500 or status < 400 or status == 408:
        return OutcomeUnknown if write else Broken
    if operation == "restore" and refusal.code == _FORBIDDEN and not refusal.names_scope:
        return Refused
    kind = _BY_CODE.get(refusal.code or "") or _by_status(status, refusal=refusal, operation=operation)
    return kind if write or kind not in _OF_WRITES else Refused


def _by_status(status: int, *, refusal: Refusal, operation: str) -> type[AtlassianError]:
    match status:
        case 401:
            return NotPermitted if refusal.names_scope else KeyRejected
        case 403:
            return _forbidden(refusal, operation=operation)
        case 404:
            return NotPermitted if refusal.names_org else NotThere
        case 409:
            return _conflict(refusal, operation=operation)
    return Refused


def _forbidden(refusal: Refusal, *, operation: str) -> type[AtlassianError]:
    if refusal.reason:
        return OwnedElsewhere if refusal.reason.startswith(("externalDirectory", "authPolicy")) else Refused
    if refusal.names_scope:
        return NotPermitted
    # Without a code, a 403 to a question about the whole organization speaks of the key; elsewhere it may be about this person alone,
    # and must not stop everybody: a key that is not permitted is met at the next search.
    return NotPermitted if operation in _ORG_WIDE and refusal.envelope not in ("errors", "lifecycle") else Refused


def _conflict(refusal: Refusal, *, operation: str) -> type[AtlassianError]:
    # Documented for invitations as the user limit, with no code of its own.
    if operation == "invite":
        return SeatsExhausted
    return Refused if refusal.code else AlreadyThere


def read_refusal(*, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The machine-readable part of *body*; all unknown when it is no JSON object."""
    document = _object(body)
    errors = document.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    text = body[:4096].decode("utf-8", "replace")
    return Refusal(
        code=_matching(_CODE, first.get("code") or document.get("code")),
        reason=_matching(_REASON, _reason_of(document)),
        request_id=_matching(
            _REQUEST_ID, headers.get("atl-traceid") or headers.get("x-request-id") or document.get("requestId") or first.get("id")
        ),
        envelope=_envelope(document),
        names_scope="INSUFFICIENT_SCOPE" in text or "manage:org" in text,
        names_org="TCS validation failed" in text,
    )


def read_retry_at(*, headers: Mapping[str, str], now: datetime) -> datetime:
    """When to go on: `Retry-After` (seconds or HTTP date), else `X-RateLimit-Reset` (ISO 8601); between a second and an hour from *now*."""
    told = _after(headers.get("retry-after"), now=now) or _moment(headers.get("x-ratelimit-reset"))
    return min(max(told or now, now + _SHORTEST_WAIT), now + _LONGEST_WAIT)


def _after(value: str | None, *, now: datetime) -> datetime | None:
    if value is None:
        return None
    if value.strip().isdecimal():
        return now + min(timedelta(seconds=int(value.strip()[:9])), _LONGEST_WAIT)
    try:
        return _aware(parsedate_to_datetime(value))
    except ValueError:
        return None


def _moment(value: str | None) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(value)) if value else None
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _envelope(document: Mapping[str, Any]) -> str | None:
    if isinstance(document.get("errors"), list):
        return "errors"
    if "errorKey" in document or isinstance(document.get("key"), str):
        return "lifecycle"
    return "gateway" if "message" in document else None


def _reason_of(document: Mapping[str, Any]) -> Any:
    for holder in (document.get("context"), document.get("errorDetail")):
        if isinstance(holder, dict) and isinstance(holder.get("reason"), dict):
            return holder["reason"].get("key")
    return None


def _matching(pattern: re.Pattern[str], value: Any) -> str | None:
    text = str(value) if isinstance(value, (str, int)) else ""
    return text if len(text) <= 64 and pattern.fullmatch(text) else None
