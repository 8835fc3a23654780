"""Control routes that concern the whole world: its clock and its faults."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.faults import parse_fault
from sandbox.world import World

WORLD = web.AppKey("world", World)


def register(app: web.Application, world: World) -> None:
    """Add the routes."""
    app[WORLD] = world
    app.router.add_post("/control/clock", advance_clock)
    app.router.add_get("/control/clock", show_clock)
    app.router.add_get("/control/faults", list_faults)
    app.router.add_post("/control/faults", add_fault)
    app.router.add_delete("/control/faults", clear_faults)


def bad_request(text: str) -> web.HTTPBadRequest:
    """A refusal with a sentence as its JSON."""
    return web.HTTPBadRequest(text=f'{{"error": "{text}"}}', content_type="application/json")


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body, which must be a JSON object."""
    try:
        body = await request.json()
    except ValueError:
        raise bad_request("the body must be JSON") from None
    if not isinstance(body, dict):
        raise bad_request("the body must be a JSON object")
    return body


async def show_clock(request: web.Request) -> web.Response:
    """The world's time."""
    return web.json_response({"now": request.app[WORLD].clock.now().isoformat()})


async def advance_clock(request: web.Request) -> web.Response:
    """Move the world's time by `advance_seconds`, let what is due there happen, and tell the new time."""
    world, body = request.app[WORLD], await json_object(request)
    seconds = body.get("advance_seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise bad_request("advance_seconds must be a number, not negative")
    now = world.clock.advance(timedelta(seconds=seconds)).isoformat()
    world.atlassian.settle()
    world.events.publish({"type": "clock", "now": now})
    return web.json_response({"now": now})


async def list_faults(request: web.Request) -> web.Response:
    """The rules in force."""
    return web.json_response({"faults": request.app[WORLD].faults.active()})


async def add_fault(request: web.Request) -> web.Response:
    """Put one rule in force."""
    try:
        request.app[WORLD].faults.add(parse_fault(await json_object(request)))
    except (ValueError, TypeError) as error:
        raise bad_request(str(error).replace('"', "'")) from None
    return await list_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Drop all rules."""
    request.app[WORLD].faults.clear()
    return await list_faults(request)
