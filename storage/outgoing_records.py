"""The frozen records of what leaves the house beside Slack and Atlassian. All times are UTC and aware."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MailStatus(StrEnum):
    """Where a mail stands: `begun` before its text is sent, `accepted` when the server took it, `refused` when it never will."""

    BEGUN = "begun"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRecord:
    """What became of the one mail about something: `begun` and nothing later means that nobody knows whether it went."""

    about: str
    status: MailStatus
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """
    How far the audit trail was sent on, the entry `seq` included, which had this `hash` then (None when nothing was sent).

    `trouble` is the code of what stops it, None when nothing does.
    """

    name: str
    seq: int
    hash: str | None
    moved_at: datetime | None
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far a shipment is behind the trail: so many entries, the oldest of which was written at `since` (None when there are none)."""

    entries: int
    since: datetime | None
