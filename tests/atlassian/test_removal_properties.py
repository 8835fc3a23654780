"""For any account: a removal ends the seat and nothing else, and its snapshot brings back exactly what was taken."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlassian.access import ProductWanted, Snapshot
from atlassian.planning import plan_restore, plan_return
from atlassian.removal import plan_removal
from atlassian.steps import RemoveFromGroup, RevokeRole, Step
from tests.atlassian.reclaim_words import CUSTOMER, DESK, DOCS, GROUPS, world
from tests.atlassian.words import ACME, ADMIN, CONFLUENCE, JIRA, NORTH, PLATFORM, USER, WANTED, Miniature

pytestmark = pytest.mark.large


# Made once: a strategy that is made in each draw costs more than all that is drawn from it.
_DIRECTORIES = st.sampled_from([{ACME: False}, {ACME: False, NORTH: False}, {ACME: False, NORTH: True}, {ACME: True, NORTH: False}])
_GROUPS = st.lists(st.sampled_from(GROUPS), max_size=5, unique_by=lambda one: one.id)
_DIRECT = st.sets(st.sampled_from([(JIRA, USER), (CONFLUENCE, USER), (DESK, CUSTOMER)]), max_size=2)
_ADMINISTERS = st.sampled_from([set(), set(), set(), {(JIRA, ADMIN)}, {(CONFLUENCE, ADMIN)}])
_PLATFORM_ROLES = st.sampled_from([(), (), (), ("atlassian/org-admin",)])
_STATUS = st.sampled_from(["active", "active", "active", "inactive"])


@st.composite
def miniatures(draw: st.DrawFn) -> Miniature:
    """Any account in an organization that has every kind of group."""
    directories = draw(_DIRECTORIES)
    held = [one for one in draw(_GROUPS) if one.directory_id in directories]
    direct = draw(_DIRECT) | draw(_ADMINISTERS)
    return world(*held, direct=direct, directories=directories, platform_roles=draw(_PLATFORM_ROLES), account=draw(_STATUS))


def taken(before: Miniature, steps: Iterable[Step]) -> Miniature:
    """The organization after all the steps."""
    now = before
    for step in steps:
        now = now.after(step)
    return now


def usable(now: Miniature) -> set[tuple[str, str]]:
    """Everything that the account can use, as (resource, role), told from the facts."""
    groups = (one for one in now.groups if one.id in now.member_of and now.directories[one.directory_id] is False)
    return {grant for one in groups for grant in one.grants} | set(now.direct)


def brought_back(now: Miniature, snapshot: Snapshot, *, wanted: ProductWanted = WANTED) -> Miniature:
    """Step by step to the end, looked at again after each."""
    for _ in range(8):
        returned = plan_return(now.diagnosed(wanted), wanted, snapshot)
        if not returned.steps:
            assert (returned.missing, returned.by_substitute) == ((), False)
            return now
        now = now.after(returned.steps[0])
    raise AssertionError("the return does not end")


def removable(now: Miniature) -> bool:
    """Whether the rule allows it, told a second time: every way is ours to take, and taking them ends nothing else."""
    ways = [one for one in now.groups if one.id in now.member_of and now.directories[one.directory_id] is False and _on(JIRA, one.grants)]
    without = replace(now, member_of=now.member_of - {one.id for one in ways}, direct=now.direct - {(JIRA, USER)})
    others = {grant for grant in usable(now) if grant[0] not in (JIRA, PLATFORM)}
    return (
        not now.platform_roles and all(one.may_be_given for one in ways) and (JIRA, ADMIN) not in now.holdings and others <= usable(without)
    )


def _on(resource: str, grants: Iterable[tuple[str, str]]) -> bool:
    return any(granted == resource for granted, _ in grants)


@settings(max_examples=600, deadline=None)
@given(miniatures())
def test_a_removal_ends_the_seat_and_nothing_else(before: Miniature) -> None:
    """All or nothing, exactly when the rule allows it; administration and foreign groups are never touched."""
    removal = plan_removal(before.held(), WANTED)
    after = taken(before, removal.steps)
    assert bool(removal.steps) == (JIRA in before.products and removable(before))
    assert bool(removal.in_the_way) == (JIRA in before.products and not removable(before))
    if not removal.steps:
        assert removal.snapshot == Snapshot()
        return
    assert JIRA not in after.products
    assert after.products == before.products - {JIRA}
    assert {grant for grant in usable(before) - usable(after) if grant[0] != PLATFORM} == {(JIRA, USER)}
    assert replace(after, member_of=before.member_of, direct=before.direct) == before
    assert {type(step) for step in removal.steps} <= {RemoveFromGroup, RevokeRole}


@settings(max_examples=600, deadline=None)
@given(miniatures())
def test_what_was_taken_comes_back_exactly(before: Miniature) -> None:
    """Groups, roles and directories are as they were, and both plans end there."""
    removal = plan_removal(before.held(), WANTED)
    after = taken(before, removal.steps)
    assert plan_removal(after.held(), WANTED).steps == ()
    assert taken(after, removal.steps) == after
    if removal.steps:
        back = brought_back(after, removal.snapshot)
        assert back == before
        assert plan_restore(back.diagnosed(), WANTED, removal.snapshot) == ()


@settings(max_examples=600, deadline=None)
@given(miniatures())
def test_two_products_are_taken_together(before: Miniature) -> None:
    """
    Each that is taken is gone, each that is in the way is there still, a third stays, and both snapshots bring all back.

    Only a direct role beside a group that the other return brought already stays away, as it would add nothing.
    """
    held = before.held()
    removals = {one: plan_removal(held, one, other_products=(WANTED, DOCS)) for one in (WANTED, DOCS)}
    after = taken(before, [step for removal in removals.values() for step in removal.steps])
    gone = {one.resource for one, removal in removals.items() if removal.steps}
    assert after.products == before.products - gone
    assert {resource for resource, _ in usable(before) - usable(after)} <= gone | {PLATFORM}
    back = after
    for one, removal in removals.items():
        back = brought_back(back, removal.snapshot, wanted=one) if removal.steps else back
    assert usable(back) == usable(before)
    assert replace(back, direct=before.direct) == before
