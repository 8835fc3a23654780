"""What deleted rows leave behind in a SQLite file, and its write-ahead log, taken out; PostgreSQL does that by its own VACUUM."""

from sqlite3 import OperationalError

from storage import engines
from storage.address import parse
from storage.failures import translation

PATIENCE_MILLISECONDS = 3_000
"""How long readers may go on in the log before it is left to them."""


def empty_log(url: str) -> bool:
    """
    Take out of a SQLite file's log what the file itself does not hold any more; True when nothing of it is left.

    False: readers used the log all the while. The file overwrites what is deleted by itself (`secure_delete`).
    """
    return _run(url, "PRAGMA wal_checkpoint(TRUNCATE)")


def scrub(url: str) -> bool:
    """
    Write a SQLite file anew, without the bytes of what is gone; True when nothing of it is left (on PostgreSQL there is nothing to do).

    False: somebody else used the file all the while. What is deleted is overwritten anyway (`secure_delete`), but not in the log.
    """
    return _run(url, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")


def _run(url: str, *statements: str) -> bool:
    address = parse(url)
    if address.path is None:
        return True
    engine = engines.changing(address)
    try:
        with translation():
            connection = engine.raw_connection()
            try:
                connection.cursor().execute(f"PRAGMA busy_timeout={PATIENCE_MILLISECONDS}")
                *_, last = (connection.cursor().execute(statement) for statement in statements)
                busy, _, _ = last.fetchone()
            except OperationalError:
                return False
            finally:
                connection.close()
            return not busy
    finally:
        engine.dispose()
