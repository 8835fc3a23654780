"""The database for a command that only needs it for a moment, beside a running bot or without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.db import Database


@contextmanager
def opened() -> "Iterator[Database]":
    """The database of the settings, its tables checked; raises SettingsError and StorageError."""
    from bot import clock
    from bot.settings import DatabaseSettings, load
    from storage import migrate
    from storage.db import Database

    settings = load(DatabaseSettings)
    migrate.check(settings.database_url)
    database = Database.open(
        settings.database_url,
        clock=clock.system_now,
        new_id=clock.new_id,
        new_token=clock.new_token,
        sealing_keys=settings.master_keys,
    )
    try:
        yield database
    finally:
        database.close_now()
