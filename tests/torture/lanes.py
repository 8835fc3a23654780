"""
Scenarios side by side, each in a process of its own that is forked from this one: two cores are used, and each shows what it costs.

The order is kept: a scenario begins as soon as a lane is free. Those that measure times have the machine to themselves.
"""

import asyncio
import multiprocessing
import resource
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path

from tests.torture.bar import Result, holds
from tests.torture.scale import Scale

LOOK = 0.5
END_SECONDS = 30
"""What a scenario gets to end its processes after SIGTERM."""
FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A scenario has ended after so many `seconds`; of CPU it and its processes used `cpu_seconds`, without those of PostgreSQL."""

    scenario: str
    seconds: float
    cpu_seconds: float


News = Result | Ended
Lanes = dict[Connection, tuple[str, ForkProcess]]


def play(names: Sequence[str], *, scale: Scale, root: Path) -> Iterator[News | None]:
    """What every scenario reports, as it comes, and its end; None while there is nothing new, twice a second."""
    modules = [import_module(f"tests.torture.{name}") for name in names]  # before they are forked, so that it is done once
    alone = {name for name, module in zip(names, modules, strict=True) if scale.lenience == 1 and getattr(module, "ALONE", False)}
    together = [name for name in names if name not in alone]
    for group, lanes in ((together, scale.lanes), (sorted(alone, key=names.index), 1)):
        yield from _play(group, lanes=lanes, scale=scale, root=root)


def _play(names: Sequence[str], *, lanes: int, scale: Scale, root: Path) -> Iterator[News | None]:
    waiting, running = list(names), Lanes()
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                name = waiting.pop(0)
                ear, process = _begin(name, scale, root / name)
                running[ear] = name, process
            heard = wait(running, timeout=LOOK)
            yield None
            for ear in [ear for ear in running if ear in heard]:
                yield from _hear(ear, running)
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            process.join(END_SECONDS)
            process.kill()


def _begin(name: str, scale: Scale, folder: Path) -> tuple[Connection, ForkProcess]:
    folder.mkdir(parents=True)
    ear, mouth = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_live, args=(name, scale, folder, mouth))
    process.start()
    mouth.close()
    return ear, process


def _hear(ear: Connection, running: Lanes) -> Iterator[News]:
    """The next news of one scenario; its lane is free after its end."""
    name, process = running[ear]
    try:
        news: News = ear.recv()
    except EOFError:
        process.join()
        news = _failed(name, f"its process ended with {process.exitcode}", seconds=0)
        running.pop(ear)
    if isinstance(news, Ended):
        process.join()
        running.pop(ear)
    yield news


def _live(name: str, scale: Scale, folder: Path, mouth: Connection) -> None:
    begun = time.monotonic()
    asyncio.run(_play_one(name, scale, folder, mouth))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_seconds = sum(one.ru_utime + one.ru_stime for one in used)
    mouth.send(Ended(scenario=name, seconds=time.monotonic() - begun, cpu_seconds=cpu_seconds))


async def _play_one(name: str, scale: Scale, folder: Path, mouth: Connection) -> None:
    """Report what the scenario finds, also an error; SIGTERM ends it like Ctrl-C, with everything cleaned up."""
    current, begun = asyncio.current_task(), time.monotonic()
    assert current is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)
    try:
        async with asyncio.timeout(scale.limit_seconds):
            await import_module(f"tests.torture.{name}").run(scale, folder, mouth.send)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"[:200]
        mouth.send(_failed(name, said, seconds=time.monotonic() - begun, wrong=(traceback.format_exc(),)))


def _failed(name: str, why: str, *, seconds: float, wrong: tuple[str, ...] = ()) -> Result:
    bar = holds("played to its end", measured=why, threshold="yes", held=False)
    return Result(scenario=name, what="the scenario ended with an error", bars=(bar,), seconds=seconds, wrong=wrong)
