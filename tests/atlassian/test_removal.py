"""What a reclaim may take, and that what it took comes back."""

import json
from dataclasses import replace
from typing import Any

import pytest

from atlassian.access import ProductWanted, RoleRef, Snapshot
from atlassian.holdings import Holdings
from atlassian.licences import LicenceGroup
from atlassian.models import RoleAssignment
from atlassian.removal import InTheWay, Obstacle, Removal, plan_removal
from atlassian.steps import RemoveFromGroup, RevokeRole, Step
from tests.atlassian.reclaim_words import (
    ADMINS,
    AGENTS,
    CONTRIBUTOR,
    CUSTOMER,
    DESK,
    DOCS,
    EVERYONE,
    GROUPS,
    GUEST,
    LOCKED,
    NORTHERN,
    NORTHERN_STAFF,
    POWER,
    READERS,
    STAFF,
    SYNCED,
    USERS,
    world,
)
from tests.atlassian.words import ACME, ADA, ADMIN, CONFLUENCE, JIRA, NORTH, USER, WANTED, group, person, role


def holding(*rows: RoleAssignment, groups: tuple[LicenceGroup, ...] = (), **facts: Any) -> Holdings:
    """An account with exactly these rows."""
    return Holdings(user=person(*groups, **facts), groups=groups, assignments=rows)


def removed(*groups: LicenceGroup) -> tuple[Step, ...]:
    """The steps that end these memberships."""
    return tuple(RemoveFromGroup(group_id=one.id, directory_id=one.directory_id, account_id=ADA) for one in groups)


REVOKED = RevokeRole(account_id=ADA, role=USER, resource=JIRA)


def reasons(removal: Removal) -> list[Obstacle]:
    """Why nothing is taken; and then nothing is."""
    assert (removal.steps, removal.snapshot) == ((), Snapshot())
    return [one.reason for one in removal.in_the_way]


def test_every_way_to_the_seat_is_taken() -> None:
    """Two groups and a direct role: with one of them left, the seat would be billed on."""
    removal = plan_removal(world(USERS, NORTHERN, direct=[(JIRA, USER)], directories={ACME: False, NORTH: False}).held(), WANTED)
    assert removal.steps == (*removed(USERS, NORTHERN), REVOKED)
    assert removal.snapshot == Snapshot(groups=(USERS.ref, NORTHERN.ref), roles=(RoleRef(resource=JIRA, role=USER, directory_id=ACME),))


def test_whoever_has_no_seat_loses_nothing() -> None:
    """No seat, a suspended or deactivated one, or no account at all: nothing to take, and nothing in the way."""
    nothing = [world(READERS), world(USERS, account="inactive"), world(USERS, directories={ACME: True}), world(USERS, directories={})]
    assert [plan_removal(one.held(), WANTED) for one in nothing] == [Removal()] * 4
    assert plan_removal(Holdings(), WANTED) == Removal()
    assert plan_removal(world(USERS, for_deletion=True).held(), WANTED) == Removal()


def test_what_a_suspension_keeps_out_of_use_stays() -> None:
    """It seats nobody, and could not be put back without ending the suspension."""
    removal = plan_removal(world(USERS, NORTHERN, directories={ACME: False, NORTH: True}).held(), WANTED)
    assert removal.steps == removed(USERS)


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (SYNCED, Obstacle.EXTERNAL_GROUP),
        (LOCKED, Obstacle.GROUP_NOT_MODIFIABLE),
        (POWER, Obstacle.GROUP_GRANTS_ADMIN),
        (STAFF, Obstacle.OTHER_PRODUCT),
        (EVERYONE, Obstacle.OTHER_PRODUCT),
    ],
)
def test_one_group_in_the_way_keeps_everything(held: LicenceGroup, reason: Obstacle) -> None:
    """Taking the rest would end no seat, so that nothing is taken and the group is named."""
    removal = plan_removal(world(USERS, held).held(), WANTED)
    assert reasons(removal) == [reason]
    assert removal.in_the_way[0].group == held.ref


def test_all_that_is_in_the_way_is_told() -> None:
    """An admin who clears one thing should not have to find the next by trying."""
    assert reasons(plan_removal(world(SYNCED, STAFF).held(), WANTED)) == [Obstacle.OTHER_PRODUCT, Obstacle.EXTERNAL_GROUP]


def test_the_lost_product_is_named() -> None:
    """The channel reads which product stands against it; a site's platform is none."""
    (obstacle,) = plan_removal(world(EVERYONE).held(), WANTED).in_the_way
    assert obstacle == InTheWay(reason=Obstacle.OTHER_PRODUCT, group=EVERYONE.ref, resources=(DESK,))


@pytest.mark.parametrize("facts", [{"held": (STAFF, READERS)}, {"held": (STAFF,), "direct": [(CONFLUENCE, USER)]}])
def test_a_shared_group_goes_when_the_other_product_stays_by_another_way(facts: dict[str, Any]) -> None:
    """The person loses only what is meant; the snapshot says what the group brings back."""
    removal = plan_removal(world(*facts.pop("held"), **facts).held(), WANTED)
    assert (removal.steps, removal.snapshot.side_products) == (removed(STAFF), (CONFLUENCE,))


def test_another_way_that_is_suspended_is_none() -> None:
    """Confluence by a directory that suspends the person would be lost all the same."""
    held = world(STAFF, NORTHERN_STAFF, directories={ACME: False, NORTH: True}).held()
    assert reasons(plan_removal(held, WANTED)) == [Obstacle.OTHER_PRODUCT]


@pytest.mark.parametrize("rights", [{"direct": [(JIRA, ADMIN)]}, {"platform_roles": ("atlassian/org-admin",)}])
def test_an_administrator_keeps_the_seat(rights: dict[str, Any]) -> None:
    """A new admin role stops a reclaim, wherever it comes from."""
    assert reasons(plan_removal(world(USERS, **rights).held(), WANTED)) == [Obstacle.ADMIN_ROLE]


def test_an_administrator_by_group_keeps_the_seat() -> None:
    """Never a group that grants administration; group and role are both named."""
    removal = plan_removal(world(USERS, ADMINS).held(), WANTED)
    assert reasons(removal) == [Obstacle.GROUP_GRANTS_ADMIN, Obstacle.ADMIN_ROLE]
    assert (removal.in_the_way[0].group, removal.in_the_way[1].role) == (ADMINS.ref, ADMIN)


def test_administration_behind_a_suspension_counts() -> None:
    """Whoever is an admin in another directory is not to be touched by a machine."""
    rows = (role(how="group_direct"), role(given=ADMIN, directory=NORTH, status="suspended"))
    assert reasons(plan_removal(holding(*rows, groups=(USERS,)), WANTED)) == [Obstacle.ADMIN_ROLE]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (role(how="group_direct"), Obstacle.UNKNOWN_PATH),
        (role(how="by_magic"), Obstacle.UNKNOWN_PATH),
        (role(how="inferred"), Obstacle.INFERRED_ROLE),
        (RoleAssignment(resource_id=JIRA, directory_id=ACME, user_directory_status="active", roles=(USER,)), Obstacle.UNKNOWN_PATH),
        (role(how="group_direct", directory=NORTH), Obstacle.UNKNOWN_PATH),
    ],
)
def test_a_seat_that_nothing_known_gives_is_left(row: RoleAssignment, reason: Obstacle) -> None:
    """The removal would end, and the seat would not."""
    rows = (row, role(given=USER, how="direct", directory=ACME)) if row.directory_id == ACME else (row,)
    groups = (USERS,) if row.directory_id == NORTH else ()
    assert reasons(plan_removal(holding(*rows, groups=groups), WANTED)) == [reason]


def test_a_row_without_a_directory_is_explained_by_any_group() -> None:
    """Atlassian may leave the directory out."""
    row = role(how="group_direct").model_copy(update={"directory_id": None})
    assert plan_removal(holding(row, groups=(USERS,)), WANTED).steps == removed(USERS)


def test_roles_beside_the_seat_stay() -> None:
    """A portal customer costs nothing and is no seat."""
    rows = (role(how="group_direct"), role(given=CUSTOMER))
    assert plan_removal(holding(*rows, groups=(USERS,)), WANTED).steps == removed(USERS)


def test_a_cheaper_role_is_no_reason_to_take_a_full_seat() -> None:
    """Settings that name the contributor's role do not speak of the user's, which would be billed on."""
    wanted = ProductWanted(resource=JIRA, role=CONTRIBUTOR)
    assert reasons(plan_removal(holding(role(given=CONTRIBUTOR), role()), wanted)) == [Obstacle.OTHER_SEAT]
    assert plan_removal(holding(role()), wanted) == Removal()
    assert plan_removal(holding(role(given=CONTRIBUTOR)), wanted).steps == (RevokeRole(account_id=ADA, role=CONTRIBUTOR, resource=JIRA),)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"account_type": "app"}, Obstacle.NOT_A_PERSON),
        ({"platform_roles": None}, Obstacle.FACTS_MISSING),
    ],
)
def test_what_is_unknown_is_never_acted_upon(facts: dict[str, Any], reason: Obstacle) -> None:
    """An app, or an answer that lacks what tells an admin from others."""
    assert reasons(plan_removal(holding(role(), **facts), WANTED)) == [reason]


def test_an_answer_without_groups_is_never_acted_upon() -> None:
    """Then nobody knows by how many ways the person has the product."""
    held = Holdings(user=person().model_copy(update={"groups": None}), assignments=(role(),))
    assert reasons(plan_removal(held, WANTED)) == [Obstacle.FACTS_MISSING]


def test_a_product_that_the_same_plan_takes_is_not_lost() -> None:
    """Both are idle: the group that grants both goes, and is in both snapshots."""
    held = world(STAFF, READERS).held()
    assert plan_removal(held, WANTED, other_products=(DOCS,)).steps == removed(STAFF)
    assert plan_removal(held, DOCS, other_products=(WANTED,)).steps == removed(STAFF, READERS)
    assert plan_removal(world(STAFF).held(), WANTED, other_products=(DOCS,)).snapshot.groups == (STAFF.ref,)


def test_a_product_that_is_in_the_way_itself_is_not_taken_by_the_same_plan() -> None:
    """Confluence stays for its administrator, so that its group must stay too."""
    held = world(STAFF, direct=[(CONFLUENCE, ADMIN)]).held()
    assert reasons(plan_removal(held, WANTED, other_products=(DOCS,))) == [Obstacle.OTHER_PRODUCT]


def test_two_removals_together_do_not_end_a_third_product() -> None:
    """Each would leave the desk to the other's group."""
    both = group("jira-and-desk", grants=((JIRA, USER), (DESK, USER)))
    held = replace(world(AGENTS), groups=(*GROUPS, both), member_of=frozenset({AGENTS.id, both.id})).held()
    assert plan_removal(held, WANTED).steps == removed(both)
    assert reasons(plan_removal(held, WANTED, other_products=(DOCS,))) == [Obstacle.OTHER_PRODUCT]


def test_a_guest_of_a_product_that_the_plan_takes_is_not_forgotten() -> None:
    """The other removal takes seats; a guest's access is nobody's to end."""
    guests = group("guests", grants=((JIRA, USER), (CONFLUENCE, GUEST)))
    held = replace(world(), groups=(guests,), member_of=frozenset({guests.id})).held()
    assert reasons(plan_removal(held, WANTED, other_products=(DOCS,))) == [Obstacle.OTHER_PRODUCT]


def test_a_removal_survives_storage() -> None:
    """Steps and snapshot are stored before the first of them is sent."""
    for removal in (plan_removal(world(STAFF, READERS).held(), WANTED), plan_removal(world(STAFF, SYNCED).held(), WANTED)):
        assert Removal.from_json(json.loads(json.dumps(removal.to_json()))) == removal
        assert "@" not in repr(removal)
