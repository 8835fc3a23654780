"""The jobs of the weekly digest."""

from dataclasses import dataclass

from bot.jobs.base import SLACK_CHANNEL, JobPayload


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
