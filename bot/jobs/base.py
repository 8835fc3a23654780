"""
One frozen payload per outbox job, and what each job needs to be enqueued.

A job makes at most one outside write. Its subject keeps two jobs of one thing from running together, and its bucket paces it.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar

ATLASSIAN = "atlassian"
SLACK_DM = "slack.dm"
SLACK_READ = "slack.read"
SLACK_UPDATE = "slack.update"
SLACK_CHANNEL = "slack.post:{channel}"
"""Slack takes one message a second for each channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPayload:
    """A job's own facts; `of` and `paced_by` are filled in from them, and `turns` is how many calls it usually makes."""

    kind: ClassVar[str]
    of: ClassVar[str]
    paced_by: ClassVar[str | None] = None
    turns: ClassVar[int] = 1

    @property
    def subject(self) -> str:
        """What the job is about: of one subject one job runs at a time."""
        return self.of.format_map(asdict(self))

    @property
    def bucket(self) -> str | None:
        """The pace that the job keeps, None for one that only touches the database."""
        return self.paced_by.format_map(asdict(self)) if self.paced_by else None
