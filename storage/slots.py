"""Which slots of the schedule have fired: any number of tickers may try, one claims."""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from storage.sql import insert_or_keep
from storage.tables import slots
from storage.unit import UnitOfWork

_CLAIM = insert_or_keep(slots)
_LATEST = select(func.max(slots.c.slot)).where(slots.c.job == bindparam("this_job"))

_other = slots.alias()
_NEWEST_OF_ITS_JOB = select(func.max(_other.c.slot)).where(_other.c.job == slots.c.job).scalar_subquery()
_PRUNE = delete(slots).where(slots.c.claimed_at < bindparam("before"), slots.c.slot < _NEWEST_OF_ITS_JOB)


def claim(uow: UnitOfWork, job: str, slot: str) -> bool:
    """Whether this unit is the one that fires *slot* of *job*; False: it was fired already."""
    return bool(uow.connection.execute(_CLAIM, {"job": job, "slot": slot, "claimed_at": uow.now}).rowcount)


def latest(uow: UnitOfWork, job: str) -> str | None:
    """The last slot of *job* that fired, in the order of their names (wall-clock times that sort); None before the first."""
    slot: str | None = uow.connection.execute(_LATEST, {"this_job": job}).scalar_one()
    return slot


def prune(uow: UnitOfWork, *, before: datetime) -> int:
    """Forget slots that were claimed before that time, and how many they were; the last of each job stays, as the next follows from it."""
    return uow.connection.execute(_PRUNE, {"before": before}).rowcount
