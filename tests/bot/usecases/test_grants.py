"""Beginning a grant: what was true when the job looked has to hold in the unit that stores the intent."""

import asyncio
from datetime import timedelta

import pytest

from atlassian.steps import AddToGroup
from bot.jobs.requests import Grant
from bot.usecases import grants
from bot.usecases.grants import Start
from bot.usecases.steps import enqueue
from storage import access_requests, outbox, pacing, people
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import Job
from tests.bot.usecases.words import TEAM

STEP = AddToGroup(group_id="g-users", directory_id="d1", account_id="712020:ada")
MANY = 6


def approved(uow: UnitOfWork, name: str) -> str:
    """An approved request of *name*, whose grant is due."""
    person = people.find_or_add(uow, team_id=TEAM, slack_id=f"U0{name}")
    filed = access_requests.file(uow, person=person, product="jira", reason="r", expires_at=uow.now + timedelta(days=7))
    assert filed is not None
    access_requests.move(uow, filed.id, source=RequestStatus.PENDING, target=RequestStatus.APPROVED)
    enqueue(uow, Grant(request_id=filed.id, afresh=False))
    return filed.id


def claimed(uow: UnitOfWork) -> list[Job]:
    """All jobs that are due, whatever their pace."""
    for bucket in pacing.state(uow):
        pacing.set_interval(uow, bucket.name, 0)
    jobs: list[Job] = []
    while more := outbox.claim(uow, limit=MANY):
        jobs += more
    return jobs


@pytest.fixture
async def jobs(database: Database) -> list[Job]:
    """A grant each of several people, all claimed at once."""
    await database.write(lambda uow: [approved(uow, f"P{number}") for number in range(MANY)])
    return await database.write(claimed)


async def begin(database: Database, job: Job, *, cap: int) -> Start:
    """The job has found that there is room, and begins."""
    request_id = str(job.payload["request_id"])
    return await database.write(lambda uow: grants.start(uow, request_id, job=job, step=STEP, state={}, link=None, cap=cap))


async def test_grants_that_begin_at_once_keep_the_daily_cap(database: Database, jobs: list[Job]) -> None:
    """Each has read that nothing was given today; no more begin than may."""
    answers = await asyncio.gather(*(begin(database, job, cap=2) for job in jobs))
    assert sorted(answers) == sorted([Start.BEGUN] * 2 + [Start.OVER_THE_CAP] * (MANY - 2))
    assert await database.read(access_requests.granting) == 2


async def test_a_grant_that_has_begun_goes_on_under_a_full_cap(database: Database, jobs: list[Job]) -> None:
    """It is counted already: its next step, or another try, is no further grant."""
    for _ in range(2):
        assert await begin(database, jobs[0], cap=1) is Start.BEGUN
