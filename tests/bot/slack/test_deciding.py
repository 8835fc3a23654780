"""Deciding through the real front door; the card is posted by hand, as no worker runs."""

import asyncio

import pytest

from bot.slack.surfaces import card
from bot.slack.surfaces.card import CardView
from bot.slack.surfaces.message import to_json
from sandbox.faults import Fault
from sandbox.slack.deliveries import Outcome
from sandbox.slack.messages import Message
from storage import access_requests
from storage.lifecycle import RequestStatus, Verdict
from tests.bot.slack.door import Door

ADMINS = "G0ADMINS"


async def card_of_ada(door: Door, *, status: RequestStatus = RequestStatus.PENDING) -> Message:
    """Ada's request and its card in the admin channel."""
    await door.sandbox.slack.types("ada", "/request-jira planning")
    (request,) = await door.requests()
    if status is not RequestStatus.PENDING:
        await door.database.write(
            lambda uow: access_requests.move(uow, request.id, source=request.status, target=status, reason_code="not_seen")
        )
        (request,) = await door.requests()
    view = CardView(request=request, product=door.desk.settings.products["jira"], now=door.sandbox.clock.now())
    message = card.render(view)
    await door.client.chat_postMessage(channel=ADMINS, text=message.text, blocks=to_json(message.blocks))
    return door.sandbox.slack.messages(ADMINS)[-1]


async def test_one_click_decides(door: Door) -> None:
    """The decision, its work and the ack: in this order."""
    delivery = await door.sandbox.slack.clicks("grace", await card_of_ada(door), card.APPROVE)
    (request,) = await door.requests()
    (decision,) = await door.decisions(request.id)
    assert delivery.outcome is Outcome.OK
    assert (request.status, decision.verdict, decision.approver_slack_id) == (RequestStatus.APPROVED, Verdict.APPROVE, "U0GRACE")
    assert "access.grant" in await door.jobs()


async def test_two_admins_at_once_make_one_decision(door: Door) -> None:
    """The first click wins, and the other one is told by the outbox."""
    posted = await card_of_ada(door)
    await asyncio.gather(*(door.sandbox.slack.clicks(who, posted, card.APPROVE) for who in ("grace", "omar")))
    (request,) = await door.requests()
    assert len(await door.decisions(request.id)) == 1
    assert (await door.jobs()).count("notice.whisper") == 1


async def test_denial_asks_for_the_reason_first(door: Door) -> None:
    """Nothing is decided before the form is sent, and the reason is kept with the decision."""
    slack = door.sandbox.slack
    await slack.clicks("grace", await card_of_ada(door), card.DENY)
    (view,) = slack.views("grace")
    (request,) = await door.requests()
    assert request.status is RequestStatus.PENDING
    assert "<@U0ADA> asks for *Jira*" in str(view.blocks)
    assert "planning" in str(view.blocks)
    await slack.submits("grace", view, {"reason": "another tool for your team"})
    (decision,) = await door.decisions(request.id)
    assert (decision.verdict, decision.reason) == (Verdict.DENY, "another tool for your team")
    assert slack.views("grace") == []


@pytest.mark.parametrize("nothing", ["   ", " \u200b\u2060 ", "\u200d"])
async def test_denial_without_words_is_refused_in_the_form(door: Door, nothing: str) -> None:
    """Spaces and what nobody can see are no reason, and Slack's own check lets them pass."""
    slack = door.sandbox.slack
    await slack.clicks("grace", await card_of_ada(door), card.DENY)
    sent = await slack.submits("grace", slack.views("grace")[0], {"reason": nothing})
    (request,) = await door.requests()
    assert "reason" in (sent.errors or {})
    assert request.status is RequestStatus.PENDING


async def test_denial_survives_a_slow_slack(door: Door) -> None:
    """Without a form there would be no way to deny: the approver gets a button with a fresh trigger."""
    slack = door.sandbox.slack
    posted = await card_of_ada(door)
    door.sandbox.faults.add(Fault(side="slack", match="views.open", times=1, code="expired_trigger_id"))
    await slack.clicks("grace", posted, card.DENY)
    await door.desk.asides.drain(5)
    await slack.clicks("grace", slack.ephemerals("grace")[-1], card.DENY)
    assert [view.callback_id for view in slack.views("grace")] == ["request.deny"]


async def test_form_of_an_unknown_request_names_nobody(http_door: Door) -> None:
    """What the form says comes from our database; where that says nothing, the form opens all the same."""
    slack = http_door.sandbox.slack
    await slack.clicks("grace", await card_of_ada(http_door), card.DENY, value="no-such-request")
    (view,) = slack.views("grace")
    assert [block["type"] for block in view.blocks] == ["input"]


async def test_others_read_that_they_may_not_deny(door: Door) -> None:
    """It spares them the writing; whether somebody may is asked again when a form is sent."""
    slack = door.sandbox.slack
    slack.joins("ben", ADMINS)
    await slack.clicks("ben", await card_of_ada(door), card.DENY)
    assert "Only approvers can decide." in str(slack.views("ben")[0].blocks)


@pytest.mark.parametrize("who", ["ben", "ivy"])
async def test_being_in_the_channel_gives_no_rights(door: Door, who: str) -> None:
    """Members and guests of the admin channel see the buttons, and may press them."""
    door.sandbox.slack.joins(who, ADMINS)
    await door.sandbox.slack.clicks(who, await card_of_ada(door), card.APPROVE)
    (request,) = await door.requests()
    assert request.status is RequestStatus.PENDING
    assert await door.decisions(request.id) == []


async def test_stale_knowledge_of_the_approvers_decides_nothing(door: Door) -> None:
    """Somebody who was an approver a minute ago is not known to be one now: a job asks Slack and decides."""
    posted = await card_of_ada(door)
    door.desk.directory.hint({"user": {"id": "U0GRACE"}})
    await door.sandbox.slack.clicks("grace", posted, card.APPROVE)
    (request,) = await door.requests()
    assert request.status is RequestStatus.PENDING
    assert {"decision.check", "notice.whisper"} <= set(await door.jobs())


async def test_forged_id_is_answered(door: Door) -> None:
    """A request that nobody knows is a sentence, not a stack trace."""
    delivery = await door.sandbox.slack.clicks("grace", await card_of_ada(door), card.APPROVE, value="no-such-request")
    await door.desk.asides.drain(5)
    assert delivery.outcome is Outcome.OK
    assert "don't know this request" in door.sandbox.slack.ephemerals("grace")[-1].words


@pytest.mark.parametrize(("action", "after"), [(card.RETRY, RequestStatus.PENDING), (card.CLOSE, RequestStatus.CLOSED)])
async def test_attention_is_settled_by_one_click(door: Door, action: str, after: RequestStatus) -> None:
    """Try again, or close: both end the waiting for a human."""
    posted = await card_of_ada(door, status=RequestStatus.NEEDS_ATTENTION)
    await door.sandbox.slack.clicks("grace", posted, action)
    (request,) = await door.requests()
    assert request.status is after
