"""The schema: migrations and tables agree, and a release only runs on what it knows."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Inspector, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from storage import engines, migrate, outgoing_tables, seat_tables, tables  # noqa: F401 - the tables fill the metadata
from storage.address import parse
from storage.errors import DatabaseAway, NoDatabase, SchemaOutdated, SchemaTooNew
from storage.schema import SCHEMA, metadata, number, oldest_release

ROOT = Path(migrate.__file__).parent.parent


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine of its own on a migrated database."""
    engine = create_engine(parse(database_url).url)
    yield engine
    engine.dispose()


@pytest.fixture
def fresh_engine(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine on a database of the same kind, without tables."""
    kind = "sqlite" if engine.dialect.name == "sqlite" else "postgres"
    engine = create_engine(parse(request.getfixturevalue(f"empty_{kind}_url")).url)
    yield engine
    engine.dispose()


def test_an_empty_database_is_brought_up_to_date_once(empty_database_url: str) -> None:
    """The first call makes the tables, the second finds nothing to do."""
    with pytest.raises((SchemaOutdated, NoDatabase)):
        migrate.check(empty_database_url)
    assert migrate.upgrade(empty_database_url)
    migrate.check(empty_database_url)
    assert not migrate.upgrade(empty_database_url)


def test_a_database_without_tables_is_outdated(fresh_engine: Engine) -> None:
    """It is there, so it may be the right one: the command that mends it is offered."""
    with fresh_engine.connect():
        pass
    with pytest.raises(SchemaOutdated) as outdated:
        migrate.check(fresh_engine.url.render_as_string(hide_password=False))
    assert (outdated.value.current, outdated.value.needed) == (None, SCHEMA)


def test_a_check_makes_no_file(tmp_path: Path) -> None:
    """A command in the wrong directory must not leave an empty database there, which would then be migrated."""
    path = tmp_path / "elsewhere.db"
    with pytest.raises(NoDatabase, match=f"no database at {path}: check DATABASE_URL") as missing:
        migrate.check(f"sqlite:///{path}")
    assert missing.value.path == path
    assert list(tmp_path.iterdir()) == []


def test_a_newer_schema_is_left_alone(database_url: str, engine: Engine) -> None:
    """An old release that meets newer tables stops instead of writing to them."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for ask in (migrate.check, migrate.upgrade):
        with pytest.raises(SchemaTooNew) as too_new:
            ask(database_url)
        assert too_new.value.current == "9999"


EXPANDED = f"0999_since_{number(SCHEMA)}"
"""A schema of the future that this release can work on."""


def expand(engine: Engine) -> None:
    """What a migration may do that leaves older releases at work: a new table, and a column that may be empty."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE novelties (id VARCHAR(64) PRIMARY KEY)"))
        connection.execute(text("ALTER TABLE access_requests ADD COLUMN novelty VARCHAR(64)"))
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": EXPANDED})


def test_a_newer_schema_that_only_adds_is_worked_on(database_url: str, engine: Engine) -> None:
    """While a new release comes in, a process of the old one may be started once more; it works, and changes nothing about the schema."""
    expand(engine)
    migrate.check(database_url)
    assert not migrate.upgrade(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == EXPANDED


def test_a_newer_schema_that_leaves_us_behind_is_left_alone(database_url: str, engine: Engine) -> None:
    """It works for releases after ours, and ours is older than those."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999_since_0998'"))
    for ask in (migrate.check, migrate.upgrade):
        with pytest.raises(SchemaTooNew):
            ask(database_url)


def test_every_migration_says_what_it_leaves_at_work() -> None:
    """A number, and for one that only adds, the number of the oldest release that goes on; each later than the one before."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert all(re.fullmatch(r"\d{4}(_since_\d{4})?", one) for one in revisions)
    assert [number(one) for one in revisions] == sorted({number(one) for one in revisions})
    assert all(oldest_release(one) <= number(one) for one in revisions)


def test_an_older_schema_is_told(database_url: str, engine: Engine) -> None:
    """A new release that was not migrated stops with the command that mends it."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(SchemaOutdated, match="comeback migrate"):
        migrate.check(database_url)


def test_the_rows_of_an_older_release_stay(empty_database_url: str) -> None:
    """Columns come to a table that is in use: what it held stays, with nothing in the new ones."""
    insert = (
        "INSERT INTO reclaims (id, account_id, product, status, details, planned_at, changed_at)"
        " VALUES ('r1', 'a1', 'jira', 'planned', '{}', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')"
    )
    engine = engines.changing(parse(empty_database_url))
    with engine.begin() as connection:
        _upgrade_to(connection, "0002")
        connection.execute(text(insert))
    assert migrate.upgrade(empty_database_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT id, batch_id, warning_id FROM reclaims")).all() == [("r1", None, None)]
    engine.dispose()


def _upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_an_unreachable_database_is_away(tmp_path: Path) -> None:
    """A check that cannot ask says so."""
    for ask in (migrate.check, migrate.upgrade):
        with pytest.raises(DatabaseAway):
            ask(f"postgresql://nobody@/comeback?host={tmp_path}")


def test_migrations_make_the_tables_of_the_code(engine: Engine) -> None:
    """Alembic finds no difference in columns, keys and indexes."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_make_the_constraints_of_the_code(engine: Engine, fresh_engine: Engine) -> None:
    """CHECK constraints and the conditions of indexes, which Alembic does not compare, are those of the code."""
    metadata.create_all(fresh_engine)
    migrated, made = inspect(engine), inspect(fresh_engine)
    for table in metadata.tables:
        assert _guards(migrated, table) == _guards(made, table)


def _guards(inspector: Inspector, table: str) -> list[Any]:
    checks = sorted((check["name"] or "", check["sqltext"]) for check in inspector.get_check_constraints(table))
    indexes = sorted(
        (index["name"] or "", index["column_names"], index["unique"], _conditions(index)) for index in inspector.get_indexes(table)
    )
    return [checks, indexes]


def _conditions(index: Any) -> list[tuple[str, str]]:
    return sorted((name, str(value)) for name, value in index.get("dialect_options", {}).items())


def test_the_code_knows_its_newest_migration() -> None:
    """The number that a start compares, without loading Alembic, is that of the newest file."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]


def test_a_failed_migration_leaves_nothing(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables come in one transaction: half a schema would stop every later start."""
    run = migrate._run

    def failing(connection: Any) -> None:
        run(connection)
        connection.execute(text("SELECT * FROM no_such_table"))

    monkeypatch.setattr(migrate, "_run", failing)
    with pytest.raises((DBAPIError, DatabaseAway)):
        migrate.upgrade(empty_database_url)
    engine = engines.reading(parse(empty_database_url))
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_several_starts_at_once_migrate_once(empty_database_url: str) -> None:
    """Three processes that start together on an empty database: one makes the tables, all go on."""
    script = "import sys; from storage import migrate; print(migrate.upgrade(sys.argv[1])); migrate.check(sys.argv[1])"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, empty_database_url], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=60) for process in processes]
    assert sorted(out.strip() for out, _ in answers) == ["False", "False", "True"], answers
    assert [process.returncode for process in processes] == [0, 0, 0]


def test_a_start_loads_neither_alembic_nor_the_other_driver() -> None:
    """What only one command or one kind of database needs is not paid by every start."""
    script = (
        "import sys; from storage import db, migrate, outbox, access_requests, audit, lock;"
        "print([name for name in ('alembic', 'psycopg', 'sqlalchemy.orm') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
