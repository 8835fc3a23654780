"""What deleted rows leave behind in a SQLite file, and its write-ahead log, taken out; PostgreSQL does that by its own VACUUM."""

from sqlite3 import OperationalError

from storage import engines
from storage.address import parse
from storage.failures import translation

PATIENCE_MILLISECONDS = 3_000
"""How long readers may go on in the log before it is left to them."""


def scrub(url: str) -> bool:
    """
    Write a SQLite file anew, without the bytes of what is gone; True when nothing of it is left (on PostgreSQL there is nothing to do).

    False: somebody else used the file all the while. What is deleted is overwritten anyway (`secure_delete`), but not in the log.
    """
    address = parse(url)
    if address.path is None:
        return True
    engine = engines.changing(address)
    try:
        with translation():
            connection = engine.raw_connection()
            try:
                connection.cursor().execute(f"PRAGMA busy_timeout={PATIENCE_MILLISECONDS}")
                connection.cursor().execute("VACUUM")
                busy, _, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except OperationalError:
                return False
            finally:
                connection.close()
            return not busy
    finally:
        engine.dispose()
