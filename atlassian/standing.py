"""PURE: one account's facts put together: which directories it is in, which groups and roles seat it on the product."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from atlassian.access import ProductWanted
from atlassian.licences import NO_MEMBERSHIP, SUSPENDED, LicenceGroup
from atlassian.models import ManagePermissions, RoleAssignment, User

ACTIVE = "active"
INACTIVE = "inactive"
CLOSED = "closed"

_ACCOUNT_OF_STATUS = {"deactivated": INACTIVE, "for_deletion": INACTIVE}
_MEMBERSHIP_OF_STATUS = {"suspended": SUSPENDED, "not_invited": NO_MEMBERSHIP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    Everything that the reads returned about one person and one product.

    `email` is the address that was looked for. `assignments` None means not read. `directories` are all that the person is in, None when
    that was not read.
    """

    email: str | None
    users: tuple[User, ...]
    licence_groups: tuple[LicenceGroup, ...] = ()
    assignments: tuple[RoleAssignment, ...] | None = None
    permissions: ManagePermissions | None = None
    directories: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    How one account stands: `account` and `overall` as Atlassian's words, `membership` per directory.

    `seated_in` are the directories in which something seats the person on the product, None for one that Atlassian does not name.
    """

    user: User
    account: str
    for_deletion: bool
    overall: str
    membership: Mapping[str, str]
    held: tuple[LicenceGroup, ...]
    direct_roles: tuple[str, ...]
    seated_in: tuple[str | None, ...]

    @property
    def is_off(self) -> bool:
        """Whether the whole account is deactivated or about to be deleted."""
        return self.account == INACTIVE or self.for_deletion

    def status_in(self, directory_id: str | None) -> str:
        """The membership there; where it is not known, what holds over all directories."""
        return self.membership.get(directory_id, self.overall) if directory_id else self.overall

    @property
    def suspended_in(self) -> tuple[str, ...]:
        """The directories that suspend the person, sorted."""
        return tuple(sorted(directory for directory, status in self.membership.items() if status == SUSPENDED))


def people_among(users: Iterable[User]) -> tuple[User, ...]:
    """Each person once: apps and portal customers may share an address, and pages may overlap."""
    return tuple({user.account_id: user for user in users if user.account_type in (None, "atlassian")}.values())


def standing_of(user: User, *, found: Found, wanted: ProductWanted) -> Standing:
    """The facts about *user* for the product *wanted*."""
    rows = tuple(row for row in found.assignments or () if row.resource_id == wanted.resource)
    in_groups = {group.id for group in user.groups or ()}
    held = tuple(group for group in found.licence_groups if group.id in in_groups)
    overall = overall_membership(user)
    return Standing(
        user=user,
        account=account_status(user),
        for_deletion=bool(user.for_deletion) or user.status == "for_deletion",
        overall=overall,
        membership=_membership(found, overall=overall),
        held=held,
        direct_roles=tuple(sorted({role for row in rows for role in row.direct_roles})),
        seated_in=(*(group.directory_id for group in held), *(row.directory_id for row in rows if seats(row, role=wanted.role))),
    )


def _membership(found: Found, *, overall: str) -> dict[str, str]:
    known = {}
    if found.directories is not None:
        known = {group.directory_id: NO_MEMBERSHIP for group in found.licence_groups}
        known |= dict.fromkeys(found.directories, overall)
    return known | membership_in(found.assignments or ())


def membership_in(rows: Iterable[RoleAssignment]) -> dict[str, str]:
    """The membership per directory that role assignments tell of."""
    return {row.directory_id: row.user_directory_status for row in rows if row.directory_id and row.user_directory_status}


def account_status(user: User) -> str:
    """active, inactive or closed; told by the summary where the account's own status is missing."""
    return user.account_status or _ACCOUNT_OF_STATUS.get(user.status or "", ACTIVE)


def overall_membership(user: User) -> str:
    """What holds over all directories that the key sees: active, suspended or no_membership."""
    return user.membership_status or _MEMBERSHIP_OF_STATUS.get(user.status or "", ACTIVE)


def seats(row: RoleAssignment, *, role: str) -> bool:
    """Whether the row gives the person a seat: *role* by any way, or administration that somebody gave."""
    # An organization admin is shown with inferred administration of every product; that alone is no seat.
    given = {assigned.role for assigned in row.role_assignments if {"direct", "group_direct"} & set(assigned.methods)}
    return role in row.held_roles or "atlassian/admin" in given
