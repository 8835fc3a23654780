"""Plans that are longer than one unit bears, on both databases: a decision is one moment, and its members follow in jobs."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from atlassian.access import Snapshot
from atlassian.removal import Removal
from bot.actor import TerminalUser
from bot.codes import Kept
from bot.idle.plan_figures import ASKED, PlanFigures
from bot.jobs.plans import CarryOut
from bot.jobs.seats import TakeSeat
from bot.settings import Settings, load
from bot.slack.surfaces import plan
from bot.usecases import batches as usecases
from bot.usecases import erasure, members, undoing
from bot.usecases import reclaims as taking
from bot.usecases.plan_answers import Moved, PlanAnswer
from bot.usecases.plan_reading import view_of
from bot.usecases.steps import enqueue
from storage import outbox, reclaims, seats
from storage.db import Database, UnitOfWork
from storage.lifecycle import BatchStatus, ReclaimStatus
from storage.records import Job
from storage.seat_records import Batch
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.test_batches import a_plan, approve, click, now, of
from tests.bot.usecases.words import due
from tests.fixtures.clock import MovableClock

LONG = members.AT_ONCE + 7
ACCOUNTS = tuple(f"account-{number}" for number in range(LONG))


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings, with removal turned on."""
    outside.set(COMPLETE | {"COMEBACK_IDLE__MODE": "reclaim"})
    return load()


async def statuses(database: Database, batch: Batch) -> Counter[ReclaimStatus]:
    """How many members stand where."""
    return Counter(one.status for one in (await of(database, batch)).values())


async def to_carry_out(database: Database) -> list[CarryOut]:
    """What is left to do for members; everything else that is due is forgotten."""
    return [CarryOut(**job.payload) for job in await due(database) if job.kind == CarryOut.kind]


async def carried_out(database: Database, settings: Settings) -> None:
    """All members had their turn."""
    while jobs := await to_carry_out(database):
        for job in jobs:
            await database.write(lambda uow, job=job: members.go_on(uow, job, settings=settings))  # type: ignore[misc]


async def undo(database: Database, settings: Settings, batch: Batch) -> PlanAnswer:
    """Grace takes the whole plan back."""
    return await database.write(lambda uow: undoing.undo_all(uow, click(uow, batch.id), delivery="action:undo", settings=settings))


async def test_a_click_waits_for_as_many_members_as_one_unit_bears(database: Database, settings: Settings) -> None:
    """The plan is decided at once; whoever pressed, and everybody who presses meanwhile, waits for some of it and not for thousands."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    assert isinstance(await approve(database, settings, batch.id), Moved)
    assert (await now(database, batch)).status is BatchStatus.APPROVED
    assert await statuses(database, batch) == {ReclaimStatus.APPROVED: members.AT_ONCE, ReclaimStatus.PLANNED: LONG - members.AT_ONCE}
    await carried_out(database, settings)
    assert await statuses(database, batch) == {ReclaimStatus.APPROVED: LONG}


async def test_later_members_keep_the_pace_of_the_first(database: Database, settings: Settings, clock: MovableClock) -> None:
    """The others' turns come after those of the first, so that people who wait for a grant have half of the pace all the time."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await approve(database, settings, batch.id)
    await database.write(lambda uow: members.go_on(uow, _rest(batch, BatchStatus.APPROVED, uow), settings=settings))
    between = timedelta(seconds=2 * members.CALLS_FOR_A_SEAT / settings.atlassian_per_second)
    clock.advance(between * (LONG - 2) + between / 2)
    assert [job.kind for job in await due(database)].count("seat.take") == LONG - 1
    clock.advance(between)
    assert [job.kind for job in await due(database)].count("seat.take") == 1


def _rest(batch: Batch, status: BatchStatus, uow: UnitOfWork) -> CarryOut:
    """The job that a decision leaves, whatever has become of the one in the outbox."""
    first = sorted(one.id for one in reclaims.of_batch(uow, batch.id))[members.AT_ONCE - 1]
    return CarryOut(batch_id=batch.id, status=status.value, after=first, before=members.AT_ONCE)


async def test_all_of_a_refused_plan_are_left_in_peace(database: Database, settings: Settings) -> None:
    """Those after the first too, with the time that a keep gives."""
    batch = await a_plan(database, settings, *ACCOUNTS)

    def refuse(uow: UnitOfWork) -> PlanAnswer:
        return usecases.refuse(uow, click(uow, batch.id), delivery="action:1", reason="", settings=settings)

    assert isinstance(await database.write(refuse), Moved)
    await carried_out(database, settings)
    assert {one.reason_code for one in (await of(database, batch)).values()} == {Kept.REFUSED.value}
    found = await database.read(lambda uow: seats.of_accounts(uow, "jira", ACCOUNTS))
    assert all(seat.kept_until is not None for seat in found.values())
    assert len(found) == LONG


async def test_all_of_an_expired_plan_are_free_for_the_next(database: Database, settings: Settings) -> None:
    """A seat that stayed in a plan of the past could never be planned again."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await database.write(lambda uow: usecases.expire(uow, batch.id, settings=settings))
    await carried_out(database, settings)
    assert {one.reason_code for one in (await of(database, batch)).values()} == {Kept.EXPIRED.value}


async def test_undo_stops_an_approval_that_is_still_carried_out(database: Database, settings: Settings) -> None:
    """Whatever the earlier click left to do is not done any more, and nothing of the plan stays agreed to."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await approve(database, settings, batch.id)
    (left,) = await to_carry_out(database)
    assert isinstance(await undo(database, settings, batch), Moved)
    await database.write(lambda uow: members.go_on(uow, left, settings=settings))
    assert ReclaimStatus.PLANNED in await statuses(database, batch)
    await carried_out(database, settings)
    assert await statuses(database, batch) == {ReclaimStatus.STOPPED: LONG}
    assert {one.reason_code for one in (await of(database, batch)).values()} == {Kept.CALLED_OFF.value}
    assert (await now(database, batch)).status is BatchStatus.UNDONE


async def test_nothing_begins_once_its_plan_was_undone(database: Database, settings: Settings) -> None:
    """A member that waits to be called off is not taken meanwhile: nobody would put it back."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await approve(database, settings, batch.id)
    await carried_out(database, settings)
    await undo(database, settings, batch)
    waiting = next(one for one in (await of(database, batch)).values() if one.status is ReclaimStatus.APPROVED)
    job = await _job_about(database, waiting.account_id)
    removal = Removal(snapshot=Snapshot(groups=()))
    assert not await database.write(lambda uow: taking.begin(uow, {waiting.id: removal}, job=job, seconds=12))
    assert (await of(database, batch))[waiting.account_id].status is ReclaimStatus.APPROVED


async def _job_about(database: Database, account_id: str) -> Job:
    """A leased job about this account, beside those that are due."""
    await due(database)

    def lease(uow: UnitOfWork) -> Job:
        enqueue(uow, TakeSeat(reclaim_id="r1", account_id=account_id, step=0))
        (job,) = outbox.claim(uow, limit=1)
        return job

    return await database.write(lease)


async def test_what_began_after_the_undo_is_put_back_too(database: Database, settings: Settings) -> None:
    """A worker of an older release asks no plan before it begins: the member's own turn notices, and the plan does not end without it."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await approve(database, settings, batch.id)
    await carried_out(database, settings)
    await undo(database, settings, batch)
    last = max((await of(database, batch)).values(), key=lambda one: one.id)
    await database.write(lambda uow: _take(uow, last.id))
    await carried_out(database, settings)
    assert PlanFigures.from_json((await now(database, batch)).figures).undo == {last.id: ASKED}
    assert (await now(database, batch)).status is BatchStatus.UNDOING


async def test_nobody_is_erased_while_their_seat_is_put_back(database: Database, settings: Settings, clock: MovableClock) -> None:
    """Whose turn in the undo has not come has no job yet, and would be put back for an account that nobody knows any more."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await approve(database, settings, batch.id)
    await carried_out(database, settings)
    for one in (await of(database, batch)).values():
        await database.write(lambda uow, one=one: _take(uow, one.id))  # type: ignore[misc]
    clock.advance(timedelta(hours=3))
    await due(database)
    await undo(database, settings, batch)
    last = max((await of(database, batch)).values(), key=lambda one: one.id)

    def erase(uow: UnitOfWork) -> object:
        (subject,) = erasure.find(uow, last.account_id)
        return erasure.erase(uow, subject, actor=TerminalUser(name="root"))

    assert await database.write(erase) == erasure.InTheWay(obstacle=erasure.Obstacle.RUNNING_RECLAIM, products=("jira",))


async def test_no_plan_is_made_while_members_of_another_wait_for_their_turn(database: Database, settings: Settings) -> None:
    """They would miss it; and where the job that gives them their turn is lost, the next plan's time brings it back."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await database.write(lambda uow: usecases.expire(uow, batch.id, settings=settings))
    assert [one.id for one in await database.read(members.unfinished)] == [batch.id]
    await database.write(members.resume)
    (lost,) = await to_carry_out(database)
    assert lost.before == members.AT_ONCE
    await database.write(members.resume)
    await carried_out(database, settings)
    assert await database.read(members.unfinished) == ()
    assert {one.reason_code for one in (await of(database, batch)).values()} == {Kept.EXPIRED.value}


async def test_messages_of_a_refused_plan_leave_room_for_cards(database: Database, settings: Settings, clock: MovableClock) -> None:
    """All at once they would stand for minutes before every card that an admin waits for."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await due(database)
    await database.write(lambda uow: usecases.refuse(uow, click(uow, batch.id), delivery="action:1", reason="", settings=settings))
    # PostgreSQL's own clock goes on while this runs.
    at_once = [job.kind for job in await due(database)].count("warning.redraw")
    assert 1 <= at_once < members.AT_ONCE / 2
    clock.advance(members.BETWEEN_REDRAWS * members.AT_ONCE)
    assert at_once + [job.kind for job in await due(database)].count("warning.redraw") == members.AT_ONCE


async def test_the_card_counts_who_waits_for_their_turn(database: Database, settings: Settings) -> None:
    """Nobody draws it anew before the first seat is taken, which may be hours later; and it can be undone all the time."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await approve(database, settings, batch.id)
    view = await database.read(lambda uow: view_of(uow, batch.id, settings))
    assert view is not None
    drawn = json.dumps([block.to_dict() for block in plan.render(view).blocks])
    assert f"{LONG} still to be taken" in drawn
    assert plan.UNDO in drawn


async def test_all_that_a_long_plan_took_is_put_back(database: Database, settings: Settings) -> None:
    """Each of its seats once, and the plan is not over before the last is back."""
    batch = await a_plan(database, settings, *ACCOUNTS)
    await approve(database, settings, batch.id)
    await carried_out(database, settings)
    for one in (await of(database, batch)).values():
        await database.write(lambda uow, one=one: _take(uow, one.id))  # type: ignore[misc]
    await due(database)
    await undo(database, settings, batch)
    asked = [job.payload["reclaim_id"] for job in await due(database) if job.kind == "seat.undo"]
    assert len(asked) == members.AT_ONCE
    for reclaim_id in asked:
        await database.write(lambda uow, one=reclaim_id: undoing.record_undone(uow, one))  # type: ignore[misc]
    assert (await now(database, batch)).status is BatchStatus.UNDOING
    assert Counter(PlanFigures.from_json((await now(database, batch)).figures).undo.values()) == {ASKED: LONG}
    await database.write(lambda uow: members.go_on(uow, _rest(batch, BatchStatus.UNDOING, uow), settings=settings))
    rest = [job.payload["reclaim_id"] for job in await due(database) if job.kind == "seat.undo"]
    assert sorted(asked + rest) == sorted(one.id for one in (await of(database, batch)).values())


def _take(uow: UnitOfWork, reclaim_id: str) -> None:
    removal = {"steps": [], "snapshot": {"groups": []}}
    reclaims.move(uow, reclaim_id, source=ReclaimStatus.APPROVED, target=ReclaimStatus.TAKING, removal=removal)
    taking.record_taken(uow, reclaim_id)
