"""PURE: all that one account holds on every product, which a removal must know before it takes anything."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from atlassian.licences import NO_MEMBERSHIP, SUSPENDED, LicenceGroup
from atlassian.models import RoleAssignment, User
from atlassian.standing import ACTIVE, account_status, membership_in, overall_membership

Grant = tuple[str, str]
"""A role on a resource, as (resource id, role)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """
    One account as fresh reads found it; `user` None when it was not found.

    `groups` are those of its groups that grant something on a product, each with all that it grants; `assignments` are its roles on
    all resources.
    """

    user: User | None = None
    groups: tuple[LicenceGroup, ...] = ()
    assignments: tuple[RoleAssignment, ...] = ()

    def last_active(self, resource: str) -> datetime | None:
        """The last use of the product (UTC), None for never or unknown."""
        used = (self.user.product_access if self.user else None) or ()
        return next((product.last_active for product in used if product.id == resource), None)

    def is_open(self, directory_id: str | None) -> bool:
        """Whether what is held in this directory is in use: the account is active, and not suspended there."""
        if self.user is None or account_status(self.user) != ACTIVE or self.user.for_deletion:
            return False
        overall = overall_membership(self.user)
        status = membership_in(self.assignments).get(directory_id, overall) if directory_id else overall
        return status not in (SUSPENDED, NO_MEMBERSHIP)

    def givers(self, grant: Grant, *, directory_id: str | None) -> tuple[LicenceGroup, ...]:
        """The groups of the account that give *grant* there; in any directory when Atlassian does not name one."""
        return tuple(group for group in self.groups if grant in group.grants and directory_id in (None, group.directory_id))

    @property
    def unexplained(self) -> frozenset[str]:
        """The resources on which a group gives a role, and none of `groups` is known to give it: what is known of them is out of date."""
        return frozenset(
            grant[0]
            for row in self.assignments
            for grant in granted_by_groups([row])
            if not self.givers(grant, directory_id=row.directory_id)
        )


def granted_by_groups(rows: Iterable[RoleAssignment]) -> frozenset[Grant]:
    """Everything in *rows* that comes through a group and is on a product."""
    return frozenset(
        (row.resource_id, assigned.role)
        for row in rows
        for assigned in row.role_assignments
        if "group_direct" in assigned.methods and row.resource_id and not is_platform(row.resource_id)
    )


def is_platform(resource: str) -> bool:
    """Whether it is a site's or an organization's platform, which is no product."""
    return resource.startswith("ari:cloud:platform:")


def merged(groups: Iterable[LicenceGroup]) -> tuple[LicenceGroup, ...]:
    """Each group once, by name. Where two answers about a group differ, it grants and forbids all that either says: the careful reading."""
    found: dict[str, LicenceGroup] = {}
    for group in groups:
        known = found.get(group.id, group)
        found[group.id] = replace(
            group,
            modifiable=group.modifiable and known.modifiable,
            external=group.external or known.external,
            grants=tuple(sorted({*known.grants, *group.grants})),
        )
    return tuple(sorted(found.values(), key=lambda group: (group.name.casefold(), group.id)))
