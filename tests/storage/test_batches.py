"""Batches: plans of several reclaims, decided once, by somebody."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import batches, reclaims
from storage.db import Database, UnitOfWork
from storage.lifecycle import BATCH_MOVES, BatchStatus, IllegalMove, ReclaimStatus
from storage.seat_records import Batch
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import approved, planned, proposed
from tests.storage.world import person

S = BatchStatus
AGREED = {S.APPROVED, S.DONE, S.UNDOING, S.UNDONE}


async def test_what_was_proposed_is_what_is_read(database: Database) -> None:
    """The record that `propose` returns and the stored row agree in every field; unknown ids are no error."""

    def work(uow: UnitOfWork) -> None:
        one = proposed(uow)
        assert batches.get(uow, one.id) == one == batches.lock(uow, one.id)
        assert batches.get(uow, "gone") is None
        assert batches.lock(uow, "gone") is None

    await database.write(work)


async def test_the_second_of_two_decisions_moves_nothing(database: Database) -> None:
    """Of two admins who click at once one decides; the tables refuse a decision of nobody."""
    one, bob = await database.write(proposed), await database.write(person)
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: batches.move(uow, one.id, source=S.PROPOSED, target=S.APPROVED))
    decided = await database.write(lambda uow: batches.move(uow, one.id, source=S.PROPOSED, target=S.APPROVED, decided_by=bob.id))
    assert decided is not None
    assert (decided.decided_by, decided.decided_at, decided.version, decided.figures) == (bob.id, decided.changed_at, 2, one.figures)
    assert await database.write(lambda uow: batches.move(uow, one.id, source=S.PROPOSED, target=S.REFUSED, decided_by=bob.id)) is None
    done = await database.write(lambda uow: batches.move(uow, one.id, source=S.APPROVED, target=S.DONE, figures={"taken": 2}))
    assert done is not None
    assert (done.decided_by, done.ended_at, done.figures) == (bob.id, done.changed_at, {"taken": 2})


async def test_members_come_longest_idle_first(database: Database, clock: MovableClock) -> None:
    """A batch's members are its own, in the order in which the plan shows them, and are counted by status."""
    long_ago = clock.now() - timedelta(days=300)

    def work(uow: UnitOfWork) -> None:
        one, other = proposed(uow), proposed(uow)
        planned(uow, "a3", last_active_at=long_ago + timedelta(days=1), batch_id=one.id)
        planned(uow, "a2", last_active_at=long_ago, batch_id=one.id, warning_id="w2")
        left_out = planned(uow, "a1", last_active_at=long_ago, batch_id=one.id)
        planned(uow, "a9", batch_id=one.id)
        planned(uow, "b1", batch_id=other.id)
        planned(uow, "b2")
        reclaims.move(uow, left_out.id, source=ReclaimStatus.PLANNED, target=ReclaimStatus.STOPPED, reason_code="left_out")
        found = reclaims.of_batch(uow, one.id)
        assert [(member.account_id, member.warning_id) for member in found] == [("a9", None), ("a1", None), ("a2", "w2"), ("a3", None)]
        assert {member.batch_id for member in found} == {one.id}
        counts = reclaims.counts_of_batch(uow, one.id)
        assert set(counts) == set(ReclaimStatus)
        assert {status: count for status, count in counts.items() if count} == {ReclaimStatus.PLANNED: 3, ReclaimStatus.STOPPED: 1}

    await database.write(work)


async def test_a_member_of_no_batch_is_refused(database: Database) -> None:
    """A reclaim names a batch that there is, or none."""
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: planned(uow, batch_id="gone"))


async def test_undecided_plans_await_their_decision(database: Database, clock: MovableClock) -> None:
    """What the digest leads to is whatever nobody has decided; the list has all, newest first."""
    assert database.read_now(batches.list_proposed) == ()
    made = []
    for make in (proposed, proposed, approved):
        clock.advance(timedelta(days=7))
        made.append(database.write_now(make).id)
    assert [one.id for one in database.read_now(batches.list_proposed)] == [made[1], made[0]]
    assert [one.id for one in database.read_now(lambda uow: batches.list_recent(uow, limit=2))] == [made[2], made[1]]


async def test_card_remembers_the_newest_drawing(database: Database) -> None:
    """Two redraws may end in the wrong order: the older one does not make the card look out of date again."""

    def work(uow: UnitOfWork) -> None:
        one, other = proposed(uow), proposed(uow)
        batches.card_posted(uow, one.id, channel="C1", ts="1.2", version=1)
        batches.touch(uow, one.id)
        batches.card_drawn(uow, one.id, version=2)
        batches.card_drawn(uow, one.id, version=1)
        after = batches.get(uow, one.id)
        assert after is not None
        assert (after.card_channel, after.card_ts, after.card_version, after.version) == ("C1", "1.2", 2, 2)
        assert batches.get(uow, other.id) == other

    await database.write(work)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(list(BatchStatus)), min_size=1, max_size=8))
def test_no_walk_leaves_the_table_of_moves(database: Database, walk: list[BatchStatus]) -> None:
    """Whatever is tried in whatever order, no batch is carried out that nobody agreed to, and only such a one is undone."""
    bob = database.write_now(person)

    def step(uow: UnitOfWork, before: Batch, target: BatchStatus) -> Batch:
        if target not in BATCH_MOVES[before.status]:
            with pytest.raises(IllegalMove):
                batches.move(uow, before.id, source=before.status, target=target, decided_by=bob.id)
            return before
        decided_by = bob.id if before.status is S.PROPOSED and target is not S.EXPIRED else None
        moved = batches.move(uow, before.id, source=before.status, target=target, decided_by=decided_by)
        assert moved is not None
        assert (moved.status, moved.version) == (target, before.version + 1)
        assert target not in AGREED or moved.decided_by == bob.id
        return moved

    one = database.write_now(proposed)
    for target in walk:
        one = database.write_now(lambda uow, one=one, target=target: step(uow, one, target))  # type: ignore[misc]
    assert database.read_now(lambda uow: batches.get(uow, one.id)) == one


@pytest.mark.parametrize("status", [*BatchStatus, "lost"])
async def test_only_known_words_and_agreed_ones_are_stored(database: Database, status: str) -> None:
    """Each status goes through a migrated table of both kinds; an unknown one, or one without who agreed and when, does not."""
    one, bob = await database.write(proposed), await database.write(person)

    def write(uow: UnitOfWork, who: str | None, when: str) -> None:
        change = text(f"UPDATE batches SET status = :status, decided_by = :who, decided_at = {when} WHERE id = :id")
        uow.connection.execute(change, {"status": str(status), "who": who, "id": one.id})

    if status == "lost":
        with pytest.raises(IntegrityError):
            await database.write(lambda uow: write(uow, bob.id, "proposed_at"))
        return
    if status in AGREED:
        for who, when in ((None, "proposed_at"), (bob.id, "NULL")):
            with pytest.raises(IntegrityError):
                await database.write(lambda uow, who=who, when=when: write(uow, who, when))  # type: ignore[misc]
    await database.write(lambda uow: write(uow, bob.id, "proposed_at"))


async def test_noted_figures_are_drawn_again(database: Database) -> None:
    """What is written down beside the members shows on the card, and moves nothing."""
    batch = await database.write(proposed)
    await database.write(lambda uow: batches.note(uow, batch.id, figures={"seats": 4}))
    after = await database.read(lambda uow: batches.get(uow, batch.id))
    assert after is not None
    assert (after.figures, after.version, after.status) == ({"seats": 4}, batch.version + 1, batch.status)
