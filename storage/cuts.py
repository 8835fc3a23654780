"""
Where the trail begins after old entries were dropped: behind a signed checkpoint that stands at the last of them.

The database itself refuses every other deletion, by triggers; who may cut at all is a matter of its roles (docs/postgresql-roles.sql).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select

from storage import chain
from storage.checkpoint import Checkpoint, NotACheckpoint, Signature, parse
from storage.lifecycle import OPEN_STATUSES
from storage.records import AuditHead
from storage.signing import Keyring
from storage.sql import among
from storage.tables import access_requests, audit, audit_cuts, checkpoints
from storage.unit import UnitOfWork

AT_ONCE = 5_000
"""Entries dropped in one unit of work: others wait for it no longer than a moment."""

_CUT = insert(audit_cuts)
_NEWEST = (
    select(audit_cuts.c.size, checkpoints.c.note)
    .join(checkpoints, (checkpoints.c.size == audit_cuts.c.size) & (checkpoints.c.key_id == audit_cuts.c.key_id))
    .order_by(audit_cuts.c.size.desc())
    .limit(1)
)
_FIRST_YOUNG = select(func.min(audit.c.seq)).where(audit.c.at >= bindparam("before"))
_STILL_OPEN = select(access_requests.c.id).where(among(access_requests.c.status, OPEN_STATUSES))
_FIRST_OPEN = select(func.min(audit.c.seq)).where(audit.c.request_id.in_(_STILL_OPEN))
_OLDEST = select(audit.c.seq).where(audit.c.seq <= bindparam("through")).order_by(audit.c.seq).limit(AT_ONCE)
_DROP = delete(audit).where(audit.c.seq.in_(_OLDEST.scalar_subquery()))
_BEGINS = select(func.min(audit.c.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unvouched:
    """Entries up to `size` are gone, and nobody whose key we know vouches for them."""

    size: int
    signature: Signature | None


def base(uow: UnitOfWork, keys: Keyring) -> AuditHead | Unvouched:
    """The entry after which the trail begins, as one of *keys* signed it; the beginning when nothing was ever dropped."""
    row = uow.connection.execute(_NEWEST).first()
    if row is None:
        return chain.GENESIS
    try:
        checkpoint = parse(row.note)
    except NotACheckpoint:
        return Unvouched(size=row.size, signature=None)
    signature = checkpoint.checked(keys)
    if signature is not Signature.GOOD or checkpoint.size != row.size:
        return Unvouched(size=row.size, signature=signature)
    return AuditHead(seq=checkpoint.size, hash=checkpoint.root)


def latest(uow: UnitOfWork) -> int:
    """The last entry that a cut covers, whether it is gone already or not; 0 when there was none."""
    row = uow.connection.execute(_NEWEST).first()
    return 0 if row is None else int(row.size)


def furthest(uow: UnitOfWork, *, before: datetime) -> int:
    """
    The last entry that may go when all older than *before* should: 0 for none.

    A request that is still open keeps its entries, and a chain has no holes: all that follow stay as well. So does the last entry.
    """
    head = chain.head_of(uow.connection)
    young = uow.connection.execute(_FIRST_YOUNG, {"before": chain.as_text(before)}).scalar_one()
    still_open = uow.connection.execute(_FIRST_OPEN).scalar_one()
    return max(0, min(place for place in (head.seq, young, still_open) if place is not None) - 1)


def cut(uow: UnitOfWork, checkpoint: Checkpoint, *, actor: Mapping[str, str]) -> None:
    """The trail begins after *checkpoint* from now on, which is an entry itself; `drop` takes away what is before."""
    uow.connection.execute(_CUT, {"size": checkpoint.size, "key_id": checkpoint.key_id, "cut_at": uow.now})
    uow.audit("audit.pruned", actor, through=checkpoint.size, root=checkpoint.root, key=checkpoint.key_id)


def drop(uow: UnitOfWork, *, through: int) -> int:
    """How many of the oldest entries up to *through* were dropped now, some at a time; 0 when none are left."""
    return uow.connection.execute(_DROP, {"through": through}).rowcount


def begins_at(uow: UnitOfWork) -> datetime | None:
    """The time of the oldest entry; None when there is none."""
    at = uow.connection.execute(_BEGINS).scalar_one()
    return datetime.fromisoformat(at) if at else None
