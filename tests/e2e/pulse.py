"""What the bot is about: the question that tells waiting from working."""

from datetime import datetime

from storage import outbox
from storage.db import UnitOfWork
from storage.lifecycle import JobState


def pulse(uow: UnitOfWork) -> tuple[bool, datetime | None]:
    """Whether a job is being done now, and when the next is due."""
    return any(kind.state is JobState.LEASED for kind in outbox.backlog(uow)), outbox.next_due(uow)
