"""What all tables share: their metadata, the number of their newest migration, and how their keys and indexes are written."""

from sqlalchemy import Column, Index, MetaData, String, text

SCHEMA = "0007"
"""The migration that the tables of the code are."""

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
