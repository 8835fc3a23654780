"""For any world: a plan that ends well gives exactly what was asked for, changes nothing else, and done twice changes nothing."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from atlassian.access import RoleRef, Snapshot, WayBack
from atlassian.licences import LicenceGroup
from atlassian.planning import plan_restore
from atlassian.steps import CancelDeletion, Enable, Restore, Step
from tests.atlassian.reclaim_words import GROUPS, world
from tests.atlassian.words import ACME, ADMIN, CONFLUENCE, JIRA, NORTH, USER, WANTED, Miniature

pytestmark = pytest.mark.large

MOST_STEPS = 10
REVIVING = (CancelDeletion, Enable, Restore)


# Made once: a strategy that is made in each draw costs more than all that is drawn from it.
_DIRECTORIES = st.sampled_from(
    [
        {},
        {ACME: False},
        {ACME: True},
        {ACME: False, NORTH: True},
        {ACME: True, NORTH: False},
        {ACME: True, NORTH: True},
        {NORTH: False},
    ]
)
_GROUP = st.sampled_from(GROUPS)
_SOME_GROUPS = st.lists(_GROUP, min_size=1, unique_by=lambda one: one.id)
_FEW_GROUPS = st.lists(_GROUP, max_size=3, unique_by=lambda one: one.id)
_HELD: st.SearchStrategy[list[LicenceGroup]] = st.one_of(st.just([]), _FEW_GROUPS)
_DIRECT = st.sets(st.sampled_from([(JIRA, USER), (CONFLUENCE, USER), (CONFLUENCE, ADMIN)]), max_size=2)
_EITHER = st.booleans()
_STATUS = st.sampled_from(["active", "active", "inactive"])
_CLAIM = st.sampled_from(["managed", "managed", "unmanaged"])
_LOCK = st.sampled_from([None, None, "externalDirectory.scim"])
_ROLES = st.sampled_from([(), (RoleRef(resource=JIRA, role=USER),)])


@st.composite
def any_world(draw: st.DrawFn) -> Miniature:
    """Any account that there can be, in any organization of our groups: some, all or none of them are there."""
    directories, held = draw(_DIRECTORIES), draw(_HELD)
    there = {one.id: one for one in (*held, *draw(_SOME_GROUPS))}
    exists = bool(directories) or draw(_EITHER)
    account = draw(_STATUS) if exists else "active"
    one = world(
        *(one for one in held if one.directory_id in directories),
        direct=draw(_DIRECT) if directories else set(),
        directories=directories,
        account=account,
        for_deletion=account == "inactive" and draw(_EITHER),
        claim=draw(_CLAIM),
        lock=draw(_LOCK),
        exists=exists,
    )
    return replace(one, groups=tuple(there.values()))


@st.composite
def any_snapshot(draw: st.DrawFn) -> Snapshot:
    """What may have been taken once: groups that are there still or not, and a direct role."""
    groups: list[LicenceGroup] = draw(_FEW_GROUPS)
    taken = [one for one in groups if (JIRA, USER) in one.grants]
    return Snapshot(groups=tuple(one.ref for one in taken), roles=draw(_ROLES))


def followed(before: Miniature, snapshot: Snapshot | None) -> tuple[Miniature, list[Step]]:
    """The world at the end of the plans, one step and a fresh look at a time, and the steps that led there."""
    now, steps = before, list[Step]()
    while plan := plan_restore(now.diagnosed(), WANTED, snapshot):
        assert len(steps) < MOST_STEPS, steps
        steps.append(plan[0])
        now = now.after(plan[0])
    return now, steps


def allowed(before: Miniature, snapshot: Snapshot) -> set[str]:
    """
    The groups that a return may add, told a second time: the snapshot's where one of them is open to the person, or else any of ours.

    No suspension is lifted for the sake of a group, where another gives the product without that.
    """
    wanted = {group.id for group in snapshot.groups}
    ours = [one for one in before.groups if one.may_be_given]
    open_to_them = {one.id for one in ours if before.directories.get(one.directory_id, bool(before.directories)) is False}
    return wanted & open_to_them or {one.id for one in ours}


def assert_nothing_else_changed(before: Miniature, after: Miniature, *, steps: list[Step]) -> None:
    """Nothing is lost; what is gained is the product, by groups that give it and a role that is no administration."""
    assert before.member_of <= after.member_of
    assert before.direct <= after.direct
    assert after.direct - before.direct <= {(JIRA, USER)}
    gained = [one for one in before.groups if one.id in after.member_of - before.member_of]
    assert all((JIRA, USER) in one.grants and one.may_be_given and not one.grants_admin for one in gained)
    assert not before.exists or set(before.directories) <= set(after.directories)
    lifted = {directory for directory, suspended in before.directories.items() if suspended and after.directories[directory] is False}
    assert lifted == {step.directory_id for step in steps if isinstance(step, Restore)}
    assert before.account == after.account or any(isinstance(step, Enable | CancelDeletion) for step in steps)
    assert (before.claim, before.lock, before.platform_roles) == (after.claim, after.lock, after.platform_roles)


@settings(max_examples=1000, deadline=None)
@given(any_world())
def test_a_return_gives_the_product_and_nothing_else(before: Miniature) -> None:
    """Whatever was done to the account: in the end it has the product, or there was no plan at all; never a half."""
    state = before.diagnosed()
    after, steps = followed(before, None)
    assert_nothing_else_changed(before, after, steps=steps)
    assert (JIRA in after.products) == (state.way_back is WayBack.HAS_ACCESS or bool(steps))
    assert len(after.member_of - before.member_of) + len(after.direct - before.direct) <= 1


@settings(max_examples=1000, deadline=None)
@given(any_world(), any_snapshot())
def test_a_return_puts_the_snapshot_back_and_nothing_else(before: Miniature, snapshot: Snapshot) -> None:
    """As far as its groups may be given: exactly these; one in their place only where none of them can be."""
    after, steps = followed(before, snapshot)
    assert_nothing_else_changed(before, after, steps=steps)
    gained = after.member_of - before.member_of
    assert gained <= allowed(before, snapshot)
    if steps:
        assert JIRA in after.products
        named = {group.id for group in snapshot.groups}
        assert gained <= named or (len(gained) == 1 and not gained & named)
        open_now = {one.id for one in before.groups if one.may_be_given and after.directories.get(one.directory_id) is False}
        assert not gained or gained - named or named & open_now <= after.member_of


@settings(max_examples=600, deadline=None)
@given(any_world(), any_snapshot())
def test_done_twice_changes_nothing(before: Miniature, snapshot: Snapshot) -> None:
    """A finished return has no further plan, with and without the snapshot, and each of its steps is an assignment of sets."""
    for asked in (None, snapshot):
        after, steps = followed(before, asked)
        assert plan_restore(after.diagnosed(), WANTED, asked) == ()
        for step in steps:
            if not isinstance(step, REVIVING):
                assert after.after(step) == after


@settings(max_examples=600, deadline=None)
@given(any_world(), any_snapshot())
def test_no_return_makes_an_admin(before: Miniature, snapshot: Snapshot) -> None:
    """Neither by a group that administers something, nor by waking an administration that slept."""
    awake = {grant for grant in before.usable if grant[1] == ADMIN}
    for asked in (None, snapshot):
        after, _ = followed(before, asked)
        # A direct role is of the directory that it was given in; the miniature moves it when the person joins another.
        assume(not before.directories or before.home(CONFLUENCE) == after.home(CONFLUENCE))
        assert {grant for grant in after.usable if grant[1] == ADMIN} == awake
