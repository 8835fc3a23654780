"""Opaque cursors and the pages that they lead through."""

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.atlassian.api.context import organization_of
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.organization import Organization

LARGEST_PAGE = 100

Query = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins, in the list that *query* describes."""

    query: Query
    position: int


def encode(organization: Organization, kind: str, *, query: Query, position: int) -> str:
    """A token for this place, worthless for another *kind* of list and after the cursor's life."""
    ends = organization.clock.now() + organization.behaviour.cursor_life
    text = json.dumps({"k": kind, "q": query, "p": position, "e": ends.timestamp()}, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), level=1)).decode().rstrip("=")


def decode(organization: Organization, kind: str, *, token: str) -> Place:
    """The place of *token*; raises Refusal for a forged, foreign or expired one."""
    try:
        padded = token + "=" * (-len(token) % 4)
        found = json.loads(zlib.decompress(base64.urlsafe_b64decode(padded)))
    except (binascii.Error, zlib.error, ValueError):
        raise Refusal("ADMIN-400-1") from None
    if found["k"] != kind or found["e"] <= organization.clock.now().timestamp():
        raise Refusal("ADMIN-400-1")
    return Place(query=found["q"], position=found["p"])


def page_size(organization: Organization, asked: int | None, *, default: int) -> int:
    """The page size, clamped to 100 or refused as the organization is set."""
    size = default if asked is None else asked
    if size < 1 or (size > LARGEST_PAGE and organization.behaviour.over_limit == "refuse"):
        raise Refusal("ADMIN-400-24", detail=f"limit must be 1 to {LARGEST_PAGE}")
    return min(size, LARGEST_PAGE)


def resume(organization: Organization, kind: str, *, body: Query) -> Place:
    """The place for a search *body*: a cursor may come alone or with the query that it was made for, but with no other."""
    query = {name: value for name, value in body.items() if name not in ("cursor", "limit")}
    if "cursor" not in body:
        return Place(query=query, position=0)
    place = decode(organization, kind, token=body["cursor"])
    if query and query != place.query:
        raise Refusal("ADMIN-400-1", detail="The cursor belongs to another query")
    return place


def links(organization: Organization, kind: str, *, place: Place, next_position: int | None) -> dict[str, str]:
    """`self` and, unless this is the last page, `next`."""
    found = {"self": encode(organization, kind, query=place.query, position=place.position)}
    if next_position is not None:
        found["next"] = encode(organization, kind, query=place.query, position=next_position)
    return found


def cut(rows: Sequence[Any], *, place: Place, size: int) -> tuple[Sequence[Any], int | None]:
    """The rows of this page and where the next one begins."""
    end = place.position + size
    return rows[place.position : end], end if end < len(rows) else None


def query_place(request: web.Request, kind: str) -> Place:
    """The place for a GET: with a cursor every other parameter is discarded."""
    if "cursor" in request.query:
        return decode(organization_of(request), kind, token=request.query["cursor"])
    return Place(query=query_parameters(request), position=0)


def query_parameters(request: web.Request) -> dict[str, list[str]]:
    """Every parameter as a list, whether repeated or separated by commas."""
    return {name: [word for value in request.query.getall(name) for word in value.split(",") if word] for name in request.query}


def query_limit(organization: Organization, query: Query, *, default: int) -> int:
    """The page size that a GET's parameters ask for."""
    asked = query.get("limit", [str(default)])[0]
    if not asked.isdigit():
        raise Refusal("ADMIN-400-24", detail="limit must be a number")
    return page_size(organization, int(asked), default=default)
