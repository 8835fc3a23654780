"""Somebody's Atlassian account has another address than Slack: an approver links it, sees it on the card, and decides then."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.actor import TerminalUser
from bot.usecases import people as links
from sandbox.faults import Fault
from sandbox.slack.messages import Message
from tests.e2e.conftest import Stage

OpenStage = Callable[..., Any]
OLD_ADDRESS = "ada.park@acme.example"


async def _asked(stage: Stage) -> Message:
    """The card of Ada, whose address in Slack is of another domain than that of her account."""
    stage.sandbox.slack.change_email("ada", "ada@acme-design.example", confirmed=True)
    await stage.sandbox.slack.types("ada", "/request-jira the sprint board")
    return await stage.card(saying="Not in the organization")


async def _names(stage: Stage, card: Message, account: str, *, who: str = "grace") -> None:
    """*who* opens the form and says that the account is *account*."""
    slack = stage.sandbox.slack
    await slack.clicks(who, card, "request.link")
    (form,) = slack.views(who)
    sent = await slack.submits(who, form, {"reason": account})
    assert not sent.errors


def _given(stage: Stage) -> list[Any]:
    return [write for write in stage.sandbox.atlassian.writes if write.by == "api"]


async def test_an_account_under_another_address_is_linked_and_comes_back(stage: Stage) -> None:
    """Two clicks: one says whose account it is, the other gives; nobody is invited a second time."""
    slack, atlassian = stage.sandbox.slack, stage.sandbox.atlassian
    card = await _asked(stage)
    assert "Invites ada@acme-design.example" in card.words
    assert "Approve (invites)" in card.buttons

    await _names(stage, card, OLD_ADDRESS)
    await stage.whispered("grace", "is linked to that account now")
    card = await stage.card(saying="Adds to `jira-users-acme`")
    assert OLD_ADDRESS in card.words
    assert "Ada Park" in card.words
    assert "Link an existing account" not in card.buttons
    assert _given(stage) == []

    await slack.clicks("omar", card, "request.approve")
    await stage.told("ada", "You have Jira again")
    await stage.card(saying="has Jira again")
    assert [write.account_id for write in _given(stage)] == [atlassian.person("ada").id]
    assert await stage.kinds() == ["request.filed", "person.linked", "request.approved", "access.step", "access.granted"]


async def test_the_right_one_of_two_accounts_is_named_by_its_id(small_stage: OpenStage) -> None:
    """The card that needs a human gets its answer from one, and is an ordinary card again."""
    async with small_stage() as stage:
        await stage.sandbox.slack.types("rosa", "/request-jira please")
        card = await stage.card(saying="2 accounts have the e-mail")
        account = stage.sandbox.atlassian.person("rosa").id
        await _names(stage, card, f"https://admin.atlassian.com/o/{stage.sandbox.atlassian.id}/users/{account}")
        await stage.sandbox.slack.clicks("grace", await stage.card(saying="asks for Jira"), "request.approve")
        await stage.told("rosa", "You have Jira again")
        assert {write.account_id for write in _given(stage)} == {account}


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        ("nobody@acme.example", "found no account by that name"),
        ("rosa.navarro@acme.example", "More than one account answers to that"),
        ("pia.rossi@acme.example", "closed for good"),
        ("hugo.lindqvist@acme.example", "somebody else's here already"),
        ("grace.hall@acme.example", "That account is your own"),
    ],
)
async def test_an_account_that_cannot_be_hers_is_refused(small_stage: OpenStage, account: str, sentence: str) -> None:
    """The approver reads why, nothing is linked, and the card stands as before."""
    async with small_stage() as stage:
        hugo = stage.sandbox.atlassian.person("hugo").id
        await stage.parts.database.write(
            lambda uow: links.link(uow, actor=TerminalUser(name="root"), team_id="T0ACME", slack_id="U0HUGO", account_id=hugo, email=None)
        )
        await _names(stage, await _asked(stage), account)
        await stage.whispered("grace", sentence)
        assert await stage.kinds() == ["person.linked", "request.filed", "person.not_linked"]
        assert "Link an existing account" in (await stage.card()).buttons


async def test_somebody_who_is_no_approver_any_more_links_nothing(small_stage: OpenStage) -> None:
    """A form that was opened in time and sent too late: the right is read from Slack before Atlassian is asked for anything."""
    async with small_stage() as stage:
        slack, card = stage.sandbox.slack, await _asked(stage)
        await slack.clicks("grace", card, "request.link")
        (form,) = slack.views("grace")
        slack.set_group("S0ADMINS", ["omar"])
        await slack.submits("grace", form, {"reason": OLD_ADDRESS})
        await stage.whispered("grace", "Only approvers can decide")
        assert "person.linked" not in await stage.kinds()


async def test_the_requester_does_not_say_whose_account_it_is(small_stage: OpenStage) -> None:
    """An approver who asks for themself could take over the account of whoever they name."""
    async with small_stage() as stage:
        slack = stage.sandbox.slack
        slack.joins("ada", "G0ADMINS")
        slack.set_group("S0ADMINS", ["grace", "ada"])
        await stage.parts.kit.directory.refresh()
        await _names(stage, await _asked(stage), "grace.hall@acme.example", who="ada")
        await stage.whispered("ada", "Somebody else has to decide this one")
        assert "person.linked" not in await stage.kinds()


async def test_old_knowledge_of_the_approvers_is_read_again(small_stage: OpenStage) -> None:
    """Facts older than a minute decide nothing: Slack is asked first, and the link is made then."""
    async with small_stage() as stage:
        card = await _asked(stage)
        stage.later(timedelta(seconds=61))
        await _names(stage, card, OLD_ADDRESS)
        await stage.whispered("grace", "is linked to that account now")


async def test_an_unreachable_atlassian_is_said_and_waited_out(small_stage: OpenStage) -> None:
    """The approver knows that it takes longer, and need not send the form again."""
    async with small_stage() as stage:
        card = await _asked(stage)
        stage.sandbox.faults.add(Fault(match="POST /users/search", drop="before"))
        await _names(stage, card, OLD_ADDRESS)
        await stage.whispered("grace", "Atlassian doesn't answer just now")
        stage.sandbox.faults.clear()
        await stage.card(saying="Adds to `jira-users-acme`", step=timedelta(minutes=6))
        assert (await stage.kinds()).count("person.linked") == 1


async def test_a_card_says_what_the_return_costs(small_stage: OpenStage) -> None:
    """By the prices of the settings: the seat itself, and that of the other product which the same group gives."""
    prices = {"COMEBACK_PRODUCTS__JIRA__PRICE": "8.15", "COMEBACK_PRODUCTS__CONFLUENCE__PRICE": "6.05"}
    async with small_stage(**prices, COMEBACK_PRODUCTS__JIRA__GROUP="all-staff") as stage:
        await stage.sandbox.slack.types("dan", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        assert "$8.15 a month (estimate)" in card.words
        assert "Confluence ($6.05 a month, estimate)" in card.words
