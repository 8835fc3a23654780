"""Searching for people and groups."""

from typing import Any

import pytest

from sandbox.atlassian.organization import Organization
from tests.sandbox.atlassian.conftest import Caller, code_of


async def test_fields_are_absent_unless_expanded(api: Caller) -> None:
    """Without `expand` every admin looks ordinary, so a client must ask."""
    (plain,) = await api.found(emails=["grace.hall@acme.example"])
    assert not {"platformRoles", "groups", "productAccess", "counts"} & set(plain)
    (rich,) = await api.found(emails=["grace.hall@acme.example"], expand=["platformRoles", "groups"])
    assert rich["platformRoles"] == ["atlassian/org-admin"]
    assert rich["groups"][0]["id"].startswith("ari:cloud:identity::group/")
    assert "productAccess" not in rich


async def test_an_email_is_found_whole_and_in_any_case(api: Caller) -> None:
    """Exact match, case-insensitive; a part of an address finds nobody."""
    assert [row["name"] for row in await api.found(emails=["ADA.Park@acme.example"])] == ["Ada Park"]
    assert await api.found(emails=["ada.park@acme"]) == []
    assert len(await api.found(emails=["rosa.navarro@acme.example"])) == 2


@pytest.mark.parametrize(
    ("key", "status", "account", "membership"),
    [
        ("ada", "active", "active", "active"),
        ("mona", "suspended", "active", "suspended"),
        ("nils", "deactivated", "inactive", "active"),
        ("otto", "for_deletion", "inactive", "active"),
        ("pia", "deactivated", "closed", "active"),
        ("tess", "deactivated", "inactive", "active"),
    ],
)
async def test_each_level_has_a_state_of_its_own(
    api: Caller, acme: Organization, *, key: str, status: str, account: str, membership: str
) -> None:
    """The composite status is computed from account and membership; neither alone tells it."""
    (row,) = await api.found(accountIds=[acme.person(key).id])
    assert (row["status"], row["accountStatus"], row["membershipStatus"]) == (status, account, membership)
    assert row["forDeletion"] is (key == "otto")


async def test_people_outside_and_people_who_did_not_accept_are_not_found(api: Caller) -> None:
    """An invitation can not be read back before its person accepts."""
    assert await api.found(emails=["lena.virtanen@acme.example", "vera.petrov@acme.example", "jules@partner.example"]) == []


async def test_suspended_in_one_of_two_directories_is_active_on_the_whole(api: Caller, acme: Organization) -> None:
    """Only role assignments tell the truth per directory."""
    quinn, ada = acme.person("quinn"), acme.person("ada")
    both = {**ada.directories, **quinn.directories}
    acme.change(ada, act="directory.add", by="admin", directories=both)
    assert (await api.post(api.person("ada") + "/suspend")).status == 204
    (row,) = await api.found(accountIds=[ada.id])
    assert (row["status"], row["membershipStatus"]) == ("active", "active")
    rows = (await (await api.get(f"{{any}}/users/{ada.id}/role-assignments")).json())["data"]
    assert [row["userDirectoryStatus"] for row in rows] == ["suspended"]


async def test_seat_holders_of_a_product_by_every_way(api: Caller, acme: Organization) -> None:
    """The scan's filter must find seats by licence group, by identity provider's group, by direct role; each person once."""
    product = acme.catalog.product("jira")
    query = {"resourceIds": [product.ari], "roleIds": ["atlassian/user", "atlassian/admin"], "status": ["active"]}
    found = {row["accountId"] for row in await api.found(limit=100, **query)}
    expected = {a.id for a in acme.register.accounts if product.ari in acme.register.billed(a) and a.pending_since is None}
    assert found == expected
    assert acme.person("hugo").id in found
    assert acme.person("ada").id not in found


async def test_managed_accounts_in_no_directory_are_listed_only_on_request(api: Caller, acme: Organization) -> None:
    """A removed person is still managed; the plain search does not show them."""
    ben = acme.person("ben")
    assert (await api.call("DELETE", api.person("ben"))).status == 204
    assert await api.found(accountIds=[ben.id]) == []
    (row,) = await api.found(accountIds=[ben.id], claimStatus="managed")
    assert (row["status"], row["membershipStatus"]) == ("not_invited", "no_membership")
    assert acme.person("ben").groups == frozenset()


async def test_products_never_used_are_missing(api: Caller, acme: Organization) -> None:
    """Absence is the only sign of "never", and it must not look like a date."""
    (row,) = await api.found(accountIds=[acme.person("ada").id], expand=["productAccess"])
    assert [access["key"] for access in row["productAccess"]] == ["jira-software", "confluence"]
    (jenkins,) = await api.found(emails=["jenkins@acme.example"], expand=["productAccess"])
    assert jenkins["productAccess"] == []


async def test_search_refuses_what_the_contract_does_not_know(api: Caller) -> None:
    """A typing error in a filter would otherwise return everybody."""
    bodies: tuple[Any, ...] = ({"email": ["x"]}, {"status": ["gone"]}, {"limit": "5"}, {"emails": "x"}, [], {"limit": 0})
    for body in bodies:
        answer = await api.post("{any}/users/search", body)
        assert (answer.status, await code_of(answer)) == (400, "ADMIN-400-24"), body


@pytest.mark.parametrize("people", [300])
async def test_a_page_holds_50_and_a_larger_one_is_clamped_or_refused(api: Caller, acme: Organization) -> None:
    """Real organizations may do either; a client must not rely on more than 100."""
    assert len(await api.found()) == 50
    assert len(await api.found(limit=500)) == 100
    acme.behaviour.over_limit = "refuse"
    assert (await api.post("{any}/users/search", {"limit": 500})).status == 400


async def test_licence_groups_of_a_product_in_one_call(api: Caller, acme: Organization) -> None:
    """The forward filter names every group that grants a seat, and who may change it."""
    query = {"resourceIds": [acme.catalog.product("jira").ari], "roleIds": ["atlassian/user"]}
    rows = (await (await api.post("{any}/groups/search", query)).json())["data"]
    assert {row["name"]: row["managementAccess"]["modifiable"] for row in rows} == {
        "jira-users-acme": True,
        "all-staff": True,
        "engineering": False,
    }
    assert {row["name"]: (row["externalSynced"], row["managedBy"]) for row in rows}["engineering"] == (True, "external")


async def test_group_names_are_exact_in_any_case(api: Caller) -> None:
    """`design` must not find `design-archive`."""
    rows = (await (await api.post("{any}/groups/search", {"groupNames": ["DESIGN"]})).json())["data"]
    assert [row["name"] for row in rows] == ["design"]
    assert (await (await api.post("{any}/groups/search", {"groupNames": ["desig"]})).json())["data"] == []


async def test_one_group_may_grant_two_products(api: Caller) -> None:
    """Removing "the Jira group" can take Confluence away too: roles tell, names do not."""
    rows = (await (await api.get(api.group("all-staff") + "/role-assignments")).json())["data"]
    assert [(row["resourceOwner"], row["roles"]) for row in rows] == [
        ("jira-software", ["atlassian/user"]),
        ("confluence", ["atlassian/user"]),
    ]


async def test_account_ids_may_hold_a_colon_in_the_path(api: Caller, acme: Organization) -> None:
    """Ids are opaque; escaped or not they name the same person."""
    account = next(a for a in acme.register.accounts if ":" in a.id and acme.seen(a) and a.type == "atlassian")
    for id_ in (account.id, account.id.replace(":", "%3A")):
        answer = await api.get(f"{{any}}/users/{id_}")
        assert (await answer.json())["data"]["accountId"] == account.id


async def test_groups_are_filtered_by_member_owner_and_directory(api: Caller, acme: Organization) -> None:
    """All filters at once, on one grant of the group."""

    async def names(**query: Any) -> set[str]:
        return {row["name"] for row in (await (await api.post("{any}/groups/search", query)).json())["data"]}

    assert await names(accountIds=[acme.person("omar").id]) == {"jira-users-acme", "confluence-users-acme", "engineering"}
    assert await names(resourceOwners=["confluence"], searchTerm="users") == {"confluence-users-acme"}
    assert await names(directoryIds=[acme.catalog.directory_named("northwind").id]) == {"knowledge-idp"}
    assert await names(roleIds=["atlassian/admin"]) == {"jira-admins-acme"}


async def test_a_person_may_be_asked_for_by_any_filter(api: Caller, acme: Organization) -> None:
    """Filters narrow each other."""
    assert {row["name"] for row in await api.found(searchTerm="hall", roleIds=["atlassian/org-admin"])} == {"Grace Hall"}
    assert {row["name"] for row in await api.found(emailDomains=["studio.example"])} == {"Ivy Chandra"}
    assert await api.found(emails=["ada.park@acme.example"], accountIds=[acme.person("ben").id]) == []
    group = acme.catalog.group_named("design").id
    assert {"Ada Park", "Ivy Chandra"} <= {row["name"] for row in await api.found(groupIds=[group])}
    assert {row["status"] for row in await api.found(accountStatus=["inactive"])} == {"deactivated", "for_deletion"}


async def test_directories_of_one_person(api: Caller, acme: Organization) -> None:
    """Where a suspension must be lifted."""

    async def names(query: str) -> list[str]:
        return [row["name"] for row in (await (await api.get("{v2}/directories" + query)).json())["data"]]

    assert await names("") == ["acme", "northwind"]
    assert await names(f"?accountId={acme.person('quinn').id}") == ["northwind"]
    assert await names("?searchTerm=NORTH") == ["northwind"]
    assert await names(f"?directoryIds={acme.catalog.directory_named('acme').id}") == ["acme"]


async def test_workspaces_are_queried_by_field_name_and_both(api: Caller) -> None:
    """The query language's operators; ids are taken from here and never made by hand."""

    async def owners(query: dict[str, Any]) -> list[str]:
        rows = (await (await api.post("{v2}/workspaces", {"query": query})).json())["data"]
        return [row["attributes"]["owner"] for row in rows]

    confluence = {"field": {"name": "attributes.typeKey", "values": ["confluence"]}}
    assert await owners({"and": [confluence, {"search": {"value": "labs"}}]}) == ["confluence"]
    assert len(await owners({"or": [confluence, {"field": {"name": "attributes.owner", "values": ["jira-software"]}}]})) == 4
