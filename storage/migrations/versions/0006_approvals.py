"""Approvals by policy, and by more than one approver; what was written to refuse an exemption."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """
    Number the rounds in which a request is approved, and make the table of what a policy approved.

    The numbers have a default, as the release before goes on writing rows without them while processes are replaced.
    """
    for table in ("access_requests", "decisions"):
        op.add_column(table, sa.Column("round_number", sa.Integer(), server_default="1", nullable=False))
    _number_what_is_there()
    op.add_column("exemptions", sa.Column("refusal", sa.Text(), nullable=True))
    unique = ["request_id", "round_number", "approver_person_id", "verdict"]
    op.create_index("ix_decisions_once", "decisions", unique, unique=True)
    op.create_table(
        "policy_approvals",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("round_number", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(24), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_approvals")),
        sa.ForeignKeyConstraint(["request_id"], ["access_requests.id"], name=op.f("fk_policy_approvals_request_id")),
        sa.UniqueConstraint("request_id", "round_number", name=op.f("uq_policy_approvals_request_id_round_number")),
        sa.CheckConstraint("policy IN ('free_return', 'return')", name=op.f("ck_policy_approvals_policy")),
    )


def downgrade() -> None:
    """Take it away; what a policy approved keeps its entry in the audit trail."""
    op.drop_table("policy_approvals")
    op.drop_index("ix_decisions_once", "decisions")
    for table in ("access_requests", "decisions"):
        op.drop_column(table, "round_number")
    op.drop_column("exemptions", "refusal")


def _number_what_is_there() -> None:
    """Until now the last decision was the one that held, and one that a human had to look at was decided anew."""
    op.execute(
        "UPDATE decisions SET round_number = (SELECT count(*) FROM decisions AS earlier WHERE earlier.request_id = decisions.request_id"
        " AND (earlier.decided_at < decisions.decided_at OR (earlier.decided_at = decisions.decided_at AND earlier.id <= decisions.id)))"
    )
    made = "(SELECT count(*) FROM decisions WHERE decisions.request_id = access_requests.id)"
    op.execute(f"UPDATE access_requests SET round_number = {made} WHERE {made} > 0")  # noqa: S608 - nothing here comes from outside
    op.execute("UPDATE access_requests SET round_number = round_number + 1 WHERE status IN ('pending', 'needs_attention')")
