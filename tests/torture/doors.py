"""Real processes of the bot that answer Slack over HTTP, in a sandbox of their own, and letters for them."""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import aiohttp

from sandbox.environment import ADMIN_CHANNEL
from sandbox.server import Sandbox
from sandbox.slack.people import TEAM_ID
from tests.torture import build, rows
from tests.torture.letters import Letter, Post
from tests.torture.processes import Life, Nursery, nursery
from tests.torture.tempo import clean_environment
from tests.torture.wire import Reply, ask_all

PATIENCE = 120
"""Seconds that a process gets to start, on a machine that is busy."""
GOODBYE_SECONDS = 2
"""What a process gets to end by itself before it is killed: where the world hangs, it would wait for longer."""
_NUMBERS = count(1)


class NotStarted(Exception):
    """A process of the bot did not start; the text is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The processes of one bot: where they listen, what their world is, and how to write to them."""

    sandbox: Sandbox
    post: Post
    folder: Path
    environment: Mapping[str, str]
    nursery: Nursery = field(repr=False)
    ports: tuple[int, ...] = ()

    @property
    def database_url(self) -> str:
        """Where the facts are kept."""
        return self.environment["DATABASE_URL"]

    @property
    def kind(self) -> str:
        """The database, in a word."""
        return "SQLite" if self.database_url.startswith("sqlite") else "PostgreSQL"

    def count(self, statement: str) -> int:
        """The one number that *statement* finds."""
        return int(rows.ask(self.database_url, statement)[0][0])

    def seal(self, letter: Letter, *, extra: Mapping[bytes, bytes] | None = None) -> bytes:
        """The signed request of *letter*, as of now in the sandbox."""
        return self.post.seal(letter, at=self.sandbox.clock.now().timestamp(), extra=extra)

    async def command(self, *words: str, **more: str) -> tuple[int, bytes]:
        """The exit code and the output of `comeback WORDS`, with *more* settings than the processes have."""
        log = self.folder / f"command-{next(_NUMBERS)}.log"
        code = await self.nursery.run(*words, environment={**self.environment, **more}, folder=self.folder, log=log)
        return code, await asyncio.to_thread(log.read_bytes)

    async def start(self, role: str, *, port: int, **more: str) -> Life:
        """A process of that role, with a folder and a log of its own, and *more* settings than the others have."""
        folder = self.folder / f"{role}-{port}"
        await asyncio.to_thread(folder.mkdir)
        environment = {**self.environment, "PORT": str(port), **more}
        life = await self.nursery.start(role, environment=environment, folder=folder, log=folder / "comeback.log")
        life.port = port
        return life

    async def deliver(self, letters: Sequence[Letter], *, lines: int = 8) -> list[Reply]:
        """The replies to *letters*, each signed once, over *lines* connections that take turns over the processes."""
        return await ask_all(self.ports, [self.seal(letter) for letter in letters], lines=lines, patience=PATIENCE)


@asynccontextmanager
async def open_doors(
    folder: Path,
    sandbox: Sandbox,
    *,
    database_url: str | None = None,
    roles: Sequence[str] = ("web",),
    product: Path = build.ROOT,
    **settings: str,
) -> AsyncIterator[Doors]:
    """
    One process for each of *roles* (`run`, `web`, or `worker`, which has no door), ended at the end of the block.

    *database_url* None is a SQLite file in *folder*. *product* is the build that is run. Raises NotStarted.
    """
    ports = [free_port() for _ in roles]
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    url = database_url or f"sqlite:///{folder / 'comeback.db'}"
    environment = {**clean_environment(), **sandbox.environment(), **settings, **build.environment(product), "DATABASE_URL": url}
    answering = tuple(port for role, port in zip(roles, ports, strict=True) if role != "worker")
    async with AsyncExitStack() as stack:
        born = await stack.enter_async_context(nursery(product))
        doors = Doors(sandbox=sandbox, post=post_of(sandbox), folder=folder, environment=environment, nursery=born, ports=answering)
        await _migrate(doors)
        rows.leave_idle_seats(url)
        lives = []
        for role, port in zip(roles, ports, strict=True):
            lives.append(await doors.start(role, port=port))
            stack.push_async_callback(_end, lives[-1])
        await asyncio.gather(*map(_until_ready, ports, lives))
        yield doors


def world(*, people: int = 30, free_seats: int | None = None) -> Sandbox:
    """A sandbox whose app is reached over HTTP; nobody listens at the address that it was told, for letters are delivered by hand."""
    return Sandbox(people=people, free_seats=free_seats, rate_limits=False, app_url=f"http://127.0.0.1:{free_port()}/slack/events")


def post_of(sandbox: Sandbox) -> Post:
    """What Slack knows of the app in *sandbox*."""
    app = sandbox.slack.app
    return Post(
        secret=app.signing_secret,
        app_id=app.id,
        team_id=TEAM_ID,
        verification_token=app.verification_token,
        channel=ADMIN_CHANNEL,
    )


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _migrate(doors: Doors) -> None:
    """Bring the bot's database up to date; raises NotStarted."""
    code, said = await doors.command("migrate")
    if code:
        raise NotStarted(said.decode())


async def _end(life: Life) -> None:
    life.signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(GOODBYE_SECONDS):
            await life.ended.wait()
    except TimeoutError:
        await life.kill()


async def _until_ready(port: int, life: Life) -> None:
    """Wait until the process's probe is green; raises NotStarted when it ends before, or never gets there."""
    end = time.monotonic() + PATIENCE
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while time.monotonic() < end and life.code is None:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.05)
    raise NotStarted(f"no process is ready on port {port} (exit code {life.code})")
