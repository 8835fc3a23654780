"""Socket Mode through every trouble that was seen in the field: the connection comes back, the probe is honest, and nobody storms."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from bot.slack.app import build_app
from bot.slack.calls import open_client
from bot.slack.desk import Desk
from bot.slack.socket import SocketMode
from bot.slack.wire import CALM_SECONDS, LEAST_SECONDS, MOST_SECONDS, Pace
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.slack.deliveries import Outcome
from tests.bot.outside import Outside
from tests.bot.slack.door import Door, front_door

RECOVERY_SECONDS = 30
SOON_SECONDS = 15
"""It takes two; a machine that does six things at once takes longer."""


def openings(sandbox: Sandbox) -> int:
    """How often a new address was asked for."""
    return [name for name, _ in sandbox.slack.calls].count("apps.connections.open")


@asynccontextmanager
async def connected(desk: Desk, *, ready: bool = True, speed: float = 10) -> AsyncIterator[SocketMode]:
    """A connection to the sandbox whose own waits pass *speed* times as fast; pings keep their pace."""
    token = desk.settings.slack_app_token
    assert token is not None

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / speed)

    monotonic = asyncio.get_running_loop().time
    async with open_client(token=desk.settings.slack_bot_token.get_secret_value(), api_url=desk.settings.slack_api_url) as client:
        app = build_app(desk, client=client, mode="socket")
        socket = SocketMode(app, token.get_secret_value(), client, monotonic=lambda: monotonic() * speed, sleep=sleep)
        await socket.start()
        try:
            if ready:
                await eventually(lambda: socket.ready)
            yield socket
        finally:
            await socket.stop(1)


async def eventually(condition: Callable[[], bool], *, within: float = RECOVERY_SECONDS) -> None:
    """Return when *condition* holds; raises TimeoutError after *within* seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - a probe is asked like this, from outside and now and then
            await asyncio.sleep(0.05)


@pytest.fixture
async def socket_door(outside: Outside, sqlite_url: str) -> AsyncIterator[Door]:
    """A world whose one connection the tests make themselves."""
    async with front_door(outside, transport="none", database_url=sqlite_url) as ready:
        yield ready


async def test_probe_is_green_when_slack_has_said_hello(socket_door: Door) -> None:
    """Before the hello nothing is delivered, whatever the connection looks like."""
    async with connected(socket_door.desk, ready=False) as socket:
        assert not socket.ready
        await eventually(lambda: socket.ready)
    assert not socket.ready


async def test_routine_refresh_loses_nothing(socket_door: Door) -> None:
    """Slack replaces connections every few hours; a command in that moment is answered like any other."""
    sandbox = socket_door.sandbox
    async with connected(socket_door.desk):
        await sandbox.slack.socket.refresh()
        delivery = await sandbox.slack.types("ada", "/request-jira planning")
        assert delivery.outcome is Outcome.OK


async def test_used_address_is_not_tried_again(socket_door: Door) -> None:
    """slack_sdk's client tries a refused single-use address for ever; ours asks for another one."""
    sandbox = socket_door.sandbox
    sandbox.slack.socket.refusals = 1
    async with connected(socket_door.desk) as socket:
        assert socket.ready
        assert openings(sandbox) == 2


async def test_reset_connection_turns_the_probe_red_and_comes_back(socket_door: Door) -> None:
    """Red within 15 s, or the orchestrator sends people to a deaf process; back within 30 s."""
    sandbox = socket_door.sandbox
    async with connected(socket_door.desk) as socket:
        sandbox.slack.socket.drop()
        await eventually(lambda: not socket.ready, within=15)
        await eventually(lambda: socket.ready)


async def test_silent_connection_is_noticed(socket_door: Door) -> None:
    """A half-open connection looks alive and carries nothing: only unanswered pings tell, and here at the pace of real life."""
    sandbox = socket_door.sandbox
    async with connected(socket_door.desk, speed=1) as socket:
        sandbox.slack.socket.stall()
        await eventually(lambda: not socket.ready, within=15)
        await eventually(lambda: socket.ready)


async def test_too_many_websockets_is_no_storm(socket_door: Door) -> None:
    """slack_sdk's client asked 1,977 times in 10 s; ours waits at least 5 s between two."""
    sandbox = socket_door.sandbox
    sandbox.slack.socket.overcrowded = 2
    async with connected(socket_door.desk) as socket:
        assert socket.ready
        assert openings(sandbox) == 3


async def test_slack_away_at_the_start_is_waited_out(socket_door: Door) -> None:
    """A start during an outage is an ordinary start that takes longer."""
    sandbox = socket_door.sandbox
    sandbox.faults.add(Fault(side="slack", match="apps.connections.open", times=1, status=500))
    async with connected(socket_door.desk) as socket:
        assert socket.ready


async def test_stopping_answers_what_was_delivered(socket_door: Door) -> None:
    """Somebody has just pressed Enter when the deploy comes: they still read their answer."""
    sandbox = socket_door.sandbox
    async with connected(socket_door.desk) as socket:
        typing = asyncio.create_task(sandbox.slack.types("ada", "/request-jira planning"))
        await asyncio.sleep(0)
        while not socket.busy:  # noqa: ASYNC110 - until it has arrived, and not a moment longer
            await asyncio.sleep(0)
        await socket.stop(5)
        assert (await typing).outcome is Outcome.OK


class Timeline:
    """A monotonic clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.at = 1000.0

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.at += seconds


def pace_on(time: Timeline, *, jitter: Callable[[float], float] = lambda most: most) -> Pace:
    """A pace on *time* that waits as long as it may."""
    return Pace(monotonic=lambda: time.at, sleep=time.sleep, jitter=jitter)


async def waited(pace: Pace, time: Timeline) -> float:
    """How long the next address had to be waited for."""
    before = time.at
    await pace.wait()
    return time.at - before


@pytest.mark.parametrize("jitter", [lambda most: 0.0, lambda most: most])
async def test_pace_keeps_its_distance_and_forgives(jitter: Callable[[float], float]) -> None:
    """At least 5 s apart, at most 15, and at once again when a connection has held."""
    time = Timeline()
    pace = pace_on(time, jitter=jitter)
    moments = []
    for _ in range(12):
        await pace.wait()
        moments.append(time.at)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert moments[0] == 1000.0
    assert all(LEAST_SECONDS <= gap <= MOST_SECONDS for gap in gaps)
    assert gaps[-1] >= MOST_SECONDS / 2
    pace.hello()
    time.at += CALM_SECONDS
    assert await waited(pace, time) == 0
    assert await waited(pace, time) == LEAST_SECONDS


async def test_first_drop_after_a_refresh_is_mended_at_once() -> None:
    """A deploy at Slack's end asks for a new connection and cuts it a second later: people are typing all the while."""
    time = Timeline()
    pace = pace_on(time)
    await pace.wait()
    pace.hello()
    time.at += 1
    pace.farewell("refresh_requested")
    assert await waited(pace, time) == 0
    pace.hello()
    time.at += 1
    assert await waited(pace, time) == 0
    pace.hello()
    time.at += 1
    assert await waited(pace, time) == LEAST_SECONDS - 1


@pytest.mark.parametrize("reason", ["refresh_requested", "too_many_websockets", None])
async def test_connections_that_never_hold_are_no_storm(reason: str | None) -> None:
    """Whatever ends them right after their hello: but for the one excuse, two addresses are 5 s apart."""
    time = Timeline()
    pace = pace_on(time)
    moments = []
    for _ in range(12):
        await pace.wait()
        moments.append(time.at)
        pace.hello()
        time.at += 0.1
        if reason:
            pace.farewell(reason)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert all(gap >= LEAST_SECONDS - 0.001 for gap in gaps[1:])


async def test_a_rate_limit_is_waited_out() -> None:
    """Asking on would only make it longer."""
    time = Timeline()
    pace = pace_on(time)
    await pace.wait()
    pace.hold(40)
    assert await waited(pace, time) == 40


async def test_a_refresh_and_a_drop_leave_nobody_unanswered_for_long(socket_door: Door) -> None:
    """At the pace of real life: replaced, cut a second after, and back before somebody has finished typing."""
    sandbox = socket_door.sandbox
    async with connected(socket_door.desk, speed=1) as socket:
        await sandbox.slack.socket.refresh()
        await eventually(lambda: openings(sandbox) == 2 and socket.ready, within=SOON_SECONDS)
        sandbox.slack.socket.drop()
        await eventually(lambda: openings(sandbox) == 3 and socket.ready, within=SOON_SECONDS)
        assert (await sandbox.slack.types("ada", "/request-jira planning")).outcome is Outcome.OK


async def test_full_house_is_left_within_half_a_minute(socket_door: Door) -> None:
    """At the pace of real life: two sockets too many, addresses at least 5 s apart, and back in time."""
    sandbox = socket_door.sandbox
    sandbox.slack.socket.overcrowded = 2
    async with connected(socket_door.desk, speed=1, ready=False) as socket:
        await eventually(lambda: socket.ready, within=RECOVERY_SECONDS)
        assert openings(sandbox) == 3
