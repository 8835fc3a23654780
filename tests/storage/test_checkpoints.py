"""Checkpoints: what a chain alone can't show, a copy of its head does; and where a chain may begin."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.usecases import trail
from bot.usecases.trail import Verdict
from storage import audit, chain, checkpoints, cuts
from storage.audit import Broken, Verified
from storage.checkpoint import Checkpoint, Signature, made
from storage.checkpoints import Flaw
from storage.cuts import Unvouched
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus
from storage.signing import HMAC, Keyring, new_key, signing_key
from tests.fixtures.clock import MovableClock
from tests.storage.test_audit import unlock, write_entries
from tests.storage.world import SYSTEM, move, request

KEY = new_key()
KEYS = Keyring.of(signing=[KEY])


def record(database: Database, keys: Keyring = KEYS) -> Checkpoint:
    """A new checkpoint of where the chain stands."""
    checkpoint = database.write_now(lambda uow: checkpoints.record(uow, keys))
    assert isinstance(checkpoint, Checkpoint)
    return checkpoint


def examined(database: Database, *, keys: Keyring = KEYS, against: Checkpoint | None = None) -> Verdict:
    """What a check of everything finds."""
    return database.read_now(lambda uow: trail.examine(uow, keys=keys, against=against))


def change(database: Database, *statements: str, **parameters: Any) -> None:
    """Whatever somebody with the owner's rights does to the database, whose triggers are gone."""
    database.write_now(lambda uow: [uow.connection.execute(text(statement), parameters) for statement in statements])


def opened_up(database: Database) -> None:
    """Take away all triggers, as an intruder would."""

    def work(uow: UnitOfWork) -> None:
        unlock(uow)
        names = ("no_update", "no_delete") if uow.kind == "sqlite" else ("no_change", "no_truncate")
        for table in ("checkpoints", "audit_cuts"):
            for name in names:
                uow.connection.execute(text(f"DROP TRIGGER {table}_{name}" + ("" if uow.kind == "sqlite" else f" ON {table}")))

    database.write_now(work)


def rehash(uow: UnitOfWork) -> None:
    """Compute every hash anew, as somebody does who has changed a body and knows the rule."""
    previous = "0" * 64
    for entry in list(audit.entries(uow)):
        link = chain.linked(previous, entry.body)
        update = text("UPDATE audit SET previous = :previous, hash = :hash WHERE seq = :seq")
        uow.connection.execute(update, {"previous": previous, "hash": link, "seq": entry.seq})
        previous = link


def test_a_checkpoint_is_made_when_the_chain_has_grown(database: Database) -> None:
    """None of an empty chain, none twice of the same place, and all of one trail bear its name."""
    assert database.write_now(lambda uow: checkpoints.record(uow, KEYS)) is None
    database.write_now(write_entries)
    first = record(database)
    assert database.write_now(lambda uow: checkpoints.record(uow, KEYS)) is None
    database.write_now(write_entries)
    second = record(database)
    assert (first.size, second.size, second.root) == (12, 24, database.read_now(audit.head).hash)
    assert first.origin == second.origin
    assert first.origin.startswith("comeback/")
    assert examined(database).is_good


def test_a_key_that_comes_later_signs_the_same_place(database: Database) -> None:
    """Unsigned checkpoints are made without a key; with one, or with another, the newest place is signed at once."""
    database.write_now(write_entries)
    assert record(database, Keyring()).checked(KEYS) is Signature.NONE
    assert record(database).checked(KEYS) is Signature.GOOD
    new = new_key(HMAC)
    both = Keyring.of(signing=[new, KEY])
    assert record(database, both).key_id == signing_key(new).id
    verdict = examined(database, keys=both)
    assert verdict.is_good
    assert verdict.stored is not None
    assert (verdict.stored.count, verdict.stored.unsigned, verdict.stored.unknown_keys) == (3, 1, frozenset())


def test_a_key_that_nobody_knows_is_told_and_not_taken_for_a_forgery(database: Database) -> None:
    """Where a checkpoint was made with a key that is gone, its root still counts."""
    database.write_now(write_entries)
    old = record(database)
    verdict = examined(database, keys=Keyring(), against=old)
    assert verdict.is_good
    assert verdict.stored is not None
    assert verdict.stored.unknown_keys == {old.key_id}


@pytest.mark.parametrize("seed", range(3))
def test_every_tampering_is_found_against_a_checkpoint(database: Database, seed: int) -> None:
    """Random edits, deletes, swaps, cut ends and chains computed anew: all are found, and an edit at its very entry."""
    chance = random.Random(seed)
    database.write_now(lambda uow: write_entries(uow, 60))
    kept = record(database)
    opened_up(database)
    missed = [name for name, spoil in TAMPERINGS.items() for _ in range(3) if not found(database, spoil(chance), kept)]
    assert missed == []
    assert examined(database, against=kept).is_good


def found(database: Database, tampering: "Tampering", kept: Checkpoint) -> bool:
    """Whether the tampering is found, named where it has a place; the database is as before afterwards."""
    verdicts: list[Verdict] = []

    def work(uow: UnitOfWork) -> None:
        tampering.act(uow)
        verdicts.append(trail.examine(uow, keys=KEYS, against=kept))
        raise Undone

    with pytest.raises(Undone):
        database.write_now(work)
    (verdict,) = verdicts
    if tampering.broken_at is not None:
        return isinstance(verdict.chain, Broken) and verdict.chain.seq == tampering.broken_at
    return isinstance(verdict.chain, Verified) and verdict.flaw is tampering.flaw


class Undone(Exception):
    """Takes a unit of work back."""


class Tampering:
    """Statements, and what shows them: the first bad entry, or how the checkpoint does not fit."""

    def __init__(self, *statements: str, broken_at: int | None = None, flaw: Flaw | None = None, anew: bool = False) -> None:
        self.statements, self.broken_at, self.flaw, self.anew = statements, broken_at, flaw, anew

    def act(self, uow: UnitOfWork) -> None:
        for statement in self.statements:
            uow.connection.execute(text(statement))
        if self.anew:
            rehash(uow)


def _edit(chance: random.Random) -> Tampering:
    seq = chance.randint(1, 60)
    return Tampering(f"UPDATE audit SET body = replace(body, 'filed', 'faked') WHERE seq = {seq}", broken_at=seq)


def _delete(chance: random.Random) -> Tampering:
    seq = chance.randint(1, 59)
    return Tampering(f"DELETE FROM audit WHERE seq = {seq}", broken_at=seq)


def _swap(chance: random.Random) -> Tampering:
    one, other = sorted(chance.sample(range(1, 61), 2))
    moves = ((one, 1000), (other, one), (1000, other))
    return Tampering(*(f"UPDATE audit SET seq = {to} WHERE seq = {at}" for at, to in moves), broken_at=one)


def _truncation(chance: random.Random) -> Tampering:
    return Tampering(f"DELETE FROM audit WHERE seq > {chance.randint(1, 59)}", flaw=Flaw.TOO_SHORT)


def _anew(chance: random.Random) -> Tampering:
    edit = f"UPDATE audit SET body = replace(body, 'number', 'lumber') WHERE seq = {chance.randint(1, 60)}"
    return Tampering(edit, flaw=Flaw.ROOT, anew=True)


TAMPERINGS: dict[str, Callable[[random.Random], Tampering]] = {
    "edit": _edit,
    "delete": _delete,
    "swap": _swap,
    "truncation": _truncation,
    "anew": _anew,
}


def test_without_a_checkpoint_a_cut_end_and_a_new_chain_are_not_found(database: Database) -> None:
    """The control: this is what checkpoints are for, and what nobody sees who keeps none."""
    database.write_now(write_entries)
    kept = record(database)
    opened_up(database)
    change(database, "DELETE FROM checkpoints", "DELETE FROM audit WHERE seq > 10", "UPDATE audit SET body = replace(body, 'fil', 'kil')")
    database.write_now(rehash)
    change(database, "UPDATE audit SET kind = replace(kind, 'fil', 'kil')")
    assert examined(database).is_good
    assert examined(database, against=kept).flaw is Flaw.TOO_SHORT


def test_stored_checkpoints_show_a_cut_end_too(database: Database) -> None:
    """Whoever cuts the end off and forgets the checkpoints is found without a copy elsewhere."""
    database.write_now(write_entries)
    record(database)
    opened_up(database)
    change(database, "DELETE FROM audit WHERE seq > 10")
    stored = examined(database).stored
    assert stored is not None
    assert stored.first_bad == (12, Flaw.TOO_SHORT)


@pytest.mark.parametrize(
    ("statement", "flaw"),
    [
        ("UPDATE checkpoints SET note = 'gone'", Flaw.UNREADABLE),
        ("UPDATE checkpoints SET size = 11", Flaw.UNREADABLE),
        ("UPDATE checkpoints SET size = 11, note = replace(note, '\n12\n', '\n11\n')", Flaw.SIGNATURE),
    ],
)
def test_a_spoilt_checkpoint_is_named(database: Database, statement: str, flaw: Flaw) -> None:
    """A checkpoint that was changed does not count for less; it is found."""
    database.write_now(write_entries)
    record(database)
    opened_up(database)
    change(database, statement)
    stored = examined(database).stored
    assert stored is not None
    assert stored.first_bad is not None
    assert stored.first_bad[1] is flaw


def test_a_forged_or_foreign_checkpoint_does_not_fit(database: Database) -> None:
    """A wrong signature is none, and another trail's checkpoint says nothing of this one."""
    database.write_now(write_entries)
    kept = record(database)
    forged = Checkpoint(origin=kept.origin, size=kept.size, root=kept.root, key_id=kept.key_id, signature=bytes(64))
    assert examined(database, against=forged).flaw is Flaw.SIGNATURE
    foreign = made(origin="comeback/other", size=kept.size, root=kept.root, signer=KEYS.signer)
    assert examined(database, against=foreign).flaw is Flaw.ORIGIN


def cut_at(database: Database, checkpoint: Checkpoint) -> int:
    """How many entries went with a cut there."""
    database.write_now(lambda uow: cuts.cut(uow, checkpoint, keys=KEYS, actor=SYSTEM))
    return database.write_now(lambda uow: cuts.drop(uow, through=checkpoint.size))


def test_old_entries_go_behind_a_signed_checkpoint(database: Database) -> None:
    """The chain begins after it, is whole and goes on; with an older checkpoint it can't be compared, so nobody says that it fits."""
    database.write_now(write_entries)
    first = record(database)
    database.write_now(write_entries)
    second = record(database)
    assert cut_at(database, second) == 24
    database.write_now(write_entries)
    verdict = examined(database, against=second)
    assert verdict.is_good
    assert (verdict.begins, verdict.chain.count if isinstance(verdict.chain, Verified) else None) == (24, 37)
    invented = Checkpoint(origin=first.origin, size=first.size, root="ab" * 32)
    assert [examined(database, against=old).flaw for old in (first, invented)] == [Flaw.DROPPED] * 2
    assert database.read_now(lambda uow: [entry.seq for entry in audit.entries(uow)]) == list(range(25, 38))
    opened_up(database)
    change(database, "DELETE FROM audit WHERE seq = 26")
    assert examined(database).chain == Broken(seq=26, why="missing")


def test_a_cut_counts_only_with_a_known_key(database: Database) -> None:
    """Somebody who can write to the database could else have it begin wherever they like."""
    database.write_now(write_entries)
    kept = record(database)
    cut_at(database, kept)
    assert examined(database, keys=Keyring()).chain == Unvouched(size=12, signature=Signature.UNKNOWN_KEY)
    opened_up(database)
    change(database, "UPDATE audit_cuts SET note = replace(note, :old, :new)", old=kept.root, new="00" * 32)
    assert examined(database).chain == Unvouched(size=12, signature=Signature.WRONG)


@pytest.mark.parametrize("with_entry", [False, True])
def test_a_checkpoint_is_no_leave_to_cut(database: Database, with_entry: bool) -> None:
    """Its signature serves for nothing else, so that a trail can't be shortened by copying what is stored; nor does an entry help."""
    database.write_now(write_entries)
    kept = record(database)
    database.write_now(write_entries)
    row = "INSERT INTO audit_cuts (size, key_id, note, cut_at) SELECT size, key_id, note, made_at FROM checkpoints"
    if with_entry:
        database.write_now(lambda uow: uow.audit("audit.pruned", SYSTEM, through=kept.size, root=kept.root, key=kept.key_id))
    change(database, row, "DELETE FROM audit WHERE seq <= 12")
    assert examined(database).chain == Unvouched(size=12, signature=None)


def test_a_cut_that_the_trail_does_not_tell_is_none(database: Database) -> None:
    """Signed in a copy of the database, where the entry stayed, it is no leave to drop anything here."""
    database.write_now(write_entries)
    kept = record(database)
    database.write_now(write_entries)

    class Elsewhere(Exception):
        note = ""

    def elsewhere(uow: UnitOfWork) -> None:
        cuts.cut(uow, kept, keys=KEYS, actor=SYSTEM)
        Elsewhere.note = uow.connection.execute(text("SELECT note FROM audit_cuts")).scalar_one()
        raise Elsewhere

    with pytest.raises(Elsewhere):
        database.write_now(elsewhere)
    row = "INSERT INTO audit_cuts (size, key_id, note, cut_at) SELECT size, key_id, :note, made_at FROM checkpoints"
    change(database, row, note=Elsewhere.note)
    assert examined(database).chain == Unvouched(size=12, signature=None)


def test_the_database_refuses_every_other_deletion(database: Database) -> None:
    """Nothing beyond a cut, nothing without one, never the last entry, no cut without a signature, and no change of what vouches."""
    database.write_now(write_entries)
    unsigned, signed = record(database, Keyring()), record(database)
    insert = "INSERT INTO audit_cuts (size, key_id, note, cut_at) VALUES ({}, '{}', 'x', '2026-01-01 00:00:00+00:00')"
    for refused in ("DELETE FROM audit WHERE seq = 1", insert.format(unsigned.size, ""), insert.format(11, signed.key_id)):
        with pytest.raises(DBAPIError):
            change(database, refused)
    # At the very end, without the entry that `cut` itself leaves behind.
    change(database, insert.format(12, signed.key_id))
    for refused in ("DELETE FROM audit WHERE seq = 12", "UPDATE audit SET kind = 'x' WHERE seq = 1"):
        with pytest.raises(DBAPIError, match="append-only"):
            change(database, refused)
    database.write_now(write_entries)
    for refused in (
        "DELETE FROM audit WHERE seq = 13",
        "DELETE FROM checkpoints",
        "UPDATE audit_cuts SET size = 20",
        "DELETE FROM audit_cuts",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            change(database, refused)
    change(database, "DELETE FROM audit WHERE seq <= 12")


def test_open_requests_keep_their_entries(database: Database, clock: MovableClock) -> None:
    """What somebody still waits for can be explained to its first entry; so can everything after it."""

    def work(uow: UnitOfWork) -> str:
        write_entries(uow)
        one = request(uow)
        uow.audit("request.filed", SYSTEM, request_id=one.id)
        write_entries(uow)
        return one.id

    request_id = database.write_now(work)
    clock.advance(timedelta(days=400))
    later = clock.now() + timedelta(days=1)
    database.write_now(write_entries)
    assert database.read_now(lambda uow: cuts.furthest(uow, before=later)) == 12

    def close(uow: UnitOfWork) -> None:
        from storage import access_requests

        one = access_requests.get(uow, request_id)
        assert one is not None
        move(uow, one, RequestStatus.CANCELLED)

    database.write_now(close)
    assert database.read_now(lambda uow: cuts.furthest(uow, before=later)) == 36
    assert database.read_now(lambda uow: cuts.furthest(uow, before=later - timedelta(days=2))) == 25
