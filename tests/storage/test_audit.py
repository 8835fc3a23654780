"""The audit chain: that it is whole, that it shows what was done to it, and what may be in it."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage import audit, chain
from storage.audit import Broken, Verified
from storage.db import Database, UnitOfWork
from storage.records import AuditHead
from tests.fixtures.clock import MovableClock
from tests.storage.world import SYSTEM

ENTRIES = 12


def write_entries(uow: UnitOfWork, count: int = ENTRIES) -> None:
    """Entries about two requests, and some about none."""
    for number in range(count):
        uow.audit("request.filed", SYSTEM, request_id=("r1", "r2", None)[number % 3], number=number)


def unlock(uow: UnitOfWork) -> None:
    """Do what an intruder with the owner's rights would do first."""
    names = ("no_update", "no_delete") if uow.kind == "sqlite" else ("no_change", "no_truncate")
    for name in names:
        uow.connection.execute(text(f"DROP TRIGGER audit_{name}" + ("" if uow.kind == "sqlite" else " ON audit")))


def tamper(database: Database, *statements: str, **parameters: Any) -> Verified | Broken:
    """What the check says after these changes."""

    def work(uow: UnitOfWork) -> None:
        unlock(uow)
        for statement in statements:
            uow.connection.execute(text(statement), parameters)

    database.write_now(work)
    return database.read_now(audit.verify)


async def test_an_empty_chain_is_whole(database: Database) -> None:
    """Before the first entry the head is 64 zeros."""
    assert await database.read(audit.verify) == Verified(count=0, head="0" * 64)


async def test_anybody_can_recompute_the_chain(database: Database) -> None:
    """The rule is simple enough to be checked without us: sha256 of 0x01, the previous hash and the body."""
    await database.write(write_entries)
    entries = await database.read(lambda uow: list(audit.entries(uow)))
    previous = "0" * 64
    for place, entry in enumerate(entries, start=1):
        assert (entry.seq, entry.previous) == (place, previous)
        assert entry.hash == hashlib.sha256(b"\x01" + previous.encode() + entry.body.encode()).hexdigest()
        assert entry.body == json.dumps(json.loads(entry.body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = entry.hash
    assert await database.read(audit.verify) == Verified(count=ENTRIES, head=previous)
    assert await database.read(lambda uow: audit.head(uow).hash) == previous


async def test_a_body_says_who_did_what_and_when(sqlite_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> None:
    """This text is what outsiders parse and hash: it does not change without a new `v`."""
    database = open_database(sqlite_url, clock=clock.now)
    await database.write(
        lambda uow: uow.audit("request.filed", {"type": "person", "id": "p1"}, request_id="r1", product="jira", days=[1, None])
    )
    (entry,) = await database.read(lambda uow: list(audit.entries(uow)))
    assert entry.body == (
        '{"actor":{"id":"p1","type":"person"},"at":"2026-11-02T09:00:00.000000Z",'
        '"facts":{"days":[1,null],"product":"jira"},"kind":"request.filed","request":"r1","v":1}'
    )
    assert entry.at == clock.now()


async def test_no_fact_without_its_entry(database: Database) -> None:
    """A unit that fails leaves neither, and the sequence has no gap afterwards."""

    def failing(uow: UnitOfWork) -> None:
        write_entries(uow)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(failing)
    await database.write(write_entries)
    assert await database.read(lambda uow: audit.head(uow).seq) == ENTRIES


async def test_gapless_under_concurrency(
    database: Database, database_url: str, clock: MovableClock, open_database: Callable[..., Database]
) -> None:
    """Two processes writing at once, some of their units failing, make one chain without gap or fork."""

    def work(uow: UnitOfWork, number: int) -> None:
        uow.audit("a", SYSTEM, number=number)
        uow.audit("b", SYSTEM, number=number)
        if number % 5 == 0:
            raise LookupError

    other = open_database(database_url, clock=clock.now)
    units = [
        replica.write(lambda uow, number=number: work(uow, number), wait_seconds=30)  # type: ignore[misc]
        for number in range(40)
        for replica in (database, other)
    ]
    answers = await asyncio.gather(*units, return_exceptions=True)
    assert sum(isinstance(answer, LookupError) for answer in answers) == sum(answer is not None for answer in answers) == 16
    verified = await database.read(audit.verify)
    assert isinstance(verified, Verified)
    assert verified.count == 128


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit SET body = replace(body, 'filed', 'faked') WHERE seq = 5", Broken(seq=5, why="body")),
        ("UPDATE audit SET kind = 'request.denied' WHERE seq = 5", Broken(seq=5, why="columns")),
        ("UPDATE audit SET request_id = 'r9' WHERE seq = 5", Broken(seq=5, why="columns")),
        ("UPDATE audit SET request_id = NULL WHERE seq = 5", Broken(seq=5, why="columns")),
        ("UPDATE audit SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 5", Broken(seq=5, why="columns")),
        ("DELETE FROM audit WHERE seq = 5", Broken(seq=5, why="missing")),
        ("DELETE FROM audit WHERE seq < 5", Broken(seq=1, why="missing")),
        ("UPDATE audit SET seq = -seq WHERE seq = 5", Broken(seq=5, why="missing")),
        ("UPDATE audit SET previous = hash WHERE seq = 5", Broken(seq=5, why="previous")),
    ],
)
async def test_the_first_bad_entry_is_named(database: Database, statement: str, expected: Broken) -> None:
    """Whoever changes a row, even with the owner's rights, is found at the very row."""
    await database.write(write_entries)
    assert tamper(database, statement) == expected


async def test_swapped_entries_are_found(database: Database) -> None:
    """Two entries in each other's places are both good by themselves; the chain is not."""
    await database.write(write_entries)
    swap = (
        "UPDATE audit SET seq = 100 WHERE seq = 5",
        "UPDATE audit SET seq = 5 WHERE seq = 6",
        "UPDATE audit SET seq = 6 WHERE seq = 100",
    )
    assert tamper(database, *swap) == Broken(seq=5, why="previous")


async def test_a_cut_end_shows_against_a_head_that_was_kept(database: Database) -> None:
    """The chain alone cannot miss its last entries: its head, kept elsewhere, does."""
    await database.write(write_entries)
    kept = await database.read(audit.head)
    cut = tamper(database, "DELETE FROM audit WHERE seq > 10")
    assert isinstance(cut, Verified)
    assert (cut.count, cut.head) != (kept.seq, kept.hash)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seq=st.integers(1, ENTRIES), place=st.integers(0, 400), letter=st.sampled_from('x7}"é'))
def test_any_changed_letter_is_found(sqlite_url: str, clock: MovableClock, seq: int, place: int, letter: str) -> None:
    """One letter anywhere in any body breaks the chain at that row."""
    database = Database.open(sqlite_url, clock=clock.now, new_id=lambda: "", new_token=lambda: "")
    try:
        if database.read_now(audit.head).seq == 0:
            database.write_now(write_entries)
            database.write_now(unlock)
        read = text("SELECT body FROM audit WHERE seq = :seq")
        body: str = database.read_now(lambda uow: uow.connection.execute(read, {"seq": seq}).scalar_one())
        place %= len(body)
        changed = body[:place] + letter + body[place + 1 :]
        write = text("UPDATE audit SET body = :body WHERE seq = :seq")
        database.write_now(lambda uow: uow.connection.execute(write, {"seq": seq, "body": changed}))
        found = database.read_now(audit.verify)
        assert isinstance(found, Verified) if changed == body else found == Broken(seq=seq, why="body")
        database.write_now(lambda uow: uow.connection.execute(write, {"seq": seq, "body": body}))
    finally:
        database.close_now()


@pytest.mark.parametrize("statement", ["UPDATE audit SET kind = 'x'", "DELETE FROM audit"])
async def test_entries_cannot_be_changed_by_mistake(database: Database, statement: str) -> None:
    """The table refuses to forget, so that no statement of ours ever does it by accident."""
    await database.write(write_entries)
    with pytest.raises(DBAPIError, match="append-only"):
        await database.write(lambda uow: uow.connection.execute(text(statement)))


async def test_postgres_refuses_to_truncate(postgres_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> None:
    """TRUNCATE passes by row triggers; it has one of its own."""
    database = open_database(postgres_url, clock=clock.now)
    with pytest.raises(DBAPIError, match="append-only"):
        await database.write(lambda uow: uow.connection.execute(text("TRUNCATE audit")))


async def test_entries_by_request_kind_and_time(database: Database, clock: MovableClock) -> None:
    """An export takes exactly what was asked for, in order, the end of the time excluded."""
    await database.write(write_entries)
    clock.advance(timedelta(hours=1))
    middle = clock.now() - timedelta(minutes=1)
    await database.write(lambda uow: uow.audit("request.denied", SYSTEM, request_id="r1"))

    def seqs(**wanted: Any) -> list[int]:
        return database.read_now(lambda uow: [entry.seq for entry in audit.entries(uow, **wanted)])

    assert seqs(request_id="r1") == [1, 4, 7, 10, 13]
    assert seqs(kind="request.denied") == [13]
    assert seqs(since=middle) == [13]
    assert seqs(until=middle, request_id="r2") == [2, 5, 8, 11]
    assert seqs(since=middle, until=middle) == []
    (last,) = database.read_now(lambda uow: list(audit.entries(uow, kind="request.denied")))
    assert seqs(since=last.at) == [13]
    assert 13 not in seqs(until=last.at)


async def test_entries_by_who_acted_and_up_to_a_place(database: Database) -> None:
    """Ids are taken as they are written, with no wildcards in them; the last place is included."""
    names = ("p_1", "p11", "p1", "p_12")

    def work(uow: UnitOfWork) -> None:
        for name in names:
            uow.audit("request.filed", {"type": "person", "id": name}, asked_for="p_1")

    await database.write(work)

    def seqs(**wanted: Any) -> list[int]:
        return database.read_now(lambda uow: [entry.seq for entry in audit.entries(uow, **wanted)])

    assert seqs(actors=["p_1"]) == [1]
    assert seqs(actors=["p11", "p_12"]) == [2, 4]
    assert seqs(actors=["nobody"]) == []
    assert seqs(through=2) == [1, 2]
    assert seqs(actors=["p_1", "p_12"], through=3) == [1]


async def test_an_entry_is_read_back_as_it_is_stored(database: Database, clock: MovableClock) -> None:
    """What leaves the trail carries its moment in time and both of its hashes."""
    await database.write(write_entries)
    stored = await database.read(lambda uow: uow.connection.execute(text("SELECT * FROM audit ORDER BY seq")).all())
    read = await database.read(lambda uow: list(audit.entries(uow)))
    assert [(one.seq, one.kind, one.body, one.previous, one.hash) for one in read] == [
        (row.seq, row.kind, row.body, row.previous, row.hash) for row in stored
    ]
    assert all(one.at.tzinfo is not None and abs(one.at - clock.now()) < timedelta(seconds=1) for one in read)


@pytest.mark.parametrize(
    ("after", "limit", "expected"), [(0, 3, [1, 2, 3]), (3, 100, [*range(4, ENTRIES + 1)]), (ENTRIES, 1, []), (9, 1, [10])]
)
async def test_the_entries_that_follow_one(database: Database, after: int, limit: int, expected: list[int]) -> None:
    """Whoever passes entries on takes so many after the last one that arrived, in order."""
    await database.write(write_entries)
    assert [entry.seq for entry in await database.read(lambda uow: audit.following(uow, after, limit=limit))] == expected


async def test_a_check_from_a_base_takes_what_follows_it(database: Database) -> None:
    """The entries before a base may be gone; the first one after it must follow it, and is counted from there."""
    await database.write(write_entries)
    entries = await database.read(lambda uow: list(audit.entries(uow)))
    base = AuditHead(seq=4, hash=entries[3].hash)
    whole = await database.read(audit.verify)
    assert await database.read(lambda uow: audit.verify(uow, base=base)) == whole
    assert tamper(database, "DELETE FROM audit WHERE seq <= 4") == Broken(seq=1, why="missing")
    assert await database.read(lambda uow: audit.verify(uow, base=base)) == whole
    wrong = AuditHead(seq=4, hash=entries[2].hash)
    assert await database.read(lambda uow: audit.verify(uow, base=wrong)) == Broken(seq=5, why="previous")


async def test_a_long_chain_is_read_page_by_page(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages join without a seam, and progress is told after each step."""
    monkeypatch.setattr(audit, "_PAGE", audit._PAGE.limit(5))
    monkeypatch.setattr(audit, "STEP", {"sqlite": 5, "postgresql": 5})
    await database.write(write_entries)
    heard: list[int] = []
    assert isinstance(await database.read(lambda uow: audit.verify(uow, heard.append)), Verified)
    assert heard == [5, 10, 12]
    assert await database.read(lambda uow: [entry.seq for entry in audit.entries(uow)]) == list(range(1, ENTRIES + 1))


@pytest.mark.parametrize(
    "fact", ["ada@example.com", "please let me in", "U012AB3CD", "W012AB3CD", 1.5, {"a": ["ada@example.com"]}, {1, 2}, "x" * 201]
)
async def test_personal_data_stay_out_of_the_chain(database: Database, fact: Any) -> None:
    """The chain can never forget, so e-mail addresses, Slack ids and free text are refused, and with them the unit."""
    with pytest.raises(chain.UnfitFact):
        await database.write(lambda uow: uow.audit("a", SYSTEM, fact=fact))


@pytest.mark.parametrize("actor", [{"type": "person", "id": "ada lovelace"}, {"type": "person", "id": 'a"},"at":"x'}])
async def test_actors_have_plain_names(database: Database, actor: dict[str, str]) -> None:
    """Whoever acts is named by an id that cannot be taken for anything else in the body."""
    with pytest.raises(chain.UnfitFact):
        await database.write(lambda uow: uow.audit("a", actor))


async def test_reading_units_have_no_entries(database: Database) -> None:
    """An entry that would be lost in silence is a mistake that is told."""
    with pytest.raises(RuntimeError):
        await database.read(lambda uow: uow.audit("a", SYSTEM))


def test_times_in_the_chain_sort_as_text() -> None:
    """A whole second is written as long as any other moment."""
    assert chain.as_text(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000000Z"
