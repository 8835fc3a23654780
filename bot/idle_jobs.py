"""One frozen payload per outbox job of idle seats: scans, warnings, plans, undoing, and the digest."""

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
class ListScan(JobPayload):
    """Upload the list of the seats that a held scan asks about into the thread of its question, which stands at *ts*."""

    kind = "scan.list"
    of = "scan-card:{scan_id}"
    paced_by = SLACK_CHANNEL
    turns = 3
    scan_id: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawScanQuestion(JobPayload):
    """Draw the question about a held scan, which stands at *ts* in *channel*, as it was answered."""

    kind = "scan.redraw"
    of = "scan-card:{scan_id}"
    paced_by = SLACK_UPDATE
    scan_id: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnIdle(JobPayload):
    """Drop the warnings that a scan made needless, then open one for each seat that two scans agree is idle, a hundred at a time."""

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
class RetireWarning(JobPayload):
    """Take the buttons off an earlier message of a warning, as a reminder has them now."""

    kind = "warning.retire"
    of = "warning-old:{ts}"
    paced_by = SLACK_UPDATE
    warning_id: str
    channel: str
    ts: str


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
    """Upload the list of a plan's people into its thread, anew after each edit."""

    kind = "plan.list"
    of = "plan:{batch_id}"
    paced_by = SLACK_CHANNEL
    turns = 3
    batch_id: str
    channel: str
    edits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawPlan(JobPayload):
    """Draw a plan as it now stands."""

    kind = "plan.redraw"
    of = "plan:{batch_id}"
    paced_by = SLACK_UPDATE
    batch_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpirePlan(JobPayload):
    """End a plan that nobody decided."""

    kind = "plan.expire"
    of = "plan-end:{batch_id}"
    batch_id: str


TAKEN = "taken"
GIVEN_BACK = "given_back"
"""What the owner of a seat is told; its words are those of `bot.slack.surfaces.taken`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellTaken(JobPayload):
    """Tell a person that their seat was taken back, or given back: `news` is TAKEN or GIVEN_BACK."""

    kind = "seat.tell"
    of = "seat-tell:{reclaim_id}"
    paced_by = SLACK_DM
    reclaim_id: str
    news: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawTaken(JobPayload):
    """Take the button off the message that a seat was taken, as the seat is back."""

    kind = "seat.redraw"
    of = "seat-tell:{reclaim_id}"
    paced_by = SLACK_UPDATE
    reclaim_id: str


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
    """
    Read whether a step of an undo took effect: `steps_left` is how many were left before it.

    `until` (ISO, UTC) is when we stop waiting for that to show.
    """

    kind = "seat.back"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    turns = 2
    reclaim_id: str
    account_id: str
    steps_left: int
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
    """Upload the digest's picture below it: in a thread hardly anybody would see it."""

    kind = "digest.chart"
    of = "digest:{slot}"
    paced_by = SLACK_CHANNEL
    turns = 3
    slot: str
    channel: str
