"""The bot is killed in a scan, in the warnings that it leads to, and in sending them: nothing is read or asked a second time."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import clock
from bot.hands import lent
from bot.jobs.base import SLACK_DM
from bot.jobs.scans import ScanPage
from bot.jobs.warnings import SendWarning, WarnIdle
from bot.settings import Settings, load
from bot.usecases import scans as usecases
from bot.usecases.warning_rounds import CHUNK
from sandbox.bot_process import Bot, bot_in
from sandbox.clock import Clock
from sandbox.demo import await_connection
from sandbox.faults import Fault
from sandbox.server import Sandbox
from storage import audit, outbox, pacing, scans, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ScanOrigin, ScanStatus, WarningStatus
from storage.seat_records import Scan
from tests.e2e.conftest import leave_idle_seats
from tests.e2e.scanned import DAY, SEARCH, expected, holders

PEOPLE = 4000
PATIENCE = 30
ASKED = "Do you still need Jira?"
HANGS = 3600.0
SETTINGS = {"COMEBACK_IDLE__MODE": "reclaim", "COMEBACK_IDLE__MAX_SHARE": "1", "COMEBACK_ATLASSIAN_PER_SECOND": "100"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """One bot that is killed and started again, and its database, looked at from outside."""

    sandbox: Sandbox
    bot: Bot
    database: Database
    settings: Settings

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A life that ends by SIGKILL at the end of the block; what was under way has settled before the next one."""
        process = await self.bot.start("run")
        try:
            await await_connection(self.sandbox, self.bot, process)
            yield
        finally:
            process.kill()
            await process.wait()
            self.sandbox.faults.clear()
        url = self.bot.environment["DATABASE_URL"]
        earlier = Database.open(url, clock=_a_minute_ago, new_id=clock.new_id, new_token=clock.new_token)
        await earlier.write(outbox.release_all)
        await earlier.close()

    async def until(self, true: Callable[[UnitOfWork], bool]) -> None:
        """Wait for something in the database, looking often enough to be there while it is still so."""
        await until(lambda: self.database.read(true), every=0.002)

    async def until_stuck(self) -> None:
        """Wait until a call hangs in the fault that was planted."""

        async def stuck() -> bool:
            return any(rule["hit"] for rule in self.sandbox.faults.active())

        await until(stuck, every=0.01)


def _a_minute_ago() -> datetime:
    return clock.system_now() - timedelta(minutes=1)


@asynccontextmanager
async def lives(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lives]:
    """A bot whose world was scanned yesterday for the first time, so that the next scan is the one that agrees."""
    async with Sandbox(people=PEOPLE, rate_limits=False, clock=Clock(-DAY)) as sandbox:
        bot = bot_in(folder, {**sandbox.environment(), **SETTINGS})
        for name, value in bot.environment.items():
            monkeypatch.setenv(name, value)
        assert (await bot.run("migrate"))[0] == 0
        url, settings = bot.environment["DATABASE_URL"], load()
        await leave_idle_seats(url, now=sandbox.clock.now)
        async with lent(settings, kinds=frozenset({ScanPage.kind}), now=sandbox.clock.now) as kit:
            begun = await kit.database.write(lambda uow: filed(uow, settings))
            await ended(kit.database, begun)
        sandbox.clock.advance(DAY)
        database = Database.open(url, clock=clock.system_now, new_id=clock.new_id, new_token=clock.new_token)
        await database.write(lambda uow: pacing.set_interval(uow, SLACK_DM, 0.005))
        try:
            yield Lives(sandbox=sandbox, bot=bot, database=database, settings=settings)
        finally:
            await database.close()


def filed(uow: UnitOfWork, settings: Settings) -> Scan:
    """A scan of Jira that begins now."""
    scan = usecases.start(uow, "jira", origin=ScanOrigin.TERMINAL, settings=settings)
    assert scan is not None
    return scan


async def ended(database: Database, scan: Scan) -> None:
    """Wait for the scan to be complete."""

    def is_complete(uow: UnitOfWork) -> bool:
        found = scans.get(uow, scan.id)
        return found is not None and found.status is ScanStatus.COMPLETE

    await until(lambda: database.read(is_complete), every=0.02)


async def until(true: Callable[[], Awaitable[bool]], *, every: float) -> None:
    """Ask again and again, *every* so many seconds, until it is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if await true():
            return
        await asyncio.sleep(every)
    raise AssertionError("it has not come to that")


def searches(sandbox: Sandbox) -> int:
    """How many pages of people were asked for so far, those included whose answer nobody was there to read."""
    return sum(call.path.endswith(SEARCH) for call in sandbox.atlassian.calls)


def needed(sandbox: Sandbox) -> int:
    """The pages of one scan of Jira by the sandbox's own count: its seats, its admins, and the approvers, who fit on one."""
    ari = sandbox.atlassian.catalog.product("jira").ari
    rows = [sandbox.atlassian.register.assigned(one) for one in holders(sandbox)]
    admins = sum(any((ari, role) in held for role in ("atlassian/admin", "atlassian/user-access-admin")) for held in rows)
    return math.ceil(len(rows) / 100) + max(1, math.ceil(admins / 100)) + 1


def opened(uow: UnitOfWork) -> int:
    """How many people have a warning, whether or not they have got it."""
    return sum(warnings.counts(uow, "jira").values())


def is_over(uow: UnitOfWork) -> bool:
    """Whether everybody was asked who is to be asked."""
    return opened(uow) > 0 and not any(row.kind in {WarnIdle.kind, SendWarning.kind} for row in outbox.backlog(uow))


async def test_it_goes_on_and_asks_everybody_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL at a page, between two lots of warnings, and between a message and its answer: each page and each person once."""
    async with lives(tmp_path, monkeypatch) as killed:
        sandbox, database = killed.sandbox, killed.database
        before, pages = searches(sandbox), needed(sandbox)
        scan = await database.write(lambda uow: filed(uow, killed.settings))
        sandbox.faults.add(Fault(match=f"POST {SEARCH}", skip=pages // 2, times=1, delay_s=HANGS))
        async with killed.one():
            await killed.until_stuck()
        middle = await database.read(lambda uow: scans.get(uow, scan.id))
        assert middle is not None
        assert (middle.status, middle.pages) == (ScanStatus.RUNNING, pages // 2)
        async with killed.one():
            await killed.until(lambda uow: opened(uow) >= CHUNK)
        idle = [one for one in holders(sandbox) if expected(one, sandbox, now=scan.started_at) in ("idle", "never_active")]
        assert CHUNK <= await database.read(opened) < len(idle)
        # The page that hung was never answered, so not even that one was read twice.
        assert searches(sandbox) - before == pages
        sandbox.faults.add(Fault(side="slack", match="chat.postMessage", skip=20, times=1, when="after", delay_s=HANGS))
        async with killed.one():
            await killed.until_stuck()
        async with killed.one():
            await killed.until(is_over)
        await _check(killed, warned={one.id for one in idle})


async def _check(killed: Lives, *, warned: set[str]) -> None:
    trail = Counter(entry.kind for entry in await killed.database.read(lambda uow: list(audit.entries(uow))))
    counts = await killed.database.read(lambda uow: warnings.counts(uow, "jira"))
    found = await killed.database.read(lambda uow: {one for one in warned if warnings.open_of(uow, one, "jira")})
    assert found == warned
    assert sum(counts.values()) == trail["warning.opened"] == len(warned)
    asked = _times_asked(killed.sandbox)
    assert set(asked.values()) == {0, 1}, asked.most_common(3)
    assert asked.total() == trail["warning.sent"] == counts[WarningStatus.OPEN]
    assert asked.total() + counts[WarningStatus.UNDELIVERABLE] == len(warned)


def _times_asked(sandbox: Sandbox) -> Counter[str]:
    """How often each person was asked, by Slack id."""
    people = [user.id for user in sandbox.slack.people.users.values() if user.can_act]
    return Counter({one: sum(ASKED in message.words for message in sandbox.slack.dm(one)) for one in people})
