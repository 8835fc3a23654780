"""Seats that are taken back: one open reclaim for each, none without an approval, none without its snapshot."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import reclaims
from storage.db import Database, UnitOfWork
from storage.lifecycle import HOLDING_RECLAIMS, OPEN_RECLAIMS, RECLAIM_MOVES, IllegalMove, ReclaimStatus
from storage.records import Reclaim
from tests.fixtures.databases import new_id

S = ReclaimStatus
REMOVAL = {"steps": [], "snapshot": {"groups": []}}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def planned(uow: UnitOfWork, account_id: str | None = None, product: str = "jira") -> Reclaim:
    """A new reclaim of some seat."""
    reclaim = reclaims.plan(uow, account_id=account_id or new_id(), product=product, last_active_at=LONG_AGO)
    assert reclaim is not None
    return reclaim


async def test_a_seat_has_one_open_reclaim(database: Database) -> None:
    """Two scans, or two admins, plan one reclaim; a seat that came back may be taken again."""

    def work(uow: UnitOfWork) -> None:
        first = planned(uow, "a1")
        assert reclaims.plan(uow, account_id="a1", product="jira", last_active_at=None) is None
        assert reclaims.open_of(uow, "a1", "jira") == first
        planned(uow, "a1", "confluence")
        reclaims.move(uow, first.id, source=S.PLANNED, target=S.STOPPED, reason_code="no_seat")
        assert reclaims.open_of(uow, "a1", "jira") is None
        planned(uow, "a1")

    await database.write(work)


async def test_what_was_taken_is_held_until_it_is_returned(database: Database) -> None:
    """From the first write on, the snapshot is found by account and product; afterwards it is history."""

    def work(uow: UnitOfWork) -> None:
        one = planned(uow, "a2")
        reclaims.move(uow, one.id, source=S.PLANNED, target=S.APPROVED)
        assert reclaims.holding(uow, "a2", "jira") is None
        assert [agreed.id for agreed in reclaims.open_of_account(uow, "a2")] == [one.id]
        taking = reclaims.move(uow, one.id, source=S.APPROVED, target=S.TAKING, removal=REMOVAL)
        assert reclaims.holding(uow, "a2", "jira") == taking
        taken = reclaims.move(uow, one.id, source=S.TAKING, target=S.TAKEN)
        assert taken is not None
        assert (taken.removal, taken.taken_at, reclaims.holding(uow, "a2", "jira")) == (REMOVAL, uow.now, taken)
        returned = reclaims.move(uow, one.id, source=S.TAKEN, target=S.RETURNED, reason_code="request")
        assert returned is not None
        assert (returned.removal, returned.returned_at) == (REMOVAL, uow.now)
        assert reclaims.holding(uow, "a2", "jira") is None

    await database.write(work)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(list(ReclaimStatus)), min_size=1, max_size=12))
def test_no_walk_leaves_the_table_of_moves(database: Database, walk: list[ReclaimStatus]) -> None:
    """Whatever is tried in whatever order: no seat is taken that nobody agreed to, or without what puts it back."""

    def step(uow: UnitOfWork, reclaim_id: str, target: ReclaimStatus) -> None:
        before = reclaims.get(uow, reclaim_id)
        assert before is not None
        if target not in RECLAIM_MOVES[before.status]:
            with pytest.raises(IllegalMove):
                reclaims.move(uow, reclaim_id, source=before.status, target=target)
            return
        removal = REMOVAL if target is S.TAKING else None
        moved = reclaims.move(uow, reclaim_id, source=before.status, target=target, removal=removal)
        assert moved is not None
        assert moved.status is target
        if target in HOLDING_RECLAIMS:
            assert (moved.removal, moved.approved_at is None) == (REMOVAL, False)

    reclaim = database.write_now(planned)
    for target in walk:
        database.write_now(lambda uow, target=target: step(uow, reclaim.id, target))  # type: ignore[misc]


@pytest.mark.parametrize("status", [*ReclaimStatus, "lost"])
async def test_only_known_words_and_agreed_moves_are_stored(database: Database, status: str) -> None:
    """Each status goes through a migrated table of both kinds; an unknown one, or one without its approval, does not."""
    one = await database.write(planned)

    def write(uow: UnitOfWork, approved: bool) -> None:
        moment = "'2026-01-01 00:00:00+00:00'" if approved else "NULL"
        removal = "'{}'" if approved else "NULL"
        statement = f"UPDATE reclaims SET status = :status, approved_at = {moment}, removal = {removal} WHERE id = :id"
        uow.connection.execute(text(statement), {"status": str(status), "id": one.id})

    if status == "lost":
        with pytest.raises(IntegrityError):
            await database.write(lambda uow: write(uow, True))
        return
    await database.write(lambda uow: write(uow, True))
    if status in OPEN_RECLAIMS - {S.PLANNED}:
        with pytest.raises(IntegrityError):
            await database.write(lambda uow: write(uow, False))


async def test_a_note_leaves_the_other_details(database: Database) -> None:
    """Where somebody's message stands must not wipe which group was in the way."""

    def work(uow: UnitOfWork) -> None:
        one = planned(uow)
        reclaims.move(uow, one.id, source=S.PLANNED, target=S.STOPPED, details={"groups": "a"})
        reclaims.note(uow, one.id, details={"told": {"ts": "1.1"}})
        found = reclaims.get(uow, one.id)
        assert found is not None
        assert (found.details, found.status) == ({"groups": "a", "told": {"ts": "1.1"}}, S.STOPPED)
        reclaims.note(uow, new_id(), details={"told": {}})

    await database.write(work)
