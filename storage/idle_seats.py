"""What a complete scan makes of the seats that it saw, and which of these may be warned; offered to others as `storage.seats`."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, exists, func, or_, select, update

from storage.lifecycle import HOLDING_RECLAIMS, IDLE_ACTIVITIES, OPEN_EXEMPTIONS, OPEN_RECLAIMS, OPEN_WARNINGS
from storage.seat_records import IdlePlace, Scan, Seat
from storage.seat_sealing import opened
from storage.seat_tables import exemptions, reclaims, scans, seats, warnings
from storage.sql import Moment, among
from storage.unit import UnitOfWork

_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)

_c = seats.c
_PRODUCT = _c.product == bindparam("this_product")
_SEEN = (_PRODUCT, _c.scan_id == bindparam("this_scan"))
_STARTED = bindparam("started", type_=Moment())
_IS_IDLE = among(_c.activity, IDLE_ACTIVITIES)
_IS_NEW = and_(*_SEEN, _IS_IDLE, _c.idle_since.is_(None))

_NEWLY_IDLE = select(func.count()).select_from(seats).where(_IS_NEW)
_BECOME_IDLE = update(seats).where(_IS_NEW).values(idle_since=_STARTED)
_BECOME_USED = (
    # Not those that were not idle before: rewriting every row of a large organization takes longer than its waiters wait.
    update(seats).where(*_SEEN, ~_IS_IDLE, or_(_c.idle_since.is_not(None), _c.held_by.is_not(None))).values(idle_since=None, held_by=None)
)
_IS_HELD = exists().where(
    reclaims.c.account_id == _c.account_id,
    reclaims.c.product == _c.product,
    among(reclaims.c.status, OPEN_RECLAIMS),
    among(reclaims.c.status, HOLDING_RECLAIMS),
)
# By time as well: a scan that is concluded late, after it was held, leaves alone what a later one has seen.
_UNSEEN = (_PRODUCT, _c.scan_id != bindparam("this_scan"), _c.seen_at < _STARTED)
_GO = delete(seats).where(*_UNSEEN, ~_IS_HELD)
_GO_HELD = update(seats).where(*_UNSEEN, _c.gone_at.is_(None)).values(gone_at=_STARTED, idle_since=None, held_by=None)

_HOLD = (
    update(seats)
    .where(_PRODUCT, _IS_IDLE, _c.idle_since == select(scans.c.started_at).where(scans.c.id == bindparam("this_scan")).scalar_subquery())
    .values(held_by=bindparam("this_scan"))
)
_HELD = (
    select(seats)
    .where(_PRODUCT, _c.held_by == bindparam("this_scan"))
    .order_by(_c.last_active_at.asc().nulls_first(), _c.account_id)
    .limit(bindparam("most"))
)
_RELEASE = update(seats).where(_c.held_by == bindparam("this_scan")).values(held_by=None)


def _nothing_open(table: Any, statuses: Any) -> Any:
    mine = (table.c.account_id == _c.account_id, table.c.product == _c.product)
    return ~exists().where(*mine, among(table.c.status, statuses))


_IS_CANDIDATE = (
    _PRODUCT,
    _IS_IDLE,
    _c.held_by.is_(None),
    _c.idle_since <= bindparam("idle_before", type_=Moment()),
    or_(_c.kept_until.is_(None), _c.kept_until <= bindparam("moment", type_=Moment())),
    _nothing_open(warnings, OPEN_WARNINGS),
    _nothing_open(reclaims, OPEN_RECLAIMS),
    _nothing_open(exemptions, OPEN_EXEMPTIONS),
)
_CANDIDATES = select(seats).where(*_IS_CANDIDATE).order_by(_c.last_active_at, _c.account_id).limit(bindparam("most"))
_COUNT_CANDIDATES = select(func.count()).select_from(seats).where(*_IS_CANDIDATE)
# In two, as the databases disagree on where an index has its nulls.
_AFTER = bindparam("after_account", type_=_c.account_id.type)
_AT = bindparam("after_at", type_=Moment())
_NEVER_ACTIVE = _CANDIDATES.where(_c.last_active_at.is_(None), _c.account_id > _AFTER)
_ONCE_ACTIVE = _CANDIDATES.where(_c.last_active_at >= _AT, or_(_c.last_active_at > _AT, _c.account_id > _AFTER))


def newly_idle(uow: UnitOfWork, scan: Scan) -> int:
    """How many seats `conclude` would make idle that were not so before."""
    return uow.connection.execute(_NEWLY_IDLE, _of(scan)).scalar_one()


def conclude(uow: UnitOfWork, scan: Scan) -> None:
    """
    Make of the seats what the complete *scan* says; twice is as once.

    Those it saw idle are idle since its start, or since longer; those it saw otherwise (unknown ones too) are not, nor are they held; those
    of the product that it did not see are gone. Of a seat that Comeback holds it is still known whose it was (`storage.seats.former`).
    """
    for statement in (_BECOME_IDLE, _BECOME_USED, _GO, _GO_HELD):
        uow.connection.execute(statement, _of(scan))


def hold(uow: UnitOfWork, scan_id: str, product: str) -> int:
    """Keep the seats that the concluded scan made idle out of `candidates`; returns how many they are."""
    return uow.connection.execute(_HOLD, {"this_scan": scan_id, "this_product": product}).rowcount


def held(uow: UnitOfWork, scan_id: str, product: str, *, limit: int) -> tuple[Seat, ...]:
    """The product's seats that the scan holds, longest idle first (never active before all)."""
    return _page(uow, _HELD, this_scan=scan_id, this_product=product, most=limit)


def release(uow: UnitOfWork, scan_id: str) -> int:
    """Let the seats that the scan held, and that are still idle, be candidates; returns how many they are."""
    return uow.connection.execute(_RELEASE, {"this_scan": scan_id}).rowcount


def candidates(
    uow: UnitOfWork, product: str, *, idle_before: datetime, after: tuple[datetime | None, str] | None = None, limit: int
) -> tuple[Seat, ...]:
    """
    The seats whose holders may be warned: idle since *idle_before* or longer, neither held nor kept, and nothing open about them.

    Those that were never active come first, then the longest unused; equal ones by account id. *after* is `place_of` the last seat of the
    page before.
    """
    at, account_id = after or (None, "")
    common = {"this_product": product, "idle_before": idle_before, "moment": uow.now}
    if at is not None:
        return _page(uow, _ONCE_ACTIVE, **common, most=limit, after_at=at, after_account=account_id)
    never = _page(uow, _NEVER_ACTIVE, **common, most=limit, after_account=account_id)
    if len(never) >= limit:
        return never
    return never + _page(uow, _ONCE_ACTIVE, **common, most=limit - len(never), after_at=_BEFORE_ALL, after_account="")


def count_candidates(uow: UnitOfWork, product: str, *, idle_before: datetime) -> int:
    """How many seats `candidates` would tell of, page by page."""
    return uow.connection.execute(_COUNT_CANDIDATES, {"this_product": product, "idle_before": idle_before, "moment": uow.now}).scalar_one()


def place_of(seat: Seat) -> IdlePlace:
    """Where the next page of candidates begins, after this seat."""
    return IdlePlace(last_active_at=seat.last_active_at, account_id=seat.account_id)


def _of(scan: Scan) -> dict[str, Any]:
    return {"this_product": scan.product, "this_scan": scan.id, "started": scan.started_at}


def _page(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> tuple[Seat, ...]:
    return opened(uow, uow.connection.execute(statement, parameters))
