"""Scans: one at a time for each product, a page after the other, each page stored once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, literal_column, select, update

from storage.lifecycle import SCAN_MOVES, IllegalMove, ScanOrigin, ScanStatus
from storage.records import as_record
from storage.seat_records import Scan
from storage.seat_tables import scans, seats
from storage.sql import insert_or_keep
from storage.unit import UnitOfWork

_c = scans.c
_THIS = _c.id == bindparam("this_id")
_PRODUCT = _c.product == bindparam("this_product")
_IS_RUNNING = _c.status == literal_column("'running'")
_GET = select(scans).where(_THIS)
_RUNNING = select(scans).where(_PRODUCT, _IS_RUNNING)
_RECENT = select(scans).where(_PRODUCT).order_by(_c.started_at.desc(), _c.id.desc()).limit(bindparam("most"))
_LATEST = _RECENT.where(_c.status == bindparam("this_status"))
_AWAITING_ANSWER = (
    select(scans)
    .where(_PRODUCT, _c.status == ScanStatus.HELD, exists().where(seats.c.held_by == _c.id))
    .order_by(_c.started_at, _c.id)
    .limit(bindparam("most"))
)
_START = insert_or_keep(scans)
_ADVANCE = update(scans).where(_THIS, _IS_RUNNING, _c.pages == bindparam("before")).values(pages=_c.pages + 1)
_END = (
    update(scans)
    .where(_THIS, _c.status.in_(bindparam("sources", expanding=True)))
    .values(ended_at=func.coalesce(_c.ended_at, bindparam("moment", type_=_c.ended_at.type)))
)
_REVISE = update(scans).where(_THIS, _c.code == bindparam("before"))
_CARD_POSTED = update(scans).where(_THIS)


def start(uow: UnitOfWork, *, product: str, origin: ScanOrigin) -> Scan | None:
    """A new running scan of the product, None when one is running already."""
    fields: dict[str, Any] = {
        "id": uow.new_id(),
        "product": product,
        "status": ScanStatus.RUNNING,
        "origin": origin,
        "cursor": None,
        "pages": 0,
        "stats": {},
        "code": None,
        "figures": {},
        "card_channel": None,
        "card_ts": None,
        "started_at": uow.now,
        "ended_at": None,
    }
    return Scan(**fields) if uow.connection.execute(_START, fields).rowcount else None


def get(uow: UnitOfWork, scan_id: str) -> Scan | None:
    """The scan, None when there is none with this id (ids come back from buttons)."""
    return _first(uow, _GET, this_id=scan_id)


def running(uow: UnitOfWork, product: str) -> Scan | None:
    """The product's running scan; there is at most one."""
    return _first(uow, _RUNNING, this_product=product)


def latest(uow: UnitOfWork, product: str, *, status: ScanStatus = ScanStatus.COMPLETE) -> Scan | None:
    """The product's last scan in that status, by its start."""
    return _first(uow, _LATEST, this_product=product, this_status=status, most=1)


def recent(uow: UnitOfWork, product: str, *, limit: int) -> tuple[Scan, ...]:
    """The product's scans, newest first, in whatever status."""
    rows = uow.connection.execute(_RECENT, {"this_product": product, "most": limit})
    return tuple(as_record(Scan, row) for row in rows)


def awaiting_answer(uow: UnitOfWork, product: str, *, limit: int) -> tuple[Scan, ...]:
    """The product's held scans whose lists still have somebody on them, the longest waiting first."""
    rows = uow.connection.execute(_AWAITING_ANSWER, {"this_product": product, "most": limit})
    return tuple(as_record(Scan, row) for row in rows)


def advance(uow: UnitOfWork, scan_id: str, *, pages: int, cursor: str | None, stats: Mapping[str, Any]) -> bool:
    """
    Whether one more page is now stored, *pages* having been stored before it.

    False: the scan does not run any more, or a retried job brings a page that is in already; then nothing of it may be counted again.
    """
    values = {"this_id": scan_id, "before": pages, "cursor": cursor, "stats": dict(stats)}
    return bool(uow.connection.execute(_ADVANCE, values).rowcount)


def end(
    uow: UnitOfWork, scan_id: str, *, target: ScanStatus, code: str | None = None, figures: Mapping[str, Any] | None = None
) -> Scan | None:
    """
    The scan in its new status, or None when it could not get there from its own: somebody was quicker.

    `code` is replaced in every case, `figures` only when given; a held scan that becomes complete keeps the time at which it ended. Raises
    IllegalMove when no scan may ever become *target*.
    """
    sources = [status for status, targets in SCAN_MOVES.items() if target in targets]
    if not sources:
        raise IllegalMove(current=ScanStatus.RUNNING, target=target)
    values: dict[str, Any] = {"status": target, "code": code}
    if figures is not None:
        values["figures"] = dict(figures)
    ended = uow.connection.execute(_END, {"this_id": scan_id, "sources": sources, "moment": uow.now, **values}).rowcount
    return get(uow, scan_id) if ended else None


def revise(uow: UnitOfWork, scan_id: str, *, before: str, code: str, figures: Mapping[str, Any]) -> Scan | None:
    """The scan with another code and other figures, its status as it is; None when its code was not *before*."""
    revised = uow.connection.execute(_REVISE, {"this_id": scan_id, "before": before, "code": code, "figures": dict(figures)}).rowcount
    return get(uow, scan_id) if revised else None


def card_posted(uow: UnitOfWork, scan_id: str, *, channel: str, ts: str) -> None:
    """Remember where the question about the list of a held scan stands."""
    uow.connection.execute(_CARD_POSTED, {"this_id": scan_id, "card_channel": channel, "card_ts": ts})


def _first(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> Scan | None:
    row = uow.connection.execute(statement, parameters).first()
    return None if row is None else as_record(Scan, row)
