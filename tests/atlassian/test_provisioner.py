"""Looking, taking a step and reading back, against the whole sandbox over sockets."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from atlassian.access import WayBack
from atlassian.catalog import Catalog
from atlassian.client import AdminClient
from atlassian.errors import KeyRejected, NotThere, OwnedElsewhere, Refused, SeatsExhausted
from atlassian.planning import plan_restore
from atlassian.provisioner import InviteOutcome, Provisioner, Taken
from atlassian.steps import AddToGroup, AssignRole, Enable, Invite
from atlassian.transport import Transport
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.atlassian.conftest import Acme, Wire, reply, settle_in
from tests.atlassian.words import ACME, ADA, EMAIL, NOW, WANTED

W = WayBack


async def warm(acme: Acme) -> int:
    """Fill the catalog, as an hour of work does; the number of calls so far."""
    await acme.catalog.licence_groups(acme.wanted().resource)
    await acme.catalog.directories()
    return acme.calls_total


async def test_an_ordinary_return_costs_three_calls(small_acme: Acme) -> None:
    """One to look, one to act, one to read back; the catalog's questions are asked once an hour."""
    start = await warm(small_acme)
    state = await small_acme.look("ada")
    assert small_acme.calls_since(start) == ["POST search"]
    taken = await small_acme.bring_back(state, wanted=small_acme.wanted())
    assert taken == ["add_to_group"]
    assert small_acme.calls_since(start) == ["POST search", "POST memberships", "GET role-assignments"]
    assert small_acme.sandbox.atlassian.has_product("ada", "jira")


async def test_several_directories_cost_one_call_more(acme: Acme) -> None:
    """A person may be suspended in one of them, or be in another than the product's groups."""
    start = await warm(acme)
    await acme.bring_back(await acme.look("ada"), wanted=acme.wanted())
    assert acme.calls_since(start) == ["POST search", "GET directories", "POST memberships", "GET role-assignments"]


async def test_a_stranger_is_searched_for_twice(small_acme: Acme) -> None:
    """Managed accounts outside all directories are found only by asking for managed ones."""
    start = await warm(small_acme)
    assert (await small_acme.look("lena")).way_back is W.INVITE
    assert small_acme.calls_since(start) == ["POST search", "POST search"]


async def test_recent_use_without_a_group_asks_for_direct_roles(small_acme: Acme) -> None:
    """Whoever used the product lately, and is in no group of it, probably has it directly: no card for them."""
    organization = small_acme.sandbox.atlassian
    hugo = organization.person("hugo")
    jira = organization.catalog.product("jira").ari
    organization.change(hugo, act="test", groups=frozenset(), roles=frozenset({(jira, "atlassian/user")}))
    start = await warm(small_acme)
    state = await small_acme.look("hugo")
    assert (state.way_back, state.direct_roles) == (W.HAS_ACCESS, ("atlassian/user",))
    assert small_acme.calls_since(start) == ["POST search", "GET role-assignments"]


@pytest.mark.parametrize(
    ("key", "product", "way_back", "reason"),
    [
        ("ada", "jira", W.ADD_ACCESS, None),
        ("ada", "confluence", W.HAS_ACCESS, None),
        ("hugo", "jira", W.HAS_ACCESS, None),
        ("grace", "jira", W.HAS_ACCESS, None),
        ("lena", "jira", W.INVITE, None),
        ("mona", "jira", W.RESTORE, None),
        ("nils", "jira", W.ENABLE, None),
        ("otto", "jira", W.CANCEL_DELETION, None),
        ("pia", "jira", W.ACCOUNT_CLOSED, None),
        ("quinn", "confluence", W.OWNED_ELSEWHERE, "no_modifiable_group"),
        ("quinn", "jira", W.INVITE, "other_directory"),
        ("rosa", "jira", W.AMBIGUOUS, "several_accounts"),
        ("tess", "jira", W.OWNED_ELSEWHERE, "externalDirectory.scim"),
        ("vera", "jira", W.INVITE, None),
    ],
)
async def test_the_cast_is_diagnosed(acme: Acme, key: str, product: str, way_back: WayBack, reason: str | None) -> None:
    """Each person of the story has the way back of the story."""
    state = await acme.look(key, product)
    assert (state.way_back, state.reason) == (way_back, reason)


@pytest.mark.parametrize(
    ("key", "steps", "acts"),
    [
        ("ada", ["add_to_group"], ["group.add"]),
        ("mona", ["restore"], ["directory.restore"]),
        ("nils", ["enable"], ["lifecycle.enable"]),
        ("otto", ["cancel_deletion"], ["lifecycle.cancel-delete"]),
        ("lena", ["invite"], ["invitation.send"]),
    ],
)
async def test_the_cast_comes_back_and_nothing_else_changes(acme: Acme, key: str, steps: list[str], acts: list[str]) -> None:
    """The access is there in truth, by exactly these changes, to this person alone."""
    before = len(acme.sandbox.atlassian.writes)
    assert await acme.bring_back(await acme.look(key), wanted=acme.wanted()) == steps
    assert acme.acts_since(before) == [(key, act) for act in acts]
    assert acme.has_product_after_all(key, steps=steps)


async def test_all_levels_at_once(acme: Acme) -> None:
    """Deactivated, suspended and without the group: three steps, each diagnosed anew."""
    organization = acme.sandbox.atlassian
    nils = organization.person("nils")
    organization.change(nils, act="test", groups=frozenset(), directories=dict.fromkeys(nils.directories, True))
    assert await acme.bring_back(await acme.look("nils"), wanted=acme.wanted()) == ["enable", "restore", "add_to_group"]
    assert organization.has_product("nils", "jira")


@pytest.mark.parametrize("key", ["mona", "nils", "otto"])
@pytest.mark.parametrize("product", ["jira", "confluence"])
async def test_an_admin_who_sleeps_is_seen_and_left_to_a_human(small_acme: Acme, key: str, product: str) -> None:
    """Suspended, deactivated or about to be deleted, with direct administration beside a group: it is told, and nothing is planned."""
    organization = small_acme.sandbox.atlassian
    resource = small_acme.wanted(product).resource
    organization.change(organization.person(key), act="test", roles=frozenset({(resource, "atlassian/admin")}))
    state = await small_acme.look(key)
    assert state.revives_admin == (f"atlassian/admin@{resource}",)
    assert f"atlassian/admin on {resource}" in state.brings_back
    assert (state.reason, plan_restore(state, small_acme.wanted())) == ("revives_admin", ())
    assert plan_restore(state, small_acme.wanted(), allow_admin=True)


async def test_what_sleeps_costs_one_call(small_acme: Acme) -> None:
    """Roles are read when a way back would revive them, and then once."""
    start = await warm(small_acme)
    state = await small_acme.look("mona")
    assert (state.revives_admin, small_acme.calls_since(start)) == ((), ["POST search", "GET role-assignments"])


async def test_somebody_of_another_directory_has_an_account(acme: Acme) -> None:
    """An invitation for a stranger and one for a colleague of the other directory must not read alike."""
    quinn, lena = await acme.look("quinn"), await acme.look("lena")
    assert (quinn.way_back, quinn.reason, quinn.account_id) == (W.INVITE, "other_directory", acme.sandbox.atlassian.person("quinn").id)
    assert (lena.way_back, lena.reason, lena.account_id) == (W.INVITE, None, None)


async def test_suspended_in_one_of_two_directories(acme: Acme) -> None:
    """Atlassian's summary says active, and only the one directory is restored."""
    organization = acme.sandbox.atlassian
    mona, north = organization.person("mona"), organization.catalog.directory_named("northwind").id
    organization.change(mona, act="test", directories={**mona.directories, north: False})
    state = await acme.look("mona")
    assert (state.way_back, state.membership[north]) == (W.RESTORE, "active")
    await acme.bring_back(state, wanted=acme.wanted())
    assert organization.has_product("mona", "jira")


async def test_everybody_who_can_come_back_does(http: httpx.AsyncClient) -> None:
    """A whole population: what is diagnosed is true, and every plan ends with the product."""
    async with Sandbox(people=250) as sandbox:
        acme = await settle_in(sandbox, http)
        sandbox.atlassian.capacity["jira"] = 10_000
        # Whoever hides their address is not found by it, and looks like nobody.
        for human in (human for human in sandbox.world.humans if human.email_visible):
            await assert_comes_back(acme, human.key)


async def assert_comes_back(acme: Acme, key: str) -> None:
    """What is diagnosed is true, and a plan ends with the product; whoever would be an admin again is left to a human."""
    state = await acme.look(key, thorough=True)
    if state.matches == 1:
        assert (state.way_back is W.HAS_ACCESS) == acme.sandbox.atlassian.has_product(key, "jira"), key
    if state.revives_admin:
        assert plan_restore(state, acme.wanted()) == ()
    elif state.way_back.can_be_mended:
        steps = await acme.bring_back(state, wanted=acme.wanted())
        assert acme.has_product_after_all(key, steps=steps), key


async def test_a_pinned_account_whose_address_is_another_is_refused(acme: Acme) -> None:
    """Found by id, the account must still be the person's who asks."""
    ada = acme.sandbox.atlassian.person("ada")
    state = await acme.provisioner.look(account_id=ada.id, email="eve@acme.example", wanted=acme.wanted())
    assert (state.way_back, state.reason) == (W.AMBIGUOUS, "email_mismatch")
    assert (await acme.provisioner.look(account_id=ada.id, wanted=acme.wanted())).way_back is W.ADD_ACCESS


async def test_looking_for_nobody_is_a_mistake(acme: Acme) -> None:
    """Without an address or an id there is nothing to look for."""
    with pytest.raises(ValueError, match="an e-mail address or an account id"):
        await acme.provisioner.look(wanted=acme.wanted())


@pytest.mark.parametrize("answer", [204, 409])
async def test_a_step_that_is_taken_twice_is_taken(acme: Acme, answer: int) -> None:
    """A second add is answered in one of two ways, and neither is an error."""
    acme.sandbox.atlassian.behaviour.already = answer  # type: ignore[assignment]
    state = await acme.look("ada")
    (step,) = plan_restore(state, acme.wanted())
    assert await acme.provisioner.take(step) == Taken()
    assert await acme.provisioner.take(step) == Taken(already=answer == 409)


@pytest.mark.parametrize("key", ["ada", "mona", "lena"])
async def test_a_full_product_says_so(acme: Acme, key: str) -> None:
    """Group, restore and invitation meet the same wall, and nobody gets in."""
    organization = acme.sandbox.atlassian
    organization.capacity["jira"] = 0
    steps = plan_restore(await acme.look(key), acme.wanted())
    with pytest.raises(SeatsExhausted):
        await acme.provisioner.take(steps[0])


async def test_a_role_meets_the_same_wall(acme: Acme) -> None:
    """roles/assign has another family of codes."""
    acme.sandbox.atlassian.capacity["jira"] = 0
    step = AssignRole(account_id=acme.sandbox.atlassian.person("ada").id, role="atlassian/user", resource=acme.wanted().resource)
    with pytest.raises(SeatsExhausted):
        await acme.provisioner.take(step)


@pytest.mark.parametrize("creates", ["direct", "default_group"])
async def test_a_role_that_was_assigned_is_read_back(acme: Acme, creates: str) -> None:
    """Whether it becomes a direct role or a membership of the default group is not settled; both are access."""
    acme.sandbox.atlassian.behaviour.roles_assign = creates  # type: ignore[assignment]
    state = await acme.look("ada")
    step = AssignRole(account_id=state.account_id or "", role="atlassian/user", resource=acme.wanted().resource)
    await acme.provisioner.take(step)
    after = await acme.provisioner.read_back(state, step=step, wanted=acme.wanted())
    assert after.way_back is W.HAS_ACCESS
    assert after.direct_roles == (("atlassian/user",) if creates == "direct" else ())


async def test_what_does_not_show_yet_is_not_claimed(acme: Acme) -> None:
    """While reads lag behind, reading back plans the same step again; once they do not, it is there."""
    acme.sandbox.atlassian.behaviour.write_lag = timedelta(seconds=60)
    state, wanted = await acme.look("ada"), acme.wanted()
    (step,) = plan_restore(state, wanted)
    await acme.provisioner.take(step)
    after = await acme.provisioner.read_back(state, step=step, wanted=wanted)
    assert plan_restore(after, wanted) == (step,)
    acme.sandbox.clock.advance(timedelta(seconds=61))
    assert (await acme.provisioner.read_back(state, step=step, wanted=wanted)).way_back is W.HAS_ACCESS


def give_administration(acme: Acme, *, group: str) -> None:
    """Somebody makes an admin group of *group*, in Atlassian."""
    groups = acme.sandbox.atlassian.catalog.groups
    found = acme.sandbox.atlassian.catalog.group_named(group)
    groups[found.id] = replace(found, grants=(*found.grants, (acme.wanted("confluence").resource, "atlassian/admin")))


async def test_a_group_that_became_an_admin_group_is_closed(acme: Acme) -> None:
    """Planned from a look of a minute ago; nobody gets in, and the next look takes another way."""
    state, wanted = await acme.look("ada"), acme.wanted()
    (step,) = plan_restore(state, wanted)
    give_administration(acme, group="jira-users-acme")
    acme.sandbox.clock.advance(timedelta(seconds=61))
    before = len(acme.sandbox.atlassian.writes)
    with pytest.raises(Refused) as caught:
        await acme.provisioner.take(step)
    assert (type(caught.value), caught.value.reason) == (Refused, "group_administers")
    assert acme.sandbox.atlassian.writes[before:] == []
    after = await acme.look("ada")
    assert after.chosen_group
    assert after.chosen_group.name == "all-staff"


async def test_nobody_is_invited_into_a_group_that_became_an_admin_group(acme: Acme) -> None:
    """An invitation is a way into a group too."""
    wanted = acme.wanted(group="jira-users-acme")
    (step,) = plan_restore(await acme.provisioner.look(email="new.hire@acme.example", wanted=wanted), wanted)
    give_administration(acme, group="jira-users-acme")
    acme.sandbox.clock.advance(timedelta(seconds=61))
    with pytest.raises(Refused) as caught:
        await acme.provisioner.take(step)
    assert caught.value.reason == "group_administers"
    assert acme.sandbox.atlassian.register.with_email("new.hire@acme.example") == []


async def test_an_old_answer_about_a_group_is_asked_for_once(small_acme: Acme) -> None:
    """One read before the write when the catalog's word is older than a minute; the answer is kept again."""
    (step,) = plan_restore(await small_acme.look("ada"), small_acme.wanted())
    small_acme.sandbox.clock.advance(timedelta(seconds=61))
    start = small_acme.calls_total
    await small_acme.provisioner.take(step)
    await small_acme.provisioner.take(step)
    assert small_acme.calls_since(start) == ["GET role-assignments", "POST memberships", "POST memberships"]


async def test_an_identity_providers_group_refuses(acme: Acme) -> None:
    """And the refusal is of its own class, with a reason to show."""
    organization = acme.sandbox.atlassian
    group = organization.catalog.group_named("engineering")
    step = AddToGroup(group_id=group.id, directory_id=group.directory, account_id=organization.person("ada").id)
    with pytest.raises(OwnedElsewhere) as caught:
        await acme.provisioner.take(step)
    assert caught.value.reason == "group_not_manageable"


async def test_an_account_that_an_identity_provider_owns_refuses(acme: Acme) -> None:
    """The reason names who must act."""
    with pytest.raises(OwnedElsewhere) as caught:
        await acme.provisioner.take(Enable(account_id=acme.sandbox.atlassian.person("tess").id))
    assert caught.value.reason == "externalDirectory.scim"


async def test_a_contradiction_makes_the_catalog_forget(acme: Acme) -> None:
    """A group that is gone must not be planned for another hour."""
    start = await warm(acme)
    step = AddToGroup(
        group_id="gone",
        directory_id=acme.sandbox.atlassian.catalog.directory_named("acme").id,
        account_id=acme.sandbox.atlassian.person("ada").id,
    )
    with pytest.raises(NotThere):
        await acme.provisioner.take(step)
    await warm(acme)
    assert "POST search" in acme.calls_since(start)


async def test_an_invitation_that_fails_in_part_is_no_grant(acme: Acme) -> None:
    """206 is a success with a failure inside."""
    email = (await acme.look("lena")).email or ""
    acme.sandbox.atlassian.behaviour.invite_errors.add(email)
    result = await acme.provisioner.take(Invite(email=email, resource=acme.wanted().resource, role="atlassian/user"))
    assert result == InviteOutcome(invited=False, reason="bad_request")


async def test_an_invitation_that_lacks_only_the_seat_waits(acme: Acme) -> None:
    """A full product inside a partial success is the same wall as a 409."""
    organization = acme.sandbox.atlassian
    organization.capacity["jira"] = 0
    groups = tuple(organization.catalog.group_named(name).id for name in ("design", "jira-users-acme"))
    step = Invite(email="new.hire@acme.example", resource=acme.wanted().resource, role="atlassian/user", group_ids=groups)
    with pytest.raises(SeatsExhausted) as caught:
        await acme.provisioner.take(step)
    assert caught.value.status == 206


async def test_an_invitation_into_the_named_group(acme: Acme) -> None:
    """Settings that name a group bring newcomers there, and nowhere else."""
    wanted = acme.wanted(group="all-staff")
    state = await acme.provisioner.look(email="new.hire@acme.example", wanted=wanted)
    assert await acme.bring_back(state, wanted=wanted) == ["invite"]
    account = acme.sandbox.atlassian.register.with_email("new.hire@acme.example")[0]
    names = {acme.sandbox.atlassian.catalog.groups[group].name for group in account.groups}
    assert (names, account.roles) == ({"all-staff"}, frozenset())


async def test_a_product_without_groups_is_given_by_role(acme: Acme) -> None:
    """Nobody can be in its groups, so that direct roles are asked for before one is given."""
    wanted = acme.wanted("confluence-labs")
    state = await acme.look("ada", "confluence-labs")
    assert await acme.bring_back(state, wanted=wanted) == ["assign_role"]
    assert (await acme.look("ada", "confluence-labs")).way_back is W.HAS_ACCESS


async def test_whoever_was_removed_meanwhile_is_seen_when_reading_back(acme: Acme) -> None:
    """Somebody without any directory has no roles to read; that is an answer, not a failure."""
    organization = acme.sandbox.atlassian
    state = await acme.look("ada")
    (step,) = plan_restore(state, acme.wanted())
    organization.change(organization.person("ada"), act="test", directories={}, groups=frozenset())
    assert (await acme.provisioner.read_back(state, step=step, wanted=acme.wanted())).way_back is W.INVITE


async def test_an_unmanaged_account_is_not_asked_about(acme: Acme) -> None:
    """Its owner is another organization or the person; asking would be refused."""
    organization = acme.sandbox.atlassian
    organization.change(organization.person("nils"), act="test", managed=False)
    start = acme.calls_total
    assert (await acme.look("nils")).reason == "unmanaged_account"
    assert "GET manage" not in acme.calls_since(start)


async def test_a_refusal_to_tell_permissions_leaves_the_attempt(acme: Acme) -> None:
    """Not being told is no reason to give a person up."""
    acme.sandbox.faults.add(Fault(match="GET /manage$", status=404))
    assert (await acme.look("nils")).way_back is W.ENABLE


@pytest.mark.parametrize("body", [{"message": "no"}, {"code": 403, "message": "lacks manage:org"}])
async def test_one_person_who_may_not_be_asked_about_stops_nobody(acme: Acme, body: dict[str, Any]) -> None:
    """A 403 about one account's permissions is no verdict on the key, which the attempt would meet."""
    acme.sandbox.faults.add(Fault(match="GET /manage$", status=403, body=body))
    assert (await acme.look("nils")).way_back is W.ENABLE


async def test_a_rejected_key_is_rejected_there_too(acme: Acme) -> None:
    """401 is the key's, wherever it is met."""
    acme.sandbox.faults.add(Fault(match="GET /manage$", status=401, body={"code": 401, "message": "Unauthorized"}))
    with pytest.raises(KeyRejected):
        await acme.look("nils")


async def test_a_member_of_no_directory_is_not_invited(acme: Acme) -> None:
    """Two reads that contradict each other leave the directories unknown; a member must not get an invitation for it."""
    await warm(acme)
    acme.sandbox.faults.add(Fault(match="GET /directories$", body={"data": []}))
    assert (await acme.look("ada")).way_back is W.ADD_ACCESS


async def test_a_portal_customer_does_not_hide_the_person(wire: Wire, http: httpx.AsyncClient) -> None:
    """Two accounts of one address, only one of them a person: that one is read in full."""
    answers = {
        "users/search": [
            {"accountId": "qm:1", "accountType": "customer", "email": EMAIL},
            {"accountId": ADA, "accountType": "atlassian", "accountStatus": "active", "membershipStatus": "suspended", "email": EMAIL},
        ],
        "groups/search": [],
        "directories": [{"directoryId": ACME}],
        "role-assignments": [],
    }

    async def script(_: object, writer: asyncio.StreamWriter) -> None:
        path = wire.requests[-1].split(b" ")[1].partition(b"?")[0].decode()
        writer.write(reply(200, json.dumps({"data": next(rows for end, rows in answers.items() if path.endswith(end))}).encode()))
        await writer.drain()

    wire.script = script
    client = AdminClient(Transport(wire.url, "key", now=lambda: NOW, http=http), "org")
    provisioner = Provisioner(client, Catalog(client, now=lambda: NOW))
    state = await provisioner.look(email=EMAIL, wanted=WANTED)
    assert (state.levels, state.restore_in) == ((W.RESTORE, W.ADD_ACCESS), (ACME,))
