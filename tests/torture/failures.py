"""Errors that a call may end with, on either side; some of them say back what nobody may read, as a careless server might."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sandbox.faults import Fault
from tests.torture.canaries import Canary
from tests.torture.doors import Doors

SIDES = ("slack", "atlassian")


def _echo(birds: Mapping[str, Canary]) -> str:
    """What a careless server might say back."""
    return " ".join(bird.value for bird in birds.values())


Plant = Callable[[Mapping[str, Any]], None]
Facts = Callable[[Mapping[str, Canary]], Mapping[str, Any]]

FAULTS: Mapping[str, Facts] = {
    "401": lambda _: {"status": 401},
    "403": lambda _: {"status": 403},
    "500": lambda _: {"status": 500},
    "bad JSON": lambda _: {"bad_json": True},
    "reset": lambda _: {"drop": "before"},
    "lost answer": lambda _: {"drop": "after"},
    "limit": lambda birds: {"status": 429, "headers": {"Retry-After": "1", "X-Echo": birds["ATLASSIAN_API_KEY"].value}},
    "an echo as text": lambda birds: {"status": 400, "body": _echo(birds)},
    "an echo as JSON": lambda birds: {"status": 400, "body": {"ok": False, "error": "echo", "message": _echo(birds)}},
    "an echo as code": lambda birds: {"status": 400, "code": f"bad_token:{birds['SLACK_BOT_TOKEN'].value}"},
    "an echo as Slack's error": lambda birds: {"body": {"ok": False, "error": birds["ATLASSIAN_API_KEY"].value}},
    "another shape": lambda birds: {"body": {"ok": True, "user": _echo(birds), "data": _echo(birds), "channel": _echo(birds)}},
    "no shape": lambda birds: {"body": [_echo(birds)]},
}


@asynccontextmanager
async def failing(doors: Doors) -> AsyncIterator[Plant]:
    """Plants one fault in every call to both sides, in place of the one before."""
    faults = doors.sandbox.faults

    def plant(facts: Mapping[str, Any]) -> None:
        faults.clear()
        faults.add(Fault(side="slack", match=".*", share=0.7, **facts))
        faults.add(Fault(side="atlassian", match=".*", share=0.7, **facts))

    yield plant
    faults.clear()
