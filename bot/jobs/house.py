"""The jobs that keep the house: what to forget, and what may go wrong later."""

from dataclasses import dataclass

from bot.jobs.base import SLACK_CHANNEL, JobPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune(JobPayload):
    """Forget what nobody needs any more: old deliveries and finished jobs."""

    kind = "house.prune"
    of = "house:prune"
    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew(JobPayload):
    """Seal what is not, or is under an older key: from the first row of all, or in a `table` behind the key `after`."""

    kind = "house.renew"
    of = "house:renew"
    slot: str
    table: str = ""
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchKey(JobPayload):
    """See how long the Atlassian key still lives, and tell the admin channel on the days that matter."""

    kind = "house.watch_key"
    of = "house:watch_key"
    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeCheckpoint(JobPayload):
    """Vouch for the audit trail as far as it has grown, in the database and in the log."""

    kind = "house.make_checkpoint"
    of = "house:checkpoint"
    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCheckpoint(JobPayload):
    """Post the newest checkpoint of the audit trail, so that a copy is where the database is not."""

    kind = "house.post_checkpoint"
    of = "house:post_checkpoint"
    paced_by = SLACK_CHANNEL
    slot: str
    channel: str
