"""What stories of plans share: proposing one, pressing its buttons, and waiting for what it becomes."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.jobs.plans import ProposePlan
from bot.usecases.steps import enqueue
from sandbox.slack.messages import Message
from storage.lifecycle import BatchStatus
from tests.e2e.conftest import Stage
from tests.e2e.idle_words import members, plan_of

SECONDS = timedelta(seconds=5)
"""By which the clock goes on while a story waits for a plan."""


async def propose(stage: Stage, *, saying: str = "A plan") -> Message:
    """The plan of today, in the admin channel."""
    await stage.parts.database.write(lambda uow: enqueue(uow, ProposePlan(slot="story")))
    return await stage.card(saying=saying, step=timedelta(seconds=1))


async def press(stage: Stage, action: str, *, by: str = "grace") -> None:
    """An approver presses a button of the plan, once it has that."""
    for _ in range(100):
        found = [card for card in stage.cards() if any(element.get("action_id") == action for _, element in card.elements())]
        if found:
            break
        await asyncio.sleep(0.05)
        stage.later(timedelta(seconds=1))
    await stage.parts.kit.directory.refresh()
    await stage.sandbox.slack.clicks(by, found[-1], action)


async def choose(stage: Stage, action: str, entries: dict[str, Any], *, by: str = "grace") -> None:
    """An approver opens a form of the plan and sends it."""
    await press(stage, action, by=by)
    sent = await stage.sandbox.slack.submits(by, stage.sandbox.slack.views(by)[-1], entries)
    assert not sent.errors
    assert sent.trouble is None


async def of_plan(stage: Stage) -> dict[str, Any]:
    """The newest plan's reclaims by "person product"."""
    return dict(await members(stage, (await plan_of(stage)).id))


async def until(stage: Stage, status: BatchStatus) -> None:
    """Wait for the plan to get there; the clock goes on meanwhile."""
    for _ in range(200):
        if (await plan_of(stage)).status is status:
            return
        stage.later(SECONDS)
        await asyncio.sleep(0.05)
    raise AssertionError(f"the plan is {(await plan_of(stage)).status}: {await stage.kinds()}")


async def plan_says(stage: Stage, saying: str) -> Message:
    """The plan's card, once it says so."""
    for _ in range(200):
        found = [card for card in stage.cards() if saying in card.words]
        if found:
            return found[-1]
        stage.later(SECONDS)
        await asyncio.sleep(0.05)
    raise AssertionError(f"no card says {saying!r}: {[card.words for card in stage.cards()]}")
