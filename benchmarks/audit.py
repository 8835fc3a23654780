"""
`python -m benchmarks.audit`: how long `comeback audit verify` takes for a long trail, beside the floor of reading it and hashing it.

The exit code is 1 when the trail is not found whole, or a changed byte is not found where it is. Times are for comparing within one run.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import BenchmarkFailed, cpu_seconds_of_ended, memory_of
from sandbox.bot_process import Bot, bot_in
from storage import chain

LOOK_EVERY_SECONDS = 0.1
STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)
_INSERT = "INSERT INTO audit (seq, at, kind, request_id, body, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"
_READ = "SELECT seq, at, kind, request_id, body, previous, hash FROM audit ORDER BY seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One way through all entries: seconds of the whole process by the clock and of the processor, and its peak memory in megabytes."""

    name: str
    seconds: float
    cpu_seconds: float
    peak: float | None


def entries(count: int) -> Iterator[tuple[int, str, str, str, str, str, str]]:
    """The rows of a trail in which six entries belong to each request."""
    previous = chain.GENESIS.hash
    for seq in range(1, count + 1):
        request, actor = f"{seq // 6:032x}", {"type": "person", "id": f"{seq % 5000:032x}"}
        facts: dict[str, chain.Fact] = {"product": "jira", "decision": f"{seq:032x}"}
        at = STARTS_AT + timedelta(seconds=seq)
        body = chain.canonical(
            {"kind": "request.approved", "at": chain.as_text(at), "actor": actor, "request": request, "facts": facts, "v": 1}
        )
        link = chain.linked(previous, body)
        yield seq, chain.as_text(at), "request.approved", request, body, previous, link
        previous = link


def build(path: Path, count: int) -> None:
    """Fill the migrated file, without waiting for the disk."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    connection.executemany(_INSERT, entries(count))
    connection.execute("COMMIT")
    connection.close()


def floor(path: Path) -> Run:
    """All rows read, and each body hashed with the hash before; nothing is compared."""
    began, spent, link = time.perf_counter(), time.process_time(), chain.GENESIS.hash
    connection = sqlite3.connect(path)
    for _seq, _at, _kind, _request, body, _previous, _hash in connection.execute(_READ):
        link = hashlib.sha256(f"\x01{link}{body}".encode()).hexdigest()
    connection.close()
    return Run(name="floor: read and hash", seconds=time.perf_counter() - began, cpu_seconds=time.process_time() - spent, peak=None)


def spoil(path: Path, seq: int) -> None:
    """Change one byte of one body, as somebody with the file would."""
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER audit_no_update")
    connection.execute("UPDATE audit SET body = replace(body, 'jira', 'jirb') WHERE seq = ?", (seq,))
    connection.commit()
    connection.close()


async def verify(bot: Bot, count: int) -> Run:
    """The command on a trail that is whole."""
    began, spent, peak = time.perf_counter(), cpu_seconds_of_ended(), 0.0
    process = await bot.start("audit", "verify")
    while process.returncode is None:
        memory = memory_of(process.pid)
        peak = max(peak, memory.peak if memory else 0.0)
        try:
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await process.wait()
        except TimeoutError:
            continue
    if process.returncode or f"{count} entries" not in bot.said():
        raise BenchmarkFailed(f"the trail was not found whole: {bot.said()}")
    seconds, cpu = time.perf_counter() - began, cpu_seconds_of_ended() - spent
    return Run(name="`comeback audit verify`", seconds=seconds, cpu_seconds=cpu, peak=peak)


async def measure(count: int) -> list[Run]:
    """The floor, and the command; BenchmarkFailed when it does not say what is so."""
    with TemporaryDirectory() as folder:
        bot = bot_in(Path(folder), {})
        await bot.run("migrate")
        path = Path(folder) / "comeback.db"
        build(path, count)
        lowest = floor(path)
        run = await verify(bot, count)
        bad = count * 7 // 10
        spoil(path, bad)
        code, said = await bot.run("audit", "verify")
        if code != 1 or f"at entry {bad}:" not in said:
            raise BenchmarkFailed(f"the changed entry {bad} was not found: {said}")
        return [lowest, run]


def report(count: int, runs: list[Run]) -> str:
    """The table."""
    head = ("what", "entries", "seconds", "entries/s", "CPU, s", "x floor, CPU", "peak MB")
    rows = [
        (
            run.name,
            f"{count:,}",
            f"{run.seconds:.1f}",
            f"{count / run.seconds:,.0f}",
            f"{run.cpu_seconds:.1f}",
            f"{run.cpu_seconds / runs[0].cpu_seconds:.2f}",
            "-" if run.peak is None else f"{run.peak:.0f}",
        )
        for run in runs
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows))


def main() -> int:
    """The exit code: 0 when the trail was found whole, and then not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description="A check of a long audit trail, beside reading it.")
    parser.add_argument("--entries", type=int, default=10_000_000, help="length of the trail (default 10000000, 6 GB on disk)")
    told = parser.parse_args()
    try:
        runs = asyncio.run(measure(told.entries))
    except BenchmarkFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    print(report(told.entries, runs))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
