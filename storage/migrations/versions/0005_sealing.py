"""Per-person keys, and columns wide enough for what is sealed with them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of keys; what stands in the clear stays so until it is written again. SQLite looks at no length."""
    op.create_table(
        "person_keys",
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.String(160), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_keys")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_keys_person_id")),
    )
    op.add_column("people", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("seats", sa.Column("email_mark", sa.String(32), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        for table, column in (("people", "email"), ("findings", "email"), ("seats", "name"), ("seats", "email")):
            op.alter_column(table, column, type_=sa.Text())
