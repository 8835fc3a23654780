"""Domain words for the tests of figures: what happened to a product's seats, by the functions of storage."""

from collections.abc import Mapping

from bot.settings import Product
from bot.usecases.scan_figures import seat_figures
from storage import people, reclaims, scans, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus, ReclaimStatus, ScanOrigin, ScanStatus, SeatActivity, WarningStatus
from storage.records import Reclaim
from storage.seat_records import Scan, SeatWarning
from tests.bot.outside import CONFLUENCE, JIRA
from tests.fixtures.databases import new_id
from tests.storage.seat_world import REMOVAL, proposed, seen

R, W, A, B = ReclaimStatus, WarningStatus, SeatActivity, BatchStatus


def product(key: str = "jira", **facts: object) -> Product:
    """A product of the settings; its price and its renewal day are among the *facts*."""
    resource = JIRA if key == "jira" else CONFLUENCE
    return Product.model_validate({"key": key, "name": key.capitalize(), "resource": resource, **facts})


def offer(*products: Product) -> Mapping[str, Product]:
    """The products as the settings have them."""
    return {one.key: one for one in products}


def scan(uow: UnitOfWork, key: str = "jira", *, status: ScanStatus = ScanStatus.COMPLETE, **classes: int) -> Scan:
    """A scan that ends now and saw so many seats of each class."""
    begun = scans.start(uow, product=key, origin=ScanOrigin.SCHEDULE)
    assert begun is not None
    page = [seen(f"{key}-{name}-{number}", A(name)) for name, count in classes.items() for number in range(count)]
    seats.see(uow, key, begun.id, page)
    seats.conclude(uow, begun)
    ended = scans.end(uow, begun.id, target=status, figures=dict(seat_figures(uow, key)))
    assert ended is not None
    return ended


def warn(uow: UnitOfWork, answer: WarningStatus | None = None, *, key: str = "jira") -> SeatWarning:
    """A warning that was sent and, perhaps, answered; an undeliverable one was never sent."""
    one = warnings.open_(uow, account_id=new_id(), product=key, person_id=None, slack_id="U1")
    assert one is not None
    if answer is not W.UNDELIVERABLE:
        warnings.sent(uow, one.id, channel="D1", ts="1.2", plan_at=uow.now)
    if answer is not None:
        warnings.move(uow, one.id, source=W.OPEN, target=answer)
    return one


def take(uow: UnitOfWork, key: str = "jira", *, until: ReclaimStatus = R.TAKEN) -> Reclaim:
    """A seat that is taken now, or is on its way there as far as *until*."""
    one = reclaims.plan(uow, account_id=new_id(), product=key, last_active_at=None)
    assert one is not None
    for source, target in ((R.PLANNED, R.APPROVED), (R.APPROVED, R.TAKING), (R.TAKING, until)):
        reclaims.move(uow, one.id, source=source, target=target, removal=REMOVAL if target is R.TAKING else None)
    return one


def give_back(uow: UnitOfWork, one: Reclaim, *, how: str = "request") -> None:
    """The seat is its holder's again."""
    assert reclaims.move(uow, one.id, source=R.TAKEN, target=R.RETURNED, reason_code=how) is not None


def plan(uow: UnitOfWork, *, members: int) -> str:
    """A plan that waits for a decision; its id."""
    batch = proposed(uow)
    for _ in range(members):
        reclaims.plan(uow, account_id=new_id(), product="jira", last_active_at=None, batch_id=batch.id)
    return batch.id


def somebody(uow: UnitOfWork, slack_id: str) -> str:
    """The id of a person."""
    return people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id).id
