"""What every call passes: fault, key, organization, scope and rate limit; then its refusal as JSON and its line in the journal."""

import uuid
from datetime import datetime
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.atlassian.api.context import CALL_ACCOUNT, organization_of
from sandbox.atlassian.api.site import site_gate
from sandbox.atlassian.catalog import FOREIGN_ORG_ID
from sandbox.atlassian.errors import GatewayRefusal, ProxyRefusal, Refusal, body_of
from sandbox.atlassian.limits import Allowance
from sandbox.atlassian.organization import KeyState, Organization
from sandbox.clock import Clock
from sandbox.faults import Faults, Handler, with_fault

PREFIX = "/atlassian"
ERROR_CODE = web.RequestKey("error_code", str)


def build_gate(faults: Faults, clock: Clock) -> Middleware:
    """The middleware in front of all Atlassian routes."""

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        async def admitted(request: web.Request) -> web.StreamResponse:
            return await _admit(request, handler)

        path = request.path.removeprefix(PREFIX)
        await request.read()  # a call counts once it has arrived whole: a caller may be killed while it sends
        fault = faults.take("atlassian", f"{request.method} {path}")
        began = clock.monotonic()
        status = 0
        try:
            answer = await with_fault(fault, request, admitted, clock=clock)
            status = 0 if fault and fault.drop else answer.status
            return answer
        finally:
            _record(request, path=path, status=status, ms=(clock.monotonic() - began) * 1000)

    return gate


def _record(request: web.Request, *, path: str, status: int, ms: float) -> None:
    info = request.match_info
    account_id = request.get(CALL_ACCOUNT) or info.get("accountId") or info.get("userId") or info.get("account_id")
    journal = organization_of(request).journal
    journal.record_call(method=request.method, path=path, status=status, ms=ms, code=request.get(ERROR_CODE), account_id=account_id)


async def _admit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's answer, or the refusal as JSON; both with the rate limit headers."""
    organization = organization_of(request)
    now = organization.settle()
    allowance: Allowance | None = None
    try:
        if request.path.startswith(f"{PREFIX}/site/"):
            return await site_gate(request, handler)
        _check_key(request, organization)
        _check_organization(request, organization)
        _check_scope(request, organization)
        allowance = organization.limits.count(f"{request.method} {_route(request)}", key=organization.api_key)
        _check_allowance(request, allowance)
        answer = await _handle(request, handler)
    except Refusal as refusal:
        request[ERROR_CODE] = refusal.code
        answer = _refuse(request, refusal, now=now)
    if allowance is not None:
        _show(allowance, answer, seconds=(allowance.resets_at - now).total_seconds() if organization.limits.retry_after else None)
    return answer


def _refuse(request: web.Request, refusal: Refusal, *, now: datetime) -> web.Response:
    request_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{now} {request.path}").hex
    body = body_of(refusal, request_id=request_id, path=request.path.removeprefix(PREFIX), at=now.isoformat())
    return web.json_response(body, status=refusal.status)


async def _handle(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed:
        raise Refusal("ADMIN-UAM-405-1") from None
    except web.HTTPNotFound:
        raise GatewayRefusal(404, message="No message available") from None


def _is_manage(request: web.Request) -> bool:
    return request.path.startswith(f"{PREFIX}/users/")


def _check_key(request: web.Request, organization: Organization) -> None:
    known = request.headers.get("Authorization") == f"Bearer {organization.api_key}"
    if known and organization.key_state in (KeyState.VALID, KeyState.SCOPED):
        return
    raise ProxyRefusal(401, message="Unauthorized") if _is_manage(request) else Refusal("ADMIN-UAM-401-1")


def _check_organization(request: web.Request, organization: Organization) -> None:
    asked = request.match_info.get("orgId", organization.id)
    if asked == organization.id:
        return
    if asked == FOREIGN_ORG_ID:
        raise Refusal("ADMIN-403-3")
    try:
        uuid.UUID(asked)
    except ValueError:
        raise GatewayRefusal(404, message="TCS validation failed", brief=True) from None
    raise Refusal("ADMIN-404-2")


def _check_scope(request: web.Request, organization: Organization) -> None:
    """A scoped key searches, but changes nothing and manages nobody: no scope for that exists (observed in the field)."""
    if organization.key_state is not KeyState.SCOPED:
        return
    if _is_manage(request):
        raise ProxyRefusal(403, message="The caller lacks the required scope: manage:org")
    if request.path.endswith("/last-active-dates"):
        raise GatewayRefusal(403, message="User has no permission to access resource.")
    reads = request.method == "GET" or request.path.endswith(("/search", "/workspaces"))
    if not reads:
        raise Refusal("ADMIN-401-2" if "/admin/v1/" in request.path else "ADMIN-UAM-403-1")


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _check_allowance(request: web.Request, allowance: Allowance) -> None:
    if allowance.allowed:
        return
    if _is_manage(request) or request.path.endswith(("/roles/assign", "/roles/revoke")):
        raise ProxyRefusal(429, message="Too many requests")
    raise Refusal("ADMIN-429-1")


def _show(allowance: Allowance, answer: web.StreamResponse, *, seconds: float | None) -> None:
    answer.headers["X-RateLimit-Limit"] = str(allowance.limit)
    answer.headers["X-RateLimit-Remaining"] = str(allowance.remaining)
    answer.headers["X-RateLimit-Reset"] = f"{allowance.resets_at:%Y-%m-%dT%H:%M:%SZ}"
    if seconds is not None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        answer.headers["Retry-After"] = str(max(1, round(seconds)))
