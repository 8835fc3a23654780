"""
PURE: from what the reads found to what a person's access needs, and from there to the steps.

Levels stack: an account that is deactivated, suspended and without the product needs three steps, in the order account, directory,
product. A way is only begun when its end can be reached: a restore that would give back everything but the product is not planned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from atlassian.access import AccessState, ProductWanted, Snapshot, WayBack
from atlassian.licences import HARMLESS_ROLES, GroupRef, LicenceGroup, Seats, select_candidates
from atlassian.models import RoleAssignment
from atlassian.planning import plan_restore
from atlassian.route import Route, route_by_invitation, route_to
from atlassian.standing import ACTIVE, CLOSED, INACTIVE, Found, Standing, membership_in, people_among, standing_of
from atlassian.steps import (
    AddToGroup,
    AssignRole,
    CancelDeletion,
    Enable,
    Invite,
    Restore,
    Step,
    settle_seconds,
    step_from_json,
    step_to_json,
)

__all__ = [
    "AccessState",
    "AddToGroup",
    "AssignRole",
    "CancelDeletion",
    "Enable",
    "Found",
    "GroupRef",
    "Invite",
    "LicenceGroup",
    "ProductWanted",
    "Restore",
    "Seats",
    "Snapshot",
    "Step",
    "WayBack",
    "diagnose",
    "plan_restore",
    "seated",
    "settle_seconds",
    "step_from_json",
    "step_to_json",
]


def diagnose(found: Found, wanted: ProductWanted) -> AccessState:
    """
    What stands between the person and the product; never raises for anything that Atlassian can answer.

    Apps and portal customers that share the address are not people of the organization and do not count as matches.
    """
    people = people_among(found.users)
    if len(people) > 1:
        return _nameless(Route.dead_end(WayBack.AMBIGUOUS, reason="several_accounts"), matches=len(people), found=found, wanted=wanted)
    if not people:
        return _nameless(_way_in(found, wanted=wanted), matches=0, found=found, wanted=wanted)
    standing = standing_of(people[0], found=found, wanted=wanted)
    return _described(_verdict(standing, found=found, wanted=wanted), standing=standing, found=found, wanted=wanted)


def _way_in(found: Found, *, wanted: ProductWanted) -> Route:
    if not found.email:
        return Route.dead_end(WayBack.AMBIGUOUS, reason="account_not_found")
    return route_by_invitation(found.licence_groups, wanted=wanted)


def _verdict(standing: Standing, *, found: Found, wanted: ProductWanted) -> Route:
    user = standing.user
    if found.email and user.email and found.email.casefold() != user.email.casefold():
        return Route.dead_end(WayBack.AMBIGUOUS, reason="email_mismatch")
    if standing.account == CLOSED:
        return Route.dead_end(WayBack.ACCOUNT_CLOSED)
    if standing.account not in (ACTIVE, INACTIVE):
        return Route.dead_end(WayBack.AMBIGUOUS, reason="unknown_status")
    route = route_to(standing, groups=found.licence_groups, wanted=wanted)
    if WayBack.INVITE in route.levels and not (user.email or found.email):
        return Route.dead_end(WayBack.AMBIGUOUS, reason="email_unknown")
    return _activated(route, standing=standing, found=found) if standing.is_off else _accepted(route, standing=standing)


def _activated(route: Route, *, standing: Standing, found: Found) -> Route:
    owner = _account_owner(standing, found=found)
    if owner:
        return Route.dead_end(WayBack.OWNED_ELSEWHERE, reason=owner)
    return route.after(WayBack.CANCEL_DELETION if standing.for_deletion else WayBack.ENABLE)


def _account_owner(standing: Standing, *, found: Found) -> str | None:
    """Why the organization may not activate the account, None when it may or when only trying tells."""
    if standing.user.claim_status == "unmanaged":
        return "unmanaged_account"
    enablement = found.permissions.enablement if found.permissions else None
    if enablement is None or enablement.allowed is not False:
        return None
    reason = (enablement.reason.key if enablement.reason else None) or "not_allowed"
    # A deletion must be cancelled before the account can be enabled, so "not allowed" says nothing then, unless a directory owns it.
    return None if standing.for_deletion and not reason.startswith("externalDirectory") else reason


def _accepted(route: Route, *, standing: Standing) -> Route:
    # Seated, never active anywhere, address never confirmed: an invitation that waits for the person (inferred; no field says so).
    user = standing.user
    waits = user.email_verified is False and user.product_access == () and user.management_source != "synced"
    return Route.dead_end(WayBack.ACCEPT_INVITATION) if waits and route.levels == (WayBack.HAS_ACCESS,) else route


def _nameless(route: Route, *, matches: int, found: Found, wanted: ProductWanted) -> AccessState:
    return AccessState(
        way_back=route.levels[0],
        levels=route.levels,
        reason=route.reason,
        matches=matches,
        email=found.email,
        side_products=route.group.other_resources(wanted.resource) if route.group else (),
        chosen_group=route.group.ref if route.group else None,
        candidate_groups=_candidates(found, wanted=wanted),
    )


def _described(route: Route, *, standing: Standing, found: Found, wanted: ProductWanted) -> AccessState:
    user = standing.user
    revived = bool(_REVIVING & set(route.levels))
    admin = _revived_admin(standing, found=found) if revived else ()
    return AccessState(
        way_back=route.levels[0],
        levels=route.levels,
        matches=1,
        reason="revives_admin" if admin else route.reason,
        account_id=user.account_id,
        account_name=user.name,
        email=user.email or found.email,
        account_status=standing.account,
        claim_status=user.claim_status,
        membership=standing.membership,
        licence_groups_held=tuple(group.ref for group in standing.held),
        direct_roles=standing.direct_roles,
        last_active=next((used.last_active for used in user.product_access or () if used.id == wanted.resource), None),
        added_to_org=user.added_to_org,
        brings_back=_brought_back(standing, found=found, wanted=wanted) if revived else (),
        revives_admin=admin,
        side_products=route.group.other_resources(wanted.resource) if route.group else (),
        chosen_group=route.group.ref if route.group else None,
        candidate_groups=_candidates(found, wanted=wanted),
        restore_in=route.restore_in,
    )


def seated(state: AccessState, *, step: Step, rows: Sequence[RoleAssignment]) -> AccessState:
    """*state* after *step*, when *rows* show the seat on the product: nothing is left to mend."""
    added = tuple(group for group in state.candidate_groups if isinstance(step, AddToGroup) and group.id == step.group_id)
    return replace(
        state,
        way_back=WayBack.HAS_ACCESS,
        levels=(WayBack.HAS_ACCESS,),
        reason=None,
        membership=dict(state.membership) | membership_in(rows),
        licence_groups_held=tuple(dict.fromkeys((*state.licence_groups_held, *added))),
        direct_roles=tuple(sorted({role for row in rows for role in row.direct_roles})),
        brings_back=(),
        revives_admin=(),
        side_products=(),
        chosen_group=None,
        restore_in=(),
    )


_REVIVING = {WayBack.CANCEL_DELETION, WayBack.ENABLE, WayBack.RESTORE}


def _brought_back(standing: Standing, *, found: Found, wanted: ProductWanted) -> tuple[str, ...]:
    """All that the account still has apart from the plain seat: names of groups, `role on resource`, platform roles."""
    plain = {group.id for group in standing.held if not group.grants_admin and not group.other_resources(wanted.resource)}
    groups = {group.name or group.id for group in standing.user.groups or () if group.id not in plain}
    seat = (wanted.resource, wanted.role)
    held = ((row.resource_id, role) for row in _asleep(standing, found=found) for role in row.direct_roles)
    roles = {f"{role} on {resource}" for resource, role in held if (resource, role) != seat}
    return tuple(sorted(groups | roles | set(standing.user.platform_roles or ())))


def _revived_admin(standing: Standing, *, found: Found) -> tuple[str, ...]:
    """The roles that administrate, or that we do not know, among all that sleeps with the account: direct, by group or inferred."""
    by_row = {(row.resource_id or "", role) for row in _asleep(standing, found=found) for role in row.held_roles}
    asleep = (group for group in standing.held if standing.is_off or standing.status_in(group.directory_id) != ACTIVE)
    by_group = {grant for group in asleep for grant in group.grants}
    everywhere = {role for role in standing.user.platform_roles or () if role not in HARMLESS_ROLES}
    return tuple(sorted(everywhere | {f"{role}@{resource}" for resource, role in by_row | by_group if role not in HARMLESS_ROLES}))


def _asleep(standing: Standing, *, found: Found) -> Iterator[RoleAssignment]:
    """The rows that are not in use now: those of any suspended directory, as a snapshot may choose another than the route."""
    return (row for row in found.assignments or () if standing.is_off or row.user_directory_status != ACTIVE)


def _candidates(found: Found, *, wanted: ProductWanted) -> tuple[GroupRef, ...]:
    return tuple(group.ref for group in select_candidates(found.licence_groups, resource=wanted.resource, role=wanted.role))
