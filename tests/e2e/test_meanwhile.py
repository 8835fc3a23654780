"""What may change between asking, deciding and giving: nothing is given on what was true a minute ago."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.actor import TerminalUser
from bot.usecases import people as linking
from sandbox.atlassian import acts
from sandbox.atlassian.organization import KeyState
from sandbox.faults import Fault
from storage.lifecycle import RequestStatus
from tests.e2e.conftest import Stage

OpenStage = Callable[..., Any]


async def _asked(stage: Stage, who: str, product: str = "jira") -> Any:
    await stage.sandbox.slack.types(who, f"/request-{product} I need it back")
    return await stage.card(saying=f"<@U0{who.upper()}> asks for")


def _given(stage: Stage) -> list[Any]:
    return [write for write in stage.sandbox.atlassian.writes if write.by == "api"]


async def test_a_requester_deactivated_meanwhile_gets_nothing(small_stage: OpenStage) -> None:
    """Somebody who left between the card and the click must not get access by yesterday's look."""
    async with small_stage() as stage:
        card = await _asked(stage, "ada")
        stage.sandbox.slack.deactivate("ada")
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.card(saying="needs you")
        assert _given(stage) == []


async def test_an_address_that_is_not_proven_any_more_gets_no_invitation(small_stage: OpenStage) -> None:
    """The address decides whose account it is, so it is read again before the invitation goes out."""
    async with small_stage() as stage:
        card = await _asked(stage, "lena")
        stage.sandbox.slack.change_email("lena", "somebody@else.example", confirmed=False)
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.card(saying="needs you")
        assert _given(stage) == []


async def test_a_link_made_meanwhile_is_what_counts(small_stage: OpenStage) -> None:
    """An approval of a card that was drawn before covers no other account: whoever reads the new card and goes on agrees to it."""
    async with small_stage() as stage:
        card = await _asked(stage, "lena")
        account = stage.sandbox.atlassian.person("dan").id

        def link(uow: Any) -> None:
            linking.link(uow, actor=TerminalUser(name="root"), team_id="T0ACME", slack_id="U0LENA", account_id=account, email=None)

        await stage.parts.database.write(link)
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        again = await stage.card(saying="is no longer what the card said")
        assert "dan.weber@acme.example" in again.words
        assert _given(stage) == []
        await stage.sandbox.slack.clicks("omar", again, "request.retry")
        await stage.told("lena", "You have Jira again")
        assert [write.account_id for write in _given(stage)] == [account]
        assert "Approved by <@U0OMAR>" in (await stage.card(saying="has Jira again")).words


async def test_an_address_that_changed_meanwhile_takes_no_approval_along(small_stage: OpenStage) -> None:
    """Approved, and waiting for a seat: whoever has another address in Slack by then is somebody else until a human says so."""
    async with small_stage(free_seats=0) as stage:
        await stage.sandbox.slack.clicks("grace", await _asked(stage, "ada"), "request.approve")
        await stage.told("ada", "Approved, and waiting")
        dan = stage.sandbox.atlassian.person("dan")
        stage.sandbox.slack.change_email("ada", dan.email)
        stage.sandbox.atlassian.capacity["jira"] += 1
        card = await stage.card(saying="is no longer what the card said", step=timedelta(minutes=16))
        assert dan.email in card.words
        assert _given(stage) == []


async def test_trying_again_looks_afresh(small_stage: OpenStage) -> None:
    """An admin who put it right by hand is not given a second way in on top."""
    async with small_stage() as stage:
        card = await _asked(stage, "ada")
        stage.sandbox.faults.add(Fault(match="POST /memberships$", status=400, code="ADMIN-400-24", times=1))
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        card = await stage.card(saying="needs you")
        acts.do(stage.sandbox.atlassian, stage.sandbox.atlassian.person("ada"), "add_product", product="jira")
        await stage.sandbox.slack.clicks("grace", card, "request.retry")
        await stage.told("ada", "You have Jira again")
        assert _given(stage) == []


async def test_nobody_takes_back_what_may_have_been_done(small_stage: OpenStage) -> None:
    """While the answer to a write is lost the request stays on its way: the person may have the seat already."""
    async with small_stage() as stage:
        card = await _asked(stage, "ada")
        stage.sandbox.faults.add(Fault(match="POST /memberships$", drop="after", times=1))
        stage.sandbox.faults.add(Fault(match="/admin", skip=0, drop="before"))
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.card(saying="can't be reached just now", step=timedelta(seconds=20))
        await stage.sandbox.slack.types("ada", "/request-jira status")
        assert not any("Take it back" in message.buttons for message in stage.sandbox.slack.ephemerals("ada"))
        stage.sandbox.faults.clear()
        await stage.told("ada", "You have Jira again", step=timedelta(minutes=6))


async def test_the_next_in_the_queue_goes_on_when_its_head_leaves(small_stage: OpenStage) -> None:
    """A freed seat must not wait a quarter of an hour for somebody who took their request back."""
    async with small_stage(free_seats=0) as stage:
        for who in ("ada", "dan"):
            await stage.sandbox.slack.clicks("grace", await _asked(stage, who), "request.approve")
            await stage.told(who, "Approved, and waiting")
        stage.sandbox.atlassian.capacity["jira"] += 1
        await stage.sandbox.slack.types("ada", "/request-jira status")
        answer = stage.sandbox.slack.ephemerals("ada")[-1]
        (button,) = [element["action_id"] for _, element in answer.elements() if element["text"]["text"].startswith("Take")]
        await stage.sandbox.slack.clicks("ada", answer, button)
        await stage.told("dan", "You have Jira again")


async def test_a_request_that_needed_attention_can_end(small_stage: OpenStage) -> None:
    """Nobody decided it, so it expires like any other; looked at again in time, it has its full time to be decided."""
    async with small_stage() as stage:
        await stage.sandbox.slack.types("tess", "/request-jira please")
        card = await stage.card(saying="needs you")
        stage.later(timedelta(hours=160))
        await stage.parts.kit.directory.refresh()
        await stage.sandbox.slack.clicks("grace", card, "request.retry")
        await stage.whispered("grace", "Trying again")
        stage.later(timedelta(hours=20))
        assert (await stage.request()).status in {RequestStatus.NEEDS_ATTENTION, RequestStatus.PENDING}
        await stage.told("tess", "Nobody answered", step=timedelta(hours=24))
        assert (await stage.request()).status is RequestStatus.EXPIRED


async def test_with_a_dead_key_everybody_still_gets_a_card_or_an_answer(small_stage: OpenStage) -> None:
    """Who asks while the organization is paused is seen at once, and who may not ask is told at once."""
    async with small_stage() as stage:
        stage.sandbox.atlassian.key_state = KeyState.REVOKED
        for who in ("ada", "dan", "cleo"):
            await stage.sandbox.slack.types(who, "/request-jira please")
        await stage.sandbox.slack.types("ivy", "/request-jira please")
        await stage.told("ivy", "Guests can't ask")

        def all_cards() -> bool:
            words = " ".join(card.words for card in stage.cards())
            return all(f"<@U0{who}> asks for Jira" in words for who in ("ADA", "DAN", "CLEO"))

        await stage.sandbox.slack.until(all_cards, timeout=15)
        dan = next(card for card in stage.cards() if "<@U0DAN> asks" in card.words)
        await stage.sandbox.slack.clicks("grace", dan, "request.approve")
        await stage.sandbox.slack.until(
            lambda: any("<@U0DAN> waits" in card.words and "accept our API key" in card.words for card in stage.cards()), timeout=15
        )


async def test_an_account_of_another_directory_is_read_back(small_stage: OpenStage) -> None:
    """Somebody whose account is known may have the product as soon as they are invited: then the card says so."""
    async with small_stage() as stage:
        await stage.sandbox.slack.clicks("grace", await _asked(stage, "quinn"), "request.approve")
        await stage.told("quinn", "You have Jira again")
        assert stage.sandbox.atlassian.has_product("quinn", "jira")


@pytest.mark.parametrize("cap", [1])
async def test_the_cap_counts_what_is_under_way(small_stage: OpenStage, cap: int) -> None:
    """Five approvals in a minute are one grant, whatever the read-back takes."""
    async with small_stage(COMEBACK_GRANTS_PER_DAY=str(cap)) as stage:
        stage.sandbox.atlassian.behaviour.write_lag = timedelta(seconds=20)
        for who in ("ada", "dan", "cleo"):
            await stage.sandbox.slack.clicks("grace", await _asked(stage, who), "request.approve")
        await stage.sandbox.slack.until(lambda: any("limit" in card.words for card in stage.cards()), timeout=15)
        stage.later(timedelta(seconds=30))
        await stage.told("ada", "You have Jira again", step=timedelta(seconds=8))
        assert len(_given(stage)) == cap
