"""The names and addresses of seats, as the table holds them: under the master key, with a mark by which an address is still found."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from storage.records import RowLike
from storage.seat_records import Seat, SeenSeat
from storage.unit import UnitOfWork

_NAME_LENGTH = 200
_EMAIL_LENGTH = 320
_MARK = "email_mark"
_GONE = "gone_at"
_SEEN = tuple(field.name for field in fields(SeenSeat))


def sealed(uow: UnitOfWork, seat: SeenSeat) -> dict[str, Any]:
    """The columns of a seat that a scan saw."""
    # Not `asdict`, which copies deeply: of what a page costs that was a quarter.
    return {name: getattr(seat, name) for name in _SEEN} | _columns(uow, seat.account_id, name=_name(seat.name), email=_email(seat.email))


def sealed_anew(uow: UnitOfWork, row: RowLike) -> dict[str, Any]:
    """The name, the address and its mark of a stored seat under the first master key, as parameters that name the seat too."""
    seat = _opened(uow, dict(row._mapping))  # noqa: SLF001 - how a row is read by name
    new = _columns(uow, seat.account_id, name=seat.name, email=seat.email)
    return {"this_account": seat.account_id, "this_product": seat.product, **{f"new_{column}": value for column, value in new.items()}}


def opened(uow: UnitOfWork, rows: Iterable[RowLike]) -> tuple[Seat, ...]:
    """The seats of these rows."""
    return tuple(_opened(uow, dict(row._mapping)) for row in rows)  # noqa: SLF001 - how a row is read by name


def _opened(uow: UnitOfWork, columns: dict[str, Any]) -> Seat:
    for column in (_MARK, _GONE):
        columns.pop(column)
    for column in ("name", "email"):
        stored = columns[column]
        if stored is not None:
            columns[column] = uow.keyring.open(stored, place=_place(column, columns["account_id"]))
    return Seat(**columns)


def _columns(uow: UnitOfWork, account_id: str, *, name: str | None, email: str | None) -> dict[str, str | None]:
    return {
        "name": _seal(uow, name, column="name", account_id=account_id),
        "email": _seal(uow, email, column="email", account_id=account_id),
        _MARK: uow.keyring.mark(email) if email is not None else None,
    }


def _seal(uow: UnitOfWork, text: str | None, *, column: str, account_id: str) -> str | None:
    return None if text is None else uow.keyring.seal(text, place=_place(column, account_id))


def _place(column: str, account_id: str) -> str:
    return f"seats.{column}:{account_id}"


def _name(name: str | None) -> str | None:
    # Cut here: a name that PostgreSQL refuses (a zero byte, say) would end every scan at the page of that one person.
    return None if name is None else "".join(letter for letter in name if letter.isprintable())[:_NAME_LENGTH]


def _email(email: str | None) -> str | None:
    return email if email is not None and email.isprintable() and len(email) <= _EMAIL_LENGTH else None
