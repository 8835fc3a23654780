"""A copy of what is known about seats, in a database of its own: whoever tries something there changes nothing here."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Table, insert, select

from storage.db import Database
from storage.lifecycle import ScanStatus
from storage.seat_tables import batches, exemptions, reclaims, scans, seats, warnings
from storage.tables import people, person_keys
from storage.unit import UnitOfWork

_TABLES = (people, person_keys, scans, seats, exemptions, batches, reclaims, warnings)
"""In an order in which nothing refers to what is not there yet."""
_CHUNK = 1000


def copy_seats(source: Database, *, target: Database) -> None:
    """
    Copy all that decides what a scan makes of a seat from *source*, which is only read, into the empty *target*; blocks.

    Both are opened with the same sealing keys. A scan that runs stays where its jobs are.
    """
    source.read_now(lambda uow: _copy(uow, target))


def _copy(source: UnitOfWork, target: Database) -> None:
    for table in _TABLES:
        for chunk in _chunks(source, table):
            target.write_now(_inserting(table, chunk))


def _inserting(table: Table, rows: list[dict[str, Any]]) -> Callable[[UnitOfWork], None]:
    def insert_all(uow: UnitOfWork) -> None:
        uow.connection.execute(insert(table), rows)

    return insert_all


def _chunks(source: UnitOfWork, table: Table) -> Iterator[list[dict[str, Any]]]:
    rows = select(table).where(scans.c.status != ScanStatus.RUNNING) if table is scans else select(table)
    for chunk in source.connection.execute(rows).mappings().partitions(_CHUNK):
        yield [dict(row) for row in chunk]
