"""Warnings in lists and numbers, each by an index; offered to others as `storage.warnings`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, literal_column, or_, select

from storage.lifecycle import OPEN_RECLAIMS, OPEN_WARNINGS, SPARED_ACTIVITIES, WarningStatus
from storage.records import as_record
from storage.seat_records import SeatWarning
from storage.seat_tables import reclaims, seats, warnings
from storage.sql import Moment, among
from storage.unit import UnitOfWork

_c = warnings.c
_PRODUCT = _c.product == bindparam("this_product")
_IS_OPEN = among(_c.status, OPEN_WARNINGS)
_OLDEST_FIRST = (_c.created_at, _c.id)
_RECLAIM = (reclaims.c.account_id == _c.account_id, reclaims.c.product == _c.product, among(reclaims.c.status, OPEN_RECLAIMS))
_SEAT = (seats.c.account_id == _c.account_id, seats.c.product == _c.product, seats.c.gone_at.is_(None))
_SPARED = (seats.c.scan_id == bindparam("this_scan"), among(seats.c.activity, SPARED_ACTIVITIES))

_DUE = (
    select(warnings)
    .where(
        _c.product.in_(bindparam("products", expanding=True)),
        among(_c.status, {WarningStatus.OPEN, WarningStatus.LET_GO}),
        or_(_c.status == literal_column("'let_go'"), _c.plan_at <= bindparam("moment", type_=Moment())),
        ~exists().where(*_RECLAIM),
    )
    .order_by(*_OLDEST_FIRST)
    .limit(bindparam("most"))
)
_UNDELIVERABLE = select(warnings).where(_PRODUCT, _c.status == WarningStatus.UNDELIVERABLE).order_by(*_OLDEST_FIRST)
_UNREACHED = (
    select(warnings)
    .where(
        _PRODUCT,
        _c.status == WarningStatus.UNDELIVERABLE,
        _c.changed_at <= bindparam("moment", type_=Moment()),
        ~exists().where(*_RECLAIM),
    )
    .order_by(*_OLDEST_FIRST)
    .limit(bindparam("most"))
)
_OF_PRODUCT = select(warnings).where(_PRODUCT, _IS_OPEN).order_by(*_OLDEST_FIRST).limit(bindparam("most"))
_TO_DROP = _OF_PRODUCT.where(exists().where(*_SEAT, or_(and_(*_SPARED), seats.c.last_active_at > _c.created_at)))
_OVERTAKEN = _OF_PRODUCT.where(
    _c.status == WarningStatus.OPEN, _c.plan_at < bindparam("moment", type_=Moment()), ~exists().where(*_RECLAIM)
)
_WITHOUT_SEAT = _OF_PRODUCT.where(~exists().where(*_SEAT))
_OF_PERSON = select(warnings).where(_c.person_id == bindparam("person")).order_by(_c.created_at.desc(), _c.id.desc())
_OF_ACCOUNT = select(warnings).where(_c.account_id == bindparam("this_account")).order_by(_c.id)
_OF_IDS = select(warnings).where(_c.id.in_(bindparam("ids", expanding=True)))
_COUNTS = select(_c.status, func.count()).where(_PRODUCT).group_by(_c.status)


def due(uow: UnitOfWork, *, at: datetime, products: Collection[str], limit: int) -> tuple[SeatWarning, ...]:
    """
    The warnings whose seats may be planned, oldest first: the open ones whose day has come by *at*, and those let go, at once.

    Not the undeliverable ones, nor those whose seat has an open reclaim already.
    """
    return _records(uow, _DUE, products=list(products), moment=at, most=limit)


def undeliverable(uow: UnitOfWork, product: str) -> tuple[SeatWarning, ...]:
    """The product's warnings that reached nobody, oldest first."""
    return _records(uow, _UNDELIVERABLE, this_product=product)


def unreached(uow: UnitOfWork, product: str, *, since: datetime, limit: int) -> tuple[SeatWarning, ...]:
    """The product's warnings that have reached nobody, and were not tried after *since*, oldest first; not those with an open reclaim."""
    return _records(uow, _UNREACHED, this_product=product, moment=since, most=limit)


def to_drop(uow: UnitOfWork, product: str, scan_id: str, *, limit: int) -> tuple[SeatWarning, ...]:
    """
    Open warnings, oldest first, of seats that this complete scan saw in use, exempt, protected or in grace, or that were used after the
    warning; again until there are none.

    A seat that the scan could not read, and of which no later use is known, keeps its warning.
    """
    return _records(uow, _TO_DROP, this_product=product, this_scan=scan_id, most=limit)


def without_seat(uow: UnitOfWork, product: str, *, limit: int) -> tuple[SeatWarning, ...]:
    """Open warnings, oldest first, of seats that are gone since the last complete scan; again until there are none."""
    return _records(uow, _WITHOUT_SEAT, this_product=product, most=limit)


def overtaken(uow: UnitOfWork, product: str, *, words_from: datetime, limit: int) -> tuple[SeatWarning, ...]:
    """Warnings without an answer, oldest first, that named a day before *words_from*, of seats in no plan; until there are none."""
    return _records(uow, _OVERTAKEN, this_product=product, moment=words_from, most=limit)


def of_person(uow: UnitOfWork, person_id: str) -> tuple[SeatWarning, ...]:
    """The person's warnings in whatever status, newest first."""
    return _records(uow, _OF_PERSON, person=person_id)


def of_account(uow: UnitOfWork, account_id: str) -> tuple[SeatWarning, ...]:
    """The warnings of the account's seats, in whatever status, by their ids."""
    return _records(uow, _OF_ACCOUNT, this_account=account_id)


def of_ids(uow: UnitOfWork, ids: Collection[str]) -> dict[str, SeatWarning]:
    """The warnings with these ids, by id; meant for some hundred."""
    return {one.id: one for one in _records(uow, _OF_IDS, ids=list(ids))}


def counts(uow: UnitOfWork, product: str) -> dict[WarningStatus, int]:
    """How many of the product's warnings there are in each status; zero where there are none."""
    rows = uow.connection.execute(_COUNTS, {"this_product": product})
    return dict.fromkeys(WarningStatus, 0) | {row[0]: row[1] for row in rows}


def _records(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> tuple[SeatWarning, ...]:
    return tuple(as_record(SeatWarning, row) for row in uow.connection.execute(statement, parameters))
