"""What people's accounts need, and what the outside may answer: each ends in its own sentence."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.atlassian.organization import KeyState
from sandbox.faults import Fault
from storage.lifecycle import RequestStatus
from tests.e2e.conftest import Stage

OpenStage = Callable[..., Any]


async def _ask_and_approve(stage: Stage, who: str, product: str = "jira") -> None:
    await stage.sandbox.slack.types(who, f"/request-{product} I need it back")
    card = await stage.card(saying="asks for")
    await stage.sandbox.slack.clicks("grace", card, "request.approve")


async def test_somebody_outside_the_organization_is_invited(stage: Stage) -> None:
    """Without an account there is nothing to give back: an approval sends one invitation, and says what the person must do."""
    await _ask_and_approve(stage, "lena")
    await stage.told("lena", "You're invited to Jira")
    await stage.card(saying="is invited to Jira")
    assert (await stage.request()).status is RequestStatus.GRANTED


async def test_a_full_licence_waits_and_goes_on_by_itself(small_stage: OpenStage) -> None:
    """No seat left is nobody's fault: the request waits in view, and is granted when a seat frees."""
    async with small_stage(free_seats=0) as stage:
        await _ask_and_approve(stage, "ada")
        await stage.told("ada", "Approved, and waiting")
        await stage.card(saying="no seat left")
        stage.sandbox.atlassian.capacity["jira"] += 1
        await stage.told("ada", "You have Jira again", step=timedelta(seconds=31))
        await stage.card(saying="has Jira again")


async def test_a_rejected_key_is_said_on_the_card_and_in_the_channel(small_stage: OpenStage) -> None:
    """When the key stops working the admins read what to do, nothing is lost, and it goes on once the key is accepted again."""
    async with small_stage() as stage:
        await stage.sandbox.slack.types("ada", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        stage.sandbox.atlassian.key_state = KeyState.REVOKED
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.card(saying="Grants are on hold", at=1)
        await stage.card(saying="doesn't accept our API key", at=0)
        stage.sandbox.atlassian.key_state = KeyState.VALID
        await stage.told("ada", "You have Jira again", step=timedelta(minutes=6))


async def test_a_card_is_posted_though_the_key_is_rejected(small_stage: OpenStage) -> None:
    """A request never disappears: without Atlassian the approvers see it all the same."""
    async with small_stage() as stage:
        stage.sandbox.atlassian.key_state = KeyState.REVOKED
        await stage.sandbox.slack.types("ada", "/request-jira please")
        await stage.sandbox.slack.until(lambda: any("asks for Jira" in card.words for card in stage.cards()), timeout=20)


async def test_a_look_that_is_refused_still_gives_a_card(small_stage: OpenStage) -> None:
    """What Atlassian refuses to tell is a human's to look at: they see who asks, and the true cause."""
    async with small_stage() as stage:
        stage.sandbox.faults.add(Fault(match="POST /users/search", status=400, code="ADMIN-400-24"))
        await stage.sandbox.slack.types("ada", "/request-jira please")
        card = await stage.card(saying="needs you")
        assert "Atlassian refused" in card.words
        stage.sandbox.faults.clear()
        await stage.sandbox.slack.clicks("grace", card, "request.retry")
        await stage.sandbox.slack.clicks("grace", await stage.card(saying="asks for Jira"), "request.approve")
        await stage.told("ada", "You have Jira again")


async def test_a_card_waits_for_a_channel_that_was_archived(small_stage: OpenStage) -> None:
    """An archived channel loses no request: it is written down, and the card comes when the channel is mended."""
    async with small_stage() as stage:
        stage.sandbox.slack.set_channel("G0ADMINS", is_archived=True)
        await stage.sandbox.slack.types("ada", "/request-jira please")
        await stage.logged("card.not_posted")
        stage.sandbox.slack.set_channel("G0ADMINS", is_archived=False)
        await stage.card(saying="asks for Jira", step=timedelta(minutes=6))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(match="POST /memberships$", status=429, headers={"Retry-After": "1"}, times=2),
        Fault(match="POST /memberships$", status=503, times=1),
        Fault(match="POST /memberships$", drop="before", times=1),
        Fault(match="POST /memberships$", drop="after", times=1),
        Fault(match="POST /memberships$", status=500, when="after", times=1),
    ],
    ids=["rate limited", "unavailable", "reset before the write", "reset after the write", "500 after the write"],
)
async def test_one_grant_whatever_the_network_does(small_stage: OpenStage, fault: Fault) -> None:
    """Refused, lost or half done: the person gets their seat once, and the card tells the truth."""
    async with small_stage() as stage:
        stage.sandbox.faults.add(fault)
        await _ask_and_approve(stage, "ada")
        await stage.told("ada", "You have Jira again", step=timedelta(seconds=20))
        assert len([write for write in stage.sandbox.atlassian.writes if write.by == "api"]) == 1


async def test_an_unreachable_atlassian_is_said_and_waited_out(small_stage: OpenStage) -> None:
    """While Atlassian does not answer, the card says so; afterwards the grant goes on by itself."""
    async with small_stage() as stage:
        await stage.sandbox.slack.types("ada", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        stage.sandbox.faults.add(Fault(match="/admin", drop="before"))
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.card(saying="can't be reached just now")
        stage.sandbox.faults.clear()
        await stage.told("ada", "You have Jira again", step=timedelta(minutes=6))
