"""Opening, reading and writing, on both kinds of database."""

import asyncio
import stat
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import Connection, event, text

from storage import access_requests, deliveries, outbox
from storage import clock as machine
from storage.address import parse
from storage.clock import process_now
from storage.db import Database, UnitOfWork
from storage.errors import DatabaseAway, DatabaseBusy, PostgresDriverMissing, UnsupportedDatabase
from storage.lifecycle import RequestStatus
from tests.fixtures.clock import MovableClock
from tests.fixtures.databases import new_id
from tests.storage.world import claim_one, job, person, request

Open = Callable[..., Database]


@pytest.fixture
def postgres(postgres_url: str, clock: MovableClock, open_database: Open) -> Database:
    """PostgreSQL alone."""
    return open_database(postgres_url, clock=clock.now)


@pytest.fixture
def sqlite(sqlite_url: str, clock: MovableClock, open_database: Open) -> Database:
    """SQLite alone."""
    return open_database(sqlite_url, clock=clock.now)


async def test_a_unit_is_stored_whole_or_not_at_all(database: Database) -> None:
    """An exception takes back all that its unit did, and reaches the one who waits."""

    def failing(uow: UnitOfWork) -> None:
        deliveries.claim(uow, "a")
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        await database.write(failing)
    with pytest.raises(LookupError, match="no"):
        database.write_now(failing)
    assert await database.write(lambda uow: deliveries.claim(uow, "a"))


async def test_reading_units_cannot_write(database: Database) -> None:
    """The reading side is refused by the database itself."""
    with pytest.raises(DatabaseAway, match=r"read-?only"):
        await database.read(lambda uow: deliveries.claim(uow, "a"))
    assert await database.write(lambda uow: deliveries.claim(uow, "a"))


async def test_a_long_read_holds_no_writer_up(database: Database) -> None:
    """An export runs on connections of its own: a decision is stored meanwhile."""
    reading, go_on = threading.Event(), threading.Event()

    def export(uow: UnitOfWork) -> int:
        uow.connection.execute(text("SELECT count(*) FROM deliveries")).scalar_one()
        reading.set()
        assert go_on.wait(10)
        return 1

    task = asyncio.create_task(database.read(export))
    assert await asyncio.to_thread(reading.wait, 10)
    assert await database.write(lambda uow: deliveries.claim(uow, "a"))
    go_on.set()
    assert await task == 1


async def test_the_clock_is_the_one_that_was_given(database: Database, clock: MovableClock) -> None:
    """`uow.now` follows the given clock (on PostgreSQL as an offset from the server's), aware and in UTC."""
    for step in (timedelta(0), timedelta(days=400)):
        clock.advance(step)
        for side in (database.read, database.write):
            now = await side(lambda uow: uow.now)
            assert abs(now - clock.now()) < timedelta(seconds=1)
            assert now.tzinfo is UTC


@pytest.fixture
def skew(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets this machine's clock wrong, at its one home in storage."""

    def skew(by: timedelta) -> None:
        class Skewed(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return super().now(tz) + by

        monkeypatch.setattr(machine, "datetime", Skewed)

    return skew


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_on_postgres_the_clock_is_the_servers(
    postgres_url: str, open_database: Open, skew: Callable[[timedelta], None], minutes: int
) -> None:
    """Machines disagree about the time, and all of them write to one table: a wrong clock of one of them must not show in it."""
    skew(timedelta(minutes=minutes))
    database = open_database(postgres_url, clock=process_now)

    def distance(uow: UnitOfWork) -> timedelta:
        server: datetime = uow.connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return abs(uow.now - server)

    for side in (database.read, database.write):
        assert await side(distance) < timedelta(seconds=2)


async def test_a_process_whose_clock_is_wrong_takes_no_lease_of_anothers(
    postgres_url: str, open_database: Open, skew: Callable[[timedelta], None]
) -> None:
    """Five minutes ahead, a lease of 30 s would seem long over: its job would be done twice at once."""
    await open_database(postgres_url, clock=process_now).write(job)
    held = await open_database(postgres_url, clock=process_now).write(claim_one)
    skew(timedelta(minutes=5))
    wrong = open_database(postgres_url, clock=process_now)
    assert await wrong.write(outbox.claim) == ()
    await wrong.write(lambda uow: outbox.finish(uow, held))


async def test_times_come_back_as_they_went_in(database: Database, clock: MovableClock) -> None:
    """A time of any zone is stored as the same moment; a naive one is refused."""
    moment = datetime(2026, 11, 2, 23, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))

    def work(uow: UnitOfWork) -> datetime:
        filed = access_requests.file(uow, person=person(uow), product="jira", reason="", expires_at=moment)
        assert filed is not None
        stored = access_requests.get(uow, filed.id)
        assert stored is not None
        return stored.expires_at

    stored = await database.write(work)
    assert stored == moment
    assert stored.tzinfo is UTC
    with pytest.raises(Exception, match="aware times"):
        await database.write(lambda uow: deliveries.prune(uow, before=clock.now().replace(tzinfo=None), limit=9))


async def test_clicks_at_once_make_one_decision(database: Database) -> None:
    """Eight approvers at the same moment: one of them is told that it was theirs."""
    filed = await database.write(request)

    def decide(uow: UnitOfWork) -> bool:
        return access_requests.move(uow, filed.id, source=RequestStatus.PENDING, target=RequestStatus.APPROVED) is not None

    assert sum(await asyncio.gather(*(database.write(decide, wait_seconds=20) for _ in range(8)))) == 1


async def test_units_given_up_by_postgres_run_again(postgres: Database) -> None:
    """A serialization failure or deadlock is nobody's fault: the unit is tried once more, then its waiter hears "busy"."""
    tries: list[int] = []
    fail = text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40P01'; END $$")

    def once(uow: UnitOfWork) -> bool:
        tries.append(1)
        if len(tries) == 1:
            uow.connection.execute(fail)
        return deliveries.claim(uow, "a")

    assert await postgres.write(once)
    with pytest.raises(DatabaseBusy):
        await postgres.write(lambda uow: uow.connection.execute(fail))


async def test_a_lost_connection_is_told_and_replaced(postgres: Database) -> None:
    """When the server drops us in the middle of a unit nothing of it is stored; the next unit has a new connection."""

    def lose(uow: UnitOfWork) -> None:
        deliveries.claim(uow, "a")
        uow.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseAway):
        await postgres.write(lose)
    assert await postgres.write(lambda uow: deliveries.claim(uow, "a"))


async def test_a_connection_lost_at_commit_leaves_the_outcome_open(postgres: Database) -> None:
    """The server may have stored it before it went: whoever waits must not read that nothing was saved."""

    def kill(connection: Connection) -> None:
        pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        postgres.read_now(lambda uow: uow.connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}))

    def claim(uow: UnitOfWork) -> None:
        deliveries.claim(uow, "a")
        event.listen(uow.connection, "commit", kill)

    with pytest.raises(DatabaseBusy) as lost:
        await postgres.write(claim)
    assert lost.value.taken
    assert await postgres.write(lambda uow: deliveries.claim(uow, "b"))


async def test_a_connection_that_died_idle_costs_no_unit(postgres: Database) -> None:
    """A server that restarted in the night, or a firewall, is noticed before the morning's first unit begins."""
    mine = text("SELECT pg_backend_pid()")
    idle = await postgres.write(lambda uow: uow.connection.execute(mine).scalar_one())
    kill = text("SELECT pg_terminate_backend(:pid, 5000)")
    assert await postgres.read(lambda uow: uow.connection.execute(kill, {"pid": idle}).scalar_one())
    assert await postgres.write(lambda uow: uow.connection.execute(mine).scalar_one()) != idle


async def test_a_lock_that_is_held_too_long_is_busy(postgres: Database) -> None:
    """PostgreSQL gives up waiting for a row before the waiter does."""
    filed = await postgres.write(request)
    held, go_on = threading.Event(), threading.Event()

    def hold(uow: UnitOfWork) -> None:
        access_requests.lock(uow, filed.id)
        held.set()
        assert go_on.wait(10)

    task = asyncio.create_task(postgres.write(hold, wait_seconds=20))
    assert await asyncio.to_thread(held.wait, 10)
    with pytest.raises(DatabaseBusy):
        await postgres.write(lambda uow: access_requests.lock(uow, filed.id), wait_seconds=10)
    go_on.set()
    await task


async def test_limits_hold_for_the_transaction_alone(postgres: Database) -> None:
    """Nothing is left on the session, which a pooler may hand to somebody else; commits are flushed whatever the server's default."""

    def limits(uow: UnitOfWork) -> list[str]:
        names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "synchronous_commit")
        return [str(uow.connection.execute(text(f"SHOW {name}")).scalar_one()) for name in names]

    assert await postgres.write(limits) == ["1500ms", "5s", "10s", "on"]

    def outside(uow: UnitOfWork) -> object:
        driver = uow.connection.connection.driver_connection
        assert driver is not None
        driver.rollback()
        return driver.execute("SHOW lock_timeout").fetchone()[0]

    assert await postgres.write(outside) == "0"


async def test_a_weak_server_default_is_overruled(postgres: Database) -> None:
    """A database that is set to lose its last commits does not lose ours."""
    name = await postgres.read(lambda uow: uow.connection.execute(text("SELECT current_database()")).scalar_one())
    await postgres.write(lambda uow: uow.connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off")))
    postgres._writer._engine.dispose()  # a new session starts with the new default
    shown = await postgres.write(lambda uow: uow.connection.execute(text("SHOW synchronous_commit")).scalar_one())
    assert shown == "on"


async def test_an_unreachable_server_is_away(tmp_path: Path, clock: MovableClock, open_database: Open) -> None:
    """The reason is told, the password never."""
    database = open_database(f"postgresql://ada:geheim@/comeback?host={tmp_path}", clock=clock.now)
    with pytest.raises(DatabaseAway) as away:
        await database.write(lambda uow: uow.now)
    assert "geheim" not in str(away.value)


async def test_sqlite_is_told_to_keep_what_it_commits(sqlite: Database) -> None:
    """WAL, full sync and foreign keys on every connection; readers cannot write."""
    names = ("journal_mode", "synchronous", "foreign_keys", "query_only")

    def pragmas(uow: UnitOfWork) -> list[object]:
        return [uow.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    assert await sqlite.write(pragmas) == ["wal", 2, 1, 0]
    assert await sqlite.read(pragmas) == ["wal", 2, 1, 1]


def test_a_new_file_is_private(tmp_path: Path, clock: MovableClock, open_database: Open) -> None:
    """Nobody else on the machine can read it."""
    path = tmp_path / "new.db"
    open_database(f"sqlite:///{path}", clock=clock.now)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_second_opening_keeps_the_locks_of_the_first(tmp_path: Path, clock: MovableClock, open_database: Open) -> None:
    """A command opens its file twice: what is stored meanwhile must not go to a log that another process deletes under it."""
    path = tmp_path / "twice.db"
    first = open_database(f"sqlite:///{path}", clock=clock.now)
    await first.write(lambda uow: uow.connection.execute(text("CREATE TABLE notes (n INTEGER)")))
    open_database(f"sqlite:///{path}", clock=clock.now)
    for number in (1, 2):
        note = f"c.execute('INSERT INTO notes VALUES ({number})')"
        beside = f"import sqlite3; c = sqlite3.connect({str(path)!r}); {note}; c.commit(); c.close()"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", beside)
        assert await process.wait() == 0
    assert path.with_name("twice.db-wal").exists()
    assert await first.read(lambda uow: uow.connection.execute(text("SELECT count(*) FROM notes")).scalar_one()) == 2


def test_a_file_that_cannot_be_made_is_away(tmp_path: Path, clock: MovableClock, open_database: Open) -> None:
    """A wrong path is told with the path."""
    with pytest.raises(DatabaseAway, match="nowhere"):
        open_database(f"sqlite:///{tmp_path}/nowhere/new.db", clock=clock.now)


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_every_spelling_of_postgres_is_understood(url: str) -> None:
    """Hosters write `postgres://`."""
    assert parse(url).url.drivername == "postgresql+psycopg"
    assert parse(url).path is None


@pytest.mark.parametrize("url", ["mysql://root:geheim@host/db", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "geheim"])
def test_other_databases_are_refused_without_their_secrets(url: str) -> None:
    """The sentence says what is possible, and quotes nothing."""
    with pytest.raises(UnsupportedDatabase) as refused:
        parse(url)
    assert "geheim" not in str(refused.value)


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for PostgreSQL without its driver reads what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(PostgresDriverMissing, match="extra `postgres`"):
        Database.open("postgresql://h/d", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), new_id=new_id, new_token=new_id)
