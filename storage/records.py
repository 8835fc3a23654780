"""
The frozen records that leave the storage package; rows never do.

All times are UTC and aware. `details` and `body` are plain JSON objects whose shape belongs to the package that wrote them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from storage.lifecycle import JobState, ReclaimStatus, RequestStatus, ReturnPolicy, Verdict

R = TypeVar("R")

ERASED = "erased person"
"""What the ids of an erased person begin with, for people to read."""
ERASED_WORDS = "(erased)"
"""What is read where the words of an erased person stood."""
FORGOTTEN_WORDS = "(forgotten)"
"""What is read where words were kept for their time."""


class RowLike(Protocol):
    """A database row; named here so that the records need no database library."""

    @property
    def _mapping(self) -> Mapping[Any, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the workspace; `id` is random and the only name the audit chain knows them by."""

    id: str
    team_id: str
    slack_id: str
    account_id: str | None
    email: str | None
    linked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """
    One person's request for one product.

    `version` grows with every change and tells whether the card is out of date; `round_number` grows when earlier approvals count no more.
    """

    id: str
    person_id: str
    team_id: str
    requester_slack_id: str
    product: str
    reason: str
    status: RequestStatus
    reason_code: str | None
    details: Mapping[str, Any]
    version: int
    filed_at: datetime
    expires_at: datetime
    changed_at: datetime
    card_channel: str | None
    card_ts: str | None
    card_version: int | None
    approved_at: datetime | None = None
    granted_at: datetime | None = None
    round_number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one approver said to one request; it counts while the request is in the round that it was said in."""

    id: str
    request_id: str
    approver_person_id: str
    approver_slack_id: str
    verdict: Verdict
    reason: str | None
    decided_at: datetime
    round_number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyApproval:
    """An approval that no person gave: by which policy, and the facts that it rested on, ids and dates as text."""

    id: str
    request_id: str
    round_number: int
    policy: ReturnPolicy
    facts: Mapping[str, str]
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was wrong with a person's access when we last looked, for one request; `body` is the diagnosis as JSON."""

    request_id: str
    account_id: str | None
    email: str | None
    body: Mapping[str, Any]
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reclaim:
    """
    The taking back of one account's seat on one product.

    `removal` is what it takes, as the JSON of the package that planned it: None before the first write, kept for ever after. `batch_id`
    and `warning_id` are the plan that it stands in and the warning that came before, None for a reclaim that has none.
    """

    id: str
    account_id: str
    product: str
    status: ReclaimStatus
    reason_code: str | None
    details: Mapping[str, Any]
    removal: Mapping[str, Any] | None
    last_active_at: datetime | None
    planned_at: datetime
    approved_at: datetime | None
    taken_at: datetime | None
    returned_at: datetime | None
    changed_at: datetime
    batch_id: str | None = None
    warning_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    A leased outbox job: `token` proves the lease, `attempts` counts this one.

    `unknown` says that an earlier attempt may have taken effect: read before you write.
    """

    id: str
    kind: str
    subject: str
    payload: Mapping[str, Any]
    bucket: str | None
    state: JobState
    attempts: int
    unknown: bool
    token: str
    lease_until: datetime
    due_at: datetime
    created_at: datetime
    settle_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link of the audit chain; `body` is canonical JSON text and `hash` covers the previous hash and the body."""

    seq: int
    at: datetime
    kind: str
    body: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """The end of the chain: how many entries there are, and the hash of the last."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A pace that jobs share: one job each `interval_seconds`, the next from `next_at`, none before `paused_until`."""

    name: str
    interval_seconds: float
    next_at: datetime
    paused_until: datetime | None
    reason: str | None


class Backlog(NamedTuple):
    """How many unfinished jobs of one kind are in one state, and since when the oldest is due."""

    kind: str
    state: JobState
    jobs: int
    oldest_due: datetime


def as_record(cls: type[R], row: RowLike) -> R:
    """The record of a row whose columns bear the names of the record's fields."""
    return cls(**row._mapping)  # noqa: SLF001 - how a row is read by name: https://docs.sqlalchemy.org/en/21/core/connections.html
