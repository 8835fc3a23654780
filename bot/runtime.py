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

from atlassian.catalog import Catalog
from atlassian.client import AdminClient
from atlassian.provisioner import Provisioner
from atlassian.site import SiteClient, open_site
from atlassian.transport import Transport
from bot import clock, http, lease, logs, metrics
from bot.effects.kit import Kit
from bot.effects.outcome import KEY_TROUBLES
from bot.jobs import ATLASSIAN
from bot.settings import Settings, require_port
from bot.slack.admin_channel import AdminChannel
from bot.slack.app import build_app
from bot.slack.asides import Asides
from bot.slack.calls import make_client, make_session
from bot.slack.desk import Desk
from bot.slack.directory import Directory
from bot.slack.errors import SlackError, SlackRefused, SlackTokenRejected
from bot.slack.messenger import Messenger
from bot.slack.socket import SocketMode
from bot.slack.team import read_team
from bot.ticker import Ticker, schedules
from bot.worker import Worker
from storage import migrate, outbox, pacing
from storage.db import Database, UnitOfWork
from storage.errors import StorageError
from storage.lock import ProcessLock

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


class StartFailed(Exception):
    """The process cannot start; the text is one sentence that says what to do next."""


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
        await _cancel(serving)
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
        database = await _open_database(settings, role=role, now=now, stack=stack)
        client = await _open_slack(settings, stack=stack)
        directory = await _open_directory(settings, client=client, now=now, stack=stack)
        transport = _open_transport(settings, now=now, stack=stack)
        kit = _build_kit(settings, database=database, client=client, directory=directory, transport=transport, now=now, stack=stack)
        work = await _start_work(kit, transport=transport, stack=stack) if role is not Role.WEB else None
        socket, port = await _open_door(kit, role=role, client=client, stack=stack)
        log.info("ready", role=role.value, socket_mode=settings.socket_mode, port=port)
        worker, loops = work or (None, ())
        yield Parts(kit=kit, database=database, worker=worker, socket=socket, port=port, loops=loops)


async def _open_database(settings: Settings, *, role: Role, now: Callable[[], datetime], stack: AsyncExitStack) -> Database:
    lock = ProcessLock(settings.database_url)
    lock.acquire()
    stack.callback(lock.release)
    if role is Role.RUN:
        await asyncio.to_thread(migrate.upgrade, settings.database_url)
    await asyncio.to_thread(migrate.check, settings.database_url)
    database = Database.open(settings.database_url, clock=now, new_id=clock.new_id, new_token=clock.new_token)
    stack.push_async_callback(database.close)
    await database.write(lambda uow: _set_pace(uow, settings))
    if database.kind == "sqlite":
        # We hold the file's lock, so whoever leased these jobs is dead; their calls land within the settle time or never.
        await database.write(outbox.release_all)
    return database


def _set_pace(uow: UnitOfWork, settings: Settings) -> None:
    pacing.set_interval(uow, ATLASSIAN, 1 / settings.atlassian_per_second)
    if any(bucket.name == ATLASSIAN and bucket.reason in KEY_TROUBLES for bucket in pacing.state(uow)):
        # Whoever starts us again may have brought another key: the next job tries it.
        pacing.resume(uow, ATLASSIAN)


async def _open_slack(settings: Settings, *, stack: AsyncExitStack) -> AsyncWebClient:
    session = make_session()
    stack.push_async_callback(session.close)
    return make_client(token=settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url, session=session)


async def _open_directory(settings: Settings, *, client: AsyncWebClient, now: Callable[[], datetime], stack: AsyncExitStack) -> Directory:
    """Who we are and who approves, asked before anybody else can ask us; raises StartFailed when Slack does not say."""
    try:
        directory = Directory(client, settings, await read_team(client, now=now), now)
        await directory.refresh()
    except SlackTokenRejected as error:
        raise StartFailed(
            f"Slack does not accept SLACK_BOT_TOKEN ({error.code}): copy the bot token from your app's OAuth & Permissions page."
        ) from None
    except SlackRefused as error:
        raise StartFailed(f"Slack refuses {error.method} ({error.code}): run `comeback doctor`, which names the remedy.") from None
    except SlackError as error:
        raise StartFailed(
            f"Slack can't be reached at {settings.slack_api_url} ({error.code}): check the network and SLACK_API_URL, then start again."
        ) from None
    stack.push_async_callback(_cancel, asyncio.create_task(directory.keep_fresh()))
    return directory


async def _cancel(task: asyncio.Task[None]) -> None:
    """End a task that only reads, wherever it is."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _open_transport(settings: Settings, *, now: Callable[[], datetime], stack: AsyncExitStack) -> Transport:
    key = settings.atlassian_api_key.get_secret_value
    transport = Transport(settings.atlassian_api_url, key, now=now, before_send=lease.require)
    stack.push_async_callback(transport.aclose)
    return transport


def _build_kit(
    settings: Settings,
    *,
    database: Database,
    client: AsyncWebClient,
    directory: Directory,
    transport: Transport,
    now: Callable[[], datetime],
    stack: AsyncExitStack,
) -> Kit:
    admin = AdminClient(transport, settings.atlassian_org_id)
    catalog = Catalog(admin, site=_site(settings, now=now, stack=stack), now=now)
    messenger = Messenger(client, now)
    return Kit(
        settings=settings,
        database=database,
        provisioner=Provisioner(admin, catalog),
        catalog=catalog,
        messenger=messenger,
        admin_channel=AdminChannel(messenger, settings.admin_channel, now=now),
        directory=directory,
        team=directory.team,
        now=now,
    )


def _site(settings: Settings, *, now: Callable[[], datetime], stack: AsyncExitStack) -> SiteClient | None:
    if not (settings.atlassian_site_url and settings.atlassian_site_email and settings.atlassian_site_token):
        return None
    site = open_site(
        settings.atlassian_site_url,
        email=settings.atlassian_site_email,
        token=settings.atlassian_site_token.get_secret_value,
        now=now,
        before_send=lease.require,
    )
    stack.push_async_callback(site.transport.aclose)
    return site


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
    registry = metrics.build(kit.database)
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
    ticker = Ticker(database=kit.database, schedules=schedules(ZoneInfo(kit.settings.timezone)))
    kit.database.when_enqueued(worker.wake)
    tasks = (asyncio.create_task(worker.run()), asyncio.create_task(ticker.run()))

    async def drain() -> None:
        transport.set_deadline(SHORT_DEADLINE_SECONDS)
        ticker.stop()
        worker.stop(drain_seconds=DRAIN_SECONDS)
        await asyncio.gather(*tasks, return_exceptions=True)

    stack.push_async_callback(drain)
    return worker, tasks
