"""Every row of the table of ways back, and what holds in all states at once."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from atlassian.access import AccessState, ProductWanted, Snapshot, WayBack
from atlassian.diagnosis import diagnose, seated
from atlassian.licences import HARMLESS_ROLES, LicenceGroup
from atlassian.models import RoleAssignment
from atlassian.planning import plan_restore
from atlassian.standing import Found
from atlassian.steps import AddToGroup, AssignRole, CancelDeletion, Enable, Invite, Restore
from tests.atlassian.words import (
    ACME,
    ADA,
    ADMIN,
    CONFLUENCE,
    EMAIL,
    JIRA,
    NORTH,
    NOW,
    USER,
    WANTED,
    Miniature,
    group,
    permissions,
    person,
    role,
)

USERS = group("jira-users")
STAFF = group("all-staff", grants=((JIRA, USER), (CONFLUENCE, USER)))
ADMINS = group("jira-admins", grants=((JIRA, ADMIN),))
MIXED = group("power-users", grants=((JIRA, USER), (CONFLUENCE, ADMIN)))
SYNCED = group("engineering", external=True)
NORTHERN = group("jira-north", directory=NORTH)
W = WayBack


def found(*users: object, email: str | None = EMAIL, **facts: object) -> Found:
    """What the reads returned, in an organization whose product has one ordinary licence group."""
    return Found(**({"email": email, "users": users, "licence_groups": (USERS,), "directories": (ACME,)} | facts))  # type: ignore[arg-type]


def test_member_of_a_licence_group_has_access() -> None:
    """Somebody who has the product is told so, and nothing is planned."""
    state = diagnose(found(person(USERS, used=NOW)), WANTED)
    assert (state.way_back, state.levels, state.last_active) == (W.HAS_ACCESS, (W.HAS_ACCESS,), NOW)
    assert state.licence_groups_held == (USERS.ref,)
    assert plan_restore(state, WANTED) == ()


@pytest.mark.parametrize(("given", "how"), [(USER, "direct"), (USER, "group_direct"), (USER, "inferred"), (ADMIN, "direct")])
def test_a_role_on_the_product_is_access(given: str, how: str) -> None:
    """Access need not come through a group that we know."""
    state = diagnose(found(person(), assignments=(role(given=given, how=how),)), WANTED)
    assert state.way_back is W.HAS_ACCESS
    assert state.direct_roles == ((given,) if how == "direct" else ())


def test_inferred_administration_is_no_seat() -> None:
    """An organization admin is listed as admin of every product, and can still lack the seat."""
    state = diagnose(found(person(), assignments=(role(given=ADMIN, how="inferred"),)), WANTED)
    assert state.way_back is W.ADD_ACCESS


def test_removed_access_is_put_back_by_the_licence_group() -> None:
    """The ordinary return: one group, one step."""
    state = diagnose(found(person()), WANTED)
    assert (state.way_back, state.chosen_group, state.brings_back) == (W.ADD_ACCESS, USERS.ref, ())
    assert plan_restore(state, WANTED) == (AddToGroup(group_id=USERS.id, directory_id=ACME, account_id=ADA),)


def test_the_group_that_grants_fewest_other_products_is_chosen() -> None:
    """Nobody gets Confluence because they asked for Jira, when there is a choice."""
    state = diagnose(found(person(), licence_groups=(STAFF, USERS)), WANTED)
    assert (state.chosen_group, state.side_products) == (USERS.ref, ())


@pytest.mark.parametrize("name", ["all-staff", "ALL-STAFF", "id-all-staff"])
def test_the_group_of_the_settings_is_preferred(name: str) -> None:
    """An admin may name the group, by id or by name; what it gives besides is shown."""
    wanted = ProductWanted(resource=JIRA, group=name)
    state = diagnose(found(person(), licence_groups=(STAFF, USERS)), wanted)
    assert (state.chosen_group, state.side_products) == (STAFF.ref, (CONFLUENCE,))


@pytest.mark.parametrize("preferred", [None, "jira-admins", "power-users"])
def test_a_group_that_grants_administration_is_never_chosen(preferred: str | None) -> None:
    """Not even when the settings name it, and not when its administration is of another product."""
    wanted = ProductWanted(resource=JIRA, group=preferred)
    state = diagnose(found(person(), licence_groups=(ADMINS, MIXED)), wanted)
    assert (state.candidate_groups, plan_restore(state, wanted)) == ((), (AssignRole(account_id=ADA, role=USER, resource=JIRA),))


def test_a_role_that_nobody_knows_counts_as_administration() -> None:
    """A role that Atlassian invents tomorrow must not slip through."""
    novel = group("novel", grants=((JIRA, USER), (JIRA, "atlassian/overlord")))
    assert diagnose(found(person(), licence_groups=(novel,)), WANTED).chosen_group is None


@pytest.mark.parametrize("name", ["admin", "org-admin", "site-admin", "user-access-admin", "overlord"])
def test_no_admin_role_can_be_wanted(name: str) -> None:
    """A setting that asks for administration stops the start."""
    with pytest.raises(ValueError, match="not a role that Comeback gives"):
        ProductWanted(resource=JIRA, role=f"atlassian/{name}")


def test_without_a_licence_group_the_role_is_assigned() -> None:
    """Products without groups are given by role."""
    state = diagnose(found(person(), licence_groups=()), WANTED)
    assert plan_restore(state, WANTED) == (AssignRole(account_id=ADA, role=USER, resource=JIRA),)


def test_an_identity_providers_group_is_left_alone() -> None:
    """When only an identity provider can give the product, a human is told; going round it by a role is no way."""
    state = diagnose(found(person(), licence_groups=(SYNCED,)), WANTED)
    assert (state.way_back, state.reason, plan_restore(state, WANTED)) == (W.OWNED_ELSEWHERE, "no_modifiable_group", ())


def test_external_is_external_whatever_else_is_said() -> None:
    """A group that claims to be modifiable and is synced all the same would be reverted by the next sync."""
    claimed = group("engineering", external=True, modifiable=True)
    assert diagnose(found(person(), licence_groups=(claimed,)), WANTED).way_back is W.OWNED_ELSEWHERE


def test_another_modifiable_group_is_used_beside_an_external_one() -> None:
    """An external group does not stand in the way of an ordinary one."""
    state = diagnose(found(person(), licence_groups=(SYNCED, STAFF)), WANTED)
    assert (state.way_back, state.chosen_group) == (W.ADD_ACCESS, STAFF.ref)


def test_a_person_of_a_directory_whose_groups_are_external_is_owned_there() -> None:
    """Groups of another directory are no way for a person whose own directory gets the product from its identity provider."""
    synced = group("knowledge", directory=NORTH, external=True)
    state = diagnose(found(person(), licence_groups=(USERS, synced), directories=(NORTH,)), WANTED)
    assert (state.way_back, state.reason) == (W.OWNED_ELSEWHERE, "no_modifiable_group")


def test_a_person_of_another_directory_is_invited() -> None:
    """A membership needs the group's directory; an invitation brings the person there, and the card can say that there is an account."""
    state = diagnose(found(person(), directories=(NORTH,)), WANTED)
    assert (state.way_back, state.reason, state.account_id) == (W.INVITE, "other_directory", ADA)
    assert plan_restore(state, WANTED) == (Invite(email=EMAIL, resource=JIRA, role=USER),)


def test_the_other_directory_is_no_reason_where_more_is_wrong() -> None:
    """The card then tells every level, and the first of them is that the account is off."""
    state = diagnose(found(person(account_status="inactive"), directories=(NORTH,)), WANTED)
    assert (state.levels, state.reason) == ((W.ENABLE, W.INVITE), None)


def test_suspended_with_the_group_needs_one_restore() -> None:
    """A suspension keeps groups, so that ending it is enough; the rest that it brings back is told."""
    state = diagnose(found(person(USERS, STAFF, membership_status="suspended"), licence_groups=(USERS, STAFF)), WANTED)
    assert (state.levels, state.brings_back) == ((W.RESTORE,), ("all-staff",))
    assert plan_restore(state, WANTED) == (Restore(account_id=ADA, directory_id=ACME),)


def test_suspended_without_the_group_needs_both() -> None:
    """Levels stack: the directory first, then the product."""
    state = diagnose(found(person(membership_status="suspended")), WANTED)
    assert state.levels == (W.RESTORE, W.ADD_ACCESS)
    assert [type(step) for step in plan_restore(state, WANTED)] == [Restore, AddToGroup]


def test_suspended_in_one_of_two_directories_is_seen() -> None:
    """Atlassian's summary says active; the seat lies where the suspension is."""
    rows = (role(how="group_direct", directory=ACME, status="suspended"), role(CONFLUENCE, directory=NORTH))
    state = diagnose(found(person(USERS), assignments=rows, directories=(ACME, NORTH)), WANTED)
    assert plan_restore(state, WANTED) == (Restore(account_id=ADA, directory_id=ACME),)


def test_an_unrelated_suspension_stays() -> None:
    """What the product does not need is not touched."""
    rows = (role(CONFLUENCE, directory=NORTH, status="suspended"),)
    state = diagnose(found(person(), assignments=rows, directories=(ACME, NORTH)), WANTED)
    assert (state.levels, state.membership) == ((W.ADD_ACCESS,), {ACME: "active", NORTH: "suspended"})


def test_a_group_in_an_active_directory_comes_before_one_that_needs_a_restore() -> None:
    """Fewer changes win over a preference."""
    rows = (role(CONFLUENCE, directory=ACME, status="suspended"),)
    wanted = ProductWanted(resource=JIRA, group="jira-users")
    state = diagnose(found(person(), licence_groups=(USERS, NORTHERN), assignments=rows, directories=(ACME, NORTH)), wanted)
    assert (state.levels, state.chosen_group) == ((W.ADD_ACCESS,), NORTHERN.ref)


def test_a_suspended_seat_without_a_directory_is_restored_where_the_person_is() -> None:
    """A role may be listed without a directory; the person's own suspension tells."""
    row = role(status="suspended").model_copy(update={"directory_id": None})
    state = diagnose(found(person(membership_status="suspended"), assignments=(row,)), WANTED)
    assert plan_restore(state, WANTED) == (Restore(account_id=ADA, directory_id=ACME),)


def test_suspended_somewhere_unknown_is_for_a_human() -> None:
    """A restore needs a directory; guessing one is no way."""
    state = diagnose(found(person(membership_status="suspended"), directories=None, licence_groups=()), WANTED)
    assert (state.way_back, state.reason) == (W.AMBIGUOUS, "directory_unknown")


def test_deactivated_account_is_enabled_first() -> None:
    """Account, then directory, then product."""
    off = person(account_status="inactive", membership_status="suspended", claim_status="managed")
    state = diagnose(found(off, permissions=permissions(allowed=True)), WANTED)
    assert state.levels == (W.ENABLE, W.RESTORE, W.ADD_ACCESS)
    assert plan_restore(state, WANTED)[0] == Enable(account_id=ADA)


def test_deactivated_with_the_group_kept_is_only_enabled() -> None:
    """What the account still holds need not be given."""
    state = diagnose(found(person(USERS, account_status="inactive")), WANTED)
    assert state.levels == (W.ENABLE,)


@pytest.mark.parametrize("reason", ["externalDirectory.scim", "externalDirectory.google", "authPolicy.saml", "blocked.exportControl"])
def test_account_that_others_decide_about_is_named(reason: str) -> None:
    """Atlassian's own key says who must act."""
    state = diagnose(found(person(account_status="inactive"), permissions=permissions(allowed=False, reason=reason)), WANTED)
    assert (state.way_back, state.levels, state.reason) == (W.OWNED_ELSEWHERE, (W.OWNED_ELSEWHERE,), reason)


def test_a_refusal_without_a_reason_is_one_too() -> None:
    """Atlassian says no and not why; that it says nothing at all is no refusal."""
    state = diagnose(found(person(account_status="inactive"), permissions=permissions(allowed=False)), WANTED)
    assert (state.way_back, state.reason) == (W.OWNED_ELSEWHERE, "not_allowed")
    assert diagnose(found(person(account_status="inactive")), WANTED).way_back is W.ENABLE


def test_deactivated_account_of_somebody_else_is_owned_elsewhere() -> None:
    """Only the organization that manages an account may activate it."""
    state = diagnose(found(person(account_status="inactive", claim_status="unmanaged")), WANTED)
    assert (state.way_back, state.reason) == (W.OWNED_ELSEWHERE, "unmanaged_account")


@pytest.mark.parametrize(
    "facts", [{"for_deletion": True, "account_status": "inactive"}, {"status": "for_deletion", "account_status": None}]
)
def test_deletion_in_its_grace_is_cancelled(facts: dict[str, Any]) -> None:
    """Cancelling activates too, so that no enabling follows; that enabling is refused meanwhile is no obstacle."""
    refusal = permissions(allowed=False, reason="administrative")
    state = diagnose(found(person(USERS, **facts), permissions=refusal), WANTED)
    assert state.levels == (W.CANCEL_DELETION,)
    assert plan_restore(state, WANTED) == (CancelDeletion(account_id=ADA),)


def test_deletion_by_an_identity_provider_is_not_cancelled() -> None:
    """The next sync would delete it again."""
    refusal = permissions(allowed=False, reason="externalDirectory.scim")
    state = diagnose(found(person(for_deletion=True, account_status="inactive"), permissions=refusal), WANTED)
    assert state.way_back is W.OWNED_ELSEWHERE


def test_closed_account_cannot_be_restored() -> None:
    """Closed is for ever; nothing is planned."""
    state = diagnose(found(person(account_status="closed")), WANTED)
    assert (state.way_back, plan_restore(state, WANTED)) == (W.ACCOUNT_CLOSED, ())


def test_an_account_status_that_nobody_knows_is_for_a_human() -> None:
    """A new word of Atlassian's is not taken for active."""
    assert diagnose(found(person(account_status="frozen")), WANTED).reason == "unknown_status"


def test_nobody_is_invited_to_the_product() -> None:
    """No hit is an invitation, to the role and not to a group that may grant more."""
    state = diagnose(found(), WANTED)
    assert (state.way_back, state.matches, state.account_id) == (W.INVITE, 0, None)
    assert plan_restore(state, WANTED) == (Invite(email=EMAIL, resource=JIRA, role=USER),)


def test_an_invitation_goes_into_the_group_that_the_settings_name() -> None:
    """Then the group alone carries the access."""
    wanted = ProductWanted(resource=JIRA, group="all-staff")
    state = diagnose(found(licence_groups=(USERS, STAFF)), wanted)
    assert plan_restore(state, wanted) == (Invite(email=EMAIL, resource=JIRA, role=USER, group_ids=(STAFF.id,)),)
    assert (state.side_products, state.chosen_group) == ((CONFLUENCE,), STAFF.ref)
    assert diagnose(found(), WANTED).side_products == ()


def test_managed_account_outside_all_directories_is_invited() -> None:
    """An account of the company that has no membership is no member."""
    state = diagnose(found(person(membership_status=None, status="not_invited"), directories=None), WANTED)
    assert (state.way_back, state.account_id) == (W.INVITE, ADA)


def test_no_invitation_where_an_identity_provider_owns_the_product() -> None:
    """The rule about external groups holds for newcomers too."""
    assert diagnose(found(licence_groups=(SYNCED,)), WANTED).way_back is W.OWNED_ELSEWHERE


def test_an_invitation_needs_an_address() -> None:
    """An account whose address is hidden, looked up by id, can't be invited."""
    outside = person(email=None, membership_status="no_membership")
    state = diagnose(found(outside, email=None), WANTED)
    assert (state.way_back, state.reason) == (W.AMBIGUOUS, "email_unknown")
    by_address = diagnose(found(outside), WANTED)
    assert (by_address.way_back, by_address.email) == (W.INVITE, EMAIL)


def test_an_account_that_is_gone_is_for_a_human() -> None:
    """Looked up by id and not found, without an address to invite."""
    state = diagnose(found(email=None), WANTED)
    assert (state.way_back, state.levels, state.reason) == (W.AMBIGUOUS, (W.AMBIGUOUS,), "account_not_found")


def test_two_accounts_are_refused() -> None:
    """Choosing between two accounts is a human's job."""
    state = diagnose(found(person(), person(account_id="712020:other")), WANTED)
    assert (state.way_back, state.matches, state.account_id, plan_restore(state, WANTED)) == (W.AMBIGUOUS, 2, None, ())
    assert state.reason == "several_accounts"


def test_the_same_account_twice_is_one_match() -> None:
    """Pages may overlap."""
    assert diagnose(found(person(), person()), WANTED).matches == 1


@pytest.mark.parametrize("kind", ["app", "customer"])
def test_apps_and_portal_customers_are_no_match(kind: str) -> None:
    """A portal account with the same address must not block a person for ever."""
    other = person(account_id="qm:1", account_type=kind)
    assert diagnose(found(person(), other), WANTED).way_back is W.ADD_ACCESS
    assert diagnose(found(other), WANTED).way_back is W.INVITE


def test_an_account_with_another_address_is_refused() -> None:
    """A pinned account whose address changed, or a search that ignored its filter, asks a human."""
    state = diagnose(found(person(email="eve@acme.example")), WANTED)
    assert (state.way_back, state.reason) == (W.AMBIGUOUS, "email_mismatch")
    assert diagnose(found(person(email="Ada@ACME.example")), WANTED).way_back is W.ADD_ACCESS


def test_a_pending_invitation_waits_for_its_person() -> None:
    """Seated, never there, address unconfirmed: inviting again would only send another e-mail."""
    pending = person(USERS, email_verified=False, management_source="invited")
    assert diagnose(found(pending), WANTED).way_back is W.ACCEPT_INVITATION
    assert diagnose(found(person(USERS, email_verified=False, used=NOW)), WANTED).way_back is W.HAS_ACCESS
    synced = person(USERS, email_verified=False, management_source="synced")
    assert diagnose(found(synced), WANTED).way_back is W.HAS_ACCESS


def test_who_it_is_goes_into_the_finding() -> None:
    """The approver reads whom they would let in."""
    known = person(USERS, name="Ada Lovelace", claim_status="managed", added_to_org=NOW, used=NOW)
    state = diagnose(found(known), WANTED)
    assert (state.account_id, state.account_name, state.email, state.account_status) == (ADA, "Ada Lovelace", EMAIL, "active")
    assert (state.claim_status, state.added_to_org, state.last_active, state.matches) == ("managed", NOW, NOW, 1)


def test_who_is_awake_gets_nothing_else_back() -> None:
    """An administrator who lacks the product needs the group alone: no rights of theirs are revived by it."""
    awake = person(ADMINS, platform_roles=("atlassian/org-admin",))
    state = diagnose(found(awake, assignments=(role(CONFLUENCE, given=ADMIN),)), WANTED)
    assert (state.levels, state.brings_back, state.revives_admin) == ((W.ADD_ACCESS,), (), ())


def test_brings_back_tells_admin_rights_too() -> None:
    """The card must show that a restore makes somebody an admin again."""
    off = person(USERS, ADMINS, account_status="inactive", platform_roles=("atlassian/org-admin",))
    rows = (role(CONFLUENCE, given=ADMIN),)
    state = diagnose(found(off, licence_groups=(USERS, ADMINS), assignments=rows), WANTED)
    assert state.brings_back == (f"{ADMIN} on {CONFLUENCE}", "atlassian/org-admin", "jira-admins")
    assert state.revives_admin == (f"{ADMIN}@{CONFLUENCE}", f"{ADMIN}@{JIRA}", "atlassian/org-admin")


OFF: list[dict[str, Any]] = [
    {"membership_status": "suspended"},
    {"account_status": "inactive"},
    {"account_status": "inactive", "for_deletion": True},
]


def asleep(*rows: RoleAssignment, facts: dict[str, Any], groups: tuple[LicenceGroup, ...] = (USERS,)) -> AccessState:
    """Somebody in *groups*, out by *facts*, with *rows*."""
    return diagnose(found(person(*groups, **facts), licence_groups=groups, assignments=rows), WANTED)


@pytest.mark.parametrize("how", ["direct", "group_direct", "inferred"])
@pytest.mark.parametrize("facts", OFF, ids=str)
def test_administration_is_not_revived_without_a_human(facts: dict[str, Any], how: str) -> None:
    """Of the wanted product, of another, by whatever way: the way back stays, and nothing is planned until a human takes it on."""
    for resource in (JIRA, CONFLUENCE):
        state = asleep(role(resource, given=ADMIN, how=how, status="suspended"), facts=facts)
        assert (state.way_back.can_be_mended, state.reason) == (True, "revives_admin")
        assert state.revives_admin == (f"{ADMIN}@{resource}",)
        assert plan_restore(state, WANTED) == ()
        assert len(plan_restore(state, WANTED, allow_admin=True)) == len(state.levels)


def test_a_role_that_nobody_knows_is_not_revived_either() -> None:
    """What Atlassian invents tomorrow counts as administration here too."""
    state = asleep(role(given="atlassian/overlord", status="suspended"), facts=OFF[0])
    assert plan_restore(state, WANTED) == ()


def test_an_admin_group_of_the_product_is_enough() -> None:
    """Where the roles could not be read, the groups tell."""
    assert plan_restore(asleep(facts=OFF[0], groups=(ADMINS,)), WANTED) == ()


def test_other_roles_of_the_wanted_product_are_brought_back_too() -> None:
    """All but the role that was asked for, and none of them stops an ordinary return."""
    rows = (role(status="suspended"), role(given="atlassian/guest", status="suspended"))
    state = asleep(*rows, facts=OFF[0])
    assert (state.brings_back, state.revives_admin) == ((f"atlassian/guest on {JIRA}",), ())
    assert plan_restore(state, WANTED) == (Restore(account_id=ADA, directory_id=ACME),)


def test_what_is_in_use_is_not_revived() -> None:
    """An admin elsewhere, suspended here: the restore changes nothing there, and is no admin's return."""
    rows = (role(status="suspended"), role(CONFLUENCE, given=ADMIN, directory=NORTH))
    state = diagnose(found(person(USERS), assignments=rows, directories=(ACME, NORTH)), WANTED)
    assert (state.levels, state.brings_back, state.revives_admin) == ((W.RESTORE,), (), ())


def test_a_return_that_ends_no_suspension_revives_nobody() -> None:
    """A snapshot of an open directory is put back, whatever sleeps in another."""
    rows = (role(given=ADMIN, directory=NORTH, status="suspended"), role(CONFLUENCE, directory=ACME))
    state = diagnose(found(person(), licence_groups=(USERS, NORTHERN), assignments=rows, directories=(ACME, NORTH)), WANTED)
    assert (state.levels, plan_restore(state, WANTED)) == ((W.RESTORE,), ())
    snapshot = Snapshot(groups=(USERS.ref,))
    assert plan_restore(state, WANTED, snapshot) == (AddToGroup(group_id=USERS.id, directory_id=ACME, account_id=ADA),)


GROUP_SETS = [(), (USERS,), (SYNCED,), (ADMINS,), (MIXED,), (SYNCED, STAFF), (USERS, STAFF, ADMINS), (NORTHERN,), (USERS, NORTHERN, SYNCED)]
DIRECTORIES = [
    {},
    {ACME: False},
    {ACME: True},
    {NORTH: False},
    {ACME: True, NORTH: False},
    {ACME: False, NORTH: True},
    {ACME: True, NORTH: True},
]


def every_miniature() -> Iterator[Miniature]:
    """The whole product of states: account, claim, lock, directories, groups there are, what is held."""
    accounts = [("active", False), ("inactive", False), ("inactive", True), ("closed", False)]
    locks = [None, "externalDirectory.scim", "blocked.exportControl"]
    for groups, directories, account, claim, lock in itertools.product(GROUP_SETS, DIRECTORIES, accounts, ("managed", "unmanaged"), locks):
        reachable = [one.id for one in groups if one.directory_id in directories]
        for held, direct in itertools.product([*({one} for one in reachable), set()], [set(), {(JIRA, USER)}, {(CONFLUENCE, USER)}]):
            if direct and not directories:
                continue
            yield Miniature(
                groups=groups,
                account=account[0],
                for_deletion=account[1],
                claim=claim,
                lock=lock,
                directories=directories,
                member_of=frozenset(held),
                direct=frozenset(direct),
            )


EVERYTHING = list(every_miniature())


def expected(world: Miniature) -> WayBack:
    """The first thing to mend, told from the facts and in the table's words, not with the product's code."""
    if world.account == "closed":
        return W.ACCOUNT_CLOSED
    if world.account == "inactive" and (world.claim == "unmanaged" or (world.lock or "").startswith("externalDirectory")):
        return W.OWNED_ELSEWHERE
    if world.account == "inactive" and world.lock and not world.for_deletion:
        return W.OWNED_ELSEWHERE
    way = expected_in_directories(world)
    if world.account == "active" or way is W.OWNED_ELSEWHERE:
        return way
    return W.CANCEL_DELETION if world.for_deletion else W.ENABLE


def expected_in_directories(world: Miniature) -> WayBack:
    """The same for what lies below the account."""
    safe = [one for one in world.groups if not one.external and one.modifiable and {name for _, name in one.grants} <= HARMLESS_ROLES]
    near = [one for one in world.groups if one.directory_id in world.directories]
    seats = [one.directory_id for one in near if one.id in world.member_of]
    seats += [world.home(JIRA)] if (JIRA, USER) in world.direct else []
    if not world.directories:
        return W.INVITE if safe or not any(one.external for one in world.groups) else W.OWNED_ELSEWHERE
    if seats:
        return W.RESTORE if all(world.directories[seat] for seat in seats) else W.HAS_ACCESS
    return expected_without_a_seat(world, safe=safe, near=near)


def expected_without_a_seat(world: Miniature, *, safe: list[LicenceGroup], near: list[LicenceGroup]) -> WayBack:
    """The same for a member who has nothing that gives the product."""
    if any(one in near and not world.directories[one.directory_id] for one in safe):
        return W.ADD_ACCESS
    if any(one in near for one in safe):
        return W.RESTORE
    if safe and not near:
        return W.INVITE
    if any(one.external for one in near):
        return W.OWNED_ELSEWHERE
    return W.RESTORE if world.directories[world.home(JIRA)] else W.ADD_ACCESS


def test_every_state_has_the_way_back_of_the_table() -> None:
    """The whole product of states, against the table told a second time."""
    assert len(EVERYTHING) > 5_000
    wrong = [
        (world, world.diagnosed().way_back, expected(world)) for world in EVERYTHING if world.diagnosed().way_back is not expected(world)
    ]
    assert wrong == []


def test_every_plan_leads_to_access_and_changes_nothing_else() -> None:
    """Step by step, diagnosed anew each time: it ends with the product, and only what was announced came besides."""
    for world in EVERYTHING:
        state = world.diagnosed()
        if not state.way_back.can_be_mended:
            assert plan_restore(state, WANTED, allow_admin=True) == ()
            continue
        assert (plan_restore(state, WANTED) == ()) == bool(state.revives_admin)
        assert_mends(world, state)


def assert_mends(world: Miniature, state: AccessState) -> None:
    """Follow the plans of *world* to their end."""
    now, taken = world, 0
    while (here := now.diagnosed()).way_back.can_be_mended:
        plan = plan_restore(here, WANTED, allow_admin=True)
        assert len(plan) == len(here.levels)
        now, taken = now.after(plan[0]), taken + 1
        assert taken <= len(state.levels)
    assert (now.diagnosed().way_back, taken) == (W.HAS_ACCESS, len(state.levels))
    gained = now.holdings - world.holdings
    assert {resource for resource, _ in gained} <= {JIRA, *state.side_products}
    assert {name for _, name in gained} <= HARMLESS_ROLES


def test_every_state_is_told_in_levels_and_survives_storage() -> None:
    """The way back is the first level, a dead end stands alone, and a finding reads back as it was written."""
    for world in EVERYTHING:
        state = world.diagnosed()
        assert state.way_back is state.levels[0]
        assert len(state.levels) == 1 or all(level.can_be_mended for level in state.levels)
        assert AccessState.from_json(state.to_json()) == state


def test_a_seat_that_shows_leaves_nothing_to_mend() -> None:
    """What a step gave is held from now on, and who the person is stays as it was found."""
    sleeping = person(membership_status="suspended", platform_roles=("atlassian/org-admin",))
    state = diagnose(found(sleeping, licence_groups=(STAFF,)), WANTED)
    step = AddToGroup(group_id=STAFF.id, directory_id=ACME, account_id=ADA)
    rows = (role(), role(given="atlassian/guest", directory=NORTH), role(how="group"))
    after = seated(state, step=step, rows=rows)
    assert (after.way_back, after.levels, after.reason) == (W.HAS_ACCESS, (W.HAS_ACCESS,), None)
    assert (after.account_id, after.email, after.account_status, after.matches) == (ADA, EMAIL, "active", 1)
    assert after.membership == {**state.membership, ACME: "active", NORTH: "active"}
    assert after.licence_groups_held == (STAFF.ref,)
    assert after.direct_roles == ("atlassian/guest", USER)
    assert (after.brings_back, after.revives_admin, after.side_products, after.chosen_group, after.restore_in) == ((), (), (), None, ())
    assert after.candidate_groups == state.candidate_groups
    assert seated(after, step=step, rows=rows).licence_groups_held == (STAFF.ref,)


def test_a_seat_by_role_adds_no_group() -> None:
    """Only the group that the step names is held by it."""
    state = diagnose(found(person(), licence_groups=(USERS, STAFF)), WANTED)
    by_role = seated(state, step=AssignRole(account_id=ADA, resource=JIRA, role=USER), rows=(role(),))
    assert by_role.licence_groups_held == ()
    by_group = seated(state, step=AddToGroup(group_id=USERS.id, directory_id=ACME, account_id=ADA), rows=(role(),))
    assert by_group.licence_groups_held == (USERS.ref,)


def test_a_finding_does_not_print_the_person() -> None:
    """States get into logs; names and addresses must not."""
    text = repr(diagnose(found(person(name="Ada Park")), WANTED))
    assert EMAIL not in text
    assert "Ada Park" not in text
