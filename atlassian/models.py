"""
Atlassian's answers as frozen records, read from bytes; fields that are not used here are ignored.

Words that Atlassian may extend (statuses, roles) stay plain strings: a new one must not make a page of a hundred people unreadable.
Shapes: https://developer.atlassian.com/cloud/admin/organization/rest/ (seen November 2026).
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel

T = TypeVar("T")


def _moment_or_none(value: Any, parse: ValidatorFunctionWrapHandler) -> datetime | None:
    # A date that can't be read is an unknown date, not a reason to lose the page; the callers treat unknown as "never act".
    try:
        moment: datetime | None = parse(value)
    except ValidationError:
        return None
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bare_id(value: str) -> str:
    # Users carry `ari:cloud:identity::group/<id>` where the group endpoints take `<id>`.
    return value.rpartition("/")[2]


def _empty_if_null(value: Any) -> Any:
    return () if value is None else value


Moment = Annotated[datetime | None, WrapValidator(_moment_or_none)]
GroupId = Annotated[str, AfterValidator(_bare_id)]
Many = Annotated[tuple[T, ...], BeforeValidator(_empty_if_null)]


class Answer(BaseModel):
    """What all answers share: frozen, camel case on the wire, unknown fields ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Links(Answer):
    """Where the next page is: `next` is a bare token on v2 and a URL on v1; missing, null or empty at the end."""

    next: str | None = None


class Page(Answer, Generic[T]):
    """One page of an answer; pages may shift while they are read, so that the same row can come twice."""

    data: Many[T]
    links: Links | None = None

    @property
    def next_cursor(self) -> str | None:
        """The token that asks for the next page; None on the last one."""
        following = self.links.next if self.links else None
        if following and "://" in following:
            return next(iter(parse_qs(urlsplit(following).query).get("cursor", ())), None)
        return following or None


class ProductAccess(Answer):
    """The last activity in one product, which says nothing about a seat; `last_active` None means unknown, not never."""

    id: str | None = None
    key: str | None = None
    last_active: Moment = Field(default=None, alias="lastActiveTimestamp")


class UserGroup(Answer):
    """A group that a person is in; `id` is bare."""

    id: GroupId
    name: str | None = None


class User(Answer):
    """
    One account as the search shows it.

    `groups`, `product_access` and `platform_roles` are None when they were not asked for. `status` is Atlassian's summary of account and
    membership; `membership_status` is "suspended" only when that is so in all directories that the key sees.
    """

    account_id: str
    account_type: str | None = None
    account_status: str | None = None
    membership_status: str | None = None
    status: str | None = None
    claim_status: str | None = None
    management_source: str | None = None
    name: str | None = Field(default=None, repr=False)
    email: str | None = Field(default=None, repr=False)
    email_verified: bool | None = None
    added_to_org: Moment = None
    for_deletion: bool | None = None
    platform_roles: tuple[str, ...] | None = None
    product_access: tuple[ProductAccess, ...] | None = None
    groups: tuple[UserGroup, ...] | None = None


class ManagementAccess(Answer):
    """What the key may do with a group."""

    modifiable: bool | None = None


class Group(Answer):
    """A group of one directory."""

    id: GroupId
    name: str = ""
    directory_id: str | None = None
    management_access: ManagementAccess | None = None
    external_synced: bool | None = None
    managed_by: str | None = None

    @property
    def external(self) -> bool:
        """Whether an identity provider owns the members."""
        return bool(self.external_synced) or self.managed_by == "external"

    @property
    def modifiable(self) -> bool:
        """Whether the key may add and remove members; false unless Atlassian says so."""
        return not self.external and self.management_access is not None and self.management_access.modifiable is True


class AssignedRole(Answer):
    """A role and how somebody came to it: `direct`, `group_direct` (through a group) or `inferred`."""

    role: str
    methods: Many[str] = Field(default=(), alias="roleAssignmentMethods")


class RoleAssignment(Answer):
    """The roles of a person or group on one resource, and how the person stands in that directory."""

    resource_id: str | None = None
    directory_id: str | None = None
    user_directory_status: str | None = None
    roles: Many[str] = ()
    role_assignments: Many[AssignedRole] = ()

    @property
    def held_roles(self) -> frozenset[str]:
        """All roles of the row; the deprecated list counts when it is all there is."""
        return frozenset(self.roles) | {assigned.role for assigned in self.role_assignments}

    @property
    def direct_roles(self) -> frozenset[str]:
        """The roles that were given to the person, not to one of their groups."""
        return frozenset(assigned.role for assigned in self.role_assignments if "direct" in assigned.methods)


class SandboxStanding(Answer):
    """Whether a product is a sandbox of another: `type` is then CHILD."""

    type: str | None = None


class WorkspaceAttributes(Answer):
    """Facts of a workspace; `type` is the product's name, `name` the site's."""

    name: str | None = None
    type: str | None = None
    type_key: str | None = None
    owner: str | None = None
    status: str | None = None
    sandbox: SandboxStanding | None = None
    capacity: int | None = None
    host_url: str | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether it is a place to try things, where nobody asks for their seat back."""
        return self.sandbox is not None and self.sandbox.type == "CHILD"


class Workspace(Answer):
    """A product on a site; `id` is the resource ARI that roles, invitations and filters take. Never build one by hand."""

    id: str
    attributes: WorkspaceAttributes = WorkspaceAttributes()


class Directory(Answer):
    """A directory of the organization."""

    directory_id: str
    name: str | None = None


class ReasonKey(Answer):
    """Why something is not allowed."""

    key: str | None = None


class Permission(Answer):
    """Whether an account may be changed in one way, and if not, why."""

    allowed: bool | None = None
    reason: ReasonKey | None = None


class ManagePermissions(Answer):
    """What the organization may do with a managed account; None where Atlassian does not say."""

    enablement: Permission | None = Field(default=None, alias="lifecycle.enablement")
    deletion: Permission | None = Field(default=None, alias="lifecycle.delete")


class ApplicationRole(Answer):
    """Seats of one product of the Jira family on one site; -1 or `has_unlimited_seats` means no limit."""

    key: str
    number_of_seats: int | None = None
    remaining_seats: int | None = None
    user_count: int | None = None
    has_unlimited_seats: bool | None = None


UserPage = Page[User]
GroupPage = Page[Group]
RoleAssignmentPage = Page[RoleAssignment]
WorkspacePage = Page[Workspace]
DirectoryPage = Page[Directory]
