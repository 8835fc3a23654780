"""What was mailed, and how far the audit trail was sent on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "mails",
        sa.Column("about", sa.String(96), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_mails")),
        sa.CheckConstraint("status IN ('begun', 'accepted', 'refused')", name=op.f("ck_mails_status")),
    )
    op.create_table(
        "shipments",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_shipments")),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_shipments_place")),
    )


def downgrade() -> None:
    """Forget both: the trail would be sent from its beginning again."""
    op.drop_table("shipments")
    op.drop_table("mails")
