"""Putting back exactly what was taken, and steps as records."""

import json
from typing import Any

import pytest

from atlassian.access import AccessState, RoleRef, Snapshot, WayBack
from atlassian.diagnosis import diagnose
from atlassian.licences import LicenceGroup
from atlassian.planning import plan_restore, plan_return
from atlassian.standing import Found
from atlassian.steps import (
    AddToGroup,
    AssignRole,
    CancelDeletion,
    Enable,
    Invite,
    RemoveFromGroup,
    Restore,
    RevokeRole,
    Step,
    settle_seconds,
    step_from_json,
    step_to_json,
)
from tests.atlassian.words import ACME, ADA, ADMIN, CONFLUENCE, EMAIL, JIRA, NORTH, USER, WANTED, group, person, role

USERS = group("jira-users")
STAFF = group("all-staff", grants=((JIRA, USER), (CONFLUENCE, USER)))
ADMINS = group("jira-admins", grants=((JIRA, ADMIN),))
SYNCED = group("engineering", external=True)
STEPS: list[Step] = [
    AddToGroup(group_id="g", directory_id=ACME, account_id=ADA),
    AssignRole(account_id=ADA, role=USER, resource=JIRA),
    Restore(account_id=ADA, directory_id=ACME),
    Enable(account_id=ADA),
    CancelDeletion(account_id=ADA),
    Invite(email=EMAIL, resource=JIRA, role=USER, group_ids=("g",)),
    RemoveFromGroup(group_id="g", directory_id=ACME, account_id=ADA),
    RevokeRole(account_id=ADA, role=USER, resource=JIRA),
]
SEAT = RoleRef(resource=JIRA, role=USER, directory_id=ACME)


def state_of(*held: LicenceGroup, groups: tuple[LicenceGroup, ...] = (USERS, STAFF, ADMINS), **facts: Any) -> AccessState:
    """How somebody stands who is in the groups *held*."""
    return diagnose(Found(email=EMAIL, users=(person(*held, **facts),), licence_groups=groups, directories=(ACME,)), WANTED)


def added(*groups: LicenceGroup) -> tuple[Step, ...]:
    """The steps that add to these groups."""
    return tuple(AddToGroup(group_id=one.id, directory_id=one.directory_id, account_id=ADA) for one in groups)


def test_the_groups_of_the_snapshot_are_put_back() -> None:
    """Not the group that would be chosen today, and not fewer than were taken."""
    snapshot = Snapshot(groups=(STAFF.ref, USERS.ref))
    assert plan_restore(state_of(), WANTED, snapshot) == added(USERS, STAFF)


def test_the_rest_of_a_snapshot_follows_when_the_access_is_there() -> None:
    """One step gives access back; the return is complete only when nothing is planned any more."""
    snapshot = Snapshot(groups=(STAFF.ref, USERS.ref))
    half = state_of(USERS)
    assert half.way_back is WayBack.HAS_ACCESS
    assert plan_restore(half, WANTED, snapshot) == added(STAFF)
    assert plan_restore(state_of(USERS, STAFF), WANTED, snapshot) == ()


def test_an_admin_group_of_a_snapshot_is_left_to_a_human() -> None:
    """A snapshot is no way to administration: group and role alike fall back to the ordinary way."""
    snapshot = Snapshot(groups=(ADMINS.ref,), roles=(RoleRef(resource=JIRA, role=ADMIN),))
    returned = plan_return(state_of(), WANTED, snapshot)
    assert (returned.steps, returned.by_substitute) == (added(USERS), True)
    assert (returned.missing, returned.for_a_human) == (("jira-admins",), (f"{ADMIN} on {JIRA}",))


def test_a_snapshot_whose_group_is_gone_falls_back() -> None:
    """The person still comes back, by the group of today, and the card can say so."""
    snapshot = Snapshot(groups=(group("long-gone").ref,))
    returned = plan_return(state_of(), WANTED, snapshot)
    assert (returned.steps, returned.missing, returned.by_substitute) == (added(USERS), ("long-gone",), True)


def test_what_is_left_of_a_snapshot_needs_no_substitute() -> None:
    """One of two groups is gone: the other is put back, no third one is added, and the missing one is named."""
    snapshot = Snapshot(groups=(group("long-gone").ref, STAFF.ref))
    returned = plan_return(state_of(), WANTED, snapshot)
    assert (returned.steps, returned.missing, returned.by_substitute) == (added(STAFF), ("long-gone",), False)


def test_a_complete_return_misses_nothing() -> None:
    """What is held again is not missing."""
    returned = plan_return(state_of(STAFF), WANTED, Snapshot(groups=(STAFF.ref,)))
    assert (returned.steps, returned.missing, returned.by_substitute) == ((), (), False)


def test_a_direct_role_of_the_snapshot_is_put_back_as_a_role() -> None:
    """Also where an identity provider owns every group: what we took is ours to give back."""
    snapshot = Snapshot(roles=(SEAT, RoleRef(resource=CONFLUENCE, role=USER)))
    steps = (AssignRole(account_id=ADA, role=USER, resource=JIRA),)
    assert plan_restore(state_of(), WANTED, snapshot) == steps
    assert plan_restore(state_of(groups=(SYNCED,)), WANTED, snapshot) == steps


@pytest.mark.parametrize("facts", [{"account_status": "closed"}, {"account_status": "frozen"}, {"email": "eve@acme.example"}])
def test_a_snapshot_mends_no_dead_end(facts: dict[str, Any]) -> None:
    """Closed, unknown or somebody else: nothing is written."""
    assert plan_restore(state_of(**facts), WANTED, Snapshot(groups=(USERS.ref,), roles=(SEAT,))) == ()


@pytest.mark.parametrize("facts", [{"account_status": "inactive"}, {"membership_status": "no_membership"}])
def test_a_role_is_put_back_on_members_only(facts: dict[str, Any]) -> None:
    """Where an identity provider owns all else, nothing is begun that Atlassian would refuse."""
    state = state_of(groups=(SYNCED,), **facts)
    assert (state.way_back, plan_restore(state, WANTED, Snapshot(roles=(SEAT,)))) == (WayBack.OWNED_ELSEWHERE, ())


def test_roles_come_before_groups_and_never_beside_access() -> None:
    """Atlassian may answer a role with a membership: a role that is asked for again and again would never be seen."""
    snapshot = Snapshot(groups=(USERS.ref,), roles=(SEAT,))
    assert [step.kind for step in plan_restore(state_of(), WANTED, snapshot)] == ["assign_role", "add_to_group"]
    assert plan_restore(state_of(USERS), WANTED, snapshot) == ()


NORTHERN = group("jira-north", directory=NORTH)


def torn(*held: LicenceGroup, acme: str, north: str, overall: str = "active") -> AccessState:
    """Somebody in two directories, each with a group of the product."""
    rows = (role(CONFLUENCE, directory=ACME, status=acme), role(CONFLUENCE, directory=NORTH, status=north))
    user = person(*held, membership_status=overall)
    found = Found(email=EMAIL, users=(user,), licence_groups=(USERS, NORTHERN), assignments=rows, directories=(ACME, NORTH))
    return diagnose(found, WANTED)


def test_a_suspension_that_the_snapshot_does_not_need_stays() -> None:
    """A seat in a suspended directory is no reason to end the suspension, when what was taken was taken elsewhere."""
    state = torn(NORTHERN, acme="active", north="suspended")
    assert state.levels == (WayBack.RESTORE,)
    assert plan_restore(state, WANTED, Snapshot(groups=(USERS.ref,))) == added(USERS)
    role_back = (AssignRole(account_id=ADA, role=USER, resource=JIRA),)
    assert plan_restore(state, WANTED, Snapshot(roles=(SEAT,))) == role_back


def test_the_suspension_ends_where_the_snapshot_is() -> None:
    """Suspended in both directories: the one of the snapshot is restored, not the first."""
    state = torn(acme="suspended", north="suspended", overall="suspended")
    assert state.restore_in == (NORTH,)
    plan = plan_restore(state, WANTED, Snapshot(groups=(USERS.ref,)))
    assert plan == (Restore(account_id=ADA, directory_id=ACME), *added(USERS))


def test_where_the_directories_are_unknown_a_suspension_is_everywhere() -> None:
    """A membership in a suspended directory would be refused, so that the restore comes first."""
    found = Found(email=EMAIL, users=(person(membership_status="suspended"),), licence_groups=(USERS, STAFF))
    state = diagnose(found, WANTED)
    assert state.membership == {}
    assert plan_restore(state, WANTED, Snapshot(groups=(STAFF.ref,))) == (Restore(account_id=ADA, directory_id=ACME), *added(STAFF))


def test_a_group_behind_a_suspension_is_missing_when_another_comes_back() -> None:
    """The fewest changes: nobody ended that suspension, and the person has the product."""
    returned = plan_return(torn(acme="active", north="suspended"), WANTED, Snapshot(groups=(USERS.ref, NORTHERN.ref)))
    assert (returned.steps, returned.missing) == (added(USERS), ("jira-north",))


def test_a_suspension_is_ended_before_the_snapshot_is_put_back() -> None:
    """The order of levels holds with a snapshot too."""
    plan = plan_restore(state_of(membership_status="suspended"), WANTED, Snapshot(groups=(STAFF.ref,)))
    assert plan == (Restore(account_id=ADA, directory_id=ACME), *added(STAFF))


@pytest.mark.parametrize(
    ("snapshot", "group_ids", "substitute"),
    [
        (Snapshot(groups=(STAFF.ref, USERS.ref)), (USERS.id, STAFF.id), False),
        (Snapshot(groups=(STAFF.ref,), roles=(SEAT,)), (STAFF.id,), False),
        (Snapshot(roles=(SEAT,)), (), False),
        (Snapshot(groups=(group("long-gone").ref,)), (), True),
    ],
)
def test_a_snapshot_of_somebody_who_left_altogether_is_an_invitation(
    snapshot: Snapshot, group_ids: tuple[str, ...], substitute: bool
) -> None:
    """Into the groups that they had, as far as they are there, or to the role."""
    nobody = diagnose(Found(email=EMAIL, users=(), licence_groups=(USERS, STAFF)), WANTED)
    returned = plan_return(nobody, WANTED, snapshot)
    assert returned.steps == (Invite(email=EMAIL, resource=JIRA, role=USER, group_ids=group_ids),)
    assert returned.by_substitute is substitute


def test_a_snapshot_survives_storage() -> None:
    """It may be years until somebody comes back; older ones lack newer fields."""
    snapshot = Snapshot(groups=(STAFF.ref,), roles=(SEAT,), side_products=(CONFLUENCE,))
    assert Snapshot.from_json(json.loads(json.dumps(snapshot.to_json()))) == snapshot
    assert Snapshot.from_json({}) == Snapshot()


@pytest.mark.parametrize("level", [WayBack.INVITE, WayBack.ENABLE])
def test_a_state_that_lacks_what_its_level_needs_is_a_mistake(level: WayBack) -> None:
    """A stored finding may be damaged; no step is made up from it."""
    with pytest.raises(ValueError, match="needs an a"):
        plan_restore(AccessState(way_back=level, levels=(level,), matches=0), WANTED)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_a_step_survives_storage(step: Step) -> None:
    """The intent is stored before it is sent."""
    assert step_from_json(step_to_json(step)) == step


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_a_step_does_not_print_an_address(step: Step) -> None:
    """Steps get into logs."""
    assert "@" not in repr(step)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_settle_is_longer_than_the_deadline(step: Step) -> None:
    """12 s for what is set-like; an invitation waits out the read lag of 60 s too."""
    assert settle_seconds(step) == (72 if isinstance(step, Invite) else 12)
