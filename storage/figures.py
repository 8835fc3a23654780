"""What came of it, over a period that begins with *since* and ends before *until*."""

from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, and_, bindparam, func, literal_column, select

from storage.lifecycle import ReclaimStatus
from storage.seat_records import Figures, TakenInterval
from storage.seat_tables import reclaims, warnings
from storage.sql import Moment
from storage.tables import access_requests
from storage.unit import UnitOfWork

_SINCE = bindparam("since", type_=Moment())
_UNTIL = bindparam("until", type_=Moment())
_SECOND = timedelta(seconds=1)


def _within(column: ColumnElement[datetime | None]) -> ColumnElement[bool]:
    return and_(column >= _SINCE, column < _UNTIL)


_w, _r, _a = warnings.c, reclaims.c, access_requests.c
_IS_KEPT = _w.status == literal_column("'kept'")
_WARNINGS = select(
    func.count().filter(_within(_w.sent_at)).label("warned"),
    func.count().filter(_IS_KEPT, _within(_w.changed_at)).label("kept"),
    func.count().filter(~_IS_KEPT, _within(_w.let_go_at)).label("let_go"),
).where(_w.product == bindparam("this_product"))
_TAKEN = (_r.product == bindparam("this_product"), _r.taken_at.is_not(None))
_TAKEN_COUNT = select(func.count()).where(*_TAKEN, _within(_r.taken_at))
_RETURNED = select(_r.reason_code, func.count()).where(*_TAKEN, _within(_r.returned_at)).group_by(_r.reason_code)
_INTERVALS = select(_r.taken_at, _r.returned_at).where(*_TAKEN).order_by(_r.taken_at, _r.id)
_RECLAIMS = select(_r.status, func.count()).where(_r.product == bindparam("this_product")).group_by(_r.status)
_GRANTED = select(_a.filed_at, _a.granted_at).where(_within(_a.granted_at))


def of_product(uow: UnitOfWork, product: str, *, since: datetime, until: datetime) -> Figures:
    """What came of the product's idle seats."""
    parameters = {"this_product": product, "since": since, "until": until}
    row = uow.connection.execute(_WARNINGS, parameters).one()
    returned = {code or "": count for code, count in uow.connection.execute(_RETURNED, parameters)}
    taken = uow.connection.execute(_TAKEN_COUNT, parameters).scalar_one()
    return Figures(product=product, warned=row.warned, kept=row.kept, let_go=row.let_go, taken=taken, returned=returned)


def access_seconds(uow: UnitOfWork, *, since: datetime, until: datetime) -> float | None:
    """The median time from filing to access, in seconds, of the requests granted in the period; None when there are none."""
    rows = uow.connection.execute(_GRANTED, {"since": since, "until": until})
    waits = [(granted_at - filed_at) / _SECOND for filed_at, granted_at in rows]
    return median(waits) if waits else None


def taken_intervals(uow: UnitOfWork, product: str) -> tuple[TakenInterval, ...]:
    """When each seat of the product was taken and when it came back, for all time, in the order of the taking."""
    rows = uow.connection.execute(_INTERVALS, {"this_product": product})
    return tuple(TakenInterval(taken_at=row.taken_at, returned_at=row.returned_at) for row in rows)


def reclaim_counts(uow: UnitOfWork, product: str) -> dict[ReclaimStatus, int]:
    """How many of the product's reclaims there are in each status; zero where there are none."""
    rows = uow.connection.execute(_RECLAIMS, {"this_product": product})
    return dict.fromkeys(ReclaimStatus, 0) | {row[0]: row[1] for row in rows}
