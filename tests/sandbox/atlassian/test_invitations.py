"""Invitations, whole and in part."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.atlassian import acts
from sandbox.atlassian.organization import Organization
from sandbox.world import World
from tests.sandbox.atlassian.conftest import Caller, code_of

LENA = "lena.virtanen@acme.example"


def wanting(acme: Organization, *emails: str, product: str = "jira", groups: tuple[str, ...] = ()) -> dict[str, Any]:
    """An invitation with one product."""
    rule = {"resource": acme.catalog.product(product).ari, "role": "atlassian/user"}
    group_ids = [acme.catalog.group_named(name).id for name in groups]
    return {"emails": list(emails), "permissionRules": [rule], "additionalGroups": group_ids, "sendNotification": True}


async def test_an_invited_person_holds_a_seat_and_shows_up_by_accepting(api: Caller, acme: Organization) -> None:
    """The result is the only proof until they sign in."""
    free = acme.free(acme.catalog.product("jira"))
    answer = await api.post("{v2}/users/invite", wanting(acme, LENA))
    (row,) = (await answer.json())["data"]
    assert (answer.status, row["results"]["roleAssignmentResult"][0]["status"]) == (200, "INVITED")
    assert acme.free(acme.catalog.product("jira")) == (free or 0) - 1
    assert await api.found(emails=[LENA]) == []
    acts.do(acme, acme.person("lena"), "accept")
    (found,) = await api.found(emails=[LENA])
    assert found["accountId"] == row["id"]
    assert acme.has_product("lena", "jira")


async def test_pending_people_may_show_up_after_a_while(api: Caller, acme: Organization, world: World) -> None:
    """Some organizations list them before they accept."""
    acme.behaviour.pending_visible_after = timedelta(seconds=40)
    await api.post("{v2}/users/invite", wanting(acme, LENA))
    assert await api.found(emails=[LENA]) == []
    world.clock.advance(timedelta(seconds=41))
    (found,) = await api.found(emails=[LENA])
    assert found["emailVerified"] is False


async def test_a_partial_failure_is_206_and_names_the_part(api: Caller, acme: Organization) -> None:
    """The status alone says nothing about the product."""
    answer = await api.post("{v2}/users/invite", wanting(acme, LENA, groups=("engineering",)))
    results = (await answer.json())["data"][0]["results"]
    assert answer.status == 206
    assert results["roleAssignmentResult"][0]["status"] == "INVITED"
    assert results["groupAssignmentResult"][0]["status"] == "ERROR"


async def test_an_address_that_gets_nothing_makes_no_account(api: Caller, acme: Organization) -> None:
    """206 with nothing but errors changes nothing."""
    acme.behaviour.invite_errors = {LENA}
    answer = await api.post("{v2}/users/invite", wanting(acme, LENA))
    assert answer.status == 206
    assert (await answer.json())["data"][0]["results"]["roleAssignmentResult"][0]["statusReason"]
    assert acme.writes == []


async def test_the_last_seat_goes_to_the_first_address(api: Caller, acme: Organization) -> None:
    """Seats are counted one by one; when none is left at all it is 409."""
    acme.capacity["jira"] = acme.register.used[acme.catalog.product("jira").ari] + 1
    answer = await api.post("{v2}/users/invite", wanting(acme, "one@acme.example", "two@acme.example"))
    statuses = [row["results"]["roleAssignmentResult"][0]["status"] for row in (await answer.json())["data"]]
    assert (answer.status, statuses) == (206, ["INVITED", "ERROR"])
    answer = await api.post("{v2}/users/invite", wanting(acme, "three@acme.example"))
    assert (answer.status, await code_of(answer)) == (409, "ADMIN-UAM-409-3")


async def test_inviting_again_finds_the_same_account(api: Caller, acme: Organization) -> None:
    """vera waits since three days; a second invitation makes no second vera, and a removed person comes back with the old id."""
    answer = await api.post("{v2}/users/invite", wanting(acme, "vera.petrov@acme.example"))
    assert (await answer.json())["data"][0]["id"] == acme.person("vera").id
    ben = acme.person("ben").id
    await api.call("DELETE", api.person("ben"))
    answer = await api.post("{v2}/users/invite", wanting(acme, "ben.okafor@acme.example"))
    assert (await answer.json())["data"][0]["id"] == ben
    assert acme.has_product("ben", "jira")


async def test_a_closed_account_stays_closed_and_the_invitation_makes_another(api: Caller, acme: Organization) -> None:
    """Content of the old account does not come back."""
    answer = await api.post("{v2}/users/invite", wanting(acme, "pia.rossi@acme.example"))
    assert (await answer.json())["data"][0]["id"] != acme.person("pia").id
    assert acme.person("pia").closed


@pytest.mark.parametrize("emails", [[], ["nobody"], [f"p{n}@acme.example" for n in range(26)]])
async def test_bad_and_too_many_addresses_are_refused(api: Caller, acme: Organization, emails: list[str]) -> None:
    """All or nothing: not one of them is invited."""
    answer = await api.post("{v2}/users/invite", wanting(acme, *emails))
    assert (answer.status, acme.writes) == (400, [])


async def test_an_organization_without_a_paid_plan_can_not_invite(api: Caller, acme: Organization) -> None:
    """402 is no fault of the caller."""
    acme.behaviour.unpaid = True
    answer = await api.post("{v2}/users/invite", wanting(acme, LENA))
    assert (answer.status, await code_of(answer)) == (402, "ADMIN-UAM-402-1")
