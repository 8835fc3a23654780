"""The pace of the claim: buckets, their turns and their pauses."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from storage import outbox, pacing
from storage.db import Database
from tests.fixtures.clock import MovableClock
from tests.storage.world import claim_one, job

SECOND = timedelta(seconds=1)


async def test_a_bucket_lets_one_job_through_at_a_time(database: Database, clock: MovableClock) -> None:
    """A channel gets one message a second, however many are due and whoever claims."""
    await database.write(lambda uow: [job(uow, bucket="slack.post:C1") for _ in range(3)])
    assert len(await database.write(lambda uow: outbox.claim(uow, limit=5))) == 1
    assert await database.write(lambda uow: outbox.claim(uow, limit=5)) == ()
    due = await database.read(outbox.next_due)
    assert due is not None
    assert abs(due - clock.now() - SECOND) < SECOND / 2
    clock.advance(SECOND * 2)
    assert len(await database.write(lambda uow: outbox.claim(uow, limit=5))) == 1


async def test_a_full_bucket_holds_nobody_else_back(database: Database) -> None:
    """A grant does not wait behind fifty cards."""
    await database.write(lambda uow: [job(uow, bucket="slack.post:C1") for _ in range(50)])
    await database.write(lambda uow: job(uow, "grant", bucket="atlassian"))
    await database.write(lambda uow: job(uow, "other", bucket="slack.post:C2"))
    claimed = await database.write(lambda uow: outbox.claim(uow, limit=10))
    assert sorted(one.bucket or "" for one in claimed) == ["atlassian", "slack.post:C1", "slack.post:C2"]


async def test_jobs_without_a_bucket_are_not_paced(database: Database) -> None:
    """What writes nothing outside needs no pace."""
    await database.write(lambda uow: [job(uow) for _ in range(4)])
    assert len(await database.write(lambda uow: outbox.claim(uow, limit=10))) == 4


async def test_the_interval_can_be_set(database: Database) -> None:
    """The settings have the last word on a pace; a bucket of unknown kind has none."""
    await database.write(lambda uow: pacing.set_interval(uow, "atlassian", 0))
    await database.write(lambda uow: [job(uow, bucket="atlassian") for _ in range(3)] + [job(uow, bucket="odd") for _ in range(2)])
    assert len(await database.write(lambda uow: outbox.claim(uow, limit=10))) == 5
    assert {one.name: one.interval_seconds for one in await database.read(pacing.state)} == {"atlassian": 0, "odd": 0}


async def test_a_paused_bucket_waits(database: Database, clock: MovableClock) -> None:
    """After "too many requests" nothing goes out before the time that was named, and a shorter pause does not end a longer one."""
    long, short = clock.now() + timedelta(minutes=10), clock.now() + timedelta(minutes=1)
    await database.write(lambda uow: job(uow, bucket="slack.dm"))
    await database.write(lambda uow: pacing.pause(uow, "slack.dm", until=long, reason="retry_after"))
    await database.write(lambda uow: pacing.pause(uow, "slack.dm", until=short, reason="other"))
    (bucket,) = await database.read(pacing.state)
    assert (bucket.paused_until, bucket.reason) == (long, "retry_after")
    assert await database.read(outbox.next_due) == long
    clock.advance(timedelta(minutes=9))
    assert await database.write(outbox.claim) == ()
    clock.advance(timedelta(minutes=2))
    assert (await database.write(claim_one)).bucket == "slack.dm"


async def test_a_pause_can_be_ended(database: Database) -> None:
    """A key that is accepted again sets its jobs free at once."""
    await database.write(lambda uow: job(uow, bucket="atlassian"))
    await database.write(lambda uow: pacing.pause(uow, "atlassian", until=uow.now + timedelta(days=1), reason="key_rejected"))
    assert await database.write(outbox.claim) == ()
    await database.write(lambda uow: pacing.resume(uow, "atlassian"))
    assert (await database.write(claim_one)).bucket == "atlassian"


async def test_two_processes_share_one_pace(
    database: Database, database_url: str, clock: MovableClock, open_database: Callable[..., Database]
) -> None:
    """Ten claims at once, from two processes, take one job of a bucket between them."""
    await database.write(lambda uow: [job(uow, bucket="slack.post:C1") for _ in range(10)])
    other = open_database(database_url, clock=clock.now)
    claims = [replica.write(outbox.claim, wait_seconds=20) for replica in (database, other) for _ in range(5)]
    assert sum(len(claimed) for claimed in await asyncio.gather(*claims)) == 1


async def test_a_job_of_several_calls_takes_several_turns(database: Database, clock: MovableClock) -> None:
    """The pace is one of calls, so a job that makes three of them holds the next one back three times as long."""
    await database.write(lambda uow: pacing.set_interval(uow, "atlassian", 1))
    await database.write(lambda uow: [job(uow, bucket="atlassian", turns=3) for _ in range(2)])
    await database.write(claim_one)
    clock.advance(timedelta(seconds=2))
    assert await database.write(outbox.claim) == ()
    clock.advance(timedelta(seconds=2))
    await database.write(claim_one)


async def test_one_side_never_has_all_hands(database: Database, clock: MovableClock) -> None:
    """When Atlassian hangs, its jobs leave hands for cards and messages; what goes to nobody outside is always done."""
    busy = ("atlassian", "atlassian", "slack.dm")
    await database.write(lambda uow: [job(uow, bucket=bucket) for bucket in ("atlassian", "slack.post:C1", "slack.update", None, None)])
    claimed = await database.write(lambda uow: outbox.claim(uow, limit=10, hands=outbox.Hands(2, busy)))
    assert sorted(one.bucket or "" for one in claimed) == ["", "", "slack.post:C1"]
    full = outbox.Hands(2, (*busy, "slack.post:C1"))
    lease_ends = await database.read(lambda uow: outbox.next_due(uow, hands=full))
    assert lease_ends is not None
    assert lease_ends > clock.now() + 20 * SECOND
    due = await database.read(outbox.next_due)
    assert due is not None
    assert due < clock.now() + 2 * SECOND
