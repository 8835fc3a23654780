"""The schema of the database: brought up to date, and compared with what this release needs."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage import engines, roles
from storage.address import parse
from storage.errors import NoDatabase, SchemaOutdated, SchemaTooNew
from storage.failures import translation
from storage.schema import SCHEMA, number, oldest_release

_LOCK = text("SELECT pg_advisory_xact_lock(4850174397)")
_VERSION = text("SELECT version_num FROM alembic_version")


def upgrade(url: str) -> bool:
    """
    Bring the tables up to date, in one transaction; True when there was something to do.

    Any number of processes may call it at once: one works, the others wait and find it done. A newer schema that this release can work on
    stays as it is. On PostgreSQL the bot's role is left no right to change what vouches. Raises SchemaTooNew, DatabaseAway.
    """
    engine = engines.changing(parse(url))
    try:
        with translation(), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_LOCK)
            outdated = not _serves(_current(connection))
            if outdated:
                _run(connection)
            if connection.dialect.name == "postgresql":
                roles.withhold(connection)
            return outdated
    finally:
        engine.dispose()


def check(url: str) -> None:
    """Return when this release works on the tables as they are; raises NoDatabase, SchemaOutdated, SchemaTooNew, DatabaseAway."""
    address = parse(url)
    if address.path is not None and not address.path.exists():
        # Opening it would create it: an empty file in the wrong place, which the next command takes for the database.
        raise NoDatabase(address.path)
    engine = engines.reading(address)
    try:
        with translation(), engine.connect() as connection:
            current = _current(connection)
    finally:
        engine.dispose()
    if not _serves(current):
        raise SchemaOutdated(current=current, needed=SCHEMA)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_VERSION).scalar_one_or_none()


def _serves(current: str | None) -> bool:
    """Whether this release works on the tables as they are; False when they are older, and SchemaTooNew when they are too new."""
    # Migrations are numbered, so that a release can tell "older" from "newer" without having the newer files.
    if current is None or number(current) <= number(SCHEMA):
        return current == SCHEMA
    if oldest_release(current) > number(SCHEMA):
        raise SchemaTooNew(current=current, needed=SCHEMA)
    return True


def _run(connection: Connection) -> None:
    # Alembic takes a quarter of a second to import, and a process that starts on a current schema does without.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
