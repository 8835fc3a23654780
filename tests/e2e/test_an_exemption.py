"""An exemption: asked for by the holder or for somebody else, decided by an approver who is neither, and over by itself."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.slack.surfaces import away_forms, exemption, own_seats
from bot.slack.surfaces import warning as warning_surface
from bot.slack.surfaces.modals import PRODUCT
from sandbox.faults import Fault
from sandbox.slack.messages import Message
from storage import exemptions, seats, warnings
from storage.lifecycle import ExemptionStatus, SeatActivity, WarningStatus
from storage.seat_records import Exemption
from tests.e2e.conftest import Stage
from tests.e2e.quiet import until_quiet
from tests.e2e.test_a_warning import QUESTION, SECONDS, ask, becomes, questions, see

OpenStage = Callable[..., Any]
REASON = "On parental leave"


@pytest.fixture(autouse=True)
def _removal_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "reclaim")


def until(stage: Stage, days: int = 60) -> str:
    """The day so many days from now, as a date picker sends it."""
    return (stage.sandbox.clock.now() + timedelta(days=days)).date().isoformat()


async def from_home(stage: Stage, who: str, *, owner: str | None = None, days: int = 60) -> Any:
    """They ask on their Home tab that a seat of Jira be left alone, their own or *owner*'s."""
    slack = stage.sandbox.slack
    await slack.opens_home(who)
    home = await slack.until(lambda: slack.home(who))
    assert home is not None
    await slack.clicks(who, home, own_seats.BE_AWAY)
    entries = {
        PRODUCT: "jira",
        away_forms.OWNER: f"U0{(owner or who).upper()}",
        away_forms.UNTIL: until(stage, days),
        "reason": REASON,
    }
    return await slack.submits(who, slack.views(who)[-1], entries)


async def of_account(stage: Stage, who: str) -> Exemption | None:
    """The seat's open exemption."""
    account_id = stage.sandbox.atlassian.person(who).id
    return await stage.parts.database.read(lambda uow: exemptions.open_of(uow, account_id, "jira"))


async def decide(stage: Stage, card: Message, action: str, *, by: str = "grace") -> None:
    """An approver presses a button of the card."""
    await stage.parts.kit.directory.refresh()
    await stage.sandbox.slack.clicks(by, card, action)


async def refuse(stage: Stage, card: Message, *, words: str) -> Any:
    """Grace refuses, with these words."""
    await decide(stage, card, exemption.REFUSE)
    return await stage.sandbox.slack.submits("grace", stage.sandbox.slack.views("grace")[-1], {"reason": words})


async def test_who_is_away_is_left_alone_until_that_day(stage: Stage) -> None:
    """On both databases: from the message to the card, to the peace, to the reminder and the end, each told once."""
    slack, warned = stage.sandbox.slack, await ask(stage, "hugo")
    await slack.clicks("hugo", await stage.told("hugo", QUESTION, step=SECONDS), warning_surface.AWAY)
    sent = await slack.submits("hugo", slack.views("hugo")[-1], {away_forms.UNTIL: until(stage), "reason": REASON})
    assert sent.accepted
    card = await stage.card(saying="May <@U0HUGO> keep Jira unused until")
    assert REASON in card.words
    await stage.told("hugo", "I've asked the admins", step=SECONDS)
    await stage.told("hugo", "An admin decides whether you're left alone", step=SECONDS)
    await decide(stage, card, exemption.AGREE)
    await stage.card(saying="seat is left alone until", step=SECONDS)
    await stage.told("hugo", "<@U0GRACE> agreed", step=SECONDS)
    await stage.told("hugo", "They agreed.", step=SECONDS)
    assert not [message for message in slack.dm("hugo") if "Withdraw my wish" in message.buttons]
    assert (await becomes(stage, warned, WarningStatus.DROPPED)).reason_code == "exempt"
    await stage.told("hugo", "Jira seat stays", step=SECONDS)
    assert questions(stage, "hugo") == []
    stage.later(timedelta(days=54))
    await stage.told("hugo", "Ask for longer", step=SECONDS)
    stage.later(timedelta(days=8))
    await stage.told("hugo", "is not exempt any more", step=SECONDS)
    await stage.card(saying="is not exempt any more", step=SECONDS)
    assert await of_account(stage, "hugo") is None
    trail = [kind for kind in await stage.kinds() if kind.startswith("exemption.")]
    assert trail == ["exemption.asked", "exemption.active", "exemption.ended"]


async def test_near_its_end_more_can_be_asked_for(small_stage: OpenStage) -> None:
    """The reminder opens the form with product and person filled in, and what is sent is filed like the first."""
    async with small_stage() as stage:
        await see(stage, "hugo", SeatActivity.ACTIVE)
        await from_home(stage, "hugo", days=20)
        await decide(stage, await stage.card(saying="May <@U0HUGO> keep"), exemption.AGREE)
        await stage.logged("exemption.active")
        stage.later(timedelta(days=21))
        over = await stage.told("hugo", "Ask again", step=SECONDS)
        await stage.sandbox.slack.clicks("hugo", over, exemption.AGAIN)
        form = stage.sandbox.slack.views("hugo")[-1]
        sent = await stage.sandbox.slack.submits("hugo", form, {away_forms.UNTIL: until(stage, 30), "reason": REASON})
        assert sent.accepted
        await stage.logged("exemption.asked", times=2, step=SECONDS)


async def test_who_asks_for_longer_loses_nothing_by_a_no(small_stage: OpenStage) -> None:
    """The longer one takes the place of what was agreed, and its refusal leaves the seat in peace until the day agreed first."""
    async with small_stage() as stage:
        await see(stage, "hugo", SeatActivity.ACTIVE)
        await from_home(stage, "hugo", days=20)
        await decide(stage, await stage.card(saying="May <@U0HUGO> keep"), exemption.AGREE)
        await stage.logged("exemption.active")
        first = await of_account(stage, "hugo")
        stage.later(timedelta(days=14))
        soon = await stage.told("hugo", "Ask for longer", step=SECONDS)
        await stage.sandbox.slack.clicks("hugo", soon, exemption.AGAIN)
        form = stage.sandbox.slack.views("hugo")[-1]
        await stage.sandbox.slack.submits("hugo", form, {away_forms.UNTIL: until(stage, 100), "reason": REASON})
        await refuse(stage, await stage.card(saying="May <@U0HUGO> keep", step=SECONDS), words="No")
        await stage.logged("exemption.refused")
        seat = await stage.parts.database.read(lambda uow: seats.get(uow, first.account_id if first else "", "jira"))
        assert first is not None
        assert seat is not None
        assert seat.kept_until == first.until


async def test_somebody_may_ask_for_another(small_stage: OpenStage) -> None:
    """Their seat is found by the confirmed address, and they are told who asked."""
    async with small_stage() as stage:
        await see(stage, "ben", SeatActivity.ACTIVE)
        assert (await from_home(stage, "hugo", owner="ben")).accepted
        card = await stage.card(saying="May <@U0BEN> keep Jira unused until")
        assert "Asked by <@U0HUGO>" in card.words
        await decide(stage, card, exemption.AGREE)
        await stage.told("hugo", "<@U0BEN>'s Jira seat is left alone", step=SECONDS)
        told = await stage.told("ben", "Your Jira seat is left alone", step=SECONDS)
        assert "<@U0HUGO> asked for it" in told.words
        found = await of_account(stage, "ben")
        assert found is not None
        assert found.status is ExemptionStatus.ACTIVE


async def test_an_approver_does_not_decide_for_themselves(small_stage: OpenStage) -> None:
    """Neither what they asked for, nor what is about their own seat; another approver may."""
    async with small_stage() as stage:
        await see(stage, "omar", SeatActivity.ACTIVE)
        assert (await from_home(stage, "hugo", owner="omar")).accepted
        card = await stage.card(saying="May <@U0OMAR> keep")
        await decide(stage, card, exemption.AGREE, by="omar")
        await stage.whispered("omar", "Somebody else has to decide this one")
        assert "exemption.decision_refused" in await stage.kinds()
        await decide(stage, card, exemption.AGREE)
        await stage.card(saying="<@U0OMAR>'s Jira seat is left alone", step=SECONDS)
        await see(stage, "ben", SeatActivity.ACTIVE)
        assert (await from_home(stage, "omar", owner="ben")).accepted
        await decide(stage, await stage.card(saying="May <@U0BEN> keep"), exemption.AGREE, by="omar")
        assert (await stage.kinds()).count("exemption.decision_refused") == 2


async def test_a_refusal_says_why(small_stage: OpenStage) -> None:
    """The words go to who asked, and stand on the card for whoever looks later; the question about the seat goes on as before."""
    async with small_stage() as stage:
        await see(stage, "hugo", SeatActivity.ACTIVE)
        await from_home(stage, "hugo")
        card = await stage.card(saying="May <@U0HUGO> keep")
        assert "reason" in (await refuse(stage, card, words="  ")).errors
        assert (await stage.sandbox.slack.submits("grace", stage.sandbox.slack.views("grace")[-1], {"reason": "Too long for us"})).accepted
        told = await stage.told("hugo", "was not exempted", step=SECONDS)
        assert "Too long for us" in told.words
        drawn = await stage.card(saying="Refused", step=SECONDS)
        assert "Too long for us" in drawn.words
        assert await of_account(stage, "hugo") is None


async def test_two_clicks_are_one_decision(small_stage: OpenStage) -> None:
    """The slower approver is told that somebody was faster."""
    async with small_stage() as stage:
        await see(stage, "hugo", SeatActivity.ACTIVE)
        await from_home(stage, "hugo")
        card = await stage.card(saying="May <@U0HUGO> keep")
        await stage.parts.kit.directory.refresh()
        await asyncio.gather(*(stage.sandbox.slack.clicks(who, card, exemption.AGREE) for who in ("grace", "omar")))
        await stage.logged("exemption.active")
        faster = [who for who in ("grace", "omar") if not stage.sandbox.slack.ephemerals(who)]
        (slower,) = {"grace", "omar"} - set(faster[:1])
        await stage.whispered(slower, "Somebody was faster")
        assert (await stage.kinds()).count("exemption.active") == 1


@pytest.mark.parametrize("days", [0, 366])
async def test_the_day_must_be_within_a_year(small_stage: OpenStage, days: int) -> None:
    """Today is no exemption, and for ever is none either."""
    async with small_stage() as stage:
        sent = await from_home(stage, "hugo", days=days)
        assert away_forms.UNTIL in sent.errors
        assert "exemption.asked" not in await stage.kinds()


async def test_a_seat_that_nobody_knows_is_told(small_stage: OpenStage) -> None:
    """Somebody without an account has nothing to leave alone, and no card troubles the admins."""
    async with small_stage() as stage:
        assert (await from_home(stage, "hugo", owner="lena")).accepted
        await stage.told("hugo", "I know of no Jira seat", step=SECONDS)
        assert stage.cards() == []


async def test_a_seat_has_one_exemption(small_stage: OpenStage) -> None:
    """Asking twice is answered, and the admins see one card."""
    async with small_stage() as stage:
        await see(stage, "hugo", SeatActivity.ACTIVE)
        await from_home(stage, "hugo")
        await stage.card(saying="May <@U0HUGO> keep")
        await from_home(stage, "hugo")
        await stage.told("hugo", "has an exemption already", step=SECONDS)
        assert len(stage.cards()) == 1


async def test_what_was_asked_can_be_taken_back(small_stage: OpenStage) -> None:
    """Before anybody has decided it; the card says so, and a late click changes nothing."""
    async with small_stage() as stage:
        await see(stage, "hugo", SeatActivity.ACTIVE)
        await from_home(stage, "hugo")
        card = await stage.card(saying="May <@U0HUGO> keep")
        old = next(element for _, element in card.elements() if element["action_id"] == exemption.AGREE)
        told = await stage.told("hugo", "I've asked the admins", step=SECONDS)
        await stage.sandbox.slack.clicks("hugo", told, exemption.WITHDRAW)
        await stage.card(saying="Withdrawn", step=SECONDS)
        await stage.parts.kit.directory.refresh()
        await stage.sandbox.slack.clicks("grace", card, exemption.AGREE, element=old)
        await stage.whispered("grace", "Somebody was faster")
        assert await of_account(stage, "hugo") is None


async def test_who_is_not_known_now_to_approve_decides_nothing(small_stage: OpenStage) -> None:
    """Facts that are older than a minute are checked first, and the click is asked for again."""
    async with small_stage() as stage:
        await see(stage, "hugo", SeatActivity.ACTIVE)
        await from_home(stage, "hugo")
        card = await stage.card(saying="May <@U0HUGO> keep")
        stage.sandbox.faults.add(Fault(side="slack", match="users.info", status=503))
        stage.later(timedelta(minutes=2))
        await stage.sandbox.slack.clicks("grace", card, exemption.AGREE)
        stage.sandbox.faults.clear()
        await stage.whispered("grace", "Please press that once more")
        found = await of_account(stage, "hugo")
        assert found is not None
        assert found.status is ExemptionStatus.ASKED


async def test_a_lost_answer_of_slack_brings_no_second_card(small_stage: OpenStage) -> None:
    """The card was there, its answer was not: the next attempt finds it."""
    async with small_stage() as stage:
        await see(stage, "hugo", SeatActivity.ACTIVE)
        stage.sandbox.faults.add(Fault(side="slack", match="chat.postMessage", drop="after", times=2))
        await from_home(stage, "hugo")
        await stage.card(saying="May <@U0HUGO> keep")
        for _ in range(100):
            found = await of_account(stage, "hugo")
            if found is not None and found.card_ts is not None:
                break
            stage.later(SECONDS)
            await asyncio.sleep(0.05)
        assert [card.ts for card in stage.cards()] == [found.card_ts if found else None]


async def test_while_an_admin_decides_nobody_is_reminded(small_stage: OpenStage) -> None:
    """The seat has an answer on its way; letting it go takes the wish back."""
    async with small_stage() as stage:
        slack, warned = stage.sandbox.slack, await ask(stage, "hugo")
        await slack.clicks("hugo", await stage.told("hugo", QUESTION, step=SECONDS), warning_surface.AWAY)
        await slack.submits("hugo", slack.views("hugo")[-1], {away_forms.UNTIL: until(stage), "reason": REASON})
        message = await stage.told("hugo", "An admin decides whether you're left alone", step=SECONDS)
        stage.later(timedelta(days=8))
        await until_quiet(stage)
        assert "warning.reminded" not in await stage.kinds()
        await slack.clicks("hugo", message, warning_surface.LET_GO)
        await stage.card(saying="Withdrawn", step=SECONDS)
        assert await of_account(stage, "hugo") is None
        found = await stage.parts.database.read(lambda uow: warnings.get(uow, warned.id))
        assert found is not None
        assert found.status is WarningStatus.LET_GO
