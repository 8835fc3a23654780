"""One frozen payload per outbox job of idle seats: scans, warnings, exemptions, plans, undoing, and the digest."""

from dataclasses import dataclass

from bot.jobs import ATLASSIAN, SLACK_CHANNEL, SLACK_DM, SLACK_UPDATE, JobPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class StartScans(JobPayload):
    """Begin the scan of every product."""

    kind = "scan.start"
    of = "scan:start"
    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPage(JobPayload):
    """Read the next page of a scan; `page` is how many were read before."""

    kind = "scan.page"
    of = "scan:{product}"
    paced_by = ATLASSIAN
    scan_id: str
    product: str
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostScanQuestion(JobPayload):
    """Ask the admin channel whether a scan that a breaker holds may go on."""

    kind = "scan.ask"
    of = "scan-card:{scan_id}"
    paced_by = SLACK_CHANNEL
    scan_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnIdle(JobPayload):
    """Open a warning for each seat of a product that two scans agree is idle, some hundred at a time."""

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
    """Remind a person who has not answered; `number` counts from 1."""

    kind = "warning.remind"
    of = "warning:{warning_id}"
    paced_by = SLACK_DM
    warning_id: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawWarning(JobPayload):
    """Draw a person's warning as it now stands."""

    kind = "warning.redraw"
    of = "warning:{warning_id}"
    paced_by = SLACK_UPDATE
    warning_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostExemption(JobPayload):
    """Post the card of an exemption that was asked for."""

    kind = "exemption.post"
    of = "exemption:{exemption_id}"
    paced_by = SLACK_CHANNEL
    exemption_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawExemption(JobPayload):
    """Draw the card of an exemption as it now stands."""

    kind = "exemption.redraw"
    of = "exemption:{exemption_id}"
    paced_by = SLACK_UPDATE
    exemption_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellExemption(JobPayload):
    """Tell the person who asked for an exemption what became of it, or that it ends soon; `news` names the sentence."""

    kind = "exemption.tell"
    of = "exemption-tell:{exemption_id}"
    paced_by = SLACK_DM
    exemption_id: str
    slack_id: str
    news: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndExemption(JobPayload):
    """End an exemption whose day has come."""

    kind = "exemption.end"
    of = "exemption:{exemption_id}"
    exemption_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePlan(JobPayload):
    """Make a plan of the seats that may be taken now, or in plan mode of those that could be."""

    kind = "plan.propose"
    of = "plan:propose"
    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPlan(JobPayload):
    """Post a plan in the admin channel."""

    kind = "plan.post"
    of = "plan:{batch_id}"
    paced_by = SLACK_CHANNEL
    batch_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan(JobPayload):
    """Upload the list of a plan's people into its thread."""

    kind = "plan.list"
    of = "plan:{batch_id}"
    paced_by = SLACK_CHANNEL
    turns = 3
    batch_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawPlan(JobPayload):
    """Draw a plan as it now stands."""

    kind = "plan.redraw"
    of = "plan:{batch_id}"
    paced_by = SLACK_UPDATE
    batch_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellTaken(JobPayload):
    """Tell a person that their seat was taken back, or given back; `news` names the sentence."""

    kind = "seat.tell"
    of = "seat-tell:{reclaim_id}"
    paced_by = SLACK_DM
    reclaim_id: str
    news: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoSeat(JobPayload):
    """Put the next part of what was taken back where it was."""

    kind = "seat.undo"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    turns = 2
    reclaim_id: str
    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeSeatBack(JobPayload):
    """Read whether a step of an undo took effect; `until` (ISO, UTC) is when we stop waiting for that to show."""

    kind = "seat.back"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    reclaim_id: str
    account_id: str
    until: str
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDigest(JobPayload):
    """Post the weekly digest."""

    kind = "digest.post"
    of = "digest:{slot}"
    paced_by = SLACK_CHANNEL
    slot: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostChart(JobPayload):
    """Upload the digest's picture into its thread."""

    kind = "digest.chart"
    of = "digest:{slot}"
    paced_by = SLACK_CHANNEL
    turns = 3
    slot: str
    channel: str
    thread_ts: str
