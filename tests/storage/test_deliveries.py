"""Deliveries and slots: things that may come many times and count once."""

from datetime import timedelta

import pytest

from storage import deliveries, slots
from storage.db import Database, UnitOfWork
from tests.fixtures.clock import MovableClock


async def test_a_delivery_counts_once(database: Database) -> None:
    """Slack sends again what it thinks was lost; the second time does nothing."""
    assert await database.write(lambda uow: deliveries.claim(uow, "trigger:1"))
    assert not await database.write(lambda uow: deliveries.claim(uow, "trigger:1"))
    assert await database.write(lambda uow: deliveries.claim(uow, "trigger:2"))


async def test_a_failed_unit_loses_its_claim(database: Database) -> None:
    """A delivery whose unit failed was not dealt with, so the next one must be."""

    def failing(uow: UnitOfWork) -> None:
        assert deliveries.claim(uow, "trigger:1")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(failing)
    assert await database.write(lambda uow: deliveries.claim(uow, "trigger:1"))


async def test_old_deliveries_are_forgotten(database: Database, clock: MovableClock) -> None:
    """Slack gives up after an hour; what is older need not be kept."""
    await database.write(lambda uow: deliveries.claim(uow, "old"))
    clock.advance(timedelta(days=2))
    await database.write(lambda uow: deliveries.claim(uow, "new"))
    assert await database.write(lambda uow: deliveries.prune(uow, before=uow.now - timedelta(days=1), limit=9)) == 1
    assert not await database.write(lambda uow: deliveries.claim(uow, "new"))


async def test_a_slot_fires_once_whoever_ticks(database: Database) -> None:
    """Of all tickers one claims a slot; the latest is known by its name."""
    assert await database.read(lambda uow: slots.latest(uow, "scan")) is None
    assert await database.write(lambda uow: slots.claim(uow, "scan", "2026-11-02T02:30"))
    assert not await database.write(lambda uow: slots.claim(uow, "scan", "2026-11-02T02:30"))
    assert await database.write(lambda uow: slots.claim(uow, "scan", "2026-11-03T02:30"))
    assert await database.write(lambda uow: slots.claim(uow, "digest", "2026-11-09T09:00"))
    assert await database.read(lambda uow: slots.latest(uow, "scan")) == "2026-11-03T02:30"


async def test_old_slots_are_forgotten_except_the_last_of_each_job(database: Database, clock: MovableClock) -> None:
    """A schedule that rests for long still knows where it stands."""
    for slot in ("2026-11-02T02:30", "2026-11-03T02:30"):
        assert await database.write(lambda uow, slot=slot: slots.claim(uow, "scan", slot))  # type: ignore[misc]
    assert await database.write(lambda uow: slots.claim(uow, "digest", "2026-11-01T09:00"))
    assert await database.write(lambda uow: slots.prune(uow, before=uow.now - timedelta(days=1))) == 0
    clock.advance(timedelta(days=31))
    assert await database.write(lambda uow: slots.prune(uow, before=clock.now() - timedelta(days=30))) == 1
    assert await database.read(lambda uow: (slots.latest(uow, "scan"), slots.latest(uow, "digest"))) == (
        "2026-11-03T02:30",
        "2026-11-01T09:00",
    )
