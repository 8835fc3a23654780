"""Putting back exactly what was taken, and steps as records."""

from typing import Any

import pytest

from atlassian.access import AccessState, Snapshot, WayBack
from atlassian.diagnosis import diagnose
from atlassian.licences import LicenceGroup
from atlassian.planning import plan_restore
from atlassian.standing import Found
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
from tests.atlassian.words import ACME, ADA, ADMIN, CONFLUENCE, EMAIL, JIRA, USER, WANTED, group, person

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
]


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
    snapshot = Snapshot(groups=(ADMINS.ref,), roles=((JIRA, ADMIN),))
    assert plan_restore(state_of(), WANTED, snapshot) == added(USERS)


def test_a_snapshot_whose_group_is_gone_falls_back() -> None:
    """The person still comes back, by the group of today."""
    snapshot = Snapshot(groups=(group("long-gone").ref,))
    assert plan_restore(state_of(), WANTED, snapshot) == added(USERS)


def test_a_direct_role_of_the_snapshot_is_put_back_as_a_role() -> None:
    """Also where an identity provider owns every group: what we took is ours to give back."""
    snapshot = Snapshot(roles=((JIRA, USER), (CONFLUENCE, USER)))
    steps = (AssignRole(account_id=ADA, role=USER, resource=JIRA),)
    assert plan_restore(state_of(), WANTED, snapshot) == steps
    assert plan_restore(state_of(groups=(SYNCED,)), WANTED, snapshot) == steps


@pytest.mark.parametrize("facts", [{"account_status": "closed"}, {"account_status": "frozen"}, {"email": "eve@acme.example"}])
def test_a_snapshot_mends_no_dead_end(facts: dict[str, Any]) -> None:
    """Closed, unknown or somebody else: nothing is written."""
    assert plan_restore(state_of(**facts), WANTED, Snapshot(groups=(USERS.ref,), roles=((JIRA, USER),))) == ()


def test_a_suspension_is_ended_before_the_snapshot_is_put_back() -> None:
    """The order of levels holds with a snapshot too."""
    plan = plan_restore(state_of(membership_status="suspended"), WANTED, Snapshot(groups=(STAFF.ref,)))
    assert plan == (Restore(account_id=ADA, directory_id=ACME), *added(STAFF))


def test_a_snapshot_of_somebody_who_left_altogether_is_an_invitation() -> None:
    """Without an account there is nothing to put groups back on."""
    nobody = diagnose(Found(email=EMAIL, users=(), licence_groups=(USERS,)), WANTED)
    plan = plan_restore(nobody, WANTED, Snapshot(groups=(USERS.ref,)))
    assert plan == (Invite(email=EMAIL, resource=JIRA, role=USER),)


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
