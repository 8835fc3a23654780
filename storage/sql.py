"""What SQLAlchemy's Core lacks for our two databases: an aware UTC column, words of an enum, and an insert that yields."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Dialect, Enum, Insert, Table, insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement, SyntaxExtension
from sqlalchemy.types import TypeDecorator


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
