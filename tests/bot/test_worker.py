"""The worker: a job is one worker's, what fails is recorded, what is cut off is taken up again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from atlassian.errors import Broken, Busy, KeyRejected, NotPermitted, OutcomeUnknown, Refused, Unreachable
from bot import lease, outage, trouble
from bot.effects.kit import Kit
from bot.effects.registry import EFFECTS
from bot.jobs.base import ATLASSIAN
from bot.jobs.house import Prune, Renew
from bot.jobs.requests import Expire, Grant
from bot.lease import LeaseTooShort
from bot.outage import Outage
from bot.slack.errors import SlackAway, SlackBusy, SlackHeld, SlackOutcomeUnknown, SlackRefused
from bot.usecases.steps import enqueue
from bot.worker import Worker
from storage import outbox, pacing, renewal, tables
from storage.address import parse
from storage.cipher import new_key
from storage.db import Database, UnitOfWork
from storage.lifecycle import JobState
from storage.records import Job
from tests.fixtures.clock import MovableClock
from tests.storage.personal import WORDS, in_the_clear
from tests.storage.stored import everything


@pytest.fixture
def kit(database: Database, database_url: str, clock: MovableClock) -> Kit:
    """What jobs of the house need: a database and the time; nothing in these tests goes outside."""
    settings = SimpleNamespace(admin_channel="G0ADMINS", keep_words_days=400, database_url=database_url)
    return cast(Kit, SimpleNamespace(database=database, now=clock.now, settings=settings, outages=outages_of(clock)))


def outages_of(clock: MovableClock, answers: Callable[[], int] = lambda: 0) -> dict[str, Outage]:
    """What a process knows of both sides, which have answered so often."""
    return {side: Outage(answers=answers, now=clock.now) for side in outage.ERRORS}


def with_answers(kit: Kit, clock: MovableClock, answers: Callable[[], int]) -> Kit:
    """The same kit with other eyes on both sides."""
    return cast(Kit, SimpleNamespace(database=kit.database, now=kit.now, settings=kit.settings, outages=outages_of(clock, answers)))


def no_jitter(ceiling: float) -> float:
    """The longest wait there may be."""
    return ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A worker at work, and how to wait for it."""

    worker: Worker
    database: Database

    async def until_left(self, expected: set[tuple[str, JobState]]) -> None:
        """Wait until the outbox holds just these kinds of job in these states."""
        for _ in range(500):
            left = {(row.kind, row.state) for row in await self.database.read(outbox.backlog)}
            if left == expected:
                return
            self.worker.wake()
            await asyncio.sleep(0.02)
        pytest.fail(f"left: {left}")


@pytest.fixture
async def running(kit: Kit, database: Database) -> AsyncIterator[Running]:
    """A worker that runs as long as the test."""
    worker = Worker(kit=kit, jitter=no_jitter)
    database.when_enqueued(worker.wake)
    task = asyncio.create_task(worker.run())
    yield Running(worker=worker, database=database)
    worker.stop(drain_seconds=5)
    await task


async def test_jobs_are_done_and_finished(running: Running, database: Database) -> None:
    """What is left in the outbox is done without anybody asking."""
    await database.write(lambda uow: [enqueue(uow, Prune(slot=str(number))) for number in range(12)])
    await running.until_left(set())


async def test_a_job_that_cannot_be_read_is_put_aside(running: Running, database: Database) -> None:
    """A payload that makes no sense stops nobody else's work."""
    await database.write(lambda uow: outbox.enqueue(uow, kind=Grant.kind, subject="b", payload={"request": 7}, settle_seconds=12))
    await database.write(lambda uow: enqueue(uow, Prune(slot="1")))
    await running.until_left({(Grant.kind, JobState.DEAD)})


async def test_a_job_of_the_next_release_waits_for_its_worker(running: Running, database: Database) -> None:
    """During a deploy both releases work on one outbox: what only the newer one knows is not the older one's to bury."""
    await database.write(lambda uow: outbox.enqueue(uow, kind="from.the.future", subject="a", payload={}, settle_seconds=12))
    await database.write(lambda uow: enqueue(uow, Prune(slot="1")))
    await running.until_left({("from.the.future", JobState.READY)})


async def test_a_worker_of_some_kinds_leaves_the_others(kit: Kit, database: Database) -> None:
    """Lent to a command it does that command's jobs, also where another job has been due for longer."""
    await database.write(lambda uow: enqueue(uow, Expire(request_id="r")))
    await database.write(lambda uow: enqueue(uow, Prune(slot="now")))
    worker = Worker(kit=kit, jitter=no_jitter, kinds=frozenset({Prune.kind, Renew.kind}))
    task = asyncio.create_task(worker.run())
    await Running(worker=worker, database=database).until_left({(Expire.kind, JobState.READY)})
    worker.stop(drain_seconds=5)
    await task


async def test_stopping_leaves_the_rest_for_later(kit: Kit, database: Database) -> None:
    """A worker that stops claims nothing more; the jobs stay."""
    worker = Worker(kit=kit, jitter=no_jitter)
    worker.stop(drain_seconds=1)
    await database.write(lambda uow: enqueue(uow, Prune(slot="1")))
    await worker.run()
    assert [row.state for row in await database.read(outbox.backlog)] == [JobState.READY]


async def test_a_night_leaves_nothing_in_the_clear(
    kit: Kit, database_url: str, clock: MovableClock, open_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first key one night seals all there is, however many units that takes; on SQLite the log forgets it as well."""
    monkeypatch.setattr(renewal, "AT_ONCE", 1)
    await kit.database.write(in_the_clear)
    database = open_database(database_url, clock=clock.now, sealing_keys=[new_key()])
    kit = cast(Kit, SimpleNamespace(database=database, now=clock.now, settings=kit.settings, outages=kit.outages))
    await database.write(lambda uow: enqueue(uow, Prune(slot="1")))
    worker = Worker(kit=kit, jitter=no_jitter, kinds=frozenset({Prune.kind, Renew.kind}))
    task = asyncio.create_task(worker.run())
    await Running(worker=worker, database=database).until_left({("k", JobState.READY)})
    worker.stop(drain_seconds=5)
    await task
    path = parse(database_url).path
    found = everything(database_url) + "".join(file.read_text("latin-1") for file in (path.parent.glob(f"{path.name}*") if path else ()))
    assert [word for word in WORDS if word.lower() in found.lower()] == []


def claimed(uow: UnitOfWork) -> Job:
    """A leased grant job."""
    enqueue(uow, Grant(request_id="none", afresh=False))
    (job,) = outbox.claim(uow)
    return job


async def ended(
    database: Database, kit: Kit, error: Exception, *, attempts: int = 1, age: timedelta = timedelta(0)
) -> tuple[Job, datetime | None]:
    """The job that failed with *error*, and when it is due again (None: never)."""
    job = await database.write(claimed)
    job = replace(job, attempts=attempts, created_at=job.created_at - age)
    attempt = trouble.Attempt(
        job=job, payload=Grant(request_id="none", afresh=False), effect=EFFECTS[Grant.kind], kit=kit, jitter=no_jitter
    )
    unit = trouble.ending(error, attempt)
    await database.write(unit)
    rows = [row for row in await database.read(outbox.backlog) if row.kind == Grant.kind and row.state is JobState.READY]
    return job, rows[0].oldest_due if rows else None


def soon(clock: MovableClock, seconds: float) -> Any:
    """Within half a second of that many seconds from now (a server's clock never stands still)."""
    return pytest.approx((clock.now() + timedelta(seconds=seconds)).timestamp(), abs=0.5)


@pytest.mark.parametrize("error", [Unreachable("add_to_group"), Broken("search_users"), SlackAway("users.info", "timeout")])
async def test_what_surely_did_nothing_is_tried_again_soon(database: Database, kit: Kit, clock: MovableClock, error: Exception) -> None:
    """The wait doubles with each attempt: 2 s after the first."""
    _, due = await ended(database, kit, error)
    assert due is not None
    assert due.timestamp() == soon(clock, 2)


@pytest.mark.parametrize("error", [OutcomeUnknown("add_to_group"), SlackOutcomeUnknown("chat.postMessage", "timeout")])
async def test_an_unknown_outcome_waits_until_it_has_settled(database: Database, kit: Kit, clock: MovableClock, error: Exception) -> None:
    """A lost call may still land: nobody looks before that, and whoever looks knows that it must."""
    _, due = await ended(database, kit, error)
    assert due is not None
    assert due.timestamp() == soon(clock, 12)
    clock.advance(timedelta(seconds=13))
    (again,) = await database.write(outbox.claim)
    assert again.unknown


async def test_a_rate_limit_pauses_everybody_and_is_no_failure(database: Database, kit: Kit, clock: MovableClock) -> None:
    """One 429 stops the whole bucket until the time it names, and costs no attempt."""
    until = clock.now() + timedelta(seconds=40)
    await ended(database, kit, Busy("search_users", retry_at=until))
    (bucket,) = await database.read(pacing.state)
    assert bucket.paused_until == until
    clock.advance(timedelta(seconds=41))
    (again,) = await database.write(outbox.claim)
    assert again.attempts == 1


async def test_three_calls_in_a_row_without_an_answer_are_an_outage(database: Database, kit: Kit, clock: MovableClock) -> None:
    """One or two are everyday life; from the third on a job goes out every half minute, whoever asks and however many wait."""
    for paused in ([], [], ["unreachable"]):
        await ended(database, kit, Unreachable("search_users"))
        assert [bucket.reason for bucket in await database.read(pacing.state) if bucket.paused_until] == paused
        clock.advance(timedelta(seconds=2))
    await database.write(lambda uow: [enqueue(uow, Grant(request_id=str(number), afresh=False)) for number in range(20)])
    assert await database.write(lambda uow: outbox.claim(uow, limit=8)) == ()
    for _ in range(3):
        clock.advance(timedelta(seconds=31))
        assert len(await database.write(lambda uow: outbox.claim(uow, limit=8))) == 1
        assert await database.write(lambda uow: outbox.claim(uow, limit=8)) == ()
    await database.write(lambda uow: outage.end(uow, ATLASSIAN))
    clock.advance(timedelta(seconds=1))
    assert len(await database.write(lambda uow: outbox.claim(uow, limit=8))) == 1


async def test_an_answer_between_failures_makes_no_outage(database: Database, kit: Kit, clock: MovableClock) -> None:
    """A bad minute in which one call in three is lost stops nobody; Slack's failures say nothing about Atlassian."""
    answers = iter(range(100))
    often = with_answers(kit, clock, lambda: next(answers))
    for error in (Unreachable("x"), Broken("x"), OutcomeUnknown("x"), Unreachable("x")):
        await ended(database, often, error)
        clock.advance(timedelta(seconds=2))
    for _ in range(4):
        await ended(database, kit, SlackAway("users.info", "timeout"))
        clock.advance(timedelta(seconds=2))
    assert [bucket.paused_until for bucket in await database.read(pacing.state) if bucket.name == ATLASSIAN] == [None]


async def test_slack_away_pauses_all_of_slack_and_nothing_else(database: Database, kit: Kit, clock: MovableClock) -> None:
    """Each of its buckets waits for a probe, Atlassian goes on, and an answer of any kind opens them all at once."""
    for name in ("slack.dm", "slack.post:C1", "siem"):
        await database.write(lambda uow, name=name: pacing.ensure(uow, name))  # type: ignore[misc]
    for paused in ([], [], ["slack", "slack.dm", "slack.post:C1"]):
        await ended(database, kit, SlackAway("users.info", "timeout"))
        assert [bucket.name for bucket in await database.read(pacing.state) if bucket.paused_until] == paused
        clock.advance(timedelta(seconds=2))
    await database.write(lambda uow: outage.end(uow, ATLASSIAN))
    assert [bucket.name for bucket in await database.read(pacing.state) if bucket.paused_until] == ["slack", "slack.dm", "slack.post:C1"]
    assert await database.read(pacing.away) == {outage.SLACK}
    await database.write(lambda uow: outage.end(uow, outage.SLACK))
    assert not [bucket.name for bucket in await database.read(pacing.state) if bucket.paused_until]
    assert await database.read(pacing.away) == frozenset()


async def test_a_limit_outlasts_an_outage(database: Database, kit: Kit, clock: MovableClock) -> None:
    """What Slack said about one channel still holds when it answers again."""
    until = clock.now() + timedelta(seconds=20)
    await database.write(lambda uow: pacing.pause(uow, "slack.post:C1", until=until, reason="rate_limited"))
    await database.write(lambda uow: outage.begin(uow, outage.SLACK))
    await database.write(lambda uow: outage.end(uow, outage.SLACK))
    held = {bucket.name: (bucket.paused_until, bucket.reason) for bucket in await database.read(pacing.state) if bucket.paused_until}
    assert held == {"slack.post:C1": (until, "rate_limited")}


async def test_an_older_answer_does_not_end_an_outage(database: Database, kit: Kit, clock: MovableClock) -> None:
    """A long job was answered before the others failed: what is known last is a failure."""
    answered = [0]
    seen = with_answers(kit, clock, lambda: answered[0])
    before = {side: one.answers() for side, one in seen.outages.items()}
    answered[0] += 1
    await database.write(lambda uow: pacing.ensure(uow, ATLASSIAN))
    for _ in range(outage.FAILURES):
        await ended(database, seen, Unreachable("search_users"))
        clock.advance(timedelta(seconds=2))
    worker = Worker(kit=seen, jitter=no_jitter)
    await database.write(worker._with_returns(lambda _: None, answers=before))
    assert await database.read(pacing.away) == {ATLASSIAN}
    answered[0] += 1
    await database.write(worker._with_returns(lambda _: None, answers=before))
    assert await database.read(pacing.away) == frozenset()


async def test_a_worker_forgets_an_outage_that_another_has_seen_end(database: Database, kit: Kit) -> None:
    """Its own calls would otherwise be held back, and it would take jobs only to put them off."""
    slack, worker = kit.outages[outage.SLACK], Worker(kit=kit, jitter=no_jitter)
    noted = []
    for _ in range(outage.FAILURES):
        noted.append(slack.note_failure())
        if not noted[-1]:
            await worker._claim()
    assert noted == [False, False, True]
    await database.write(lambda uow: outage.begin(uow, outage.SLACK))
    await worker._claim()
    assert not slack.may_ask()
    await database.write(lambda uow: outage.end(uow, outage.SLACK))
    await worker._claim()
    assert slack.may_ask()


async def test_a_call_that_was_held_back_is_no_failure_of_slacks(database: Database, kit: Kit, clock: MovableClock) -> None:
    """Nobody was asked, so it neither makes an outage nor makes one longer."""
    await database.write(lambda uow: pacing.ensure(uow, "slack.dm"))
    for _ in range(outage.FAILURES + 1):
        await ended(database, kit, SlackHeld("users.info"))
        clock.advance(timedelta(seconds=2))
    assert not [bucket for bucket in await database.read(pacing.state) if bucket.paused_until]


async def test_whoever_met_the_outage_need_not_wait_longer_than_it_lasts(database: Database, kit: Kit, clock: MovableClock) -> None:
    """An answer brings their next attempts forward, but not of what may have taken effect, nor of other errors."""
    await database.write(lambda uow: pacing.ensure(uow, "slack.dm"))
    errors = (SlackAway("users.info", "timeout"), SlackHeld("users.info"), SlackOutcomeUnknown("chat.postMessage", "timeout"), Broken("x"))
    jobs = []
    for error in errors:
        jobs.append((await ended(database, kit, error, attempts=8))[0])
        clock.advance(timedelta(seconds=1))
    await database.write(lambda uow: outage.begin(uow, outage.SLACK))
    woken: list[str] = []
    database.when_enqueued(lambda: woken.append("woken"))
    await database.write(lambda uow: outage.end(uow, outage.SLACK))
    assert woken == ["woken"]
    rows = {row.id: row for row in await database.read(lambda uow: uow.connection.execute(select(tables.outbox)).all())}
    assert all(rows[job.id].due_at == rows[job.id].claimable_at for job in jobs)
    assert [rows[job.id].due_at < clock.now() + timedelta(seconds=5) for job in jobs] == [True, True, False, False]


def test_in_an_outage_one_call_in_half_a_minute_may_go_out(clock: MovableClock) -> None:
    """From the third failure in a row on, until somebody is answered."""
    answered = [0]
    seen = Outage(answers=lambda: answered[0], now=clock.now)
    for _ in range(outage.FAILURES):
        assert seen.may_ask()
        seen.note_failure()
    assert not seen.may_ask()
    clock.advance(outage.PROBE)
    assert [seen.may_ask(), seen.may_ask()] == [True, False]
    seen.note_failure()
    clock.advance(outage.PROBE - timedelta(seconds=1))
    assert not seen.may_ask()
    answered[0] += 1
    assert [seen.may_ask(), seen.may_ask()] == [True, True]
    assert not seen.note_failure()


def test_a_clock_that_is_set_back_holds_nobody_back_for_longer(clock: MovableClock) -> None:
    """The last call seems to lie in the future then."""
    moment = [clock.now() + timedelta(hours=2)]
    seen = Outage(answers=lambda: 0, now=lambda: moment[0])
    for _ in range(outage.FAILURES):
        seen.note_failure()
    assert not seen.may_ask()
    moment[0] -= timedelta(hours=2)
    assert seen.may_ask()


async def test_slacks_limit_does_not_stop_atlassian(database: Database, kit: Kit, clock: MovableClock) -> None:
    """A grant that met Slack's limit waits alone; other grants go on."""
    _, due = await ended(database, kit, SlackBusy("users.info", "ratelimited", retry_at=clock.now() + timedelta(seconds=30)))
    (bucket,) = await database.read(pacing.state)
    assert bucket.paused_until is None
    assert due is not None
    assert due.timestamp() == soon(clock, 30)


@pytest.mark.parametrize(
    ("error", "news"), [(KeyRejected("add_to_group"), "key_rejected"), (NotPermitted("add_to_group"), "not_permitted")]
)
async def test_a_rejected_key_stops_the_organization_and_is_told_once(
    database: Database, kit: Kit, clock: MovableClock, error: Exception, news: str
) -> None:
    """A hundred grants with a dead key are one alert and one call in five minutes."""
    await ended(database, kit, error)
    paused = [bucket for bucket in await database.read(pacing.state) if bucket.paused_until]
    assert [(bucket.name, bucket.reason) for bucket in paused] == [("atlassian", news)]
    clock.advance(timedelta(minutes=6))
    alerts = [row for row in await database.read(outbox.backlog) if row.kind == "notice.alert"]
    assert [row.jobs for row in alerts] == [1]


@pytest.mark.parametrize("error", [Refused("add_to_group", status=400), SlackRefused("chat.postMessage", "channel_not_found")])
async def test_a_final_no_is_put_aside_for_a_human(database: Database, kit: Kit, error: Exception) -> None:
    """What never succeeds is not tried again."""
    _, due = await ended(database, kit, error)
    assert due is None


async def test_too_little_lease_is_no_failure(database: Database, kit: Kit, clock: MovableClock) -> None:
    """The job is taken up again at once with a new lease."""
    _, due = await ended(database, kit, LeaseTooShort())
    assert due is not None
    assert due.timestamp() == soon(clock, 0)


@pytest.mark.parametrize(("error", "attempts"), [(Unreachable("x"), trouble.GIVE_UP_AFTER), (RuntimeError("a bug"), trouble.BUG_ATTEMPTS)])
async def test_nothing_is_tried_for_ever(database: Database, kit: Kit, clock: MovableClock, error: Exception, attempts: int) -> None:
    """After a day of outage, or ten rounds of a bug, a human has to look."""
    assert (await ended(database, kit, error, attempts=attempts, age=timedelta(days=1, minutes=1)))[1] is None
    clock.advance(timedelta(seconds=2))
    assert (await ended(database, kit, error, attempts=attempts - 1))[1] is not None


async def test_many_attempts_in_a_short_time_are_no_day_of_outage(database: Database, kit: Kit) -> None:
    """A side that answers now and then brings attempts forward: they count for less than a day of silence."""
    assert (await ended(database, kit, Unreachable("x"), attempts=trouble.GIVE_UP_AFTER, age=timedelta(hours=5)))[1] is not None


def test_the_guard_lets_no_call_begin_late() -> None:
    """With less than twelve seconds of lease left no call begins; without a job there is nothing to guard."""
    lease.require()
    assert not lease.is_held()
    copy_context().run(_require_with, left=lease.CALL_NEEDS_SECONDS + 5)
    with pytest.raises(LeaseTooShort):
        copy_context().run(_require_with, left=lease.CALL_NEEDS_SECONDS - 0.1)


def test_a_lease_that_leaves_just_enough_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve seconds are what a call needs: with them it begins."""
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    copy_context().run(_require_with, left=lease.CALL_NEEDS_SECONDS)


def _require_with(*, left: float) -> None:
    lease.enter(time.monotonic() + left)
    assert lease.is_held()
    lease.require()


def test_waits_grow_and_stay_below_five_minutes() -> None:
    """2, 4, 8 ... 256, then 300 s, all of it jittered from nothing."""
    ceilings = [trouble.wait_seconds(attempts, jitter=no_jitter) for attempts in (1, 2, 3, 8, 9, 50)]
    assert ceilings == [2, 4, 8, 256, 300, 300]
