"""The bot's front door in the sandbox, on a real database and without a worker: what is decided stays in the outbox to be looked at."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from slack_sdk.web.async_client import AsyncWebClient

from bot import http
from bot.settings import Settings, load
from bot.slack.app import build_app
from bot.slack.asides import Asides
from bot.slack.calls import open_client
from bot.slack.desk import Desk
from bot.slack.directory import Directory
from bot.slack.socket import SocketMode
from bot.slack.team import read_team
from sandbox.server import Sandbox
from storage import access_requests, decisions, outbox
from storage.db import Database
from storage.records import AccessRequest, Decision
from tests.bot.outside import Outside
from tests.e2e.conftest import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What stands behind the door, and the questions that tests ask."""

    sandbox: Sandbox
    desk: Desk
    database: Database
    client: AsyncWebClient
    app_url: str
    """Where Slack's requests arrive; empty when they come by socket."""

    async def requests(self) -> list[AccessRequest]:
        """All requests, newest first."""
        return list(await self.database.read(access_requests.list_recent))

    async def decisions(self, request_id: str) -> list[Decision]:
        """The decisions on one request."""
        return list(await self.database.read(lambda uow: decisions.of(uow, request_id)))

    async def jobs(self) -> list[str]:
        """The kinds of all jobs left in the outbox, one for each job."""
        backlog = await self.database.read(lambda uow: tuple(outbox.backlog(uow)))
        return sorted(row[0] for row in backlog for _ in range(row[2]))


@asynccontextmanager
async def front_door(outside: Outside, *, transport: str, database_url: str) -> AsyncIterator[Door]:
    """An open door, by "socket" or by "http"; "none" leaves the connecting (by socket) to the test."""
    port = free_port()
    app_url = f"http://127.0.0.1:{port}/slack/events" if transport == "http" else None
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(people=30, rate_limits=False, app_url=app_url))
        outside.set(sandbox.environment())
        settings = load()
        database = Database.open(database_url, clock=sandbox.clock.now, new_id=_ids(), new_token=_ids())
        stack.push_async_callback(database.close)
        token = settings.slack_bot_token.get_secret_value()
        client = await stack.enter_async_context(open_client(token=token, api_url=settings.slack_api_url))
        desk = await _desk(settings, sandbox=sandbox, database=database, client=client)
        if transport != "none":
            await _open(desk, sandbox=sandbox, port=port, client=client, stack=stack)
        yield Door(sandbox=sandbox, desk=desk, database=database, client=client, app_url=app_url or "")


def _ids() -> Callable[[], str]:
    numbers = iter(range(1, 10_000))
    return lambda: f"id-{next(numbers)}"


async def _desk(settings: Settings, *, sandbox: Sandbox, database: Database, client: AsyncWebClient) -> Desk:
    team = await read_team(client)
    directory = Directory(client, settings, team, sandbox.clock.now)
    await directory.refresh()
    asides = Asides(api_url=settings.slack_api_url)
    return Desk(settings=settings, database=database, directory=directory, team=team, asides=asides)


async def _open(desk: Desk, *, sandbox: Sandbox, port: int, client: AsyncWebClient, stack: AsyncExitStack) -> None:
    settings = desk.settings
    if settings.slack_app_token is None:
        app = build_app(desk, client=client, mode="http")
        server = await http.serve(http.build(bolt_app=app, probes={}, registry=CollectorRegistry()), port, host="127.0.0.1")
        stack.push_async_callback(server.stop, 1)
    else:
        socket = SocketMode(build_app(desk, client=client, mode="socket"), settings.slack_app_token.get_secret_value(), client)
        await socket.start()
        stack.push_async_callback(socket.stop, 1)
    if not sandbox.slack.connected:
        await sandbox.slack.until(lambda: sandbox.slack.connected)
