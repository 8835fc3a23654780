"""A scan finds what is idle by reading alone: every seat once, each in its class, and nobody is acted upon on what looks broken."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.jobs.scans import StartScans
from bot.runtime import Parts, Role, started
from bot.settings import load
from bot.usecases import scans as usecases
from bot.usecases.steps import enqueue
from sandbox.atlassian.accounts import Account
from sandbox.faults import Fault
from sandbox.server import Sandbox
from storage import outbox, people, scans, seats
from storage.db import Database, UnitOfWork
from storage.lifecycle import JobState, ScanOrigin, ScanStatus, SeatActivity
from storage.seat_records import Scan
from tests.e2e.conftest import PATIENCE, Stage, leave_idle_seats
from tests.e2e.scanned import (
    DAY,
    EVERYBODY,
    SEARCH,
    OpenStage,
    candidates,
    classes,
    count,
    everybody,
    expected,
    holders,
    scan,
    searches,
    visited,
)


async def test_every_seat_has_the_class_of_an_independent_count(stage: Stage) -> None:
    """On both databases, for both products, of 400 people, at one call for each hundred and a few for admins and approvers."""
    for product in ("jira", "confluence"):
        before = searches(stage)
        done = await scan(stage, product)
        assert await classes(stage, product) == count(stage.sandbox, product)
        people = len(holders(stage.sandbox, product))
        assert done.figures["seats"] == people
        assert searches(stage) - before == -(-people // 100) + 2
    assert not [write for write in stage.sandbox.atlassian.writes if write.by == "api"]


async def test_the_schedule_scans_every_product(small_stage: OpenStage) -> None:
    """One job begins them all, and a second one on the same day joins what runs."""
    async with small_stage(**EVERYBODY) as stage:
        await stage.parts.database.write(lambda uow: [enqueue(uow, StartScans(slot=f"slot-{n}")) for n in range(2)])
        await stage.logged("scan.complete", times=2)
        for product in ("jira", "confluence"):
            (only,) = await stage.parts.database.read(lambda uow, key=product: scans.recent(uow, key, limit=5))
            assert (only.status, only.origin) == (ScanStatus.COMPLETE, ScanOrigin.SCHEDULE)


async def test_the_end_of_a_scan_is_stored_alone(small_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It marks the seats of a whole organization: beside another unit, SQLite would keep them all in memory once more."""
    alone, store = Counter[bool](), Database.write

    async def counted(self: Database, work: Any, **options: Any) -> Any:
        alone[bool(options.get("alone"))] += 1
        return await store(self, work, **options)

    async with small_stage(**EVERYBODY) as stage:
        monkeypatch.setattr(Database, "write", counted)
        await scan(stage, "jira")
    assert alone[True] == 1
    assert alone[False] > 1


async def test_two_scans_have_to_agree(small_stage: OpenStage) -> None:
    """After the first nobody may be warned; after one a day later exactly those who are still idle."""
    async with small_stage(**EVERYBODY) as stage:
        await scan(stage)
        assert await candidates(stage) == []
        stage.later(DAY)
        ari = stage.sandbox.atlassian.catalog.product("jira").ari
        idle = [
            one for one in holders(stage.sandbox) if expected(one, stage.sandbox, now=stage.sandbox.clock.now()) in ("idle", "never_active")
        ]
        back = idle[0]
        stage.sandbox.atlassian.register.put(visited(back, stage.sandbox.clock.now(), ari=ari))
        everybody(stage.sandbox, lambda one: visited(one, stage.sandbox.clock.now(), ari=ari) if _recent(one, ari, stage) else one)
        await scan(stage)
        assert sorted(await candidates(stage)) == sorted(one.id for one in idle if one.id != back.id)


def _recent(account: Account, ari: str, stage: Stage) -> bool:
    used = account.visits.get(ari)
    return used is not None and used > stage.sandbox.clock.now() - 60 * DAY


async def test_people_without_a_readable_date_are_unknown(small_stage: OpenStage) -> None:
    """A read that failed for some of them makes nobody idle."""
    async with small_stage(**EVERYBODY) as stage:
        ari = stage.sandbox.atlassian.catalog.product("jira").ari
        odd = next(one for one in holders(stage.sandbox) if expected(one, stage.sandbox, now=stage.sandbox.clock.now()) == "idle")
        stage.sandbox.atlassian.register.put(visited(odd, stage.sandbox.clock.now() + 400 * DAY, ari=ari))
        await scan(stage)
        found = await stage.parts.database.read(lambda uow: seats.get(uow, odd.id, "jira"))
        assert found is not None
        assert (found.activity, found.idle_since) == (SeatActivity.UNKNOWN, None)


async def test_listed_groups_and_linked_approvers_are_protected(small_stage: OpenStage) -> None:
    """A group by its name in any case, and an approver whose account has another address."""
    async with small_stage(**EVERYBODY, COMEBACK_IDLE__PROTECTED_GROUPS='["Berlin-Office"]') as stage:
        organization = stage.sandbox.atlassian
        idle = [one for one in holders(stage.sandbox) if expected(one, stage.sandbox, now=stage.sandbox.clock.now()) == "idle"]
        listed, approver, other = idle[:3]
        berlin = organization.catalog.group_named("berlin-office").id
        organization.register.put(replace(listed, groups=listed.groups | {berlin}))
        await _link(stage, "U0OMAR", approver.id)
        await scan(stage)
        found = await stage.parts.database.read(lambda uow: seats.of_accounts(uow, "jira", [one.id for one in (listed, approver, other)]))
        activities = [found[one.id].activity for one in (listed, approver, other)]
        assert activities == [SeatActivity.PROTECTED, SeatActivity.PROTECTED, SeatActivity.IDLE]


async def _link(stage: Stage, slack_id: str, account_id: str) -> None:
    def fact(uow: Any) -> None:
        person = people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id)
        people.link(uow, person.id, account_id=account_id, email=None)

    await stage.parts.database.write(fact)


async def test_pages_that_shift_repeat_nobody(small_stage: OpenStage) -> None:
    """Rows that come twice at each turn of a page are one seat each."""
    async with small_stage(**EVERYBODY) as stage:
        stage.sandbox.atlassian.behaviour.page_overlap = 7
        await scan(stage)
        assert await classes(stage) == count(stage.sandbox)


async def test_a_cursor_that_atlassian_forgot_begins_the_list_anew_once(small_stage: OpenStage) -> None:
    """After a long outage the scan comes to the same end; a refusal of the first page is not taken for that, and ends it."""
    async with small_stage(**EVERYBODY) as stage:
        stage.sandbox.faults.add(Fault(match=f"POST {SEARCH}", skip=1, times=1, status=400, code="ADMIN-400-1"))
        done = await scan(stage)
        assert done.status is ScanStatus.COMPLETE
        assert await classes(stage) == count(stage.sandbox)
        stage.sandbox.faults.add(Fault(match=f"POST {SEARCH}", status=400, code="ADMIN-400-24"))
        failed = await scan(stage)
        assert (failed.status, failed.code) == (ScanStatus.FAILED, "refused_by_atlassian")
        await stage.card(saying="was refused by Atlassian")


async def test_a_killed_scan_goes_on_from_its_cursor(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Any) -> None:
    """Stopped between two pages and started again on the same database: no page is read twice, and the end is the same."""
    monkeypatch.chdir(tmp_path)
    async with Sandbox(rate_limits=False) as sandbox:
        for name, value in {
            **sandbox.environment(),
            **EVERYBODY,
            "DATABASE_URL": sqlite_url,
            "COMEBACK_ATLASSIAN_PER_SECOND": "100",
        }.items():
            monkeypatch.setenv(name, value)
        settings = load()
        await leave_idle_seats(sqlite_url, now=sandbox.clock.now)
        sandbox.faults.add(Fault(match=f"POST {SEARCH}", skip=2, status=503))
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(started(settings, role=Role.WORKER, now=sandbox.clock.now))
            begun = await parts.database.write(lambda uow: usecases.start(uow, "jira", origin=ScanOrigin.TERMINAL, settings=settings))
            assert begun is not None
            await _pages(parts, begun.id, 2)
        sandbox.faults.clear()
        async with started(settings, role=Role.WORKER, now=sandbox.clock.now) as parts:
            done = await _moving(parts, begun.id, sandbox)
        assert done.status is ScanStatus.COMPLETE
        assert done.figures["classes"] == {one.value: count(sandbox).get(one.value, 0) for one in SeatActivity}
        read = [call for call in sandbox.atlassian.calls if call.path.endswith(f"/directories/-{SEARCH}") and call.status == 200]
        assert len(read) == -(-len(holders(sandbox)) // 100) + 2


async def _pages(parts: Parts, scan_id: str, pages: int) -> None:
    for _ in range(PATIENCE * 50):
        found = await parts.database.read(lambda uow: scans.get(uow, scan_id))
        if found is not None and found.pages == pages:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def _moving(parts: Parts, scan_id: str, sandbox: Sandbox) -> Scan:
    """The scan's end, the clock moved to whatever its jobs wait for."""
    for _ in range(PATIENCE * 50):
        found = await parts.database.read(lambda uow: scans.get(uow, scan_id))
        assert found is not None
        if found.status is not ScanStatus.RUNNING:
            return found
        due, busy = await parts.database.read(lambda uow: (outbox.next_due(uow), _busy(uow)))
        # Past the end of a lease the job would be taken for lost, and its page be read once more.
        if due is not None and not busy and due > sandbox.clock.now():
            sandbox.clock.advance(min(due - sandbox.clock.now(), DAY))
            assert parts.worker is not None
            parts.worker.wake()
        await asyncio.sleep(0.02)
    raise AssertionError(found)


def _busy(uow: UnitOfWork) -> bool:
    return any(row.state is JobState.LEASED for row in outbox.backlog(uow))


async def test_a_scan_that_lost_its_job_is_replaced_after_two_days(small_stage: OpenStage) -> None:
    """Whatever happened to it, it does not stand in the way of the next for ever."""
    async with small_stage(**EVERYBODY) as stage:
        lost = await stage.parts.database.write(lambda uow: scans.start(uow, product="jira", origin=ScanOrigin.SCHEDULE))
        stage.later(timedelta(hours=49))
        assert (await scan(stage)).status is ScanStatus.COMPLETE
        failed = await stage.parts.database.read(lambda uow: scans.get(uow, lost.id))
        assert (failed.status, failed.code) == (ScanStatus.FAILED, "stuck")
