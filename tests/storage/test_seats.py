"""Seats: what pages show, and what a complete scan makes of it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import reclaims, seats
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus, SeatActivity
from storage.seat_records import Scan
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import candidate_ids, scan, scanned, seat_of, seen, taken

A = SeatActivity


async def test_what_was_seen_is_what_is_read(database: Database, clock: MovableClock) -> None:
    """Every fact of a page is stored, for each product by itself."""
    last = clock.now() - timedelta(days=200)

    def work(uow: UnitOfWork) -> None:
        one = seen("a1", A.PROTECTED, name="Ada", email="ada@example.com", added_at=last, last_active_at=last)
        seats.see(uow, "jira", "s1", [one, seen("a2", A.ACTIVE)])
        seats.see(uow, "confluence", "s2", [seen("a1", A.UNKNOWN)])
        seats.see(uow, "jira", "s1", [])
        ada = seats.get(uow, "a1", "jira")
        assert ada is not None
        assert (ada.name, ada.email, ada.added_at, ada.last_active_at) == ("Ada", "ada@example.com", last, last)
        assert (ada.first_seen_at, ada.seen_at, ada.scan_id, ada.activity) == (uow.now, uow.now, "s1", A.PROTECTED)
        assert (ada.idle_since, ada.held_by, ada.kept_until, ada.given_at) == (None, None, None, None)
        assert seats.of_accounts(uow, "jira", ["a1", "a3"]) == {"a1": ada}
        assert seats.of_accounts(uow, "jira", []) == {}
        assert {activity: count for activity, count in seats.counts(uow, "jira").items() if count} == {A.PROTECTED: 1, A.ACTIVE: 1}
        assert set(seats.counts(uow, "trello")) == set(SeatActivity)

    await database.write(work)


async def test_seen_again_keeps_what_people_did(database: Database, clock: MovableClock) -> None:
    """A page replaces its own facts; first sight, keep, grant and idleness are not a page's to say."""
    first = clock.now()
    scanned(database, clock, [seen("a1", last_active_at=first), seen("a2")])
    database.write_now(lambda uow: seats.keep(uow, "a1", "jira", uow.now + timedelta(days=60)))
    before = seat_of(database, "a1")
    scanned(database, clock, [seen("a1", name="Ada", last_active_at=first + timedelta(days=1)), seen("a2")])
    after = seat_of(database, "a1")
    assert before is not None
    assert after is not None
    assert (after.name, after.last_active_at, after.seen_at > before.seen_at) == ("Ada", first + timedelta(days=1), True)
    assert (after.first_seen_at, after.idle_since, after.kept_until) == (before.first_seen_at, before.idle_since, before.kept_until)


async def test_whose_seat_was_taken_is_known_while_it_is_held(database: Database, clock: MovableClock) -> None:
    """A plan names people for as long as it can be undone; everywhere else the seat is gone, and one that comes again is a new one."""
    scanned(database, clock, [seen("a1", name="Ada", email="ada@example.com"), seen("a2", name="Ben")])
    held = database.write_now(lambda uow: taken(uow, "a1"))
    scanned(database, clock, [])
    former = database.read_now(lambda uow: seats.former(uow, "jira", ["a1", "a2"]))
    assert {account_id: (one.name, one.idle_since) for account_id, one in former.items()} == {"a1": ("Ada", None)}
    assert seat_of(database, "a1") is None
    assert not any(database.read_now(lambda uow: seats.counts(uow, "jira")).values())
    assert database.read_now(lambda uow: (seats.of_accounts(uow, "jira", ["a1"]), seats.with_email(uow, "jira", "ada@example.com"))) == (
        {},
        (),
    )

    scanned(database, clock, [seen("a1", name="Ada")])
    again = seat_of(database, "a1")
    assert again is not None
    assert again.first_seen_at == again.seen_at

    scanned(database, clock, [])
    database.write_now(lambda uow: reclaims.move(uow, held.id, source=ReclaimStatus.TAKEN, target=ReclaimStatus.RETURNED))
    scanned(database, clock, [])
    assert database.read_now(lambda uow: seats.former(uow, "jira", ["a1"])) == {}


async def test_an_odd_name_does_not_end_a_scan(database: Database) -> None:
    """Names that a database refuses (too long, a zero byte) are cut, and an address that is none is not kept."""

    def work(uow: UnitOfWork) -> None:
        seats.see(uow, "jira", "s1", [seen("a1", name="A\0d\na" + "x" * 500, email="a" * 400), seen("a2", email="a\0@example.com")])
        odd, other = seats.get(uow, "a1", "jira"), seats.get(uow, "a2", "jira")
        assert odd is not None
        assert other is not None
        assert (odd.name, odd.email, other.email) == ("Ada" + "x" * 197, None, None)

    await database.write(work)


async def test_idle_since_the_first_of_the_scans_that_agree(database: Database, clock: MovableClock) -> None:
    """Two scans must agree: the second leaves the time of the first, and activity between them begins anew."""
    one = scanned(database, clock, [seen("a1"), seen("a2", A.NEVER_ACTIVE), seen("a3"), seen("a4", A.JOINER)])
    two = scanned(database, clock, [seen("a1"), seen("a2", A.ACTIVE), seen("a3", A.UNKNOWN), seen("a4")])
    three = scanned(database, clock, [seen("a1"), seen("a2"), seen("a3"), seen("a4")])
    found = [seat_of(database, account_id) for account_id in ("a1", "a2", "a3", "a4")]
    assert [seat.idle_since for seat in found if seat] == [one.started_at, three.started_at, three.started_at, two.started_at]


async def test_a_seat_that_is_not_seen_is_gone(database: Database, clock: MovableClock) -> None:
    """Only a complete scan forgets, and only seats of its own product."""
    scanned(database, clock, [seen("a1"), seen("a2")])
    database.write_now(lambda uow: seats.see(uow, "confluence", "s9", [seen("a2")]))
    scanned(database, clock, [seen("a1")], then=lambda uow, one: None)
    assert seat_of(database, "a2") is not None
    scanned(database, clock, [seen("a1")])
    assert seat_of(database, "a2") is None
    assert database.read_now(lambda uow: seats.get(uow, "a2", "confluence")) is not None


async def test_a_late_conclusion_leaves_a_later_scan_alone(database: Database, clock: MovableClock) -> None:
    """What a later scan has seen is neither gone nor idle because an earlier one is concluded after it."""
    early = scanned(database, clock, [seen("a1")], then=lambda uow, one: None)
    scanned(database, clock, [seen("a1", A.ACTIVE), seen("a2", A.ACTIVE)])
    database.write_now(lambda uow: seats.conclude(uow, early))
    found = [seat_of(database, account_id) for account_id in ("a1", "a2")]
    assert [seat.idle_since for seat in found if seat] == [None, None]


async def test_newly_idle_is_what_the_conclusion_adds(database: Database, clock: MovableClock) -> None:
    """The breaker's question counts those that were not idle before, and no other product's."""
    scanned(database, clock, [seen("a1"), seen("a2", A.ACTIVE)])
    counted: list[int] = []

    def then(uow: UnitOfWork, one: Scan) -> None:
        counted.append(seats.newly_idle(uow, one))
        seats.conclude(uow, one)
        counted.append(seats.newly_idle(uow, one))

    scanned(database, clock, [seen("a1"), seen("a2"), seen("a3", A.NEVER_ACTIVE), seen("a4", A.UNKNOWN)], then=then)
    assert counted == [2, 0]


async def test_a_held_list_waits_for_its_release(database: Database, clock: MovableClock) -> None:
    """The newly idle of one scan are held, and that very list is let go; who was idle before is not in it, who came back drops out."""
    scanned(database, clock, [seen("a1")])

    def then(uow: UnitOfWork, one: Scan) -> None:
        seats.conclude(uow, one)
        assert seats.hold(uow, one.id, "jira") == 3

    held = scanned(database, clock, [seen(name) for name in ("a1", "a2", "a3", "a4")], then=then)
    assert candidate_ids(database) == ["a1"]
    scanned(database, clock, [seen("a1"), seen("a2", A.ACTIVE), seen("a3"), seen("a4"), seen("a5")])
    database.write_now(lambda uow: seats.given(uow, "a4", "jira"))
    assert candidate_ids(database) == ["a1", "a5"]
    assert database.write_now(lambda uow: seats.release(uow, held.id)) == 1
    assert candidate_ids(database) == ["a1", "a3", "a5"]
    assert database.write_now(lambda uow: seats.release(uow, held.id)) == 0


@pytest.mark.parametrize("activity", [*SeatActivity, "lost"])
async def test_only_known_words_are_stored(database: Database, activity: str) -> None:
    """The CHECK of the migrated tables knows each activity of the code, and no other."""
    await database.write(lambda uow: seats.see(uow, "jira", scan(uow).id, [seen("a1")]))
    change = text("UPDATE seats SET activity = :activity")

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute(change, {"activity": str(activity)})

    if activity == "lost":
        with pytest.raises(IntegrityError):
            await database.write(write)
        return
    await database.write(write)
    stored = seat_of(database, "a1")
    assert stored is not None
    assert stored.activity == activity


async def test_a_page_and_clicks_at_once(database: Database) -> None:
    """A page of a scan and keeps of the same seats, all at once, both come in: neither waits for the other for ever."""
    names = [f"a{number:03}" for number in range(100)]
    await database.write(lambda uow: seats.see(uow, "jira", "s1", [seen(name) for name in names]))
    until = await database.read(lambda uow: uow.now + timedelta(days=60))

    def page(uow: UnitOfWork) -> None:
        seats.see(uow, "jira", "s2", [seen(name, A.ACTIVE) for name in names])

    def keep(name: str) -> Callable[[UnitOfWork], bool]:
        return lambda uow: seats.keep(uow, name, "jira", until)

    await asyncio.gather(database.write(page), *(database.write(keep(name)) for name in reversed(names)))
    found = database.read_now(lambda uow: seats.of_accounts(uow, "jira", names))
    assert {(seat.scan_id, seat.activity, seat.kept_until) for seat in found.values()} == {("s2", A.ACTIVE, until)}
