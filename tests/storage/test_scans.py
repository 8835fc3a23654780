"""Scans: one at a time for each product, no page twice."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import scans
from storage.db import Database, UnitOfWork
from storage.lifecycle import SCAN_MOVES, IllegalMove, ScanStatus
from storage.seat_records import Scan
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import scan

S = ScanStatus


async def test_a_product_has_one_running_scan(database: Database) -> None:
    """The schedule and a terminal at once scan once; another product, or a later time, scans again."""

    def work(uow: UnitOfWork) -> None:
        first = scan(uow)
        assert scans.start(uow, product="jira", origin=first.origin) is None
        assert scans.running(uow, "jira") == first == scans.get(uow, first.id)
        assert scans.running(uow, "confluence") is None
        scan(uow, "confluence")
        scans.end(uow, first.id, target=S.FAILED, code="unreachable", figures={})
        assert scans.running(uow, "jira") is None
        scan(uow)

    await database.write(work)


async def test_a_page_counts_once(database: Database) -> None:
    """A retried job that brings a page again changes neither the cursor nor the figures."""

    def work(uow: UnitOfWork) -> None:
        one = scan(uow)
        assert scans.advance(uow, one.id, pages=0, cursor="c1", stats={"seats": 100})
        assert not scans.advance(uow, one.id, pages=0, cursor="c1", stats={"seats": 200})
        assert scans.advance(uow, one.id, pages=1, cursor=None, stats={"seats": 130})
        after = scans.get(uow, one.id)
        assert after is not None
        assert (after.pages, after.cursor, after.stats) == (2, None, {"seats": 130})
        scans.end(uow, one.id, target=S.STOPPED, code="no_activity", figures={"seats": 130})
        assert not scans.advance(uow, one.id, pages=2, cursor="c2", stats={})

    await database.write(work)


async def test_the_question_about_a_scan_is_found_again(database: Database) -> None:
    """Where it stands is remembered of this scan, and of no other."""

    def work(uow: UnitOfWork) -> None:
        one, other = scan(uow), scan(uow, "confluence")
        scans.card_posted(uow, one.id, channel="G0ADMINS", ts="1.2")
        found = scans.get(uow, one.id)
        assert found is not None
        assert (found.card_channel, found.card_ts) == ("G0ADMINS", "1.2")
        assert scans.get(uow, other.id) == other

    await database.write(work)


async def test_a_held_scan_is_released_once(database: Database, clock: MovableClock) -> None:
    """Of two admins who let a held scan go on, one does; what the scan found, and when it ended, stays."""
    one = database.write_now(scan)
    figures = {"newly_idle": 300}
    held = database.write_now(lambda uow: scans.end(uow, one.id, target=S.HELD, code="share", figures=figures))
    assert held is not None
    assert (held.status, held.code, held.figures) == (S.HELD, "share", figures)
    assert held.ended_at is not None
    clock.advance(timedelta(hours=5))
    released = database.write_now(lambda uow: scans.end(uow, one.id, target=S.COMPLETE))
    assert released is not None
    assert (released.status, released.figures, released.ended_at) == (S.COMPLETE, figures, held.ended_at)
    assert database.write_now(lambda uow: scans.end(uow, one.id, target=S.COMPLETE)) is None


async def test_the_latest_is_the_last_to_start(database: Database, clock: MovableClock) -> None:
    """What a scan is compared with is the last one of its product that was believed."""

    def ended(target: ScanStatus) -> str:
        clock.advance(timedelta(days=1))
        one = database.write_now(scan)
        database.write_now(lambda uow: scans.end(uow, one.id, target=target, figures={}))
        return one.id

    believed, stopped = [ended(S.COMPLETE), ended(S.COMPLETE)], ended(S.STOPPED)

    def work(uow: UnitOfWork) -> None:
        latest, other = scans.latest(uow, "jira"), scans.latest(uow, "jira", status=S.STOPPED)
        assert latest is not None
        assert other is not None
        assert (latest.id, other.id) == (believed[1], stopped)
        assert scans.latest(uow, "confluence") is None
        assert [one.id for one in scans.recent(uow, "jira", limit=2)] == [stopped, believed[1]]

    database.read_now(work)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(list(ScanStatus)), min_size=1, max_size=6))
def test_no_walk_leaves_the_table_of_moves(database: Database, walk: list[ScanStatus]) -> None:
    """Whatever is tried in whatever order, a scan makes only the moves of the table, and none brings it back to running."""

    def step(uow: UnitOfWork, before: Scan, target: ScanStatus) -> Scan:
        if target is S.RUNNING:
            with pytest.raises(IllegalMove):
                scans.end(uow, before.id, target=target, figures={})
            return before
        moved = scans.end(uow, before.id, target=target, figures={})
        assert (moved is not None) == (target in SCAN_MOVES[before.status])
        assert moved is None or moved.status is target
        return moved or before

    one = database.write_now(lambda uow: scan(uow, uow.new_id()))
    for target in walk:
        one = database.write_now(lambda uow, one=one, target=target: step(uow, one, target))  # type: ignore[misc]
    assert database.read_now(lambda uow: scans.get(uow, one.id)) == one


@pytest.mark.parametrize("column", ["status", "origin"])
async def test_unknown_words_are_refused(database: Database, column: str) -> None:
    """The CHECKs of the migrated tables know the words of the code and no other."""
    await database.write(scan)
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: uow.connection.execute(text(f"UPDATE scans SET {column} = 'lost'")))


@pytest.mark.parametrize("status", ScanStatus)
async def test_every_status_can_be_stored(database: Database, status: ScanStatus) -> None:
    """The CHECK of the migrated tables knows each status of the code."""
    one = await database.write(scan)
    await database.write(lambda uow: uow.connection.execute(text("UPDATE scans SET status = :status"), {"status": status.value}))
    stored = await database.read(lambda uow: scans.get(uow, one.id))
    assert stored is not None
    assert stored.status is status
