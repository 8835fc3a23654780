"""Hands for a command: a worker that does the jobs of some kinds only, where no bot runs that would do them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from bot import clock
from bot.building import build_kit, open_database, open_directory, open_slack, open_transport
from bot.effects.kit import Kit
from bot.settings import Settings
from bot.slack.calls import Line
from bot.worker import Worker

DRAIN_SECONDS = 5.0


@asynccontextmanager
async def lent(settings: Settings, *, kinds: frozenset[str], now: Callable[[], datetime] = clock.system_now) -> AsyncIterator[Kit]:
    """
    A worker for the jobs of these *kinds*, as long as the block lasts; jobs of other kinds stay in the outbox.

    Raises AlreadyRunning while a bot serves the SQLite file, and StartFailed when Slack can't be asked who approves.
    """
    async with AsyncExitStack() as stack:
        database = await open_database(settings, migrates=False, now=now, stack=stack)
        line = Line()
        client = await open_slack(settings, line=line, stack=stack)
        directory = await open_directory(settings, client=client, now=now, stack=stack)
        transport = open_transport(settings, now=now, stack=stack)
        kit = build_kit(
            settings, database=database, client=client, directory=directory, line=line, transport=transport, now=now, stack=stack
        )
        worker = Worker(kit=kit, jitter=clock.full_jitter, kinds=kinds)
        database.when_enqueued(worker.wake)
        working = asyncio.create_task(worker.run())

        async def drain() -> None:
            worker.stop(drain_seconds=DRAIN_SECONDS)
            await asyncio.gather(working, return_exceptions=True)

        stack.push_async_callback(drain)
        yield kit
