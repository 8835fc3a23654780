"""What is known of one person's seat: what a search shows now, put together with what Comeback remembers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from atlassian.licences import HARMLESS_ROLES, LicenceGroup
from atlassian.models import User, UserGroup
from bot.codes import Kept
from bot.idle.inactivity import SeatFacts, activity_on
from storage.lifecycle import SeatActivity
from storage.seat_records import Seat, SeatWarning

_PLATFORM = "ari:cloud:platform:"

SPARED: Mapping[SeatActivity, Kept] = {
    SeatActivity.ACTIVE: Kept.ACTIVE_AGAIN,
    SeatActivity.JOINER: Kept.KEPT,
    SeatActivity.EXEMPT: Kept.EXEMPT,
    SeatActivity.PROTECTED: Kept.PROTECTED,
    SeatActivity.UNKNOWN: Kept.UNKNOWN,
}
"""Why a seat of this class is neither asked about nor taken; a class that is missing is idle."""


def used_after(seat: Seat, warning: SeatWarning) -> bool:
    """Whether the holder used the product after they were warned: then it spoke of another idleness, however idle the seat is by now."""
    return seat.last_active_at is not None and seat.last_active_at > warning.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """
    Who is left alone on one product, as its groups tell: the ids of those that give its administration, and the names and ids of those
    that the settings protect.
    """

    resource: str
    admin_groups: frozenset[str]
    protected_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """
    What Comeback remembers of one seat; `seat` None is one that it meets for the first time, at `now`.

    `is_admin` and `is_approver` are what is known beside the groups. Seats that were there at the product's first scan, which ended at
    `watched_since`, were seen then because Comeback came, not because the person did: that first sight is no beginning of a grace.
    """

    now: datetime
    seat: Seat | None = None
    is_exempt: bool = False
    is_admin: bool = False
    is_approver: bool = False
    watched_since: datetime | None = field(default=None)

    @property
    def first_seen_at(self) -> datetime:
        """When this seat is first known to have been there; before everything when that tells nothing."""
        seen_at = self.seat.first_seen_at if self.seat else self.now
        return seen_at if self.watched_since is not None and seen_at > self.watched_since else _ALWAYS


_ALWAYS = datetime.min.replace(tzinfo=UTC)
_NO_END = datetime.max.replace(tzinfo=UTC)


def circle_of(resource: str, *, licence_groups: Iterable[LicenceGroup], protected: Collection[str]) -> Circle:
    """The groups that matter to the seats of *resource*; *protected* are names or ids, names in any case."""
    return Circle(
        resource=resource,
        admin_groups=frozenset(group.id for group in licence_groups if _administers(group, resource=resource)),
        protected_groups=frozenset(name.casefold() for name in protected),
    )


def facts_of(user: User, *, circle: Circle, memory: Memory) -> SeatFacts:
    """The seat of *user* as far as it is known; what the search did not say stays None, and makes the seat unknown."""
    activity, seat = activity_on(circle.resource, access=user.product_access), memory.seat
    return SeatFacts(
        account_id=user.account_id,
        account_type=user.account_type,
        activity_known=activity.known,
        last_active=activity.at,
        added_to_org=user.added_to_org,
        first_seen_at=memory.first_seen_at,
        platform_roles=user.platform_roles,
        admin_on_product=memory.is_admin or _is_among(user.groups, circle.admin_groups),
        in_protected_group=_is_protected(user.groups, circle.protected_groups),
        is_approver=memory.is_approver,
        remembered_active=seat.last_active_at if seat else None,
        granted_at=seat.given_at if seat else None,
        kept_until=seat.kept_until if seat else None,
        exempt_until=_NO_END if memory.is_exempt else None,
    )


def _administers(group: LicenceGroup, *, resource: str) -> bool:
    """Whether its members have another than a harmless role on the product or on its site."""
    return any(role not in HARMLESS_ROLES for on, role in group.grants if on == resource or on.startswith(_PLATFORM))


def _is_among(groups: tuple[UserGroup, ...] | None, chosen: frozenset[str]) -> bool | None:
    return None if groups is None else any(group.id in chosen for group in groups)


def _is_protected(groups: tuple[UserGroup, ...] | None, protected: frozenset[str]) -> bool | None:
    if not protected:
        return False
    if groups is None:
        return None
    if any(name.casefold() in protected for group in groups for name in (group.id, group.name or "")):
        return True
    # A group without its name may be the one that is protected by name.
    return None if any(group.name is None for group in groups) else False
