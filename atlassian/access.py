"""PURE: what is wanted, and what a diagnosis says about one person's access to it; stored as a finding, shown on the card."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from atlassian.licences import HARMLESS_ROLES, GroupRef


class WayBack(StrEnum):
    """What a person's access needs."""

    HAS_ACCESS = "has_access"
    ADD_ACCESS = "add_access"
    RESTORE = "restore"
    ENABLE = "enable"
    CANCEL_DELETION = "cancel_deletion"
    INVITE = "invite"
    ACCOUNT_CLOSED = "account_closed"
    OWNED_ELSEWHERE = "owned_elsewhere"
    AMBIGUOUS = "ambiguous"
    ACCEPT_INVITATION = "accept_invitation"

    @property
    def can_be_mended(self) -> bool:
        """Whether Comeback has a step for it; the others are the end of the road, good or bad."""
        return self in _MENDABLE


_MENDABLE = frozenset({WayBack.ADD_ACCESS, WayBack.RESTORE, WayBack.ENABLE, WayBack.CANCEL_DELETION, WayBack.INVITE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductWanted:
    """
    A product as the settings name it: its resource ARI, the role, and the group to prefer (id or name).

    Raises ValueError for a role that administrates: no plan of ours ever gives one.
    """

    resource: str
    role: str = "atlassian/user"
    group: str | None = None

    def __post_init__(self) -> None:
        if self.role not in HARMLESS_ROLES:
            raise ValueError(f"{self.role!r} is not a role that Comeback gives; expected one of {', '.join(sorted(HARMLESS_ROLES))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRef:
    """A direct role on a product; `directory_id` is where Atlassian listed it, which a new assignment can't choose."""

    resource: str
    role: str
    directory_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    What a removal took from one person for one product: memberships, each with its directory, and direct roles.

    `side_products` are the other products that these groups granted when they were taken, so that putting them back grants them too.
    """

    groups: tuple[GroupRef, ...] = ()
    roles: tuple[RoleRef, ...] = ()
    side_products: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The snapshot as JSON types; it holds no personal data."""
        document: dict[str, Any] = _SNAPSHOT.dump_python(self, mode="json")
        return document

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Snapshot":
        """The snapshot that `to_json` wrote, by this version or an older one."""
        return _SNAPSHOT.validate_python(dict(document))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessState:
    """
    How one person stands with one product.

    `levels` are all the things to mend, in the order in which they are mended, and `way_back` is the first of them; a way back that
    cannot be mended stands alone. `membership` maps directory ids to active, suspended or no_membership, as far as known.
    `chosen_group` is None when the access comes by role or invitation; `candidate_groups` are all that could be chosen. `brings_back` is
    what a restore or enable gives back besides the product, and `revives_admin` the roles of it that administrate, as `role@resource`
    (`role` alone for one of the whole organization): then a human decides. `reason` is a machine code: Atlassian's key as in
    `externalDirectory.scim`, or `no_modifiable_group`, `unmanaged_account`, `several_accounts`, `email_mismatch`, `email_unknown`,
    `account_not_found`, `directory_unknown`, `unknown_status`, and of ways back that can be mended `other_directory` (the account is in
    none of the product's directories) and `revives_admin`. `last_active` None means never or unknown.
    """

    way_back: WayBack
    levels: tuple[WayBack, ...]
    matches: int
    reason: str | None = None
    account_id: str | None = None
    account_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    account_status: str | None = None
    claim_status: str | None = None
    membership: Mapping[str, str] = field(default_factory=dict)
    licence_groups_held: tuple[GroupRef, ...] = ()
    direct_roles: tuple[str, ...] = ()
    last_active: datetime | None = None
    added_to_org: datetime | None = None
    brings_back: tuple[str, ...] = ()
    revives_admin: tuple[str, ...] = ()
    side_products: tuple[str, ...] = ()
    chosen_group: GroupRef | None = None
    candidate_groups: tuple[GroupRef, ...] = ()
    restore_in: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The state as JSON types, personal data included."""
        document: dict[str, Any] = _ACCESS_STATE.dump_python(self, mode="json")
        return document

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "AccessState":
        """The state that `to_json` wrote, by this version or an older one."""
        return _ACCESS_STATE.validate_python(dict(document))


_ACCESS_STATE: TypeAdapter[AccessState] = TypeAdapter(AccessState)
_SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
