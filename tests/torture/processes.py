"""The bot's processes, started from a nursery and ended by their number."""

import asyncio
import itertools
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture import build

SCRIPT = Path(__file__).with_name("nursery.py")
START_SECONDS = 120


@dataclass(slots=True, kw_only=True)
class Life:
    """One process; `code` is its exit code once it has ended (negative: the signal), `port` where it listens when it is ready."""

    pid: int
    port: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    code: int | None = None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if not self.ended.is_set():
            os.kill(self.pid, number)

    async def ready(self) -> None:
        """Wait until it listens; at once when it has ended."""
        while not self.ended.is_set():
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        await self.ended.wait()


class Nursery:
    """Starts `comeback` commands of one build; made by `nursery`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._births: dict[int, asyncio.Future[int]] = {}
        self._lives: dict[int, Life] = {}
        self._deaths: dict[int, int] = {}

    async def start(self, *argv: str, environment: Mapping[str, str], folder: Path, log: Path, module: str | None = None) -> Life:
        """A process of that command, or of a *module* of the harness, with this environment and no other."""
        number = next(self._numbers)
        birth = {"id": number, "module": module, "argv": argv, "env": dict(environment), "folder": str(folder), "log": str(log)}
        born = self._births[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(birth).encode() + b"\n")
        await self._process.stdin.drain()
        life = Life(pid=await born)
        self._lives[life.pid] = life
        if life.pid in self._deaths:
            self._end(life.pid, self._deaths.pop(life.pid))
        return life

    async def run(self, *argv: str, environment: Mapping[str, str], folder: Path, log: Path) -> int:
        """The exit code of a command that ends by itself."""
        life = await self.start(*argv, environment=environment, folder=folder, log=log)
        await life.ended.wait()
        assert life.code is not None
        return life.code

    async def listen(self) -> None:
        """Hear of births and deaths until the nursery closes."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "id" in told:
                self._births.pop(told["id"]).set_result(told["pid"])
            elif told["pid"] in self._lives:
                self._end(told["pid"], told["code"])
            else:
                self._deaths[told["pid"]] = told["code"]

    def _end(self, pid: int, code: int) -> None:
        life = self._lives.pop(pid)
        life.code = code
        life.ended.set()


@asynccontextmanager
async def nursery(made: Path = build.ROOT) -> AsyncIterator[Nursery]:
    """The nursery of the build in *made*; in the end all its processes are dead."""
    environment = {**os.environ, **build.environment(made)}
    # -P: the folder of the script has modules of its own that are nobody else's.
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", str(SCRIPT), stdin=PIPE, stdout=PIPE, env=environment)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            assert json.loads(await process.stdout.readline()) == {"ready": True}
        made_here = Nursery(process)
        ear = asyncio.create_task(made_here.listen())
        yield made_here
        ear.cancel()
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
