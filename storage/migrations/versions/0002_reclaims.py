"""Seats that are taken back, with what puts them back."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; words are spelled out here, as what a migration did must not change with the code."""
    statuses = "'planned', 'approved', 'taking', 'taken', 'stopped', 'needs_attention', 'returned'"
    op.create_table(
        "reclaims",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(128), nullable=False),
        sa.Column("product", sa.String(64), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("reason_code", sa.String(64), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("removal", sa.JSON(), nullable=True),
        *(_moment(name, null=name not in ("planned_at", "changed_at")) for name in _MOMENTS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reclaims")),
        sa.CheckConstraint(f"status IN ({statuses})", name=op.f("ck_reclaims_status")),
        sa.CheckConstraint("status IN ('planned', 'stopped') OR approved_at IS NOT NULL", name=op.f("ck_reclaims_approved_first")),
        sa.CheckConstraint("status IN ('planned', 'approved', 'stopped') OR removal IS NOT NULL", name=op.f("ck_reclaims_snapshot_first")),
    )
    still_open = sa.text("status IN ('planned', 'approved', 'taking', 'taken', 'needs_attention')")
    op.create_index(
        "ix_reclaims_open", "reclaims", ["account_id", "product"], unique=True, sqlite_where=still_open, postgresql_where=still_open
    )
    op.create_index("ix_reclaims_status", "reclaims", ["status", "planned_at", "id"])


_MOMENTS = ("last_active_at", "planned_at", "approved_at", "taken_at", "returned_at", "changed_at")


def _moment(name: str, *, null: bool) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)
