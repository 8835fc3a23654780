"""
What a night brings up to date: everything under the first master key, and what an earlier release left in the clear sealed.

It goes once through each table in the order of its key, a stretch of rows at a time: a reader looks, and the writer is asked for no more
than a few hundred rows that are due, for nothing where none is. Those that another unit holds are left to the next night.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, bindparam, cast, or_, select, true, tuple_, update

from storage import access_requests, decisions, exemptions, findings, people, sealing, tables
from storage.errors import SealingKeyMissing
from storage.guarded import BODY_BEGINS, open_body, seal_body
from storage.keyring import SEALED_TEXT, WRAPPED_KEY
from storage.records import ERASED_WORDS, FORGOTTEN_WORDS
from storage.sealing import SealedColumns
from storage.seat_sealing import sealed_anew
from storage.seat_tables import batches, seats
from storage.seat_tables import exemptions as exemption_rows
from storage.unit import UnitOfWork

AT_ONCE = 200
"""Rows that one unit seals."""
LOOKED_AT = 20_000
"""Rows that one look goes over: it takes some 40 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """Where words of people stand: the table, what of it is sealed, and the column that says under whose key."""

    table: Table
    columns: SealedColumns
    owner: ColumnElement[str]


_WORDS = (
    _Words(table=tables.people, columns=people.SEALED, owner=tables.people.c.id),
    _Words(table=tables.access_requests, columns=access_requests.SEALED, owner=tables.access_requests.c.person_id),
    _Words(table=tables.decisions, columns=decisions.SEALED, owner=tables.decisions.c.requester_person_id),
    _Words(
        table=tables.findings,
        columns=findings.SEALED,
        owner=select(tables.access_requests.c.person_id)
        .where(tables.access_requests.c.id == tables.findings.c.request_id)
        .scalar_subquery(),
    ),
    _Words(table=exemption_rows, columns=exemptions.SEALED, owner=exemption_rows.c.asked_by),
)
_BODIES = ((batches, "figures"), (tables.outbox, "payload"))
_SEAL_SEAT = (
    update(seats)
    .where(seats.c.account_id == bindparam("this_account"), seats.c.product == bindparam("this_product"))
    .values(name=bindparam("new_name"), email=bindparam("new_email"), email_mark=bindparam("new_email_mark"))
)
_UNDER_MASTER = (
    (tables.person_keys.c.wrapped, WRAPPED_KEY),
    (seats.c.name, SEALED_TEXT),
    (seats.c.email, SEALED_TEXT),
    *((table.c[column], BODY_BEGINS + SEALED_TEXT) for table, column in _BODIES),
)
"""Where master keys are needed, and how a text begins that needs one; its name follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a night has come: in which table, and behind which of its keys (none: before the first)."""

    table: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The rows behind `begin`, up to that key (None: to the table's last), and whether any of them `is_due` to be sealed."""

    begin: Place
    upto: tuple[str, ...] | None
    is_due: bool

    @property
    def end(self) -> Place | None:
        """Where the next stretch begins; None behind the last."""
        if self.upto is not None:
            return Place(table=self.begin.table, after=self.upto)
        following = _ORDER[_ORDER.index(self.begin.table) + 1 :]
        return Place(table=following[0]) if following else None


def look(uow: UnitOfWork, begin: Place) -> Stretch:
    """The stretch behind *begin*: LOOKED_AT rows, or fewer when it has AT_ONCE that are due."""
    part = _PARTS[begin.table]
    key = tuple(part.table.primary_key)
    behind = tuple_(*key) > begin.after if begin.after else true()
    last = uow.connection.execute(select(*key).where(behind).order_by(*key).offset(LOOKED_AT - 1).limit(1)).first()
    upto = None if last is None else tuple(last)
    rows = _rows(part.table, after=begin.after, upto=upto)
    due = uow.connection.execute(select(*key).where(rows, part.is_due(uow)).order_by(*key).limit(AT_ONCE)).all()
    return Stretch(begin=begin, upto=tuple(due[-1]) if len(due) == AT_ONCE else upto, is_due=bool(due))


def renew(uow: UnitOfWork, stretch: Stretch) -> int:
    """Seal the rows of *stretch* that are not, or are under an older master key; returns how many they were."""
    part = _PARTS[stretch.begin.table]
    return part.seal(uow, _rows(part.table, after=stretch.begin.after, upto=stretch.upto) & part.is_due(uow))


def _rows(table: Table, *, after: tuple[str, ...], upto: tuple[str, ...] | None) -> ColumnElement[bool]:
    key = tuple_(*table.primary_key)
    return and_(true(), *([key > after] if after else []), *([key <= upto] if upto else []))


def check(uow: UnitOfWork) -> None:
    """Return when the master keys open all that is under one, by their names; raises SealingKeyMissing."""
    for column, begins in _UNDER_MASTER:
        text = cast(column, Text)
        known = (text.not_like(f"{begins}{name}.%") for name in uow.keyring.names)
        found = uow.connection.execute(select(text).where(text.like(f"{begins}%"), *known).limit(1)).scalar()
        if found is not None:
            raise SealingKeyMissing(found.removeprefix(begins).partition(".")[0])


def _is_in_the_clear(_: UnitOfWork, words: _Words) -> ColumnElement[bool]:
    erased = select(tables.people.c.id).where(tables.people.c.erased_at.is_not(None))
    return or_(*(_is_clear(words.table.c[name]) for name in words.columns.names)) & words.owner.not_in(erased)


def _seal_words(uow: UnitOfWork, chosen: ColumnElement[bool], words: _Words) -> int:
    row, names = words.table.c[words.columns.row], words.columns.names
    found = select(row.label("row_id"), words.owner.label("owner"), *(words.table.c[name] for name in names)).where(chosen)
    # Locked, or an address that changes in this moment would be sealed as it was before.
    rows = uow.connection.execute(found.with_for_update(skip_locked=True, of=words.table)).mappings().all()
    for one in rows:
        fields = {name: one[name] for name in names if not sealing.is_sealed(one[name])}
        sealed = words.columns.seal(uow, one["owner"], {words.columns.row: one["row_id"], **fields})
        sealed.pop(words.columns.row)
        uow.connection.execute(update(words.table).where(row == one["row_id"]).values(**sealed))
    return len(rows)


def _is_clear(column: ColumnElement[Any]) -> ColumnElement[bool]:
    text = cast(column, Text)
    # JSON of a sealed text begins with a quotation mark.
    is_open = text.not_like("s1.%") & text.not_like('"s1.%')
    return column.is_not(None) & is_open & text.not_in([ERASED_WORDS, FORGOTTEN_WORDS])


def _is_older_body(uow: UnitOfWork, body: ColumnElement[Any]) -> ColumnElement[bool]:
    return _is_older(uow, body, begins=BODY_BEGINS) & (cast(body, Text) != "{}")


def _seal_bodies(uow: UnitOfWork, chosen: ColumnElement[bool], table: Table, column: str) -> int:
    rows = uow.connection.execute(select(table.c.id, table.c[column]).where(chosen).with_for_update(skip_locked=True)).all()
    for row_id, stored in rows:
        place = f"{table.name}.{column}:{row_id}"
        sealed = seal_body(uow, open_body(uow, stored, place=place), place=place)
        uow.connection.execute(update(table).where(table.c.id == row_id).values({column: sealed}))
    return len(rows)


def _is_older_seat(uow: UnitOfWork) -> ColumnElement[bool]:
    return or_(*(_is_older(uow, column) for column in (seats.c.name, seats.c.email)))


def _seal_seats(uow: UnitOfWork, chosen: ColumnElement[bool]) -> int:
    # A scan that holds a row is writing it anew itself.
    rows = uow.connection.execute(select(seats).where(chosen).with_for_update(skip_locked=True)).all()
    if rows:
        uow.connection.execute(_SEAL_SEAT, [sealed_anew(uow, row) for row in rows])
    return len(rows)


def _is_older(uow: UnitOfWork, column: ColumnElement[Any], *, begins: str = "") -> ColumnElement[bool]:
    """Whether what is stored is not as the first master key seals it now."""
    text, names = cast(column, Text), uow.keyring.names
    now = text.like(f"{begins}{SEALED_TEXT}{names[0]}.%") if names else text.not_like(f"{begins}{SEALED_TEXT}%")
    return column.is_not(None) & ~now


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A table to go through: which of its rows are due, and what seals those that are chosen."""

    table: Table
    is_due: Callable[[UnitOfWork], ColumnElement[bool]]
    seal: Callable[[UnitOfWork, ColumnElement[bool]], int]


_ALL = (
    _Part(table=tables.person_keys, is_due=sealing.is_older, seal=sealing.rewrap),
    *(_Part(table=words.table, is_due=partial(_is_in_the_clear, words=words), seal=partial(_seal_words, words=words)) for words in _WORDS),
    *(
        _Part(
            table=table,
            is_due=partial(_is_older_body, body=table.c[column]),
            seal=partial(_seal_bodies, table=table, column=column),
        )
        for table, column in _BODIES
    ),
    _Part(table=seats, is_due=_is_older_seat, seal=_seal_seats),
)
_PARTS = {part.table.name: part for part in _ALL}
_ORDER = tuple(_PARTS)
BEGIN = Place(table=_ORDER[0])
"""Where a night begins."""
