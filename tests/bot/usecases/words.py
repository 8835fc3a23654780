"""Domain words for the tests of the use cases."""

from datetime import datetime

from bot.actor import SlackPerson
from bot.policy import ApproverFacts
from bot.usecases.decisions import Click
from storage import outbox, pacing
from storage.db import Database, UnitOfWork
from storage.records import Job

TEAM = "T0ACME"
CHANNEL = "G0ADMINS"


def member(name: str) -> SlackPerson:
    """A member of our workspace."""
    return SlackPerson(team_id=TEAM, slack_id=f"U0{name.upper()}")


def approvers(*names: str, read_at: datetime) -> ApproverFacts:
    """The approvers, as read at that time."""
    return ApproverFacts(slack_ids=frozenset(f"U0{name.upper()}" for name in names), read_at=read_at)


def click(*may: str, by: str, request_id: str, at: datetime) -> Click:
    """*by* presses on the request's card, where *may* are the approvers as read at that time."""
    return Click(actor=member(by), request_id=request_id, approvers=approvers(*may, read_at=at), channel=CHANNEL)


async def due(database: Database) -> list[Job]:
    """The jobs that are due now, each finished; their pace is another test's matter."""

    def take(uow: UnitOfWork) -> list[Job]:
        for bucket in pacing.state(uow):
            pacing.set_interval(uow, bucket.name, 0)
        jobs: list[Job] = []
        while claimed := outbox.claim(uow, limit=10):
            for job in claimed:
                outbox.finish(uow, job)
            jobs += claimed
        return jobs

    return await database.write(take)
