"""Faults that a person or a test plants in the way of a call."""

import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from aiohttp import web

from sandbox.clock import Clock

Side = Literal["atlassian", "slack"]
When = Literal["before", "after"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BIG = 10 * 1024 * 1024
DRIP_S = 0.2
DRIP_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One rule: which calls go wrong, how often and how.

    `match` is `METHOD /path-regex` for Atlassian (`*` is any method; the path starts below `/atlassian`) and a regular expression for the
    whole method name for Slack. `times` None means until cleared; the first `skip` matching calls pass; `share` is the part of the others
    that is hit. `when` says whether status, delay and bodies replace the call (before) or only its answer (after: the write took effect).
    `drop` resets the connection before or after the handler ran. `code` is the error name in the side's own envelope.
    """

    side: Side = "atlassian"
    match: str
    times: int | None = None
    skip: int = 0
    share: float = 1.0
    when: When = "before"
    status: int | None = None
    code: str | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drop: When | None = None
    slow_drip: bool = False
    bad_json: bool = False
    big_body: bool = False

    def __post_init__(self) -> None:
        """Refuse a rule that could never work; raises ValueError."""
        if self.side not in get_args(Side) or self.when not in get_args(When) or self.drop not in (None, *get_args(When)):
            raise ValueError("side is atlassian|slack; when and drop are before|after")
        try:
            re.compile(self.match)
        except re.error as error:
            raise ValueError(f"match is not a regular expression: {error}") from error

    @property
    def replaces_answer(self) -> bool:
        """Whether the caller gets something else than the handler's answer."""
        return bool(self.status or self.code or self.body is not None or self.bad_json or self.big_body)

    def hits(self, side: Side, name: str) -> bool:
        """Whether this rule is about the call *name* of *side*."""
        if side != self.side:
            return False
        if side == "slack":
            return re.fullmatch(self.match, name) is not None
        method, _, path = self.match.rpartition(" ")
        called, _, called_path = name.partition(" ")
        return method in ("", "*", called) and re.search(path, called_path) is not None


def parse_fault(body: Mapping[str, Any]) -> Fault:
    """The fault that a JSON object describes; raises ValueError naming what is unknown or missing."""
    unknown = set(body) - {f.name for f in fields(Fault)}
    if unknown or "match" not in body:
        raise ValueError(f"unknown: {sorted(unknown)}" if unknown else "match is required")
    return Fault(**body)


@dataclass(slots=True)
class _Rule:
    fault: Fault
    seen: int = 0
    hit: int = 0


class Faults:
    """The rules in force, oldest first; the first that hits wins."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._rules: list[_Rule] = []
        self._chance = chance or random.Random(7)  # noqa: S311 - bad luck that can be repeated

    def add(self, fault: Fault) -> Fault:
        """Put *fault* in force."""
        self._rules.append(_Rule(fault))
        return fault

    def clear(self, side: Side | None = None) -> None:
        """Drop the rules of *side*, or all."""
        self._rules = [rule for rule in self._rules if side is not None and rule.fault.side != side]

    def active(self) -> list[dict[str, Any]]:
        """The rules as JSON objects, each with how often it matched (`seen`) and struck (`hit`)."""
        return [{**asdict(rule.fault), "headers": dict(rule.fault.headers), "seen": rule.seen, "hit": rule.hit} for rule in self._rules]

    def take(self, side: Side, name: str) -> Fault | None:
        """The fault for this call, counted as used; None when the call may pass."""
        for rule in self._rules:
            fault = rule.fault
            if (fault.times is not None and rule.hit >= fault.times) or not fault.hits(side, name):
                continue
            rule.seen += 1
            if rule.seen <= fault.skip or (fault.share < 1 and self._chance.random() >= fault.share):
                continue
            rule.hit += 1
            return fault
        return None


async def with_fault(fault: Fault | None, request: web.Request, handler: Handler, *, clock: Clock) -> web.StreamResponse:
    """The handler's answer as *fault* leaves it; without a fault the handler's own."""
    if fault is None:
        return await handler(request)
    if fault.when == "before" and fault.delay_s:
        await request.read()  # it has arrived: a caller who hangs up meanwhile does not take it back
        await clock.sleep(fault.delay_s)
    if fault.drop == "before":
        return _reset(request)
    answer = await _answer(fault, request, handler)
    if fault.when == "after" and fault.delay_s:
        await clock.sleep(fault.delay_s)
    if fault.drop == "after":
        return _reset(request)
    return await _drip(answer, request, clock=clock) if fault.slow_drip else answer


async def _answer(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    if fault.replaces_answer and fault.when == "before" and fault.drop != "after":
        return _broken(fault)
    answer = await handler(request)
    return _broken(fault) if fault.replaces_answer else answer


def _broken(fault: Fault) -> web.Response:
    status, headers = fault.status or 200, dict(fault.headers)
    if fault.bad_json:
        return web.Response(status=status, headers=headers, text='{"data": [{"id": "', content_type="application/json")
    if fault.big_body:
        return web.Response(status=status, headers=headers, body=b'{"data":"' + b"x" * BIG + b'"}', content_type="application/json")
    if isinstance(fault.body, str):
        return web.Response(status=status, headers=headers, text=fault.body)
    return web.json_response(fault.body if fault.body is not None else _envelope(fault, status=status), status=status, headers=headers)


def _envelope(fault: Fault, *, status: int) -> dict[str, Any]:
    if fault.side == "slack":
        return {"ok": False, "error": fault.code or "internal_error"}
    error = {"id": "fault", "code": fault.code or f"ADMIN-{status}-1", "status": str(status), "title": "Fault", "detail": None}
    return {"errors": [error]}


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # aiohttp finds the connection gone and lets this answer fall


async def _drip(answer: web.StreamResponse, request: web.Request, *, clock: Clock) -> web.StreamResponse:
    body = bytes(answer.body) if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
    slow = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type, "Content-Length": str(len(body))})
    await slow.prepare(request)
    for start in range(0, len(body), DRIP_BYTES):
        await clock.sleep(DRIP_S)
        await slow.write(body[start : start + DRIP_BYTES])
    await slow.write_eof()
    return slow
