"""Outcome figures: what falls into a period, and what does not."""

from datetime import timedelta

from storage import access_requests, figures, reclaims, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus, RequestStatus, WarningStatus
from storage.seat_records import Figures
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import planned, taken, warned
from tests.storage.world import move, request

W, R = WarningStatus, ReclaimStatus
DAY = timedelta(days=1)


def sent(uow: UnitOfWork, *answers: WarningStatus, product: str = "jira") -> None:
    """A warning that was sent and answered so, one answer after the other."""
    one = warned(uow, product=product)
    warnings.sent(uow, one.id, channel="D1", ts="1.2", plan_at=uow.now + 14 * DAY)
    for answer in answers:
        moved = warnings.move(uow, one.id, source=one.status, target=answer)
        assert moved is not None
        one = moved


async def test_a_period_has_what_happened_in_it(database: Database, clock: MovableClock) -> None:
    """Warnings count when sent, answers when given (the last word holds), seats when taken and when they came back."""

    def happen(uow: UnitOfWork) -> None:
        for answers in ((), (W.KEPT,), (W.LET_GO,), (W.LET_GO, W.KEPT), (W.LET_GO, W.ENDED), (W.DROPPED,)):
            sent(uow, *answers)
        sent(uow, W.KEPT, product="confluence")
        warned(uow)
        planned(uow)
        for how in ("request", "request", "undo"):
            reclaims.move(uow, taken(uow).id, source=R.TAKEN, target=R.RETURNED, reason_code=how)
        taken(uow)

    database.write_now(happen)
    old = database.write_now(taken)
    clock.advance(10 * DAY)
    since = clock.now() - DAY
    database.write_now(happen)
    database.write_now(lambda uow: reclaims.move(uow, old.id, source=R.TAKEN, target=R.RETURNED, reason_code="by_itself"))
    until = clock.now() + DAY
    clock.advance(10 * DAY)
    database.write_now(happen)

    found = database.read_now(lambda uow: figures.of_product(uow, "jira", since=since, until=until))
    returned = {"request": 2, "undo": 1, "by_itself": 1}
    assert found == Figures(product="jira", warned=6, kept=2, let_go=2, taken=4, returned=returned)
    other = database.read_now(lambda uow: figures.of_product(uow, "confluence", since=since, until=until))
    assert other == Figures(product="confluence", warned=1, kept=1, let_go=0, taken=0, returned={})


async def test_what_never_was_free_neither_was_taken_nor_came_back(database: Database) -> None:
    """A removal that was put back half-way saved nothing, so it counts nowhere."""

    def work(uow: UnitOfWork) -> None:
        one = planned(uow)
        reclaims.move(uow, one.id, source=R.PLANNED, target=R.APPROVED)
        reclaims.move(uow, one.id, source=R.APPROVED, target=R.TAKING, removal={})
        reclaims.move(uow, one.id, source=R.TAKING, target=R.NEEDS_ATTENTION)
        assert reclaims.move(uow, one.id, source=R.NEEDS_ATTENTION, target=R.RETURNED, reason_code="request") is not None
        found = figures.of_product(uow, "jira", since=uow.now - DAY, until=uow.now + DAY)
        assert (found.taken, found.returned) == (0, {})
        assert figures.taken_intervals(uow, "jira") == ()

    await database.write(work)


async def test_a_period_begins_with_its_start_and_ends_before_its_end(database: Database) -> None:
    """Two periods that meet count everything once."""

    def work(uow: UnitOfWork) -> None:
        taken(uow)
        before = figures.of_product(uow, "jira", since=uow.now - DAY, until=uow.now)
        after = figures.of_product(uow, "jira", since=uow.now, until=uow.now + DAY)
        assert (before.taken, after.taken) == (0, 1)

    await database.write(work)


async def test_taken_intervals_say_how_long_a_seat_was_free(database: Database, clock: MovableClock) -> None:
    """Savings are computed from when each seat was taken and when it came back, if it did."""
    first = database.write_now(taken)
    clock.advance(DAY)
    second = database.write_now(taken)
    clock.advance(30 * DAY)
    back = database.write_now(lambda uow: reclaims.move(uow, first.id, source=R.TAKEN, target=R.RETURNED, reason_code="request"))
    assert back is not None
    found = database.read_now(lambda uow: figures.taken_intervals(uow, "jira"))
    assert found == ((first.taken_at, back.returned_at), (second.taken_at, None))
    assert database.read_now(lambda uow: figures.taken_intervals(uow, "confluence")) == ()


async def test_reclaims_are_counted_by_status(database: Database) -> None:
    """What is stuck is told until somebody looks; another product's is not among it."""

    def work(uow: UnitOfWork) -> None:
        taken(uow)
        planned(uow)
        planned(uow)
        counts = figures.reclaim_counts(uow, "jira")
        assert (counts[R.TAKEN], counts[R.PLANNED], counts[R.NEEDS_ATTENTION]) == (1, 2, 0)
        assert set(figures.reclaim_counts(uow, "confluence").values()) == {0}

    await database.write(work)


async def test_the_median_time_to_access(database: Database, clock: MovableClock) -> None:
    """One request that waited for a week does not make access look slow; what was granted before the period is left out."""
    start = clock.now()
    for minutes in (900, 1, 10_000, 2):
        one = database.write_now(request)
        clock.advance(timedelta(minutes=minutes))
        database.write_now(lambda uow, one=one: move(uow, one, RequestStatus.APPROVED, RequestStatus.GRANTING, RequestStatus.GRANTED))  # type: ignore[misc]

    def median(uow: UnitOfWork) -> float | None:
        return figures.access_seconds(uow, since=start + timedelta(minutes=900, seconds=30), until=uow.now + DAY)

    found = database.read_now(median)
    assert found is not None
    assert round(found / 60) == 2
    assert database.read_now(lambda uow: figures.access_seconds(uow, since=start - DAY, until=start)) is None
    assert database.read_now(lambda uow: access_requests.granted_since(uow, start)) == 4
