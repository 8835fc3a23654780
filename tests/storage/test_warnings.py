"""Warnings: one open for each seat, sent once, due on their day."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import reclaims, seats, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import OPEN_WARNINGS, WARNING_MOVES, IllegalMove, ReclaimStatus, SeatActivity, WarningStatus
from storage.seat_records import SeatWarning
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import planned, scanned, seen, warned
from tests.storage.world import person

S = WarningStatus
A = SeatActivity


def due(database: Database, *products: str, limit: int = 50) -> list[str]:
    """Whose seats may be planned now, by account id."""
    return [
        one.account_id for one in database.read_now(lambda uow: warnings.due(uow, at=uow.now, products=products or ("jira",), limit=limit))
    ]


def sent(uow: UnitOfWork, account_id: str, *, days: int, product: str = "jira") -> SeatWarning:
    """A warning that was sent, and may be planned after so many days."""
    one = warned(uow, account_id, product)
    assert warnings.sent(uow, one.id, channel="D1", ts="1.2", plan_at=uow.now + timedelta(days=days))
    return one


async def test_a_seat_has_one_open_warning(database: Database) -> None:
    """Two scans warn once; after its end the next warning is of the next cycle."""

    def work(uow: UnitOfWork) -> None:
        first = warned(uow, "a1")
        assert warnings.get(uow, first.id) == first == warnings.open_of(uow, "a1", "jira") == warnings.lock(uow, first.id)
        assert warnings.open_(uow, account_id="a1", product="jira", person_id=None, slack_id=None) is None
        assert warned(uow, "a1", "confluence").cycle == 1
        warnings.move(uow, first.id, source=S.OPEN, target=S.KEPT)
        assert warnings.open_of(uow, "a1", "jira") is None
        assert (first.cycle, warned(uow, "a1").cycle) == (1, 2)
        assert warnings.get(uow, "gone") is None

    await database.write(work)


@pytest.mark.parametrize("change", ["status = 'open'", "cycle = 1"])
async def test_the_tables_refuse_two_open_warnings_and_a_cycle_twice(database: Database, change: str) -> None:
    """Even a mistake in the code above cannot open a second warning of one seat, nor count one cycle twice."""
    for _ in range(2):
        one = await database.write(lambda uow: warned(uow, "a1"))
        await database.write(lambda uow, one=one: warnings.move(uow, one.id, source=S.OPEN, target=S.ENDED))  # type: ignore[misc]
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: uow.connection.execute(text(f"UPDATE warnings SET {change}")))


async def test_sent_once(database: Database, clock: MovableClock) -> None:
    """A repeated job neither moves the message nor gives the holder more days."""

    def work(uow: UnitOfWork) -> None:
        one = sent(uow, "a1", days=14)
        assert not warnings.sent(uow, one.id, channel="D2", ts="9.9", plan_at=uow.now + timedelta(days=90))
        after = warnings.get(uow, one.id)
        assert after is not None
        assert (after.channel, after.ts, after.sent_at, after.plan_at) == ("D1", "1.2", uow.now, uow.now + timedelta(days=14))

    await database.write(work)


async def test_a_reminder_counts_once(database: Database) -> None:
    """A late job does not make a later reminder undone."""

    def work(uow: UnitOfWork) -> None:
        one = warned(uow)
        assert warnings.reminded(uow, one.id, times=2)
        assert not warnings.reminded(uow, one.id, times=2)
        assert not warnings.reminded(uow, one.id, times=1)
        after = warnings.get(uow, one.id)
        assert after is not None
        assert after.reminders == 2

    await database.write(work)


async def test_due_on_its_day_or_let_go_at_once(database: Database, clock: MovableClock) -> None:
    """An unsent warning is never due, nor one that reached nobody; who let go waits for no day; the oldest come first."""
    far = database.write_now(lambda uow: sent(uow, "a1", days=30))
    clock.advance(timedelta(minutes=1))
    database.write_now(lambda uow: sent(uow, "a2", days=14))
    clock.advance(timedelta(minutes=1))
    database.write_now(lambda uow: sent(uow, "a3", days=14, product="confluence"))
    nobody = database.write_now(lambda uow: sent(uow, "a4", days=14))
    database.write_now(lambda uow: warnings.move(uow, nobody.id, source=S.OPEN, target=S.UNDELIVERABLE, reason_code="no_slack"))
    database.write_now(lambda uow: warned(uow, "a5"))
    assert due(database) == []
    clock.advance(timedelta(days=15))
    assert due(database) == ["a2"]
    database.write_now(lambda uow: warnings.move(uow, far.id, source=S.OPEN, target=S.LET_GO))
    assert due(database) == ["a1", "a2"]
    assert due(database, "jira", "confluence") == ["a1", "a2", "a3"]
    assert due(database, "jira", "confluence", limit=2) == ["a1", "a2"]
    assert [one.account_id for one in database.read_now(lambda uow: warnings.undeliverable(uow, "jira"))] == ["a4"]


async def test_a_seat_that_is_planned_already_is_not_due_again(database: Database, clock: MovableClock) -> None:
    """What waits in a plan does not take the places of the next plan; after a refusal it may be planned again."""
    database.write_now(lambda uow: sent(uow, "a1", days=0))
    clock.advance(timedelta(minutes=1))
    assert due(database) == ["a1"]
    one = database.write_now(lambda uow: planned(uow, "a1"))
    assert due(database) == []
    database.write_now(lambda uow: reclaims.move(uow, one.id, source=ReclaimStatus.PLANNED, target=ReclaimStatus.STOPPED))
    assert due(database) == ["a1"]


async def test_who_uses_the_seat_again_is_dropped(database: Database, clock: MovableClock) -> None:
    """Only what this very scan saw in use or spared drops a warning: an unknown seat keeps it, and a gone one is told apart."""
    names = [f"a{number}" for number in range(1, 8)]
    for name in names:
        database.write_now(lambda uow, name=name: warned(uow, name))  # type: ignore[misc]
        clock.advance(timedelta(minutes=1))
    spared = [seen("a1", A.ACTIVE), seen("a2", A.EXEMPT), seen("a3", A.PROTECTED), seen("a4", A.JOINER)]
    early = scanned(database, clock, [seen("a5"), seen("a6", A.ACTIVE), seen("a7", A.ACTIVE)])
    late = scanned(database, clock, [*spared, seen("a5"), seen("a6", A.UNKNOWN)])

    def dropped(uow: UnitOfWork, scan_id: str, limit: int = 50) -> list[str]:
        return [one.account_id for one in warnings.to_drop(uow, "jira", scan_id, limit=limit)]

    def work(uow: UnitOfWork) -> None:
        assert dropped(uow, late.id) == ["a1", "a2", "a3", "a4"]
        assert dropped(uow, late.id, 2) == ["a1", "a2"]
        assert dropped(uow, early.id) == []
        assert [one.account_id for one in warnings.without_seat(uow, "jira", limit=50)] == ["a7"]
        one = warnings.open_of(uow, "a1", "jira")
        assert one is not None
        warnings.move(uow, one.id, source=S.OPEN, target=S.DROPPED)
        assert dropped(uow, late.id) == ["a2", "a3", "a4"]
        seats.see(uow, "jira", late.id, [seen("a2")])
        assert dropped(uow, late.id) == ["a3", "a4"]

    database.write_now(work)


async def test_lists_of_a_person_and_counts(database: Database, clock: MovableClock) -> None:
    """A person's warnings start with the newest, and each product is counted by itself."""
    ada = database.write_now(person)
    for product in ("jira", "confluence"):
        database.write_now(
            lambda uow, product=product: warnings.open_(uow, account_id="a1", product=product, person_id=ada.id, slack_id=ada.slack_id)  # type: ignore[misc]
        )
        clock.advance(timedelta(minutes=1))
    database.write_now(warned)

    def work(uow: UnitOfWork) -> None:
        assert [one.product for one in warnings.of_person(uow, ada.id)] == ["confluence", "jira"]
        assert {status: count for status, count in warnings.counts(uow, "jira").items() if count} == {S.OPEN: 2}
        assert set(warnings.counts(uow, "trello")) == set(WarningStatus)

    database.read_now(work)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(list(WarningStatus)), min_size=1, max_size=8))
def test_no_walk_leaves_the_table_of_moves(database: Database, walk: list[WarningStatus]) -> None:
    """Whatever is tried in whatever order: what was kept, dropped or ended stays so, and a let-go has its time."""

    def step(uow: UnitOfWork, before: SeatWarning, target: WarningStatus) -> SeatWarning:
        if target not in WARNING_MOVES[before.status]:
            with pytest.raises(IllegalMove):
                warnings.move(uow, before.id, source=before.status, target=target)
            return before
        moved = warnings.move(uow, before.id, source=before.status, target=target, reason_code="why")
        assert moved is not None
        assert (moved.status, moved.reason_code, moved.changed_at) == (target, "why", uow.now)
        assert moved.let_go_at == (uow.now if target is S.LET_GO else before.let_go_at)
        return moved

    one = database.write_now(warned)
    for target in walk:
        one = database.write_now(lambda uow, one=one, target=target: step(uow, one, target))  # type: ignore[misc]
    assert database.read_now(lambda uow: warnings.get(uow, one.id)) == one


async def test_the_first_of_two_answers_holds(database: Database) -> None:
    """Keep and a drop at once: the second is told that it came too late."""

    def work(uow: UnitOfWork) -> None:
        one = warned(uow)
        assert warnings.move(uow, one.id, source=OPEN_WARNINGS, target=S.KEPT) is not None
        assert warnings.move(uow, one.id, source=OPEN_WARNINGS, target=S.DROPPED) is None

    await database.write(work)


def test_open_warnings_are_those_that_go_on() -> None:
    """A warning is open exactly when something may still come of it."""
    assert {status for status, targets in WARNING_MOVES.items() if targets} == OPEN_WARNINGS


@pytest.mark.parametrize("status", [*WarningStatus, "lost"])
async def test_only_known_words_are_stored(database: Database, status: str) -> None:
    """The CHECK of the migrated tables knows each status of the code, and no other."""
    one = await database.write(warned)
    change = text("UPDATE warnings SET status = :status")

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute(change, {"status": str(status)})

    if status == "lost":
        with pytest.raises(IntegrityError):
            await database.write(write)
        return
    await database.write(write)
    stored = await database.read(lambda uow: warnings.get(uow, one.id))
    assert stored is not None
    assert stored.status == status
