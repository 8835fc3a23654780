"""User management: what may be done to a managed account, and its lifecycle."""

from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.atlassian import lifecycle
from sandbox.atlassian.accounts import Account
from sandbox.atlassian.api.bodies import DISABLE, read_body
from sandbox.atlassian.api.context import organization_of
from sandbox.atlassian.api.cursors import query_parameters
from sandbox.atlassian.api.rows import instant
from sandbox.atlassian.errors import ManageRefusal

BASE = "/users/{account_id}/manage"
PRIVILEGES = ("email.set", "lifecycle.enablement", "lifecycle.delete")


def register(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(BASE, show_permissions)
    app.router.add_get(BASE + "/api-tokens", list_tokens)
    app.router.add_post(BASE + "/lifecycle/disable", disable)
    app.router.add_post(BASE + "/lifecycle/enable", enable)
    app.router.add_post(BASE + "/lifecycle/delete", ask_deletion)
    app.router.add_post(BASE + "/lifecycle/cancel-delete", cancel_deletion)


async def show_permissions(request: web.Request) -> web.Response:
    """What is allowed on this account, and why not; `privileges` narrows it."""
    account = _managed(request)
    asked = query_parameters(request).get("privileges") or list(PRIVILEGES)
    permission: dict[str, Any] = {"allowed": account.lock is None}
    if account.lock:
        permission["reason"] = {"key": account.lock}
    return web.json_response({name: permission for name in PRIVILEGES if name in asked})


async def list_tokens(request: web.Request) -> web.Response:
    """The account's API tokens; one that was never used has no `lastAccess`."""
    tokens = enumerate(_managed(request).tokens, start=1)
    rows = [
        {"id": f"token-{number}", "label": f"Script {number}", "createdAt": instant(made)} | _access(used)
        for number, (made, used) in tokens
    ]
    return web.json_response(rows)


async def disable(request: web.Request) -> web.Response:
    """Deactivate."""
    await read_body(request, DISABLE, optional=True)
    lifecycle.disable(organization_of(request), _unlocked(request))
    return web.Response(status=204)


async def enable(request: web.Request) -> web.Response:
    """Activate."""
    lifecycle.enable(organization_of(request), _unlocked(request))
    return web.Response(status=204)


async def ask_deletion(request: web.Request) -> web.Response:
    """Mark for deletion."""
    lifecycle.ask_deletion(organization_of(request), _unlocked(request))
    return web.Response(status=204)


async def cancel_deletion(request: web.Request) -> web.Response:
    """Take the mark off and activate."""
    lifecycle.cancel_deletion(organization_of(request), _unlocked(request))
    return web.Response(status=204)


def _access(used: datetime | None) -> dict[str, str]:
    return {"lastAccess": instant(used)} if used else {}


def _managed(request: web.Request) -> Account:
    return lifecycle.managed(organization_of(request), request.match_info["account_id"])


def _unlocked(request: web.Request) -> Account:
    account = _managed(request)
    if account.lock:
        raise ManageRefusal(403, key="forbidden.action", reason=account.lock)
    return account
