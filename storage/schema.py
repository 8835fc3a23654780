"""What all tables share: their metadata, the number of their newest migration, and how their keys and indexes are written."""

from sqlalchemy import Column, Index, MetaData, String, text

from storage.records import FORGOTTEN_WORDS

SCHEMA = "0011_since_0007"
"""
The migration that the tables of the code are.

A number, and for a migration that only adds, the oldest number whose release can still work on these tables: `0010_since_0007`. Without it
no older release can. So a release that is being replaced reads from the database itself whether it may start once more, and has no need of
the newer files.
"""


WORDED = f"reason <> '{FORGOTTEN_WORDS}'"
"""Of a row with a reason: that it is still kept. A literal, by which a condition and a partial index recognize each other."""


def number(revision: str) -> str:
    """The number of a migration, which orders them."""
    return revision.partition("_since_")[0]


def oldest_release(revision: str) -> str:
    """The number of the oldest release that works on the tables of *revision*."""
    return revision.rpartition("_since_")[2]


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column() -> Column[str]:
    """The primary key of a table whose rows bear random ids."""
    return Column("id", String(64), primary_key=True)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows for which *where* holds, on both kinds of database."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))
