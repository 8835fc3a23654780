"""The main job: people, requests, decisions, findings, the outbox, and the audit trail."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Words are spelled out here, not imported: what a migration did must not change with the code."""
    _people()
    _access_requests()
    _decisions()
    _findings()
    _outbox()
    _buckets()
    _deliveries()
    _slots()
    _audit()


def _word(name: str, length: int, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(name))


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _people() -> None:
    op.create_table(
        "people",
        _word("id", 64),
        _word("team_id", 32),
        _word("slack_id", 32),
        _word("account_id", 128, null=True),
        _word("email", 320, null=True),
        _moment("linked_at", null=True),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("account_id", name=op.f("uq_people_account_id")),
        sa.UniqueConstraint("team_id", "slack_id", name=op.f("uq_people_team_id_slack_id")),
    )


def _access_requests() -> None:
    statuses = (
        "'pending', 'approved', 'waiting', 'granting', 'granted', 'denied', 'cancelled', 'expired', 'needs_attention', 'closed', 'ended'"
    )
    approved = "'approved', 'waiting', 'granting', 'granted', 'ended'"
    op.create_table(
        "access_requests",
        _word("id", 64),
        _word("person_id", 64),
        _word("product", 64),
        _text("reason"),
        _word("status", 24),
        _word("reason_code", 64, null=True),
        _json("details"),
        _number("version"),
        _moment("filed_at"),
        _moment("expires_at"),
        _moment("changed_at"),
        _moment("approved_at", null=True),
        _moment("granted_at", null=True),
        _word("card_channel", 32, null=True),
        _word("card_ts", 32, null=True),
        _number("card_version", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_access_requests_person_id")),
        sa.UniqueConstraint("id", "person_id", name=op.f("uq_access_requests_id_person_id")),
        _check("ck_access_requests_status", f"status IN ({statuses})"),
        _check("ck_access_requests_approved_first", f"status NOT IN ({approved}) OR approved_at IS NOT NULL"),
        _check("ck_access_requests_granted_when", "status NOT IN ('granted', 'ended') OR granted_at IS NOT NULL"),
    )
    _access_requests_indexes()


def _access_requests_indexes() -> None:
    table, still_open = "access_requests", "status IN ('pending', 'approved', 'waiting', 'granting', 'needs_attention')"
    _partial("ix_access_requests_open", table, ["person_id", "product"], still_open, unique=True)
    _partial("ix_access_requests_waiting", table, ["product", "approved_at", "id"], "status = 'waiting'")
    op.create_index("ix_access_requests_person", table, ["person_id", "filed_at"])
    op.create_index("ix_access_requests_recent", table, ["filed_at", "id"])
    op.create_index("ix_access_requests_status", table, ["status", "filed_at", "id"])
    op.create_index("ix_access_requests_granted", table, ["granted_at"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        _word("id", 64),
        _word("request_id", 64),
        _word("requester_person_id", 64),
        _word("approver_person_id", 64),
        _word("verdict", 24),
        _text("reason", null=True),
        _moment("decided_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.ForeignKeyConstraint(["approver_person_id"], ["people.id"], name=op.f("fk_decisions_approver_person_id")),
        sa.ForeignKeyConstraint(
            ["request_id", "requester_person_id"],
            ["access_requests.id", "access_requests.person_id"],
            name=op.f("fk_decisions_request_id_requester_person_id"),
        ),
        _check("ck_decisions_verdict", "verdict IN ('approve', 'deny')"),
        _check("ck_decisions_nobody_decides_their_own", "approver_person_id <> requester_person_id"),
    )
    op.create_index("ix_decisions_request_id", "decisions", ["request_id", "decided_at"])


def _findings() -> None:
    op.create_table(
        "findings",
        _word("request_id", 64),
        _word("account_id", 128, null=True),
        _word("email", 320, null=True),
        _json("body"),
        _moment("found_at"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_findings")),
        sa.ForeignKeyConstraint(["request_id"], ["access_requests.id"], name=op.f("fk_findings_request_id")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        _word("id", 64),
        _word("kind", 64),
        _word("subject", 160),
        _json("payload"),
        _word("bucket", 96),
        _word("state", 24),
        _number("attempts"),
        sa.Column("unknown", sa.Boolean(), nullable=False),
        _number("turns"),
        _number("settle_seconds"),
        _moment("due_at"),
        _moment("claimable_at", null=True),
        _moment("lease_until", null=True),
        _word("token", 64, null=True),
        _word("key", 160, null=True),
        _word("last_error", 160, null=True),
        _moment("created_at"),
        _moment("ended_at", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        _check("ck_outbox_state", "state IN ('ready', 'leased', 'done', 'dead')"),
        _check("ck_outbox_claimable", "(state IN ('ready', 'leased')) = (claimable_at IS NOT NULL)"),
        _check("ck_outbox_lease", "(state = 'leased') = (token IS NOT NULL AND lease_until IS NOT NULL)"),
    )
    _partial("ix_outbox_claimable", "outbox", ["bucket", "claimable_at"], "claimable_at IS NOT NULL")
    _partial("ix_outbox_one_lease", "outbox", ["subject"], "state = 'leased'", unique=True)
    _partial("ix_outbox_ended", "outbox", ["ended_at"], "ended_at IS NOT NULL")
    op.create_index("ix_outbox_subject", "outbox", ["subject", "kind"])


def _buckets() -> None:
    op.create_table(
        "buckets",
        _word("name", 96),
        sa.Column("interval_seconds", sa.Float(), nullable=False),
        _moment("next_at"),
        _moment("paused_until", null=True),
        _word("reason", 160, null=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_buckets")),
    )
    # The bucket of the jobs that have none: always open.
    op.execute("INSERT INTO buckets (name, interval_seconds, next_at) VALUES ('', 0, '2000-01-01 00:00:00.000000')")


def _deliveries() -> None:
    op.create_table("deliveries", _word("key", 160), _moment("seen_at"), sa.PrimaryKeyConstraint("key", name=op.f("pk_deliveries")))
    op.create_index("ix_deliveries_seen_at", "deliveries", ["seen_at"])


def _slots() -> None:
    op.create_table(
        "slots",
        _word("job", 64),
        _word("slot", 64),
        _moment("claimed_at"),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_slots")),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=False),
        sa.Column("at", sa.String(27).with_variant(sa.String(27, collation="C"), "postgresql"), nullable=False),
        _word("kind", 64),
        _word("request_id", 64, null=True),
        _text("body"),
        _word("previous", 64),
        _word("hash", 64),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    _partial("ix_audit_request_id", "audit", ["request_id", "seq"], "request_id IS NOT NULL")
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


# They stop mistakes and the owner of the tables; whoever may drop a trigger is caught by the chain and its signed heads instead.
_APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    ),
    "postgresql": (
        """
        CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$
        """,
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ),
}
