"""Ways back that take more than one look: a queue for a seat, an address that changed, account ids of every shape."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from sandbox.atlassian import acts
from sandbox.server import Sandbox
from tests.e2e.conftest import Stage
from tests.e2e.ways import SEAT, Gain, Row, act, everybody, play, says, told_soon

OpenStage = Callable[..., Any]

QUEUE_STEP = timedelta(seconds=31)


async def _approved(stage: Stage, who: str, *, asks: str = "") -> None:
    await stage.sandbox.slack.types(who, "/request-jira I need it back")
    card = await stage.card(saying=f"<@U0{who.upper()}> asks for Jira")
    says(card.words, (asks,))
    await stage.sandbox.slack.clicks("grace", card, "request.approve")


async def test_a_full_licence_is_a_queue_in_order_of_approval(small_stage: OpenStage) -> None:
    """Each reads their place; a seat that frees goes to whoever was approved first, and the next moves up."""
    async with small_stage(free_seats=0) as stage:
        atlassian = stage.sandbox.atlassian
        before = everybody(stage.sandbox)
        for place, who in enumerate(("dan", "ada"), start=1):
            await _approved(stage, who, asks="None: it would wait for one")
            says((await stage.told(who, "Approved, and waiting")).words, (f"You are number {place} in the queue",))
            await stage.card(saying=f"no seat left. It is number {place} in the queue")
        assert everybody(stage.sandbox) == before
        acts.do(atlassian, atlassian.person("kit"), "remove_product", product="jira")
        await stage.told("dan", "You have Jira again", step=QUEUE_STEP)
        assert (atlassian.groups_of("dan"), atlassian.has_product("ada", "jira")) == ({"jira-users-acme"}, False)
        await stage.card(saying="<@U0DAN> has Jira again", at=0)
        await stage.card(saying="It is number 1 in the queue", at=1, step=QUEUE_STEP)
        acts.do(atlassian, atlassian.person("hugo"), "remove_product", product="jira")
        await stage.told("ada", "You have Jira again", step=QUEUE_STEP)
        assert atlassian.groups_of("ada") == {"jira-users-acme", "confluence-users-acme", "design"}
        assert {write.act for write in atlassian.writes if write.by == "api"} == {"group.add"}


async def test_a_suspension_waits_for_a_seat_too(small_stage: OpenStage) -> None:
    """What Atlassian refuses for want of a seat is the queue, whichever step it refuses."""
    async with small_stage(free_seats=0) as stage:
        await _approved(stage, "mona", asks="Lifts the suspension")
        await stage.told("mona", "You are number 1 in the queue")
        stage.sandbox.atlassian.capacity["jira"] += 1
        await stage.told("mona", "You have Jira again", step=QUEUE_STEP)
        assert stage.sandbox.atlassian.has_product("mona", "jira")


async def test_an_address_that_changed_since_the_last_return_asks_a_human(small_stage: OpenStage) -> None:
    """The account is pinned to the address that it was found by: with another one it may be another person's."""
    async with small_stage() as stage:
        atlassian = stage.sandbox.atlassian
        await _approved(stage, "ada")
        await told_soon(stage, "ada", "You have Jira again")
        acts.do(atlassian, atlassian.person("ada"), "remove_product", product="jira")
        stage.sandbox.slack.change_email("ada", "ada.weber@acme.example")
        before = everybody(stage.sandbox)
        await stage.sandbox.slack.types("ada", "/request-jira married, and back")
        card = await stage.card(saying="needs you")
        says(card.words, ("e-mail in Slack no longer matches the Atlassian account", "`comeback people link U0ADA=ACCOUNT_ID`"))
        await stage.told("ada", "Your e-mail address has changed, and an admin has to confirm that the account is yours")
        assert everybody(stage.sandbox) == before


async def test_an_address_that_changed_in_atlassian_is_the_same_person(small_stage: OpenStage) -> None:
    """Pinned by its id, an account is found again whatever address it has there by now."""
    async with small_stage() as stage:
        atlassian = stage.sandbox.atlassian
        await _approved(stage, "ada")
        await told_soon(stage, "ada", "You have Jira again")
        acts.do(atlassian, atlassian.person("ada"), "remove_product", product="jira")
        atlassian.change(atlassian.person("ada"), act="email", by="idp", email="ada.weber@acme.example")
        await _approved(stage, "ada", asks="ada.weber@acme.example")
        await stage.card(saying="has Jira again")
        assert atlassian.has_product("ada", "jira")


LEGACY, COLON, UUID = r"[0-9a-f]{24}", r"\d+:[0-9a-f-]{36}", r"[0-9a-f-]{36}"


def _lost_jira(sandbox: Sandbox, *, shape: str) -> str:
    """The first person without Jira, but with a home, whose account id has this shape."""
    people = (human for human in sandbox.world.humans if human.lost == ("jira",) and not human.groups and human.accounts == 1)
    return next(human.key for human in people if re.fullmatch(shape, sandbox.atlassian.person(human.key).id))


@pytest.mark.parametrize("shape", [LEGACY, COLON, UUID], ids=["legacy", "with a colon", "uuid"])
async def test_account_ids_of_every_shape_come_back(small_stage: OpenStage, shape: str) -> None:
    """An id goes into addresses as it is, a colon included, for each of the three steps that a stacked return takes."""
    async with small_stage() as stage:
        who = _lost_jira(stage.sandbox, shape=shape)
        account_id = stage.sandbox.atlassian.person(who).id
        row = Row(
            id=shape,
            who=who,
            arranged=(act("suspend"), act("deactivate")),
            asks=("asks for Jira", "Reactivates the account, lifts the suspension, adds to `jira-users-acme`"),
            ends=("has Jira again", "Account reactivated, suspension lifted, added to `jira-users-acme`"),
            told=("You have Jira again",),
            gains=Gain(activated=True, active_in=("acme",), groups=SEAT),
        )
        await play(stage, row)
        writes = [write for write in stage.sandbox.atlassian.writes if write.by == "api"]
        assert [(write.act, write.account_id) for write in writes] == [
            ("lifecycle.enable", account_id),
            ("directory.restore", account_id),
            ("group.add", account_id),
        ]
        named = [call.path for call in stage.sandbox.atlassian.calls if account_id in unquote(call.path)]
        assert f"/users/{account_id}/manage/lifecycle/enable" in {unquote(path) for path in named}
        assert not any("%25" in path for path in named)
