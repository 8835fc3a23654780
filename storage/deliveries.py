"""What Slack delivered already: it sends again whatever it thinks was lost."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from storage.sql import insert_or_keep
from storage.tables import deliveries
from storage.unit import UnitOfWork

_CLAIM = insert_or_keep(deliveries)
_c = deliveries.c
_OLDEST = select(_c.key).where(_c.seen_at < bindparam("before", type_=_c.seen_at.type)).order_by(_c.seen_at)
_PRUNE = delete(deliveries).where(_c.key.in_(_OLDEST.limit(bindparam("most"))))


def claim(uow: UnitOfWork, key: str) -> bool:
    """Whether this unit is the first to see the delivery; False: answer as before, do nothing. Part of the unit: lost if it fails."""
    return bool(uow.connection.execute(_CLAIM, {"key": key, "seen_at": uow.now}).rowcount)


def prune(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Forget up to *limit* deliveries that were seen before that time, the oldest first; returns how many."""
    return uow.connection.execute(_PRUNE, {"before": before, "most": limit}).rowcount
