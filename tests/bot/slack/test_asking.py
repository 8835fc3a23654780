"""Asking for access through the real front door, by Socket Mode and by HTTP."""

import asyncio
from typing import Any

import pytest

from bot.actor import SlackPerson
from bot.slack.listeners.requesting import named_in
from bot.usecases import decisions
from bot.usecases.decisions import Click
from sandbox.faults import Fault
from sandbox.slack.deliveries import Outcome
from storage.lifecycle import RequestStatus, Verdict
from tests.bot.slack.door import Door
from tests.bot.slack.words import JIRA


def told(door: Door, person: str) -> str:
    """What *person* was shown last, alone."""
    return door.sandbox.slack.ephemerals(person)[-1].words


async def test_command_with_a_reason_files_at_once(door: Door) -> None:
    """One line is all it takes: the request is stored before Slack gets its answer, and the answer says what happens next."""
    delivery = await door.sandbox.slack.types("ada", "/request-jira R&D planning <3")
    (request,) = await door.requests()
    assert delivery.outcome is Outcome.OK
    assert (request.requester_slack_id, request.product, request.reason) == ("U0ADA", "jira", "R&D planning <3")
    assert await door.jobs() == ["request.admit", "request.expire"]
    assert "Your request for Jira is in." in told(door, "ada")


async def test_answers_are_private(door: Door) -> None:
    """Who lost their access is nobody else's business."""
    await door.sandbox.slack.types("ada", "/request-jira planning")
    assert door.sandbox.slack.messages("C0GENERAL", seen_by="ben") == []


async def test_asking_twice_is_one_request(door: Door) -> None:
    """After a timeout people press Enter again; they read where their request stands."""
    await door.sandbox.slack.types("ada", "/request-jira planning")
    await door.sandbox.slack.types("ada", "/request-jira planning again")
    assert len(await door.requests()) == 1
    assert "already asked for Jira" in told(door, "ada")


async def test_command_alone_opens_the_form(door: Door) -> None:
    """Nothing was said yet, so the form asks."""
    slack = door.sandbox.slack
    await slack.types("ada", "/request-jira")
    (view,) = slack.views("ada")
    sent = await slack.submits("ada", view, {"reason": "planning"})
    (request,) = await door.requests()
    assert sent.accepted
    assert request.reason == "planning"
    assert await door.jobs() == ["notice.tell", "request.admit", "request.expire"]


async def test_form_of_all_products_files_the_chosen_one(door: Door) -> None:
    """`/request-access wiki` keeps what was typed and asks for the product."""
    slack = door.sandbox.slack
    await slack.types("ada", "/request-access wiki pages")
    (view,) = slack.views("ada")
    await slack.submits("ada", view, {"product": "confluence"})
    (request,) = await door.requests()
    assert (request.product, request.reason) == ("confluence", "wiki pages")


@pytest.mark.parametrize(
    ("typed", "product", "reason"), [("jira please", "jira", "please"), ("Confluence: the handbook", "confluence", "the handbook")]
)
async def test_product_named_first_is_chosen(http_door: Door, typed: str, product: str, reason: str) -> None:
    """Who has written the product's name need not choose it again; the rest is the reason."""
    slack = http_door.sandbox.slack
    await slack.types("ada", f"/request-access {typed}")
    await slack.submits("ada", slack.views("ada")[0], {})
    (request,) = await http_door.requests()
    assert (request.product, request.reason) == (product, reason)


def test_only_whole_words_name_a_product() -> None:
    """ "jiraffe" is no Jira, and the longest name wins."""
    products = {key: JIRA.model_copy(update={"key": key, "name": name}) for key, name in (("jira", "Jira"), ("jira_eu", "Jira Europe"))}
    assert named_in("jiraffe pictures", products) == (None, "jiraffe pictures")
    assert named_in("jira-eu for the fair", products) == ("jira_eu", "for the fair")
    assert named_in("JIRA EUROPE", products) == ("jira_eu", "")
    assert named_in("jira", products) == ("jira", "")


async def test_command_of_invisible_characters_opens_the_form(http_door: Door) -> None:
    """It says nothing, so the form asks."""
    slack = http_door.sandbox.slack
    await slack.types("ada", "/request-jira \u200b\u2060")
    assert await http_door.requests() == []
    assert len(slack.views("ada")) == 1


async def test_status_names_who_denied_and_why(http_door: Door) -> None:
    """The message with the answer may be long gone."""
    await http_door.sandbox.slack.types("ada", "/request-jira planning")
    (request,) = await http_door.requests()
    approvers = http_door.desk.directory.approvers
    grace = SlackPerson(team_id=request.team_id, slack_id="U0GRACE")
    click = Click(actor=grace, request_id=request.id, approvers=approvers, channel="G0ADMINS")
    settings = http_door.desk.settings
    await http_door.database.write(
        lambda uow: decisions.decide_checked(uow, click, verdict=Verdict.DENY, reason="no seat for you", settings=settings)
    )
    await http_door.sandbox.slack.types("ada", "/request-jira status")
    assert "<@U0GRACE> denied it" in told(http_door, "ada")
    assert "no seat for you" in told(http_door, "ada")


async def test_form_says_when_there_is_a_request_already(door: Door) -> None:
    """A closed window would look like success."""
    slack = door.sandbox.slack
    await slack.types("ada", "/request-jira planning")
    await slack.types("ada", "/request-jira")
    await slack.submits("ada", slack.views("ada")[-1], {"reason": "planning"})
    assert "already asked for Jira" in str(slack.views("ada")[-1].blocks)


@pytest.mark.parametrize("planted", [{"code": "expired_trigger_id"}, {"status": 500}, {"drop": "before"}, {"delay_s": 2.5}])
async def test_slow_slack_gets_a_button_instead_of_a_form(door: Door, planted: dict[str, Any]) -> None:
    """A trigger lives for 3 s and works once; a person gets a second one, not an error."""
    slack = door.sandbox.slack
    door.sandbox.faults.add(Fault(side="slack", match="views.open", times=1, **planted))
    delivery = await slack.types("ada", "/request-jira")
    assert delivery.outcome is Outcome.OK
    offer = slack.ephemerals("ada")[-1]
    door.sandbox.faults.clear()
    await slack.clicks("ada", offer, "form.open")
    assert [view.callback_id for view in slack.views("ada")][-1:] == ["request.file"]


async def test_status_and_help_are_words_only_when_they_stand_alone(door: Door) -> None:
    """ "status page for the release" is a reason."""
    slack = door.sandbox.slack
    await slack.types("ada", "/request-jira Status")
    assert "haven't asked" in told(door, "ada")
    await slack.types("ada", "/request-jira help")
    assert "/request-jira status" in told(door, "ada")
    await slack.types("ada", "/request-jira status page for the release")
    assert len(await door.requests()) == 1


async def test_request_is_taken_back_from_the_status_list(door: Door) -> None:
    """The person is told, and the list they pressed in is replaced."""
    slack = door.sandbox.slack
    await slack.types("ada", "/request-jira planning")
    await slack.types("ada", "/request-jira status")
    await slack.clicks("ada", slack.ephemerals("ada")[-1], "request.cancel")
    await door.desk.asides.drain(5)
    (request,) = await door.requests()
    assert request.status is RequestStatus.CANCELLED
    assert "You took back your request for Jira." in told(door, "ada")


async def test_somebody_elses_request_is_not_taken_back(door: Door) -> None:
    """A button's value can be forged; whose request it is stands in the database."""
    slack = door.sandbox.slack
    await slack.types("ada", "/request-jira planning")
    await slack.types("ben", "/request-jira my own")
    await slack.types("ben", "/request-jira status")
    adas = next(request for request in await door.requests() if request.requester_slack_id == "U0ADA")
    await slack.clicks("ben", slack.ephemerals("ben")[-1], "request.cancel", value=adas.id)
    await door.desk.asides.drain(5)
    assert {request.status for request in await door.requests()} == {RequestStatus.PENDING}
    assert "can't be taken back" in told(door, "ben")


async def test_home_is_drawn_by_the_outbox(door: Door) -> None:
    """Opening the tab is told to us after the fact; the drawing is a job like any other."""
    await door.sandbox.slack.opens_home("ada")
    assert await door.jobs() == ["home.publish"]


async def test_many_people_at_once_are_all_answered_in_time(door: Door) -> None:
    """Nothing runs between a request and its ack but one commit."""
    people = [user.key for user in door.sandbox.slack.people.users.values() if user.kind.value == "member" and user.can_act][:20]
    deliveries = await asyncio.gather(*(door.sandbox.slack.types(person, "/request-jira back to work") for person in people))
    assert {delivery.outcome for delivery in deliveries} == {Outcome.OK}
    assert len(await door.requests()) == len(people)
