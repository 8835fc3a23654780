"""Letting the bot work until nothing is left to do, with the world moved to whatever it waits for."""

import asyncio
from datetime import datetime, timedelta

from tests.e2e.conftest import Stage
from tests.e2e.pulse import pulse

SOON = timedelta(minutes=20)
"""Reminders and drift looks are hours away, and all that goes on by itself is nearer than this."""


async def until_quiet(stage: Stage, *, soon: timedelta = SOON) -> None:
    """Let the bot work; whenever it only waits, move the world to what it waits for. Ends when nothing is due *soon*."""
    while True:
        busy, due = await stage.parts.database.read(pulse)
        now = stage.sandbox.clock.now()
        if not busy and (due is None or due - now > soon):
            return
        if not busy and due is not None and due > now:
            stage.later(due - now)
        await asyncio.sleep(0.01)


async def until(stage: Stage, moment: datetime) -> None:
    """Let the bot work, the world moved to whatever it waits for, until it is *moment* there and nothing is due."""
    while True:
        busy, due = await stage.parts.database.read(pulse)
        now = stage.sandbox.clock.now()
        if not busy and (due is None or due > moment):
            stage.later(max(moment - now, timedelta(0)))
            return
        if not busy and due is not None and due > now:
            stage.later(due - now)
        await asyncio.sleep(0.01)
