"""Control routes of the organization, for the page, the demo and story tests."""

from typing import Any

from aiohttp import web

from sandbox.atlassian import acts
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.organization import KeyState
from sandbox.atlassian.summary import find_people, person_row, summary
from sandbox.control import WORLD, bad_request, json_object
from sandbox.world import World

MOST_ROWS = 500


def register(app: web.Application, world: World) -> None:
    """Add the routes; they act on *world*."""
    app[WORLD] = world
    app.router.add_get("/control/atlassian", show)
    app.router.add_get("/control/atlassian/people", list_people)
    app.router.add_get("/control/atlassian/calls", list_calls)
    app.router.add_get("/control/atlassian/writes", list_writes)
    app.router.add_post("/control/atlassian/people/{account_id}", act_on_person)
    app.router.add_post("/control/atlassian/seats", set_seats)
    app.router.add_post("/control/atlassian/behaviour", set_behaviour)
    app.router.add_post("/control/key", set_key)


async def show(request: web.Request) -> web.Response:
    """The organization at a glance."""
    return web.json_response(summary(request.app[WORLD].atlassian))


async def list_people(request: web.Request) -> web.Response:
    """A page of people that match `query`, `state` and `product` (`-jira`: without it), and how many there are."""
    organization, asked = request.app[WORLD].atlassian, request.query
    found = find_people(organization, query=asked.get("query", ""), state=asked.get("state"), product=asked.get("product"))
    start, size = _number(request, "offset", default=0), min(_number(request, "limit", default=50), MOST_ROWS)
    rows = [person_row(organization, account) for account in found[start : start + size]]
    return web.json_response({"rows": rows, "total": len(found)})


def _number(request: web.Request, name: str, *, default: int) -> int:
    value = request.query.get(name, str(default))
    if not value.isdigit():
        raise bad_request(f"{name} must be a number")
    return int(value)


async def list_calls(request: web.Request) -> web.Response:
    """The journal's calls after number `after`."""
    journal = request.app[WORLD].atlassian.journal
    calls = journal.calls_after(_number(request, "after", default=0))
    return web.json_response({"calls": [call.as_json() for call in calls[-MOST_ROWS:]], "total": journal.calls_total})


async def list_writes(request: web.Request) -> web.Response:
    """Every effective change after number `after`: the count that a bot's own records are compared with."""
    writes = request.app[WORLD].atlassian.journal.writes
    return web.json_response({"writes": [write.as_json() for write in writes[_number(request, "after", default=0) :]]})


async def act_on_person(request: web.Request) -> web.Response:
    """Do something to one person as an admin, an identity provider or that person would; answers with the new row."""
    organization, body = request.app[WORLD].atlassian, await json_object(request)
    account = organization.register.get(request.match_info["account_id"])
    if account is None:
        raise web.HTTPNotFound(text="no such account")
    try:
        after = acts.do(organization, account, str(body.get("do")), product=body.get("product"))
    except ValueError as error:
        raise bad_request(str(error)) from None
    except Refusal as refusal:
        return web.json_response({"error": refusal.code}, status=409)
    return web.json_response(person_row(organization, after))


async def set_seats(request: web.Request) -> web.Response:
    """Set a product's capacity; below the use nobody is thrown out, but nobody gets in."""
    organization, body = request.app[WORLD].atlassian, await json_object(request)
    product, capacity = body.get("product"), body.get("capacity")
    if product not in organization.catalog.products or not isinstance(capacity, int) or capacity < 0:
        raise bad_request("product must be known and capacity a number")
    organization.capacity[product] = capacity
    return web.json_response(summary(organization)["products"])


async def set_behaviour(request: web.Request) -> web.Response:
    """Set switches of `Behaviour` by name; durations in seconds as `write_lag_s`, `activity_lag_s`, `idp_sync_s`, `removal_delay_s`."""
    behaviour, body = request.app[WORLD].atlassian.behaviour, await json_object(request)
    try:
        behaviour.set(body)
    except ValueError as error:
        raise bad_request(str(error)) from None
    return web.json_response(behaviour.as_json())


async def set_key(request: web.Request) -> web.Response:
    """Make the API key valid, revoked, scoped or expired."""
    body: dict[str, Any] = await json_object(request)
    if body.get("state") not in set(KeyState):
        raise bad_request(f"state must be one of {', '.join(KeyState)}")
    request.app[WORLD].atlassian.key_state = KeyState(body["state"])
    return web.json_response({"state": body["state"]})
