"""
The bot beside the sandbox: an ordinary `comeback run` in a process of its own, told nothing but addresses, tokens and settings.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 12
"""SIGTERM ends the bot within 10 s; then it is killed."""


class BotFailed(Exception):
    """The bot did not start, or ended by itself; `output` is what it said."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """How to run `comeback` commands in one folder with one set of settings; its log is a file there."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        """Where the running bot writes what it has to say."""
        return self.folder / "comeback.log"

    async def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code and the output of one command, as a person would get them in a terminal."""
        process = await asyncio.create_subprocess_exec(
            *command(*arguments),
            cwd=self.folder,
            env=dict(self.environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """A command that stays; whoever starts it stops it."""
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command(*arguments), cwd=self.folder, env=dict(self.environment), stdout=log, stderr=log
            )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """`comeback run` for as long as the block lasts, ended by SIGTERM."""
        process = await self.start("run")
        try:
            yield process
        finally:
            await stop(process)

    def said(self) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def bot_in(folder: Path, settings: Mapping[str, str]) -> Bot:
    """A bot in an empty *folder*, with *settings* and nothing of this shell's own configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "ATLASSIAN_", "COMEBACK_"))}
    own = {"DATABASE_URL": f"sqlite:///{folder / 'comeback.db'}", "PYTHONUNBUFFERED": "1"}
    return Bot(folder=folder, environment={**kept, **own, **settings})


def command(*arguments: str) -> list[str]:
    """The command line of `comeback`, by the script beside this Python."""
    return [str(Path(sys.executable).parent / "comeback"), *arguments]


async def stop(process: asyncio.subprocess.Process) -> None:
    """End *process* politely, and for certain."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
