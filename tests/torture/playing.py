"""
Plays the state machine against the product that PYTHONPATH names, and prints what came of it as one line of JSON.

`python -m tests.torture.playing --examples 20 --steps 30 [--seed N] [--shrink]`; with *--shrink* the shortest story that breaks a promise
is looked for, which takes minutes.
"""

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import structlog.testing
import typer
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from storage import migrate
from tests.torture.rules import Broken, Model, Tally

DEADLINE_IS_ANOTHERS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What all examples together went through, and the broken promise, None when all were kept."""

    tally: Tally
    broken: str | None


def play(template: Path, *, examples: int, steps: int, chance: int | None = None, shrink: bool = False) -> Played:
    """Play so many stories of so many steps each; without *chance* (a seed) the same ones each time. Anything but `Broken` is raised."""
    model: Any = type("Model", (Model,), {"template": template, "tally": Tally()})
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=chance is None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        deadline=None,
        database=None,
        suppress_health_check=DEADLINE_IS_ANOTHERS,
        report_multiple_bugs=False,
    )
    try:
        with structlog.testing.capture_logs():
            run_state_machine_as_test(model if chance is None else seed(chance)(model), settings=how)
    except Broken as broken:
        return Played(tally=model.tally, broken="\n".join([str(broken), *getattr(broken, "__notes__", [])]))
    return Played(tally=model.tally, broken=None)


def main(
    *,
    examples: Annotated[int, typer.Option()] = 20,
    steps: Annotated[int, typer.Option()] = 30,
    chance: Annotated[int | None, typer.Option("--seed")] = None,
    shrink: Annotated[bool, typer.Option("--shrink")] = False,
) -> None:
    """Play, and print what came of it."""
    with tempfile.TemporaryDirectory(prefix="model") as folder:
        template = Path(folder) / "comeback.db"
        migrate.upgrade(f"sqlite:///{template}")
        print(json.dumps(asdict(play(template, examples=examples, steps=steps, chance=chance, shrink=shrink))))


if __name__ == "__main__":
    typer.run(main)
