"""
What a night brings up to date: data keys under the first master key, and words that an earlier release left in the clear sealed.

A few hundred rows of each table a call: units of work are short, and nothing waits for this.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, bindparam, cast, or_, select, update

from storage import access_requests, decisions, exemptions, findings, people, sealing, tables
from storage.guarded import is_current, open_body, seal_body
from storage.lifecycle import JobState
from storage.records import ERASED_WORDS, FORGOTTEN_WORDS
from storage.sealing import SealedColumns
from storage.seat_tables import batches
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


def renew(uow: UnitOfWork) -> None:
    """Seal some hundred rows that are not, or are under an older master key."""
    after: str | None = ""
    while after is not None:
        after = sealing.renew(uow, after=after)
    for words in _WORDS:
        _seal_words(uow, words)
    for table, column in _BODIES:
        _seal_bodies(uow, table, column)


def _seal_words(uow: UnitOfWork, words: _Words) -> None:
    row = words.table.c[words.columns.row]
    names = words.columns.names
    clear = or_(*(_is_clear(words.table.c[name]) for name in names))
    erased = select(tables.people.c.id).where(tables.people.c.erased_at.is_not(None))
    found = select(row.label("row_id"), words.owner.label("owner"), *(words.table.c[name] for name in names))
    for one in uow.connection.execute(found.where(clear, words.owner.not_in(erased)).limit(AT_ONCE)).mappings().all():
        fields = {name: one[name] for name in names if not sealing.is_sealed(one[name])}
        sealed = words.columns.seal(uow, one["owner"], {words.columns.row: one["row_id"], **fields})
        sealed.pop(words.columns.row)
        uow.connection.execute(update(words.table).where(row == one["row_id"]).values(**sealed))


def _is_clear(column: ColumnElement[Any]) -> ColumnElement[bool]:
    text = cast(column, Text)
    # JSON of a sealed text begins with a quotation mark.
    is_open = text.not_like("s1.%") & text.not_like('"s1.%')
    return column.is_not(None) & is_open & text.not_in([ERASED_WORDS, FORGOTTEN_WORDS])


def _seal_bodies(uow: UnitOfWork, table: Table, column: str) -> None:
    found = select(table.c.id, table.c[column])
    if table is tables.outbox:
        found = found.where(table.c.state != JobState.DONE)
    for row_id, body in uow.connection.execute(found.limit(bindparam("most")), {"most": AT_ONCE * 20}).all():
        if not is_current(uow, body):
            place = f"{table.name}.{column}:{row_id}"
            sealed = seal_body(uow, open_body(uow, body, place=place), place=place)
            uow.connection.execute(update(table).where(table.c.id == row_id).values({column: sealed}))
