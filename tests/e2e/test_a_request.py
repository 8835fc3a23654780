"""The main job, from the slash command to the access read back, as people see it."""

import asyncio
from datetime import timedelta

import pytest

from storage import audit
from storage.audit import Verified
from storage.lifecycle import RequestStatus
from tests.e2e.conftest import Stage, on_stage


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_person_asks_and_gets_their_access_back(
    transport: str, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The whole point: one command and one click give back exactly the seat that was taken."""
    monkeypatch.chdir(tmp_path_factory.mktemp("bot"))
    async with on_stage(monkeypatch, transport=transport, database_url=database_url) as stage:
        slack, atlassian = stage.sandbox.slack, stage.sandbox.atlassian
        before = atlassian.groups_of("ada")

        delivery = await slack.types("ada", "/request-jira the sprint board is my Monday")
        assert delivery.outcome == "ok"
        card = await stage.card(saying="asks for Jira")
        assert "the sprint board is my Monday" in card.words
        assert "ada.park@acme.example" in card.words

        await slack.clicks("grace", card, "request.approve")
        await stage.told("ada", "You have Jira again")
        await stage.card(saying="has Jira again")

        assert atlassian.has_product("ada", "jira")
        assert atlassian.groups_of("ada") == before | {"jira-users-acme"}
        assert len(stage.cards()) == 1
        assert {ping.target for ping in slack.pings} <= {"U0ADA", "U0GRACE"}
        assert await stage.kinds() == ["request.filed", "request.approved", "access.step", "person.linked", "access.granted"]
        verdict = await stage.parts.database.read(audit.verify)
        assert isinstance(verdict, Verified)


async def test_the_form_asks_for_the_reason(stage: Stage) -> None:
    """Somebody who types only the command is asked for the reason in a form, with the product chosen."""
    slack = stage.sandbox.slack
    await slack.types("ada", "/request-jira")
    (form,) = slack.views("ada")
    await slack.submits("ada", form, {"reason": "planning the offsite"})
    await stage.told("ada", "is in")
    card = await stage.card(saying="planning the offsite")
    await slack.clicks("omar", card, "request.approve")
    await stage.told("ada", "You have Jira again")
    assert slack.views("ada") == []


async def test_the_general_command_offers_all_products(stage: Stage) -> None:
    """`/request-access` lets people choose among the products of the settings."""
    slack = stage.sandbox.slack
    await slack.types("ben", "/request-access")
    (form,) = slack.views("ben")
    await slack.submits("ben", form, {"product": "confluence", "reason": "the handbook"})
    card = await stage.card(saying="asks for Confluence")
    await slack.clicks("grace", card, "request.approve")
    await stage.told("ben", "You have Confluence again")
    assert stage.sandbox.atlassian.has_product("ben", "confluence")


async def test_a_denial_reaches_the_person_with_its_reason(stage: Stage) -> None:
    """A no without a reason helps nobody: the approver has to give one, and the person reads it."""
    slack = stage.sandbox.slack
    await slack.types("dan", "/request-jira just curious")
    card = await stage.card(saying="asks for Jira")
    await slack.clicks("grace", card, "request.deny")
    (form,) = slack.views("grace")
    submission = await slack.submits("grace", form, {"reason": "Recruiting moved to another tool in May."})
    assert not submission.errors
    note = await stage.told("dan", "was denied")
    assert "Recruiting moved to another tool in May." in note.words
    drawn = await stage.card(saying="Denied: Jira")
    assert drawn.buttons == []
    assert not stage.sandbox.atlassian.has_product("dan", "jira")
    assert (await stage.request()).status is RequestStatus.DENIED


async def test_two_approvers_at_once_make_one_decision(stage: Stage) -> None:
    """Two clicks in the same moment give one grant, and the slower approver is told who was first."""
    slack = stage.sandbox.slack
    await slack.types("ada", "/request-jira two at once")
    card = await stage.card(saying="asks for Jira")
    await asyncio.gather(slack.clicks("grace", card, "request.approve"), slack.clicks("omar", card, "request.approve"))
    await stage.told("ada", "You have Jira again")
    trail = await stage.kinds()
    assert trail.count("request.approved") == 1
    writes = [write for write in stage.sandbox.atlassian.writes if write.by == "api"]
    assert len(writes) == 1
    decided = (await stage.card(saying="has Jira again")).words
    loser = "omar" if "U0GRACE" in decided else "grace"
    await stage.whispered(loser, "Somebody was faster")


async def test_the_same_person_asking_twice_has_one_request(stage: Stage) -> None:
    """People press Enter again when nothing seems to happen; they get an answer, not a second card."""
    slack = stage.sandbox.slack
    await slack.types("ada", "/request-jira one")
    await stage.card(saying="asks for Jira")
    await slack.types("ada", "/request-jira two")
    await stage.whispered("ada", "already asked")
    assert len(stage.cards()) == 1


async def test_somebody_with_access_is_told_and_no_card_is_posted(stage: Stage) -> None:
    """A request that needs no decision costs no approver a look."""
    slack = stage.sandbox.slack
    await slack.types("hugo", "/request-jira am I in?")
    note = await stage.told("hugo", "You have Jira already")
    assert any(element.get("url", "").startswith("https://acme.atlassian.net") for _, element in note.elements())
    assert stage.cards() == []


async def test_a_request_that_nobody_decides_expires(stage: Stage) -> None:
    """After a week the person is told that nobody answered, and the card has no buttons any more."""
    slack = stage.sandbox.slack
    await slack.types("ada", "/request-jira anybody there?")
    await stage.card(saying="asks for Jira")
    stage.later(timedelta(hours=169))
    await stage.told("ada", "Nobody answered")
    assert (await stage.card(saying="Nobody answered")).buttons == []


async def test_status_and_taking_back(stage: Stage) -> None:
    """`status` tells where a request stands; its button takes it back."""
    slack = stage.sandbox.slack
    await slack.types("ada", "/request-jira on second thought")
    await stage.card(saying="asks for Jira")
    await slack.types("ada", "/request-jira status")
    answer = slack.ephemerals("ada")[-1]
    (cancel,) = [element["action_id"] for _, element in answer.elements() if element["text"]["text"].startswith("Take")]
    await slack.clicks("ada", answer, cancel)
    await stage.card(saying="took back")
    assert (await stage.request()).status is RequestStatus.CANCELLED


async def test_help_answers_in_private(stage: Stage) -> None:
    """`help` explains the command to the person alone."""
    await stage.sandbox.slack.types("ada", "/request-jira help")
    assert "/request-jira" in stage.sandbox.slack.ephemerals("ada")[-1].words
    assert stage.cards() == []
