"""A world for one scenario: a sandbox that counts every write, many people who lost their seat, and the settings of their bot."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp

from bot import clock as bot_clock
from bot.jobs.base import SLACK_CHANNEL, SLACK_DM, SLACK_READ, SLACK_UPDATE
from sandbox.atlassian.seeding import _account
from sandbox.faults import Fault
from sandbox.human import AtlassianState, Human
from sandbox.server import Sandbox
from sandbox.slack.people import user_from
from storage import pacing, slots
from storage.db import Database, UnitOfWork
from tests.e2e.conftest import ADMINS, free_port
from tests.torture.processes import Life, Nursery
from tests.torture.tempo import FastClock, clean_environment

HASTE = 0.01
"""Seconds between two calls to Slack, whose limits are not what is tried here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Torture:
    """One world and the bot's place in it."""

    sandbox: Sandbox
    clock: FastClock
    folder: Path
    nursery: Nursery
    database_url: str
    environment: Mapping[str, str]
    port: int
    accounts: dict[str, str] = field(default_factory=dict)
    """The Atlassian account of each Slack id that may ask."""

    async def start(self, command: str, **more: str) -> Life:
        """A process of `comeback COMMAND` in this world."""
        door = self.port if command in ("run", "web") else free_port()
        environment = {**self.environment, "PORT": str(door), **more}
        life = await self.nursery.start(command, environment=environment, folder=self.folder, log=self.folder / f"{command}.log")
        life.port = door
        return life

    def hire(self, key: str) -> None:
        """Somebody with a Slack account and an Atlassian account that lost Jira for being idle."""
        human = Human(
            key=key,
            name=f"Tor {key.upper()}",
            email=f"{key}@acme.example",
            title="Tester",
            atlassian=AtlassianState.IDLE_REMOVED,
            seen=(("jira", 130.0),),
            state_days=30.0,
        )
        slack, organization = self.sandbox.slack, self.sandbox.atlassian
        user = user_from(human)
        slack.people.users[user.id], slack.people._ids[key] = user, user.id
        slack.joins(key, "C0GENERAL")
        organization.key_by_email[human.email] = key
        account = _account(human, copy=0, catalog=organization.catalog, now=self.clock.now(), chance=Random(key))
        organization.register.put(account)
        self.accounts[user.id] = account.id

    async def writes(self) -> list[dict[str, object]]:
        """Every write by the sandbox's own count, asked over its control socket."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.sandbox.url}/control/atlassian/writes") as answer:
            found: list[dict[str, object]] = (await answer.json())["writes"]
            return found

    def sign_in_real_time(self) -> None:
        """Stamp signatures with the machine's time, which is what those who check them look at."""
        if self.sandbox.slack.http is not None:
            self.sandbox.slack.http.clock_skew_seconds = -round(self.clock.ahead.total_seconds())


@asynccontextmanager
async def torture(
    folder: Path, *, nursery: Nursery, rate: float, people: int, database_url: str | None = None, **settings: str
) -> AsyncIterator[Torture]:
    """
    A world with a migrated database, before any process of the bot: SQLite and one process, or *database_url* and several.

    Slack delivers over signed HTTP; *settings* are more of the bot's variables.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    clock, port = FastClock(rate), free_port()
    app_url = f"http://127.0.0.1:{port}/slack/events"
    async with Sandbox(people=40, rate_limits=False, clock=clock, free_seats=people + 100, app_url=app_url) as sandbox:
        url = database_url or f"sqlite:///{folder / 'comeback.db'}"
        environment = {
            **clean_environment(),
            **sandbox.environment(),
            **clock.environment(),
            "DATABASE_URL": url,
            "COMEBACK_ATLASSIAN_PER_SECOND": "100",
            "COMEBACK_GRANTS_PER_DAY": "100000",
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        made = Torture(sandbox=sandbox, clock=clock, folder=folder, nursery=nursery, database_url=url, environment=environment, port=port)
        code = await nursery.run("migrate", environment=environment, folder=folder, log=folder / "migrate.log")
        assert code == 0, await asyncio.to_thread((folder / "migrate.log").read_text)
        await _prepare(url, clock)
        sandbox.atlassian.behaviour.repeats_count = True
        for number in range(people):
            made.hire(f"t{number}")
        yield made


async def _prepare(url: str, clock: FastClock) -> None:
    """Nothing is held back for Slack's sake, and idle seats are left alone."""
    database = Database.open(url, clock=clock.now, new_id=bot_clock.new_id, new_token=bot_clock.new_token)

    def hurry(uow: UnitOfWork) -> None:
        for name in ("scan", "plan", "digest"):
            slots.claim(uow, name, "2999-12-31T00:00")
        for bucket in (SLACK_CHANNEL.format(channel=ADMINS), SLACK_DM, SLACK_READ, SLACK_UPDATE):
            pacing.set_interval(uow, bucket, HASTE)

    try:
        await database.write(hurry, wait_seconds=20)
    finally:
        await database.close()


def storm(*, slow_seconds: float) -> tuple[Fault, ...]:
    """
    Bad weather: of the calls to Atlassian 10 % meet 429 or 5xx, 5 % take effect and lose their answer, and 10 % are slow.

    Of those to Slack 4 % lose their answer after the effect and 4 % fail.
    """
    return (
        Fault(match="/", share=0.03, status=429, code="ADMIN-429-1", headers={"Retry-After": "1"}),
        Fault(match="/", share=0.03, status=500),
        Fault(match="/", share=0.04, status=503),
        Fault(match="/", share=0.05, drop="after"),
        Fault(match="/", share=0.02, delay_s=slow_seconds),
        Fault(match="/", share=0.04, delay_s=slow_seconds / 2),
        Fault(match="/", share=0.04, delay_s=slow_seconds / 2, when="after"),
        Fault(side="slack", match=r"chat\.(postMessage|update)|conversations\.open", share=0.04, drop="after"),
        Fault(side="slack", match=r"chat\.(postMessage|update)|conversations\.open", share=0.04, status=503),
    )
