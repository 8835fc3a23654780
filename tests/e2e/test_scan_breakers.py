"""What does not look right stops a scan before anybody is warned; what is only a lot is a question, and a click answers it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.figures.awaiting import CardPlace, HeldScan
from bot.usecases.pending import awaiting
from sandbox.atlassian.accounts import Account
from sandbox.faults import Fault
from storage import seats
from storage.lifecycle import ScanStatus, SeatActivity
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.scanned import DAY, EVERYBODY, FEW, OpenStage, candidates, classes, ended, everybody, holders, scan, visited


async def test_what_is_asked_about_goes_on_by_a_click_and_nothing_else_does(small_stage: OpenStage) -> None:
    """A first backlog is a question; the click releases exactly that list, and the question says who decided."""
    async with small_stage(**FEW) as stage:
        await _release(stage)


async def _release(stage: Stage) -> None:
    held = await scan(stage)
    assert (held.status, held.code) == (ScanStatus.HELD, "share")
    question = await stage.card(saying="look idle at my first look")
    assert (await _listed(stage)).count(b"\n") == held.figures["newly_idle"] + 1
    assert "Longest idle: " in question.words
    stage.later(DAY)
    await scan(stage, "jira")
    waits = await stage.parts.database.read(lambda uow: awaiting(uow, ["jira"]))
    assert waits.held == (HeldScan("jira", card=CardPlace(ADMINS, question.ts)),)
    assert await candidates(stage) == []
    mine = await stage.parts.database.read(lambda uow: seats.counts(uow, "jira"))
    await stage.parts.kit.directory.refresh()
    await stage.sandbox.slack.clicks("grace", question, "scan.release")
    await stage.logged("scan.released")
    answered = await stage.card(at=0, saying="going on with")
    assert "<@U0GRACE> decided" in answered.words
    released = await candidates(stage)
    assert len(released) == held.figures["newly_idle"] == mine[SeatActivity.IDLE] + mine[SeatActivity.NEVER_ACTIVE]
    settled = await ended(stage.parts, held.id)
    assert settled.figures["released"] == len(released)


async def test_a_question_whose_answer_was_lost_is_found_and_asked_once(small_stage: OpenStage) -> None:
    """Slack posted it and the connection broke: the next attempt finds it, so that it is linked and listed like any other."""
    async with small_stage(**FEW) as stage:
        stage.sandbox.faults.add(Fault(side="slack", match="chat.postMessage", drop="after", times=1))
        await scan(stage)
        await _listed(stage)
        question = await stage.card(saying="look idle at my first look")
        waits = await stage.parts.database.read(lambda uow: awaiting(uow, ["jira"]))
        assert waits.held == (HeldScan("jira", card=CardPlace(ADMINS, question.ts)),)
        assert len(stage.cards()) == 1


async def _listed(stage: Stage) -> bytes:
    """The list in the question's thread, once it is there; the clock goes on meanwhile."""
    for _ in range(200):
        if stage.sandbox.slack.files():
            return stage.sandbox.slack.files()[0].content or b""
        stage.later(timedelta(seconds=1))
        await asyncio.sleep(0.05)
    raise AssertionError("no list")


async def test_a_list_that_is_left_stays_until_somebody_lets_it_go_on(small_stage: OpenStage) -> None:
    """ "Leave them" is no trap: nobody of the list is warned, and the button to go on is still there."""
    async with small_stage(**FEW) as stage:
        held = await scan(stage)
        question = await stage.card(saying="look idle at my first look")
        await stage.sandbox.slack.clicks("grace", question, "scan.leave")
        left = await stage.card(saying="left alone")
        stage.later(DAY)
        assert await candidates(stage) == []
        await stage.parts.kit.directory.refresh()
        await stage.sandbox.slack.clicks("omar", left, "scan.release")
        await stage.card(saying="going on with")
        assert len(await candidates(stage)) == held.figures["newly_idle"]


async def test_only_the_first_answer_of_an_approver_counts(small_stage: OpenStage) -> None:
    """Somebody else in the channel decides nothing, and whoever comes second is told so."""
    async with small_stage(**FEW) as stage:
        await scan(stage)
        question = await stage.card(saying="look idle at my first look")
        stage.sandbox.slack.joins("ben", "G0ADMINS")
        await stage.sandbox.slack.clicks("ben", question, "scan.release")
        await stage.whispered("ben", "Only approvers can decide")
        await stage.sandbox.slack.clicks("grace", question, "scan.release")
        await stage.sandbox.slack.clicks("omar", question, "scan.leave")
        await stage.whispered("omar", "Somebody was faster")
        await stage.card(saying="going on with")
        assert "scan.left" not in await stage.kinds()


BROKEN: dict[str, tuple[Callable[[Account, datetime, str], Account], str]] = {
    "no_activity": (lambda one, now, ari: visited(one, None, ari=ari), "nobody has ever used it"),
    "stale_activity": (
        lambda one, now, ari: visited(one, min(one.visits.get(ari, now), now - 5 * DAY), ari=ari),
        "nobody has used it since",
    ),
    "same_day": (lambda one, now, ari: visited(one, now.replace(hour=1) - DAY, ari=ari), "everybody used it last on"),
    "fewer_dates": (
        lambda one, now, ari: visited(one, None if int(one.id[-1], 16) % 2 else one.visits.get(ari), ari=ari),
        "people have a date of activity where",
    ),
}


@pytest.mark.parametrize("code", BROKEN)
async def test_what_looks_broken_stops_the_scan(small_stage: OpenStage, code: str) -> None:
    """The channel is told why, nobody turns idle, and what an earlier scan found stays."""
    spoil, saying = BROKEN[code]
    async with small_stage(**EVERYBODY) as stage:
        await scan(stage)
        before = await stage.parts.database.read(lambda uow: seats.candidates(uow, "jira", idle_before=uow.now, limit=1000))
        now, ari = stage.sandbox.clock.now(), stage.sandbox.atlassian.catalog.product("jira").ari
        everybody(stage.sandbox, lambda one: spoil(one, now, ari))
        stopped = await scan(stage)
        assert (stopped.status, stopped.code) == (ScanStatus.STOPPED, code)
        await stage.card(saying=saying)
        after = await stage.parts.database.read(lambda uow: seats.candidates(uow, "jira", idle_before=uow.now, limit=1000))
        assert {one.account_id for one in after} <= {one.account_id for one in before}


async def test_far_fewer_people_stop_the_scan_until_somebody_says_that_they_left(small_stage: OpenStage) -> None:
    """Half of the list missing is a broken read until a human says otherwise."""
    async with small_stage(**EVERYBODY) as stage:
        await scan(stage)
        for account in holders(stage.sandbox)[::2]:
            stage.sandbox.atlassian.register.put(replace(account, groups=frozenset(), roles=frozenset()))
        stopped = await scan(stage)
        assert (stopped.status, stopped.code) == (ScanStatus.STOPPED, "fewer_people")
        await stage.card(saying="--fewer-expected")
        assert (await scan(stage, fewer_expected=True)).status is ScanStatus.COMPLETE
        assert sum((await classes(stage)).values()) == len(holders(stage.sandbox))
