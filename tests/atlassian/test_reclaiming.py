"""Taking seats and giving them back, against the whole sandbox over sockets."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from atlassian.access import ProductWanted, RoleRef, Snapshot
from atlassian.errors import OutcomeUnknown, OwnedElsewhere
from atlassian.planning import plan_restore, plan_return
from atlassian.provisioner import Taken
from atlassian.removal import Obstacle, Removal, plan_removal
from atlassian.steps import RemoveFromGroup, RevokeRole
from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Group
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.atlassian.conftest import Acme, settle_in

USER = "atlassian/user"


def person(acme: Acme, key: str) -> Account:
    """The account as it truly is."""
    return acme.sandbox.atlassian.person(key)


def seated(acme: Acme, account: Account, wanted: ProductWanted) -> bool:
    """Whether this account takes a seat of the product now."""
    return account.pending_since is None and wanted.resource in acme.sandbox.atlassian.register.billed(account)


async def planned(acme: Acme, account: Account, *products: ProductWanted) -> dict[str, Removal]:
    """The removal of each product, all planned from one look."""
    held = await acme.provisioner.holdings(account.id, products=products)
    return {one.resource: plan_removal(held, one, other_products=products) for one in products}


async def reclaim(acme: Acme, key: str, product: str = "jira") -> Removal:
    """Plan and take one product from the person called *key*."""
    wanted = acme.wanted(product)
    removal = (await planned(acme, person(acme, key), wanted))[wanted.resource]
    for step in removal.steps:
        await acme.provisioner.take(step)
    return removal


async def give_back(acme: Acme, account: Account, wanted: ProductWanted, snapshot: Snapshot) -> list[str]:
    """Follow the plans of a return to their end."""
    state = await acme.provisioner.look(account_id=account.id, wanted=wanted)
    return await acme.bring_back(state, wanted=wanted, snapshot=snapshot)


@pytest.mark.large
@pytest.mark.parametrize("product", ["jira", "confluence"])
async def test_a_population_loses_the_seat_and_gets_it_back(http: httpx.AsyncClient, product: str) -> None:
    """For each account: the seat is gone and nothing else changed, or nothing did; then all is as it was, and stays so."""
    async with Sandbox(people=120) as sandbox:
        acme = await settle_in(sandbox, http)
        outcomes = [await assert_goes_and_comes(acme, account, acme.wanted(product)) for account in people_of(acme)]
    assert (len(outcomes) > 60, "taken" in outcomes, "in the way" in outcomes, "nothing" in outcomes) == (True, True, True, True)


def people_of(acme: Acme) -> list[Account]:
    """All accounts of people."""
    return [account for account in acme.sandbox.atlassian.register.accounts if account.type == "atlassian"]


async def assert_goes_and_comes(acme: Acme, before: Account, wanted: ProductWanted) -> str:
    """One account there and back; what became of it."""
    organization, start = acme.sandbox.atlassian, len(acme.sandbox.atlassian.writes)
    removal = (await planned(acme, before, wanted))[wanted.resource]
    for step in (*removal.steps, *removal.steps):
        await acme.provisioner.take(step)
    after = organization.register.get(before.id)
    assert after is not None
    assert replace(after, groups=before.groups, roles=before.roles) == before
    assert {write.account_id for write in organization.writes[start:]} <= {before.id}
    if not removal.steps:
        assert after == before
        assert seated(acme, before, wanted) == bool(removal.in_the_way)
        return "in the way" if removal.in_the_way else "nothing"
    assert len(organization.writes) - start == len(removal.steps)
    assert organization.register.billed(after) == organization.register.billed(before) - {wanted.resource}
    assert_touches_nothing_foreign(acme, before, after)
    assert await acme.provisioner.gone(before.id, wanted=wanted)
    await give_back(acme, after, wanted, removal.snapshot)
    assert organization.register.get(before.id) == before
    assert await give_back(acme, before, wanted, removal.snapshot) == []
    return "taken"


def assert_touches_nothing_foreign(acme: Acme, before: Account, after: Account) -> None:
    """Neither an identity provider's group nor administration was taken."""
    groups = [acme.sandbox.atlassian.catalog.groups[group] for group in before.groups - after.groups]
    assert not any(group.external or "atlassian/admin" in {role for _, role in group.grants} for group in groups)
    assert {role for _, role in before.roles - after.roles} <= {USER}


@pytest.mark.large
async def test_two_products_are_taken_and_returned_together(http: httpx.AsyncClient) -> None:
    """Planned from one look: each product that is taken is gone, and both snapshots bring back what there was."""
    async with Sandbox(people=120) as sandbox:
        acme = await settle_in(sandbox, http)
        together = [await assert_both_go_and_come(acme, account) for account in people_of(acme)]
    assert max(together) == 2


async def assert_both_go_and_come(acme: Acme, before: Account) -> int:
    """One account without Jira and Confluence, and back; how many of them were taken."""
    organization, products = acme.sandbox.atlassian, (acme.wanted("jira"), acme.wanted("confluence"))
    removals = await planned(acme, before, *products)
    for step in (step for removal in removals.values() for step in removal.steps):
        await acme.provisioner.take(step)
    after = organization.register.get(before.id)
    assert after is not None
    gone = {resource for resource, removal in removals.items() if removal.steps}
    assert organization.register.billed(after) == organization.register.billed(before) - gone
    for wanted in products:
        if wanted.resource in gone:
            await give_back(acme, before, wanted, removals[wanted.resource].snapshot)
    assert organization.register.get(before.id) == before
    return len(gone)


async def test_an_ordinary_removal_costs_four_calls(acme: Acme) -> None:
    """Two to look, one to act, one to read back; the catalog's questions are asked once an hour."""
    await acme.provisioner.holdings(person(acme, "hugo").id, products=(acme.wanted(),))
    start = acme.calls_total
    await reclaim(acme, "hugo")
    assert await acme.provisioner.gone(person(acme, "hugo").id, wanted=acme.wanted())
    assert acme.calls_since(start)[:2] == ["POST search", "GET role-assignments"]
    assert [call.partition(" ")[0] for call in acme.calls_since(start)[2:]] == ["DELETE", "GET"]


@pytest.mark.parametrize(
    ("key", "product", "reason", "name"),
    [
        ("omar", "jira", Obstacle.EXTERNAL_GROUP, "engineering"),
        ("grace", "confluence", Obstacle.ADMIN_ROLE, None),
    ],
)
async def test_the_cast_keeps_what_is_not_ours_to_take(acme: Acme, key: str, product: str, reason: Obstacle, name: str | None) -> None:
    """An identity provider's group and an organization's administrator: named, and nothing written."""
    before = len(acme.sandbox.atlassian.writes)
    removal = await reclaim(acme, key, product)
    named = {(one.reason, one.group.name if one.group else None) for one in removal.in_the_way}
    assert (reason, name) in named
    assert len(acme.sandbox.atlassian.writes) == before


async def test_a_direct_role_is_taken_and_returned(acme: Acme) -> None:
    """Without any group there is only the role."""
    organization, wanted = acme.sandbox.atlassian, acme.wanted()
    before = organization.change(person(acme, "hugo"), act="test", groups=frozenset(), roles=frozenset({(wanted.resource, USER)}))
    removal = await reclaim(acme, "hugo")
    assert removal.steps == (RevokeRole(account_id=before.id, role=USER, resource=wanted.resource),)
    assert not organization.has_product("hugo", "jira")
    assert await give_back(acme, before, wanted, removal.snapshot) == ["assign_role"]
    assert person(acme, "hugo") == before


async def test_a_role_that_comes_back_as_a_membership_ends_the_return(acme: Acme) -> None:
    """Atlassian may place the person in the default group instead; asking for the role again would never end."""
    acme.sandbox.atlassian.behaviour.roles_assign = "default_group"
    snapshot = Snapshot(roles=(RoleRef(resource=acme.wanted().resource, role=USER),))
    assert await give_back(acme, person(acme, "ada"), acme.wanted(), snapshot) == ["assign_role"]
    assert acme.sandbox.atlassian.has_product("ada", "jira")


async def test_a_step_of_a_removal_that_is_taken_twice_is_taken(acme: Acme) -> None:
    """A retaken job meets 404, and that is success."""
    organization = acme.sandbox.atlassian
    group = organization.catalog.group_named("jira-users-acme")
    step = RemoveFromGroup(group_id=group.id, directory_id=group.directory, account_id=person(acme, "hugo").id)
    assert await acme.provisioner.take(step) == Taken()
    assert await acme.provisioner.take(step) == Taken(already=True)
    assert await acme.provisioner.take(replace(step, group_id="gone")) == Taken(already=True)


async def test_a_group_that_an_identity_provider_took_over_refuses(acme: Acme) -> None:
    """The catalog is an hour old at most: the write is refused, in its class, and the catalog asks again."""
    organization = acme.sandbox.atlassian
    wanted, group = acme.wanted(), organization.catalog.group_named("jira-users-acme")
    (removal,) = (await planned(acme, person(acme, "hugo"), wanted)).values()
    organization.catalog.groups[group.id] = replace(group, external=True)
    with pytest.raises(OwnedElsewhere):
        await acme.provisioner.take(removal.steps[0])
    assert [one.reason for one in (await reclaim(acme, "hugo")).in_the_way] == [Obstacle.EXTERNAL_GROUP]


async def test_a_group_that_grants_more_since_the_catalog_was_read_is_noticed(acme: Acme) -> None:
    """A role that no known group explains makes the catalog ask again, before anybody loses a product that nobody meant."""
    organization, wanted = acme.sandbox.atlassian, acme.wanted()
    for product in ("jira", "confluence"):
        await acme.catalog.licence_groups(acme.wanted(product).resource)
    jira = organization.catalog.group_named("jira-users-acme")
    organization.change(person(acme, "hugo"), act="test", groups=frozenset({jira.id}))
    organization.catalog.groups[jira.id] = replace(jira, grants=(*jira.grants, (acme.wanted("confluence").resource, USER)))
    (removal,) = (await planned(acme, person(acme, "hugo"), wanted)).values()
    assert [(one.reason, one.resources) for one in removal.in_the_way] == [(Obstacle.OTHER_PRODUCT, (acme.wanted("confluence").resource,))]


async def test_what_was_removed_shows_after_the_lag(acme: Acme) -> None:
    """Reads are behind writes by up to a minute: not gone yet, and then gone."""
    acme.sandbox.atlassian.behaviour.write_lag = timedelta(seconds=60)
    await reclaim(acme, "hugo")
    assert not await acme.provisioner.gone(person(acme, "hugo").id, wanted=acme.wanted())
    acme.sandbox.clock.advance(timedelta(seconds=61))
    assert await acme.provisioner.gone(person(acme, "hugo").id, wanted=acme.wanted())


async def test_a_lost_answer_to_a_removal_is_read(acme: Acme) -> None:
    """The write took effect and the answer was dropped: reading tells, and a second attempt is no harm."""
    acme.sandbox.faults.add(Fault(match="DELETE /memberships", drop="after", times=1))
    (removal,) = (await planned(acme, person(acme, "hugo"), acme.wanted())).values()
    with pytest.raises(OutcomeUnknown):
        await acme.provisioner.take(removal.steps[0])
    assert await acme.provisioner.gone(person(acme, "hugo").id, wanted=acme.wanted())
    assert await acme.provisioner.take(removal.steps[0]) == Taken(already=True)


async def test_a_seat_behind_a_suspension_is_gone(acme: Acme) -> None:
    """It is not billed, so that a removal elsewhere has done what it could."""
    assert await acme.provisioner.gone(person(acme, "mona").id, wanted=acme.wanted())
    assert not await acme.provisioner.gone(person(acme, "hugo").id, wanted=acme.wanted())


async def test_whoever_left_the_organization_is_gone(acme: Acme) -> None:
    """Nobody to read roles of, and nothing to take."""
    hugo = acme.sandbox.atlassian.change(person(acme, "hugo"), act="test", directories={}, groups=frozenset())
    assert await acme.provisioner.gone(hugo.id, wanted=acme.wanted())
    assert await acme.provisioner.gone("712020:nobody", wanted=acme.wanted())
    for account in (hugo, replace(hugo, id="712020:nobody")):
        assert (await planned(acme, account, acme.wanted())) == {acme.wanted().resource: Removal()}


async def test_a_group_that_was_deleted_meanwhile_is_missing(acme: Acme) -> None:
    """The person comes back by today's licence group, and the card can say which group is gone."""
    organization, wanted = acme.sandbox.atlassian, acme.wanted()
    old = Group(id="old", name="jira-2019", directory=organization.catalog.directory_named("acme").id, grants=((wanted.resource, USER),))
    organization.catalog.groups[old.id] = old
    organization.change(person(acme, "hugo"), act="test", groups=frozenset({old.id}))
    removal = await reclaim(acme, "hugo")
    del organization.catalog.groups[old.id]
    acme.catalog.forget()
    state = await acme.provisioner.look(account_id=person(acme, "hugo").id, wanted=wanted)
    returned = plan_return(state, wanted, removal.snapshot)
    assert (returned.missing, returned.by_substitute, returned.steps) == (("jira-2019",), True, plan_restore(state, wanted))
