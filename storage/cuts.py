"""
Where the trail begins after old entries were dropped: behind a checkpoint at the last of them, by a cut that a key signed for that alone.

The database itself refuses every other deletion, by triggers; who may cut at all is a matter of its roles (docs/postgresql-roles.sql).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select

from storage import chain
from storage.checkpoint import Checkpoint, Signature
from storage.cut import Cut, NotACut, made, parse
from storage.lifecycle import OPEN_STATUSES
from storage.records import AuditHead
from storage.signing import Keyring
from storage.sql import among
from storage.tables import access_requests, audit, audit_cuts
from storage.unit import UnitOfWork

AT_ONCE = 5_000
"""Entries dropped in one unit of work: others wait for it no longer than a moment."""

_CUT = insert(audit_cuts)
_NEWEST = select(audit_cuts.c.size, audit_cuts.c.note).order_by(audit_cuts.c.size.desc()).limit(1)
_ENTRY = select(audit.c.body).where(audit.c.at == bindparam("this_at"), audit.c.kind == "audit.pruned")
_FIRST_YOUNG = select(func.min(audit.c.seq)).where(audit.c.at >= bindparam("before"))
_STILL_OPEN = select(access_requests.c.id).where(among(access_requests.c.status, OPEN_STATUSES))
_FIRST_OPEN = select(func.min(audit.c.seq)).where(audit.c.request_id.in_(_STILL_OPEN))
_OLDEST = select(audit.c.seq).where(audit.c.seq <= bindparam("through")).order_by(audit.c.seq).limit(AT_ONCE)
_DROP = delete(audit).where(audit.c.seq.in_(_OLDEST.scalar_subquery()))
_BEGINS = select(func.min(audit.c.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unvouched:
    """
    Entries up to `size` are gone, and nobody whose key we know vouches for that.

    `signature` is None when the row holds no cut, or the trail has no entry about it: then nobody pruned, whoever signed.
    """

    size: int
    signature: Signature | None


def base(uow: UnitOfWork, keys: Keyring) -> AuditHead | Unvouched:
    """The entry after which the trail begins, by a cut that one of *keys* signed; the beginning when nothing was ever dropped."""
    row = uow.connection.execute(_NEWEST).first()
    if row is None:
        return chain.GENESIS
    try:
        found = parse(row.note)
    except NotACut:
        return Unvouched(size=row.size, signature=None)
    signature = found.checked(keys)
    if signature is not Signature.GOOD:
        return Unvouched(size=row.size, signature=signature)
    if found.size != row.size or not _is_told(uow, found):
        return Unvouched(size=row.size, signature=None)
    return AuditHead(seq=found.size, hash=found.root)


def _is_told(uow: UnitOfWork, found: Cut) -> bool:
    """Whether the trail has the entry that was written with this cut."""
    facts = {"through": found.size, "root": found.root, "key": found.key_id}
    return any(json.loads(row.body)["facts"] == facts for row in uow.connection.execute(_ENTRY, {"this_at": found.at}))


def furthest(uow: UnitOfWork, *, before: datetime, shipped: int | None = None) -> int:
    """
    The last entry that may go when all older than *before* should: 0 for none.

    A request that is still open keeps its entries, and a chain has no holes: all that follow stay as well. So does the last entry,
    and what comes after *shipped*, which whoever receives the trail has not got (None where nobody does).
    """
    head = chain.head_of(uow.connection)
    young = uow.connection.execute(_FIRST_YOUNG, {"before": chain.as_text(before)}).scalar_one()
    still_open = uow.connection.execute(_FIRST_OPEN).scalar_one()
    unsent = None if shipped is None else shipped + 1
    return max(0, min(place for place in (head.seq, young, still_open, unsent) if place is not None) - 1)


def cut(uow: UnitOfWork, checkpoint: Checkpoint, *, keys: Keyring, actor: Mapping[str, str]) -> None:
    """
    The trail begins after *checkpoint* from now on, which is an entry itself; `drop` takes away what is before.

    Raises NoSigner when *keys* have none that signs.
    """
    leave = made(checkpoint, at=chain.as_text(uow.now), signer=keys.signer)
    row = {"size": checkpoint.size, "key_id": checkpoint.key_id, "note": leave.text, "cut_at": uow.now}
    uow.connection.execute(_CUT, row)
    uow.audit("audit.pruned", actor, through=leave.size, root=leave.root, key=leave.key_id)


def drop(uow: UnitOfWork, *, through: int) -> int:
    """How many of the oldest entries up to *through* were dropped now, some at a time; 0 when none are left."""
    return uow.connection.execute(_DROP, {"through": through}).rowcount


def begins_at(uow: UnitOfWork) -> datetime | None:
    """The time of the oldest entry; None when there is none."""
    at = uow.connection.execute(_BEGINS).scalar_one()
    return datetime.fromisoformat(at) if at else None
