"""The words of the fault stories: ways back, the calls that are made on them, and what may happen to a call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx

from sandbox.faults import Fault
from sandbox.human import AtlassianState
from tests.e2e.conftest import Stage, free_port

DEADLINE_SECONDS = 1.0
"""What a call to Atlassian gets here instead of 10 s; whatever waits afterwards waits in the world's time, which is moved."""
TOO_LONG_SECONDS = 1.2
PAUSE = timedelta(seconds=45)

Facts = Callable[[datetime], Mapping[str, Any]]
"""What a fault does, made when it is planted, as some faults name a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way back: the part that its person plays, the product, and the changes in Atlassian that bring them back."""

    part: Mapping[str, Any]
    acts: tuple[str, ...]
    product: str = "jira"


_LEFT: Mapping[str, Any] = {"atlassian": AtlassianState.IDLE_REMOVED, "seen": (("jira", 130.0),), "state_days": 30.0}
_IN_JIRA: Mapping[str, Any] = {"groups": ("jira-users-acme",), "state_days": 5.0}
ADD = Way(part=_LEFT, acts=("group.add",))
ASSIGN = Way(part=_LEFT, acts=("role.assign",), product="labs")
RESTORE = Way(part={"atlassian": AtlassianState.SUSPENDED, "suspended_in": ("acme",), **_IN_JIRA}, acts=("directory.restore",))
ENABLE = Way(part={"atlassian": AtlassianState.DEACTIVATED, **_IN_JIRA}, acts=("lifecycle.enable",))
CANCEL = Way(part={"atlassian": AtlassianState.FOR_DELETION, **_IN_JIRA}, acts=("lifecycle.cancel-delete",))
INVITE = Way(part={"atlassian": AtlassianState.ABSENT, "directories": ()}, acts=("invitation.send",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A call that the bot makes: `match` as in a `Fault`, met on *way* when the request is *at* `asking`, `granting` or `the next day`."""

    match: str
    way: Way = ADD
    at: str = "asking"


def answer(status: int, code: str, *, when: str = "before", **headers: str) -> Facts:
    """Atlassian's answer is *status* with *code*: instead of what was asked for, or `after` a write that took effect."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: {"status": status, "code": code, "when": when, "headers": named}


def mishap(**facts: Any) -> Facts:
    """Something happens on the way."""
    return lambda _: facts


def limited(header: str, written: Callable[[datetime], str]) -> Facts:
    """Over the limit for `PAUSE`, as *header* tells."""
    return lambda now: {"status": 429, "code": "ADMIN-429-1", "headers": {header: written(now + PAUSE)}}


IN_SECONDS = limited("Retry-After", lambda _: str(round(PAUSE.total_seconds())))
AS_DATE = limited("Retry-After", lambda until: format_datetime(until, usegmt=True))
AS_RESET = limited("X-RateLimit-Reset", lambda until: f"{until:%Y-%m-%dT%H:%M:%SZ}")


class Door:
    """Turns matching calls to a port where nobody listens: the connection is refused, and nothing leaves the bot."""

    def __init__(self, stage: Stage) -> None:
        """Stands in front of every call to Atlassian, open."""
        self._shut_to: Fault | None = None
        self._hits = 0
        self._port = free_port()
        transport = stage.parts.kit.provisioner._client.transport
        transport.set_deadline(DEADLINE_SECONDS)
        transport._http.event_hooks = {"request": [self._turn_away]}

    def shut(self, rule: Fault) -> None:
        """Refuse the next calls that *rule* is about, as many as it says."""
        self._shut_to, self._hits = rule, 0

    def open(self) -> int:
        """Let everything through again; how many calls were refused."""
        hits, self._shut_to, self._hits = self._hits, None, 0
        return hits

    async def _turn_away(self, request: httpx.Request) -> None:
        rule = self._shut_to
        if rule is None or self._hits == rule.times or not rule.hits("atlassian", f"{request.method} {request.url.path}"):
            return
        self._hits += 1
        request.url = request.url.copy_with(port=self._port)
