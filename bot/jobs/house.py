"""The jobs that keep the house: what to forget, and what may go wrong later."""

from dataclasses import dataclass

from bot.jobs.base import JobPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune(JobPayload):
    """Forget what nobody needs any more: old deliveries and finished jobs."""

    kind = "house.prune"
    of = "house:prune"
    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchKey(JobPayload):
    """See how long the Atlassian key still lives, and tell the admin channel on the days that matter."""

    kind = "house.watch_key"
    of = "house:watch_key"
    slot: str
