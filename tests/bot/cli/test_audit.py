"""`comeback audit`: a whole trail is said to be whole, a changed one is found, and it can be handed out."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from storage.db import Database, UnitOfWork
from tests.bot.cli.conftest import Command, objects
from tests.bot.outside import Outside
from tests.fixtures.clock import MovableClock

COMEBACK = {"type": "comeback", "id": "comeback"}
REQUEST = "0" * 32


def entry(uow: UnitOfWork, *, kind: str, request_id: str | None = None) -> None:
    """One entry."""
    uow.audit(kind, actor=COMEBACK, request_id=request_id)


def test_whole_trail_is_done(comeback: Command, database: str, records: Database) -> None:
    """Exit code 0, the number of entries and the hash of the last, to be noted down."""
    records.write_now(lambda uow: entry(uow, kind="request.filed"))
    result = comeback("audit", "verify")
    assert result.exit_code == 0
    assert "The audit trail is whole: 1 entries, the last one " in result.stdout


def test_changed_entry_is_named(
    comeback: Command, outside: Outside, sqlite_url: str, open_database: Callable[..., Database], clock: MovableClock
) -> None:
    """Exit code 1 and the number of the first bad entry."""
    records = open_database(sqlite_url, clock=clock.now)
    for kind in ("request.filed", "request.granted", "request.ended"):
        records.write_now(partial(entry, kind=kind))
    outside.set({"DATABASE_URL": sqlite_url})
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        # Whoever can write to the file can take its triggers away as well.
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.executescript("".join(f"DROP TRIGGER {name};" for (name,) in triggers))
        connection.execute("UPDATE audit SET body = replace(body, 'granted', 'refused') WHERE seq = 2")
    connection.close()
    result = comeback("audit", "verify")
    assert result.exit_code == 1
    assert result.stderr.strip().endswith("The audit trail is broken at entry 2: its text was changed.")


def test_export_is_one_object_a_line(comeback: Command, database: str, records: Database, clock: MovableClock) -> None:
    """Oldest first, each with what makes its hash, and narrowed by time, kind and request."""
    records.write_now(lambda uow: entry(uow, kind="request.filed", request_id=REQUEST))
    clock.advance(timedelta(days=1))
    records.write_now(lambda uow: entry(uow, kind="key.rejected"))
    everything = objects(comeback("audit", "export").stdout)
    assert [one["seq"] for one in everything] == [1, 2]
    assert everything[1]["previous"] == everything[0]["hash"]
    assert set(everything[0]) == {"seq", "at", "kind", "body", "previous", "hash"}
    for narrowed in (("--since", "2026-11-03"), ("--kind", "key.rejected")):
        assert [one["seq"] for one in objects(comeback("audit", "export", *narrowed).stdout)] == [2]
    for narrowed in (("--until", "2026-11-03T00:00:00"), ("--request", REQUEST)):
        assert [one["seq"] for one in objects(comeback("audit", "export", *narrowed).stdout)] == [1]


def test_export_goes_to_a_file(comeback: Command, database: str, records: Database, tmp_path: Path) -> None:
    """Standard output then says only how many there are."""
    records.write_now(lambda uow: entry(uow, kind="request.filed"))
    file = tmp_path / "trail.jsonl"
    result = comeback("audit", "export", "--output", str(file))
    assert result.stdout.startswith("1 entries in ")
    assert len(objects(file.read_text(encoding="utf-8"))) == 1
