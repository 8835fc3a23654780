"""
The command: play the scenarios, show the table, exit 1 when a bar was not held or a control did not fail.

`python -m tests.torture [--quick] [--only NAME ...] [--seed N]`
"""

import logging
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.clock import system_now
from tests.torture import document, lanes
from tests.torture.bar import Result
from tests.torture.lanes import Ended
from tests.torture.scale import Scale, full, quick

SCENARIOS: tuple[str, ...] = ("kills", "pauses", "model", "acks", "secrets", "ticker", "recovery", "database", "edge", "race")
"""Modules beside this one, in the order of play (long ones first); each has `async def run(scale, folder, report)`."""

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
    if unknown := set(only or ()) - set(SCENARIOS):
        raise typer.BadParameter(f"no scenario {', '.join(sorted(unknown))}: there are {', '.join(SCENARIOS)}")
    # Whoever is killed in the middle of a request breaks it off: the sandbox would print a trace each time.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    scale = quick(seed) if is_quick else full(seed)
    console.print(f"torture: {scale.name}, --seed {seed}")
    results = _play([name for name in SCENARIOS if not only or name in only], scale, keep)
    console.print(document.table(results, scale=scale))
    if write or not (is_quick or only):
        document.write(results, scale=scale, at=system_now())
    raise typer.Exit(0 if all(result.passed for result in results) else 1)


def _play(chosen: Sequence[str], scale: Scale, keep: Path | None) -> list[Result]:
    """The results of all scenarios, in the order of *chosen*, also of those that ended with an error."""
    results: list[Result] = []
    root = keep or Path(tempfile.mkdtemp(prefix="torture"))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        # It is drawn from here: a process with threads is no good to fork.
        with Progress(*columns, console=console, auto_refresh=False) as progress:
            bar = progress.add_task("torture", total=len(chosen))
            for news in lanes.play(chosen, scale=scale, root=root):
                if isinstance(news, Ended):
                    progress.console.print(f"-- {news.scenario} took {news.seconds:.0f} s, {news.cpu_seconds:.0f} s of CPU")
                    progress.advance(bar)
                elif news is not None:
                    results.append(news)
                    _say(progress.console, news)
                progress.refresh()
    finally:
        if keep is None:
            shutil.rmtree(root, ignore_errors=True)
    return sorted(results, key=lambda result: chosen.index(result.scenario))


def _say(screen: Console, result: Result) -> None:
    said = ", ".join(f"{bar.name} {bar.measured}" for bar in result.bars)
    guard = f" without {result.control}" if result.control else ""
    mark = "[green]ok[/]" if result.passed else "[red]NOT[/]"
    screen.print(f"{mark} {result.scenario}{guard} ({result.what}, {result.seconds:.1f} s): {said}")
    for sentence in result.wrong if not result.passed else ():
        screen.print(f"    {sentence}", markup=False)


if __name__ == "__main__":
    app()
