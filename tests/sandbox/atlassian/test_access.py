"""Groups, roles, seats, directories: what gives and takes access."""

from datetime import timedelta

import pytest
from aiohttp import encode_basic_auth

from sandbox.atlassian.organization import Organization
from sandbox.world import World
from tests.sandbox.atlassian.conftest import Caller, code_of


def seats(acme: Organization, key: str = "jira") -> int:
    """Seats in use."""
    return acme.register.used[acme.catalog.product(key).ari]


async def add(api: Caller, acme: Organization, key: str, group: str) -> int:
    """Add a person to a group and tell the status."""
    return (await api.post(api.group(group) + "/memberships", {"accountId": acme.person(key).id})).status


async def test_the_licence_group_gives_access_and_takes_one_seat(api: Caller, acme: Organization) -> None:
    """The main job: one membership, one seat, nothing else changed."""
    before = seats(acme), seats(acme, "confluence")
    assert await add(api, acme, "ada", "jira-users-acme") == 204
    assert acme.has_product("ada", "jira")
    assert acme.groups_of("ada") == {"jira-users-acme", "confluence-users-acme", "design"}
    assert (seats(acme), seats(acme, "confluence")) == (before[0] + 1, before[1])
    assert [(write.act, write.by) for write in acme.writes] == [("group.add", "api")]


async def test_a_second_way_to_a_product_takes_no_second_seat(api: Caller, acme: Organization) -> None:
    """A user counts once per product."""
    before = seats(acme)
    assert await add(api, acme, "hugo", "all-staff") == 204
    assert seats(acme) == before
    assert (await api.call("DELETE", f"{api.group('jira-users-acme')}/memberships/{acme.person('hugo').id}")).status == 204
    assert acme.has_product("hugo", "jira"), "the other group still grants it"


@pytest.mark.parametrize("already", [204, 409])
async def test_a_second_add_is_204_or_409(api: Caller, acme: Organization, already: int) -> None:
    """Both are seen in the field and both mean: is a member."""
    acme.behaviour.already = already  # type: ignore[assignment]
    assert await add(api, acme, "hugo", "jira-users-acme") == already
    assert acme.writes == []


async def test_a_second_removal_is_404(api: Caller, acme: Organization) -> None:
    """Which a client takes as done."""
    path = f"{api.group('jira-users-acme')}/memberships/{acme.person('ada').id}"
    assert (await api.call("DELETE", path)).status == 404


async def test_a_full_licence_refuses_until_a_seat_frees(api: Caller, acme: Organization) -> None:
    """409 with a code that ends in 409-3, by group and by role."""
    acme.capacity["jira"] = seats(acme)
    answer = await api.post(api.group("jira-users-acme") + "/memberships", {"accountId": acme.person("ada").id})
    assert (answer.status, await code_of(answer)) == (409, "ADMIN-409-3")
    role = {"role": "atlassian/user", "resource": acme.catalog.product("jira").ari}
    answer = await api.post(f"{{v1}}/users/{acme.person('ada').id}/roles/assign", role)
    assert (answer.status, await code_of(answer)) == (409, "ADMIN-UAM-409-3")
    assert (await api.call("DELETE", f"{api.group('jira-users-acme')}/memberships/{acme.person('kit').id}")).status == 204
    assert await add(api, acme, "ada", "jira-users-acme") == 204


async def test_a_group_of_the_identity_provider_refuses(api: Caller, acme: Organization) -> None:
    """The group said so beforehand: modifiable is false."""
    answer = await api.post(api.group("engineering") + "/memberships", {"accountId": acme.person("ada").id})
    assert (answer.status, await code_of(answer)) == (403, "ADMIN-403-5")


async def test_or_takes_the_change_and_the_next_sync_reverts_it(api: Caller, acme: Organization, world: World) -> None:
    """A success that does not last: only reading back later finds it."""
    acme.behaviour.idp = "revert"
    assert await add(api, acme, "ada", "engineering") == 204
    assert acme.has_product("ada", "jira")
    world.clock.advance(timedelta(minutes=6))
    assert not acme.has_product("ada", "jira")
    assert [write.by for write in acme.writes] == ["api", "idp"]


async def test_a_member_must_be_in_the_groups_own_directory(api: Caller, acme: Organization) -> None:
    """quinn lives in the other directory, where only the identity provider's group grants Confluence."""
    assert await add(api, acme, "quinn", "confluence-users-acme") == 404
    assert await add(api, acme, "quinn", "knowledge-idp") == 403
    group = acme.catalog.group_named("design")
    answer = await api.post(f"{{any}}/groups/{group.id}/memberships", {"accountId": acme.person("ada").id})
    assert (answer.status, await code_of(answer)) == (404, "ADMIN-404-10")


async def test_suspending_keeps_everything_and_frees_the_seats(api: Caller, acme: Organization) -> None:
    """Restore gives back what there was."""
    groups, before = acme.groups_of("hugo"), seats(acme)
    assert (await api.post(api.person("hugo") + "/suspend")).status == 204
    assert (acme.groups_of("hugo"), acme.has_product("hugo", "jira"), seats(acme)) == (groups, False, before - 1)
    assert (await api.post(api.person("hugo") + "/restore")).status == 204
    assert (await api.post(api.person("hugo") + "/restore")).status == 204, "twice is once"
    assert acme.has_product("hugo", "jira")


async def test_restoring_into_a_full_licence_is_refused(api: Caller, acme: Organization) -> None:
    """Her old seat may be taken."""
    acme.capacity["jira"] = seats(acme)
    answer = await api.post(api.person("mona") + "/restore")
    assert (answer.status, await code_of(answer)) == (409, "ADMIN-UAM-409-3")


async def test_organization_admins_can_not_be_suspended_or_removed(api: Caller) -> None:
    """Nobody locks the last admin out by this API."""
    assert (await api.post(api.person("grace") + "/suspend")).status == 400
    assert (await api.call("DELETE", api.person("grace"))).status == 400


async def test_roles_are_direct_by_group_or_inferred(api: Caller, acme: Organization) -> None:
    """A role that comes by a group can not be revoked: the membership must go."""
    ada, jira = acme.person("ada").id, acme.catalog.product("jira").ari
    assert (await api.post(f"{{v1}}/users/{ada}/roles/assign", {"role": "atlassian/admin", "resource": jira})).status == 204
    assert await add(api, acme, "ada", "jira-users-acme") == 204
    path = f"{{any}}/users/{ada}/role-assignments?resourceIds={jira}"
    (row,) = (await (await api.get(path)).json())["data"]
    assert {each["role"]: each["roleAssignmentMethods"] for each in row["roleAssignments"]} == {
        "atlassian/admin": ["direct"],
        "atlassian/user": ["group_direct", "inferred"],
    }
    for role in ("atlassian/admin", "atlassian/user"):
        assert (await api.post(f"{{v1}}/users/{ada}/roles/revoke", {"role": role, "resource": jira})).status == 204
    assert acme.has_product("ada", "jira"), "the group still grants it"


async def test_a_role_grant_may_put_into_the_default_group(api: Caller, acme: Organization) -> None:
    """What a grant creates is unsettled; a client has to read it back."""
    acme.behaviour.roles_assign = "default_group"
    body = {"role": "atlassian/user", "resource": acme.catalog.product("jira").ari}
    assert (await api.post(f"{{v1}}/users/{acme.person('ada').id}/roles/assign", body)).status == 204
    assert "jira-users-acme" in acme.groups_of("ada")
    assert acme.person("ada").roles == frozenset()


@pytest.mark.parametrize(
    ("key", "role", "resource", "code"),
    [
        ("ada", "atlassian/user", None, "ADMIN-UAM-400-5"),
        ("ada", "atlassian/user", "jira", "ADMIN-400-4"),
        ("ada", "atlassian/user", "ari:cloud:loom::site/x", "ADMIN-UAM-400-4"),
        ("ada", "atlassian/customer", "{jira}", "ADMIN-UAM-400-3"),
        ("nils", "atlassian/user", "{jira}", "ADMIN-UAM-400-2"),
    ],
)
async def test_role_grants_are_refused_as_documented(
    api: Caller, acme: Organization, *, key: str, role: str, resource: str | None, code: str
) -> None:
    """Each reason has a code of its own."""
    body = {"role": role}
    if resource:
        body["resource"] = acme.catalog.product("jira").ari if resource == "{jira}" else resource
    answer = await api.post(f"{{v1}}/users/{acme.person(key).id}/roles/assign", body)
    assert (answer.status, await code_of(answer)) == (400, code)


async def test_only_the_site_tells_jiras_seats(api: Caller, acme: Organization) -> None:
    """With Basic authentication of a site admin; Confluence's seats are told nowhere."""
    path = "/site/acme/rest/api/3/applicationrole"
    assert (await api.get(path)).status == 401, "the organization key is worth nothing here"
    token = encode_basic_auth(acme.site_email, acme.site_token)
    answer = await api.get(path, headers={"Authorization": token})
    roles = {role["key"]: role for role in await answer.json()}
    assert set(roles) == {"jira-software", "jira-servicedesk", "jira-product-discovery"}
    jira = acme.catalog.product("jira")
    assert (roles["jira-software"]["numberOfSeats"], roles["jira-software"]["remainingSeats"]) == (acme.capacity["jira"], acme.free(jira))
    assert (await api.get(path + "/confluence", headers={"Authorization": token})).status == 404
    assert (await api.get("/site/nowhere/rest/api/3/applicationrole", headers={"Authorization": token})).status == 404
