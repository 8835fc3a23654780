"""A renewal: what was asked, proposed or agreed to before it counts no more when it has come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.slack.surfaces import plan
from bot.slack.surfaces import warning as surface
from sandbox.clock import Clock
from sandbox.faults import Fault
from storage import warnings
from storage.lifecycle import BatchStatus, ReclaimStatus, WarningStatus
from tests.e2e.conftest import Stage
from tests.e2e.idle_words import warn, worked_yesterday
from tests.e2e.plan_words import of_plan, plan_says, press, propose, until
from tests.e2e.quiet import until_quiet
from tests.e2e.scanned import scan
from tests.e2e.ways import everybody

OpenStage = Callable[..., Any]
SEASON = {"COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "21", "COMEBACK_IDLE__LEAD_DAYS": "5", "COMEBACK_IDLE__MAX_SHARE": "1"}
ANNUAL = {"COMEBACK_PRODUCTS__JIRA__BILLING": "annual", "COMEBACK_PRODUCTS__JIRA__RENEWAL_MONTH": "11"}
EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
"""Before the renewal, which is at midnight."""
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _removal_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "reclaim")


async def go_to(stage: Stage, moment: datetime) -> None:
    """The world is at that moment, and the bot has done what was due."""
    stage.later(moment - stage.sandbox.clock.now())
    await until_quiet(stage)


async def test_a_plan_that_nobody_decided_ends_what_was_said_for_it(small_stage: OpenStage) -> None:
    """Billed by the year: its card says so, the warning ends, and a year later they are asked anew before anything is taken."""
    async with small_stage(clock=Clock.beginning(EVENING), **SEASON, **ANNUAL) as stage:
        stage.sandbox.atlassian.key_expires_at += timedelta(days=500)
        (before,) = await warn(stage, ("hugo", "jira"))
        await propose(stage)
        await go_to(stage, datetime(2026, 11, 21, 0, 1, tzinfo=UTC))
        card = await plan_says(stage, "Nobody decided this plan: 1 idle seat stays")
        assert "Where that comes more than two months later, they are asked anew." in card.words

        await scan(stage)
        await stage.logged("warning.ended", step=SECOND)
        ended = await stage.parts.database.read(lambda uow: warnings.get(uow, before.id))
        assert ended is not None
        assert (ended.status, ended.reason_code) == (WarningStatus.ENDED, "overtaken")

        await go_to(stage, datetime(2027, 11, 4, 4, tzinfo=UTC))
        worked_yesterday(stage, "omar")
        await scan(stage)
        message = await stage.told("hugo", "Do you still need Jira?", step=SECOND)
        assert any(element.get("action_id") == surface.KEEP for _, element in message.elements())
        again = await stage.parts.database.read(lambda uow: warnings.open_of(uow, before.account_id, "jira"))
        assert again is not None
        assert again.cycle == before.cycle + 1


async def test_a_monthly_renewal_leaves_a_word_what_it_is(small_stage: OpenStage) -> None:
    """The next season is some weeks away: nobody is asked the same every month, and the next plan has them."""
    async with small_stage(clock=Clock.beginning(EVENING), **SEASON) as stage:
        (before,) = await warn(stage, ("hugo", "jira"))
        await propose(stage)
        await go_to(stage, datetime(2026, 11, 21, 0, 1, tzinfo=UTC))
        await plan_says(stage, "The people are in the next plan unless they come back.")
        await scan(stage)
        await until_quiet(stage)
        still = await stage.parts.database.read(lambda uow: warnings.open_of(uow, before.account_id, "jira"))
        assert still is not None
        assert still.id == before.id
        stage.later(datetime(2026, 12, 17, tzinfo=UTC) - stage.sandbox.clock.now())
        await propose(stage)
        assert "hugo jira" in await of_plan(stage)


async def test_what_was_agreed_to_is_not_taken_after_the_renewal(small_stage: OpenStage) -> None:
    """Atlassian was away until the day had come: by then the seat is paid for, and stays with whoever has it."""
    async with small_stage(clock=Clock.beginning(EVENING), **SEASON) as stage:
        await warn(stage, ("hugo", "jira"))
        before = everybody(stage.sandbox)
        await propose(stage)
        stage.sandbox.faults.add(Fault(side="atlassian", match=".*", status=503, times=10_000))
        await press(stage, plan.APPROVE)
        await stage.logged("batch.approved")
        stage.later(datetime(2026, 11, 21, 0, 1, tzinfo=UTC) - stage.sandbox.clock.now())
        stage.sandbox.faults.clear()
        await until(stage, BatchStatus.DONE)
        only = (await of_plan(stage))["hugo jira"]
        assert (only.status, only.reason_code) == (ReclaimStatus.STOPPED, "renewed")
        await plan_says(stage, "1 kept, the renewal came first: Hugo Lindqvist")
        assert everybody(stage.sandbox) == before


@pytest.mark.parametrize("billing", [{}, ANNUAL])
async def test_a_removal_that_has_begun_goes_on_past_the_renewal(small_stage: OpenStage, billing: dict[str, str]) -> None:
    """The answer to its first write was lost, and the next attempt comes after midnight: half a removal helps nobody."""
    async with small_stage(clock=Clock.beginning(EVENING), **SEASON, **billing) as stage:
        await warn(stage, ("hugo", "jira"))
        await propose(stage)
        stage.sandbox.faults.add(Fault(side="atlassian", match="DELETE /groups/[^/]+/memberships", drop="before", times=1))
        await press(stage, plan.APPROVE)
        await stage.sandbox.slack.until(lambda: stage.sandbox.faults.active()[0]["hit"] == 1)
        stage.later(datetime(2026, 11, 21, 0, 1, tzinfo=UTC) - stage.sandbox.clock.now())
        await until(stage, BatchStatus.DONE)
        assert (await of_plan(stage))["hugo jira"].status is ReclaimStatus.TAKEN


async def test_a_plan_takes_by_what_counted_when_it_was_made(small_stage: OpenStage) -> None:
    """Its word is two months old on the day after: an approver who took that day for the decision decided about it all the same."""
    async with small_stage(COMEBACK_IDLE__MAX_SHARE="1") as stage:
        await warn(stage, ("hugo", "jira"))
        stage.later(timedelta(days=59))
        await propose(stage)
        stage.later(timedelta(days=3))
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        assert (await of_plan(stage))["hugo jira"].status is ReclaimStatus.TAKEN
