"""Roles: what a person or a group holds, and the direct ones of a person given and taken."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from sandbox.atlassian import roles
from sandbox.atlassian.accounts import Account
from sandbox.atlassian.api.bodies import ROLE, read_body
from sandbox.atlassian.api.context import named_directories, organization_of, seen_account, true_account
from sandbox.atlassian.api.cursors import Query, cut, links, query_limit, query_place
from sandbox.atlassian.api.groups import named_group
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.organization import Organization

DIRECTORY = "/admin/v2/orgs/{orgId}/directories/{directoryId}"
USER = "/admin/v1/orgs/{orgId}/users/{userId}/roles"
DEFAULT_PAGE = 50

Row = dict[str, Any]


def register(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(DIRECTORY + "/users/{accountId}/role-assignments", list_user_roles)
    app.router.add_get(DIRECTORY + "/groups/{groupId}/role-assignments", list_group_roles)
    app.router.add_post(USER + "/assign", assign_role)
    app.router.add_post(USER + "/revoke", revoke_role)


async def list_user_roles(request: web.Request) -> web.Response:
    """A row per resource and directory, with the person's standing in that directory."""
    organization, account = organization_of(request), seen_account(request, request.match_info["accountId"], by_roles=True)
    directories = named_directories(request)
    if directories.isdisjoint(account.directories):
        raise Refusal("ADMIN-UAM-404-1")
    place = query_place(request, f"user-roles:{account.id}")
    found = [row for row in _user_rows(organization, account) if row["directoryId"] is None or row["directoryId"] in directories]
    return _page(request, f"user-roles:{account.id}", rows=_filtered(found, query=place.query))


async def list_group_roles(request: web.Request) -> web.Response:
    """A row per resource that the group grants a role on."""
    group = named_group(request)
    organization = organization_of(request)
    by_ari: dict[str, list[str]] = {}
    for ari, role in group.grants:
        by_ari.setdefault(ari, []).append(role)
    found = [
        _row(organization, ari, directory=group.directory, roles={name: ["direct"] for name in names}) for ari, names in by_ari.items()
    ]
    place = query_place(request, f"group-roles:{group.id}")
    return _page(request, f"group-roles:{group.id}", rows=_filtered(found, query=place.query))


def _page(request: web.Request, kind: str, *, rows: list[Row]) -> web.Response:
    organization, place = organization_of(request), query_place(request, kind)
    data, next_position = cut(rows, place=place, size=query_limit(organization, place.query, default=DEFAULT_PAGE))
    return web.json_response({"data": data, "links": links(organization, kind, place=place, next_position=next_position)})


def _user_rows(organization: Organization, account: Account) -> Iterable[Row]:
    for (ari, directory), held in roles.methods_by_role(organization, account).items():
        suspended = account.directories.get(directory) if directory else False
        standing = "no_membership" if suspended is None else "suspended" if suspended else "active"
        yield {**_row(organization, ari, directory=directory, roles=held), "userDirectoryStatus": standing}


def _row(organization: Organization, ari: str, *, directory: str | None, roles: dict[str, list[str]]) -> Row:
    product = organization.catalog.by_ari(ari)
    assignments = [{"role": role, "roleAssignmentMethods": methods} for role, methods in roles.items()]
    return {
        "resourceId": ari,
        "resourceOwner": product.owner if product else "platform",
        "directoryId": directory,
        "roles": list(roles),
        "roleAssignments": assignments,
    }


def _filtered(rows: list[Row], *, query: Query) -> list[Row]:
    tests = (("resourceIds", "resourceId"), ("resourceOwners", "resourceOwner"), ("directoryIds", "directoryId"))
    for name, column in tests:
        if name in query:
            rows = [row for row in rows if row[column] in query[name]]
    if "roleIds" in query:
        rows = [row for row in rows if not set(row["roles"]).isdisjoint(query["roleIds"])]
    return rows


async def assign_role(request: web.Request) -> web.Response:
    """Give a role directly (or by the default group, as the organization is set)."""
    body = await read_body(request, ROLE)
    roles.assign(organization_of(request), _member(request), role=body["role"], resource=body.get("resource"))
    return web.Response(status=204)


async def revoke_role(request: web.Request) -> web.Response:
    """Take a direct role."""
    body = await read_body(request, ROLE)
    roles.revoke(organization_of(request), _member(request), role=body["role"], resource=body.get("resource"))
    return web.Response(status=204)


def _member(request: web.Request) -> Account:
    account = true_account(request, request.match_info["userId"])
    if not account.directories:
        raise Refusal("ADMIN-404-8")
    return account
