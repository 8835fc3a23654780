"""
The frozen records of idle seats: scans, seats, warnings, exemptions, batches, and what came of them.

All times are UTC and aware. `stats` and `figures` are plain JSON objects whose shape belongs to the package that wrote them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from storage.lifecycle import BatchStatus, ExemptionStatus, ScanOrigin, ScanStatus, SeatActivity, WarningStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """
    One reading of all seats of a product; `pages` have been stored so far and `cursor` is where the next begins.

    The card is the question about the list of a held scan, once it is asked; None as well where a release before 0009 asked it.
    """

    id: str
    product: str
    status: ScanStatus
    origin: ScanOrigin
    cursor: str | None
    pages: int
    stats: Mapping[str, Any]
    code: str | None
    figures: Mapping[str, Any]
    card_channel: str | None
    card_ts: str | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSeat:
    """A seat as one page of a scan showed it; `last_active_at` is the newest that is known, as it replaces what was."""

    account_id: str
    name: str | None
    email: str | None
    added_at: datetime | None
    last_active_at: datetime | None
    activity: SeatActivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """
    One account's seat on one product, as the scan `scan_id` saw it.

    `idle_since` is the start of the first of the complete scans that found it idle without a break, None for a seat that is not idle.
    `held_by` is the scan whose breaker asks the admins about it, `given_at` our last grant or undo.
    """

    account_id: str
    product: str
    name: str | None
    email: str | None
    added_at: datetime | None
    last_active_at: datetime | None
    first_seen_at: datetime
    seen_at: datetime
    scan_id: str
    activity: SeatActivity
    idle_since: datetime | None
    held_by: str | None
    kept_until: datetime | None
    given_at: datetime | None


class IdlePlace(NamedTuple):
    """Where a seat stands among the idle ones: `place_of` the last seat of a page begins the next page after it."""

    last_active_at: datetime | None
    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatWarning:
    """
    The warning of one seat's holder, the `cycle`-th for this seat.

    `plan_at` is when the seat may be planned for removal, None before the message was sent; `changed_at` is when it got its status,
    or when somebody whom it did not reach was last looked for.
    """

    id: str
    account_id: str
    product: str
    cycle: int
    person_id: str | None
    slack_id: str | None
    status: WarningStatus
    reason_code: str | None
    channel: str | None
    ts: str | None
    reminders: int
    created_at: datetime
    sent_at: datetime | None
    plan_at: datetime | None
    let_go_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """
    Why one seat is left alone, and until when.

    `owner_id` is the person who answers for it, `refusal` what an approver wrote who refused, and `version` grows with every change.
    """

    id: str
    account_id: str
    product: str
    asked_by: str
    owner_id: str
    reason: str
    until: datetime
    status: ExemptionStatus
    decided_by: str | None
    version: int
    card_channel: str | None
    card_ts: str | None
    card_version: int | None
    asked_at: datetime
    decided_at: datetime | None
    ended_at: datetime | None
    changed_at: datetime
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A seat that is put into a plan: when it was last used (UTC, None for never), and the warning of its holder."""

    account_id: str
    product: str
    last_active_at: datetime | None
    warning_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A plan of several reclaims that is decided as one; `version` grows with every change and tells whether the card is out of date."""

    id: str
    status: BatchStatus
    version: int
    figures: Mapping[str, Any]
    card_channel: str | None
    card_ts: str | None
    card_version: int | None
    decided_by: str | None
    proposed_at: datetime
    decided_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    What came of one product's idle seats in a period.

    `warned` were sent a warning, `kept` said keep, `let_go` said let go (and did not take it back). `taken` seats were removed and read
    back; `returned` counts, by the reason code of the reclaim, the returns of seats that had been taken, whenever that was.
    """

    product: str
    warned: int
    kept: int
    let_go: int
    taken: int
    returned: Mapping[str, int]


class TakenInterval(NamedTuple):
    """How long a seat was free: `returned_at` is None for one that still is."""

    taken_at: datetime
    returned_at: datetime | None
