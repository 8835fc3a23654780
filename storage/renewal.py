"""
What a night brings up to date: everything under the first master key, and what an earlier release left in the clear sealed.

A few hundred rows of each table a call: units of work are short, and nothing waits for this. Rows are chosen by how their text begins, so
that each call goes on where the one before has ended. Those that another unit holds are left to the next night.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, bindparam, cast, or_, select, update

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

AT_ONCE = 500
"""Rows of one table that one unit seals."""


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


def renew(uow: UnitOfWork) -> int:
    """Seal some hundred rows that are not, or are under an older master key; returns how many they were, 0 when nothing is left to do."""
    keys = sealing.renew(uow, limit=AT_ONCE)
    words = sum(_seal_words(uow, words) for words in _WORDS)
    bodies = sum(_seal_bodies(uow, table, column) for table, column in _BODIES)
    return keys + words + bodies + _seal_seats(uow)


def check(uow: UnitOfWork) -> None:
    """Return when the master keys open all that is under one, by their names; raises SealingKeyMissing."""
    for column, begins in _UNDER_MASTER:
        text = cast(column, Text)
        known = (text.not_like(f"{begins}{name}.%") for name in uow.keyring.names)
        found = uow.connection.execute(select(text).where(text.like(f"{begins}%"), *known).limit(1)).scalar()
        if found is not None:
            raise SealingKeyMissing(found.removeprefix(begins).partition(".")[0])


def _seal_words(uow: UnitOfWork, words: _Words) -> int:
    row = words.table.c[words.columns.row]
    names = words.columns.names
    clear = or_(*(_is_clear(words.table.c[name]) for name in names))
    erased = select(tables.people.c.id).where(tables.people.c.erased_at.is_not(None))
    found = select(row.label("row_id"), words.owner.label("owner"), *(words.table.c[name] for name in names))
    # Locked, or an address that changes in this moment would be sealed as it was before.
    chosen = found.where(clear, words.owner.not_in(erased)).limit(AT_ONCE).with_for_update(skip_locked=True, of=words.table)
    rows = uow.connection.execute(chosen).mappings().all()
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


def _seal_bodies(uow: UnitOfWork, table: Table, column: str) -> int:
    body = table.c[column]
    older = select(table.c.id, body).where(_is_older(uow, body, begins=BODY_BEGINS), cast(body, Text) != "{}")
    rows = uow.connection.execute(older.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    for row_id, stored in rows:
        place = f"{table.name}.{column}:{row_id}"
        sealed = seal_body(uow, open_body(uow, stored, place=place), place=place)
        uow.connection.execute(update(table).where(table.c.id == row_id).values({column: sealed}))
    return len(rows)


def _seal_seats(uow: UnitOfWork) -> int:
    older = or_(*(_is_older(uow, column) for column in (seats.c.name, seats.c.email)))
    # A scan that holds a row is writing it anew itself.
    rows = uow.connection.execute(select(seats).where(older).limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    if rows:
        uow.connection.execute(_SEAL_SEAT, [sealed_anew(uow, row) for row in rows])
    return len(rows)


def _is_older(uow: UnitOfWork, column: ColumnElement[Any], *, begins: str = "") -> ColumnElement[bool]:
    """Whether what is stored is not as the first master key seals it now."""
    text, names = cast(column, Text), uow.keyring.names
    now = text.like(f"{begins}{SEALED_TEXT}{names[0]}.%") if names else text.not_like(f"{begins}{SEALED_TEXT}%")
    return column.is_not(None) & ~now
