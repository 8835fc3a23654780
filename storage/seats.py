"""
Seats as the scans see them: what a page showed, what a complete scan makes of it, and what people and grants did to one.

Which of them may be warned is asked in `storage.idle_seats`; offered to others from here.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update

from storage.idle_seats import candidates, conclude, count_candidates, held, hold, newly_idle, place_of, release
from storage.lifecycle import SeatActivity
from storage.seat_records import Seat, SeenSeat
from storage.seat_sealing import opened, sealed
from storage.seat_tables import seats
from storage.sql import insert_or_replace
from storage.unit import UnitOfWork

__all__ = [
    "accounts_with_email",
    "candidates",
    "conclude",
    "count_candidates",
    "counts",
    "former",
    "get",
    "given",
    "held",
    "hold",
    "keep",
    "newly_idle",
    "of_account",
    "of_accounts",
    "place_of",
    "release",
    "see",
    "with_email",
]

_c = seats.c
_PRODUCT = _c.product == bindparam("this_product")
_ACCOUNT = _c.account_id == bindparam("this_account")
_IS_THERE = _c.gone_at.is_(None)
_EVER = select(seats).where(_PRODUCT, _c.account_id.in_(bindparam("accounts", expanding=True)))
_OF_ACCOUNTS = _EVER.where(_IS_THERE)
_GET = select(seats).where(_ACCOUNT, _PRODUCT, _IS_THERE)
_HAS_EMAIL = or_(func.lower(_c.email) == func.lower(bindparam("this_email")), _c.email_mark.in_(bindparam("marks", expanding=True)))
_WITH_EMAIL = select(seats).where(_PRODUCT, _HAS_EMAIL, _IS_THERE).order_by(_c.account_id)
_OF_ACCOUNT = select(seats).where(_ACCOUNT).order_by(_c.product)
_ACCOUNTS_WITH_EMAIL = select(_c.account_id).where(_HAS_EMAIL).distinct().order_by(_c.account_id)
_COUNTS = select(_c.activity, func.count()).where(_PRODUCT, _IS_THERE).group_by(_c.activity)
_SEE = insert_or_replace(seats, replaced=("name", "email", "email_mark", "added_at", "last_active_at", "seen_at", "scan_id", "activity"))
_COME_AGAIN = delete(seats).where(_PRODUCT, _c.account_id.in_(bindparam("accounts", expanding=True)), ~_IS_THERE)
_KEEP = update(seats).where(_ACCOUNT, _PRODUCT)
_GIVEN = _KEEP.values(idle_since=None, held_by=None)


def get(uow: UnitOfWork, account_id: str, product: str) -> Seat | None:
    """The account's seat on the product, None when the last scan saw none."""
    return next(iter(opened(uow, uow.connection.execute(_GET, {"this_account": account_id, "this_product": product}))), None)


def of_accounts(uow: UnitOfWork, product: str, account_ids: Collection[str]) -> dict[str, Seat]:
    """The seats on the product of those accounts that have one, by account id; meant for a page of some hundred."""
    rows = uow.connection.execute(_OF_ACCOUNTS, {"this_product": product, "accounts": list(account_ids)})
    return {seat.account_id: seat for seat in opened(uow, rows)}


def former(uow: UnitOfWork, product: str, account_ids: Collection[str]) -> dict[str, Seat]:
    """As `of_accounts`, and the seats that Comeback took too, as they were last seen, for as long as they are held."""
    rows = uow.connection.execute(_EVER, {"this_product": product, "accounts": list(account_ids)})
    return {seat.account_id: seat for seat in opened(uow, rows)}


def with_email(uow: UnitOfWork, product: str, email: str) -> tuple[Seat, ...]:
    """The seats on the product whose holders have this address; without an index, for what a person asks now and then."""
    parameters = {"this_product": product, "this_email": email, "marks": uow.keyring.marks(email)}
    return opened(uow, uow.connection.execute(_WITH_EMAIL, parameters))


def of_account(uow: UnitOfWork, account_id: str) -> tuple[Seat, ...]:
    """The account's seats on all products, those that it had before too; without an index, for what a person asks now and then."""
    return opened(uow, uow.connection.execute(_OF_ACCOUNT, {"this_account": account_id}))


def accounts_with_email(uow: UnitOfWork, email: str) -> tuple[str, ...]:
    """The accounts with seats whose holders have this address, by their ids; without an index."""
    parameters = {"this_email": email, "marks": uow.keyring.marks(email)}
    return tuple(uow.connection.execute(_ACCOUNTS_WITH_EMAIL, parameters).scalars())


def see(uow: UnitOfWork, product: str, scan_id: str, seen: Sequence[SeenSeat]) -> None:
    """
    Store what a page of the scan showed; twice is as once.

    What people and grants did to a seat, and since when it is known and idle, is kept; one that was gone is a new one.
    """
    uow.connection.execute(_COME_AGAIN, {"this_product": product, "accounts": [seat.account_id for seat in seen]})
    new = {"product": product, "scan_id": scan_id, "first_seen_at": uow.now, "seen_at": uow.now}
    rows = [sealed(uow, seat) | new for seat in seen]
    if rows:
        uow.connection.execute(_SEE, rows)


def counts(uow: UnitOfWork, product: str) -> dict[SeatActivity, int]:
    """How many of the product's seats there are of each activity; zero where there are none."""
    rows = uow.connection.execute(_COUNTS, {"this_product": product})
    return dict.fromkeys(SeatActivity, 0) | {row[0]: row[1] for row in rows}


def keep(uow: UnitOfWork, account_id: str, product: str, until: datetime) -> bool:
    """Leave the seat alone until then: its holder said so. False when no scan has seen such a seat."""
    return _change(uow, _KEEP, account_id, product, kept_until=until)


def given(uow: UnitOfWork, account_id: str, product: str) -> bool:
    """Let the seat's grace begin now, as we gave it (back) to its holder; False, and no harm, when no scan has seen it yet."""
    return _change(uow, _GIVEN, account_id, product, given_at=uow.now)


def _change(uow: UnitOfWork, statement: Any, account_id: str, product: str, **values: object) -> bool:
    parameters = {"this_account": account_id, "this_product": product, **values}
    return bool(uow.connection.execute(statement, parameters).rowcount)
