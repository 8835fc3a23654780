"""Does anybody vouch for the audit trail, and is there more of it than the settings keep?"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot import clock
from bot.doctor.lines import Line, green, note, red, yellow
from bot.settings import AuditSettings, DatabaseSettings
from bot.usecases.trail import keyring
from storage import audit as entries
from storage import checkpoints, cuts, migrate
from storage.db import Database, UnitOfWork
from storage.errors import StorageError

LATE = timedelta(hours=1)
"""A running bot makes a checkpoint every quarter of an hour in which something happened."""


async def check(settings: DatabaseSettings, *, audit: AuditSettings, now: Callable[[], datetime]) -> tuple[Line, ...]:
    """Whether checkpoints are signed and made; of a database that can't be read, its own chapter tells."""
    unsigned = () if audit.signing_key else (_unsigned(),)
    try:
        return (*unsigned, *await asyncio.to_thread(_look, settings.database_url, audit, now=now))
    except StorageError:
        return unsigned


def _unsigned() -> Line:
    remedy = "run `comeback audit keygen`, and set COMEBACK_AUDIT__SIGNING_KEY to what it prints"
    return yellow("checkpoints", "nobody signs them, so whoever can write to the database can write them as well", remedy)


def _look(url: str, audit: AuditSettings, *, now: Callable[[], datetime]) -> tuple[Line, ...]:
    migrate.check(url)
    database = Database.open(url, clock=now, new_id=clock.new_id, new_token=clock.new_token)
    try:
        return database.read_now(lambda uow: tuple(_lines(uow, audit)))
    finally:
        database.close_now()


def _lines(uow: UnitOfWork, audit: AuditSettings) -> Iterator[Line]:
    keys = keyring(audit)
    against = checkpoints.contradicted(uow, keys)
    newest, head = checkpoints.newest(uow, keys), entries.head(uow)
    if against is not None:
        said = f"the trail does not go through the one at entry {against.size}: it was cut off or changed since, and no more are made"
        yield red("checkpoint", said, "keep a copy of the database, then run `comeback audit verify --against` one that was kept elsewhere")
    elif newest is None:
        yield note("checkpoint", "none yet: a running bot makes one every 15 minutes")
    elif head.seq > newest.checkpoint.size and uow.now - newest.made_at > LATE:
        yield note("checkpoint", f"the last one is of {newest.made_at:%Y-%m-%d %H:%M} UTC, and entries came since", "is the bot running?")
    elif audit.signing_key:
        yield green("checkpoint", f"made, at entry {newest.checkpoint.size}")
    oldest = cuts.begins_at(uow)
    if audit.keep_days and oldest and uow.now - oldest > timedelta(days=audit.keep_days + 1):
        yield note("entries", f"the oldest is of {oldest:%Y-%m-%d}, older than COMEBACK_AUDIT__KEEP_DAYS", "run `comeback audit prune`")
