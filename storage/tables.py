"""
The tables of the main job, private to storage: only records leave it. Those of idle seats are in `storage.seat_tables`.

Alembic sees neither CHECK constraints nor the condition of a partial index; a test compares both with the migrations.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.lifecycle import OPEN_STATUSES, JobState, RequestStatus, ReturnPolicy, Verdict
from storage.schema import WORDED, id_column, metadata, partial_index
from storage.sql import Moment, quoted, sealed_text, words

# What may only be reached through APPROVED: nobody is given access that was not approved, whatever the code above does.
_APPROVED = frozenset({RequestStatus.APPROVED, RequestStatus.WAITING, RequestStatus.GRANTING, RequestStatus.GRANTED, RequestStatus.ENDED})
_GRANTED = frozenset({RequestStatus.GRANTED, RequestStatus.ENDED})

people = Table(
    "people",
    metadata,
    id_column(),
    Column("team_id", String(32), nullable=False),
    Column("slack_id", String(32), nullable=False),
    Column("account_id", String(128), unique=True),
    Column("email", sealed_text(320)),
    Column("linked_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("erased_at", Moment),
    UniqueConstraint("team_id", "slack_id"),
)

person_keys = Table(
    "person_keys",
    metadata,
    Column("person_id", String(64), ForeignKey("people.id"), primary_key=True),
    Column("wrapped", String(160), nullable=False),
    Column("created_at", Moment, nullable=False),
)

access_requests = Table(
    "access_requests",
    metadata,
    id_column(),
    Column("person_id", String(64), ForeignKey("people.id"), nullable=False),
    Column("product", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", words(RequestStatus, name="status"), nullable=False),
    Column("reason_code", String(64)),
    Column("details", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("round_number", Integer, nullable=False, server_default="1"),
    Column("filed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("approved_at", Moment),
    Column("granted_at", Moment),
    Column("card_channel", String(32)),
    Column("card_ts", String(32)),
    Column("card_version", Integer),
    UniqueConstraint("id", "person_id"),
    CheckConstraint(f"status NOT IN ({quoted(_APPROVED)}) OR approved_at IS NOT NULL", name="approved_first"),
    CheckConstraint(f"status NOT IN ({quoted(_GRANTED)}) OR granted_at IS NOT NULL", name="granted_when"),
    partial_index("ix_access_requests_open", "person_id", "product", unique=True, where=f"status IN ({quoted(OPEN_STATUSES)})"),
    partial_index("ix_access_requests_waiting", "product", "approved_at", "id", where="status = 'waiting'"),
    Index("ix_access_requests_person", "person_id", "filed_at"),
    Index("ix_access_requests_recent", "filed_at", "id"),
    Index("ix_access_requests_status", "status", "filed_at", "id"),
    Index("ix_access_requests_granted", "granted_at"),
    partial_index("ix_access_requests_worded", "changed_at", "id", where=f"status NOT IN ({quoted(OPEN_STATUSES)}) AND {WORDED}"),
)

decisions = Table(
    "decisions",
    metadata,
    id_column(),
    Column("request_id", String(64), nullable=False),
    Column("requester_person_id", String(64), nullable=False),
    Column("approver_person_id", String(64), ForeignKey("people.id"), nullable=False),
    Column("verdict", words(Verdict, name="verdict"), nullable=False),
    Column("reason", Text),
    Column("decided_at", Moment, nullable=False),
    Column("round_number", Integer, nullable=False, server_default="1"),
    ForeignKeyConstraint(["request_id", "requester_person_id"], ["access_requests.id", "access_requests.person_id"]),
    CheckConstraint("approver_person_id <> requester_person_id", name="nobody_decides_their_own"),
    Index("ix_decisions_request_id", "request_id", "decided_at"),
    # One person is one approval, however often they press; they may still change their mind and deny.
    Index("ix_decisions_once", "request_id", "round_number", "approver_person_id", "verdict", unique=True),
)

policy_approvals = Table(
    "policy_approvals",
    metadata,
    id_column(),
    Column("request_id", String(64), ForeignKey("access_requests.id"), nullable=False),
    Column("round_number", Integer, nullable=False),
    Column("policy", words(ReturnPolicy, name="policy"), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("decided_at", Moment, nullable=False),
    UniqueConstraint("request_id", "round_number"),
)

findings = Table(
    "findings",
    metadata,
    Column("request_id", String(64), ForeignKey("access_requests.id"), primary_key=True),
    Column("account_id", String(128)),
    Column("email", sealed_text(320)),
    Column("body", JSON, nullable=False),
    Column("found_at", Moment, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    Column("kind", String(64), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("payload", JSON, nullable=False),
    # No foreign key: its check would lock the bucket's row, which every claim passes by when it is locked.
    Column("bucket", String(96), nullable=False),
    Column("turns", Integer, nullable=False),
    Column("state", words(JobState, name="state"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unknown", Boolean, nullable=False),
    Column("settle_seconds", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("claimable_at", Moment),
    Column("lease_until", Moment),
    Column("token", String(64)),
    Column("key", String(160), unique=True),
    Column("last_error", String(160)),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint("(state IN ('ready', 'leased')) = (claimable_at IS NOT NULL)", name="claimable"),
    CheckConstraint("(state = 'leased') = (token IS NOT NULL AND lease_until IS NOT NULL)", name="lease"),
    partial_index("ix_outbox_claimable", "bucket", "claimable_at", where="claimable_at IS NOT NULL"),
    partial_index("ix_outbox_one_lease", "subject", unique=True, where="state = 'leased'"),
    partial_index("ix_outbox_ended", "ended_at", where="ended_at IS NOT NULL"),
    partial_index("ix_outbox_dead", "kind", "due_at", where="state = 'dead'"),
    Index("ix_outbox_subject", "subject", "kind"),
)

buckets = Table(
    "buckets",
    metadata,
    Column("name", String(96), primary_key=True),
    Column("interval_seconds", Float, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("paused_until", Moment),
    Column("reason", String(160)),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("seen_at", Moment, nullable=False),
    Index("ix_deliveries_seen_at", "seen_at"),
)

slots = Table(
    "slots",
    metadata,
    Column("job", String(64), primary_key=True),
    Column("slot", String(64), primary_key=True),
    Column("claimed_at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    # INTEGER makes it SQLite's row id; BIGINT would carry a second index.
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    # Text of fixed width, the very bytes that the body holds, so that a check is a comparison of strings.
    Column("at", String(27).with_variant(String(27, collation="C"), "postgresql"), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("request_id", String(64)),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_at", "at"),
    partial_index("ix_audit_request_id", "request_id", "seq", where="request_id IS NOT NULL"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    # Empty for one that nobody signed: a key that comes later signs the same size again.
    Column("key_id", String(8), primary_key=True),
    Column("note", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
)

audit_cuts = Table(
    "audit_cuts",
    metadata,
    Column("size", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("key_id", String(8), nullable=False),
    # Signed as a cut: a checkpoint's signature is no leave to drop anything.
    Column("note", Text, nullable=False),
    Column("cut_at", Moment, nullable=False),
    ForeignKeyConstraint(["size", "key_id"], ["checkpoints.size", "checkpoints.key_id"]),
    CheckConstraint("key_id <> ''", name="signed"),
)
