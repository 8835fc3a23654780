"""The words in which the tests of this folder tell their stories: people, groups, roles, an organization in miniature."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from atlassian.access import AccessState, ProductWanted
from atlassian.diagnosis import diagnose
from atlassian.holdings import Holdings
from atlassian.licences import LicenceGroup
from atlassian.models import AssignedRole, ManagePermissions, Permission, ProductAccess, ReasonKey, RoleAssignment, User, UserGroup
from atlassian.standing import Found
from atlassian.steps import AddToGroup, AssignRole, CancelDeletion, Enable, Invite, RemoveFromGroup, Restore, RevokeRole, Step

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
JIRA = "ari:cloud:jira-software::site/c1"
CONFLUENCE = "ari:cloud:confluence::site/c1"
PLATFORM = "ari:cloud:platform::site/c1"
USER, ADMIN = "atlassian/user", "atlassian/admin"
ACME, NORTH = "dir-acme", "dir-north"
ADA = "712020:ada"
EMAIL = "ada@acme.example"
WANTED = ProductWanted(resource=JIRA)


def group(
    name: str,
    *,
    directory: str = ACME,
    grants: Iterable[tuple[str, str]] = ((JIRA, USER),),
    external: bool = False,
    modifiable: bool | None = None,
) -> LicenceGroup:
    """A licence group whose id is `id-<name>`."""
    return LicenceGroup(
        id=f"id-{name}",
        name=name,
        directory_id=directory,
        modifiable=not external if modifiable is None else modifiable,
        external=external,
        grants=tuple(grants),
    )


def person(*groups: LicenceGroup, email: str | None = EMAIL, account_id: str = ADA, used: datetime | None = None, **facts: Any) -> User:
    """An account, active and a member unless *facts* say otherwise."""
    defaults: dict[str, Any] = {"account_type": "atlassian", "account_status": "active", "membership_status": "active"}
    access = (ProductAccess(id=JIRA, key="jira-software", last_active=used),) if used else ()
    members = tuple(UserGroup(id=one.id, name=one.name) for one in groups)
    return User.model_validate(
        defaults | {"account_id": account_id, "email": email, "groups": members, "product_access": access, "platform_roles": ()} | facts
    )


def role(resource: str = JIRA, *, given: str = USER, how: str = "direct", directory: str = ACME, status: str = "active") -> RoleAssignment:
    """One row of somebody's role assignments."""
    assigned = AssignedRole(role=given, methods=(how,))
    return RoleAssignment(resource_id=resource, directory_id=directory, user_directory_status=status, role_assignments=(assigned,))


def permissions(*, allowed: bool, reason: str | None = None) -> ManagePermissions:
    """What the organization may do with an account's activation."""
    return ManagePermissions(enablement=Permission(allowed=allowed, reason=ReasonKey(key=reason) if reason else None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Miniature:
    """One account in an organization of groups: enough to see what a plan does. `directories` maps to "is suspended there"."""

    groups: tuple[LicenceGroup, ...]
    exists: bool = True
    account: str = "active"
    for_deletion: bool = False
    claim: str = "managed"
    lock: str | None = None
    directories: Mapping[str, bool] = field(default_factory=lambda: {ACME: False})
    member_of: frozenset[str] = frozenset()
    direct: frozenset[tuple[str, str]] = frozenset()
    platform_roles: tuple[str, ...] = ()

    @property
    def holdings(self) -> frozenset[tuple[str, str]]:
        """All (resource, role) that the account holds, usable or not."""
        return self.direct | {grant for one in self.groups if one.id in self.member_of for grant in one.grants}

    @property
    def products(self) -> frozenset[str]:
        """The products that the account can use now: seats and direct roles of the directories that do not suspend it."""
        return frozenset(resource for resource, name in self.usable if name in (USER, ADMIN))

    @property
    def usable(self) -> frozenset[tuple[str, str]]:
        """All (resource, role) that the account can use now."""
        if self.account != "active" or not self.directories:
            return frozenset()
        open_groups = (one for one in self._members if self.directories.get(one.directory_id) is False)
        direct = {(resource, name) for resource, name in self.direct if self.directories[self.home(resource)] is False}
        return frozenset(direct | {grant for one in open_groups for grant in one.grants})

    @property
    def _members(self) -> tuple[LicenceGroup, ...]:
        return tuple(one for one in self.groups if one.id in self.member_of)

    def user(self) -> User:
        """The account as the search shows it."""
        return person(
            *self._members,
            account_status=self.account,
            membership_status=self._membership(),
            for_deletion=self.for_deletion,
            claim_status=self.claim,
            platform_roles=self.platform_roles,
        )

    def held(self) -> Holdings:
        """What the reads before a removal would find now."""
        return Holdings(user=self.user(), groups=self._members, assignments=tuple(self._rows()))

    def seen(self, *, email: str | None = EMAIL, resource: str = JIRA) -> Found:
        """What the reads about one product would find now."""
        licence_groups = tuple(one for one in self.groups if resource in {granted for granted, _ in one.grants})
        if not self.exists:
            return Found(email=email, users=(), licence_groups=licence_groups)
        return Found(
            email=email,
            users=(self.user(),),
            licence_groups=licence_groups,
            assignments=tuple(self._rows()) if self.directories else None,
            permissions=permissions(allowed=False, reason=self.lock) if self.lock else permissions(allowed=True),
            directories=tuple(self.directories),
        )

    def diagnosed(self, wanted: ProductWanted = WANTED) -> AccessState:
        """How the account stands now."""
        return diagnose(self.seen(resource=wanted.resource), wanted)

    def after(self, step: Step) -> "Miniature":
        """The organization after Atlassian took *step*; AssertionError when it would have refused."""
        match step:
            case CancelDeletion():
                assert self.for_deletion
                return replace(self, for_deletion=False, account="active")
            case Enable():
                assert self.account == "inactive"
                assert not self.for_deletion
                assert self.claim == "managed"
                assert not self.lock
                return replace(self, account="active")
            case Restore(directory_id=directory):
                assert self.directories[directory] is True
                return replace(self, directories={**self.directories, directory: False})
            case AddToGroup() | RemoveFromGroup():
                return replace(self, member_of=self._members_after(step))
            case AssignRole() | RevokeRole():
                return replace(self, direct=self._direct_after(step))
            case Invite(group_ids=group_ids, resource=resource, role=given):
                direct = self.direct if group_ids else self.direct | {(resource, given)}
                seating = {one.directory_id for one in self.groups if (resource, given) in one.grants} or {ACME}
                homes = {one.directory_id for one in self.groups if one.id in group_ids} or seating
                return replace(
                    self,
                    exists=True,
                    directories=dict(self.directories) | dict.fromkeys(homes, False),
                    member_of=self.member_of | set(group_ids),
                    direct=direct,
                )

    def _members_after(self, step: AddToGroup | RemoveFromGroup) -> frozenset[str]:
        target = next(one for one in self.groups if one.id == step.group_id)
        assert step.directory_id == target.directory_id
        assert self.directories[step.directory_id] is False
        assert target.modifiable
        return self.member_of | {target.id} if isinstance(step, AddToGroup) else self.member_of - {target.id}

    def _direct_after(self, step: AssignRole | RevokeRole) -> frozenset[tuple[str, str]]:
        assert self.account == "active"
        assert False in self.directories.values()
        grant = (step.resource, step.role)
        return self.direct | {grant} if isinstance(step, AssignRole) else self.direct - {grant}

    def _membership(self) -> str:
        if not self.directories:
            return "no_membership"
        return "suspended" if all(self.directories.values()) else "active"

    def home(self, resource: str) -> str:
        """The directory of a direct role: one of the product's groups, and of these where the person is active, if anywhere."""
        seating = [one for one in self.groups if resource in {granted for granted, _ in one.grants}]
        homes = [one.directory_id for one in seating if one.directory_id in self.directories] or list(self.directories)
        return next((home for home in homes if not self.directories[home]), homes[0])

    def _rows(self) -> Iterable[RoleAssignment]:
        for directory, suspended in self.directories.items():
            status = "suspended" if suspended else "active"
            given = {(grant, "group_direct") for one in self._members if one.directory_id == directory for grant in one.grants}
            given |= {(grant, "direct") for grant in self.direct if directory == self.home(grant[0])}
            # Membership of a site is a row of its own; without it a suspension is seen only once something is held there.
            yield role(PLATFORM, given="atlassian/basic", how="inferred", directory=directory, status=status)
            for (resource, name), how in sorted(given):
                yield role(resource, given=name, how=how, directory=directory, status=status)
