"""From the errors of two drivers to ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from storage.errors import DatabaseAway, DatabaseBusy, NotPermitted, StorageError

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_SERIALIZATION = frozenset({"40001", "40P01"})
_TIMED_OUT = frozenset({"55P03", "57014", "25P03"})
_NOT_PERMITTED = "42501"
_AWAY_CLASSES = ("08", "53", "57P", "58", "25006", "28", "3D")


def may_retry(error: BaseException) -> bool:
    """Whether PostgreSQL gave this unit up so that another could go on: run again at once, it may well succeed."""
    return isinstance(error, DBAPIError) and _state(error) in _SERIALIZATION


def translated(error: BaseException) -> BaseException:
    """Our error for what SQLAlchemy raised; anything else, a mistake in a statement included, as it is."""
    if isinstance(error, PoolTimeoutError):
        return DatabaseBusy(taken=False)
    if not isinstance(error, DBAPIError):
        return error
    state = _state(error)
    if state == _NOT_PERMITTED:
        return NotPermitted(_reason(error))
    if state in _SERIALIZATION | _TIMED_OUT or _is_locked(error):
        return DatabaseBusy(taken=False)
    if error.connection_invalidated or state.startswith(_AWAY_CLASSES) or (not state and isinstance(error, OperationalError)):
        return DatabaseAway(_reason(error))
    return error


@contextmanager
def translation() -> Iterator[None]:
    """Raise our error in the place of SQLAlchemy's."""
    try:
        yield
    except Exception as error:
        ours = translated(error)
        if isinstance(ours, StorageError) and ours is not error:
            raise ours from error
        raise


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _is_locked(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _reason(error: DBAPIError) -> str:
    # The driver's own first line: it names host and file, never the password.
    return str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__
