"""The jobs of an access request: who asks, what is wrong, the card, the decision, the grant, and what comes after."""

from dataclasses import dataclass
from typing import Any

from bot.jobs.base import ATLASSIAN, SLACK_CHANNEL, SLACK_READ, SLACK_UPDATE, JobPayload


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
