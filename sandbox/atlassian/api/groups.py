"""Groups: search, read, and their members."""

from aiohttp import web

from sandbox.atlassian import memberships
from sandbox.atlassian.api.bodies import GROUP_SEARCH, MEMBERSHIP, read_body
from sandbox.atlassian.api.context import named_directories, organization_of, true_account
from sandbox.atlassian.api.cursors import Query, cut, links, page_size, resume
from sandbox.atlassian.api.rows import group_row
from sandbox.atlassian.catalog import Group
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.organization import Organization

BASE = "/admin/v2/orgs/{orgId}/directories/{directoryId}/groups"
EXPANSIONS = ("counts.resources", "counts.users")
DEFAULT_PAGE = 20


def register(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post(BASE + "/search", search_groups)
    app.router.add_get(BASE + "/{groupId}", show_group)
    app.router.add_post(BASE + "/{groupId}/memberships", add_member)
    app.router.add_delete(BASE + "/{groupId}/memberships/{accountId}", remove_member)


def named_group(request: web.Request, *, exact: bool = False) -> Group:
    """The group of the path, which must belong to the directory of the path; with *exact* `-` names no directory."""
    group = organization_of(request).catalog.groups.get(request.match_info["groupId"])
    if group is None or group.directory not in named_directories(request):
        raise Refusal("ADMIN-404-10")
    if exact and request.match_info["directoryId"] != group.directory:
        raise Refusal("ADMIN-404-10", detail="The group's own directory must be named")
    return group


async def search_groups(request: web.Request) -> web.Response:
    """A page of groups."""
    organization, directories = organization_of(request), named_directories(request)
    body = await read_body(request, GROUP_SEARCH)
    if "groupNames" in body and {"searchTerm", "groupIds"} & set(body):
        raise Refusal("ADMIN-400-24", detail="groupNames excludes searchTerm and groupIds")
    kind = f"groups:{request.match_info['directoryId']}"
    place = resume(organization, kind, body=body)
    found = _find(organization, query=place.query, directories=directories)
    rows, next_position = cut(found, place=place, size=page_size(organization, body.get("limit"), default=DEFAULT_PAGE))
    data = [group_row(organization, group, expand=place.query.get("expand", ())) for group in rows]
    return web.json_response({"data": data, "links": links(organization, kind, place=place, next_position=next_position)})


def _find(organization: Organization, *, query: Query, directories: frozenset[str]) -> list[Group]:
    wanted = directories & set(query["directoryIds"]) if "directoryIds" in query else directories
    found = [
        group for group in organization.catalog.groups.values() if group.directory in wanted and _matches(organization, group, query=query)
    ]
    for order in query.get("sortBy", [])[:1]:
        found.sort(key=lambda group: group.name.lower(), reverse=order.get("direction") == "desc")
    return found


def _matches(organization: Organization, group: Group, *, query: Query) -> bool:
    names = {name.lower() for name in query.get("groupNames", ())}
    return (
        ("groupIds" not in query or group.id in query["groupIds"])
        and ("groupNames" not in query or group.name.lower() in names)
        and ("searchTerm" not in query or query["searchTerm"].lower() in group.name.lower())
        and ("accountIds" not in query or any(_has_member(organization, group, account_id) for account_id in query["accountIds"]))
        and _grants(organization, group, query=query)
    )


def _has_member(organization: Organization, group: Group, account_id: str) -> bool:
    account = organization.register.get(account_id)
    seen = organization.seen(account) if account else None
    return seen is not None and group.id in seen.groups


def _grants(organization: Organization, group: Group, *, query: Query) -> bool:
    """Whether one grant of the group meets all the filters on resource, owner and role at once."""
    aris, owners, roles = query.get("resourceIds"), query.get("resourceOwners"), query.get("roleIds")
    if aris is None and owners is None and roles is None:
        return True
    owner = {product.ari: product.owner for product in organization.catalog.products.values()}
    return any(
        (aris is None or ari in aris) and (owners is None or owner[ari] in owners) and (roles is None or role in roles)
        for ari, role in group.grants
    )


async def show_group(request: web.Request) -> web.Response:
    """One group with its counts."""
    return web.json_response({"data": group_row(organization_of(request), named_group(request), expand=EXPANSIONS)})


async def add_member(request: web.Request) -> web.Response:
    """Make an account a member."""
    body = await read_body(request, MEMBERSHIP)
    group = named_group(request, exact=True)
    memberships.add_to_group(organization_of(request), true_account(request, body["accountId"]), group)
    return web.Response(status=204)


async def remove_member(request: web.Request) -> web.Response:
    """End a membership."""
    group = named_group(request, exact=True)
    memberships.remove_from_group(organization_of(request), true_account(request, request.match_info["accountId"]), group)
    return web.Response(status=204)
