"""Letting the bot work until nothing is left to do, with the world moved to whatever it waits for."""

import asyncio
from datetime import datetime, timedelta

from tests.e2e.conftest import Stage
from tests.e2e.pulse import pulse

SOON = timedelta(minutes=20)
"""Reminders and drift looks are hours away, and all that goes on by itself is nearer than this."""
LOOK_SECONDS = 0.02
"""Each look costs the bot some milliseconds of the processor that both share."""


async def until_quiet(stage: Stage, *, soon: timedelta = SOON) -> None:
    """Let the bot work; whenever it only waits, move the world to what it waits for. Ends when nothing is due *soon*."""
    while True:
        busy, due = await stage.parts.database.read(pulse)
        if not busy and (due is None or due - stage.sandbox.clock.now() > soon):
            return
        await _go_on(stage, busy=busy, due=due)


async def until(stage: Stage, moment: datetime) -> None:
    """Let the bot work, the world moved to whatever it waits for, until it is *moment* there and nothing is due."""
    while True:
        busy, due = await stage.parts.database.read(pulse)
        if not busy and (due is None or due > moment):
            stage.later(max(moment - stage.sandbox.clock.now(), timedelta(0)))
            return
        await _go_on(stage, busy=busy, due=due)


async def one_look(stage: Stage) -> None:
    """Let the bot work for a moment, the world moved to what it waits for; there has to be something left to do."""
    busy, due = await stage.parts.database.read(pulse)
    assert busy or due is not None, "nothing is left to do"
    await _go_on(stage, busy=busy, due=due)


async def _go_on(stage: Stage, *, busy: bool, due: datetime | None) -> None:
    now = stage.sandbox.clock.now()
    if not busy and due is not None and due > now:
        stage.later(due - now)
    await asyncio.sleep(LOOK_SECONDS)
