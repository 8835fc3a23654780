"""
May this person ask, may this person decide: pure answers with a reason code.

The sentences for people are made from the codes by `bot.slack.surfaces.texts`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.actor import SlackPerson
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, Person
from storage.seat_records import Exemption

APPROVER_FACTS_MAX_AGE = timedelta(seconds=60)


CANCELLABLE = frozenset({RequestStatus.PENDING, RequestStatus.APPROVED, RequestStatus.WAITING, RequestStatus.NEEDS_ATTENTION})
STEPS_BEGUN = "steps_begun"
"""The detail of a request that counts them."""


class PersonKind(StrEnum):
    """What Slack says a user is; only a member may ask or decide."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    UNKNOWN = "unknown"


class Refusal(StrEnum):
    """Why somebody may not do something."""

    GUEST = "guest"
    STRANGER = "stranger"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    UNKNOWN = "unknown"
    NO_EMAIL = "no_email"
    EMAIL_NOT_CONFIRMED = "email_not_confirmed"
    EMAIL_DOMAIN = "email_domain"
    TOO_MANY = "too_many"
    NOT_APPROVER = "not_approver"
    OWN_REQUEST = "own_request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person as `users.info` describes them; `email_confirmed` is None where the workspace does not have that flag at all."""

    slack_id: str
    team_id: str
    kind: PersonKind
    name: str
    email: str | None
    email_confirmed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproverFacts:
    """The approvers in good standing (members, not deactivated), and when we read that from Slack."""

    slack_ids: frozenset[str]
    read_at: datetime

    def fresh(self, now: datetime) -> bool:
        """Whether these facts are young enough to decide by."""
        return now - self.read_at <= APPROVER_FACTS_MAX_AGE


_KIND_REFUSALS = {
    PersonKind.GUEST: Refusal.GUEST,
    PersonKind.STRANGER: Refusal.STRANGER,
    PersonKind.BOT: Refusal.BOT,
    PersonKind.DEACTIVATED: Refusal.DEACTIVATED,
    PersonKind.UNKNOWN: Refusal.UNKNOWN,
}


def may_ask(profile: Profile, *, email_domains: Collection[str]) -> Refusal | None:
    """None when this person may ask for access; *email_domains* empty means any domain."""
    if profile.kind is not PersonKind.MEMBER:
        return _KIND_REFUSALS[profile.kind]
    if not profile.email:
        return Refusal.NO_EMAIL
    if profile.email_confirmed is False:
        return Refusal.EMAIL_NOT_CONFIRMED
    if email_domains and profile.email.rpartition("@")[2].lower() not in email_domains:
        return Refusal.EMAIL_DOMAIN
    return None


def may_decide(actor: SlackPerson, *, request: AccessRequest, approvers: ApproverFacts) -> Refusal | None:
    """None when *actor* may decide *request*; the caller has checked that the facts are fresh."""
    if actor.slack_id not in approvers.slack_ids:
        return Refusal.NOT_APPROVER
    if actor.slack_id == request.requester_slack_id:
        return Refusal.OWN_REQUEST
    return None


def may_exempt(person: Person, *, exemption: Exemption, approvers: ApproverFacts) -> Refusal | None:
    """None when *person* may decide *exemption*: neither theirs, nor asked for by them; the caller has checked that the facts are fresh."""
    if person.slack_id not in approvers.slack_ids:
        return Refusal.NOT_APPROVER
    own = person.id in (exemption.asked_by, exemption.owner_id) or person.account_id == exemption.account_id
    return Refusal.OWN_REQUEST if own else None


def may_cancel(actor: SlackPerson, *, request: AccessRequest) -> bool:
    """Whether *actor* may take *request* back: their own, and nothing has been done for it that would have to be undone."""
    return actor.slack_id == request.requester_slack_id and can_be_taken_back(request)


def can_be_taken_back(request: AccessRequest) -> bool:
    """Whether its requester may still take *request* back."""
    return request.status in CANCELLABLE and not steps_begun(request)


def steps_begun(request: AccessRequest) -> int:
    """How many steps of the way back were sent and not refused; each may have taken effect."""
    return int(request.details.get(STEPS_BEGUN, 0))
