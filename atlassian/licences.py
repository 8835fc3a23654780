"""PURE: what a group grants, and which group may bring a person back to a product."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HARMLESS_ROLES = frozenset(
    f"atlassian/{name}" for name in ("user", "guest", "customer", "contributor", "basic", "stakeholder", "viewer", "ai-access")
)
"""The roles that Comeback may give. A role that is not listed counts as administration: a new one must not slip through."""

SUSPENDED = "suspended"
NO_MEMBERSHIP = "no_membership"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRef:
    """A group, enough to add somebody to it: a membership needs the group's own directory."""

    id: str
    name: str
    directory_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceGroup:
    """A group that seats its members on a product; `grants` is all that it gives, as (resource id, role)."""

    id: str
    name: str
    directory_id: str
    modifiable: bool
    external: bool
    grants: tuple[tuple[str, str], ...]

    @property
    def ref(self) -> GroupRef:
        """The group without its grants."""
        return GroupRef(id=self.id, name=self.name, directory_id=self.directory_id)

    @property
    def grants_admin(self) -> bool:
        """Whether membership gives administration of anything, or a role that we do not know."""
        return any(role not in HARMLESS_ROLES for _, role in self.grants)

    @property
    def may_be_given(self) -> bool:
        """Whether Comeback may add people: modifiable, not an identity provider's, no administration."""
        return self.modifiable and not self.external and not self.grants_admin

    def answers_to(self, name: str | None) -> bool:
        """Whether *name* is this group's id or name."""
        return name is not None and (self.id == name or self.name.casefold() == name.casefold())

    def other_resources(self, resource: str) -> tuple[str, ...]:
        """The products besides *resource* that membership gives, sorted; a site's platform is no product."""
        return tuple(sorted({other for other, _ in self.grants if other != resource and not other.startswith("ari:cloud:platform:")}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """Seats of a product when they were read; None in `capacity` and `left` means no limit."""

    capacity: int | None
    used: int | None
    left: int | None


def select_candidates(groups: Iterable[LicenceGroup], *, resource: str, role: str) -> tuple[LicenceGroup, ...]:
    """The groups that grant exactly *role* on *resource* and that Comeback may add people to."""
    return tuple(group for group in groups if (resource, role) in group.grants and group.may_be_given)


def select_group(
    candidates: Iterable[LicenceGroup], *, resource: str, preferred: str | None, membership: Mapping[str, str]
) -> LicenceGroup | None:
    """
    The one group to use, None when there is none in a directory of the person.

    First those that need no restore, then the *preferred* one (id or name), then the one that grants fewest other products, then by name.
    *membership* maps directory ids to the person's status there; a directory it does not have is not held against a group.
    """

    def rank(group: LicenceGroup) -> tuple[bool, bool, int, str, str]:
        suspended = membership.get(group.directory_id) == SUSPENDED
        return (suspended, not group.answers_to(preferred), len(group.other_resources(resource)), group.name.casefold(), group.id)

    usable = (group for group in candidates if membership.get(group.directory_id) != NO_MEMBERSHIP)
    return min(usable, key=rank, default=None)
