"""The jobs of warning the holder of an idle seat."""

from dataclasses import dataclass

from bot.jobs.base import SLACK_DM, SLACK_UPDATE, JobPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnIdle(JobPayload):
    """
    End the warnings that a scan made needless and those that are too old, then look again for whom nobody could warn, then open a warning
    for each seat that two scans agree is idle; a hundred at a time.
    """

    kind = "warning.open"
    of = "warn:{product}"
    product: str
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWarning(JobPayload):
    """Find the person in Slack and warn them."""

    kind = "warning.send"
    of = "warning:{warning_id}"
    paced_by = SLACK_DM
    turns = 2
    warning_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindWarning(JobPayload):
    """
    Remind a person who has not answered; `number` counts from 1.

    `next_at` is when the next reminder overtakes this one (ISO 8601), None for the last.
    """

    kind = "warning.remind"
    of = "warning:{warning_id}"
    paced_by = SLACK_DM
    warning_id: str
    number: int
    next_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawWarning(JobPayload):
    """Draw a person's warning as it now stands."""

    kind = "warning.redraw"
    of = "warning:{warning_id}"
    paced_by = SLACK_UPDATE
    warning_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireWarning(JobPayload):
    """Take the buttons off an earlier message of a warning, as a reminder has them now."""

    kind = "warning.retire"
    of = "warning-old:{ts}"
    paced_by = SLACK_UPDATE
    warning_id: str
    channel: str
    ts: str
