"""PURE: the shortest way from one account's standing to the product, changing nothing else where there is a choice."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from atlassian.access import ProductWanted, WayBack
from atlassian.licences import NO_MEMBERSHIP, SUSPENDED, LicenceGroup, select_candidates, select_group
from atlassian.standing import Standing

OTHER_DIRECTORY = "other_directory"
"""The reason of an invitation for somebody whose account is a member, but of no directory of the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What is to be mended, in order; `group` gives the access where it is not given by role or invitation."""

    levels: tuple[WayBack, ...]
    reason: str | None = None
    group: LicenceGroup | None = None
    restore_in: tuple[str, ...] = ()

    @classmethod
    def dead_end(cls, way_back: WayBack, *, reason: str | None = None) -> "Route":
        """A route of one level that no step mends."""
        return cls(levels=(way_back,), reason=reason)

    def after(self, first: WayBack) -> "Route":
        """The same route with a level before it; a dead end stays one, so that nothing is begun that can't be finished."""
        if self.levels == (WayBack.HAS_ACCESS,):
            return replace(self, levels=(first,))
        return replace(self, levels=(first, *self.levels), reason=None) if self.levels[0].can_be_mended else self


def route_to(standing: Standing, *, groups: Iterable[LicenceGroup], wanted: ProductWanted) -> Route:
    """The way for an account that is active, or will be by then."""
    licence_groups = tuple(groups)
    if standing.overall == NO_MEMBERSHIP:
        return route_by_invitation(licence_groups, wanted=wanted)
    seats = tuple(directory for directory in standing.seated_in if standing.status_in(directory) != NO_MEMBERSHIP)
    if seats:
        return _reopened(seats, standing=standing)
    candidates = select_candidates(licence_groups, resource=wanted.resource, role=wanted.role)
    group = select_group(candidates, resource=wanted.resource, preferred=wanted.group, membership=standing.membership)
    if group:
        return _by_group(group, standing=standing)
    near = tuple(group for group in licence_groups if standing.status_in(group.directory_id) != NO_MEMBERSHIP)
    if candidates and not near:
        # Groups only in directories where the person is not: an invitation is what makes somebody a member there.
        return replace(route_by_invitation(licence_groups, wanted=wanted), reason=OTHER_DIRECTORY)
    return _by_role(near, standing=standing)


def route_by_invitation(groups: Iterable[LicenceGroup], *, wanted: ProductWanted) -> Route:
    """The way for somebody who is in no directory: invited to the product, or into the group that the settings name."""
    licence_groups = tuple(groups)
    candidates = select_candidates(licence_groups, resource=wanted.resource, role=wanted.role)
    if not candidates and _external(licence_groups):
        return Route.dead_end(WayBack.OWNED_ELSEWHERE, reason="no_modifiable_group")
    named = next((group for group in candidates if group.answers_to(wanted.group)), None)
    return Route(levels=(WayBack.INVITE,), group=named)


def _reopened(seats: tuple[str | None, ...], *, standing: Standing) -> Route:
    if any(standing.status_in(directory) != SUSPENDED for directory in seats):
        return Route(levels=(WayBack.HAS_ACCESS,))
    known = sorted(directory for directory in seats if directory)
    return _restored((known or standing.suspended_in)[:1], then=())


def _by_group(group: LicenceGroup, *, standing: Standing) -> Route:
    if standing.status_in(group.directory_id) == SUSPENDED:
        return replace(_restored((group.directory_id,), then=(WayBack.ADD_ACCESS,)), group=group)
    return Route(levels=(WayBack.ADD_ACCESS,), group=group)


def _by_role(groups: Iterable[LicenceGroup], *, standing: Standing) -> Route:
    near = tuple(groups)
    # A direct role beside groups that an identity provider owns would go round its owner's back.
    if _external(near):
        return Route.dead_end(WayBack.OWNED_ELSEWHERE, reason="no_modifiable_group")
    homes = {group.directory_id for group in near} or {home for home, status in standing.membership.items() if status != NO_MEMBERSHIP}
    suspended = [standing.status_in(home) == SUSPENDED for home in homes] or [standing.overall == SUSPENDED]
    if all(suspended):
        return _restored(sorted(homes)[:1], then=(WayBack.ADD_ACCESS,))
    return Route(levels=(WayBack.ADD_ACCESS,))


def _restored(directories: Iterable[str], *, then: tuple[WayBack, ...]) -> Route:
    restore_in = tuple(directories)
    if not restore_in:
        return Route.dead_end(WayBack.AMBIGUOUS, reason="directory_unknown")
    return Route(levels=(WayBack.RESTORE, *then), restore_in=restore_in)


def _external(groups: Iterable[LicenceGroup]) -> bool:
    return any(group.external for group in groups)
