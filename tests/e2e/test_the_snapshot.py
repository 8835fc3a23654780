"""A seat that Comeback took comes back exactly as it was: no group more, none less, and the card says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.atlassian import acts
from sandbox.faults import Fault
from storage import reclaims, scans, seats
from storage.db import UnitOfWork
from storage.lifecycle import ReclaimStatus, ScanOrigin, SeatActivity
from storage.seat_records import SeenSeat
from tests.e2e.conftest import Stage
from tests.e2e.taking import agree, change, hugo, licence_group, link, take

OpenStage = Callable[..., Any]
USER = "atlassian/user"


@pytest.fixture(autouse=True)
def _removal_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "reclaim")


async def come_back(stage: Stage, *, saying: str) -> str:
    """He asks, grace approves, he is told; the words of the card before the click, which had to say *saying*."""
    await stage.sandbox.slack.types("hugo", "/request-jira please")
    card = await stage.card(saying="asks for Jira")
    words = str(card.words)
    assert saying in words
    await stage.sandbox.slack.clicks("grace", card, "request.approve")
    await stage.told("hugo", "You have Jira again")
    return words


async def test_exactly_what_was_taken_returns(stage: Stage) -> None:
    """On both databases: the seat goes, the other product stays, and one approval puts back the very same memberships."""
    before = hugo(stage)
    await take(stage, "jira")
    assert not stage.sandbox.atlassian.has_product("hugo", "jira")
    assert stage.sandbox.atlassian.has_product("hugo", "confluence")
    words = await come_back(stage, saying="Comeback took this seat back")
    assert "Puts back `jira-users-acme`" in words
    assert "and puts back exactly what it took" in words
    assert hugo(stage) == before
    trail = await stage.kinds()
    assert [kind for kind in trail if kind.startswith("seat.")] == ["seat.snapshot", "seat.step", "seat.reclaimed", "seat.returned"]


async def test_many_groups_and_a_role_return_together(small_stage: OpenStage) -> None:
    """Every path that was taken is put back, one step for each, also where the first one gives the access already."""
    async with small_stage() as stage:
        jira = stage.sandbox.atlassian.catalog.product("jira").ari
        # So many that their ids would not fit into one word of the audit trail.
        projects = [licence_group(stage, f"jira-project-{letter * 30}", "jira") for letter in "uvwxyz"]
        before = change(stage, groups=hugo(stage).groups | {one.id for one in projects}, roles=frozenset({(jira, USER)}))
        await take(stage, "jira")
        assert not stage.sandbox.atlassian.has_product("hugo", "jira")
        assert hugo(stage).roles == frozenset()
        words = await come_back(stage, saying=f"`jira-project-{'x' * 30}`")
        assert "`jira-users-acme`" in words
        await stage.card(saying="has Jira again")
        assert hugo(stage) == before


async def test_a_group_that_is_gone_is_replaced_and_named(small_stage: OpenStage) -> None:
    """The old group was deleted: the person gets the product's licence group, and the card says so before the click and after it."""
    async with small_stage() as stage:
        old = licence_group(stage, "jira-2019", "jira")
        change(stage, groups=frozenset({old.id}))
        await take(stage, "jira")
        del stage.sandbox.atlassian.catalog.groups[old.id]
        stage.later(timedelta(minutes=61))
        words = await come_back(stage, saying="`jira-2019` can't be given any more")
        assert "they would get `jira-users-acme` instead" in words
        card = await stage.card(saying="has Jira again")
        assert "they got `jira-users-acme` instead" in card.words
        assert stage.sandbox.atlassian.has_product("hugo", "jira")


async def test_a_group_of_two_products_is_taken_once_and_fills_both(small_stage: OpenStage) -> None:
    """Both products were agreed to, and one group gives both: each snapshot names it, and the first return brings it back."""
    async with small_stage() as stage:
        both = licence_group(stage, "everything", "jira", "confluence")
        before = change(stage, groups=frozenset({both.id}))
        await take(stage, "jira", "confluence")
        assert hugo(stage).groups == frozenset()
        words = await come_back(stage, saying="`everything`")
        assert "The same group also gives" in words
        assert hugo(stage) == before


async def test_a_group_that_gives_another_product_is_left_alone(small_stage: OpenStage) -> None:
    """Only Jira was agreed to: nothing is taken, and the group in the way is named."""
    async with small_stage() as stage:
        both = licence_group(stage, "everything", "jira", "confluence")
        before = change(stage, groups=frozenset({both.id}))
        await agree(stage, "jira")
        await stage.logged("seat.kept")
        assert hugo(stage) == before
        reclaim = await _only(stage)
        assert (reclaim.status, reclaim.reason_code) == (ReclaimStatus.STOPPED, "in_the_way")
        assert reclaim.details["groups"] == "everything"


async def test_a_group_that_gives_more_by_now_is_named(small_stage: OpenStage) -> None:
    """The group that comes back gives Confluence too since it was taken: whoever approves reads that, at today's state."""
    async with small_stage() as stage:
        project = licence_group(stage, "jira-project-x", "jira")
        change(stage, groups=frozenset({project.id}))
        await take(stage, "jira")
        licence_group(stage, "jira-project-x", "jira", "confluence")
        stage.later(timedelta(minutes=61))
        await come_back(stage, saying="The same group also gives Confluence")


async def test_a_half_taken_seat_is_not_forgotten(small_stage: OpenStage) -> None:
    """One of two groups went, the other was refused: the person has the product still, and the snapshot is held until it is whole."""
    async with small_stage() as stage:
        project = licence_group(stage, "a-project", "jira")
        change(stage, groups=hugo(stage).groups | {project.id})
        stage.sandbox.faults.add(Fault(match="DELETE /memberships", status=400, code="ADMIN-400-24", skip=1))
        await agree(stage, "jira")
        await stage.logged("seat.needs_attention")
        stage.sandbox.faults.clear()
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.told("hugo", "You have Jira already", step=timedelta(seconds=10))
        assert (await _only(stage)).status is ReclaimStatus.NEEDS_ATTENTION


async def test_a_first_request_protects_its_seat(small_stage: OpenStage) -> None:
    """Nobody is linked before their first grant: the account that was found by their address is spared all the same."""
    async with small_stage() as stage:
        before = hugo(stage)
        acts.do(stage.sandbox.atlassian, hugo(stage), "remove_product", product="jira")
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.card(saying="asks for Jira")
        acts.do(stage.sandbox.atlassian, hugo(stage), "add_product", product="jira")
        await agree(stage, "jira")
        await stage.logged("seat.kept")
        assert hugo(stage) == before


async def test_who_asks_while_a_shared_group_goes_gets_it_back(small_stage: OpenStage) -> None:
    """One group gave both products and went with the first of them: the second seat is held as well, and a request returns it."""
    async with small_stage() as stage:
        both = licence_group(stage, "everything", "jira", "confluence")
        before = change(stage, groups=frozenset({both.id}))
        await stage.parts.database.write(lambda uow: link(stage, uow))
        stage.sandbox.faults.add(Fault(match="POST /users/search$", status=503, skip=1, times=1))
        await agree(stage, "jira", "confluence")
        await stage.logged("seat.step")
        await stage.sandbox.slack.types("hugo", "/request-confluence please")
        await stage.logged("seat.reclaimed", times=2, step=timedelta(seconds=5))
        card = await stage.card(saying="asks for Confluence", step=timedelta(seconds=5))
        assert "`everything`" in card.words
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.told("hugo", "You have Confluence again")
        assert hugo(stage) == before


async def test_a_seat_that_is_taken_goes_to_who_waits_for_one(small_stage: OpenStage) -> None:
    """The licence is full: the request waits in view, and goes on by itself the moment a reclaim frees a seat."""
    async with small_stage(free_seats=0) as stage:
        await stage.sandbox.slack.types("ada", "/request-jira please")
        await stage.sandbox.slack.clicks("grace", await stage.card(saying="asks for Jira"), "request.approve")
        await stage.told("ada", "Approved, and waiting")
        await take(stage, "jira")
        await stage.told("ada", "You have Jira again", step=timedelta(seconds=2))
        assert not stage.sandbox.atlassian.has_product("hugo", "jira")


async def test_a_limit_and_our_own_count_tell_how_many_seats_are_left(small_stage: OpenStage) -> None:
    """Nobody tells the seats of Jira without a site token, but the workspace has a limit, and a scan has counted."""
    async with small_stage(ATLASSIAN_SITE_URL="", ATLASSIAN_SITE_EMAIL="", ATLASSIAN_SITE_TOKEN="") as stage:
        stage.sandbox.atlassian.capacity["jira"] = 40
        await stage.parts.database.write(_count_three)
        await stage.sandbox.slack.types("ada", "/request-jira please")
        assert "About 37, by the last scan" in (await stage.card(saying="asks for Jira")).words


def _count_three(uow: UnitOfWork) -> None:
    scan = scans.start(uow, product="jira", origin=ScanOrigin.TERMINAL)
    assert scan is not None
    seen = [
        SeenSeat(account_id=f"a{n}", name=None, email=None, added_at=uow.now, last_active_at=uow.now, activity=SeatActivity.ACTIVE)
        for n in range(3)
    ]
    seats.see(uow, "jira", scan.id, seen)


async def _only(stage: Stage) -> Any:
    def found(uow: UnitOfWork) -> Any:
        row = uow.connection.exec_driver_sql("SELECT id FROM reclaims").one()
        return reclaims.get(uow, row.id)

    return await stage.parts.database.read(found)


async def test_who_asks_for_the_product_keeps_it(small_stage: OpenStage) -> None:
    """A linked person with an open request is not taken from, however late the request came."""
    async with small_stage() as stage:
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.told("hugo", "You have Jira already")
        await take(stage, "jira")
        await come_back(stage, saying="Comeback took this seat back")
        before = hugo(stage)
        acts.do(stage.sandbox.atlassian, hugo(stage), "remove_product", product="jira")
        await stage.sandbox.slack.types("hugo", "/request-jira once more")
        await stage.card(saying="once more")
        acts.do(stage.sandbox.atlassian, hugo(stage), "add_product", product="jira")
        await agree(stage, "jira")
        await stage.logged("seat.kept")
        assert hugo(stage) == before


async def test_what_came_back_by_itself_is_not_held_any_more(small_stage: OpenStage) -> None:
    """An admin gave the seat back by hand: the person is told that they have it, and the snapshot is history."""
    async with small_stage() as stage:
        await take(stage, "jira")
        acts.do(stage.sandbox.atlassian, hugo(stage), "add_product", product="jira")
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.told("hugo", "You have Jira already")
        returned = next(entry for entry in await stage.trail() if entry.kind == "seat.returned")
        assert '"how":"by_itself"' in returned.body


async def test_a_group_that_an_identity_provider_took_over_stays_with_it(small_stage: OpenStage) -> None:
    """Refused at the first step: nothing was taken, nothing is held, and Atlassian's reason is kept."""
    async with small_stage() as stage:
        before = hugo(stage)
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.told("hugo", "You have Jira already")
        group = stage.sandbox.atlassian.catalog.group_named("jira-users-acme")
        stage.sandbox.atlassian.catalog.groups[group.id] = replace(group, external=True)
        await agree(stage, "jira")
        await stage.logged("seat.kept")
        assert hugo(stage) == before
        assert (await _only(stage)).status is ReclaimStatus.STOPPED
