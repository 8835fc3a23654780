"""What Slack delivered already: it sends again whatever it thinks was lost."""

from datetime import datetime

from sqlalchemy import bindparam, delete

from storage.sql import insert_or_keep
from storage.tables import deliveries
from storage.unit import UnitOfWork

_CLAIM = insert_or_keep(deliveries)
_PRUNE = delete(deliveries).where(deliveries.c.seen_at < bindparam("before"))


def claim(uow: UnitOfWork, key: str) -> bool:
    """Whether this unit is the first to see the delivery; False: answer as before, do nothing. Part of the unit: lost if it fails."""
    return bool(uow.connection.execute(_CLAIM, {"key": key, "seen_at": uow.now}).rowcount)


def prune(uow: UnitOfWork, *, before: datetime) -> int:
    """Forget deliveries that were seen before that time; returns how many."""
    return uow.connection.execute(_PRUNE, {"before": before}).rowcount
