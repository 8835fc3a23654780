"""Units of work side by side, each in a transaction and a thread of its own: all of PostgreSQL, and the reading side of SQLite."""

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, Transaction
from sqlalchemy.exc import DBAPIError

from storage.errors import DatabaseAway, DatabaseBusy
from storage.failures import may_retry, translated, translation
from storage.unit import UnitOfWork
from storage.waiting import Work, call_back, run


class UnitPool:
    """Runs units of work on *threads* threads; the database arbitrates between them."""

    def __init__(self, engine: Engine, *, open_unit: Callable[[Connection], UnitOfWork], threads: int, name: str) -> None:
        self._engine = engine
        self._open_unit = open_unit
        self._threads = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._closed = False

    def submit(self, work: Work, *, loop: asyncio.AbstractEventLoop, alone: bool = False) -> tuple[asyncio.Future[Any], Callable[[], bool]]:
        """The future of *work* in *loop*, and a call that takes it back: True when it has not begun and never will."""
        del alone  # as every unit is here
        self._require_open()
        running = self._threads.submit(self.run, work)
        return asyncio.wrap_future(running, loop=loop), running.cancel

    def run(self, work: Work) -> Any:
        """What *work* returns, stored; once more from the start when PostgreSQL gave it up for another unit."""
        self._require_open()
        with translation():
            try:
                return self._attempt(work)
            except Exception as error:
                if not may_retry(error):
                    raise
            return self._attempt(work)

    def close(self) -> None:
        """Let what was taken end, then close the connections."""
        self._closed = True
        self._threads.shutdown(cancel_futures=False)
        self._engine.dispose()

    def _attempt(self, work: Work) -> Any:
        with self._engine.connect() as connection, connection.begin() as transaction:
            uow = self._open_unit(connection)
            value = run(uow, work)
            if uow.writes:
                _commit(transaction)
        call_back(uow.callbacks)
        return value

    def _require_open(self) -> None:
        if self._closed:
            raise DatabaseAway("it is closed")


def _commit(transaction: Transaction) -> None:
    """Store the unit; what is lost while COMMIT is answered may be stored or not, and nobody here can know."""
    try:
        transaction.commit()
    except DBAPIError as error:
        if isinstance(translated(error), DatabaseAway):
            raise DatabaseBusy(taken=True) from error
        raise
