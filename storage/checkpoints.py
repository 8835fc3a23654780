"""Checkpoints that were made: one for each place of the chain that somebody vouched for, and whether the chain still goes through them."""

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
_NEWEST = select(_c.size, _c.key_id, _c.note, _c.made_at).order_by(_c.size.desc(), _c.key_id.desc()).limit(100)
_SIGNED = (
    select(_c.size, _c.key_id, _c.note).where(_c.size <= bindparam("limit"), _c.key_id != "").order_by(_c.size.desc(), _c.made_at.desc())
)
_ALL = select(_c.size, _c.key_id, _c.note, audit.c.hash).outerjoin(audit, audit.c.seq == _c.size).order_by(_c.size, _c.key_id)
_HASH = select(audit.c.hash).where(audit.c.seq == bindparam("this_seq"))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """All stored checkpoints: how many, the first with a flaw, how many nobody signed, and the keys of others that we do not know."""

    count: int
    first_bad: tuple[int, Flaw] | None
    unsigned: int
    unknown_keys: frozenset[str]


def record(uow: UnitOfWork, keys: Keyring) -> Checkpoint | None:
    """The checkpoint of where the chain ends now; None when this key vouched for that already, or nothing was written yet."""
    head = chain.head_of(uow.connection)
    if head.seq == 0:
        return None
    fresh = made(origin=origin(uow) or f"comeback/{uow.new_id()[:16]}", size=head.seq, root=head.hash, signer=keys.signer)
    row = {"size": fresh.size, "key_id": fresh.key_id, "note": fresh.text, "made_at": uow.now}
    return fresh if uow.connection.execute(_ADD, row).rowcount else None


def newest(uow: UnitOfWork) -> Stored | None:
    """The checkpoint that covers most, of those that nobody has spoilt."""
    with uow.connection.execute(_NEWEST) as rows:
        for row in rows:
            checkpoint = _read(row.note, size=row.size, key_id=row.key_id)
            if checkpoint is not None:
                return Stored(checkpoint=checkpoint, made_at=row.made_at)
    return None


def origin(uow: UnitOfWork) -> str | None:
    """The name of this trail, drawn with its first checkpoint; None before."""
    last = newest(uow)
    return last.checkpoint.origin if last else None


def newest_signed(uow: UnitOfWork, *, limit: int, keys: Keyring) -> Checkpoint | None:
    """The checkpoint that covers most of the first *limit* entries, is signed by one of *keys*, and still fits the chain."""
    for row in uow.connection.execute(_SIGNED, {"limit": limit}):
        found = _read(row.note, size=row.size, key_id=row.key_id)
        if found and found.checked(keys) is Signature.GOOD and _hash_at(uow, found.size) == found.root:
            return found
    return None


def flaw_of(uow: UnitOfWork, checkpoint: Checkpoint, *, keys: Keyring, base: AuditHead) -> Flaw | None:
    """
    What is wrong between *checkpoint*, wherever it was kept, and the chain, which was verified; None when they fit.

    Entries up to *base* were dropped: of an earlier checkpoint only the signature is left to check.
    """
    known = origin(uow)
    if known is not None and known != checkpoint.origin:
        return Flaw.ORIGIN
    root = base.hash if checkpoint.size == base.seq else _hash_at(uow, checkpoint.size)
    return _flaw(checkpoint, keys=keys, root=root, base=base)


def examine(uow: UnitOfWork, *, keys: Keyring, base: AuditHead) -> Examined:
    """Whether every stored checkpoint is one of ours, and the chain, which was verified, goes through it."""
    first_bad, unsigned, unknown, count = None, 0, set(), 0
    for row in uow.connection.execute(_ALL, execution_options={"yield_per": 500}):
        count += 1
        checkpoint = _read(row.note, size=row.size, key_id=row.key_id)
        root = base.hash if row.size == base.seq else row.hash
        flaw = _flaw(checkpoint, keys=keys, root=root, base=base) if checkpoint else Flaw.UNREADABLE
        if flaw is not None and first_bad is None:
            first_bad = (row.size, flaw)
        signature = checkpoint.checked(keys) if checkpoint else None
        unsigned += signature is Signature.NONE
        if checkpoint and signature is Signature.UNKNOWN_KEY:
            unknown.add(checkpoint.key_id)
    return Examined(count=count, first_bad=first_bad, unsigned=unsigned, unknown_keys=frozenset(unknown))


def _read(note: str, *, size: int, key_id: str) -> Checkpoint | None:
    """The checkpoint of a row, None when its text is not what it is found by."""
    try:
        checkpoint = parse(note)
    except NotACheckpoint:
        return None
    return checkpoint if (checkpoint.size, checkpoint.key_id) == (size, key_id) else None


def _flaw(checkpoint: Checkpoint, *, keys: Keyring, root: str | None, base: AuditHead) -> Flaw | None:
    if checkpoint.checked(keys) is Signature.WRONG:
        return Flaw.SIGNATURE
    if checkpoint.size < base.seq:
        return None
    if root is None:
        return Flaw.TOO_SHORT
    return None if root == checkpoint.root else Flaw.ROOT


def _hash_at(uow: UnitOfWork, seq: int) -> str | None:
    return uow.connection.execute(_HASH, {"this_seq": seq}).scalar_one_or_none()
