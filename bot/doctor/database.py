"""Is the database there, are its tables those of this release, and is anything in it that nobody works on any more?"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from bot import clock
from bot.doctor.lines import Line, green, red, yellow
from bot.settings import DatabaseSettings
from storage import migrate, outbox, renewal, roles
from storage.db import Database, UnitOfWork
from storage.errors import NoDatabase, SchemaOutdated, SchemaTooNew, SealingKeyMissing, StorageError
from storage.lifecycle import JobState
from storage.records import Backlog

SKEW = timedelta(seconds=5)
"""How far this machine's clock may be from the database's: with more, facts about approvers look older or younger than they are."""

_MIGRATE = "run `comeback migrate` (`comeback run` does it by itself)"


async def check(settings: DatabaseSettings, *, now: Callable[[], datetime]) -> tuple[Line, ...]:
    """Reachable and migrated, its clock, and the jobs that were given up; or what stands in the way."""
    try:
        return await asyncio.to_thread(_check, settings, now=now)
    except NoDatabase as error:
        return (red("tables", f"there is no database at {error.path}", f"{_MIGRATE}, or check DATABASE_URL"),)
    except SchemaOutdated:
        return (red("tables", "older than this release, or not made yet", _MIGRATE),)
    except SchemaTooNew as error:
        return (red("tables", str(error), "install the newer release"),)
    except StorageError as error:
        return (red("database", str(error), "check DATABASE_URL and that the server is up"),)


def _check(settings: DatabaseSettings, *, now: Callable[[], datetime]) -> tuple[Line, ...]:
    migrate.check(settings.database_url)
    database = Database.open(
        settings.database_url, clock=now, new_id=clock.new_id, new_token=clock.new_token, sealing_keys=settings.master_keys
    )

    def look(uow: UnitOfWork) -> tuple[Line, ...]:
        # The database's time was read a moment ago, with nothing but this in between.
        ahead = now() - uow.now
        return (green("database", "reachable and migrated"), *_clock(ahead), *_role(uow), _sealing(uow), *_jobs(outbox.backlog(uow)))

    try:
        return database.read_now(look)
    finally:
        database.close_now()


def _clock(ahead: timedelta) -> Iterable[Line]:
    if abs(ahead) > SKEW:
        which = "ahead of" if ahead > timedelta(0) else "behind"
        found = f"this machine is {abs(ahead).total_seconds():.0f} s {which} the database"
        yield red("clock", found, "set both by NTP: decisions depend on how old a fact is")


def _role(uow: UnitOfWork) -> Iterable[Line]:
    """Whether the database itself keeps the bot from changing its audit trail."""
    rights = roles.rights(uow)
    if rights is roles.Rights.CHANGES:
        yield red("role", "it may change the audit trail", "run `comeback migrate` with the role that owns the tables")
    elif rights is roles.Rights.OWNS:
        found = "it owns the tables: whoever takes the bot over can change the audit trail"
        yield yellow("role", found, "run the bot with the app role of docs/postgresql-roles.sql")
    elif rights is roles.Rights.ADDS:
        yield green("role", "it can add to the audit trail, and never change it")


def _sealing(uow: UnitOfWork) -> Line:
    """Whether what people wrote is of use to whoever steals the database."""
    try:
        renewal.check(uow)
    except SealingKeyMissing as error:
        return red("sealing key", str(error), "without it what was sealed can't be read any more: look for the copy that was kept")
    if not uow.keyring.protects:
        found = "none: names, addresses and reasons can be read by whoever gets hold of the database"
        return yellow("sealing key", found, "`comeback people keygen` makes one for COMEBACK_SEALING_KEYS; keep a copy of it elsewhere")
    return green("sealing key", "personal data is sealed, and opens")


def _jobs(backlog: Iterable[Backlog]) -> Iterable[Line]:
    dead = [row for row in backlog if row.state is JobState.DEAD]
    if dead:
        counted = ", ".join(f"{row.jobs} {row.kind}" for row in dead)
        yield yellow("jobs", f"given up: {counted}", "the log says why; the requests that they belong to need a look: `comeback requests`")
