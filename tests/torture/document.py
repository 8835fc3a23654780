"""The report: a table in the terminal, and the same as a page of the documentation."""

import json
import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.torture import conditions, postgres
from tests.torture.bar import Bar, Result
from tests.torture.build import ROOT
from tests.torture.scale import Scale

PAGE = ROOT / "docs" / "torture.md"
LIBRARIES = ("slack-bolt", "sqlalchemy", "psycopg", "apscheduler", "httpx", "aiohttp", "pydantic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The last time that a scenario was played, and what it reported."""

    at: str
    commit: str
    scale: str
    seed: int
    results: tuple[Result, ...]


def table(results: Sequence[Result], *, scale: Scale) -> Table:
    """What a terminal shows: a line for each bar, controls last."""
    lenient = f"bars that are times have {scale.lenience:g} times the room of a full run; counts are exact" if scale.lenience > 1 else None
    shown = Table("scenario", "bar", "measured", "threshold", "", caption=lenient)
    for result in (result for result in results if result.control is None):
        for bar in result.bars:
            style = None if bar.held else "red"
            title = f"{result.scenario} ({result.what.partition(',')[0].partition(':')[0]})"
            shown.add_row(title, bar.name, bar.measured, bar.threshold, _mark(held=bar.held), style=style)
    for name in dict.fromkeys(result.scenario for result in results):
        found = conditions.of(name, scale=scale.name)
        shown.add_row(name, "played in", f"time {found.time}; build: {found.build}; weather: {found.weather}", "", "")
    for result in (result for result in results if result.control is not None):
        title = f"{result.scenario} without {result.control}"
        for bar in result.missed:
            said = "failed, as it must" if bar.name in result.must_fail else "failed besides"
            shown.add_row(title, bar.name, bar.measured, bar.threshold, said)
        for name in _held_out(result):
            shown.add_row(title, name, "held", "must fail", "**failed**", style="red")
    return shown


def write(results: Sequence[Result], *, scale: Scale, at: datetime, path: Path = PAGE) -> None:
    """Write the page, and the results beside it as JSON: a scenario that was not played keeps those of the last time it was."""
    kept = path.with_suffix(".json")
    played = _read(kept) if kept.exists() else {}
    for name in dict.fromkeys(result.scenario for result in results):
        own = tuple(result for result in results if result.scenario == name)
        played[name] = Played(at=f"{at:%Y-%m-%d %H:%M}", commit=_commit(), scale=scale.name, seed=scale.seed, results=own)
    kept.write_text(json.dumps({name: asdict(one) for name, one in played.items()}, indent=1) + "\n")
    path.write_text("\n".join(_lines(played)) + "\n")


def _read(kept: Path) -> dict[str, Played]:
    return {name: Played(**{**one, "results": tuple(map(_result, one["results"]))}) for name, one in json.loads(kept.read_text()).items()}


def _result(facts: Mapping[str, Any]) -> Result:
    bars = tuple(Bar(**bar) for bar in facts["bars"])
    return Result(**{**facts, "bars": bars, "wrong": tuple(facts["wrong"]), "must_fail": tuple(facts["must_fail"])})


def _lines(played: Mapping[str, Played]) -> Iterator[str]:
    results = [result for one in played.values() for result in one.results]
    yield from (
        "# Torture",
        "",
        "Written by `make torture`: the real processes against the sandbox, and their history read by a checker that shares no code with",
        "them. `make torture ARGS=--quick` takes two minutes; `--only NAME` plays one scenario and `--seed N` repeats the choices.",
        "",
        f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres.version()}",
        f"- {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}",
        f"- {platform.system()} on {platform.machine()}, {os.cpu_count()} cores, the bot, the sandbox and the database on the same machine",
        "",
        "| scenario | played (UTC) | Comeback | scale | minutes | again with |",
        "|---|---|---|---|---|---|",
    )
    for name, one in played.items():
        minutes = sum(result.seconds for result in one.results) / 60
        yield f"| {name} | {one.at} | {one.commit} | {one.scale} | {minutes:.1f} | `{command(name, scale=one.scale, seed=one.seed)}` |"
    yield from _conditions(played)
    yield from _bars([result for result in results if result.control is None])
    yield from _controls([result for result in results if result.control is not None])


def command(name: str, *, scale: str, seed: int) -> str:
    """What plays that scenario with the same choices again."""
    size = "--quick " if scale == "quick" else ""
    return f'make torture ARGS="{size}--only {name} --seed {seed}"'


def _conditions(played: Mapping[str, Played]) -> Iterator[str]:
    yield from (
        "",
        "## Conditions",
        "",
        "Where time is fast, the clocks of the bot and of the sandbox run alike; slow answers are slow in the machine's own time.",
        "",
        "| scenario | time | build | weather |",
        "|---|---|---|---|",
    )
    for name, one in played.items():
        found = conditions.of(name, scale=one.scale)
        yield f"| {name} | {found.time} | {found.build} | {found.weather} |"


def _bars(proofs: Sequence[Result]) -> Iterator[str]:
    yield from (
        "",
        "## Bars",
        "",
        "| scenario | what was done | bar | measured | threshold | |",
        "|---|---|---|---|---|---|",
    )
    for result in proofs:
        for bar in result.bars:
            yield f"| {result.scenario} | {result.what} | {bar.name} | {bar.measured} | {bar.threshold} | {_mark(held=bar.held)} |"


def _controls(controls: Sequence[Result]) -> Iterator[str]:
    yield from (
        "",
        "## Controls",
        "",
        "Each is a build of the test from which one guard was taken. It names the bars that this guard holds: they must fail, or the check",
        "proves nothing, whatever else fails. The last column is the first thing that was found wrong.",
        "",
        "| scenario | guard taken out | what was done | bars that must fail | others that failed | | found |",
        "|---|---|---|---|---|---|---|",
    )
    for result in controls:
        named = [bar for bar in result.missed if bar.name in result.must_fail]
        others = [bar for bar in result.missed if bar.name not in result.must_fail]
        must = "; ".join([*map(_missed, named), *(f"**{name}: held**" for name in _held_out(result))])
        besides, found = "; ".join(map(_missed, others)) or "none", next(iter(result.wrong), "").partition(";")[0]
        mark = "as it must" if result.passed else "**it held**"
        yield f"| {result.scenario} | {result.control} | {result.what} | {must} | {besides} | {mark} | {found} |"


def _missed(bar: Bar) -> str:
    return f"{bar.name}: {bar.measured} (not {bar.threshold})"


def _held_out(result: Result) -> list[str]:
    """The bars that had to fail and did not."""
    return [name for name in result.must_fail or ("some bar",) if name not in {bar.name for bar in result.missed}]


def _mark(*, held: bool) -> str:
    return "held" if held else "**failed**"


def _commit() -> str:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return said or version("comeback")
