"""
The composition root of `run`, `web` and `worker`: what is built from the settings, in which order it starts, and how it stops.

Start: lock, schema, database, Slack (who are we, who approves), Atlassian, worker, ticker, front door. Stop runs the other way round: the
door closes first, running jobs get the time that is left, and whatever is cut off is retaken by its lease.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from atlassian.transport import Transport
from bot import clock, http, logs, metrics
from bot.building import StartFailed, await_database, build_kit, cancel, open_directory, open_slack, open_transport
from bot.effects.kit import Kit
from bot.settings import Settings, require_port
from bot.slack.app import build_app
from bot.slack.asides import Asides
from bot.slack.calls import Line
from bot.slack.desk import Desk
from bot.slack.socket import SocketMode
from bot.ticker import Ticker, schedules
from bot.worker import Worker
from storage import outbox
from storage.db import Database
from storage.errors import StorageError

DRAIN_SECONDS = 7.5
"""SIGTERM leaves 10 s in all; running jobs get this much of it."""
CLOSE_SECONDS = 1.0
"""What the front door gets to finish the answers it has begun."""
SHORT_DEADLINE_SECONDS = 7.0

log = structlog.get_logger()


class Role(StrEnum):
    """Which parts a process has: all, the front door, or the worker and the ticker."""

    RUN = "run"
    WEB = "web"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a running process consists of; `worker` is None in a `web` process."""

    kit: Kit
    database: Database
    worker: Worker | None
    socket: SocketMode | None
    port: int | None
    loops: tuple[asyncio.Task[None], ...]


def main(settings: Settings, *, role: Role) -> int:
    """Run until SIGTERM or SIGINT: 0 after a clean stop, 1 when Slack can't be reached or refuses us. Raises StorageError."""
    logs.configure(settings)
    try:
        return asyncio.run(_main(settings, role=role))
    except StartFailed as failed:
        print(failed, file=sys.stderr)
        return 1


async def _main(settings: Settings, *, role: Role) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve(settings, role=role, stop=stop))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not serving.done():
        await asyncio.wait({serving}, timeout=DRAIN_SECONDS + CLOSE_SECONDS)
    if not serving.done():
        # Still starting, say against a host that does not answer: there is nothing to drain.
        await cancel(serving)
        return 0
    await serving
    return 0


async def _serve(settings: Settings, *, role: Role, stop: asyncio.Event) -> None:
    """Serve until *stop*; a part that dies takes the process with it, for whoever supervises it to start it anew."""
    async with started(settings, role=role) as parts:
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({waiting, *parts.loops}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        log.info("stopping", asked=stop.is_set())
        for loop in parts.loops:
            if loop.done():
                loop.result()


@asynccontextmanager
async def started(settings: Settings, *, role: Role, now: Callable[[], datetime] = clock.system_now) -> AsyncIterator[Parts]:
    """A process with all its parts running, stopped in order at the end; *now* is moved by stories."""
    async with AsyncExitStack() as stack:
        database = await await_database(settings, migrates=role is Role.RUN, now=now, stack=stack)
        line = Line()
        client = await open_slack(settings, line=line, stack=stack)
        directory = await open_directory(settings, client=client, now=now, stack=stack)
        transport = open_transport(settings, now=now, stack=stack)
        kit = build_kit(
            settings, database=database, client=client, directory=directory, line=line, transport=transport, now=now, stack=stack
        )
        work = await _start_work(kit, transport=transport, stack=stack) if role is not Role.WEB else None
        socket, port = await _open_door(kit, role=role, client=client, stack=stack)
        log.info("ready", role=role.value, socket_mode=settings.socket_mode, port=port)
        worker, loops = work or (None, ())
        yield Parts(kit=kit, database=database, worker=worker, socket=socket, port=port, loops=loops)


async def _open_door(kit: Kit, *, role: Role, client: AsyncWebClient, stack: AsyncExitStack) -> tuple[SocketMode | None, int | None]:
    """Slack's way in (none in a `worker`) and the probes, wherever a port is set."""
    settings = kit.settings
    app: AsyncApp | None = None
    socket: SocketMode | None = None
    if role is not Role.WORKER:
        asides = Asides(api_url=settings.slack_api_url)
        desk = Desk(settings=settings, database=kit.database, directory=kit.directory, team=kit.team, asides=asides)
        app = build_app(desk, client=client, mode="socket" if settings.socket_mode else "http")
        stack.push_async_callback(desk.asides.drain, CLOSE_SECONDS)
    if app is not None and settings.slack_app_token is not None:
        socket = SocketMode(app, settings.slack_app_token.get_secret_value(), client)
    port = await _serve_http(kit, app=None if socket else app, socket=socket, stack=stack)
    if socket is not None:
        await socket.start()
        stack.push_async_callback(socket.stop, CLOSE_SECONDS)
    return socket, port


async def _serve_http(kit: Kit, *, app: AsyncApp | None, socket: SocketMode | None, stack: AsyncExitStack) -> int | None:
    if kit.settings.port is None and app is None:
        return None
    settings = kit.settings
    registry = metrics.build(kit.database, products=settings.products, zone=ZoneInfo(settings.timezone), ships=settings.siem.on)
    site = http.build(bolt_app=app, probes=_probes(kit, socket=socket), registry=registry)
    wanted = require_port(kit.settings)
    try:
        server = await http.serve(site, wanted)
    except OSError as error:
        raise StartFailed(f"PORT {wanted} can't be listened on ({error.strerror}): choose another, or stop what has it.") from None
    stack.push_async_callback(server.stop, CLOSE_SECONDS)
    return server.port


def _probes(kit: Kit, *, socket: SocketMode | None) -> Mapping[str, Callable[[], bool | Awaitable[bool]]]:
    async def database() -> bool:
        try:
            await kit.database.read(outbox.next_due)
        except StorageError:
            return False
        return True

    probes: dict[str, Callable[[], bool | Awaitable[bool]]] = {"database": database}
    if socket is not None:
        probes["slack"] = lambda: socket.ready
    return probes


async def _start_work(kit: Kit, *, transport: Transport, stack: AsyncExitStack) -> tuple[Worker, tuple[asyncio.Task[None], ...]]:
    """The worker and the ticker; on the way out running jobs are drained with a shorter deadline for each call."""
    worker = Worker(kit=kit, jitter=clock.full_jitter)
    ticker = Ticker(database=kit.database, schedules=schedules(kit.settings), ships=kit.siem is not None)
    kit.database.when_enqueued(worker.wake)
    tasks = (asyncio.create_task(worker.run()), asyncio.create_task(ticker.run()))

    async def drain() -> None:
        transport.set_deadline(SHORT_DEADLINE_SECONDS)
        ticker.stop()
        worker.stop(drain_seconds=DRAIN_SECONDS)
        await asyncio.gather(*tasks, return_exceptions=True)

    stack.push_async_callback(drain)
    return worker, tasks
