"""Checkpoints that were made: one for each place of the chain that somebody vouched for, and whether the chain still goes through them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, select

from storage import chain
from storage.checkpoint import Checkpoint, NotACheckpoint, Signature, made, parse
from storage.records import AuditHead
from storage.signing import Keyring
from storage.sql import insert_or_keep
from storage.tables import audit, checkpoints
from storage.unit import UnitOfWork

_c = checkpoints.c
_ADD = insert_or_keep(checkpoints)
# Of two at one place the signed one.
_DOWNWARD = select(_c.size, _c.key_id, _c.note, _c.made_at).where(_c.size <= bindparam("limit")).order_by(_c.size.desc(), _c.key_id.desc())
_AT = select(_c.size, _c.key_id, _c.note).where(_c.size == bindparam("this_size"), _c.key_id == bindparam("this_key"))
_ALL = select(_c.size, _c.key_id, _c.note, audit.c.hash).outerjoin(audit, audit.c.seq == _c.size).order_by(_c.size, _c.key_id)
_EVERYWHERE = 2**62
_ENOUGH = 100
"""Checkpoints that are looked at for one that still fits, before all are given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A checkpoint and when it was made."""

    checkpoint: Checkpoint
    made_at: datetime


class Flaw(StrEnum):
    """Why a checkpoint and the chain do not belong together."""

    UNREADABLE = "unreadable"
    SIGNATURE = "signature"
    ORIGIN = "origin"
    TOO_SHORT = "too_short"
    ROOT = "root"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """
    All stored checkpoints: how many, the first with a flaw, how many nobody signed, and the keys of others that we do not know.

    `strays` are those that do not fit and that nobody signed whose key we know, where others are signed: anybody can have written them.
    """

    count: int
    first_bad: tuple[int, Flaw] | None
    unsigned: int
    strays: int
    unknown_keys: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradicted:
    """Nothing was signed: the chain does not go through the checkpoint that we signed before, so it was cut off or computed anew."""

    by: Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupied:
    """`fresh` is signed and was not stored: something that is not of ours lies in its place."""

    fresh: Checkpoint


def record(uow: UnitOfWork, keys: Keyring) -> Checkpoint | Contradicted | Occupied | None:
    """The checkpoint of where the chain ends now; None when this key vouched for that already, or nothing was written yet."""
    contradiction = contradicted(uow, keys)
    if contradiction is not None:
        return Contradicted(by=contradiction)
    head = chain.head_of(uow.connection)
    if head.seq == 0:
        return None
    fresh = made(origin=origin(uow, keys) or f"comeback/{uow.new_id()[:16]}", size=head.seq, root=head.hash, signer=keys.signer)
    row = {"size": fresh.size, "key_id": fresh.key_id, "note": fresh.text, "made_at": uow.now}
    if uow.connection.execute(_ADD, row).rowcount:
        return fresh
    return None if _says_the_same(uow, fresh, keys=keys) else Occupied(fresh=fresh)


def _says_the_same(uow: UnitOfWork, fresh: Checkpoint, *, keys: Keyring) -> bool:
    row = uow.connection.execute(_AT, {"this_size": fresh.size, "this_key": fresh.key_id}).one()
    there = _read(row.note, size=row.size, key_id=row.key_id)
    return there is not None and there.root == fresh.root and there.checked(keys) in {Signature.GOOD, Signature.NONE}


def contradicted(uow: UnitOfWork, keys: Keyring) -> Checkpoint | None:
    """The newest checkpoint of this trail, signed by one of *keys*, that the chain does not go through; None when it goes through all."""
    astray: list[Checkpoint] = []
    for stored in _downward(uow, limit=_EVERYWHERE):
        one = stored.checkpoint
        if one.checked(keys) is not Signature.GOOD:
            continue
        if _fits(uow, one):
            # Another trail's may lie here too, where one key serves several: those say nothing of this one.
            return next((other for other in astray if other.origin == one.origin), None)
        astray.append(one)
        if len(astray) == _ENOUGH:
            break
    return astray[0] if astray else None


def newest(uow: UnitOfWork, keys: Keyring) -> Stored | None:
    """The checkpoint that covers most of the chain and fits it: one that a key of *keys* signed, any other only where there is none."""
    limit = chain.head_of(uow.connection).seq
    fitting = (
        one for one in _downward(uow, limit=limit) if one.checkpoint.checked(keys) is not Signature.WRONG and _fits(uow, one.checkpoint)
    )
    return newest_signed(uow, limit=limit, keys=keys) or next(fitting, None)


def origin(uow: UnitOfWork, keys: Keyring) -> str | None:
    """The name of this trail, drawn with its first checkpoint; None before."""
    last = newest(uow, keys)
    return last.checkpoint.origin if last else None


def newest_signed(uow: UnitOfWork, *, limit: int, keys: Keyring) -> Stored | None:
    """The checkpoint that covers most of the first *limit* entries, is signed by one of *keys*, and still fits the chain."""
    signed = (one for one in _downward(uow, limit=limit) if one.checkpoint.checked(keys) is Signature.GOOD)
    return next((one for one in signed if _fits(uow, one.checkpoint)), None)


def _downward(uow: UnitOfWork, *, limit: int) -> Iterator[Stored]:
    """All that can be read, from the one that covers most."""
    with uow.connection.execute(_DOWNWARD, {"limit": limit}, execution_options={"yield_per": 100}) as rows:
        for row in rows:
            checkpoint = _read(row.note, size=row.size, key_id=row.key_id)
            if checkpoint is not None:
                yield Stored(checkpoint=checkpoint, made_at=row.made_at)


def _fits(uow: UnitOfWork, checkpoint: Checkpoint) -> bool:
    return chain.hash_at(uow.connection, checkpoint.size) == checkpoint.root


def flaw_of(uow: UnitOfWork, checkpoint: Checkpoint, *, keys: Keyring, base: AuditHead) -> Flaw | None:
    """
    What is wrong between *checkpoint*, wherever it was kept, and the chain, which was verified; None when they fit.

    Entries up to *base* were dropped: an earlier checkpoint can't be compared any more, so it never fits.
    """
    root = base.hash if checkpoint.size == base.seq else chain.hash_at(uow.connection, checkpoint.size)
    flaw = _flaw(checkpoint, keys=keys, root=root, base=base, name=origin(uow, keys))
    return flaw or (Flaw.DROPPED if checkpoint.size < base.seq else None)


def examine(uow: UnitOfWork, *, keys: Keyring, base: AuditHead) -> Examined:
    """Whether every stored checkpoint is one of ours, and the chain, which was verified, goes through it."""
    first_bad, unsigned, strays, unknown, count = None, 0, 0, set(), 0
    name, signed = origin(uow, keys), newest_signed(uow, limit=_EVERYWHERE, keys=keys) is not None
    for row in uow.connection.execute(_ALL, execution_options={"yield_per": 500}):
        count += 1
        checkpoint = _read(row.note, size=row.size, key_id=row.key_id)
        root = base.hash if row.size == base.seq else row.hash
        flaw = _flaw(checkpoint, keys=keys, root=root, base=base, name=name) if checkpoint else Flaw.UNREADABLE
        signature = checkpoint.checked(keys) if checkpoint else None
        is_stray = signed and flaw is not None and signature in {Signature.NONE, Signature.UNKNOWN_KEY}
        strays += is_stray
        if flaw is not None and not is_stray and first_bad is None:
            first_bad = (row.size, flaw)
        unsigned += signature is Signature.NONE
        if checkpoint and signature is Signature.UNKNOWN_KEY:
            unknown.add(checkpoint.key_id)
    return Examined(count=count, first_bad=first_bad, unsigned=unsigned, strays=strays, unknown_keys=frozenset(unknown))


def _read(note: str, *, size: int, key_id: str) -> Checkpoint | None:
    """The checkpoint of a row, None when its text is not what it is found by."""
    try:
        checkpoint = parse(note)
    except NotACheckpoint:
        return None
    return checkpoint if (checkpoint.size, checkpoint.key_id) == (size, key_id) else None


def _flaw(checkpoint: Checkpoint, *, keys: Keyring, root: str | None, base: AuditHead, name: str | None) -> Flaw | None:
    if checkpoint.checked(keys) is Signature.WRONG:
        return Flaw.SIGNATURE
    if name is not None and checkpoint.origin != name:
        return Flaw.ORIGIN
    if checkpoint.size < base.seq:
        return None
    if root is None:
        return Flaw.TOO_SHORT
    return None if root == checkpoint.root else Flaw.ROOT
