"""The one site API that tells how many seats are left: Jira's application roles."""

import base64
import binascii
from typing import Any

from aiohttp import web

from sandbox.atlassian.api.context import organization_of
from sandbox.atlassian.catalog import PRODUCTS, Product
from sandbox.atlassian.organization import Organization
from sandbox.faults import Handler

PATH = "/site/{site}/rest/api/3/applicationrole"
SITES = frozenset(product.site for product in PRODUCTS)


async def site_gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's answer for the site's administrator; 401 for everybody else, 404 for a site that is not there."""
    if request.match_info.get("site", "") not in SITES:
        return web.json_response({"errorCode": "OTHER", "errorMessage": "Site temporarily unavailable"}, status=404)
    if not _is_admin(request, organization_of(request)):
        return _refuse(401, message="You are not authenticated. Authentication required to perform this operation.")
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        return _refuse(refusal.status, message=refusal.reason)


def _refuse(status: int, *, message: str) -> web.Response:
    return web.json_response({"errorMessages": [message], "errors": {}}, status=status)


def _is_admin(request: web.Request, organization: Organization) -> bool:
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind == "Basic" and given == f"{organization.site_email}:{organization.site_token}"


def register(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(PATH, list_roles)
    app.router.add_get(PATH + "/{key}", show_role)


async def list_roles(request: web.Request) -> web.Response:
    """Every Jira application of the site."""
    return web.json_response([_role(organization_of(request), product) for product in _jira_family(request)])


async def show_role(request: web.Request) -> web.Response:
    """One Jira application."""
    for product in _jira_family(request):
        if product.owner == request.match_info["key"]:
            return web.json_response(_role(organization_of(request), product))
    raise web.HTTPNotFound(reason="The application role does not exist.")


def _jira_family(request: web.Request) -> list[Product]:
    site = request.match_info["site"]
    return [product for product in PRODUCTS if product.site == site and product.seats_shown]


def _role(organization: Organization, product: Product) -> dict[str, Any]:
    granting = [group for group in organization.catalog.groups.values() if (product.ari, "atlassian/user") in group.grants]
    details = [{"name": group.name, "groupId": group.id} for group in granting]
    defaults = [detail for detail in details if detail["name"] == product.default_group]
    capacity, used = organization.capacity.get(product.key), organization.register.used[product.ari]
    return {
        "key": product.owner,
        "name": product.name,
        "groups": [detail["name"] for detail in details],
        "groupDetails": details,
        "defaultGroups": [detail["name"] for detail in defaults],
        "defaultGroupsDetails": defaults,
        "numberOfSeats": -1 if capacity is None else capacity,
        "remainingSeats": -1 if capacity is None else max(0, capacity - used),
        "userCount": used,
        "userCountDescription": "agents" if product.owner == "jira-servicedesk" else "users",
        "hasUnlimitedSeats": capacity is None,
        "selectedByDefault": product.key == "jira",
        "platform": False,
    }
