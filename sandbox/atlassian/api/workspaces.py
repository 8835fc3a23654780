"""Workspaces: the products of every site, with the ids that all other calls take."""

from typing import Any

from aiohttp import web

from sandbox.atlassian.api.bodies import WORKSPACES, read_body
from sandbox.atlassian.api.context import organization_of
from sandbox.atlassian.api.cursors import Place, Query, cut, decode, links, page_size
from sandbox.atlassian.catalog import Product
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.organization import Organization

KIND = "workspaces"
DEFAULT_PAGE = 20

Row = dict[str, Any]


def register(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/admin/v2/orgs/{orgId}/workspaces", query_workspaces)


async def query_workspaces(request: web.Request) -> web.Response:
    """A page of workspaces; a cursor tolerates no other property beside it."""
    organization, body = organization_of(request), await read_body(request, WORKSPACES)
    place = _place(organization, body)
    size = page_size(organization, min(place.query.get("limit", DEFAULT_PAGE), 100), default=DEFAULT_PAGE)
    found = [
        row for product in organization.catalog.products.values() if _matches(row := _row(organization, product), place.query.get("query"))
    ]
    rows, next_position = cut(found, place=place, size=size)
    return web.json_response({"data": list(rows), "links": links(organization, KIND, place=place, next_position=next_position)})


def _place(organization: Organization, body: Query) -> Place:
    if "cursor" not in body:
        return Place(query=body, position=0)
    if len(body) > 1:
        raise Refusal("ADMIN-400-24", detail="With a cursor no other property may be present")
    return decode(organization, KIND, token=body["cursor"])


def _matches(row: Row, query: Query | None) -> bool:
    """Whether *row* meets the query language's `field`, `search`, `and` and `or`."""
    if not query:
        return True
    ((operator, operand),) = query.items() if len(query) == 1 else (("", None),)
    if operator in ("and", "or") and isinstance(operand, list):
        results = [_matches(row, part) for part in operand]
        return all(results) if operator == "and" else any(results)
    if operator == "search" and isinstance(operand, dict):
        return str(operand.get("value", "")).lower() in row["attributes"]["name"].lower()
    if operator == "field" and isinstance(operand, dict):
        return row["attributes"].get(str(operand.get("name", "")).removeprefix("attributes.")) in operand.get("values", ())
    raise Refusal("ADMIN-400-24", detail="query must be one of field, search, and, or")


def _row(organization: Organization, product: Product) -> Row:
    return {
        "id": product.ari,
        "type": "workspaces",
        "attributes": {
            "name": product.site,
            "typeKey": product.owner,
            "type": product.name,
            "owner": product.owner,
            "status": "online",
            "statusDetails": [],
            "labels": [],
            "sandbox": {"type": "NONE"},
            "usage": None,
            "capacity": organization.capacity.get(product.key) if product.seats_shown else None,
            "createdAt": "2021-03-01T09:00:00.000Z",
            "hostUrl": f"https://{product.site}.atlassian.net",
            "realm": "us",
            "regions": ["us-east-1"],
        },
        "links": {},
        "relationships": {},
    }
