"""The directories of the organization."""

from aiohttp import web

from sandbox.atlassian.api.context import CALL_ACCOUNT, organization_of
from sandbox.atlassian.api.cursors import Query, cut, links, query_limit, query_place
from sandbox.atlassian.catalog import Directory
from sandbox.atlassian.organization import Organization

KIND = "directories"


def register(app: web.Application) -> None:
    """Add the route."""
    app.router.add_get("/admin/v2/orgs/{orgId}/directories", list_directories)


async def list_directories(request: web.Request) -> web.Response:
    """All directories, or those that one account is a member of, suspended or not."""
    organization, place = organization_of(request), query_place(request, KIND)
    if "accountId" in place.query:
        request[CALL_ACCOUNT] = place.query["accountId"][0]
    found = [directory for directory in organization.catalog.directories.values() if _matches(organization, directory, query=place.query)]
    rows, next_position = cut(found, place=place, size=query_limit(organization, place.query, default=100))
    data = [{"directoryId": row.id, "name": row.name, "icon": "directory"} for row in rows]
    return web.json_response({"data": data, "links": links(organization, KIND, place=place, next_position=next_position)})


def _matches(organization: Organization, directory: Directory, *, query: Query) -> bool:
    if "directoryIds" in query and directory.id not in query["directoryIds"]:
        return False
    if "searchTerm" in query and query["searchTerm"][0].lower() not in directory.name.lower():
        return False
    if "accountId" not in query:
        return True
    account = organization.register.get(query["accountId"][0])
    seen = organization.seen(account) if account else None
    return seen is not None and directory.id in seen.directories
