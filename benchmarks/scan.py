"""
`python -m benchmarks.scan`: a first scan of a large organization by `comeback scan`, beside the floor of reading the same pages.

The calls must be as many as the sandbox's own count of people asks for (exit code 1 when not); times and memory are for comparing within
one run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.processes import BenchmarkFailed, Memory, answer_of, cpu_seconds_of_ended, memory_of, world_of
from benchmarks.scan_table import Floor, Run, report
from sandbox.bot_process import bot_in

SEARCH = "/users/search"
MARKS = (0.1, 0.5, 0.95)
"""The parts of all calls after which memory is read; what the end of a scan takes is in the peak."""
LOOK_EVERY_SECONDS = 0.2
QUICKEST = 100.0
"""The highest pace that the settings take."""


@dataclass(slots=True, kw_only=True)
class _Watch:
    """What was seen of a scan from outside: the calls that the sandbox answered, and the memory of the process."""

    expected: int
    searches: int = 0
    others: int = 0
    number: int = 0
    at_marks: list[float] = field(default_factory=list)
    memory: Memory | None = None

    def look(self, calls: Sequence[Mapping[str, Any]], memory: Memory | None) -> None:
        for call in calls:
            is_search = call["path"].endswith(SEARCH)
            self.searches, self.others, self.number = self.searches + is_search, self.others + (not is_search), call["n"]
        self.memory = memory or self.memory
        while self.memory and len(self.at_marks) < len(MARKS) and self.searches >= MARKS[len(self.at_marks)] * self.expected:
            self.at_marks.append(self.memory.now)


async def scan(world: Mapping[str, Any], *, people: int, pace: float) -> Run:
    """The figures of one scan of all products, at *pace* calls a second, from the start of the process to its end."""
    with TemporaryDirectory() as folder:
        # Everybody who is idle is so at once in a first scan: that question is not what is measured.
        settings = {"COMEBACK_IDLE__MAX_SHARE": "1", "COMEBACK_ATLASSIAN_PER_SECOND": str(pace)}
        bot = bot_in(Path(folder), {**world["environment"], **settings})
        await bot.run("migrate")
        watch = _Watch(expected=world["searches"], number=await _last_call(world["url"]))
        began, spent = time.perf_counter(), cpu_seconds_of_ended()
        process = await bot.start("scan")
        await _watch(process, watch, url=world["url"])
        seconds, cpu = time.perf_counter() - began, cpu_seconds_of_ended() - spent
        if process.returncode != 0 or watch.memory is None or len(watch.at_marks) < len(MARKS):
            raise BenchmarkFailed(f"comeback scan ended with {process.returncode} after {watch.searches} searches\n{bot.said()}")
    return Run(
        people=people,
        seats=sum(world["seats"].values()),
        pace=pace,
        searches=watch.searches,
        expected=watch.expected,
        others=watch.others,
        seconds=seconds,
        cpu_seconds=cpu,
        at_marks=tuple(watch.at_marks),
        peak=watch.memory.peak,
    )


async def _watch(process: asyncio.subprocess.Process, watch: _Watch, *, url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        while process.returncode is None:
            try:
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await process.wait()
            except TimeoutError:
                watch.look(await _calls(client, after=watch.number), memory_of(process.pid))
        watch.look(await _calls(client, after=watch.number), None)


async def _calls(client: httpx.AsyncClient, *, after: int) -> list[dict[str, Any]]:
    """The calls of the sandbox's journal after that number: of more than some hundred only the last ones, so look often."""
    told: list[dict[str, Any]] = (await client.get("/control/atlassian/calls", params={"after": after})).json()["calls"]
    if told and told[0]["n"] != after + 1:
        raise BenchmarkFailed("calls were missed: this machine is too busy to count them")
    return told


async def _last_call(url: str) -> int:
    async with httpx.AsyncClient(base_url=url) as client:
        told = (await client.get("/control/atlassian/calls")).json()
    return int(told["total"])


async def measure(people: int, paces: Sequence[float]) -> tuple[Floor, list[Run]]:
    """The floor, a scan at each pace, and last a scan as quick as it goes of a tenth of the people."""
    async with world_of(people) as world:
        floor = Floor(people=people, **await answer_of("benchmarks.floor", world))
        if floor.calls != world["seat_pages"]:
            raise BenchmarkFailed(f"the floor read {floor.calls} pages, of {world['seat_pages']}")
        runs = [await scan(world, people=people, pace=pace) for pace in paces]
    async with world_of(people // 10) as world:
        return floor, [*runs, await scan(world, people=people // 10, pace=QUICKEST)]


def main() -> int:
    """The exit code: 0 when every scan made exactly the calls it must."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scan", description="A scan of many people, beside reading the pages alone.")
    parser.add_argument("--people", type=int, default=100_000, help="size of the organization (default 100000)")
    parser.add_argument("--pace", type=float, action="append", help="calls a second, once per scan (default 100 and 20)")
    told = parser.parse_args()
    try:
        floor, runs = asyncio.run(measure(told.people, told.pace or [QUICKEST, 20.0]))
    except BenchmarkFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    print(report(floor, runs))
    return 0 if all(run.searches == run.expected for run in runs) else 1


if __name__ == "__main__":
    raise SystemExit(main())
