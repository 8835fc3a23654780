"""Groups that are set up, or handed to an identity provider, while the world runs."""

import pytest

from sandbox.atlassian.groups import hand_to_identity_provider, set_up_group
from sandbox.atlassian.organization import Organization
from tests.sandbox.atlassian.conftest import Caller, code_of


async def test_a_new_group_seats_its_members(api: Caller, acme: Organization) -> None:
    """It is found by what it grants, takes members, and they can use the product."""
    group = set_up_group(acme, "contractors", directory="acme", gives=("jira",))
    query = {"resourceIds": [acme.catalog.product("jira").ari], "roleIds": ["atlassian/user"], "limit": 100}
    answer = await api.post("{any}/groups/search", query)
    assert group.name in {row["name"] for row in (await answer.json())["data"]}
    assert (await api.post(api.group("contractors") + "/memberships", {"accountId": acme.person("ada").id})).status == 204
    assert acme.has_product("ada", "jira")


def test_a_name_is_given_once(acme: Organization) -> None:
    """A second group of a name would take the first one's members along without their seats."""
    with pytest.raises(ValueError, match="already"):
        set_up_group(acme, "design", directory="acme")


async def test_a_group_handed_over_keeps_its_members_and_takes_no_more(api: Caller, acme: Organization) -> None:
    """From then on only the identity provider changes who is in it."""
    hand_to_identity_provider(acme, "jira-users-acme")
    assert acme.has_product("hugo", "jira")
    answer = await api.post(api.group("jira-users-acme") + "/memberships", {"accountId": acme.person("ada").id})
    assert (answer.status, await code_of(answer)) == (403, "ADMIN-403-5")
