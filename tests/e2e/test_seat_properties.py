"""Generated organizations: nobody who must keep a seat ever loses it, everybody else loses exactly it, and undo restores the world."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

import pytest

from bot.slack.surfaces import plan
from tests.e2e.conftest import Stage
from tests.e2e.idle_words import members, plan_of
from tests.e2e.quiet import one_look, until_quiet
from tests.e2e.seat_oracle import WARN, Key
from tests.e2e.seat_people import CLEAN, CONTROLS, PROTECTED, Twist
from tests.e2e.seat_story import Story
from tests.e2e.ways import everybody

OpenStage = Callable[..., Any]
SETTINGS = {
    "COMEBACK_IDLE__MODE": "reclaim",
    "COMEBACK_IDLE__MAX_SHARE": "1",
    "COMEBACK_IDLE__MAX_PER_RUN": "1000",
    "COMEBACK_IDLE__PROTECTED_GROUPS": f'["{PROTECTED}"]',
}


@pytest.mark.large
async def test_seats_go_and_come_back_as_they_must(small_stage: OpenStage) -> None:
    """An oracle that shares no line with the bot says which accounts change and how; after the undo all are what they were."""
    async with small_stage(**SETTINGS) as stage:
        story, planned_at = await _until_the_approval(stage, seed=1)
        before, wanted, losers = everybody(stage.sandbox), story.ledger.after_the_plan(), story.ledger.losers()
        writes = len(stage.sandbox.atlassian.writes)
        await story.press(plan.APPROVE)
        after = everybody(stage.sandbox)
        assert [_told(story, one, before[one], after[one]) for one in after if after[one] != wanted[one]] == []
        assert {one.act for one in stage.sandbox.atlassian.writes[writes:]} == {"group.remove", "role.revoke"}
        assert {key for key in losers if not _was_told(story, key, planned_at)} == set()
        _each_twist_alone(story, losers)

        await story.press(plan.UNDO)
        _assert_restored(story, before)


@pytest.mark.large
async def test_an_undo_amid_the_removals_restores_the_world(small_stage: OpenStage, postgres_url: str) -> None:
    """
    On PostgreSQL, where each removal has a transaction of its own beside the undo's: nobody stays without their seat.

    Half of those who are told that theirs is gone ask for it back at once, and that is approved, before the undo and after it.
    """
    async with small_stage(**SETTINGS, database_url=postgres_url) as stage:
        story, _ = await _until_the_approval(stage, seed=2)
        before, losers, taken = everybody(stage.sandbox), story.ledger.losers(), _removals(stage)
        await story.click(plan.APPROVE)
        half = taken + len(losers) // 2
        while _removals(stage) < half:
            await one_look(stage)
            await story.some_ask_back()
        await story.press(plan.UNDO)
        while await story.some_ask_back():
            await until_quiet(stage)
        assert half <= _removals(stage) < taken + len(losers)
        _assert_restored(story, before)


async def _until_the_approval(stage: Stage, *, seed: int) -> tuple[Story, datetime]:
    """A story whose plan names exactly those whom it must name and waits for its approval, and when it was made."""
    story = Story(stage=stage, chance=Random(seed), drawn=60)
    await story.begin()
    await story.until_the_plan()
    planned_at = stage.sandbox.clock.now()
    planned = await members(stage, (await plan_of(stage)).id)
    found = {(one.account_id, one.product) for one in planned.values()}
    assert _named(story, found - story.ledger.planned) == []
    assert _named(story, story.ledger.planned - found) == []
    await story.while_it_waits()
    return story, planned_at


def _removals(stage: Stage) -> int:
    return sum(one.act in {"group.remove", "role.revoke"} and one.by == "api" for one in stage.sandbox.atlassian.writes)


def _assert_restored(story: Story, before: dict[str, Any]) -> None:
    again = everybody(story.stage.sandbox)
    assert [_told(story, one, before[one], again[one]) for one in again if again[one] != before[one]] == []


def _named(story: Story, keys: set[Key]) -> list[tuple[Any, ...]]:
    """Whose seats these are, for whoever reads the failure."""
    cases = {person.account_id: person.case for person in story.people}
    accounts = {account.id: account.key for account in story.ledger.accounts()}
    return [(accounts[account_id], product, cases.get(account_id)) for account_id, product in sorted(keys)]


def _told(story: Story, account_id: str, before: Any, after: Any) -> tuple[Any, ...]:
    """Who differs, for whoever reads the failure."""
    case = next((person.case for person in story.people if person.account_id == account_id), None)
    names = {group.id: group.name for group in story.stage.sandbox.atlassian.catalog.groups.values()}
    groups = [sorted(names[group] for group in account.groups) for account in (before, after)]
    return (before.key, case, *groups, before.roles, after.roles)


def _was_told(story: Story, key: Key, planned_at: Any) -> bool:
    """Whether Slack shows that the holder was written to in time, or that they let the seat go."""
    account = story.stage.sandbox.atlassian.register.get(key[0])
    assert account is not None
    in_time = [one for one in story.stage.sandbox.slack.dm(account.key) if float(one.ts) <= (planned_at - WARN).timestamp()]
    return key in story.ledger.let_go or any(key[1].capitalize() in one.words for one in in_time)


def _each_twist_alone(story: Story, losers: set[Key]) -> None:
    """Each reason is the only one for somebody, and somebody for whom nothing speaks loses both seats."""
    for person in story.people[: len(Twist)]:
        lost = {product for account_id, product in losers if account_id == person.account_id}
        allowed = {Twist.LATE_ADMIN_BY_GROUP: {"confluence"}, Twist.ADMIN_BY_GROUP: {"confluence"}, Twist.LATE_REQUEST: {"confluence"}}
        saved = allowed.get(person.case.twist, set())
        assert lost == (set(CLEAN_PRODUCTS) if person.case.twist in CONTROLS else saved), person.case


CLEAN_PRODUCTS = tuple(group.partition("-")[0] for group in CLEAN)
