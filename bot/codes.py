"""PURE: why a request waits, needs a human, or was closed. The words for each are in `bot.slack.surfaces.reasons` and `texts`."""

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
    EMAIL_MISMATCH = "email_mismatch"
    APPROVER_GONE = "approver_gone"
    REQUESTER_REFUSED = "requester_refused"
    REFUSED_BY_ATLASSIAN = "refused_by_atlassian"
    INVITATION_FAILED = "invitation_failed"
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


class Closed(StrEnum):
    """No decision was needed, or none is possible; a person who may not ask is closed with their `Refusal` instead."""

    ALREADY_HAS_ACCESS = "already_has_access"
    PRODUCT_GONE = "product_gone"
    BY_ADMIN = "by_admin"
