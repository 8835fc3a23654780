"""The processes of a benchmark, started and ended here, and what they used."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.bot_process import stop

ROOT = Path(__file__).parent.parent
LONGEST_LINE = 1 << 20


class BenchmarkFailed(Exception):
    """A process did not do what was to be measured; the text says which, and what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Resident megabytes of one process: now, and at most so far."""

    now: float
    peak: float


def memory_of(pid: int) -> Memory | None:
    """What the kernel says of a living process (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html); None once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if name in ("VmRSS", "VmHWM")}
    return Memory(now=kilobytes["VmRSS"] / 1024, peak=kilobytes["VmHWM"] / 1024) if len(kilobytes) == 2 else None


def cpu_seconds_of_ended() -> float:
    """Processor seconds of all children that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@asynccontextmanager
async def world_of(people: int) -> AsyncIterator[Mapping[str, Any]]:
    """A world of that many people in a process of its own: the line that `benchmarks.world` prints, while the block lasts."""
    process = await _module("benchmarks.world", "--people", str(people))
    try:
        line = await process.stdout.readline() if process.stdout else b""
        if not line:
            raise BenchmarkFailed("the sandbox did not start")
        yield json.loads(line)
    finally:
        await stop(process)


async def answer_of(module: str, question: Mapping[str, Any]) -> dict[str, Any]:
    """The line of JSON with which *module* answers one."""
    process = await _module(module)
    told, _ = await process.communicate(json.dumps(question).encode() + b"\n")
    if process.returncode != 0:
        raise BenchmarkFailed(f"{module} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(told)
    return found


async def _module(name: str, *arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", name, *arguments, cwd=ROOT, stdin=pipe, stdout=pipe, limit=LONGEST_LINE
    )
