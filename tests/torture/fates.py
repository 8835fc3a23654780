"""What may happen to one attempt at a job, and the seams of the bot where it does: each call that goes out, each unit that is stored."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

import httpx
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from atlassian.transport import Transport
from sandbox.faults import Fault, Faults, Side
from storage.db import Database, UnitOfWork
from tests.torture.still import StillClock

T = TypeVar("T")

NO_DEADLINE_SECONDS = 600.0
"""Whoever waits for longer than a call may take is an attempt that stands still: its time is the world's, not the machine's."""


class Blow(StrEnum):
    """What hits an attempt, at one of its calls or when it stores a unit of work."""

    NONE = "nothing"
    DIES_BEFORE_CALL = "dies before the call"
    DIES_AFTER_CALL = "dies after the call"
    HOLDS_AFTER_CALL = "stands still after the call"
    DIES_BEFORE_UNIT = "dies before the unit is stored"
    DIES_AFTER_UNIT = "dies after the unit was stored"
    HOLDS_BEFORE_UNIT = "stands still before the unit is stored"
    HOLDS_AFTER_UNIT = "stands still after the unit was stored"
    CALL_LOST = "the call is lost"
    ANSWER_LOST = "the answer to the call is lost"
    CALL_LATE = "the call takes effect after its caller has hung up"
    CALL_LIMITED = "the call meets a rate limit"
    CALL_FAILS = "the call meets an error of theirs"
    CALL_FAILS_AFTER = "the call meets an error of theirs and takes effect"
    CALL_REFUSED = "the call is refused"
    KEY_REFUSED = "the call meets a rejected key"


@dataclass(frozen=True, slots=True)
class Fate:
    """One blow, at the call or unit of this number (from 0), or at the first call that writes; where there is no such nothing happens."""

    blow: Blow = Blow.NONE
    at: int = 0
    at_write: bool = False
    seconds: int = 0
    """After how long a late call takes effect: the attempt's call is over after ten."""


@dataclass(slots=True)
class Attempt:
    """A worker's process at one job, alive until its task ends or is cancelled."""

    fate: Fate
    job_id: str = ""
    token: str = ""
    task: asyncio.Task[None] | None = None
    calls: int = 0
    writes: int = 0
    units: int = 0
    parked: asyncio.Event = field(default_factory=asyncio.Event)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def stand_still(self) -> None:
        """Like a process that was stopped: until somebody wakes it."""
        self.parked.set()
        await self.wake.wait()

    async def die(self) -> None:
        """Like kill -9: not one more line is run."""
        assert self.task is not None
        self.task.cancel()
        await asyncio.Event().wait()


_ATTEMPT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def enter(attempt: Attempt) -> None:
    """Have all that this task does from now on, and the tasks that it starts, be *attempt*'s."""
    _ATTEMPT.set(attempt)


OF_UNITS = (Blow.DIES_BEFORE_UNIT, Blow.DIES_AFTER_UNIT, Blow.HOLDS_BEFORE_UNIT, Blow.HOLDS_AFTER_UNIT)
DEATHS = (Blow.DIES_BEFORE_CALL, Blow.DIES_AFTER_CALL, Blow.DIES_BEFORE_UNIT, Blow.DIES_AFTER_UNIT)
HOLDS = (Blow.HOLDS_AFTER_CALL, Blow.HOLDS_BEFORE_UNIT, Blow.HOLDS_AFTER_UNIT)
WEATHER = tuple(blow for blow in Blow if blow not in (Blow.NONE, *DEATHS, *HOLDS))
_STATUSES: dict[Blow, dict[str, Any]] = {
    Blow.CALL_LIMITED: {"status": 429, "headers": {"Retry-After": "7"}},
    Blow.CALL_FAILS: {"status": 503},
    Blow.CALL_FAILS_AFTER: {"status": 500, "when": "after"},
    Blow.CALL_REFUSED: {"status": 400},
    Blow.KEY_REFUSED: {"status": 401},
}
_IN_SLACK: dict[Blow, dict[str, Any]] = {Blow.CALL_REFUSED: {"code": "channel_not_found"}, Blow.KEY_REFUSED: {"code": "invalid_auth"}}


@dataclass(slots=True)
class Seam:
    """Where an attempt meets its fate; what is done outside of any just passes. `struck` says what has happened so far."""

    clock: StillClock
    faults: Faults
    struck: Counter[Blow] = field(default_factory=Counter)

    async def call(self, side: Side, perform: Callable[[], Awaitable[T]], *, writes: bool) -> T:
        """The answer to one outside call, or what became of it; TimeoutError stands for an answer that never came."""
        attempt = _ATTEMPT.get()
        if attempt is None:
            return await perform()
        blow = self._blow_of_call(attempt, writes=writes)
        if blow in _STATUSES:
            self._plant(blow, side)
        if blow is Blow.CALL_LATE:
            self.clock.at(timedelta(seconds=attempt.fate.seconds), lambda: _unheard(perform))
        if blow in (Blow.CALL_LATE, Blow.CALL_LOST):
            raise TimeoutError
        await _strike(attempt, blow, dies=Blow.DIES_BEFORE_CALL)
        answer = await perform()
        if blow is Blow.ANSWER_LOST:
            raise TimeoutError
        await _strike(attempt, blow, dies=Blow.DIES_AFTER_CALL, holds=Blow.HOLDS_AFTER_CALL)
        return answer

    async def unit(self, store: Callable[[], Awaitable[T]]) -> T:
        """What one unit of work returns."""
        attempt = _ATTEMPT.get()
        if attempt is None:
            return await store()
        blow = self._blow_of_unit(attempt)
        await _strike(attempt, blow, dies=Blow.DIES_BEFORE_UNIT, holds=Blow.HOLDS_BEFORE_UNIT)
        stored = await store()
        await _strike(attempt, blow, dies=Blow.DIES_AFTER_UNIT, holds=Blow.HOLDS_AFTER_UNIT)
        return stored

    def _blow_of_call(self, attempt: Attempt, *, writes: bool) -> Blow:
        fate, number = attempt.fate, attempt.calls
        attempt.calls += 1
        attempt.writes += writes
        meets = (writes and attempt.writes == 1) if fate.at_write else fate.at == number
        return self._struck(fate) if meets and fate.blow not in OF_UNITS else Blow.NONE

    def _blow_of_unit(self, attempt: Attempt) -> Blow:
        fate, number = attempt.fate, attempt.units
        attempt.units += 1
        return self._struck(fate) if fate.at == number and fate.blow in OF_UNITS else Blow.NONE

    def _struck(self, fate: Fate) -> Blow:
        self.struck[fate.blow] += fate.blow is not Blow.NONE
        return fate.blow

    def _plant(self, blow: Blow, side: Side) -> None:
        told = _IN_SLACK.get(blow, _STATUSES[blow]) if side == "slack" else _STATUSES[blow]
        self.faults.add(Fault(side=side, match=".*" if side == "slack" else "/", times=1, **told))


async def _unheard(perform: Callable[[], Awaitable[Any]]) -> None:
    """Do what was asked for; whether it is refused is heard by nobody."""
    with suppress(Exception):
        await perform()


async def _strike(attempt: Attempt, blow: Blow, *, dies: Blow, holds: Blow | None = None) -> None:
    if blow is dies:
        await attempt.die()
    if blow is holds:
        await attempt.stand_still()


class SeamedTransport(Transport):
    """The way to Atlassian, with the seam behind the guard of the lease, where the bot itself names what came back."""

    seam: Seam

    async def _exchange(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes | None]:
        exchange = super()._exchange
        reads = request.method == "GET" or request.url.path.endswith(("/search", "/workspaces"))
        return await self.seam.call("atlassian", lambda: exchange(request), writes=not reads)


class SeamedSlack(AsyncWebClient):
    """The way to Slack, with the seam around each method."""

    seam: Seam

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """The answer to one method."""
        call = super().api_call
        return await self.seam.call("slack", lambda: call(api_method, **arguments), writes=api_method.startswith("chat."))


class SeamedDatabase(Database):
    """The database, with the seam around each unit that is stored."""

    seam: Seam

    async def write(self, work: Callable[[UnitOfWork], T], *, wait_seconds: float = NO_DEADLINE_SECONDS, alone: bool = False) -> T:
        """What *work* returns, stored for good."""
        store = super().write
        return await self.seam.unit(lambda: store(work, wait_seconds=wait_seconds, alone=alone))
