"""The database as it stands, read with plain SQL."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg

Ask = Any
"""A cursor of either driver."""


@contextmanager
def opened(url: str) -> Iterator[Ask]:
    """A cursor on the database at *url*, beside whatever process works there; what it changes is stored at the end of the block."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)) as file, file:
            yield file.cursor()
        return
    with psycopg.connect(url) as connection:
        yield connection.cursor()


def leave_idle_seats(url: str) -> None:
    """Have the schedules of idle seats fire after the end of the story: nobody scans a world that is about something else."""
    with opened(url) as cursor:
        for job in ("scan", "plan", "digest"):
            cursor.execute(f"INSERT INTO slots (job, slot, claimed_at) VALUES ('{job}', '2999-12-31T00:00', '2026-01-01 00:00:00')")


def hurry(url: str) -> None:
    """Take the pace away that real Slack asks for: the sandbox has no limits, and a thousand cards would take a thousand seconds."""
    with opened(url) as cursor:
        cursor.execute("UPDATE buckets SET interval_seconds = 0.002, next_at = '2026-01-01 00:00:00' WHERE name LIKE 'slack%'")


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows that *statement* finds."""
    with opened(url) as cursor:
        return [tuple(row) for row in cursor.execute(statement).fetchall()]


def tables(url: str) -> list[str]:
    """The names of all tables, in their order."""
    listing = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if url.startswith("sqlite")
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    return sorted(name for (name,) in ask(url, listing))


def digest(url: str, *, but: Sequence[str] = ()) -> dict[str, str]:
    """A digest of every table's rows, whatever their order; of none of the tables in *but*."""
    return {table: _digest(ask(url, f'SELECT * FROM "{table}"')) for table in tables(url) if table not in but}


def _digest(rows: list[tuple[Any, ...]]) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()
