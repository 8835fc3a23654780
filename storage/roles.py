"""What the bot's role of docs/postgresql-roles.sql may not do on PostgreSQL: it adds to what vouches, and changes none of it."""

from enum import StrEnum

from sqlalchemy import Connection, text

from storage.unit import UnitOfWork

# Default privileges give the role of new tables more than it may have of these four. Nothing is revoked where nothing is left to revoke, or
# by a role that could not: every start of the bot comes along here.
_WITHHOLD = text("""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'comeback_app') AND EXISTS (
        SELECT FROM pg_class WHERE oid = to_regclass('audit') AND pg_has_role(relowner, 'USAGE')
    ) AND (
        has_table_privilege('comeback_app', 'audit', 'UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege('comeback_app', 'checkpoints', 'UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege('comeback_app', 'audit_cuts', 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege('comeback_app', 'alembic_version', 'INSERT, UPDATE, DELETE, TRUNCATE')
    ) THEN
        REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit, checkpoints FROM comeback_app;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_cuts, alembic_version FROM comeback_app;
    END IF;
END
$$
""")
_RIGHTS = text("""
SELECT
    has_table_privilege('audit', 'UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege('checkpoints', 'UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege('audit_cuts', 'INSERT, UPDATE, DELETE, TRUNCATE'),
    EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('audit') AND pg_has_role(relowner, 'USAGE'))
""")


class Rights(StrEnum):
    """What the role of this connection may do to the audit trail."""

    ADDS = "adds"
    CHANGES = "changes"
    OWNS = "owns"


def withhold(connection: Connection) -> None:
    """Take from the bot's role what it may not do to what vouches; nothing where there is no such role, or another owns the tables."""
    connection.execute(_WITHHOLD)


def rights(uow: UnitOfWork) -> Rights | None:
    """What this role may do; None on SQLite, where whoever writes to the file may do all."""
    if uow.connection.dialect.name != "postgresql":
        return None
    changes, owns = uow.connection.execute(_RIGHTS).one()
    if owns:
        return Rights.OWNS
    return Rights.CHANGES if changes else Rights.ADDS
