"""The warnings of idle seats: one open for each seat, numbered by cycle. Lists are in `storage.warning_lists`, offered from here."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update

from storage.lifecycle import OPEN_WARNINGS, WarningStatus, require_moves
from storage.records import as_record
from storage.seat_records import SeatWarning
from storage.seat_tables import warnings
from storage.sql import among, insert_or_keep
from storage.unit import UnitOfWork
from storage.warning_lists import counts, due, of_account, of_ids, of_person, overtaken, to_drop, undeliverable, unreached, without_seat

__all__ = [
    "addressed",
    "counts",
    "due",
    "get",
    "last_of",
    "lock",
    "move",
    "moved",
    "of_account",
    "of_ids",
    "of_person",
    "open_",
    "open_of",
    "overtaken",
    "reminded",
    "sent",
    "to_drop",
    "tried",
    "undeliverable",
    "unreached",
    "without_seat",
]

_c = warnings.c
_THIS = _c.id == bindparam("this_id")
_SEAT = (_c.account_id == bindparam("this_account"), _c.product == bindparam("this_product"))
_GET = select(warnings).where(_THIS)
_LOCK = _GET.with_for_update()
_OPEN_OF = select(warnings).where(*_SEAT, among(_c.status, OPEN_WARNINGS))
_CYCLES = select(func.coalesce(func.max(_c.cycle), 0)).where(*_SEAT)
_LAST_OF = select(warnings).where(*_SEAT).order_by(_c.cycle.desc()).limit(1)
_ADD = insert_or_keep(warnings)
_MOVE = update(warnings).where(_THIS, _c.status.in_(bindparam("sources", expanding=True)))
_SENT = update(warnings).where(_THIS, _c.sent_at.is_(None))
_TRIED = update(warnings).where(_THIS, _c.status == WarningStatus.UNDELIVERABLE)
_ADDRESSED = update(warnings).where(_THIS, _c.sent_at.is_(None))
_MOVED = update(warnings).where(_THIS, _c.sent_at.is_not(None))
_REMINDED = update(warnings).where(_THIS, _c.reminders < bindparam("times")).values(reminders=bindparam("times"))


def open_(
    uow: UnitOfWork, *, account_id: str, product: str, person_id: str | None, slack_id: str | None, plan_at: datetime | None = None
) -> SeatWarning | None:
    """A new warning, not sent yet, of the seat's next cycle; None when the seat has an open one."""
    cycles = uow.connection.execute(_CYCLES, {"this_account": account_id, "this_product": product}).scalar_one()
    fields: dict[str, Any] = {
        "id": uow.new_id(),
        "account_id": account_id,
        "product": product,
        "cycle": cycles + 1,
        "person_id": person_id,
        "slack_id": slack_id,
        "status": WarningStatus.OPEN,
        "reason_code": None,
        "channel": None,
        "ts": None,
        "reminders": 0,
        "created_at": uow.now,
        "sent_at": None,
        "plan_at": plan_at,
        "let_go_at": None,
        "changed_at": uow.now,
    }
    return SeatWarning(**fields) if uow.connection.execute(_ADD, fields).rowcount else None


def get(uow: UnitOfWork, warning_id: str) -> SeatWarning | None:
    """The warning, None when there is none with this id (ids come back from buttons)."""
    return _first(uow, _GET, this_id=warning_id)


def lock(uow: UnitOfWork, warning_id: str) -> SeatWarning | None:
    """The warning, which no other unit can change until this one ends; lock several in the order of their ids."""
    return _first(uow, _LOCK, this_id=warning_id)


def open_of(uow: UnitOfWork, account_id: str, product: str) -> SeatWarning | None:
    """The seat's open warning; there is at most one."""
    return _first(uow, _OPEN_OF, this_account=account_id, this_product=product)


def last_of(uow: UnitOfWork, account_id: str, product: str) -> SeatWarning | None:
    """The seat's warning of the latest cycle, in whatever status; None when there was none."""
    return _first(uow, _LAST_OF, this_account=account_id, this_product=product)


def tried(uow: UnitOfWork, warning_id: str, *, reason_code: str | None) -> None:
    """Remember that somebody whom nobody could warn was looked for again, and why they can't be warned now."""
    uow.connection.execute(_TRIED, {"this_id": warning_id, "changed_at": uow.now, "reason_code": reason_code})


def addressed(uow: UnitOfWork, warning_id: str, *, person_id: str, slack_id: str) -> bool:
    """Remember who is asked, before they are; False when the message was sent before."""
    values = {"this_id": warning_id, "person_id": person_id, "slack_id": slack_id}
    return bool(uow.connection.execute(_ADDRESSED, values).rowcount)


def sent(uow: UnitOfWork, warning_id: str, *, channel: str, ts: str, plan_at: datetime) -> bool:
    """
    Remember where the message is, and that the seat may be planned from *plan_at* on.

    False: it was sent before, which neither moves the message nor the day.
    """
    values = {"this_id": warning_id, "channel": channel, "ts": ts, "plan_at": plan_at, "sent_at": uow.now}
    return bool(uow.connection.execute(_SENT, values).rowcount)


def moved(uow: UnitOfWork, warning_id: str, *, channel: str, ts: str) -> bool:
    """Remember that another message carries the question now; False when none was sent yet."""
    return bool(uow.connection.execute(_MOVED, {"this_id": warning_id, "channel": channel, "ts": ts}).rowcount)


def reminded(uow: UnitOfWork, warning_id: str, *, times: int) -> bool:
    """Remember that the holder has been reminded so many times; False, and nothing changes, when that or more was known."""
    return bool(uow.connection.execute(_REMINDED, {"this_id": warning_id, "times": times}).rowcount)


def move(
    uow: UnitOfWork,
    warning_id: str,
    *,
    source: WarningStatus | Collection[WarningStatus],
    target: WarningStatus,
    reason_code: str | None = None,
) -> SeatWarning | None:
    """
    The warning in its new status, or None when its status was none of *source*: somebody was quicker.

    `reason_code` is replaced in every case. Raises IllegalMove when a source may never become *target*.
    """
    values: dict[str, Any] = {"status": target, "reason_code": reason_code, "changed_at": uow.now}
    if target is WarningStatus.LET_GO:
        values["let_go_at"] = uow.now
    moved = uow.connection.execute(_MOVE, {"this_id": warning_id, "sources": require_moves(source, target), **values}).rowcount
    return get(uow, warning_id) if moved else None


def _first(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> SeatWarning | None:
    row = uow.connection.execute(statement, parameters).first()
    return None if row is None else as_record(SeatWarning, row)
