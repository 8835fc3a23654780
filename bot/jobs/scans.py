"""The jobs of a scan, and of the question about one that a breaker holds."""

from dataclasses import dataclass

from bot.jobs.base import ATLASSIAN, SLACK_CHANNEL, SLACK_UPDATE, JobPayload


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
