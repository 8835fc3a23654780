"""The outbox: what a worker may do now, and what it may report."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from storage import outbox, pacing, tables
from storage.db import Database, UnitOfWork
from storage.errors import LeaseLost
from storage.lifecycle import JobState
from storage.records import Job
from tests.fixtures.clock import MovableClock
from tests.storage.world import claim_one, job

SECOND = timedelta(seconds=1)


async def test_a_job_is_claimed_once_and_done_once(database: Database) -> None:
    """A leased job is nobody else's, and a done one is over."""
    await database.write(lambda uow: job(uow, payload={"request_id": "r1"}))
    claimed = await database.write(claim_one)
    assert (claimed.payload, claimed.attempts, claimed.unknown, claimed.bucket) == ({"request_id": "r1"}, 1, False, None)
    assert await database.write(outbox.claim) == ()
    await database.write(lambda uow: outbox.finish(uow, claimed))
    assert await database.write(outbox.claim) == ()
    with pytest.raises(LeaseLost, match=claimed.id):
        await database.write(lambda uow: outbox.finish(uow, claimed))


async def test_a_key_is_taken_for_good(database: Database) -> None:
    """What is enqueued twice under one key is one job, also after it is done."""
    assert await database.write(lambda uow: outbox.enqueue(uow, kind="k", subject="s", payload={}, key="once", settle_seconds=12))
    claimed = await database.write(claim_one)
    await database.write(lambda uow: outbox.finish(uow, claimed))
    assert not await database.write(lambda uow: outbox.enqueue(uow, kind="k", subject="s", payload={}, key="once", settle_seconds=12))
    assert await database.write(outbox.claim) == ()


async def test_nothing_is_claimed_before_it_is_due(database: Database, clock: MovableClock) -> None:
    """`due_at` is how a job waits, and `next_due` says until when."""
    due = clock.now() + timedelta(minutes=5)
    await database.write(lambda uow: job(uow, due_at=due))
    assert await database.write(outbox.claim) == ()
    assert await database.read(outbox.next_due) == due
    clock.advance(timedelta(minutes=5) + SECOND)
    assert (await database.write(claim_one)).due_at == due


async def test_what_is_due_is_asked_of_ones_own_kinds(database: Database, clock: MovableClock) -> None:
    """A worker of some kinds sleeps until one of these is due, however long another worker's job waits for it."""
    later = clock.now() + timedelta(minutes=5)
    await database.write(lambda uow: [job(uow, "theirs"), job(uow, "ours", due_at=later)])
    assert await database.read(lambda uow: outbox.next_due(uow, kinds={"ours"})) == later
    assert await database.read(lambda uow: outbox.next_due(uow, kinds={"nobody's"})) is None


async def test_the_oldest_comes_first(database: Database, clock: MovableClock) -> None:
    """Jobs are done in the order in which they were due."""
    for minutes in (2, 3, 1):
        await database.write(lambda uow, m=minutes: job(uow, f"k{m}", due_at=uow.now + timedelta(minutes=m)))  # type: ignore[misc]
    clock.advance(timedelta(hours=1))
    claimed = await database.write(lambda uow: outbox.claim(uow, limit=5))
    assert [one.kind for one in claimed] == ["k1", "k2", "k3"]


async def test_one_subject_one_job_at_a_time(database: Database) -> None:
    """Two redraws of one card never run together; the second comes when the first is over, and until then nothing is due."""
    await database.write(lambda uow: [job(uow, subject="card:1"), job(uow, subject="card:1"), job(uow, subject="card:2")])
    claimed = await database.write(lambda uow: outbox.claim(uow, limit=5))
    assert sorted(one.subject for one in claimed) == ["card:1", "card:2"]
    due = await database.read(outbox.next_due)
    assert due == min(one.lease_until for one in claimed)
    first = next(one for one in claimed if one.subject == "card:1")
    await database.write(lambda uow: outbox.finish(uow, first))
    assert (await database.write(claim_one)).subject == "card:1"


async def test_the_index_forbids_two_leases_of_a_subject(database: Database) -> None:
    """The last guard is the table's own."""
    await database.write(lambda uow: [job(uow, subject="card:1"), job(uow, subject="card:1")])
    await database.write(claim_one)
    lease = text("UPDATE outbox SET state = 'leased', token = 't', lease_until = due_at WHERE state = 'ready'")
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: uow.connection.execute(lease))


@pytest.mark.parametrize(("settle", "extra"), [(12, 0), (72, 60), (0, 0)])
async def test_a_lost_job_is_retaken_after_its_settle_time(database: Database, clock: MovableClock, settle: int, extra: int) -> None:
    """Whoever died may have acted: the next worker waits until it would show, and is told to read first."""
    await database.write(lambda uow: job(uow, settle_seconds=settle))
    lost = await database.write(lambda uow: outbox.claim(uow, lease_seconds=30)[0])
    clock.advance(timedelta(seconds=29 + extra))
    assert await database.write(outbox.claim) == ()
    clock.advance(SECOND * 2)
    retaken = await database.write(claim_one)
    assert (retaken.id, retaken.attempts, retaken.unknown) == (lost.id, 2, True)
    for report in (
        outbox.finish,
        lambda uow, one: outbox.bury(uow, one, error="x"),
        lambda uow, one: outbox.again(uow, one, due_at=uow.now),
    ):
        with pytest.raises(LeaseLost):
            await database.write(lambda uow, report=report: report(uow, lost))  # type: ignore[misc]
    await database.write(lambda uow: outbox.finish(uow, retaken))


async def test_again_counts_what_was_an_attempt(database: Database, clock: MovableClock) -> None:
    """A failure counts, a limit does not, and an unknown outcome stays unknown until the job is done."""
    await database.write(job)
    first = await database.write(claim_one)
    due = clock.now() + timedelta(minutes=1)
    await database.write(lambda uow: outbox.again(uow, first, due_at=due, unknown=True, error="timeout"))
    assert await database.write(outbox.claim) == ()
    clock.advance(timedelta(minutes=2))
    second = await database.write(claim_one)
    assert (second.attempts, second.unknown, second.due_at) == (2, True, due)
    await database.write(lambda uow: outbox.again(uow, second, due_at=uow.now, counted=False))
    third = await database.write(claim_one)
    assert (third.attempts, third.unknown) == (2, True)


async def test_a_dead_job_waits_for_a_human(database: Database) -> None:
    """A buried job is never claimed again, and stays to be seen."""
    await database.write(job)
    dead = await database.write(claim_one)
    await database.write(lambda uow: outbox.bury(uow, dead, error="too_old"))
    assert await database.write(outbox.claim) == ()
    assert [row[:3] for row in await database.read(outbox.backlog)] == [("card.post", JobState.DEAD, 1)]


async def test_a_restart_takes_all_leases_back(database: Database, clock: MovableClock) -> None:
    """The process that starts knows that the one before is dead: its jobs are due when their effects have settled."""
    await database.write(lambda uow: [job(uow, settle_seconds=12), job(uow, settle_seconds=72), job(uow, "untouched", bucket="b")])
    await database.write(lambda uow: pacing.pause(uow, "b", until=uow.now + timedelta(days=1), reason="r"))
    before = await database.write(lambda uow: outbox.claim(uow, limit=2))
    assert await database.write(outbox.release_all) == 2
    with pytest.raises(LeaseLost):
        await database.write(lambda uow: outbox.finish(uow, before[0]))
    assert await database.write(outbox.claim) == ()
    clock.advance(timedelta(seconds=13))
    assert [one.unknown for one in await database.write(lambda uow: outbox.claim(uow, limit=5))] == [True]
    clock.advance(timedelta(seconds=17))
    assert (await database.write(outbox.claim)) == ()


async def test_hasten_brings_waiting_jobs_forward(database: Database, clock: MovableClock) -> None:
    """When a seat frees, the head of the queue tries at once instead of at its next turn."""
    later = clock.now() + timedelta(minutes=15)
    await database.write(
        lambda uow: [job(uow, "grant", subject="request:1", due_at=later), job(uow, "grant", subject="request:2", due_at=later)]
    )
    assert await database.write(lambda uow: outbox.hasten(uow, kind="grant", subject="request:1")) == 1
    assert await database.write(lambda uow: outbox.hasten(uow, kind="card", subject="request:2")) == 0
    assert (await database.write(claim_one)).subject == "request:1"


async def test_a_side_that_answers_again_hastens_nothing_that_may_have_happened(database: Database, clock: MovableClock) -> None:
    """What failed for sure is due at once; what may have taken effect waits until that shows, and what failed otherwise waits its turn."""
    later = clock.now() + timedelta(hours=1)
    await database.write(lambda uow: [job(uow, kind, settle_seconds=72) for kind in ("failed", "in_doubt", "other")])
    jobs = {one.kind: one for one in await database.write(lambda uow: outbox.claim(uow, limit=3))}
    await database.write(lambda uow: outbox.again(uow, jobs["failed"], due_at=later, error="unreachable"))
    await database.write(lambda uow: outbox.again(uow, jobs["in_doubt"], due_at=uow.now, unknown=True, error="unreachable"))
    await database.write(lambda uow: outbox.again(uow, jobs["other"], due_at=later, error="seats"))
    assert await database.write(lambda uow: outbox.hasten_all(uow, errors={"unreachable"})) == 1
    assert (await database.write(claim_one)).kind == "failed"
    clock.advance(timedelta(seconds=60))
    assert await database.write(outbox.claim) == ()
    clock.advance(timedelta(seconds=15))
    assert "in_doubt" in {one.kind for one in await database.write(lambda uow: outbox.claim(uow, limit=3))}


async def test_backlog_counts_by_kind_and_state(database: Database, clock: MovableClock) -> None:
    """What is not done is counted, with the time since when the oldest is due."""
    await database.write(lambda uow: [job(uow, "a"), job(uow, "a"), job(uow, "b", due_at=uow.now + timedelta(hours=1))])
    claimed = await database.write(claim_one)
    await database.write(lambda uow: outbox.finish(uow, claimed))
    backlog = await database.read(outbox.backlog)
    assert [(row.kind, row.state, row.jobs) for row in backlog] == [("a", JobState.READY, 1), ("b", JobState.READY, 1)]
    assert abs(backlog[1].oldest_due - clock.now() - timedelta(hours=1)) < SECOND


async def test_prune_forgets_only_what_is_done_and_old(database: Database, clock: MovableClock) -> None:
    """Done jobs go after a while; waiting and dead ones stay."""
    await database.write(lambda uow: [job(uow), job(uow), job(uow)])
    done, dead, _ = await database.write(lambda uow: outbox.claim(uow, limit=3))
    await database.write(lambda uow: outbox.finish(uow, done))
    await database.write(lambda uow: outbox.bury(uow, dead, error="x"))
    assert await database.write(lambda uow: outbox.prune(uow, before=uow.now - timedelta(days=1), limit=9)) == 0
    clock.advance(timedelta(days=2))
    assert await database.write(lambda uow: outbox.prune(uow, before=uow.now - timedelta(days=1), limit=9)) == 1
    assert sum(row.jobs for row in await database.read(outbox.backlog)) == 2


@pytest.mark.parametrize("state", JobState)
async def test_every_job_state_can_be_stored(database: Database, state: JobState) -> None:
    """The CHECK of the migrated tables knows each state, and no other."""
    await database.write(job)
    change = text(
        """UPDATE outbox SET state = :state, claimable_at = CASE WHEN :active = 1 THEN due_at END,
        token = CASE WHEN :leased = 1 THEN 't' END, lease_until = CASE WHEN :leased = 1 THEN due_at END"""
    )
    parameters = {"state": state.value, "active": int(state in {JobState.READY, JobState.LEASED}), "leased": int(state is JobState.LEASED)}
    await database.write(lambda uow: uow.connection.execute(change, parameters))
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: uow.connection.execute(change, parameters | {"state": "lost", "active": 0, "leased": 0}))


async def test_enqueued_jobs_wake_the_worker_after_commit(database: Database) -> None:
    """The worker is woken when there is something to see, and not by a unit that failed."""
    woken: list[str] = []
    database.when_enqueued(lambda: woken.append("woken"))

    def failing(uow: UnitOfWork) -> None:
        job(uow)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(failing)
    assert woken == []
    await database.write(lambda uow: [job(uow), job(uow)])
    assert woken == ["woken"]


@pytest.mark.parametrize("act", ["again", "hasten"])
async def test_a_job_that_is_due_earlier_wakes_the_worker(database: Database, clock: MovableClock, act: str) -> None:
    """Whoever sleeps until the next job is due would sleep through one that was brought forward."""
    later = clock.now() + timedelta(minutes=15)
    await database.write(lambda uow: job(uow, "grant", subject="request:1", due_at=later if act == "hasten" else None))
    claimed = await database.write(outbox.claim)
    woken: list[str] = []
    database.when_enqueued(lambda: woken.append("woken"))
    if act == "again":
        await database.write(lambda uow: outbox.again(uow, claimed[0], due_at=uow.now))
    else:
        await database.write(lambda uow: outbox.hasten(uow, kind="grant", subject="request:1"))
    assert woken == ["woken"]


async def test_what_is_kept_of_a_job(database: Database, clock: MovableClock) -> None:
    """Whoever asks why reads the last error, and when the job was over; whoever was only put off has not ended."""
    await database.write(lambda uow: [job(uow, kind, subject=kind) for kind in ("done", "dead", "put_off")])
    jobs = {one.kind: one for one in await database.write(lambda uow: outbox.claim(uow, limit=3))}
    later = clock.now() + timedelta(minutes=5)
    await database.write(lambda uow: outbox.finish(uow, jobs["done"]))
    await database.write(lambda uow: outbox.bury(uow, jobs["dead"], error="too_old"))
    await database.write(lambda uow: outbox.again(uow, jobs["put_off"], due_at=later, error="timeout"))
    rows = {row.kind: row for row in await database.read(lambda uow: uow.connection.execute(select(tables.outbox)).all())}
    kept = {kind: (row.state, row.last_error, row.claimable_at) for kind, row in rows.items()}
    assert kept == {
        "done": (JobState.DONE, None, None),
        "dead": (JobState.DEAD, "too_old", None),
        "put_off": (JobState.READY, "timeout", later),
    }
    assert rows["put_off"].ended_at is None
    assert all(abs(rows[kind].ended_at - clock.now()) < SECOND for kind in ("done", "dead"))
    assert all((row.token, row.lease_until) == (None, None) for row in rows.values())
    assert rows["put_off"].due_at == later


async def test_a_released_or_hastened_job_is_due_when_it_says(database: Database, clock: MovableClock) -> None:
    """What the backlog shows as due, and what the worker waits for, are the same moment."""
    later = clock.now() + timedelta(minutes=15)
    await database.write(lambda uow: [job(uow, "lost", settle_seconds=40), job(uow, "waits", subject="waits", due_at=later)])
    assert (await database.write(claim_one)).kind == "lost"
    await database.write(outbox.release_all)
    await database.write(lambda uow: outbox.hasten(uow, kind="waits", subject="waits"))
    rows = {row.kind: row for row in await database.read(lambda uow: uow.connection.execute(select(tables.outbox)).all())}
    for kind, seconds in (("lost", 40), ("waits", 0)):
        assert rows[kind].due_at == rows[kind].claimable_at
        assert abs(rows[kind].due_at - clock.now() - timedelta(seconds=seconds)) < SECOND


async def test_a_subject_is_unfinished_until_its_last_job_is_over(database: Database) -> None:
    """Waiting and leased jobs count, done and dead ones do not, and another subject's are not asked for."""

    def is_unfinished(subject: str) -> bool:
        return database.read_now(lambda uow: outbox.is_unfinished(uow, subject=subject))

    await database.write(lambda uow: [job(uow, "a", subject="s"), job(uow, "b", subject="s")])
    assert is_unfinished("s")
    assert not is_unfinished("t")
    await database.write(lambda uow: outbox.finish(uow, outbox.claim(uow)[0]))
    last = await database.write(claim_one)
    assert is_unfinished("s")
    await database.write(lambda uow: outbox.bury(uow, last, error="x"))
    assert not is_unfinished("s")


async def test_many_workers_never_share_a_job_or_a_subject(
    database: Database, database_url: str, clock: MovableClock, open_database: Callable[..., Database]
) -> None:
    """Eight workers of two processes drain the outbox: each job is done once, and no subject has two at a time."""
    jobs, subjects = 96, 16
    await database.write(lambda uow: [job(uow, subject=f"s{number % subjects}") for number in range(jobs)])
    held: set[str] = set()
    done: list[str] = []

    async def report(replica: Database, claimed: tuple[Job, ...]) -> None:
        for one in claimed:
            assert one.subject not in held
            held.add(one.subject)
        for one in claimed:
            held.remove(one.subject)
            await replica.write(lambda uow, one=one: outbox.finish(uow, one), wait_seconds=20)  # type: ignore[misc]
            done.append(one.id)

    async def drain(replica: Database) -> None:
        while len(done) < jobs:
            await report(replica, await replica.write(lambda uow: outbox.claim(uow, limit=3), wait_seconds=20))

    other = open_database(database_url, clock=clock.now)
    async with asyncio.timeout(60):
        await asyncio.gather(*(drain(replica) for replica in (database, other) for _ in range(4)))
    assert len(done) == len(set(done)) == jobs


async def test_a_write_says_how_long_it_may_still_land(database: Database, clock: MovableClock) -> None:
    """An invitation that may land late is taken up again later, whether its worker died or reported a lost answer."""
    await database.write(lambda uow: [job(uow), job(uow)])
    died = await database.write(claim_one)
    lost = await database.write(claim_one)
    for one in (died, lost):
        await database.write(lambda uow, one=one: outbox.settle(uow, one, seconds=72))  # type: ignore[misc]
    await database.write(lambda uow: outbox.again(uow, lost, due_at=uow.now, unknown=True))
    clock.advance(timedelta(seconds=71))
    assert await database.write(outbox.claim) == ()
    clock.advance(timedelta(seconds=2))
    assert (await database.write(claim_one)).id == lost.id
    clock.advance(timedelta(seconds=18))
    retaken = await database.write(claim_one)
    assert (retaken.id, retaken.unknown) == (died.id, True)
