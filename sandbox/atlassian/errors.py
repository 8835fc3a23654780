"""
The answers that refuse, in the three envelopes that the admin API uses.

    Refusal                 `{"errors": [{id, code, status, title, detail}]}`, `status` a string: almost everything
    ├── ManageRefusal       `{"key", "context", "errorKey", "errorDetail"}`: `/users/{id}/manage`
    ├── ProxyRefusal        `{"code", "message"}`: the proxy in front, e.g. 429 on roles/assign
    └── GatewayRefusal      `{"timestamp", "path", "status", "error", "message", "requestId"}`: the gateway, e.g. missing scope

Codes and titles: developer.atlassian.com/cloud/admin/organization/rest/intro (error codes), seen 2026-11.
"""

from http import HTTPStatus
from typing import Any

TITLES = {
    "ADMIN-UAM-400-1": "Bad Request",
    "ADMIN-UAM-400-2": "Inactive user",
    "ADMIN-UAM-400-3": "Invalid Role for Resource",
    "ADMIN-UAM-400-4": "Product not licensed",
    "ADMIN-UAM-400-5": "Cloud Resource is empty",
    "ADMIN-UAM-401-1": "Unauthenticated",
    "ADMIN-UAM-402-1": "Payment Required",
    "ADMIN-UAM-403-1": "Forbidden",
    "ADMIN-UAM-404-1": "One or more user not found in the directory",
    "ADMIN-UAM-405-1": "Method Not Supported",
    "ADMIN-UAM-409-2": "Resource Conflicts",
    "ADMIN-UAM-409-3": "Product License Limit Exceeded",
    "ADMIN-UAM-415-1": "Unsupported Media Type",
    "ADMIN-400-1": "Invalid page cursor",
    "ADMIN-400-4": "Invalid resource",
    "ADMIN-400-24": "Invalid request body",
    "ADMIN-401-2": "INSUFFICIENT_SCOPE",
    "ADMIN-403-3": "Not allowed to manage the org",
    "ADMIN-403-5": "Not allowed to manage the group",
    "ADMIN-404-1": "Unknown resource",
    "ADMIN-404-2": "Organization not found",
    "ADMIN-404-8": "User not found",
    "ADMIN-404-10": "Group not found",
    "ADMIN-409-3": "License limit exceeded",
    "ADMIN-429-1": "Rate limit exceeded",
    "ADMIN-500-1": "Internal error",
}


class Refusal(Exception):
    """A call that is refused with the ordinary envelope; the gate turns it into the answer."""

    def __init__(self, code: str, *, detail: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.status = int(code.removeprefix("ADMIN-").removeprefix("UAM-").partition("-")[0])


class ManageRefusal(Refusal):
    """A refusal of user management; *reason* is the key of a forbidden action, *message* the text of the others."""

    def __init__(self, status: int, *, key: str, reason: str | None = None, message: str = "") -> None:
        super().__init__("ADMIN-500-1")
        self.status, self.code = status, reason or key
        self.key, self.reason, self.message = key, reason, message


class ProxyRefusal(Refusal):
    """A refusal by the proxy, with a number as code."""

    def __init__(self, status: int, *, message: str) -> None:
        super().__init__("ADMIN-500-1")
        self.status, self.code, self.message = status, str(status), message


class GatewayRefusal(Refusal):
    """A refusal by the gateway, flat; *brief* leaves only status and message, as for an organization id it can't read."""

    def __init__(self, status: int, *, message: str, brief: bool = False) -> None:
        super().__init__("ADMIN-500-1")
        self.status, self.code, self.message, self.brief = status, str(status), message, brief


def body_of(refusal: Refusal, *, request_id: str, path: str, at: str) -> dict[str, Any]:
    """The JSON of the answer, in the refusal's own envelope; *path* is the public path, *at* the time in ISO 8601."""
    if isinstance(refusal, ManageRefusal):
        return _manage_body(refusal)
    if isinstance(refusal, ProxyRefusal):
        return {"code": refusal.status, "message": refusal.message}
    if isinstance(refusal, GatewayRefusal):
        flat = {"status": refusal.status, "message": refusal.message}
        phrase = HTTPStatus(refusal.status).phrase
        return flat if refusal.brief else {"timestamp": at, "path": f"/api{path}", "error": phrase, "requestId": request_id, **flat}
    title = TITLES[refusal.code]
    error = {"id": request_id, "code": refusal.code, "status": str(refusal.status), "title": title, "detail": refusal.detail or title}
    return {"errors": [error]}


def _manage_body(refusal: ManageRefusal) -> dict[str, Any]:
    """`context` carries the reason when forbidden, a string on 404 and `{message}` on conflicts (observed in the field)."""
    context: Any = {"allowed": False, "reason": {"key": refusal.reason}} if refusal.reason else {"message": refusal.message}
    if refusal.status == HTTPStatus.NOT_FOUND:
        context = refusal.message
    return {"key": refusal.key, "context": context, "errorKey": refusal.key, "errorDetail": context}
