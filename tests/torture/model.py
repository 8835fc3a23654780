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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.torture.bar import Bar, Result, at_least, exactly
from tests.torture.build import ROOT, Change, build
from tests.torture.kills import READ_FIRST
from tests.torture.scale import Scale

COMPARED = Change(
    path="storage/access_requests.py",
    old='_MOVE = update(access_requests).where(_THIS, _c.status.in_(bindparam("sources", expanding=True)))',
    new='_MOVE = update(access_requests).where(_THIS, _c.status.in_(bindparam("sources", expanding=True)) | (_c.id == _c.id))',
)
TOKEN = Change(path="storage/outbox.py", old='_c.token == bindparam("this_token")', new='bindparam("this_token").is_not(None)')
QUICK_CONTROLS = {"the compare-and-set of a decision": (COMPARED, ("was ended by", "was decided"))}
CONTROLS = {
    **QUICK_CONTROLS,
    "the token of the lease at the finish": (TOKEN, ("had lost its job to another one stored something",)),
    "the read before a repeated write": (READ_FIRST, ("was written",)),
}
"""What is taken out, and how the broken promise reads that it keeps. Each is found in some ten to fifty stories, as chance has it."""
CONTROL_EXAMPLES = 200
BROKEN, FOUND = "stories that broke a promise", "stories that broke the promise which the guard keeps"


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """The product, then each build that lacks a guard."""
    report(await _play(ROOT, examples=scale.model_examples, scale=scale))
    controls = QUICK_CONTROLS if scale.name == "quick" else CONTROLS
    for number, (guard, (change, words)) in enumerate(controls.items()):
        made = await asyncio.to_thread(build, folder / f"build{number}", change)
        report(await _play(made, examples=CONTROL_EXAMPLES, scale=scale, control=guard, words=words))


async def _play(made: Path, *, examples: int, scale: Scale, control: str | None = None, words: Sequence[str] = ()) -> Result:
    begun = time.monotonic()
    played = await _ask(made, "--examples", str(examples), "--steps", str(scale.model_steps), "--seed", str(scale.seed))
    tally, broken = played["tally"], played["broken"]
    met = f"{tally['blows']:,} crashes, pauses and faults"
    what = f"{tally['examples']:,} stories, {tally['steps']:,} steps, {met}, {tally['grants']:,} grants"
    wrong = tuple(broken.splitlines()) if broken else ()
    bars: tuple[Bar, ...] = (exactly(BROKEN, len(wrong[:1])),)
    if control is None:
        bars = (at_least("stories", tally["examples"], wanted=examples), *bars)
    else:
        bars = (exactly(FOUND, int(is_about(wrong, words))),)
    seconds, must_fail = time.monotonic() - begun, (FOUND,) if control else ()
    return Result(scenario="model", what=what, bars=bars, seconds=seconds, control=control, wrong=wrong, must_fail=must_fail)


def is_about(wrong: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the broken promise, the first line of what is *wrong*, is one with any of these *words*."""
    return any(some in line for line in wrong[:1] for some in words)


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
