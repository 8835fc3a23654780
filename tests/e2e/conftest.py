"""A stage for stories: the sandbox and a whole bot in it, joined by real sockets, on either transport and either database."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.clock import new_id, new_token
from bot.runtime import Parts, Role, started
from bot.settings import load
from sandbox.clock import Clock
from sandbox.server import Sandbox
from sandbox.slack.messages import Message
from storage import access_requests, audit, slots
from storage.db import Database
from storage.errors import StorageError
from storage.records import AccessRequest, AuditEntry
from tests.e2e.pulse import pulse

ADMINS = "G0ADMINS"
QUIET = ("scan", "plan", "digest", "checkpoint", "post_checkpoint")
"""The schedules that speak in the admin channel, or work while a story counts."""
PATIENCE = 20
"""Seconds that a story waits for what it expects."""
LOOKS = 20
"""How often in a second it looks whether that has come."""
PACE = timedelta(seconds=1.3)
"""No bucket of Slack's pauses for longer; whatever waits for longer is the story's to move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The world and the bot, with the questions that stories ask."""

    sandbox: Sandbox
    parts: Parts

    def cards(self) -> list[Message]:
        """The approval cards in the admin channel, oldest first."""
        return [message for message in self.sandbox.slack.messages(ADMINS) if message.bot_id and message.thread_ts is None]

    async def card(self, *, saying: str = "", at: int = -1, step: timedelta = timedelta(0)) -> Message:
        """The newest card (or that *at* this place) once it says *saying*; the clock is moved by *step* each second until then."""

        def there() -> Message | None:
            card = next(iter(self.cards()[at:]), None)
            return card if card is not None and saying in card.words else None

        return await self._until(there, why=f"no card says {saying!r}", step=step)

    async def told(self, person: str, saying: str, *, step: timedelta = timedelta(0)) -> Message:
        """The private message to *person* that says *saying*; the clock is moved by *step* each second until it is there."""

        def there() -> Message | None:
            return next((message for message in self.sandbox.slack.dm(person) if saying in message.words), None)

        return await self._until(there, why=f"{person} was not told {saying!r}", step=step)

    async def whispered(self, person: str, saying: str) -> Message:
        """The message that only *person* sees and that says *saying*."""

        def there() -> Message | None:
            return next((message for message in self.sandbox.slack.ephemerals(person) if saying in message.words), None)

        return await self._until(there, why=f"{person} was not whispered {saying!r}")

    async def _until(self, there: Callable[[], Message | None], *, why: str, step: timedelta = timedelta(0)) -> Message:
        for look in range(1, PATIENCE * LOOKS):
            try:
                found = await self.sandbox.slack.until(there, timeout=1 / LOOKS)
            except TimeoutError:
                await self._go_on(step if look % LOOKS == 0 else timedelta(0))
            else:
                assert found is not None
                return found
        cards = [card.words for card in self.cards()]
        raise AssertionError(f"{why}; cards: {cards}; audit: {await self.kinds()}")

    async def request(self) -> AccessRequest:
        """The one request that there is."""
        (only,) = await self.parts.database.read(lambda uow: tuple(access_requests.list_recent(uow)))
        return only

    async def trail(self) -> list[AuditEntry]:
        """The audit trail, oldest first."""
        return await self.parts.database.read(lambda uow: list(audit.entries(uow)))

    async def kinds(self) -> list[str]:
        """The kinds of the audit entries, oldest first."""
        return [entry.kind for entry in await self.trail()]

    async def logged(self, kind: str, *, times: int = 1, step: timedelta = timedelta(0)) -> None:
        """Wait for that many audit entries of this kind; the clock is moved by *step* each second until they are there."""
        for look in range(1, PATIENCE * LOOKS):
            if (await self.kinds()).count(kind) >= times:
                return
            await asyncio.sleep(1 / LOOKS)
            await self._go_on(step if look % LOOKS == 0 else timedelta(0))
        raise AssertionError(f"no {kind} in {await self.kinds()}")

    async def _go_on(self, step: timedelta) -> None:
        """Move the world by *step*, and over a pause in which the bot does nothing but keep its pace."""
        with suppress(StorageError):  # a story may have taken the database away
            busy, due = await self.parts.database.read(pulse)
            pause = due - self.sandbox.clock.now() if due is not None and not busy else timedelta(0)
            step = max(step, pause if pause <= PACE else timedelta(0))
        if step > timedelta(0):
            self.later(step)

    def later(self, by: timedelta) -> None:
        """Move the world's clock, which is the bot's too."""
        self.sandbox.clock.advance(by)
        if self.parts.worker is not None:
            self.parts.worker.wake()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def on_stage(
    monkeypatch: pytest.MonkeyPatch,
    *,
    transport: str,
    database_url: str,
    free_seats: int | None = None,
    scheduled: bool = False,
    clock: Clock | None = None,
    **settings: str,
) -> AsyncIterator[Stage]:
    """
    A running stage; *settings* are more environment variables of the bot.

    Only a *scheduled* one looks after idle seats by itself; one without a *clock* of its own begins today.
    """
    port = free_port()
    app_url = f"http://127.0.0.1:{port}/slack/events" if transport == "http" else None
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(app_url=app_url, rate_limits=False, free_seats=free_seats, clock=clock))
        environment = {
            **sandbox.environment(),
            "DATABASE_URL": database_url,
            "PORT": str(port),
            "COMEBACK_ATLASSIAN_PER_SECOND": "100",
            **settings,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        if not scheduled:
            await leave_idle_seats(database_url, now=sandbox.clock.now)
        parts = await stack.enter_async_context(started(load(), role=Role.RUN, now=sandbox.clock.now))
        if not sandbox.slack.connected:
            await sandbox.slack.until(lambda: sandbox.slack.connected, timeout=PATIENCE)
        yield Stage(sandbox=sandbox, parts=parts)


async def leave_idle_seats(database_url: str, *, now: Callable[[], datetime]) -> None:
    """Have these schedules fire after the end of every story: their messages would stand between those of others."""
    database = Database.open(database_url, clock=now, new_id=new_id, new_token=new_token)
    try:
        await database.write(lambda uow: [slots.claim(uow, name, "2999-12-31T00:00") for name in QUIET])
    finally:
        await database.close()


@pytest.fixture(params=["socket-sqlite", "http-postgresql"])
async def stage(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """The usual stage, in both modes and on both databases."""
    transport, kind = request.param.split("-")
    database_url = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "postgres_url")
    monkeypatch.chdir(tmp_path_factory.mktemp("bot"))
    async with on_stage(monkeypatch, transport=transport, database_url=database_url) as ready:
        yield ready


@pytest.fixture
def small_stage(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., "AsyncIterator[Stage]"]:
    """
    Opens a stage in Socket Mode with settings of the story's own: `async with small_stage(free_seats=0) as stage`.

    It is on SQLite unless a `database_url` is among them.
    """
    monkeypatch.chdir(tmp_path_factory.mktemp("bot"))

    def open_stage(**settings: object) -> object:
        return on_stage(monkeypatch, transport="socket", **{"database_url": sqlite_url, **settings})  # type: ignore[arg-type]

    return open_stage  # type: ignore[return-value]
