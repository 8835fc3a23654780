"""
The database as the rest of Comeback sees it: units of work go in, records come out.

`write` and `read` are for the event loop, `write_now` and `read_now` for commands. Both kinds of database keep the same promises: a unit is
stored whole or not at all, its answer comes after COMMIT, and an exception inside it concerns its own waiter alone.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar, cast

from sqlalchemy import Connection, text

from storage import engines
from storage.address import Address, Kind, parse
from storage.clock import process_now
from storage.errors import DatabaseBusy
from storage.keyring import Keyring
from storage.pool import UnitPool
from storage.unit import UnitOfWork
from storage.writer import GroupWriter

__all__ = ["Database", "UnitOfWork"]

T = TypeVar("T")

WAIT_SECONDS = 2.0
"""After so long a waiter gives up: Slack wants its answer within 3 s, and "try again" is one."""

COMMAND_WAIT_SECONDS = 20.0
"""The same for a command at a terminal."""

_JITTER = timedelta(seconds=1)

# One round trip for the time and the limits, which hold for this transaction alone. An acknowledged decision survives a crash, so a server
# that is set to less than a local flush is overruled; one that is set to more is left alone.
_OPENING = text(
    """
    SELECT clock_timestamp(),
           set_config('statement_timeout', '5s', true),
           set_config('lock_timeout', '1500ms', true),
           set_config('idle_in_transaction_session_timeout', '10s', true),
           set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                      ELSE current_setting('synchronous_commit') END, true)
    """
)


class _Time:
    """The time of units of work: the given clock's on SQLite; the server's on PostgreSQL, moved as far as the given clock is moved."""

    def __init__(self, kind: Kind, *, clock: Callable[[], datetime]) -> None:
        self._kind = kind
        self._clock = clock
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self, connection: Connection) -> datetime:
        if self._kind == "sqlite":
            return self._clock()
        moment = cast(datetime, connection.execute(_OPENING).scalar_one())
        now = moment.astimezone(UTC) + (self._clock() - process_now())
        # Three clocks read one after the other are never read at once: without this a unit might be earlier than the one that caused it.
        if timedelta(0) < self._latest - now < _JITTER:
            return self._latest
        self._latest = now
        return now


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opener:
    """Opens units of work on a connection whose transaction has begun."""

    kind: Kind
    time: _Time
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    wake: Callable[[], None]
    writes: bool
    keyring: Keyring

    def __call__(self, connection: Connection) -> UnitOfWork:
        return UnitOfWork(
            connection=connection,
            kind=self.kind,
            now=self.time.now(connection),
            new_id=self.new_id,
            new_token=self.new_token,
            wake=self.wake,
            writes=self.writes,
            keyring=self.keyring,
        )


class Database:
    """A database that is open; `kind` is "sqlite" or "postgresql"."""

    def __init__(
        self,
        address: Address,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        new_token: Callable[[], str],
        sealing_keys: Sequence[bytes] = (),
    ) -> None:
        self.kind: Kind = address.kind
        time = _Time(address.kind, clock=clock)
        keyring = Keyring(sealing_keys)
        self._when_enqueued: tuple[Callable[[], None], ...] = ()

        def opener(*, writes: bool) -> _Opener:
            return _Opener(
                kind=address.kind, time=time, new_id=new_id, new_token=new_token, wake=self._wake, writes=writes, keyring=keyring
            )

        self._writer = _writer(address, open_unit=opener(writes=True))
        self._readers = UnitPool(engines.reading(address), open_unit=opener(writes=False), threads=engines.READERS, name="storage-reader")

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        new_token: Callable[[], str],
        sealing_keys: Sequence[bytes] = (),
    ) -> Self:
        """
        The database at *url*, which is not contacted yet (a SQLite file is created, private to its owner).

        *sealing_keys* are master keys of 32 bytes, the newest first.

        Raises UnsupportedDatabase, PostgresDriverMissing or NetworkFileSystem. Whether its schema fits is asked by `storage.migrate.check`.
        """
        return cls(parse(url), clock=clock, new_id=new_id, new_token=new_token, sealing_keys=sealing_keys)

    def when_enqueued(self, callback: Callable[[], None]) -> None:
        """Call *callback*, from a thread of the database, after each COMMIT that brought new outbox jobs: it wakes the worker."""
        self._when_enqueued += (callback,)

    async def write(self, work: Callable[[UnitOfWork], T], *, wait_seconds: float = WAIT_SECONDS, alone: bool = False) -> T:
        """
        What *work* returns, stored for good; *alone* is said of a unit that changes so many rows that no other should share its COMMIT.

        Raises what *work* raises (and then nothing of it is stored), DatabaseAway, or DatabaseBusy after *wait_seconds* or when the
        connection is lost at COMMIT. Whoever cancels the wait takes the unit back only as long as it has not begun.
        """
        submitted = self._writer.submit(work, loop=asyncio.get_running_loop(), alone=alone)
        return cast(T, await _wait(*submitted, seconds=wait_seconds))

    async def read(self, work: Callable[[UnitOfWork], T]) -> T:
        """What *work* returns; on connections that cannot write, of their own, so that no export queues before an answer to Slack."""
        return cast(T, await _wait(*self._readers.submit(work, loop=asyncio.get_running_loop()), seconds=None))

    def write_now(self, work: Callable[[UnitOfWork], T], *, wait_seconds: float = COMMAND_WAIT_SECONDS) -> T:
        """`write` for a thread that may block; never from inside a unit of work, which would wait for itself."""
        if isinstance(self._writer, UnitPool):
            return cast(T, self._writer.run(work))
        future, withdraw = self._writer.submit_blocking(work)
        try:
            return cast(T, future.result(wait_seconds))
        except TimeoutError:
            if future.done():  # the work's own
                raise
            raise DatabaseBusy(taken=not withdraw()) from None

    def read_now(self, work: Callable[[UnitOfWork], T]) -> T:
        """`read` for a thread that may block."""
        return cast(T, self._readers.run(work))

    async def close(self) -> None:
        """Store what waits, then let go of all connections; later units are answered with DatabaseAway."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """`close` for a thread that may block."""
        self._writer.close()
        self._readers.close()

    def _wake(self) -> None:
        for callback in self._when_enqueued:
            callback()


def _writer(address: Address, *, open_unit: _Opener) -> GroupWriter | UnitPool:
    engine = engines.writing(address)
    if address.kind == "sqlite":
        return GroupWriter(engine, open_unit=open_unit)
    return UnitPool(engine, open_unit=open_unit, threads=engines.THREADS, name="storage-writer")


async def _wait(future: asyncio.Future[Any], withdraw: Callable[[], bool], *, seconds: float | None) -> Any:
    try:
        await asyncio.wait((future,), timeout=seconds)
        if future.done():
            return future.result()
        raise DatabaseBusy(taken=not withdraw())
    finally:
        if not future.done():
            withdraw()
            future.cancel()
