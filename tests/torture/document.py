"""The report: a table in the terminal, and the same as a page of the documentation."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from rich.table import Table

from tests.torture import postgres
from tests.torture.bar import Result
from tests.torture.build import ROOT
from tests.torture.scale import Scale

PAGE = ROOT / "docs" / "torture.md"
LIBRARIES = ("slack-bolt", "sqlalchemy", "psycopg", "apscheduler", "httpx", "aiohttp", "pydantic")


def table(results: Sequence[Result]) -> Table:
    """What a terminal shows: a line for each bar, controls last."""
    shown = Table("scenario", "bar", "measured", "threshold", "")
    for result in (result for result in results if result.control is None):
        for bar in result.bars:
            style = None if bar.held else "red"
            title = f"{result.scenario} ({result.what.partition(',')[0].partition(':')[0]})"
            shown.add_row(title, bar.name, bar.measured, bar.threshold, _mark(held=bar.held), style=style)
    for result in (result for result in results if result.control is not None):
        title = f"{result.scenario} without {result.control}"
        for bar in result.bars if result.passed else ():
            if not bar.held:
                shown.add_row(title, bar.name, bar.measured, bar.threshold, "failed, as it must")
        if not result.passed:
            shown.add_row(title, "every bar was held", "", "one must fail", "**failed**", style="red")
    return shown


def write(results: Sequence[Result], *, scale: Scale, at: datetime, path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text("\n".join(_lines(results, scale=scale, at=at)) + "\n")


def _lines(results: Sequence[Result], *, scale: Scale, at: datetime) -> Iterator[str]:
    proofs = [result for result in results if result.control is None]
    controls = [result for result in results if result.control is not None]
    yield from (
        "# Torture",
        "",
        "Written by `make torture`: the real processes against the sandbox, and their history read by a checker that shares no code with",
        "them. `make torture ARGS=--quick` takes two minutes; `--only NAME` plays one scenario and `--seed N` repeats the choices.",
        "",
        f"- {at:%Y-%m-%d %H:%M} UTC, scale {scale.name}, seed {scale.seed}, {sum(result.seconds for result in results) / 60:.0f} minutes",
        f"- Comeback {_commit()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres.version()}",
        f"- {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}",
        f"- {platform.system()} on {platform.machine()}, {os.cpu_count()} cores, the bot, the sandbox and the database on the same machine",
        "",
        "## Bars",
        "",
        "| scenario | what was done | bar | measured | threshold | |",
        "|---|---|---|---|---|---|",
    )
    for result in proofs:
        for bar in result.bars:
            yield f"| {result.scenario} | {result.what} | {bar.name} | {bar.measured} | {bar.threshold} | {_mark(held=bar.held)} |"
    yield from (
        "",
        "## Controls",
        "",
        "Each is a build of the test from which one guard was taken: at least one of its bars must fail, or the check proves nothing.",
        "",
        "| scenario | guard taken out | what was done | bars that failed | |",
        "|---|---|---|---|---|",
    )
    for result in controls:
        failed = "; ".join(f"{bar.name}: {bar.measured} (not {bar.threshold})" for bar in result.bars if not bar.held) or "none"
        yield f"| {result.scenario} | {result.control} | {result.what} | {failed} | {'as it must' if result.passed else '**it held**'} |"


def _mark(*, held: bool) -> str:
    return "held" if held else "**failed**"


def _commit() -> str:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return said or version("comeback")
