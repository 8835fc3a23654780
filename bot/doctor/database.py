"""Is the database there, and are its tables those of this release?"""

import asyncio

from bot.doctor.lines import Line, green, red
from bot.settings import DatabaseSettings
from storage import migrate
from storage.errors import SchemaOutdated, SchemaTooNew, StorageError


async def check(settings: DatabaseSettings) -> tuple[Line, ...]:
    """One line: reachable and migrated, or what stands in the way."""
    try:
        await asyncio.to_thread(migrate.check, settings.database_url)
    except SchemaOutdated:
        return (red("tables", "older than this release, or not made yet", "run `comeback migrate` (`comeback run` does it by itself)"),)
    except SchemaTooNew as error:
        return (red("tables", str(error), "install the newer release"),)
    except StorageError as error:
        return (red("database", str(error), "check DATABASE_URL and that the server is up"),)
    return (green("database", "reachable and migrated"),)
