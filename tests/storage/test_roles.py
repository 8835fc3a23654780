"""The two roles of docs/postgresql-roles.sql: the bot works with the one, and can do nothing to the audit trail but add to it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from bot.doctor import database as doctor
from bot.doctor.lines import Light
from bot.settings import DatabaseSettings
from bot.usecases import trail
from storage import audit, checkpoints, cuts, migrate
from storage.checkpoint import Checkpoint
from storage.db import Database
from storage.errors import NotPermitted
from storage.lifecycle import RequestStatus
from storage.signing import Keyring, new_key
from tests.fixtures.clock import MovableClock
from tests.fixtures.databases import PostgresServer
from tests.storage.test_audit import write_entries
from tests.storage.world import SYSTEM, claim_one, job, move, request

SQL = Path(migrate.__file__).parent.parent / "docs" / "postgresql-roles.sql"
KEYS = Keyring.of(signing=[new_key()])


def as_role(url: str, role: str) -> str:
    """The same database for another role."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.fixture
def roles(postgres_server: PostgresServer) -> Iterator[str]:
    """A database that was set up as the file says, once; its address for whoever made the server."""
    name = postgres_server.fresh()
    url = postgres_server.url(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SQL.read_bytes())
    assert migrate.upgrade(as_role(url, "comeback_owner"))
    yield url
    postgres_server.drop(name)


@pytest.fixture
def app(roles: str, open_database: Callable[..., Database], clock: MovableClock) -> Database:
    """The database as the bot has it open."""
    return open_database(as_role(roles, "comeback_app"), clock=clock.now)


async def test_the_bot_works_with_its_role(roles: str, app: Database) -> None:
    """A start finds nothing to migrate, requests are filed and moved, jobs run, entries and checkpoints are written."""
    url = as_role(roles, "comeback_app")
    assert not migrate.upgrade(url)
    migrate.check(url)
    one = await app.write(request)
    await app.write(lambda uow: move(uow, one, RequestStatus.APPROVED, RequestStatus.GRANTING, RequestStatus.GRANTED))
    await app.write(job)
    await app.write(claim_one)
    await app.write(write_entries)
    assert isinstance(await app.write(lambda uow: checkpoints.record(uow, KEYS)), Checkpoint)
    assert (await app.read(lambda uow: trail.examine(uow, keys=KEYS))).is_good


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET kind = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_no_change ON audit",
        "DROP TABLE audit",
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
        "SET session_replication_role = 'replica'",
        "SET ROLE comeback_owner",
        "UPDATE checkpoints SET note = 'x'",
        "DELETE FROM checkpoints",
        "TRUNCATE checkpoints CASCADE",
        "INSERT INTO audit_cuts (size, key_id, note, cut_at) VALUES (1, 'aaaaaaaa', 'x', now())",
        "DELETE FROM audit_cuts",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_the_bots_role_changes_nothing_that_vouches(app: Database, statement: str) -> None:
    """Whoever takes the bot over can add to the trail, and that is all; the database says so, not we."""
    await app.write(write_entries)
    with pytest.raises(NotPermitted):
        await app.write(lambda uow: uow.connection.execute(text(statement)))
    assert await app.read(lambda uow: audit.head(uow).seq) == 12


async def test_cutting_takes_the_owner(roles: str, app: Database, open_database: Callable[..., Database], clock: MovableClock) -> None:
    """The command that drops entries says which role it needs, and works with that one."""
    await app.write(write_entries)
    checkpoint = await app.write(lambda uow: checkpoints.record(uow, KEYS))
    assert isinstance(checkpoint, Checkpoint)
    with pytest.raises(NotPermitted, match="need the role that owns the tables"):
        await app.write(lambda uow: cuts.cut(uow, checkpoint, keys=KEYS, actor=SYSTEM))
    owner = open_database(as_role(roles, "comeback_owner"), clock=clock.now)
    await owner.write(lambda uow: cuts.cut(uow, checkpoint, keys=KEYS, actor=SYSTEM))
    assert await owner.write(lambda uow: cuts.drop(uow, through=checkpoint.size)) == 12
    await app.write(write_entries)
    assert (await app.read(lambda uow: trail.examine(uow, keys=KEYS))).is_good


async def test_the_doctor_says_what_the_role_may_do(roles: str, app: Database, clock: MovableClock) -> None:
    """Green when the database holds the bot to adding, yellow for the owner, red when it may do more, which `comeback migrate` mends."""

    async def light(role: str) -> Light:
        lines = await doctor.check(DatabaseSettings(database_url=as_role(roles, role)), now=clock.now)
        return next(line.light for line in lines if line.subject == "role")

    assert [await light("comeback_app"), await light("comeback_owner")] == [Light.GREEN, Light.YELLOW]
    for given in ("UPDATE ON audit", "INSERT ON audit_cuts"):
        with psycopg.connect(roles, autocommit=True) as connection:
            connection.execute(f"GRANT {given} TO comeback_app".encode())
        assert not migrate.upgrade(as_role(roles, "comeback_app"))
        assert await light("comeback_app") is Light.RED
        assert not migrate.upgrade(as_role(roles, "comeback_owner"))
        assert await light("comeback_app") is Light.GREEN


def test_an_older_schema_is_not_migrated_by_the_bots_role(roles: str) -> None:
    """A start that would have to migrate says which role can, and changes nothing."""
    with psycopg.connect(roles, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
    with pytest.raises(NotPermitted, match="comeback migrate"):
        migrate.upgrade(as_role(roles, "comeback_app"))
