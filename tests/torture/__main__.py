"""
The command: play the scenarios, show the table, exit 1 when a bar was not held or a control did not fail.

`python -m tests.torture [--quick] [--only NAME ...] [--seed N]`
"""

import asyncio
import logging
import secrets
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.clock import system_now
from tests.torture import document
from tests.torture.bar import Result, holds
from tests.torture.scale import Scale, full, quick

SCENARIOS: tuple[str, ...] = ("kills", "pauses", "database", "recovery", "race", "acks", "ticker", "edge", "secrets")
"""Modules beside this one, in the order of play; each has `async def run(scale, folder, report)`."""

app = typer.Typer(add_completion=False)
console = Console(width=160 if not Console().is_terminal else None)


@app.command()
def main(
    *,
    is_quick: Annotated[bool, typer.Option("--quick", help="Two minutes of it.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="A scenario; may be given several times.")] = None,
    seed: Annotated[int | None, typer.Option(help="Repeats the choices of an earlier run.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write docs/torture.md, as a full run of everything does.")] = False,
    keep: Annotated[Path | None, typer.Option(help="Leave the logs and the databases there.")] = None,
) -> None:
    """Play the scenarios; 1 when a bar was not held or a control did not fail."""
    chosen = tuple(only or SCENARIOS)
    if unknown := set(chosen) - set(SCENARIOS):
        raise typer.BadParameter(f"no scenario {', '.join(sorted(unknown))}: there are {', '.join(SCENARIOS)}")
    # Whoever is killed in the middle of a request breaks it off: the sandbox would print a trace each time.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    scale = quick(seed) if is_quick else full(seed)
    console.print(f"torture: {scale.name}, --seed {seed}")
    results = asyncio.run(_play(chosen, scale, keep))
    console.print(document.table(results))
    if write or not (is_quick or only):
        document.write(results, scale=scale, at=system_now())
    raise typer.Exit(0 if all(result.passed for result in results) else 1)


async def _play(chosen: Sequence[str], scale: Scale, keep: Path | None) -> list[Result]:
    """The results of all scenarios, also of those that ended with an error; SIGTERM ends it like Ctrl-C, with everything cleaned up."""
    current = asyncio.current_task()
    assert current is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)
    results: list[Result] = []
    root = keep or Path(tempfile.mkdtemp(prefix="torture"))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("", total=len(chosen))

            def report(result: Result) -> None:
                results.append(result)
                progress.console.print(_line(result))
                for sentence in result.wrong if not result.passed else ():
                    progress.console.print(f"    {sentence}", markup=False)

            for name in chosen:
                await asyncio.to_thread((root / name).mkdir, parents=True)
                progress.update(bar, description=name)
                await _play_one(name, scale, root / name, report)
                progress.advance(bar)
    finally:
        if keep is None:
            shutil.rmtree(root, ignore_errors=True)
    return results


async def _play_one(name: str, scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    begun = time.monotonic()
    try:
        async with asyncio.timeout(scale.limit_seconds):
            await import_module(f"tests.torture.{name}").run(scale, folder, report)
    except Exception as error:
        console.print(traceback.format_exc(), markup=False)
        bar = holds("played to its end", measured=f"{type(error).__name__}: {error}"[:200], threshold="yes", held=False)
        report(Result(scenario=name, what="the scenario ended with an error", bars=(bar,), seconds=time.monotonic() - begun))


def _line(result: Result) -> str:
    said = ", ".join(f"{bar.name} {bar.measured}" for bar in result.bars)
    guard = f" without {result.control}" if result.control else ""
    return f"{'[green]ok[/]' if result.passed else '[red]NOT[/]'} {result.scenario}{guard} ({result.what}, {result.seconds:.1f} s): {said}"


if __name__ == "__main__":
    app()
