"""What a night forgets, in units that keep nobody waiting."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from bot.settings import Settings, load
from bot.usecases import house
from storage import access_requests, deliveries, outbox, tables
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import FORGOTTEN_WORDS
from tests.bot.outside import COMPLETE, Outside
from tests.fixtures.clock import MovableClock
from tests.storage.world import claim_one, job, move, request

LATER = timedelta(days=401)


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings: words are kept for 400 days."""
    outside.set(COMPLETE)
    return load()


def left(database: Database) -> int:
    """How many requests, deliveries and jobs still have what a night forgets."""

    def look(uow: UnitOfWork) -> int:
        worded = [one for one in access_requests.list_recent(uow) if one.reason != FORGOTTEN_WORDS]
        others: list[int] = [
            uow.connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (tables.deliveries, tables.outbox)
        ]
        return len(worded) + sum(others)

    return database.read_now(look)


def test_a_night_forgets_a_few_at_a_time(
    database: Database, settings: Settings, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much has had its time: SQLite has one writer, and who presses a button meanwhile waits for one unit of this."""
    monkeypatch.setattr(house, "AT_ONCE", 2)

    def fill(uow: UnitOfWork, number: int) -> None:
        move(uow, request(uow), RequestStatus.CANCELLED)
        deliveries.claim(uow, f"d{number}")
        job(uow)
        outbox.finish(uow, claim_one(uow))

    for number in range(5):
        database.write_now(lambda uow, number=number: fill(uow, number))  # type: ignore[misc]
    clock.advance(LATER)
    counts = [left(database)]
    while database.write_now(lambda uow: house.prune(uow, settings=settings)):
        counts.append(left(database))
    assert (counts[0], counts[-1]) == (15, 0)
    assert {before - after for before, after in pairwise(counts)} == {1, 2}


def test_words_stay_where_they_are_kept(database: Database, outside: Outside, clock: MovableClock) -> None:
    """A company may keep them for good; the rest goes all the same."""
    outside.set(COMPLETE | {"COMEBACK_KEEP_WORDS_DAYS": "0"})
    settings = load()
    asked = database.write_now(lambda uow: move(uow, request(uow), RequestStatus.CANCELLED))
    database.write_now(lambda uow: deliveries.claim(uow, "d"))
    clock.advance(LATER)
    while database.write_now(lambda uow: house.prune(uow, settings=settings)):
        pass
    found = database.read_now(lambda uow: access_requests.get(uow, asked.id))
    assert found is not None
    assert (found.reason, left(database)) == (asked.reason, 1)
