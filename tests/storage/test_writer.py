"""The group-committing writer of SQLite: who is told what when something goes wrong."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from storage import deliveries
from storage.db import Database, UnitOfWork
from storage.errors import DatabaseAway, DatabaseBusy
from storage.writer import GroupWriter
from tests.fixtures.clock import MovableClock

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def database(sqlite_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> Database:
    """A SQLite database: PostgreSQL has no such writer."""
    return open_database(sqlite_url, clock=clock.now)


class Plug:
    """A unit of work that keeps the writer busy until it is pulled, so that what is submitted meanwhile becomes one group."""

    def __init__(self) -> None:
        self.taken = threading.Event()
        self._pulled = threading.Event()

    def __call__(self, uow: UnitOfWork) -> str:
        deliveries.claim(uow, "plug")
        self.taken.set()
        assert self._pulled.wait(10)
        return "pulled"

    def pull(self) -> None:
        self._pulled.set()


@contextmanager
def plugged(database: Database) -> Iterator[Plug]:
    """Submit from here: nothing is taken before the end."""
    plug = Plug()
    waiter = threading.Thread(target=lambda: database.write_now(plug))
    waiter.start()
    assert plug.taken.wait(10)
    try:
        yield plug
    finally:
        plug.pull()
        waiter.join()


def claim(key: str) -> Callable[[UnitOfWork], bool]:
    """A unit of work that leaves a trace."""
    return lambda uow: deliveries.claim(uow, key)


def stored(database: Database) -> set[str]:
    """The traces that are there."""
    return database.read_now(lambda uow: set(uow.connection.execute(text("SELECT key FROM deliveries")).scalars())) - {"plug"}


async def submitted(*tasks: asyncio.Task[object]) -> None:
    """Let the tasks run until each has submitted its unit."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def gather_behind_a_plug(database: Database, *works: Callable[[UnitOfWork], object]) -> list[object]:
    """What each waiter is told when all units are in one group."""
    with plugged(database):
        tasks = [asyncio.create_task(database.write(work)) for work in works]
        await submitted(*tasks)
    return await asyncio.gather(*tasks, return_exceptions=True)


def failing(uow: UnitOfWork) -> None:
    """Store something, then fail."""
    deliveries.claim(uow, "half")
    raise LookupError("no")


async def test_a_failing_unit_does_not_take_its_neighbours(database: Database) -> None:
    """In a group each unit stands for itself: what failed leaves nothing, the others are stored."""
    first, error, last = await gather_behind_a_plug(database, claim("a"), failing, claim("b"))
    assert (first, last) == (True, True)
    assert isinstance(error, LookupError)
    assert stored(database) == {"a", "b"}


async def test_a_failing_unit_alone_leaves_nothing(database: Database) -> None:
    """Without a savepoint it is the transaction that is rolled back, and the next unit begins a new one."""
    with pytest.raises(LookupError):
        await database.write(failing)
    assert stored(database) == set()
    assert await database.write(claim("a"))
    assert stored(database) == {"a"}


async def test_a_unit_alone_has_no_savepoint(database: Database) -> None:
    """SQLite keeps in memory how each page was since a savepoint; the end of a scan changes those of a whole organization."""
    said = await statements_of(database)
    await database.write(claim("a"))
    assert not any("SAVEPOINT" in one for one in said)
    await gather_behind_a_plug(database, claim("b"), claim("c"))
    assert sum("SAVEPOINT" in one for one in said) == 2


async def test_a_large_unit_shares_its_commit_with_no_other(database: Database) -> None:
    """Whatever waits before and behind it; and the order in which they came stays."""
    said = await statements_of(database)
    with plugged(database):
        tasks = [asyncio.create_task(database.write(claim(key), alone=key == "large")) for key in ("a", "b", "large", "c", "d")]
        await submitted(*tasks)
    assert await asyncio.gather(*tasks) == [True] * 5
    transactions = "\n".join(said).split("COMMIT")
    (large,) = (one for one in transactions if "'large'" in one)
    assert "SAVEPOINT" not in large
    assert [[key for key in "abcd" if f"'{key}'" in one] for one in transactions if "SAVEPOINT" in one] == [["a", "b"], ["c", "d"]]
    assert stored(database) == {"a", "b", "large", "c", "d"}


async def statements_of(database: Database) -> list[str]:
    """What the writer's connection is told from now on, as it goes on."""
    said: list[str] = []

    def listen(uow: UnitOfWork) -> None:
        driver = uow.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_trace_callback(said.append)

    await database.write(listen)
    return said


async def test_waiting_units_share_one_commit(database: Database) -> None:
    """The sync to disk is paid once for all that wait."""
    assert isinstance(database._writer, GroupWriter)
    commits: list[int] = []
    with plugged(database) as plug:
        tasks = [asyncio.create_task(database.write(claim(f"k{number}"))) for number in range(20)]
        await submitted(*tasks)
        event.listen(database._writer._engine, "commit", lambda _connection: commits.append(1))
        plug.pull()
    await asyncio.gather(*tasks)
    assert len(commits) <= 2  # the plug's own, and theirs
    assert len(stored(database)) == 20


async def test_answers_come_after_commit(database: Database) -> None:
    """Whoever is told "stored" finds it stored: another connection sees it."""
    for number in range(5):
        await database.write(claim(f"k{number}"))
        assert f"k{number}" in stored(database)


async def test_a_full_disk_fails_the_whole_group(database: Database) -> None:
    """SQLite rolls everything back from within a savepoint when the disk is full: nobody may be told that theirs was stored."""
    pages = await database.write(lambda uow: uow.connection.execute(text("PRAGMA page_count")).scalar_one())
    await database.write(lambda uow: uow.connection.execute(text(f"PRAGMA max_page_count = {pages + 2}")))

    def flood(uow: UnitOfWork) -> None:
        for number in range(2000):
            deliveries.claim(uow, f"flood-{number}-{'x' * 100}")

    answers = await gather_behind_a_plug(database, claim("a"), flood, claim("b"))
    assert [type(answer) for answer in answers] == [DatabaseAway] * 3
    assert "full" in str(answers[0])
    assert stored(database) == set()
    await database.write(lambda uow: uow.connection.execute(text("PRAGMA max_page_count = 1000000")))
    assert await database.write(claim("a"))


async def test_a_full_disk_fails_a_unit_alone(database: Database) -> None:
    """SQLite has rolled it back by itself; it is told as what it is."""
    await database.write(lambda uow: uow.connection.execute(text("PRAGMA max_page_count = 1")))
    with pytest.raises(DatabaseAway, match=r"^the database is away: [^:]*full$"):
        await database.write(lambda uow: [deliveries.claim(uow, f"{number}-{'x' * 100}") for number in range(2000)])
    await database.write(lambda uow: uow.connection.execute(text("PRAGMA max_page_count = 1000000")))
    assert stored(database) == set()


async def test_a_unit_that_ends_the_transaction_fails_its_group(database: Database) -> None:
    """When the transaction is over inside a unit, the writer notices before it says that anything is stored."""
    answers = await gather_behind_a_plug(database, claim("a"), lambda uow: uow.connection.exec_driver_sql("ROLLBACK"), claim("b"))
    assert [type(answer) for answer in answers] == [DatabaseAway] * 3
    with pytest.raises(DatabaseAway):
        await database.write(lambda uow: uow.connection.exec_driver_sql("ROLLBACK"))
    assert stored(database) == set()
    assert await database.write(claim("a"))


async def test_who_gives_up_before_the_turn_leaves_nothing(database: Database) -> None:
    """A unit that has not begun is taken back: the honest answer is that nothing was stored."""
    with plugged(database):
        with pytest.raises(DatabaseBusy) as busy:
            await database.write(claim("late"), wait_seconds=0.01)
        with pytest.raises(DatabaseBusy):
            database.write_now(claim("late"), wait_seconds=0.01)
    assert not busy.value.taken
    await database.write(claim("next"))
    assert stored(database) == {"next"}


async def test_who_gives_up_during_the_turn_is_told_so(database: Database) -> None:
    """A unit that has begun cannot be stopped: the honest answer is that it may still be stored."""
    plug = Plug()
    with pytest.raises(DatabaseBusy) as busy:
        await database.write(plug, wait_seconds=0.2)
    assert busy.value.taken
    plug.pull()
    assert not await database.write(claim("plug"))


async def test_a_cancelled_waiter_takes_nobody_along(database: Database) -> None:
    """A task that is cancelled while it waits withdraws its unit; the writer and the others go on."""
    with plugged(database):
        leaving = asyncio.create_task(database.write(claim("leaving")))
        staying = asyncio.create_task(database.write(claim("staying")))
        await submitted(leaving, staying)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
    assert await staying
    assert stored(database) == {"staying"}


async def test_a_waiter_cancelled_too_late_changes_nothing(database: Database) -> None:
    """A unit that has begun is stored although nobody waits for it any more."""
    plug = Plug()
    waiter = asyncio.create_task(database.write(plug))
    assert await asyncio.to_thread(plug.taken.wait, 10)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    plug.pull()
    assert not await database.write(claim("plug"))


async def test_who_leaves_during_the_turn_costs_the_neighbours_nothing(database: Database) -> None:
    """All of a group are answered together: one that is no longer there must not keep the answers from the others."""
    second = Plug()
    with plugged(database):
        tasks = [asyncio.create_task(database.write(work)) for work in (second, claim("leaving"), claim("staying"))]
        await submitted(*tasks)
    assert await asyncio.to_thread(second.taken.wait, 10)
    tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    second.pull()
    assert await tasks[2]
    assert stored(database) == {"leaving", "staying"}


def test_a_closed_loop_does_not_kill_the_writer(database: Database) -> None:
    """Waiters that went away with their event loop are nobody's concern."""
    plug = Plug()
    loop = asyncio.new_event_loop()
    assert isinstance(database._writer, GroupWriter)
    database._writer.submit(plug, loop=loop)
    assert plug.taken.wait(10)
    loop.close()
    plug.pull()
    assert not database.write_now(claim("plug"))


@pytest.mark.parametrize(("error", "seen"), [(SystemExit(), SystemExit), (StopIteration(), RuntimeError), (TimeoutError(), TimeoutError)])
def test_nothing_that_a_unit_raises_kills_the_writer(database: Database, error: BaseException, seen: type[BaseException]) -> None:
    """Whatever is raised goes to its own waiter, and the next unit is stored."""

    def work(_: UnitOfWork) -> None:
        raise error

    with pytest.raises(seen):
        database.write_now(work)
    assert database.write_now(claim("next"))


async def test_callbacks_come_after_commit_and_spoil_nothing(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """What is to happen after COMMIT happens then, once; its failure is logged, as the fact is stored already."""
    heard: list[set[str]] = []

    def listen() -> None:
        heard.append(stored(database))

    def broken() -> None:
        raise LookupError("deaf")

    def work(uow: UnitOfWork) -> None:
        for callback in (broken, listen, listen):
            uow.on_commit(callback)
        deliveries.claim(uow, "a")

    await database.write(work)
    assert heard == [{"a"}]
    assert [record.message for record in caplog.records] == ["storage.callback_failed"]


async def test_a_file_that_another_process_holds_is_busy(database: Database, sqlite_url: str) -> None:
    """A lock that lasts longer than the busy timeout ends in "try again", and the writer goes on afterwards."""
    await database.write(lambda uow: uow.connection.exec_driver_sql("PRAGMA busy_timeout = 10"))
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy) as busy:
        await database.write(claim("a"))
    assert not busy.value.taken
    other.close()
    assert await database.write(claim("a"))


async def test_closing_stores_what_waits(database: Database) -> None:
    """A stop loses nothing that was accepted, and accepts nothing more."""
    with plugged(database):
        task = asyncio.create_task(database.write(claim("a")))
        await submitted(task)
        closing = asyncio.create_task(database.close())
        await submitted(closing)
    assert await task
    await closing
    with pytest.raises(DatabaseAway):
        await database.write(claim("b"))
    with pytest.raises(DatabaseAway):
        await database.read(lambda uow: uow.now)
