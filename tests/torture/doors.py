"""Real processes of the bot that answer Slack over HTTP, in a sandbox of their own, and letters for them."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from sandbox.bot_process import Bot, bot_in, stop
from sandbox.environment import ADMIN_CHANNEL
from sandbox.server import Sandbox
from sandbox.slack.people import TEAM_ID
from tests.torture import build, rows
from tests.torture.letters import Letter, Post
from tests.torture.wire import Reply, ask_all

PATIENCE = 60
"""Seconds that a process gets to start, on a machine that is busy."""


class NotStarted(Exception):
    """A process of the bot did not start; the text is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The processes of one bot: where they listen, what their world is, and how to write to them."""

    sandbox: Sandbox
    post: Post
    bot: Bot
    ports: tuple[int, ...]
    processes: tuple[asyncio.subprocess.Process, ...] = field(repr=False)

    @property
    def database_url(self) -> str:
        """Where the facts are kept."""
        return self.bot.environment["DATABASE_URL"]

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

    async def deliver(self, letters: Sequence[Letter], *, lines: int = 8) -> list[Reply]:
        """The replies to *letters*, each signed once, over *lines* connections that take turns over the processes."""
        return await ask_all(self.ports, [self.seal(letter) for letter in letters], lines=lines)


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
    given = {**sandbox.environment(), **settings, **build.environment(product), **({"DATABASE_URL": database_url} if database_url else {})}
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    bot = bot_in(folder, given)
    await _migrate(bot)
    rows.leave_idle_seats(bot.environment["DATABASE_URL"])
    async with AsyncExitStack() as stack:
        processes = []
        for role, port in zip(roles, ports, strict=True):
            process = await _in_folder(bot, folder / f"{role}-{port}", port=port).start(role)
            stack.push_async_callback(stop, process)
            processes.append(process)
        await asyncio.gather(*map(_until_ready, ports, processes))
        doors = [port for role, port in zip(roles, ports, strict=True) if role != "worker"]
        yield Doors(sandbox=sandbox, post=post_of(sandbox), bot=bot, ports=tuple(doors), processes=tuple(processes))


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


async def _migrate(bot: Bot) -> None:
    """Bring the bot's database up to date; raises NotStarted."""
    code, said = await bot.run("migrate")
    if code:
        raise NotStarted(said)


def _in_folder(bot: Bot, folder: Path, *, port: int) -> Bot:
    folder.mkdir()
    return replace(bot, folder=folder, environment={**bot.environment, "PORT": str(port)})


async def _until_ready(port: int, process: asyncio.subprocess.Process) -> None:
    """Wait until the process's probe is green; raises NotStarted when it ends before, or never gets there."""
    end = time.monotonic() + PATIENCE
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while time.monotonic() < end and process.returncode is None:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.05)
    raise NotStarted(f"no process is ready on port {port} (exit code {process.returncode})")
