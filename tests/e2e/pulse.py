"""What the bot is about: the question that tells waiting from working."""

from datetime import datetime

from sqlalchemy import bindparam, exists, select

from storage import outbox
from storage.db import UnitOfWork
from storage.lifecycle import JobState
from storage.tables import outbox as jobs

# A lease that is over is nobody's work: its worker could not store the end of it, and whoever claims next may have the job.
_AT_WORK = select(exists().where(jobs.c.state == JobState.LEASED, jobs.c.lease_until > bindparam("moment", type_=jobs.c.lease_until.type)))


def pulse(uow: UnitOfWork) -> tuple[bool, datetime | None]:
    """Whether a job is being done now, and when the next is due."""
    return bool(uow.connection.execute(_AT_WORK, {"moment": uow.now}).scalar_one()), outbox.next_due(uow)
