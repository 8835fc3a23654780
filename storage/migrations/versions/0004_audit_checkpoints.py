"""Signed checkpoints of the audit chain, and where the chain begins after old entries were dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Words are spelled out here, not imported: what a migration did must not change with the code."""
    size = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "checkpoints",
        sa.Column("size", size, nullable=False, autoincrement=False),
        sa.Column("key_id", sa.String(8), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", "key_id", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "audit_cuts",
        sa.Column("size", size, nullable=False, autoincrement=False),
        sa.Column("key_id", sa.String(8), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cut_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_cuts")),
        sa.ForeignKeyConstraint(["size", "key_id"], ["checkpoints.size", "checkpoints.key_id"], name=op.f("fk_audit_cuts_size_key_id")),
        sa.CheckConstraint("key_id <> ''", name=op.f("ck_audit_cuts_signed")),
    )
    for statement in _TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


# The one change that the trail allows: entries go that a cut covers, never the last one. The chain would begin anew without it.
_TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER audit_no_delete",
        """
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
        WHEN NOT EXISTS (SELECT 1 FROM audit_cuts WHERE size >= OLD.seq) OR OLD.seq = (SELECT max(seq) FROM audit)
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
        """,
        *(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table}"
            " BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            for table in ("checkpoints", "audit_cuts")
            for event in ("UPDATE", "DELETE")
        ),
    ),
    "postgresql": (
        """
        CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF TG_TABLE_NAME = 'audit' AND TG_OP = 'DELETE' THEN
                IF EXISTS (SELECT 1 FROM audit_cuts WHERE size >= OLD.seq) AND OLD.seq < (SELECT max(seq) FROM audit) THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION 'the audit trail is append-only';
        END $$
        """,
        *(
            f"CREATE TRIGGER {table}_no_{name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION audit_append_only()"
            for table in ("checkpoints", "audit_cuts")
            for name, event, each in (("change", "UPDATE OR DELETE", "ROW"), ("truncate", "TRUNCATE", "STATEMENT"))
        ),
    ),
}
