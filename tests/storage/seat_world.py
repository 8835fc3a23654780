"""Domain words for the tests of idle seats in storage."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from storage import batches, exemptions, reclaims, scans, seats, warnings
from storage.db import Database
from storage.lifecycle import BatchStatus, ExemptionStatus, ReclaimStatus, ScanOrigin, ScanStatus, SeatActivity
from storage.records import Reclaim
from storage.seat_records import Batch, Exemption, Scan, Seat, SeatWarning, SeenSeat
from storage.unit import UnitOfWork
from tests.fixtures.clock import MovableClock
from tests.fixtures.databases import new_id
from tests.storage.world import person

REMOVAL = {"steps": [], "snapshot": {"groups": []}}


def scan(uow: UnitOfWork, product: str = "jira") -> Scan:
    """A scan that has just begun."""
    begun = scans.start(uow, product=product, origin=ScanOrigin.SCHEDULE)
    assert begun is not None
    return begun


def seen(account_id: str, activity: SeatActivity = SeatActivity.IDLE, **facts: Any) -> SeenSeat:
    """A seat on a page of a scan."""
    fields: dict[str, Any] = {"name": None, "email": None, "added_at": None, "last_active_at": None, **facts}
    return SeenSeat(account_id=account_id, activity=activity, **fields)


def scanned(
    database: Database, clock: MovableClock, page: Sequence[SeenSeat], *, then: Callable[[UnitOfWork, Scan], None] = seats.conclude
) -> Scan:
    """A complete scan, a day after whatever was before, of which *page* is all."""
    clock.advance(timedelta(days=1))
    one = database.write_now(scan)
    clock.advance(timedelta(minutes=5))

    def finish(uow: UnitOfWork) -> Scan | None:
        seats.see(uow, "jira", one.id, page)
        then(uow, one)
        return scans.end(uow, one.id, target=ScanStatus.COMPLETE, figures={})

    ended = database.write_now(finish)
    assert ended is not None
    return ended


def seat_of(database: Database, account_id: str) -> Seat | None:
    """The account's seat on Jira."""
    return database.read_now(lambda uow: seats.get(uow, account_id, "jira"))


def candidate_ids(database: Database, *, idle_before: datetime | None = None, **page: Any) -> list[str]:
    """Who may be warned, by account id, in order; in any case idle before now."""

    def work(uow: UnitOfWork) -> list[str]:
        before = idle_before or uow.now
        found = seats.candidates(uow, "jira", idle_before=before, **{"limit": 50, **page})
        assert page or len(found) == seats.count_candidates(uow, "jira", idle_before=before)
        return [seat.account_id for seat in found]

    return database.read_now(work)


def warned(uow: UnitOfWork, account_id: str | None = None, product: str = "jira") -> SeatWarning:
    """A new warning of some seat's holder, not sent yet."""
    warning = warnings.open_(uow, account_id=account_id or new_id(), product=product, person_id=None, slack_id="U1")
    assert warning is not None
    return warning


def asked(uow: UnitOfWork, account_id: str | None = None, *, until: datetime | None = None) -> Exemption:
    """A new exemption of some seat, asked for by its holder."""
    ada = person(uow).id
    exemption = exemptions.ask(
        uow,
        account_id=account_id or new_id(),
        product="jira",
        asked_by=ada,
        owner_id=ada,
        reason="on leave",
        until=until or uow.now + timedelta(days=90),
    )
    assert exemption is not None
    return exemption


def exempt(uow: UnitOfWork, account_id: str | None = None, *, until: datetime | None = None) -> Exemption:
    """An exemption that somebody else agreed to."""
    one = asked(uow, account_id, until=until)
    active = exemptions.move(uow, one.id, source=ExemptionStatus.ASKED, target=ExemptionStatus.ACTIVE, decided_by=person(uow).id)
    assert active is not None
    return active


def proposed(uow: UnitOfWork) -> Batch:
    """A new batch without members."""
    return batches.propose(uow, figures={"seats": 3}, due_at=uow.now + timedelta(days=7))


def approved(uow: UnitOfWork) -> Batch:
    """A batch that somebody agreed to."""
    batch = batches.move(uow, proposed(uow).id, source=BatchStatus.PROPOSED, target=BatchStatus.APPROVED, decided_by=person(uow).id)
    assert batch is not None
    return batch


def planned(uow: UnitOfWork, account_id: str | None = None, *, last_active_at: datetime | None = None, **links: str) -> Reclaim:
    """A new reclaim of some seat."""
    reclaim = reclaims.plan(uow, account_id=account_id or new_id(), product="jira", last_active_at=last_active_at, **links)
    assert reclaim is not None
    return reclaim


def taken(uow: UnitOfWork, account_id: str | None = None) -> Reclaim:
    """A reclaim whose seat is free."""
    one = planned(uow, account_id)
    reclaims.move(uow, one.id, source=ReclaimStatus.PLANNED, target=ReclaimStatus.APPROVED)
    reclaims.move(uow, one.id, source=ReclaimStatus.APPROVED, target=ReclaimStatus.TAKING, removal=REMOVAL)
    free = reclaims.move(uow, one.id, source=ReclaimStatus.TAKING, target=ReclaimStatus.TAKEN)
    assert free is not None
    return free
