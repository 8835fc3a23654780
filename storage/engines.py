"""
The engines, and how each database is told to behave.

SQLite, <https://sqlite.org/pragma.html>: WAL so that readers and the writer do not meet; `synchronous=FULL`, as NORMAL may lose the last
decisions when the power goes; BEGIN IMMEDIATE for every writing unit, as a transaction that reads first and then writes is refused at once,
whatever the busy timeout (82 % of them in a test with 8 threads).
PostgreSQL: nothing bound to the session, so that a transaction-mode pooler may sit in between; the limits come with each transaction.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event

from storage.address import Address
from storage.errors import DatabaseAway, PostgresDriverMissing
from storage.filesystem import require_local

BUSY_MILLISECONDS = 1_500
"""How long a database is asked to wait for a lock: below the 2 s after which a waiter gives up."""

THREADS = 8
"""Connections of the writing side on PostgreSQL."""

READERS = 4
"""Connections of the reading side."""

# The last one overwrites what is deleted: an erased person must not be left in free pages.
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "temp_store=MEMORY",
    "secure_delete=ON",
)


def writing(address: Address) -> Engine:
    """The engine of the units that write; on SQLite for one thread alone."""
    if address.path is None:
        return _postgres(address, size=THREADS)
    return _sqlite(address.url, address.path, begin="BEGIN IMMEDIATE", poolclass=NullPool)


def reading(address: Address) -> Engine:
    """The engine of the units that only read; the database itself refuses a write."""
    if address.path is None:
        return _postgres(address, size=READERS).execution_options(postgresql_readonly=True)
    return _sqlite(
        address.url, address.path, begin="BEGIN", last="query_only=ON", poolclass=QueuePool, pool_size=READERS, max_overflow=READERS
    )


def changing(address: Address) -> Engine:
    """The engine of migrations: it waits for its turn as long as it takes."""
    if address.path is None:
        return _postgres(address, size=1)
    return _sqlite(address.url, address.path, begin="BEGIN IMMEDIATE", busy_milliseconds=60_000, poolclass=NullPool)


def _sqlite(
    url: URL, path: Path, *, begin: str, last: str | None = None, busy_milliseconds: int = BUSY_MILLISECONDS, **options: Any
) -> Engine:
    require_local(path)
    _create_private(path)
    engine = create_engine(url, hide_parameters=True, **options)
    pragmas = (f"busy_timeout={busy_milliseconds}", *_PRAGMAS, *([last] if last else []))
    event.listen(engine, "connect", _with_pragmas(pragmas))
    event.listen(engine, "begin", _begin_with(begin))
    return engine


def _create_private(path: Path) -> None:
    # SQLite would create it with the umask's mode; its WAL takes the mode of the file. One that exists is left alone: closing it here would
    # drop the locks of this process's other connections, and whoever closes the file next would delete the WAL under them
    # (https://www.sqlite.org/howtocorrupt.html, 2.2, 2026-11-24).
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise DatabaseAway(f"{path}: {error.strerror}") from error


def _with_pragmas(pragmas: tuple[str, ...]) -> Callable[[sqlite3.Connection, object], None]:
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: `_begin_with` does
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            raise sqlite3.OperationalError(f"this file system cannot carry a write-ahead log (journal_mode is {mode})")

    return prepare


def _begin_with(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin


def _postgres(address: Address, *, size: int) -> Engine:
    try:
        return create_engine(
            address.url,
            hide_parameters=True,
            pool_size=size,
            max_overflow=2,
            pool_timeout=BUSY_MILLISECONDS / 1000,
            pool_pre_ping=True,
            connect_args={name: value for name, value in _POSTGRES.items() if name not in address.url.query},
        )
    except ImportError as error:
        raise PostgresDriverMissing from error


_POSTGRES: dict[str, Any] = {
    "application_name": "comeback",
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "prepare_threshold": None,  # a prepared statement belongs to a session
}
