"""
What every process is built from: its database, Slack, Atlassian, and the kit of the effects, each closed again by the stack it is given.

Whoever holds the lock of a SQLite file is the only one who works on it, beside commands that need it for a moment.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from atlassian.catalog import Catalog
from atlassian.client import AdminClient
from atlassian.provisioner import Provisioner
from atlassian.site import SiteClient, open_site
from atlassian.transport import Transport
from bot import clock, lease
from bot.effects.kit import Kit
from bot.effects.outcome import KEY_TROUBLES
from bot.jobs.base import ATLASSIAN
from bot.mail import mailer_of
from bot.outage import SLACK, Outage
from bot.settings import Settings
from bot.slack.admin_channel import AdminChannel
from bot.slack.calls import Line, open_client
from bot.slack.directory import Directory
from bot.slack.errors import SlackError, SlackRefused, SlackTokenRejected
from bot.slack.messenger import Messenger
from bot.slack.team import read_team
from bot.webhook import Webhook, open_http, webhook_of
from storage import migrate, outbox, pacing, renewal
from storage.db import Database, UnitOfWork
from storage.errors import DatabaseAway
from storage.lock import ProcessLock

START_PATIENCE_SECONDS, START_PAUSE_SECONDS = 60.0, 1.0
"""A managed server that fails over, or a container that starts beside ours, is there within a minute."""

log = structlog.get_logger()


class StartFailed(Exception):
    """The process cannot start; the text is one sentence that says what to do next."""


async def await_database(settings: Settings, *, migrates: bool, now: Callable[[], datetime], stack: AsyncExitStack) -> Database:
    """As `open_database`; a server that is away is asked again for a minute, so that its own restart sends nobody round in circles."""
    patience_ends = time.monotonic() + START_PATIENCE_SECONDS
    while True:
        async with AsyncExitStack() as attempt:
            try:
                database = await open_database(settings, migrates=migrates, now=now, stack=attempt)
            except DatabaseAway as error:
                if settings.database_url.startswith("sqlite") or time.monotonic() >= patience_ends:
                    raise
                log.warning("database.away", reason=error.reason)
            else:
                stack.push_async_callback(attempt.pop_all().aclose)
                return database
        await asyncio.sleep(START_PAUSE_SECONDS)


async def open_database(settings: Settings, *, migrates: bool, now: Callable[[], datetime], stack: AsyncExitStack) -> Database:
    """The database, its lock held (raises AlreadyRunning), keys and tables checked, or brought up to date when this process *migrates*."""
    lock = ProcessLock(settings.database_url)
    lock.acquire()
    stack.callback(lock.release)
    if migrates:
        await asyncio.to_thread(migrate.upgrade, settings.database_url)
    await asyncio.to_thread(migrate.check, settings.database_url)
    database = Database.open(
        settings.database_url, clock=now, new_id=clock.new_id, new_token=clock.new_token, sealing_keys=settings.master_keys
    )
    stack.push_async_callback(database.close)
    await database.read(renewal.check)
    await database.write(lambda uow: _set_pace(uow, settings))
    if database.kind == "sqlite":
        # We hold the file's lock, so whoever leased these jobs is dead; their calls land within the settle time or never.
        await database.write(outbox.release_all)
    return database


def _set_pace(uow: UnitOfWork, settings: Settings) -> None:
    pacing.set_interval(uow, ATLASSIAN, 1 / settings.atlassian_per_second)
    if any(bucket.name == ATLASSIAN and bucket.reason in KEY_TROUBLES for bucket in pacing.state(uow)):
        # Whoever starts us again may have brought another key: the next job tries it.
        pacing.resume(uow, ATLASSIAN)


async def open_slack(settings: Settings, *, line: Line, stack: AsyncExitStack) -> AsyncWebClient:
    """Slack's client with the bot's token, whose answers are counted on *line*; nothing is asked yet."""
    token = settings.slack_bot_token.get_secret_value()
    return await stack.enter_async_context(open_client(token=token, api_url=settings.slack_api_url, line=line))


async def open_directory(settings: Settings, *, client: AsyncWebClient, now: Callable[[], datetime], stack: AsyncExitStack) -> Directory:
    """Who we are and who approves, asked before anybody else can ask us; raises StartFailed when Slack does not say."""
    try:
        directory = Directory(client, settings, await read_team(client, now=now), now)
        await directory.refresh()
    except SlackTokenRejected as error:
        raise StartFailed(
            f"Slack does not accept SLACK_BOT_TOKEN ({error.code}): copy the bot token from your app's OAuth & Permissions page."
        ) from None
    except SlackRefused as error:
        raise StartFailed(f"Slack refuses {error.method} ({error.code}): run `comeback doctor`, which names the remedy.") from None
    except SlackError as error:
        raise StartFailed(
            f"Slack can't be reached at {settings.slack_api_url} ({error.code}): check the network and SLACK_API_URL, then start again."
        ) from None
    stack.push_async_callback(cancel, asyncio.create_task(directory.keep_fresh()))
    return directory


async def cancel(task: asyncio.Task[None]) -> None:
    """End a task that only reads, wherever it is."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def open_transport(settings: Settings, *, now: Callable[[], datetime], stack: AsyncExitStack) -> Transport:
    """The way to Atlassian, which no job goes without enough of its lease."""
    key = settings.atlassian_api_key.get_secret_value
    transport = Transport(settings.atlassian_api_url, key, now=now, before_send=lease.require)
    stack.push_async_callback(transport.aclose)
    return transport


def build_kit(
    settings: Settings,
    *,
    database: Database,
    client: AsyncWebClient,
    directory: Directory,
    line: Line,
    transport: Transport,
    now: Callable[[], datetime],
    stack: AsyncExitStack,
) -> Kit:
    """What effects work with, from the parts that are open; *line* is the client's."""
    admin = AdminClient(transport, settings.atlassian_org_id)
    catalog = Catalog(admin, site=_site(settings, now=now, stack=stack), now=now)
    messenger = Messenger(client, now)
    return Kit(
        settings=settings,
        database=database,
        client=admin,
        provisioner=Provisioner(admin, catalog),
        catalog=catalog,
        messenger=messenger,
        admin_channel=AdminChannel(messenger, now=now),
        directory=directory,
        team=directory.team,
        outages=_outages(line, transport=transport, now=now),
        now=now,
        mailer=mailer_of(settings.mail, before_send=lease.require),
        siem=_siem(settings, now=now, stack=stack),
    )


def _outages(line: Line, *, transport: Transport, now: Callable[[], datetime]) -> Mapping[str, Outage]:
    slack = Outage(answers=lambda: line.answers, now=now)
    line.may_ask = slack.may_ask
    return {ATLASSIAN: Outage(answers=lambda: transport.answers, now=now), SLACK: slack}


def _site(settings: Settings, *, now: Callable[[], datetime], stack: AsyncExitStack) -> SiteClient | None:
    if not (settings.atlassian_site_url and settings.atlassian_site_email and settings.atlassian_site_token):
        return None
    site = open_site(
        settings.atlassian_site_url,
        email=settings.atlassian_site_email,
        token=settings.atlassian_site_token.get_secret_value,
        now=now,
        before_send=lease.require,
    )
    stack.push_async_callback(site.transport.aclose)
    return site


def _siem(settings: Settings, *, now: Callable[[], datetime], stack: AsyncExitStack) -> Webhook | None:
    if not settings.siem.on:
        return None
    http = open_http()
    stack.push_async_callback(http.aclose)
    return webhook_of(settings.siem, http=http, now=now, before_send=lease.require)
