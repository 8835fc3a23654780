"""Who may not ask and who may not decide: each is told why, in private, and nothing happens."""

from datetime import timedelta

import pytest

from sandbox.faults import Fault
from storage.lifecycle import RequestStatus
from tests.e2e.conftest import Stage


@pytest.mark.parametrize(
    ("who", "sentence"), [("ivy", "Guests can't ask"), ("sam", "isn't confirmed")], ids=["guest", "unconfirmed address"]
)
async def test_people_who_may_not_ask_are_told_why(stage: Stage, who: str, sentence: str) -> None:
    """A guest's or an unproven address's way in would be everybody's."""
    await stage.sandbox.slack.types(who, "/request-jira please")
    await stage.told(who, sentence)
    assert stage.cards() == []
    assert (await stage.request()).status is RequestStatus.CLOSED


async def test_a_stranger_gets_no_further_than_the_door(stage: Stage) -> None:
    """Members of other companies share channels with us; the command is not theirs."""
    await stage.sandbox.slack.types("jules", "/request-jira hello", channel="C0PARTNERS")
    assert "our own workspace" in stage.sandbox.slack.ephemerals("jules")[-1].words
    assert await stage.kinds() == []


async def test_somebody_who_is_no_approver_cannot_decide(stage: Stage) -> None:
    """Whoever sees the card is not yet an approver: the click changes nothing and is in the audit trail."""
    slack = stage.sandbox.slack
    slack.joins("hugo", "G0ADMINS")
    await slack.types("ada", "/request-jira please")
    card = await stage.card(saying="asks for Jira")
    await slack.clicks("hugo", card, "request.approve")
    await stage.whispered("hugo", "Only approvers can decide")
    assert "decision.refused" in await stage.kinds()
    assert not stage.sandbox.atlassian.has_product("ada", "jira")


async def test_nobody_decides_their_own_request(stage: Stage) -> None:
    """Four eyes: an approver's own request is another approver's."""
    slack, atlassian = stage.sandbox.slack, stage.sandbox.atlassian
    slack.joins("ada", "G0ADMINS")
    slack.set_group("S0ADMINS", ["grace", "ada"])
    await slack.types("ada", "/request-jira for me")
    card = await stage.card(saying="asks for Jira")
    await stage.parts.kit.directory.refresh()
    await slack.clicks("ada", card, "request.approve")
    await stage.whispered("ada", "Somebody else has to decide this one")
    await slack.clicks("grace", card, "request.approve")
    await stage.told("ada", "You have Jira again")
    assert atlassian.has_product("ada", "jira")


async def test_what_we_know_of_approvers_is_read_again_when_it_is_old(stage: Stage) -> None:
    """Facts older than a minute decide nothing: the click is checked with Slack first, and answered either way."""
    slack = stage.sandbox.slack
    await slack.types("ada", "/request-jira please")
    card = await stage.card(saying="asks for Jira")
    slack.people.groups["S0ADMINS"].members.clear()  # and Slack forgot to tell us
    stage.later(timedelta(seconds=61))
    await slack.clicks("grace", card, "request.approve")
    await stage.whispered("grace", "Only approvers can decide")
    assert not stage.sandbox.atlassian.has_product("ada", "jira")


async def test_an_approver_who_left_between_click_and_grant_gave_nothing(stage: Stage) -> None:
    """The right to decide is read again before the first write, so that a click in the last minute is not enough."""
    slack = stage.sandbox.slack
    await slack.types("ada", "/request-jira please")
    card = await stage.card(saying="asks for Jira")
    stage.sandbox.faults.add(Fault(match="POST /memberships$", status=503, headers={"Retry-After": "120"}, times=1))
    await slack.clicks("grace", card, "request.approve")
    await slack.until(lambda: len(stage.sandbox.atlassian.calls) > 0 and "memberships" in stage.sandbox.atlassian.calls[-1].path)
    slack.deactivate("grace")
    await stage.card(saying="isn't an approver any more", step=timedelta(seconds=61))
    assert not stage.sandbox.atlassian.has_product("ada", "jira")
