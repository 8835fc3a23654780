"""What SQLAlchemy's Core lacks for our two databases: an aware UTC column, words of an enum, inserts that yield or replace."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, DateTime, Dialect, Enum, Insert, String, Table, Text, insert, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement, SyntaxExtension
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator, TypeEngine


class Moment(TypeDecorator[datetime]):
    """An aware time: `timestamptz` on PostgreSQL, UTC text of fixed width (which sorts) on SQLite; comes back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time as the driver wants it; a naive one is a mistake and raises ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("storage takes aware times only")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The stored time, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def words(kind: type[StrEnum], *, name: str) -> Enum:
    """A text column that takes exactly the values of *kind* (a CHECK constraint named *name*) and returns its members."""
    return Enum(
        kind, native_enum=False, create_constraint=True, length=24, name=name, values_callable=lambda members: [m.value for m in members]
    )


class _KeepExisting(SyntaxExtension, ClauseElement):
    inherit_cache = True
    _traverse_internals: Any = ()

    def apply_to_insert(self, insert_stmt: Insert) -> None:
        insert_stmt.apply_syntax_extension_point(lambda existing: [*existing, self], "post_values")


@compiles(_KeepExisting)
def _on_conflict_do_nothing(_element: _KeepExisting, _compiler: object, **_options: object) -> str:
    return "ON CONFLICT DO NOTHING"


def insert_or_keep(table: Table) -> Insert:
    """An INSERT that leaves the row that is already there alone; `rowcount` says whether this one came in (1) or not (0)."""
    return insert(table).ext(_KeepExisting()).execution_options(preserve_rowcount=True)


class _ReplaceExisting(SyntaxExtension, ClauseElement):
    _traverse_internals: Any = (("clause", InternalTraversal.dp_string),)

    def __init__(self, clause: str) -> None:
        self.clause = clause

    def apply_to_insert(self, insert_stmt: Insert) -> None:
        insert_stmt.apply_syntax_extension_point(lambda existing: [*existing, self], "post_values")


@compiles(_ReplaceExisting)
def _on_conflict_do_update(element: _ReplaceExisting, _compiler: object, **_options: object) -> str:
    return element.clause


def insert_or_replace(table: Table, *, replaced: Sequence[str]) -> Insert:
    """An INSERT that gives the row with the same primary key, where there is one, the new values of the *replaced* columns."""
    key = ", ".join(column.name for column in table.primary_key)
    values = ", ".join(f"{name} = excluded.{name}" for name in replaced)
    return insert(table).ext(_ReplaceExisting(f"ON CONFLICT ({key}) DO UPDATE SET {values}"))


def sealed_text(length: int) -> TypeEngine[str]:
    """Room for so many characters once they are sealed: three times as much, and on SQLite no length counts."""
    return String(length).with_variant(Text(), "postgresql")


def quoted(chosen: Collection[StrEnum]) -> str:
    """The words as SQL literals, in the order of their enum: that order lets a condition and an index recognize each other."""
    in_order = type(next(iter(chosen)))
    return ", ".join(f"'{word.value}'" for word in in_order if word in chosen)


def among(column: Column[Any], chosen: Collection[StrEnum]) -> ColumnElement[bool]:
    """Whether *column* is one of the words, as literals: with parameters the databases could not see that a partial index serves."""
    in_order = type(next(iter(chosen)))
    return column.in_([literal_column(f"'{word.value}'") for word in in_order if word in chosen])
