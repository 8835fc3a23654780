"""How far the audit trail was sent on, by the name of its receiver; a place only moves forward."""

from sqlalchemy import bindparam, or_, select, update

from storage import audit, chain
from storage.outgoing_records import Lag, Shipment
from storage.outgoing_tables import shipments
from storage.records import as_record
from storage.sql import insert_or_keep
from storage.unit import UnitOfWork

_c = shipments.c
_THIS = _c.name == bindparam("this")
_GET = select(shipments).where(_THIS)
_ADD = insert_or_keep(shipments)
_MOVE = update(shipments).where(_THIS, _c.seq == bindparam("source")).values(trouble=None)
_TROUBLE = update(shipments).where(_THIS, or_(_c.trouble.is_(None), _c.trouble != bindparam("code")))


def of(uow: UnitOfWork, name: str) -> Shipment:
    """How far the trail was sent to *name*; at the beginning when nothing was."""
    row = uow.connection.execute(_GET, {"this": name}).first()
    return Shipment(name=name, seq=0, hash=None, moved_at=None, trouble=None) if row is None else as_record(Shipment, row)


def move(uow: UnitOfWork, name: str, *, source: int, target: int) -> bool:
    """Whether the place went from *source* to *target*, all trouble forgotten; False: somebody else moved it meanwhile."""
    _ensure(uow, name)
    values = {"this": name, "source": source, "seq": target, "hash": chain.hash_at(uow.connection, target), "moved_at": uow.now}
    return bool(uow.connection.execute(_MOVE, values).rowcount)


def is_contradicted(uow: UnitOfWork, name: str) -> bool:
    """Whether the trail is not the one any more that was sent to *name*: it ends before that place, or has another entry there."""
    place = of(uow, name)
    there = chain.hash_at(uow.connection, place.seq)
    # Gone with the one after it: it was dropped lawfully while nothing was sent.
    is_other = None not in {there, place.hash} and there != place.hash
    return audit.head(uow).seq < place.seq or is_other


def note_trouble(uow: UnitOfWork, name: str, code: str) -> bool:
    """Whether *code* is news: nothing, or something else, stopped the shipment before."""
    _ensure(uow, name)
    return bool(uow.connection.execute(_TROUBLE, {"this": name, "code": code, "trouble": code}).rowcount)


def lag(uow: UnitOfWork, name: str) -> Lag:
    """How far the shipment to *name* is behind."""
    place = of(uow, name).seq
    first = next(iter(audit.following(uow, place, limit=1)), None)
    return Lag(entries=audit.head(uow).seq - place if first else 0, since=first.at if first else None)


def _ensure(uow: UnitOfWork, name: str) -> None:
    uow.connection.execute(_ADD, {"name": name, "seq": 0})
