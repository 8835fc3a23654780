"""Where a request stands, in half a sentence: for answers, the status list and Home."""

from collections.abc import Mapping

from bot.slack.surfaces.card import INVITED
from bot.slack.surfaces.markup import mention, moment
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, Decision

FACES: Mapping[RequestStatus, str] = {
    RequestStatus.PENDING: "🟡",
    RequestStatus.APPROVED: "🔵",
    RequestStatus.WAITING: "⏳",
    RequestStatus.GRANTING: "🔵",
    RequestStatus.GRANTED: "✅",
    RequestStatus.DENIED: "🚫",
    RequestStatus.CANCELLED: "⚪",
    RequestStatus.EXPIRED: "⌛",
    RequestStatus.NEEDS_ATTENTION: "🛠️",
    RequestStatus.CLOSED: "⚪",
    RequestStatus.ENDED: "⚪",
}

_WORDS: Mapping[RequestStatus, str] = {
    RequestStatus.PENDING: "waits for an answer",
    RequestStatus.APPROVED: "approved, and on its way",
    RequestStatus.WAITING: "approved, and waiting",
    RequestStatus.GRANTING: "approved, and on its way",
    RequestStatus.GRANTED: "done, access is back",
    RequestStatus.DENIED: "denied",
    RequestStatus.CANCELLED: "taken back",
    RequestStatus.EXPIRED: "ended without an answer",
    RequestStatus.NEEDS_ATTENTION: "with the admins, who have to look at something",
    RequestStatus.CLOSED: "closed",
    RequestStatus.ENDED: "over, access has ended",
}


def face_of(request: AccessRequest) -> str:
    """The status as one emoji; an invitation is not green before the person has signed in."""
    return "✉️" if request.reason_code == INVITED and request.status is RequestStatus.GRANTED else FACES[request.status]


def words_of(request: AccessRequest) -> str:
    """The status in a few words, to go after a colon or a name."""
    if request.status is RequestStatus.GRANTED and request.reason_code == INVITED:
        return "invited by e-mail, to be accepted"
    if request.status is RequestStatus.CLOSED and request.reason_code == "already_has_access":
        return "closed, as access was there already"
    return _WORDS[request.status]


def standing_of(request: AccessRequest, *, decision: Decision | None = None) -> str:
    """One sentence: who decided and when, or where the request stands since when."""
    if decision is not None:
        verb = "approved" if decision.verdict == "approve" else "denied"
        return f"{mention(decision.approver_slack_id)} {verb} it {moment(decision.decided_at)}."
    words = words_of(request)
    return f"{words[0].upper()}{words[1:]}, since {moment(request.changed_at)}."
