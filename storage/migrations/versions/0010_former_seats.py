"""Whose seat was taken is known for as long as it is held, so that a plan names people and not accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0010_since_0007"
down_revision = "0009_since_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for when a seat went; an older release works on beside it, and forgets who it was at its next scan."""
    op.add_column("seats", sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Forget them: without the column they would be taken for seats."""
    op.execute("DELETE FROM seats WHERE gone_at IS NOT NULL")
    op.drop_column("seats", "gone_at")
