"""
PURE: which seats are idle. An unknown date is never "old", and an unknown seat is never acted upon.

Activity is a page that was looked at for 2 s or more, told up to 24 h late, and nothing at all for somebody who never came
(https://developer.atlassian.com/cloud/admin/organization/rest/, last-active dates of a user, seen November 2026).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from atlassian.licences import HARMLESS_ROLES
from atlassian.models import ProductAccess
from bot.idle.rules import Rules
from storage.lifecycle import SeatActivity

PERSON = "atlassian"
APP = "app"
DELAY = timedelta(hours=24)
"""How late activity may be told."""
SKEW = timedelta(hours=1)
"""How far Atlassian's clock may be ahead of ours."""
FIRST_ACTIVITY = datetime(2002, 1, 1, tzinfo=UTC)
"""Atlassian's first year; an older date (zero is 1970) stands for no date."""


class Why(StrEnum):
    """Why a seat is what it is to a scan; of several reasons the first in this order is told."""

    APP_ACCOUNT = "app_account"
    ADMIN = "admin"
    PRODUCT_ADMIN = "product_admin"
    PROTECTED_GROUP = "protected_group"
    APPROVER = "approver"
    EXEMPTED = "exempted"
    NOT_A_PERSON = "not_a_person"
    FACTS_MISSING = "facts_missing"
    ACTIVITY_MISSING = "activity_missing"
    DATE_WRONG = "date_wrong"
    USED = "used"
    DATE_MISSING = "date_missing"
    KEPT = "kept"
    IN_GRACE = "in_grace"
    NEVER_USED = "never_used"
    NOT_USED = "not_used"

    @property
    def activity(self) -> SeatActivity:
        """The class that it puts a seat in."""
        return _CLASSES[self]


_PROTECTED = (Why.APP_ACCOUNT, Why.ADMIN, Why.PRODUCT_ADMIN, Why.PROTECTED_GROUP, Why.APPROVER)
_UNKNOWN = (Why.NOT_A_PERSON, Why.FACTS_MISSING, Why.ACTIVITY_MISSING, Why.DATE_WRONG, Why.DATE_MISSING)
_CLASSES = {
    **dict.fromkeys(_PROTECTED, SeatActivity.PROTECTED),
    **dict.fromkeys(_UNKNOWN, SeatActivity.UNKNOWN),
    **dict.fromkeys((Why.KEPT, Why.IN_GRACE), SeatActivity.JOINER),
    Why.EXEMPTED: SeatActivity.EXEMPT,
    Why.USED: SeatActivity.ACTIVE,
    Why.NEVER_USED: SeatActivity.NEVER_ACTIVE,
    Why.NOT_USED: SeatActivity.IDLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """When somebody last used a product: `at` None is "never" where `known`, and means nothing where not."""

    known: bool
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatFacts:
    """
    One person's seat on one product; None for what could not be read.

    `activity_known` and `last_active` are an Activity, `remembered_active` is the newest one that an earlier scan read. `first_seen_at` is
    when a scan first saw this seat, `granted_at` our last grant or undo, `kept_until` and `exempt_until` the ends of a keep's cool-down and
    of an exemption: of these, None means that there was none.
    """

    account_id: str
    account_type: str | None
    activity_known: bool
    last_active: datetime | None
    added_to_org: datetime | None
    first_seen_at: datetime
    platform_roles: Sequence[str] | None
    admin_on_product: bool | None
    in_protected_group: bool | None
    is_approver: bool | None
    remembered_active: datetime | None = None
    granted_at: datetime | None = None
    kept_until: datetime | None = None
    exempt_until: datetime | None = None

    @property
    def newest_activity(self) -> datetime | None:
        """The last use that anybody told of: what was read once stays true when a later answer lacks it."""
        return max((moment for moment in (self.last_active, self.remembered_active) if moment is not None), default=None)

    @property
    def grace_from(self) -> datetime:
        """When the person came, or came back: to the organization, to this seat, or by us."""
        moments = (self.added_to_org, self.first_seen_at, self.granted_at)
        return max(moment for moment in moments if moment is not None)


def activity_on(resource: str, *, access: Sequence[ProductAccess] | None) -> Activity:
    """
    What a search said about the use of *resource*; *access* None was not asked for.

    A row of it without a date leaves that unknown, as does a row that may be of it and does not say so: only an answer without such a row
    says "never".
    """
    if access is None or any(_is_silent(row, resource=resource) for row in access):
        return Activity(known=False, at=None)
    dates = (row.last_active for row in access if row.id == resource and row.last_active is not None)
    return Activity(known=True, at=max(dates, default=None))


def classify(seat: SeatFacts, *, rules: Rules, now: datetime) -> SeatActivity:
    """What *seat* is to a scan: protected before exempt before unknown, then by its dates: active, joiner, never active, idle."""
    return why(seat, rules=rules, now=now).activity


def why(seat: SeatFacts, *, rules: Rules, now: datetime) -> Why:
    """The first reason, in the order of Why, that holds for *seat*."""
    return _left_alone(seat, now=now) or _unreadable(seat, now=now) or _by_dates(seat, rules=rules, now=now)


def is_impossible(moment: datetime | None, *, now: datetime) -> bool:
    """Whether nothing can have happened at *moment*: it is to come, or before there was anything to use."""
    return moment is not None and not FIRST_ACTIVITY <= moment <= now + SKEW


def _is_silent(row: ProductAccess, *, resource: str) -> bool:
    if row.id is not None:
        return row.id == resource and row.last_active is None
    # Keys and resources spell one product differently: jira-service-desk, ari:cloud:jira-servicedesk.
    key, owner = ((name or "").replace("-", "") for name in (row.key, resource.removeprefix("ari:cloud:").partition(":")[0]))
    return key.startswith(owner) or owner.startswith(key)


def _left_alone(seat: SeatFacts, *, now: datetime) -> Why | None:
    if seat.account_type == APP:
        return Why.APP_ACCOUNT
    if set(seat.platform_roles or ()) - HARMLESS_ROLES:
        return Why.ADMIN
    if seat.admin_on_product:
        return Why.PRODUCT_ADMIN
    if seat.in_protected_group:
        return Why.PROTECTED_GROUP
    if seat.is_approver:
        return Why.APPROVER
    return Why.EXEMPTED if seat.exempt_until is not None and now < seat.exempt_until else None


def _unreadable(seat: SeatFacts, *, now: datetime) -> Why | None:
    if seat.account_type not in (None, PERSON):
        return Why.NOT_A_PERSON
    if None in (seat.account_type, seat.platform_roles, seat.admin_on_product, seat.in_protected_group, seat.is_approver):
        return Why.FACTS_MISSING
    if not seat.activity_known:
        return Why.ACTIVITY_MISSING
    if any(is_impossible(moment, now=now) for moment in (seat.last_active, seat.added_to_org)):
        return Why.DATE_WRONG
    return None


def _by_dates(seat: SeatFacts, *, rules: Rules, now: datetime) -> Why:
    used = seat.newest_activity
    # What is told up to a day late may have happened since.
    if used is not None and used >= now - rules.after - DELAY:
        return Why.USED
    if seat.added_to_org is None:
        return Why.DATE_MISSING
    if seat.kept_until is not None and now < seat.kept_until:
        return Why.KEPT
    if now < seat.grace_from + rules.grace:
        return Why.IN_GRACE
    return Why.NEVER_USED if used is None else Why.NOT_USED
