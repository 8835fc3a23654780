"""
The writer of SQLite: one thread that stores all waiting units of work with one COMMIT.

The sync to disk is what a commit costs, so units that wait together share one (measured: 29,000 instead of 2,300 small units a second).
Each of several runs in a savepoint of its own, for which SQLite keeps in memory how each page was before. One alone needs none, so a unit
that is known to be large is stored alone, whatever waits beside it. A waiter hears of its unit only after COMMIT.

Two traps, both met: on a full disk SQLite rolls back the whole transaction by itself, and the `commit()` that follows says nothing, so the
transaction is looked at after each unit; and a waiter that goes away must not take the thread with it, so nothing here depends on its
future.
"""

import asyncio
import concurrent.futures
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import Connection, Engine, Transaction

from storage.errors import DatabaseAway
from storage.failures import translated
from storage.unit import UnitOfWork
from storage.waiting import Answer, Waiting, Work, call_back, deliver, run

GROUP = 64
"""Units that share one COMMIT at most, so that the first of them does not wait for a flood."""


class _TransactionLost(Exception):
    """SQLite ended the transaction by itself: none of the group is stored."""


class GroupWriter:
    """Takes units of work from any thread or event loop and stores them in the order in which they came."""

    def __init__(self, engine: Engine, *, open_unit: Callable[[Connection], UnitOfWork]) -> None:
        self._engine = engine
        self._open_unit = open_unit
        self._connection: Connection | None = None
        self._queue: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="storage-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work, *, loop: asyncio.AbstractEventLoop, alone: bool = False) -> tuple[asyncio.Future[Any], Callable[[], bool]]:
        """The future of *work* in *loop*, and a call that takes it back: True when it has not begun and never will."""
        future: asyncio.Future[Any] = loop.create_future()
        waiting = Waiting(work=work, future=future, loop=loop, alone=alone)
        self._enqueue(waiting)
        return future, lambda: self._withdraw(waiting)

    def submit_blocking(self, work: Work) -> tuple[concurrent.futures.Future[Any], Callable[[], bool]]:
        """The same for a thread that will block on the future."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        waiting = Waiting(work=work, future=future, loop=None)
        self._enqueue(waiting)
        return future, lambda: self._withdraw(waiting)

    def close(self) -> None:
        """Store what waits, then end the thread and its connection."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self._engine.dispose()

    def _enqueue(self, waiting: Waiting) -> None:
        with self._changed:
            if self._closed:
                raise DatabaseAway("it is closed")
            self._queue.append(waiting)
            self._changed.notify()

    def _withdraw(self, waiting: Waiting) -> bool:
        # What is no longer in the queue has been taken, and nobody can stop it any more.
        with self._changed:
            if waiting not in self._queue:
                return False
            self._queue.remove(waiting)
            return True

    def _serve(self) -> None:
        while group := self._take():
            answers = self._store(group)
            for answer in answers:
                call_back(answer.callbacks)
            deliver(answers)
        self._drop_connection()

    def _take(self) -> list[Waiting]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            group = [self._queue.popleft()] if self._queue else []
            while group and not group[0].alone and self._queue and not self._queue[0].alone and len(group) < GROUP:
                group.append(self._queue.popleft())
            return group

    def _store(self, group: list[Waiting]) -> list[Answer]:
        try:
            connection = self._connected()
            with connection.begin() as transaction:
                if len(group) == 1:
                    return [self._store_alone(connection, transaction, group[0])]
                return [self._store_beside_others(connection, waiting) for waiting in group]
        except Exception as error:
            self._drop_connection()
            failure = DatabaseAway(str(error)) if isinstance(error, _TransactionLost) else translated(error)
            return [Answer(waiting=waiting, error=failure) for waiting in group]

    def _store_alone(self, connection: Connection, transaction: Transaction, waiting: Waiting) -> Answer:
        answer = self._answer(connection, waiting)
        if answer.error is not None:
            transaction.rollback()
        return answer

    def _store_beside_others(self, connection: Connection, waiting: Waiting) -> Answer:
        driver = _driver(connection)
        driver.execute("SAVEPOINT unit")
        answer = self._answer(connection, waiting)
        if answer.error is not None:
            driver.execute("ROLLBACK TO unit")
        driver.execute("RELEASE unit")
        return answer

    def _answer(self, connection: Connection, waiting: Waiting) -> Answer:
        """What came of the unit, in a transaction that still stands; raises _TransactionLost."""
        answer = self._tried(connection, waiting)
        if not _driver(connection).in_transaction:
            raise _TransactionLost(_reason(answer.error))
        return answer

    def _tried(self, connection: Connection, waiting: Waiting) -> Answer:
        try:
            uow = self._open_unit(connection)
            value = run(uow, waiting.work)
        except StopIteration as error:  # a future cannot carry it
            return Answer(waiting=waiting, error=RuntimeError(f"a unit of work raised {error!r}"))
        except BaseException as error:
            return Answer(waiting=waiting, error=translated(error))
        return Answer(waiting=waiting, value=value, callbacks=uow.callbacks)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _reason(error: BaseException | None) -> str:
    return error.reason if isinstance(error, DatabaseAway) else str(error or "a unit of work ended the transaction")


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)
