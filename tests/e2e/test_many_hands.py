"""Several hands on one account: removals, undos, requests and scans that meet, and reads that are late."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.effects import undoing
from bot.slack.surfaces import plan
from bot.slack.surfaces.modals import REASON
from bot.usecases import reclaims as usecases
from bot.usecases import warning_rounds
from sandbox.atlassian.accounts import Account
from sandbox.faults import Fault
from storage import reclaims, scans
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus, ReclaimStatus, ScanOrigin, ScanStatus
from storage.records import Reclaim
from tests.e2e.conftest import PATIENCE, Stage
from tests.e2e.idle_words import seen_by, warn
from tests.e2e.plan_words import SECONDS, choose, of_plan, plan_says, press, propose, until
from tests.e2e.quiet import until_quiet
from tests.e2e.taking import USER, agree, change, hugo, licence_group, link, take
from tests.e2e.ways import everybody

OpenStage = Callable[..., Any]
SECOND, A_WHILE, MINUTES = timedelta(seconds=1), timedelta(seconds=20), timedelta(minutes=1)
"""By how much the clock goes on, each second that a story waits."""


@pytest.fixture(autouse=True)
def _removal_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "reclaim")


def ari(stage: Stage, product: str) -> str:
    """The product, as Atlassian names it."""
    return stage.sandbox.atlassian.catalog.product(product).ari


def has_both_by_one_group(stage: Stage, *, and_roles: bool = False) -> Account:
    """Hugo has Jira and Confluence by one group, and perhaps by a role of each besides."""
    roles = frozenset((ari(stage, key), USER) for key in ("jira", "confluence")) if and_roles else frozenset()
    return change(stage, groups=frozenset({licence_group(stage, "both", "jira", "confluence").id}), roles=roles)


async def approve_plan(stage: Stage, *products: str) -> None:
    """Hugo was warned for these, they are planned, and grace approves."""
    await warn(stage, *(("hugo", product) for product in products))
    await propose(stage)
    await press(stage, plan.APPROVE)


async def his(stage: Stage) -> dict[str, Reclaim]:
    """What becomes of his seats, by product."""
    found = await stage.parts.database.read(lambda uow: reclaims.of_account(uow, hugo(stage).id))
    return {one.product: one for one in found}


# -- a group of two products


async def test_a_shared_group_comes_back_after_the_roles_of_both(small_stage: OpenStage) -> None:
    """Once a group gives access nobody assigns a role any more, so the first product to be put back waits for the other one's."""
    async with small_stage() as stage:
        has_both_by_one_group(stage, and_roles=True)
        before = everybody(stage.sandbox)
        await approve_plan(stage, "jira", "confluence")
        await until(stage, BatchStatus.DONE)
        stage.sandbox.faults.add(Fault(match="POST /roles/assign$", status=503, times=1))
        await press(stage, plan.UNDO)
        await until(stage, BatchStatus.UNDONE)
        assert hugo(stage) == before[hugo(stage).id]


async def test_a_group_of_one_product_waits_for_no_other(small_stage: OpenStage) -> None:
    """The licence of Jira is full, and its role can't be assigned for now: Confluence, which has a group of its own, comes back at once."""
    async with small_stage() as stage:
        change(stage, groups=frozenset({licence_group(stage, "own", "confluence").id}), roles=frozenset({(ari(stage, "jira"), USER)}))
        await approve_plan(stage, "jira", "confluence")
        await until(stage, BatchStatus.DONE)
        stage.sandbox.faults.add(Fault(match="POST /roles/assign$", status=409, code="ADMIN-UAM-409-3"))
        await press(stage, plan.UNDO)
        await stage.told("hugo", "Your Confluence seat was given back", step=SECOND)
        assert stage.sandbox.atlassian.has_product("hugo", "confluence")
        assert not stage.sandbox.atlassian.has_product("hugo", "jira")


def test_what_may_take_a_day_is_looked_at_less_and_less() -> None:
    """Each look is two calls: every five seconds at first, and in the end every quarter of an hour."""
    waits = [undoing._pause(timedelta(seconds=seconds)).total_seconds() for seconds in (0, 20, 60, 3600, 86_400)]
    assert waits == [5, 5, 15, 900, 900]


async def test_nothing_is_put_back_amid_a_removal_of_the_same_account(small_stage: OpenStage) -> None:
    """The group of both products, given back with the first, would be taken once more with the second."""
    async with small_stage() as stage:
        has_both_by_one_group(stage)
        stage.sandbox.faults.add(Fault(match="DELETE /memberships", status=503, skip=1, times=1))
        await approve_plan(stage, "jira", "confluence")
        await stage.logged("seat.reclaimed", step=SECONDS)
        first = next(one for one in (await his(stage)).values() if one.status is ReclaimStatus.TAKEN)
        await choose(stage, plan.UNDO_SOME, {REASON: [first.id]})
        await stage.told("hugo", "seat was given back", step=SECONDS)
        await until(stage, BatchStatus.DONE)
        await until_quiet(stage)
        assert stage.sandbox.atlassian.has_product("hugo", first.product)


async def test_who_asks_for_one_while_the_other_is_taken_keeps_what_comes_back(small_stage: OpenStage) -> None:
    """The same for a request: it waits until the other product's removal has ended."""
    async with small_stage() as stage:
        has_both_by_one_group(stage)
        await stage.parts.database.write(lambda uow: link(stage, uow))
        stage.sandbox.faults.add(Fault(match="DELETE /memberships", status=503, skip=1, times=1))
        await agree(stage, "jira", "confluence")
        await stage.logged("seat.reclaimed", step=SECOND)
        first = next(one for one in (await his(stage)).values() if one.status is ReclaimStatus.TAKEN)
        await ask_and_get(stage, first.product)
        await stage.logged("seat.reclaimed", times=2, step=SECONDS)
        await until_quiet(stage)
        assert stage.sandbox.atlassian.has_product("hugo", first.product)


async def ask_and_get(stage: Stage, product: str, *, step: timedelta = SECOND) -> None:
    """He asks, grace approves, he is told."""
    await stage.sandbox.slack.types("hugo", f"/request-{product} please")
    card = await stage.card(saying=f"asks for {product.capitalize()}", step=step)
    await stage.sandbox.slack.clicks("grace", card, "request.approve")
    await stage.told("hugo", f"You have {product.capitalize()} again", step=step)


async def test_what_was_given_back_by_hand_is_not_taken_along(small_stage: OpenStage) -> None:
    """An admin has given the first product back while the removal of the second waited: that would take the group of both once more."""
    async with small_stage() as stage:
        before = has_both_by_one_group(stage)
        stage.sandbox.faults.add(Fault(match="DELETE /memberships", status=503, skip=1, times=1))
        await approve_plan(stage, "jira", "confluence")
        await stage.logged("seat.reclaimed", step=SECONDS)
        change(stage, groups=before.groups)
        await until(stage, BatchStatus.DONE)
        assert hugo(stage) == before
        second = next(one for one in (await his(stage)).values() if one.status is not ReclaimStatus.TAKEN)
        assert "in_the_way" in (second.reason_code, second.details.get("code"))


async def test_a_later_step_takes_no_seat_that_was_asked_for(small_stage: OpenStage) -> None:
    """Jira went half, and waits; Confluence is asked for, and stays: the group of both, which Jira's next step would take, stays too."""
    async with small_stage() as stage:
        groups = [licence_group(stage, "a-project", "jira"), licence_group(stage, "both", "jira", "confluence")]
        change(stage, groups=frozenset(group.id for group in groups))
        await stage.parts.database.write(lambda uow: link(stage, uow))
        limit = Fault(match="DELETE /memberships", status=429, skip=1, times=2, headers={"Retry-After": "60"})
        stage.sandbox.faults.add(limit)
        await agree(stage, "jira", "confluence")
        await stage.logged("seat.step", step=SECOND)
        await stage.sandbox.slack.types("hugo", "/request-confluence please")
        await stage.told("hugo", "You have Confluence already", step=A_WHILE)
        await until_quiet(stage)
        assert stage.sandbox.atlassian.has_product("hugo", "confluence")
        assert groups[1].id in hugo(stage).groups


async def test_what_shows_late_is_not_whole(small_stage: OpenStage) -> None:
    """The first removal took the group of both, which still shows; the second product is asked for, and what it lost stays held."""
    async with small_stage() as stage:
        before = has_both_by_one_group(stage)
        await stage.parts.database.write(lambda uow: link(stage, uow))
        stage.sandbox.atlassian.behaviour.write_lag = timedelta(seconds=30)
        limit = Fault(match="DELETE /memberships", status=429, skip=1, times=1, headers={"Retry-After": "10"})
        stage.sandbox.faults.add(limit)
        await agree(stage, "jira", "confluence")
        await stage.logged("seat.step")
        taken = next(entry.body for entry in await stage.trail() if entry.kind == "seat.step")
        second = "confluence" if '"product":"jira"' in taken else "jira"
        await ask_and_get(stage, second, step=A_WHILE)
        await until_quiet(stage)
        assert hugo(stage) == before


# -- turns


async def test_the_seats_of_one_account_go_together(small_stage: OpenStage) -> None:
    """His seats stand in two plans, an hour apart: they begin together, so that whoever wants one back need not wait an hour."""
    async with small_stage() as stage:
        await stage.parts.database.write(lambda uow: link(stage, uow))
        warned = await warn(stage, ("hugo", "jira"), ("hugo", "confluence"))

        def fact(uow: UnitOfWork) -> None:
            for number, one in enumerate(warned):
                planned = reclaims.plan(uow, account_id=hugo(stage).id, product=one.product, last_active_at=None, warning_id=one.id)
                assert planned is not None
                usecases.approve(uow, planned.id, due_at=uow.now + number * timedelta(hours=1))

        await stage.parts.database.write(fact)
        await stage.logged("seat.reclaimed", times=2, step=SECOND)
        await ask_and_get(stage, "jira")


async def test_a_removal_that_does_not_end_hides_nobody_who_asks(small_stage: OpenStage) -> None:
    """Atlassian fails one group for hours: after two minutes the approvers see who asks, and what they agree to follows the removal."""
    async with small_stage() as stage:
        both = [licence_group(stage, name, "jira") for name in ("one", "two")]
        before = change(stage, groups=hugo(stage).groups - {group_id(stage, "jira-users-acme")} | {one.id for one in both})
        await stage.parts.database.write(lambda uow: link(stage, uow))
        stage.sandbox.faults.add(Fault(match="DELETE /memberships", status=503, skip=1, times=6, when="after"))
        await agree(stage, "jira")
        await stage.logged("seat.step", step=SECOND)
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        card = await stage.card(saying="asks for Jira", step=A_WHILE)
        assert [one.status for one in (await his(stage)).values()] == [ReclaimStatus.TAKING]
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.told("hugo", "You have Jira again", step=MINUTES)
        assert hugo(stage) == before


async def test_who_asks_for_what_they_have_is_told_so_amid_a_removal(small_stage: OpenStage) -> None:
    """Atlassian fails the removal of Jira for hours: whoever asks for Confluence, and has it, need not wait for its end."""
    async with small_stage() as stage:
        await stage.parts.database.write(lambda uow: link(stage, uow))
        stage.sandbox.faults.add(Fault(match="DELETE /memberships", status=503))
        await agree(stage, "jira")
        await stage.logged("seat.snapshot", step=SECOND)
        await stage.sandbox.slack.types("hugo", "/request-confluence please")
        await stage.told("hugo", "You have Confluence already", step=A_WHILE)


async def test_an_account_that_is_gone_ends_the_wait(small_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody finds the account that the seat was taken from: a human is asked, rather than Atlassian again and again."""
    async with small_stage() as stage:
        change(stage, groups=frozenset({licence_group(stage, "own", "jira").id}))
        await stage.parts.database.write(lambda uow: link(stage, uow))
        await take(stage, "jira")
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        card = await stage.card(saying="asks for Jira", step=SECOND)
        organization, gone = stage.sandbox.atlassian, hugo(stage).id
        seen = organization.seen
        monkeypatch.setattr(type(organization), "seen", lambda _, account, **how: None if account.id == gone else seen(account, **how))
        stage.later(11 * MINUTES)
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.logged("request.needs_attention", step=SECOND)


def group_id(stage: Stage, name: str) -> str:
    """The id of a group of the world."""
    return stage.sandbox.atlassian.catalog.group_named(name).id


# -- reads that are late


@pytest.mark.parametrize(("searches", "roles"), [(30, 0), (0, 30), (30, 10)])
async def test_late_reads_look_like_no_return(small_stage: OpenStage, searches: int, roles: int) -> None:
    """What was taken shows for half a minute yet: an undo within that time puts it back all the same."""
    async with small_stage() as stage:
        before = has_both_by_one_group(stage)
        late = stage.sandbox.atlassian.behaviour
        await warn(stage, ("hugo", "jira"), ("hugo", "confluence"))
        late.write_lag, late.role_lag = timedelta(seconds=searches), timedelta(seconds=roles)
        await propose(stage)
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        assert [(one.status, one.reason_code) for one in (await his(stage)).values()] == [(ReclaimStatus.TAKEN, None)] * 2
        await press(stage, plan.UNDO)
        await until(stage, BatchStatus.UNDONE)
        assert hugo(stage) == before


async def test_a_search_that_is_late_for_long_holds_no_removal_up(small_stage: OpenStage) -> None:
    """Nobody says how late it may be: after a minute the roles decide, and the seat counts as taken."""
    async with small_stage() as stage:
        has_both_by_one_group(stage)
        await warn(stage, ("hugo", "jira"))
        late = stage.sandbox.atlassian.behaviour
        late.write_lag, late.role_lag = timedelta(hours=1), timedelta(0)
        change(stage, groups=frozenset({licence_group(stage, "own", "jira").id}))
        stage.later(timedelta(hours=2))
        await propose(stage)
        await press(stage, plan.APPROVE)
        await stage.logged("seat.reclaimed", step=A_WHILE)


async def test_a_request_just_after_the_removal_is_no_false_yes(small_stage: OpenStage) -> None:
    """The message with *Ask for it back* goes out at that moment: whoever is quick is not told that they have it already."""
    async with small_stage() as stage:
        before = change(stage, groups=frozenset({licence_group(stage, "own", "jira").id}))
        await stage.parts.database.write(lambda uow: link(stage, uow))
        late = stage.sandbox.atlassian.behaviour
        late.write_lag, late.role_lag = timedelta(seconds=10), timedelta(0)
        await take(stage, "jira")
        await ask_and_get(stage, "jira")
        assert hugo(stage) == before


@pytest.mark.parametrize("gone", [1, 2])
async def test_what_stopped_half_way_just_now_is_not_taken_for_whole(small_stage: OpenStage, gone: int) -> None:
    """Some of three groups are gone, and show yet; the undo waits until it can tell, and then puts them back."""
    async with small_stage() as stage:
        groups = [licence_group(stage, name, "jira") for name in ("one", "two", "three")]
        before = change(stage, groups=frozenset(one.id for one in groups))
        stage.sandbox.atlassian.behaviour.write_lag = timedelta(seconds=30)
        limit = Fault(match="DELETE /memberships", status=429, skip=1, times=1, headers={"Retry-After": "20"})
        refusal = Fault(match="DELETE /memberships", status=400, code="ADMIN-400-24", skip=gone, times=1)
        for fault in (limit, refusal) if gone == 2 else (refusal,):
            stage.sandbox.faults.add(fault)
        await approve_plan(stage, "jira")
        await stage.logged("seat.needs_attention", step=SECONDS)
        await press(stage, plan.UNDO)
        await until(stage, BatchStatus.UNDONE)
        assert hugo(stage) == before


# -- ends


async def test_a_scan_ends_no_return_that_is_half_done(small_stage: OpenStage) -> None:
    """One of two groups is back, and a scan sees the seat: the other group comes back all the same."""
    async with small_stage() as stage:
        groups = [licence_group(stage, name, "jira") for name in ("one", "two")]
        before = change(stage, groups=frozenset(one.id for one in groups))
        await approve_plan(stage, "jira")
        await until(stage, BatchStatus.DONE)
        stage.later(timedelta(hours=3))
        stage.sandbox.faults.add(Fault(match="POST /memberships", status=429, skip=1, times=1, headers={"Retry-After": "120"}))
        await press(stage, plan.UNDO)
        await stage.sandbox.slack.until(lambda: len(hugo(stage).groups) == 1, timeout=PATIENCE)
        await stage.parts.database.write(lambda uow: _conclude_a_scan(uow, stage))
        await until(stage, BatchStatus.UNDONE)
        assert hugo(stage) == before


def _conclude_a_scan(uow: UnitOfWork, stage: Stage) -> None:
    scan = scans.start(uow, product="jira", origin=ScanOrigin.TERMINAL)
    assert scan is not None
    seen_by(uow, scan.id, hugo(stage), "jira")
    ended = scans.end(uow, scan.id, target=ScanStatus.COMPLETE)
    assert ended is not None
    warning_rounds.after_scan(uow, ended)


async def test_a_product_that_vanishes_amid_an_undo_ends_it(small_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody took it out of the settings: the plan says that the seat was not put back, rather than being undone for ever."""
    async with small_stage() as stage:
        settings = stage.parts.kit.settings
        await approve_plan(stage, "jira")
        await until(stage, BatchStatus.DONE)
        stage.sandbox.atlassian.behaviour.write_lag = timedelta(minutes=10)
        await press(stage, plan.UNDO)
        await stage.logged("seat.undo_step", step=SECOND)
        monkeypatch.setitem(settings.__dict__, "products", {key: one for key, one in settings.products.items() if key != "jira"})
        await until(stage, BatchStatus.UNDONE)
        assert next(iter((await of_plan(stage)).values())).status is ReclaimStatus.TAKEN
        await plan_says(stage, "couldn't be put back")


@pytest.mark.parametrize("by_role", [False, True])
async def test_an_approval_after_the_undo_gives_nothing_more(small_stage: OpenStage, by_role: bool) -> None:
    """
    The card was drawn while the seat was held; an undo was quicker than its click, which finds the seat there and adds no group.

    A search does not show the roles of somebody who was idle for long: they are read where the last scan saw a seat.
    """
    async with small_stage() as stage:
        groups = frozenset() if by_role else frozenset({licence_group(stage, "own", "jira").id})
        before = change(stage, groups=groups, roles=frozenset({(ari(stage, "jira"), USER)} if by_role else ()))
        await approve_plan(stage, "jira")
        await until(stage, BatchStatus.DONE)
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        card = await stage.card(saying="asks for Jira", step=SECOND)
        await press(stage, plan.UNDO)
        await stage.told("hugo", "Your Jira seat was given back", step=SECOND)
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.told("hugo", "You have Jira", step=SECOND)
        await until_quiet(stage)
        assert hugo(stage) == before
