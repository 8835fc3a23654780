"""Where the database is: DATABASE_URL, read once and checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import UnsupportedDatabase

Kind = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A database that we can use; `path` is the absolute file of SQLite and None for PostgreSQL."""

    kind: Kind
    url: URL
    path: Path | None


def parse(url: str) -> Address:
    """The address in *url* (`postgres://` is PostgreSQL too); raises UnsupportedDatabase."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnsupportedDatabase("something that is not a URL") from None
    scheme = parsed.drivername.partition("+")[0]
    if scheme == "sqlite":
        return _sqlite(parsed)
    if scheme in {"postgres", "postgresql"}:
        return Address(kind="postgresql", url=parsed.set(drivername="postgresql+psycopg"), path=None)
    raise UnsupportedDatabase(f"{scheme}://")


def _sqlite(url: URL) -> Address:
    # In memory every connection would see a database of its own, and nothing would survive the process.
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise UnsupportedDatabase("a SQLite database without a file")
    path = Path(url.database).expanduser().absolute()
    return Address(kind="sqlite", url=url.set(drivername="sqlite", database=str(path)), path=path)
