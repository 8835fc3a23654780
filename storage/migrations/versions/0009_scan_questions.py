"""The question about a held scan is found again, so that whoever is told that it waits gets there with one click."""

import sqlalchemy as sa
from alembic import op

revision = "0009_since_0007"
down_revision = "0008_since_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for where it stands; an older release works on beside it."""
    op.add_column("scans", sa.Column("card_channel", sa.String(32), nullable=True))
    op.add_column("scans", sa.Column("card_ts", sa.String(32), nullable=True))


def downgrade() -> None:
    """Do without it."""
    op.drop_column("scans", "card_ts")
    op.drop_column("scans", "card_channel")
