"""Seats that are taken back: one row for each, with the snapshot that puts it back."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, literal_column, null, select, update

from storage.lifecycle import HOLDING_RECLAIMS, OPEN_RECLAIMS, ReclaimStatus, require_moves
from storage.records import Reclaim, as_record
from storage.seat_records import Planned
from storage.seat_tables import reclaims, seats
from storage.sql import among, insert_or_keep
from storage.unit import UnitOfWork

_c = reclaims.c
_COLUMNS = tuple(_c[name] for name in Reclaim.__dataclass_fields__)
_THIS = _c.id == bindparam("this_id")
_SEAT = (_c.account_id == bindparam("this_account"), _c.product == bindparam("this_product"))
_IS_OPEN = among(_c.status, OPEN_RECLAIMS)
_GET = select(*_COLUMNS).where(_THIS)
_LOCK = _GET.with_for_update()
_OPEN_OF = select(*_COLUMNS).where(*_SEAT, _IS_OPEN)
_OPEN_OF_ACCOUNT = select(*_COLUMNS).where(_c.account_id == bindparam("this_account"), _IS_OPEN).order_by(_c.id)
_OF_ACCOUNT = select(*_COLUMNS).where(_c.account_id == bindparam("this_account")).order_by(_c.id)
_OPEN_AMONG = select(_c.account_id).where(
    _c.account_id.in_(bindparam("accounts", expanding=True)), _c.product == bindparam("this_product"), _IS_OPEN
)
# Without what was taken: of a plan of thousands that is a megabyte, and its card and its forms say nothing of it.
_IN_BRIEF = tuple(null().label("removal") if name == "removal" else _c[name] for name in Reclaim.__dataclass_fields__)
_BATCH = _c.batch_id == bindparam("this_batch")
_OF_BATCH = select(*_IN_BRIEF).where(_BATCH).order_by(_c.last_active_at.asc().nulls_first(), _c.account_id, _c.product)
_PAGE_OF_BATCH = select(*_IN_BRIEF).where(_BATCH, _c.id > bindparam("after")).order_by(_c.id).limit(bindparam("most"))
_HOLDING_OF_BATCH = select(_c.id).where(_BATCH, among(_c.status, HOLDING_RECLAIMS))
_COUNTS_OF_BATCH = select(_c.status, func.count()).where(_BATCH).group_by(_c.status)
_SEEN_AGAIN = (
    select(*_COLUMNS)
    .join(seats, and_(seats.c.account_id == _c.account_id, seats.c.product == _c.product))
    .where(
        _c.status == literal_column("'taken'"),
        _c.product == bindparam("this_product"),
        _c.taken_at < bindparam("moment", type_=_c.taken_at.type),
        seats.c.scan_id == bindparam("this_scan"),
    )
    .order_by(_c.taken_at, _c.id)
    .limit(bindparam("most"))
)
_ADD = insert_or_keep(reclaims)
_MOVE = update(reclaims).where(_THIS, _c.status.in_(bindparam("sources", expanding=True)))
_NOTE = update(reclaims).where(_THIS)
_STAMPS: Mapping[ReclaimStatus, str] = {
    ReclaimStatus.APPROVED: "approved_at",
    ReclaimStatus.TAKEN: "taken_at",
    ReclaimStatus.RETURNED: "returned_at",
}


def plan(
    uow: UnitOfWork,
    *,
    account_id: str,
    product: str,
    last_active_at: datetime | None,
    batch_id: str | None = None,
    warning_id: str | None = None,
) -> Reclaim | None:
    """A new reclaim that nobody has agreed to yet; None when the seat has an open one."""
    planned = Planned(account_id=account_id, product=product, last_active_at=last_active_at, warning_id=warning_id)
    fields = _new(uow, batch_id, planned)
    return Reclaim(**fields) if uow.connection.execute(_ADD, fields).rowcount else None


def plan_all(uow: UnitOfWork, batch_id: str, members: Collection[Planned]) -> None:
    """New reclaims of the batch for these seats, all in one statement; a seat that has an open one stays out."""
    if members:
        uow.connection.execute(_ADD, [_new(uow, batch_id, planned) for planned in members])


def _new(uow: UnitOfWork, batch_id: str | None, planned: Planned) -> dict[str, Any]:
    return {
        "id": uow.new_id(),
        "account_id": planned.account_id,
        "product": planned.product,
        "status": ReclaimStatus.PLANNED,
        "reason_code": None,
        "details": {},
        "removal": None,
        "last_active_at": planned.last_active_at,
        "planned_at": uow.now,
        "approved_at": None,
        "taken_at": None,
        "returned_at": None,
        "changed_at": uow.now,
        "batch_id": batch_id,
        "warning_id": planned.warning_id,
    }


def get(uow: UnitOfWork, reclaim_id: str) -> Reclaim | None:
    """The reclaim, None when there is none with this id (ids come back from buttons)."""
    return _first(uow, _GET, this_id=reclaim_id)


def lock(uow: UnitOfWork, reclaim_id: str) -> Reclaim | None:
    """The reclaim, which no other unit can change until this one ends."""
    return _first(uow, _LOCK, this_id=reclaim_id)


def open_of(uow: UnitOfWork, account_id: str, product: str) -> Reclaim | None:
    """The seat's open reclaim; there is at most one."""
    return _first(uow, _OPEN_OF, this_account=account_id, this_product=product)


def accounts_with_open(uow: UnitOfWork, product: str, account_ids: Collection[str]) -> frozenset[str]:
    """Which of these accounts have an open reclaim of the product; meant for some hundred."""
    return frozenset(uow.connection.execute(_OPEN_AMONG, {"accounts": list(account_ids), "this_product": product}).scalars())


def open_of_account(uow: UnitOfWork, account_id: str) -> tuple[Reclaim, ...]:
    """The account's open reclaims, of all products, in the order of their ids."""
    return tuple(as_record(Reclaim, row) for row in uow.connection.execute(_OPEN_OF_ACCOUNT, {"this_account": account_id}))


def beside(uow: UnitOfWork, reclaim: Reclaim) -> tuple[Reclaim, ...]:
    """The other open reclaims of the same account: what they hold, or take, may be what this one holds too."""
    return tuple(one for one in open_of_account(uow, reclaim.account_id) if one.id != reclaim.id)


def of_account(uow: UnitOfWork, account_id: str) -> tuple[Reclaim, ...]:
    """The account's reclaims in whatever status, by their ids; without an index, for a command that a human types."""
    return tuple(as_record(Reclaim, row) for row in uow.connection.execute(_OF_ACCOUNT, {"this_account": account_id}))


def seen_again(uow: UnitOfWork, product: str, scan_id: str, *, before: datetime, limit: int) -> tuple[Reclaim, ...]:
    """Reclaims whose seat was taken before that time and whose holder this scan saw with a seat, oldest first."""
    found = uow.connection.execute(_SEEN_AGAIN, {"this_product": product, "this_scan": scan_id, "moment": before, "most": limit})
    return tuple(as_record(Reclaim, row) for row in found)


def holding(uow: UnitOfWork, account_id: str, product: str) -> Reclaim | None:
    """The reclaim that holds what was taken of this seat, None when nothing is held."""
    found = open_of(uow, account_id, product)
    return found if found is not None and found.status in HOLDING_RECLAIMS else None


def of_batch(uow: UnitOfWork, batch_id: str) -> tuple[Reclaim, ...]:
    """
    The batch's reclaims in whatever status, longest idle first (never active before all), then by account and product.

    What was taken of each (`removal`) is left out.
    """
    return tuple(as_record(Reclaim, row) for row in uow.connection.execute(_OF_BATCH, {"this_batch": batch_id}))


def page_of_batch(uow: UnitOfWork, batch_id: str, *, after: str, limit: int) -> tuple[Reclaim, ...]:
    """Up to *limit* of the batch's reclaims, as `of_batch` has them, whose ids come *after*, in the order of their ids."""
    found = uow.connection.execute(_PAGE_OF_BATCH, {"this_batch": batch_id, "after": after, "most": limit})
    return tuple(as_record(Reclaim, row) for row in found)


def holding_of_batch(uow: UnitOfWork, batch_id: str) -> frozenset[str]:
    """The ids of the batch's reclaims that hold something that was somebody's."""
    return frozenset(uow.connection.execute(_HOLDING_OF_BATCH, {"this_batch": batch_id}).scalars())


def counts_of_batch(uow: UnitOfWork, batch_id: str) -> dict[ReclaimStatus, int]:
    """How many of the batch's reclaims there are in each status; zero where there are none."""
    rows = uow.connection.execute(_COUNTS_OF_BATCH, {"this_batch": batch_id})
    return dict.fromkeys(ReclaimStatus, 0) | {row[0]: row[1] for row in rows}


def move(
    uow: UnitOfWork,
    reclaim_id: str,
    *,
    source: ReclaimStatus | Collection[ReclaimStatus],
    target: ReclaimStatus,
    reason_code: str | None = None,
    removal: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Reclaim | None:
    """
    The reclaim in its new status, or None when its status was none of *source*.

    `reason_code` is replaced in every case, *removal* and *details* only when given. Raises IllegalMove when a source may never become
    *target*; the tables refuse to take without an approval, and without a snapshot.
    """
    sources = require_moves(source, target)
    values: dict[str, Any] = {"status": target, "reason_code": reason_code, "changed_at": uow.now}
    if target in _STAMPS:
        values[_STAMPS[target]] = uow.now
    values |= {name: dict(given) for name, given in (("removal", removal), ("details", details)) if given is not None}
    moved = uow.connection.execute(_MOVE, {"this_id": reclaim_id, "sources": sources, **values}).rowcount
    return get(uow, reclaim_id) if moved else None


def note(uow: UnitOfWork, reclaim_id: str, *, details: Mapping[str, Any]) -> None:
    """Add *details* to those of the reclaim, in whatever status; nothing happens when there is no such reclaim."""
    found = lock(uow, reclaim_id)
    if found is not None:
        uow.connection.execute(_NOTE, {"this_id": reclaim_id, "details": {**found.details, **details}})


def _first(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> Reclaim | None:
    row = uow.connection.execute(statement, parameters).first()
    return None if row is None else as_record(Reclaim, row)
