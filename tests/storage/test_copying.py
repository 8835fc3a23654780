"""A copy of what is known about seats: all of it arrives, and the original is only read."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from storage import exemptions, migrate, outbox, people, scans, seats
from storage.copying import copy_seats
from storage.db import Database, UnitOfWork
from storage.lifecycle import ScanOrigin, ScanStatus, SeatActivity
from storage.seat_records import SeenSeat
from tests.fixtures.clock import MovableClock


def fill(uow: UnitOfWork) -> None:
    """A complete scan of two seats, one of them exempt, another scan that runs, and a job."""
    done = scans.start(uow, product="jira", origin=ScanOrigin.SCHEDULE)
    assert done is not None
    seen = [
        SeenSeat(account_id=name, name=name, email=None, added_at=None, last_active_at=uow.now, activity=SeatActivity.IDLE)
        for name in ("ada", "ben")
    ]
    seats.see(uow, "jira", done.id, seen)
    seats.conclude(uow, done)
    scans.end(uow, done.id, target=ScanStatus.COMPLETE, figures={"seats": 2})
    scans.start(uow, product="jira", origin=ScanOrigin.TERMINAL)
    ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA")
    exemptions.ask(uow, account_id="ada", product="jira", asked_by=ada.id, owner_id=ada.id, reason="away", until=uow.now)
    outbox.enqueue(uow, kind="k", subject="s", payload={}, settle_seconds=12)


async def test_what_a_scan_needs_to_know_arrives(
    database: Database, clock: MovableClock, open_database: Callable[..., Database], tmp_path: Path
) -> None:
    """Seats, people, exemptions and ended scans; a running scan and the jobs stay where they are worked."""
    await database.write(fill)
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    await asyncio.to_thread(migrate.upgrade, url)
    target = open_database(url, clock=clock.now)
    await asyncio.to_thread(copy_seats, database, target=target)
    assert await target.read(seats_of) == await database.read(seats_of)
    assert await target.read(lambda uow: scans.running(uow, "jira")) is None
    assert await target.read(lambda uow: scans.latest(uow, "jira")) == await database.read(lambda uow: scans.latest(uow, "jira"))
    assert await target.read(lambda uow: exemptions.open_of(uow, "ada", "jira")) is not None
    assert await target.read(outbox.backlog) == ()
    assert len(await database.read(outbox.backlog)) == 1


def seats_of(uow: UnitOfWork) -> object:
    """All seats of the product."""
    return seats.of_accounts(uow, "jira", ["ada", "ben"])
