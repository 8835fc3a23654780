"""
One frozen payload per outbox job, and what each job needs to be enqueued.

A job makes at most one outside write. Its subject keeps two jobs of one thing from running together, and its bucket paces it.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit(JobPayload):
    """Find out who asks, and refuse or let them in."""

    kind = "request.admit"
    of = "request:{request_id}"
    paced_by = SLACK_READ
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vet(JobPayload):
    """Find out what is wrong with their access, then close the request or post its card."""

    kind = "request.vet"
    of = "request:{request_id}"
    paced_by = ATLASSIAN
    turns = 2
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCard(JobPayload):
    """Post the approval card of a request."""

    kind = "card.post"
    of = "card:{request_id}"
    paced_by = SLACK_CHANNEL
    request_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawCard(JobPayload):
    """Draw the card again when the request has moved on since it was drawn."""

    kind = "card.redraw"
    of = "card:{request_id}"
    paced_by = SLACK_UPDATE
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BumpCard(JobPayload):
    """Remind the admin channel, in the card's thread, of a request nobody has decided."""

    kind = "card.bump"
    of = "card:{request_id}"
    paced_by = SLACK_CHANNEL
    request_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDecision(JobPayload):
    """Decide a click that came while our copy of the approvers was too old to trust."""

    kind = "decision.check"
    of = "request:{request_id}"
    paced_by = SLACK_READ
    request_id: str
    team_id: str
    slack_id: str
    verdict: str
    reason: str | None
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAccount(JobPayload):
    """Look for the account (by `account`, an e-mail address or account id) that an approver says is the requester's, and link it."""

    kind = "person.link"
    of = "request:{request_id}"
    paced_by = ATLASSIAN
    request_id: str
    team_id: str
    slack_id: str
    account: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(JobPayload):
    """Take one step of the way back; with `afresh` what was found before does not count."""

    kind = "access.grant"
    of = "request:{request_id}"
    paced_by = ATLASSIAN
    request_id: str
    afresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack(JobPayload):
    """Read whether *step* (as JSON) took effect; `until` (ISO, UTC) is when we stop waiting for it to show."""

    kind = "access.read_back"
    of = "request:{request_id}"
    paced_by = ATLASSIAN
    request_id: str
    step: dict[str, Any]
    until: str
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSeat(JobPayload):
    """Take one step of ending a seat; `step` is how many were taken before, and the first one looks at the person again."""

    kind = "seat.take"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    turns = 3
    reclaim_id: str
    account_id: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeSeatGone(JobPayload):
    """Read whether the seat is gone; `until` (ISO, UTC) is when we stop waiting for that to show."""

    kind = "seat.gone"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    reclaim_id: str
    account_id: str
    until: str
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookForDrift(JobPayload):
    """See, a day and three days after a grant, whether something has undone it."""

    kind = "access.drift"
    of = "request:{request_id}"
    paced_by = ATLASSIAN
    turns = 2
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(JobPayload):
    """Expire a request that nobody decided."""

    kind = "request.expire"
    of = "request:{request_id}"
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell(JobPayload):
    """Send one person one private message about one request; `news` names the sentence."""

    kind = "notice.tell"
    of = "tell:{slack_id}"
    paced_by = SLACK_DM
    request_id: str
    slack_id: str
    news: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper(JobPayload):
    """Answer somebody in a channel so that only they see it; lost answers are not repeated."""

    kind = "notice.whisper"
    of = "whisper:{slack_id}"
    paced_by = SLACK_CHANNEL
    request_id: str | None
    slack_id: str
    channel: str
    news: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(JobPayload):
    """Tell the admin channel something, once; `news` names the sentence, and `facts` and the request (if any) fill it."""

    kind = "notice.alert"
    of = "alert:{news}"
    paced_by = SLACK_CHANNEL
    channel: str
    news: str
    facts: dict[str, str]
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishHome(JobPayload):
    """Draw a person's Home tab."""

    kind = "home.publish"
    of = "home:{slack_id}"
    paced_by = SLACK_READ
    team_id: str
    slack_id: str


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
