"""Checkpoints against whoever can write to the database: what they add neither names, silences nor gets signed."""

import pytest

from storage import audit, checkpoints
from storage.checkpoint import Checkpoint, made
from storage.checkpoints import Contradicted, Flaw, Occupied
from storage.db import Database
from storage.signing import Keyring, new_key
from tests.storage.test_audit import write_entries
from tests.storage.test_checkpoints import KEYS, change, cut_at, examined, opened_up, record, rehash

ROW = "INSERT INTO checkpoints (size, key_id, note, made_at) VALUES (:size, :key_id, :note, '2020-01-01 00:00:00+00:00')"


def add(database: Database, forged: Checkpoint) -> None:
    """Store a checkpoint as the bot's own role could."""
    change(database, ROW, size=forged.size, key_id=forged.key_id, note=forged.text)


@pytest.mark.parametrize(
    "tampering", ["UPDATE audit SET body = replace(body, 'number', 'lumber') WHERE seq = 2", "DELETE FROM audit WHERE seq > 8"]
)
def test_a_trail_that_was_tampered_with_is_not_signed(database: Database, tampering: str) -> None:
    """Computed anew or cut off, it contradicts what was signed before; a new key alone would sign it, which is for the admin to decide."""
    database.write_now(write_entries)
    kept = record(database)
    opened_up(database)
    change(database, tampering)
    database.write_now(rehash)
    database.write_now(lambda uow: write_entries(uow, 1))
    assert database.write_now(lambda uow: checkpoints.record(uow, KEYS)) == Contradicted(by=kept)
    assert record(database, Keyring.of(signing=[new_key()])).size in {9, 13}


def test_a_cut_at_the_newest_checkpoint_contradicts_nothing(database: Database) -> None:
    """Its entry is gone, and the one after it still knows its hash."""
    database.write_now(write_entries)
    first = record(database)
    cut_at(database, first)
    assert (record(database).size, first.size) == (13, 12)


def test_what_nobody_signed_neither_names_the_trail_nor_counts(database: Database) -> None:
    """A row of anybody's beyond the end is told by the check, and makes no checkpoint, no name and no refusal."""
    database.write_now(write_entries)
    good = record(database)
    add(database, Checkpoint(origin="comeback/evil", size=999_999_999, root="cd" * 32))
    add(database, Checkpoint(origin="comeback/evil", size=good.size, root=good.root))
    database.write_now(write_entries)
    fresh = record(database)
    assert fresh.origin == good.origin
    stored = database.read_now(lambda uow: checkpoints.newest(uow, KEYS))
    assert stored is not None
    assert stored.checkpoint == fresh
    verdict = examined(database, against=good)
    assert verdict.is_good
    assert verdict.stored is not None
    assert verdict.stored.strays == 2


def test_a_place_that_is_taken_does_not_silence(database: Database) -> None:
    """Rows under our key's id at the coming sizes: the checkpoint is signed all the same, and said to be missing from the table."""
    database.write_now(write_entries)
    good = record(database)
    change(database, ROW, size=13, key_id=good.key_id, note="x")
    database.write_now(lambda uow: write_entries(uow, 1))
    occupied = database.write_now(lambda uow: checkpoints.record(uow, KEYS))
    assert isinstance(occupied, Occupied)
    assert (occupied.fresh.size, occupied.fresh.origin) == (13, good.origin)


def test_a_checkpoint_of_another_trail_under_the_same_key_is_named(database: Database) -> None:
    """A test installation with the same key signs for itself: here that neither names, stops nor passes, not even behind a cut."""
    database.write_now(write_entries)
    first = record(database)
    add(database, made(origin="comeback/staging", size=5, root="ab" * 32, signer=KEYS.signer))
    add(database, made(origin="comeback/staging", size=500, root="ab" * 32, signer=KEYS.signer))
    database.write_now(write_entries)
    assert record(database).origin == first.origin
    cut_at(database, first)
    stored = examined(database).stored
    assert stored is not None
    assert stored.first_bad == (5, Flaw.ORIGIN)
    assert database.read_now(audit.head).seq == 25
