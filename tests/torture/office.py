"""One small world with the bot's own parts in it, worked by hand: people do what they do, and one job after the other meets its fate."""

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import lease
from bot.actor import SlackPerson
from bot.building import build_kit
from bot.effects.kit import Kit
from bot.policy import ApproverFacts
from bot.settings import Settings, load
from bot.slack.calls import Line, make_session
from bot.slack.directory import Directory
from bot.slack.team import Team, read_team
from bot.usecases import decisions, requests, settling
from bot.usecases.decisions import Click
from bot.worker import LEASE_SECONDS, Worker
from sandbox.server import Sandbox
from sandbox.slack.people import TEAM_ID
from storage import outbox, pacing
from storage.db import UnitOfWork
from storage.lifecycle import Verdict
from storage.records import Job
from tests.torture.fates import NO_DEADLINE_SECONDS, Attempt, Fate, Seam, SeamedDatabase, SeamedSlack, SeamedTransport, enter
from tests.torture.still import Deadline, StillClock
from tests.torture.tempo import clean_environment

ADMINS = "G0ADMINS"
REQUESTERS = ("ada", "dan", "mona")
"""One lost Jira, one everything, one is suspended."""
APPROVERS = ("omar", "grace", "ada")
CLICKERS = (*APPROVERS, "hugo")
PRODUCTS = ("jira", "confluence")
SOON = timedelta(seconds=3)
"""Nobody has to move the clock for what waits no longer than this: the pace of a bucket, the look whether a write shows."""
LONGER = timedelta(minutes=21)
"""What goes on by itself at all is nearer than this; reminders and looks for drift are hours away."""
SETTINGS = {
    "COMEBACK_ATLASSIAN_PER_SECOND": "100",
    "COMEBACK_APPROVERS": '["U0OMAR", "U0GRACE", "U0ADA"]',
    "COMEBACK_REQUESTS__OPEN_PER_PERSON": "20",
    "COMEBACK_REQUESTS__PER_HOUR": "100",
    "COMEBACK_PRODUCTS__CONFLUENCE__APPROVALS": "2",
}

Unit = Callable[[UnitOfWork], Any]


@dataclass(slots=True, kw_only=True)
class Office:
    """What a machine moves: `zombies` are attempts that stand still, oldest first."""

    sandbox: Sandbox
    clock: StillClock
    seam: Seam
    database: SeamedDatabase
    settings: Settings
    url: str
    build: Callable[[], Kit]
    kit: Kit
    zombies: list[Attempt] = field(default_factory=list)
    deliveries: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    last_unit: Unit | None = None

    async def file(self, who: str, product: str) -> None:
        """Somebody asks."""
        actor, delivery = person(who), self._delivery()
        await self._do(
            lambda uow: requests.file(
                uow, actor=actor, delivery=delivery, product=product, reason="It is needed.", settings=self.settings, via="command"
            )
        )

    async def decide(self, who: str, request_id: str, *, verdict: Verdict, fresh: bool) -> None:
        """Somebody presses *Approve*, or sends the form behind *Deny*; without *fresh* facts Slack is asked first who approves."""
        delivery, facts = self._delivery(), self._approvers(fresh=fresh)
        await self._do(
            lambda uow: decisions.decide(
                uow,
                actor=person(who),
                delivery=delivery,
                request_id=request_id,
                verdict=verdict,
                reason="Not now." if verdict is Verdict.DENY else None,
                approvers=facts,
                channel=ADMINS,
                settings=self.settings,
            )
        )

    async def retry(self, who: str, request_id: str) -> None:
        """Somebody presses *Try again*."""
        click, delivery = self._click(who, request_id), self._delivery()
        await self._do(lambda uow: settling.retry(uow, click, delivery=delivery, settings=self.settings))

    async def close(self, who: str, request_id: str) -> None:
        """Somebody presses *Close*."""
        click, delivery = self._click(who, request_id), self._delivery()
        await self._do(lambda uow: settling.close(uow, click, delivery=delivery))

    async def cancel(self, who: str, request_id: str) -> None:
        """Somebody takes a request back."""
        delivery = self._delivery()
        await self._do(lambda uow: requests.cancel(uow, actor=person(who), delivery=delivery, request_id=request_id))

    async def repeat(self) -> None:
        """Slack delivers the last click once more."""
        if self.last_unit is not None:
            await self.database.write(self.last_unit)

    async def work(self, fate: Fate) -> bool:
        """Work the next job that is due, or will be in a moment, as *fate* has it; False when there is none."""
        job = await self._claim()
        if job is None:
            return False
        attempt = Attempt(fate, job_id=job.id, token=job.token or "")
        attempt.task = asyncio.create_task(self._try(job, attempt))
        await self._see(attempt)
        return True

    async def wake(self, zombie: Attempt) -> None:
        """Let one that stands still go on, with nothing more in its way."""
        self.zombies.remove(zombie)
        zombie.fate, zombie.parked = Fate(), asyncio.Event()
        zombie.wake.set()
        await self._see(zombie)

    async def restart(self) -> None:
        """The process that holds the file's lock dies with all it does, and the next one takes its leases back."""
        await self.kill_all()
        await self.database.write(outbox.release_all)
        self.kit = self.build()

    async def kill_all(self) -> None:
        """Kill whoever stands still."""
        for zombie in self.zombies:
            assert zombie.task is not None
            zombie.task.cancel()
            await asyncio.gather(zombie.task, return_exceptions=True)
        self.zombies.clear()

    async def drain(self) -> None:
        """Let everybody finish, in good weather, until all that is left is hours away."""
        while self.zombies:
            await self.wake(self.zombies[0])
        while await self.work(Fate()) or await self._wait(LONGER):
            pass

    async def _do(self, unit: Unit) -> None:
        self.last_unit = unit
        await self.database.write(unit)

    async def _try(self, job: Job, attempt: Attempt) -> None:
        enter(attempt)
        worker = Worker(kit=self.kit, jitter=lambda ceiling: ceiling)
        await worker._work(job, deadline=Deadline.of(self.clock, seconds=LEASE_SECONDS))

    async def _see(self, attempt: Attempt) -> None:
        """Wait until the attempt ends or stands still; whoever works next is another process, which knows nothing of it."""
        assert attempt.task is not None
        parked = asyncio.create_task(attempt.parked.wait())
        await asyncio.wait({attempt.task, parked}, return_when=asyncio.FIRST_COMPLETED)
        parked.cancel()
        self.sandbox.faults.clear()
        if not attempt.task.done():
            self.zombies.append(attempt)
        elif not attempt.task.cancelled():
            attempt.task.result()
            return
        self.kit = self.build()

    async def _claim(self) -> Job | None:
        found = await self.database.write(lambda uow: outbox.claim(uow, lease_seconds=LEASE_SECONDS))
        if not found and await self._wait(SOON):
            found = await self.database.write(lambda uow: outbox.claim(uow, lease_seconds=LEASE_SECONDS))
        return found[0] if found else None

    async def _wait(self, patience: timedelta) -> bool:
        """Move the clock to what is due within *patience*; False when nothing is."""
        due = await self.database.read(outbox.next_due)
        wait = max(timedelta(0), due - self.clock.now()) if due is not None else None
        if wait is None or wait > patience:
            return False
        await self.clock.move(wait)
        return True

    def _click(self, who: str, request_id: str) -> Click:
        return Click(actor=person(who), request_id=request_id, approvers=self._approvers(fresh=True), channel=ADMINS)

    def _approvers(self, *, fresh: bool) -> ApproverFacts:
        age = timedelta(0) if fresh else timedelta(minutes=5)
        return ApproverFacts(slack_ids=frozenset(person(who).slack_id for who in APPROVERS), read_at=self.clock.now() - age)

    def _delivery(self) -> str:
        return f"trigger:{next(self.deliveries)}"


def person(key: str) -> SlackPerson:
    """Somebody of the sandbox's cast, as a signed payload names them."""
    return SlackPerson(team_id=TEAM_ID, slack_id=f"U0{key.upper()}")


@asynccontextmanager
async def office(database_url: str, *, folder: Path) -> AsyncIterator[Office]:
    """The world of the named cast alone, and a migrated database at *database_url*."""
    clock = StillClock()
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(people=0, rate_limits=False, clock=clock, free_seats=100))
        sandbox.atlassian.behaviour.repeats_count = True
        settings = _settings({**sandbox.environment(), **SETTINGS, "DATABASE_URL": database_url}, folder=folder)
        seam = Seam(clock, sandbox.faults)
        database = await _database(settings, clock=clock, seam=seam, stack=stack)
        line, transport = Line(), _atlassian(settings, seam=seam, stack=stack)
        client = await _slack(settings, line=line, seam=seam, stack=stack)
        team = await read_team(client, now=clock.now)

        def build() -> Kit:
            return _kit(settings, database=database, client=client, line=line, transport=transport, team=team, clock=clock, stack=stack)

        made = Office(
            sandbox=sandbox, clock=clock, seam=seam, database=database, settings=settings, url=database_url, build=build, kit=build()
        )
        yield made
        await made.kill_all()


def _settings(environment: Mapping[str, str], *, folder: Path) -> Settings:
    """The settings of these variables and no others."""
    ours = {name: value for name, value in environment.items() if not name.startswith("ATLASSIAN_SITE")}
    before = dict(os.environ)
    with contextlib.chdir(folder):
        try:
            os.environ.clear()
            os.environ.update({**clean_environment(), **ours})
            return load()
        finally:
            os.environ.clear()
            os.environ.update(before)


async def _database(settings: Settings, *, clock: StillClock, seam: Seam, stack: AsyncExitStack) -> SeamedDatabase:
    """Opened as a process does, with ids that are the same each time."""
    numbers = itertools.count(1)
    database = SeamedDatabase.open(
        settings.database_url, clock=clock.now, new_id=lambda: f"{next(numbers):032x}", new_token=lambda: f"token-{next(numbers)}"
    )
    database.seam = seam
    stack.push_async_callback(database.close)
    await database.write(lambda uow: pacing.set_interval(uow, "atlassian", 1 / settings.atlassian_per_second))
    return database


async def _slack(settings: Settings, *, line: Line, seam: Seam, stack: AsyncExitStack) -> SeamedSlack:
    session = make_session(line)
    stack.push_async_callback(session.close)
    client = SeamedSlack(
        token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, timeout=60, session=session, retry_handlers=[]
    )
    client.seam = seam
    return client


def _atlassian(settings: Settings, *, seam: Seam, stack: AsyncExitStack) -> SeamedTransport:
    transport = SeamedTransport(
        settings.atlassian_api_url,
        settings.atlassian_api_key.get_secret_value,
        now=seam.clock.now,
        deadline_seconds=NO_DEADLINE_SECONDS,
        before_send=lease.require,
    )
    transport.seam = seam
    stack.push_async_callback(transport.aclose)
    return transport


def _kit(
    settings: Settings,
    *,
    database: SeamedDatabase,
    client: SeamedSlack,
    line: Line,
    transport: SeamedTransport,
    team: Team,
    clock: StillClock,
    stack: AsyncExitStack,
) -> Kit:
    """A process's own: it remembers nothing of the one before."""
    directory = Directory(client, settings, team, clock.now)
    return build_kit(
        settings, database=database, client=client, directory=directory, line=line, transport=transport, now=clock.now, stack=stack
    )
