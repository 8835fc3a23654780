"""The tables of idle seats, private to storage: scans, the seats that they saw, and all that may happen to one."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from storage.lifecycle import (
    OPEN_EXEMPTIONS,
    OPEN_RECLAIMS,
    OPEN_WARNINGS,
    BatchStatus,
    ExemptionStatus,
    ReclaimStatus,
    ScanOrigin,
    ScanStatus,
    SeatActivity,
    WarningStatus,
)
from storage.schema import WORDED, id_column, metadata, partial_index
from storage.sql import Moment, quoted, sealed_text, words

_AGREED = frozenset({BatchStatus.APPROVED, BatchStatus.DONE, BatchStatus.UNDOING, BatchStatus.UNDONE})


def _seat_columns() -> tuple[Column[str], Column[str]]:
    return Column("account_id", String(128), nullable=False), Column("product", String(64), nullable=False)


def _place_columns() -> tuple[Column[Any], ...]:
    return Column("card_channel", String(32)), Column("card_ts", String(32))


def _card_columns() -> tuple[Column[Any], ...]:
    return *_place_columns(), Column("card_version", Integer)


scans = Table(
    "scans",
    metadata,
    id_column(),
    Column("product", String(64), nullable=False),
    Column("status", words(ScanStatus, name="status"), nullable=False),
    Column("origin", words(ScanOrigin, name="origin"), nullable=False),
    Column("cursor", Text),
    Column("pages", Integer, nullable=False),
    Column("stats", JSON, nullable=False),
    Column("code", String(64)),
    Column("figures", JSON, nullable=False),
    *_place_columns(),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    partial_index("ix_scans_running", "product", unique=True, where="status = 'running'"),
    Index("ix_scans_recent", "product", "started_at", "id"),
)

seats = Table(
    "seats",
    metadata,
    Column("account_id", String(128), primary_key=True),
    Column("product", String(64), primary_key=True),
    Column("name", sealed_text(200)),
    Column("email", sealed_text(320)),
    Column("email_mark", String(32)),
    Column("added_at", Moment),
    Column("last_active_at", Moment),
    Column("first_seen_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("scan_id", String(64), nullable=False),
    Column("activity", words(SeatActivity, name="activity"), nullable=False),
    Column("idle_since", Moment),
    Column("held_by", String(64)),
    Column("kept_until", Moment),
    Column("given_at", Moment),
    Column("gone_at", Moment),
    Index("ix_seats_activity", "product", "activity", "last_active_at"),
    partial_index("ix_seats_idle", "product", "last_active_at", "account_id", where="idle_since IS NOT NULL AND held_by IS NULL"),
    partial_index("ix_seats_held", "held_by", where="held_by IS NOT NULL"),
)

warnings = Table(
    "warnings",
    metadata,
    id_column(),
    *_seat_columns(),
    Column("cycle", Integer, nullable=False),
    Column("person_id", String(64), ForeignKey("people.id")),
    Column("slack_id", String(32)),
    Column("status", words(WarningStatus, name="status"), nullable=False),
    Column("reason_code", String(64)),
    Column("channel", String(32)),
    Column("ts", String(32)),
    Column("reminders", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("plan_at", Moment),
    Column("let_go_at", Moment),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("account_id", "product", "cycle"),
    partial_index("ix_warnings_open", "account_id", "product", unique=True, where=f"status IN ({quoted(OPEN_WARNINGS)})"),
    Index("ix_warnings_status", "product", "status", "created_at", "id"),
    Index("ix_warnings_person", "person_id", "created_at"),
)

exemptions = Table(
    "exemptions",
    metadata,
    id_column(),
    *_seat_columns(),
    Column("asked_by", String(64), ForeignKey("people.id"), nullable=False),
    Column("owner_id", String(64), ForeignKey("people.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("refusal", Text),
    Column("until", Moment, nullable=False),
    Column("status", words(ExemptionStatus, name="status"), nullable=False),
    Column("decided_by", String(64), ForeignKey("people.id")),
    Column("version", Integer, nullable=False),
    *_card_columns(),
    Column("asked_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("ended_at", Moment),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("status IN ('asked', 'withdrawn') OR decided_by IS NOT NULL", name="decided_first"),
    CheckConstraint("decided_by <> asked_by", name="nobody_decides_their_own"),
    partial_index("ix_exemptions_open", "account_id", "product", unique=True, where=f"status IN ({quoted(OPEN_EXEMPTIONS)})"),
    partial_index("ix_exemptions_worded", "changed_at", "id", where=f"status NOT IN ({quoted(OPEN_EXEMPTIONS)}) AND {WORDED}"),
    Index("ix_exemptions_until", "status", "until", "id"),
    Index("ix_exemptions_asked_by", "asked_by", "asked_at"),
    Index("ix_exemptions_owner", "owner_id", "asked_at"),
)

batches = Table(
    "batches",
    metadata,
    id_column(),
    Column("status", words(BatchStatus, name="status"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("figures", JSON, nullable=False),
    *_card_columns(),
    Column("decided_by", String(64), ForeignKey("people.id")),
    Column("proposed_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("due_at", Moment),
    Column("ended_at", Moment),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint(
        f"status NOT IN ({quoted(_AGREED)}) OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)",
        name="agreed_first",
    ),
    Index("ix_batches_status", "status", "proposed_at", "id"),
    Index("ix_batches_recent", "proposed_at", "id"),
)

reclaims = Table(
    "reclaims",
    metadata,
    id_column(),
    *_seat_columns(),
    Column("status", words(ReclaimStatus, name="status"), nullable=False),
    Column("reason_code", String(64)),
    Column("details", JSON, nullable=False),
    Column("removal", JSON(none_as_null=True)),
    Column("last_active_at", Moment),
    Column("planned_at", Moment, nullable=False),
    Column("approved_at", Moment),
    Column("taken_at", Moment),
    Column("returned_at", Moment),
    Column("changed_at", Moment, nullable=False),
    Column("batch_id", String(64), ForeignKey("batches.id")),
    Column("warning_id", String(64)),
    # No seat is taken that nobody agreed to, and none without what puts it back.
    CheckConstraint("status IN ('planned', 'stopped') OR approved_at IS NOT NULL", name="approved_first"),
    CheckConstraint("status IN ('planned', 'approved', 'stopped') OR removal IS NOT NULL", name="snapshot_first"),
    partial_index("ix_reclaims_open", "account_id", "product", unique=True, where=f"status IN ({quoted(OPEN_RECLAIMS)})"),
    partial_index("ix_reclaims_taken", "product", "taken_at", "id", where="taken_at IS NOT NULL"),
    Index("ix_reclaims_status", "status", "planned_at", "id"),
    Index("ix_reclaims_batch", "batch_id", "status"),
)
