"""The jobs of what leaves the house beside Slack and Atlassian: a mail, and the next part of the audit trail."""

from dataclasses import dataclass

from bot.jobs.base import JobPayload

MAIL = "mail"
SIEM = "siem"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWarning(JobPayload):
    """Warn somebody by mail whom Slack does not reach."""

    kind = "mail.warning"
    of = "mail-warning:{warning_id}"
    paced_by = MAIL
    warning_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTaken(JobPayload):
    """Tell somebody by mail whom Slack does not reach that their seat was taken."""

    kind = "mail.taken"
    of = "mail-taken:{reclaim_id}"
    paced_by = MAIL
    reclaim_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipAudit(JobPayload):
    """Send the next part of the audit trail to the receiver *name*, from wherever it has come to."""

    kind = "audit.ship"
    of = "ship:{name}"
    paced_by = SIEM
    name: str = SIEM
