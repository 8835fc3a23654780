"""Candidates: whose holders may be warned, in which order, and whose not."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from storage import exemptions, reclaims, seats, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ExemptionStatus, ReclaimStatus, SeatActivity, WarningStatus
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import asked, candidate_ids, exempt, planned, scanned, seat_of, seen, taken, warned

A = SeatActivity


async def test_candidates_come_longest_idle_first_page_by_page(database: Database, clock: MovableClock) -> None:
    """Never active before all, then the oldest use; equal ones by account; pages join without a gap or a repeat."""

    def used(days: int) -> datetime:
        return clock.now() - timedelta(days=days)

    dates = {"a6": used(100), "a5": used(100), "a4": used(300), "a7": used(99)}
    page = [seen("a2", A.NEVER_ACTIVE), seen("a1", A.NEVER_ACTIVE), *(seen(name, last_active_at=at) for name, at in dates.items())]
    scanned(database, clock, [*page, seen("b1", A.ACTIVE), seen("b2", A.UNKNOWN)])
    everybody = ["a1", "a2", "a4", "a5", "a6", "a7"]
    assert candidate_ids(database) == everybody
    for limit in (1, 2, 3, 4):
        found: list[str] = []
        after = None
        while more := candidate_ids(database, after=after, limit=limit):
            assert len(more) <= limit
            found += more
            last = seat_of(database, more[-1])
            assert last is not None
            after = seats.place_of(last)
        assert found == everybody


async def test_candidates_have_been_idle_for_long_enough(database: Database, clock: MovableClock) -> None:
    """Who was found idle only by the last scan, after the given time, is not warned yet."""
    one = scanned(database, clock, [seen("a1"), seen("a2", A.ACTIVE)])
    scanned(database, clock, [seen("a1"), seen("a2")])
    assert candidate_ids(database, idle_before=one.started_at) == ["a1"]
    assert candidate_ids(database, idle_before=one.started_at - timedelta(seconds=1)) == []
    assert candidate_ids(database) == ["a1", "a2"]


async def test_a_kept_seat_is_left_alone_until_then(database: Database, clock: MovableClock) -> None:
    """A keep holds for its whole time and no longer; one of a seat that nobody has seen says so."""
    scanned(database, clock, [seen("a1")])
    assert database.write_now(lambda uow: seats.keep(uow, "a1", "jira", uow.now + timedelta(days=60)))
    assert not database.write_now(lambda uow: seats.keep(uow, "a2", "jira", uow.now))
    clock.advance(timedelta(days=59))
    assert candidate_ids(database) == []
    clock.advance(timedelta(days=1, minutes=1))
    assert candidate_ids(database) == ["a1"]


async def test_a_seat_that_was_given_begins_anew(database: Database, clock: MovableClock) -> None:
    """A grant or an undo ends the idleness that earlier scans found; a seat that no scan has seen is no error."""
    scanned(database, clock, [seen("a1")])
    before = seat_of(database, "a1")
    assert database.write_now(lambda uow: seats.given(uow, "a1", "jira"))
    assert not database.write_now(lambda uow: seats.given(uow, "a2", "jira"))
    given = seat_of(database, "a1")
    assert before is not None
    assert before.idle_since is not None
    assert given is not None
    assert given.given_at is not None
    assert (given.given_at >= before.seen_at, given.idle_since, given.held_by) == (True, None, None)
    assert candidate_ids(database) == []


OPENERS: list[tuple[Callable[[UnitOfWork], object], Callable[[UnitOfWork], object]]] = [
    (
        lambda uow: warned(uow, "a1"),
        lambda uow: warnings.move(uow, _open_warning(uow), source=WarningStatus.OPEN, target=WarningStatus.ENDED),
    ),
    (
        lambda uow: planned(uow, "a1"),
        lambda uow: reclaims.move(uow, _open_reclaim(uow), source=ReclaimStatus.PLANNED, target=ReclaimStatus.STOPPED),
    ),
    (
        lambda uow: taken(uow, "a1"),
        lambda uow: reclaims.move(uow, _open_reclaim(uow), source=ReclaimStatus.TAKEN, target=ReclaimStatus.RETURNED),
    ),
    (
        lambda uow: asked(uow, "a1"),
        lambda uow: exemptions.move(uow, _open_exemption(uow), source=ExemptionStatus.ASKED, target=ExemptionStatus.WITHDRAWN),
    ),
    (
        lambda uow: exempt(uow, "a1"),
        lambda uow: exemptions.move(uow, _open_exemption(uow), source=ExemptionStatus.ACTIVE, target=ExemptionStatus.ENDED),
    ),
]


def _open_warning(uow: UnitOfWork) -> str:
    found = warnings.open_of(uow, "a1", "jira")
    assert found is not None
    return found.id


def _open_reclaim(uow: UnitOfWork) -> str:
    found = reclaims.open_of(uow, "a1", "jira")
    assert found is not None
    return found.id


def _open_exemption(uow: UnitOfWork) -> str:
    found = exemptions.open_of(uow, "a1", "jira")
    assert found is not None
    return found.id


@pytest.mark.parametrize(("begin", "finish"), OPENERS)
async def test_what_is_open_about_a_seat_keeps_it_out(
    database: Database, clock: MovableClock, begin: Callable[[UnitOfWork], object], finish: Callable[[UnitOfWork], object]
) -> None:
    """Nobody is warned twice, nor about a seat that is planned, taken, exempt or asked to be; its end lets the next scan warn."""
    scanned(database, clock, [seen("a1"), seen("a2")])
    database.write_now(begin)
    assert candidate_ids(database) == ["a2"]
    database.write_now(finish)
    assert candidate_ids(database) == ["a1", "a2"]
