"""
The state machine at length: stories of people, workers, crashes and bad weather, each promise held after each step.

Builds without one guard have to be found out by the same stories.
"""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.torture.bar import Bar, Result, at_least, exactly
from tests.torture.build import ROOT, Change, build
from tests.torture.scale import Scale

COMPARED = Change(
    path="storage/access_requests.py",
    old='_MOVE = update(access_requests).where(_THIS, _c.status.in_(bindparam("sources", expanding=True)))',
    new='_MOVE = update(access_requests).where(_THIS, _c.status.in_(bindparam("sources", expanding=True)) | (_c.id == _c.id))',
)
TOKEN = Change(path="storage/outbox.py", old='_c.token == bindparam("this_token")', new='bindparam("this_token").is_not(None)')
QUICK_CONTROLS = {"the compare-and-set of a decision": COMPARED}
CONTROLS = {**QUICK_CONTROLS, "the token of the lease at the finish": TOKEN}
"""
The first is found in some ten stories, the second in some fifty. One without the read before a repeated write is seldom found by chance:
it is a control of the kills.
"""
CONTROL_EXAMPLES = 200


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """The product, then each build that lacks a guard."""
    report(await _play(ROOT, examples=scale.model_examples, scale=scale, control=None))
    controls = QUICK_CONTROLS if scale.name == "quick" else CONTROLS
    for number, (guard, change) in enumerate(controls.items()):
        made = await asyncio.to_thread(build, folder / f"build{number}", change)
        report(await _play(made, examples=CONTROL_EXAMPLES, scale=scale, control=guard))


async def _play(made: Path, *, examples: int, scale: Scale, control: str | None) -> Result:
    begun = time.monotonic()
    played = await _ask(made, "--examples", str(examples), "--steps", str(scale.model_steps), "--seed", str(scale.seed))
    tally, broken = played["tally"], played["broken"]
    met = f"{tally['blows']:,} crashes, pauses and faults"
    what = f"{tally['examples']:,} stories, {tally['steps']:,} steps, {met}, {tally['grants']:,} grants"
    bars: tuple[Bar, ...] = (exactly("stories that broke a promise", int(broken is not None)),)
    if control is None:
        bars = (at_least("stories", tally["examples"], wanted=examples), *bars)
    wrong = tuple(broken.splitlines()) if broken else ()
    return Result(scenario="model", what=what, bars=bars, seconds=time.monotonic() - begun, control=control, wrong=wrong)


async def _ask(made: Path, *arguments: str) -> dict[str, Any]:
    """What `playing` says of the build in *made*."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(made), str(ROOT))), "PYTHONDONTWRITEBYTECODE": "1"}
    # -P: the folder that we are in must not come before the build.
    command = (sys.executable, "-P", "-m", "tests.torture.playing", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=environment)
    try:
        said, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(errors.decode()[-2000:])
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])
    return answer
