"""Approvals that need nobody, and approvals that need two."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.slack.surfaces.taken import ASK_BACK
from sandbox.faults import Fault
from storage import decisions
from storage.lifecycle import RequestStatus
from tests.e2e.conftest import Stage
from tests.e2e.taking import hugo, link, take

OpenStage = Callable[..., Any]

FREE = {
    "COMEBACK_IDLE__MODE": "reclaim",
    "COMEBACK_PRODUCTS__JIRA__AUTO_APPROVE": "free_return",
    "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "14",
    "COMEBACK_PRODUCTS__JIRA__PRICE": "8.15",
}
A_PERIOD = timedelta(days=32)


async def taken_from_hugo(stage: Stage) -> None:
    """His seat is taken back, and we know his account from an earlier return."""
    await stage.parts.database.write(lambda uow: link(stage, uow))
    await take(stage, "jira")
    assert not stage.sandbox.atlassian.has_product("hugo", "jira")


async def test_a_free_return_is_granted_without_a_click(small_stage: OpenStage) -> None:
    """He presses *Ask for it back* while the seat is paid for: it is his again, and the channel reads why nobody was asked."""
    async with small_stage(**FREE) as stage:
        before = hugo(stage)
        await taken_from_hugo(stage)
        lost = await stage.told("hugo", "Ask for it back")
        await stage.sandbox.slack.clicks("hugo", lost, ASK_BACK)
        note = await stage.told("hugo", "You have Jira again", step=timedelta(seconds=1))
        assert "Nobody had to approve it" in note.words
        card = await stage.card(saying="has Jira again")
        assert "pproved by the policy `free_return`" in card.words
        assert ": the seat that Comeback took on" in card.words
        assert "costs nothing until 14" in card.words
        assert card.buttons == []
        assert hugo(stage) == before
        entry = next(entry for entry in await stage.trail() if entry.kind == "request.approved")
        for fact in ('"type":"comeback"', '"policy":"free_return"', '"reclaim":', '"free_until":'):
            assert fact in entry.body


async def test_a_return_after_the_renewal_asks_people(small_stage: OpenStage) -> None:
    """From the renewal on the seat is charged again: the card has its buttons, and the trail says what the policy objected to."""
    async with small_stage(**FREE) as stage:
        await taken_from_hugo(stage)
        stage.later(A_PERIOD)
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        assert "Approve" in card.buttons
        refused = next(entry for entry in await stage.trail() if entry.kind == "request.not_by_policy")
        assert '"code":"costs"' in refused.body


async def test_any_return_needs_nobody_where_that_was_chosen(small_stage: OpenStage) -> None:
    """`return` asks nobody either after the renewal; a seat that Comeback did not take is a person's to approve all the same."""
    async with small_stage(**FREE | {"COMEBACK_PRODUCTS__JIRA__AUTO_APPROVE": "return"}) as stage:
        await taken_from_hugo(stage)
        stage.later(A_PERIOD)
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.told("hugo", "You have Jira again", step=timedelta(seconds=1))
        await stage.sandbox.slack.types("ada", "/request-jira please")
        assert "Approve" in (await stage.card(saying="<@U0ADA> asks for Jira")).buttons


async def test_a_policy_that_ended_before_the_grant_asks_people(small_stage: OpenStage) -> None:
    """Approved while it was free, held up until it was not: nothing is written before a person has agreed, and their click is on record."""
    async with small_stage(**FREE, free_seats=0) as stage:
        await taken_from_hugo(stage)
        stage.sandbox.atlassian.capacity["jira"] -= 1
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.told("hugo", "Approved, and waiting", step=timedelta(seconds=1))
        stage.sandbox.atlassian.capacity["jira"] += 1
        stage.later(A_PERIOD)
        card = await stage.card(saying="isn't free any more", step=timedelta(minutes=16))
        assert not stage.sandbox.atlassian.has_product("hugo", "jira")
        assert {"Approve", "Close"} <= set(card.buttons)
        assert "*Approving*\nPuts back" in card.words
        await stage.parts.kit.directory.refresh()
        await stage.sandbox.slack.clicks("grace", card, "request.retry")
        await stage.told("hugo", "You have Jira again", step=timedelta(seconds=1))
        said = await stage.card(saying="has Jira again")
        assert "Approved by <@U0GRACE>" in said.words


async def test_a_policy_that_ended_while_a_write_was_tried_again_asks_people(small_stage: OpenStage) -> None:
    """The first try was refused by a hiccup, the next is after the renewal: as nothing of it was given, nothing is given for free."""
    async with small_stage(**FREE) as stage:
        await taken_from_hugo(stage)
        stage.sandbox.faults.add(Fault(match="POST /memberships$", status=503, headers={"Retry-After": "120"}, times=1))
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.logged("access.step", step=timedelta(seconds=1))
        stage.later(A_PERIOD)
        await stage.card(saying="isn't free any more", step=timedelta(minutes=3))
        assert not stage.sandbox.atlassian.has_product("hugo", "jira")


async def test_two_people_approve(stage_of_two: Stage) -> None:
    """The first approval is on the card and gives nothing; pressed again it counts once; the second gives the seat."""
    stage, slack = stage_of_two, stage_of_two.sandbox.slack
    await slack.types("ada", "/request-jira please")
    card = await stage.card(saying="Needs the approvals of 2 people")
    await slack.clicks("grace", card, "request.approve")
    half = await stage.card(saying="1 of 2: approved by <@U0GRACE>")
    assert "Approve" in half.buttons
    await slack.clicks("grace", half, "request.approve")
    await stage.whispered("grace", "One person counts once")
    assert not stage.sandbox.atlassian.has_product("ada", "jira")
    await slack.clicks("omar", half, "request.approve")
    await stage.told("ada", "You have Jira again", step=timedelta(seconds=1))
    await stage.card(saying="Approved by <@U0GRACE> and <@U0OMAR>")
    await stage.told("ada", "<@U0GRACE> and <@U0OMAR> approved it.")


@pytest.fixture
async def stage_of_two(small_stage: OpenStage) -> Any:
    """A stage where Jira needs two approvals."""
    async with small_stage(COMEBACK_PRODUCTS__JIRA__APPROVALS="2") as stage:
        yield stage


async def test_each_of_the_two_is_read_again_before_the_write(stage_of_two: Stage) -> None:
    """One of them left between the clicks and the grant: the seat waits for two who are still approvers."""
    stage, slack = stage_of_two, stage_of_two.sandbox.slack
    await slack.types("ada", "/request-jira please")
    card = await stage.card(saying="asks for Jira")
    stage.sandbox.faults.add(Fault(match="POST /memberships$", status=503, headers={"Retry-After": "120"}, times=1))
    await slack.clicks("grace", card, "request.approve")
    await slack.clicks("omar", card, "request.approve")
    await slack.until(lambda: any("memberships" in call.path for call in stage.sandbox.atlassian.calls))
    slack.deactivate("grace")
    card = await stage.card(saying="<@U0GRACE> approved this, but isn't an approver any more", step=timedelta(seconds=61))
    assert "Needs the approvals of 2 people" in card.words
    assert not stage.sandbox.atlassian.has_product("ada", "jira")
    request = await stage.request()
    assert request.status is RequestStatus.NEEDS_ATTENTION
    assert await stage.parts.database.read(lambda uow: decisions.given(uow, request)) == ()
