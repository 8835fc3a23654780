"""People in directories: search, read, count, suspend, restore, remove."""

from aiohttp import web

from sandbox.atlassian import memberships
from sandbox.atlassian.api.bodies import USER_SEARCH, read_body
from sandbox.atlassian.api.context import named_directories, one_directory, organization_of, seen_account, true_account
from sandbox.atlassian.api.cursors import links, page_size, resume
from sandbox.atlassian.api.rows import user_row
from sandbox.atlassian.api.user_search import search
from sandbox.atlassian.errors import Refusal

BASE = "/admin/v2/orgs/{orgId}/directories/{directoryId}/users"
EXPANSIONS = ("platformRoles", "counts.resources", "productAccess", "groups")
DEFAULT_PAGE = 50


def register(app: web.Application) -> None:
    """Add the routes; `count` comes before the route that takes any word for an account id."""
    app.router.add_post(BASE + "/search", search_users)
    app.router.add_get(BASE + "/count", count_users)
    app.router.add_get(BASE + "/{userId}", show_user)
    app.router.add_delete(BASE + "/{accountId}", remove_user)
    app.router.add_post(BASE + "/{accountId}/suspend", suspend_user)
    app.router.add_post(BASE + "/{accountId}/restore", restore_user)


async def search_users(request: web.Request) -> web.Response:
    """A page of users; only what `expand` names is filled in."""
    organization, directories = organization_of(request), named_directories(request)
    body = await read_body(request, USER_SEARCH)
    if "emails" in body and "searchTerm" in body:
        raise Refusal("ADMIN-400-24", detail="emails and searchTerm exclude each other")
    kind = f"users:{request.match_info['directoryId']}"
    place = resume(organization, kind, body=body)
    page = search(organization, place=place, size=page_size(organization, body.get("limit"), default=DEFAULT_PAGE), directories=directories)
    rows = [user_row(organization, account, expand=place.query.get("expand", ())) for account in page.accounts]
    return web.json_response({"data": rows, "links": links(organization, kind, place=place, next_position=page.next_position)})


async def count_users(request: web.Request) -> web.Response:
    """How many accounts are in the directory; over all directories, managed accounts that are in none count too."""
    organization, wanted = organization_of(request), named_directories(request)
    everywhere = len(wanted) == len(organization.catalog.directories)
    accounts = (account for account in organization.register.accounts if account.type == "atlassian")
    found = (
        not wanted.isdisjoint(account.directories) or (everywhere and account.managed and not account.directories) for account in accounts
    )
    return web.json_response({"count": sum(found)})


async def show_user(request: web.Request) -> web.Response:
    """One user with everything."""
    account, wanted = seen_account(request, request.match_info["userId"]), named_directories(request)
    if wanted.isdisjoint(account.directories):
        raise Refusal("ADMIN-UAM-404-1")
    return web.json_response({"data": user_row(organization_of(request), account, expand=EXPANSIONS)})


async def remove_user(request: web.Request) -> web.Response:
    """Take the account out of the directory (or of all)."""
    account = true_account(request, request.match_info["accountId"])
    memberships.remove(organization_of(request), account, directories=named_directories(request))
    return web.Response(status=204)


async def suspend_user(request: web.Request) -> web.Response:
    """Suspend in one directory."""
    account = true_account(request, request.match_info["accountId"])
    memberships.suspend(organization_of(request), account, directory=one_directory(request))
    return web.Response(status=204)


async def restore_user(request: web.Request) -> web.Response:
    """Restore in one directory."""
    account = true_account(request, request.match_info["accountId"])
    memberships.restore(organization_of(request), account, directory=one_directory(request))
    return web.Response(status=204)
