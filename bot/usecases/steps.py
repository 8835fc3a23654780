"""The two things every use case does beside its fact: leave work in the outbox, and name the actor in the audit trail."""

import re
from dataclasses import asdict
from datetime import datetime

from atlassian.steps import SETTLE_SECONDS
from bot.actor import Actor, Comeback, SlackPerson, TerminalUser
from bot.jobs.base import JobPayload
from storage import outbox, people
from storage.db import UnitOfWork

LONGEST_ID = 64
_UNFIT = re.compile(r"[^A-Za-z0-9._:-]")
"""What the audit trail takes for no id; a login name may have it (`ada@corp`)."""


def enqueue(uow: UnitOfWork, job: JobPayload, *, due_at: datetime | None = None, key: str | None = None) -> bool:
    """Leave *job* in the outbox of this unit; False when a job with this *key* was left before."""
    return outbox.enqueue(
        uow,
        kind=job.kind,
        subject=job.subject,
        payload=asdict(job),
        bucket=job.bucket,
        turns=job.turns,
        due_at=due_at,
        settle_seconds=SETTLE_SECONDS,
        key=key,
    )


def audit_actor(uow: UnitOfWork, actor: Actor) -> dict[str, str]:
    """Who acted, as the audit trail names them: a person by their random id, never by anything personal."""
    match actor:
        case SlackPerson():
            person = people.find_or_add(uow, team_id=actor.team_id, slack_id=actor.slack_id)
            return {"type": "person", "id": person.id}
        case TerminalUser():
            return {"type": "terminal", "id": _UNFIT.sub("_", actor.name)[:LONGEST_ID] or "unknown"}
        case Comeback():
            return {"type": "comeback", "id": "comeback"}
