"""
PURE: why a request waits, needs a human, or was closed, and why a seat was not taken.

The words for each are in `bot.slack.surfaces.reasons` and `texts`.
"""

from enum import StrEnum


class Attention(StrEnum):
    """A human must act."""

    AMBIGUOUS = "ambiguous"
    OWNED_ELSEWHERE = "owned_elsewhere"
    ACCOUNT_CLOSED = "account_closed"
    ACCEPT_INVITATION = "accept_invitation"
    NO_WAY_BACK = "no_way_back"
    WAY_BACK_OFF = "way_back_off"
    REVIVES_ADMIN = "revives_admin"
    MORE_THAN_AGREED = "more_than_agreed"
    EMAIL_MISMATCH = "email_mismatch"
    APPROVER_GONE = "approver_gone"
    APPROVALS_MISSING = "approvals_missing"
    POLICY_ENDED = "policy_ended"
    REQUESTER_REFUSED = "requester_refused"
    REFUSED_BY_ATLASSIAN = "refused_by_atlassian"
    INVITATION_FAILED = "invitation_failed"
    INVITATION_UNKNOWN = "invitation_unknown"
    NOT_SEEN = "not_seen"
    UNREACHABLE_TOO_LONG = "unreachable_too_long"
    PRODUCT_GONE = "product_gone"
    OTHER = "other"


class Waiting(StrEnum):
    """Nobody need act: it goes on by itself."""

    SEATS_EXHAUSTED = "seats_exhausted"
    DAILY_CAP = "daily_cap"
    KEY_REJECTED = "key_rejected"
    NOT_PERMITTED = "not_permitted"
    UNREACHABLE = "unreachable"


class NotLinked(StrEnum):
    """Why a person was not linked to the account that an approver named."""

    NO_ACCOUNT = "no_account"
    SEVERAL_ACCOUNTS = "several_accounts"
    ACCOUNT_TAKEN = "account_taken"
    OWN_ACCOUNT = "own_account"
    ACCOUNT_CLOSED = "account_closed"
    REQUESTER_REFUSED = "requester_refused"
    TOO_LATE = "too_late"
    NOT_ASKED = "not_asked"


RELINKED = "relinked"
"""The trouble of a finding that was wiped, as its request is about another account from now on: nobody may approve before it is seen."""


class Closed(StrEnum):
    """No decision was needed, or none is possible; a person who may not ask is closed with their `Refusal` instead."""

    ALREADY_HAS_ACCESS = "already_has_access"
    PRODUCT_GONE = "product_gone"
    BY_ADMIN = "by_admin"


class ScanFailed(StrEnum):
    """Why a scan did not come to its end."""

    REFUSED_BY_ATLASSIAN = "refused_by_atlassian"
    UNREACHABLE_TOO_LONG = "unreachable_too_long"
    ENDLESS = "endless"
    STUCK = "stuck"
    PRODUCT_GONE = "product_gone"
    OTHER = "other"


class Held(StrEnum):
    """What became of a scan's list that the channel was asked about."""

    RELEASED = "released"
    LEFT = "left"


class Kept(StrEnum):
    """Why a seat that was to be taken back was left where it is, all of it."""

    IN_THE_WAY = "in_the_way"
    NO_SEAT = "no_seat"
    ASKED_FOR = "asked_for"
    SCRIPT_ACTIVE = "script_active"
    REFUSED_BY_ATLASSIAN = "refused_by_atlassian"
    UNREACHABLE_TOO_LONG = "unreachable_too_long"
    PRODUCT_GONE = "product_gone"
    ACTIVE_AGAIN = "active_again"
    KEPT = "kept"
    EXEMPT = "exempt"
    PROTECTED = "protected"
    UNKNOWN = "unknown"
    NOT_WARNED = "not_warned"
    TURNED_OFF = "turned_off"
    LEFT_OUT = "left_out"
    REFUSED = "refused"
    EXPIRED = "expired"
    RENEWED = "renewed"
    OVERTAKEN = "overtaken"
    CALLED_OFF = "called_off"
    OTHER = "other"


class Undelivered(StrEnum):
    """Why a warning reached nobody."""

    NO_SLACK_ACCOUNT = "no_slack_account"
    EMAIL_NOT_CONFIRMED = "email_not_confirmed"
    LEFT = "left"
    NOT_REACHABLE = "not_reachable"


class NotUndone(StrEnum):
    """Why a seat that was taken was not put back: a human must."""

    NO_WAY_BACK = "no_way_back"
    ACCOUNT_OFF = "account_off"
    REFUSED_BY_ATLASSIAN = "refused_by_atlassian"
    NOT_SEEN = "not_seen"
    NO_SEAT_LEFT = "no_seat_left"
    UNREACHABLE_TOO_LONG = "unreachable_too_long"
    PRODUCT_GONE = "product_gone"
    OTHER = "other"


class Returned(StrEnum):
    """How a seat that was taken came back: its owner asked, an approver undid the removal, or nobody asked Comeback."""

    BY_REQUEST = "request"
    BY_UNDO = "undo"
    BY_ITSELF = "by_itself"


class Stuck(StrEnum):
    """Why a seat is neither taken nor where it was: a human must look."""

    CHANGED = "changed"
    PRODUCT_GONE = "product_gone"
    STILL_THERE = "still_there"
    REFUSED_BY_ATLASSIAN = "refused_by_atlassian"
    UNREACHABLE_TOO_LONG = "unreachable_too_long"
    OTHER = "other"
