"""Idle seats: scans and what they saw, warnings, exemptions, and the batches that reclaims are planned in."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Words are spelled out here, not imported: what a migration did must not change with the code."""
    _scans()
    _seats()
    _warnings()
    _exemptions()
    _batches()
    _reclaims()


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


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["people.id"], name=op.f(f"fk_{table}_{column}"))


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _card() -> tuple[sa.Column[Any], ...]:
    return _word("card_channel", 32, null=True), _word("card_ts", 32, null=True), _number("card_version", null=True)


def _scans() -> None:
    op.create_table(
        "scans",
        _word("id", 64),
        _word("product", 64),
        _word("status", 24),
        _word("origin", 24),
        _text("cursor", null=True),
        _number("pages"),
        _json("stats"),
        _word("code", 64, null=True),
        _json("figures"),
        _moment("started_at"),
        _moment("ended_at", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scans")),
        _check("ck_scans_status", "status IN ('running', 'complete', 'held', 'stopped', 'failed')"),
        _check("ck_scans_origin", "origin IN ('schedule', 'terminal')"),
    )
    _partial("ix_scans_running", "scans", ["product"], "status = 'running'", unique=True)
    op.create_index("ix_scans_recent", "scans", ["product", "started_at", "id"])


def _seats() -> None:
    activities = "'active', 'idle', 'never_active', 'joiner', 'exempt', 'protected', 'unknown'"
    op.create_table(
        "seats",
        _word("account_id", 128),
        _word("product", 64),
        _word("name", 200, null=True),
        _word("email", 320, null=True),
        _moment("added_at", null=True),
        _moment("last_active_at", null=True),
        _moment("first_seen_at"),
        _moment("seen_at"),
        _word("scan_id", 64),
        _word("activity", 24),
        _moment("idle_since", null=True),
        _word("held_by", 64, null=True),
        _moment("kept_until", null=True),
        _moment("given_at", null=True),
        sa.PrimaryKeyConstraint("account_id", "product", name=op.f("pk_seats")),
        _check("ck_seats_activity", f"activity IN ({activities})"),
    )
    op.create_index("ix_seats_activity", "seats", ["product", "activity", "last_active_at"])
    _partial("ix_seats_idle", "seats", ["product", "last_active_at", "account_id"], "idle_since IS NOT NULL AND held_by IS NULL")
    _partial("ix_seats_held", "seats", ["held_by"], "held_by IS NOT NULL")


def _warnings() -> None:
    op.create_table(
        "warnings",
        _word("id", 64),
        _word("account_id", 128),
        _word("product", 64),
        _number("cycle"),
        _word("person_id", 64, null=True),
        _word("slack_id", 32, null=True),
        _word("status", 24),
        _word("reason_code", 64, null=True),
        _word("channel", 32, null=True),
        _word("ts", 32, null=True),
        _number("reminders"),
        _moment("created_at"),
        _moment("sent_at", null=True),
        _moment("plan_at", null=True),
        _moment("let_go_at", null=True),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warnings")),
        _person("warnings", "person_id"),
        sa.UniqueConstraint("account_id", "product", "cycle", name=op.f("uq_warnings_account_id_product_cycle")),
        _check("ck_warnings_status", "status IN ('open', 'undeliverable', 'let_go', 'kept', 'dropped', 'ended')"),
    )
    _partial("ix_warnings_open", "warnings", ["account_id", "product"], "status IN ('open', 'undeliverable', 'let_go')", unique=True)
    op.create_index("ix_warnings_status", "warnings", ["product", "status", "created_at", "id"])
    op.create_index("ix_warnings_person", "warnings", ["person_id", "created_at"])


def _exemptions() -> None:
    op.create_table(
        "exemptions",
        _word("id", 64),
        _word("account_id", 128),
        _word("product", 64),
        _word("asked_by", 64),
        _word("owner_id", 64),
        _text("reason"),
        _moment("until"),
        _word("status", 24),
        _word("decided_by", 64, null=True),
        _number("version"),
        *_card(),
        _moment("asked_at"),
        _moment("decided_at", null=True),
        _moment("ended_at", null=True),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemptions")),
        *(_person("exemptions", column) for column in ("asked_by", "owner_id", "decided_by")),
        _check("ck_exemptions_status", "status IN ('asked', 'active', 'refused', 'withdrawn', 'ended')"),
        _check("ck_exemptions_decided_first", "status IN ('asked', 'withdrawn') OR decided_by IS NOT NULL"),
        _check("ck_exemptions_nobody_decides_their_own", "decided_by <> asked_by"),
    )
    _partial("ix_exemptions_open", "exemptions", ["account_id", "product"], "status IN ('asked', 'active')", unique=True)
    op.create_index("ix_exemptions_until", "exemptions", ["status", "until", "id"])
    op.create_index("ix_exemptions_asked_by", "exemptions", ["asked_by", "asked_at"])
    op.create_index("ix_exemptions_owner", "exemptions", ["owner_id", "asked_at"])


def _batches() -> None:
    statuses = "'proposed', 'approved', 'refused', 'expired', 'done', 'undoing', 'undone'"
    agreed = "status NOT IN ('approved', 'done', 'undoing', 'undone') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)"
    op.create_table(
        "batches",
        _word("id", 64),
        _word("status", 24),
        _number("version"),
        _json("figures"),
        *_card(),
        _word("decided_by", 64, null=True),
        _moment("proposed_at"),
        _moment("decided_at", null=True),
        _moment("due_at", null=True),
        _moment("ended_at", null=True),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        _person("batches", "decided_by"),
        _check("ck_batches_status", f"status IN ({statuses})"),
        _check("ck_batches_agreed_first", agreed),
    )
    op.create_index("ix_batches_status", "batches", ["status", "proposed_at", "id"])
    op.create_index("ix_batches_recent", "batches", ["proposed_at", "id"])


def _reclaims() -> None:
    # Alembic would add the key apart from its column, which SQLite has no statement for; both databases take it with the column.
    op.execute("ALTER TABLE reclaims ADD COLUMN batch_id VARCHAR(64) CONSTRAINT fk_reclaims_batch_id REFERENCES batches (id)")
    op.add_column("reclaims", _word("warning_id", 64, null=True))
    _partial("ix_reclaims_taken", "reclaims", ["product", "taken_at", "id"], "taken_at IS NOT NULL")
    op.create_index("ix_reclaims_batch", "reclaims", ["batch_id", "status"])
