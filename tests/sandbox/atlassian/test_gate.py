"""Keys, envelopes, limits, lag and faults."""

from datetime import datetime, timedelta

import pytest
from aiohttp import ClientError

from sandbox.atlassian.catalog import FOREIGN_ORG_ID
from sandbox.atlassian.organization import KeyState, Organization
from sandbox.faults import Fault
from sandbox.world import World
from tests.sandbox.atlassian.conftest import Caller, code_of


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic Zm9vOmJhcg=="])
async def test_an_unknown_key_is_401_in_each_apis_own_envelope(api: Caller, header: str) -> None:
    """Two APIs behind one host refuse in two shapes."""
    api.headers = {"Authorization": header}
    answer = await api.post("{any}/users/search", {})
    assert (answer.status, await code_of(answer)) == (401, "ADMIN-UAM-401-1")
    answer = await api.get("/users/x/manage")
    assert (answer.status, await answer.json()) == (401, {"code": 401, "message": "Unauthorized"})


async def test_a_key_expires_by_itself(api: Caller, acme: Organization, world: World) -> None:
    """Keys live a year at most."""
    world.clock.advance(acme.key_expires_at - world.clock.now() + timedelta(seconds=1))
    assert (await api.post("{any}/users/search", {})).status == 401
    assert acme.key_state is KeyState.EXPIRED


async def test_a_scoped_key_searches_and_changes_nothing(api: Caller, acme: Organization) -> None:
    """No scope covers what Comeback writes."""
    acme.key_state = KeyState.SCOPED
    assert (await api.post("{any}/users/search", {})).status == 200
    ada = acme.person("ada").id
    body = {"role": "atlassian/user", "resource": acme.catalog.product("jira").ari}
    answer = await api.post(f"{{v1}}/users/{ada}/roles/assign", body)
    assert (answer.status, await code_of(answer)) == (401, "ADMIN-401-2")
    answer = await api.post(api.group("jira-users-acme") + "/memberships", {"accountId": ada})
    assert (answer.status, await code_of(answer)) == (403, "ADMIN-UAM-403-1")
    answer = await api.get(f"/users/{ada}/manage")
    assert answer.status == 403
    assert "manage:org" in (await answer.json())["message"]
    answer = await api.get(f"{{v1}}/directory/users/{ada}/last-active-dates")
    body = await answer.json()
    assert (answer.status, body["error"], body["message"]) == (403, "Forbidden", "User has no permission to access resource.")
    assert acme.writes == []


async def test_a_wrong_organization_is_told_in_three_ways(api: Caller) -> None:
    """Unreadable, unknown, or not ours."""
    answer = await api.get("/admin/v1/orgs/acme/users")
    assert (answer.status, await answer.json()) == (404, {"status": 404, "message": "TCS validation failed"})
    assert await code_of(await api.get("/admin/v1/orgs/00000000-0000-0000-0000-000000000000/users")) == "ADMIN-404-2"
    assert await code_of(await api.get(f"/admin/v1/orgs/{FOREIGN_ORG_ID}/users")) == "ADMIN-403-3"


async def test_unknown_paths_methods_and_media_types(api: Caller) -> None:
    """The gateway answers flat; the API by code."""
    answer = await api.get("/admin/v3/anything")
    assert (answer.status, (await answer.json())["path"]) == (404, "/api/admin/v3/anything")
    assert await code_of(await api.call("PUT", "{any}/users/count")) == "ADMIN-UAM-405-1"
    answer = await api.call("POST", "{any}/users/search", data="x=1")
    assert await code_of(answer) == "ADMIN-UAM-415-1"
    answer = await api.call("POST", "{any}/users/search", data="{", headers={"Content-Type": "application/json"})
    assert await code_of(answer) == "ADMIN-400-24"


async def test_limits_count_per_route_and_tell_the_reset_as_a_date(api: Caller, acme: Organization, world: World) -> None:
    """The reset is ISO 8601, not seconds; Retry-After is not promised."""
    acme.limits.per_minute = 2
    first = await api.post("{any}/users/search", {})
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("2", "1")
    await api.post("{any}/users/search", {})
    refused = await api.post("{any}/users/search", {})
    assert (refused.status, await code_of(refused)) == (429, "ADMIN-429-1")
    assert "Retry-After" not in refused.headers
    resets_at = datetime.fromisoformat(refused.headers["X-RateLimit-Reset"])
    assert timedelta(0) < resets_at - world.clock.now() <= timedelta(minutes=1)
    assert (await api.post("{any}/groups/search", {})).status == 200, "another route has its own count"
    world.clock.advance(timedelta(minutes=1))
    assert (await api.post("{any}/users/search", {})).status == 200


async def test_a_429_may_come_with_retry_after_and_as_a_number(api: Caller, acme: Organization) -> None:
    """Role grants are refused by the proxy, in the proxy's envelope."""
    acme.limits.per_minute, acme.limits.retry_after = 0, True
    answer = await api.post(f"{{v1}}/users/{acme.person('ada').id}/roles/assign", {})
    assert (answer.status, (await answer.json())["code"]) == (429, 429)
    assert 0 < int(answer.headers["Retry-After"]) <= 60


async def test_last_active_dates_allow_200_a_minute(api: Caller, acme: Organization) -> None:
    """Why a scan must not ask person by person."""
    answer = await api.get(f"{{v1}}/directory/users/{acme.person('ada').id}/last-active-dates")
    assert answer.headers["X-RateLimit-Limit"] == "200"


async def test_a_write_is_true_at_once_and_seen_later(api: Caller, acme: Organization, world: World) -> None:
    """Searches and role reads lag; a second write acts on the truth."""
    acme.behaviour.write_lag = timedelta(seconds=30)
    ada, group = acme.person("ada"), acme.catalog.group_named("jira-users-acme")
    assert (await api.post(api.group("jira-users-acme") + "/memberships", {"accountId": ada.id})).status == 204
    assert acme.has_product("ada", "jira")

    async def shown() -> bool:
        (row,) = await api.found(accountIds=[ada.id], expand=["groups"])
        by_group = await api.found(groupIds=[group.id], limit=100)
        roles = (await (await api.get(f"{{any}}/users/{ada.id}/role-assignments")).json())["data"]
        answers = {
            group.name in {each["name"] for each in row["groups"]},
            ada.id in {each["accountId"] for each in by_group},
            "jira-software" in {each["resourceOwner"] for each in roles},
        }
        assert len(answers) == 1, "all reads lag alike"
        return answers.pop()

    assert not await shown()
    world.clock.advance(timedelta(seconds=20))
    assert (await api.call("DELETE", f"{api.group('jira-users-acme')}/memberships/{ada.id}")).status == 204
    world.clock.advance(timedelta(seconds=15))
    assert await shown(), "the first write is seen, the second is not yet"
    world.clock.advance(timedelta(seconds=16))
    assert not await shown()


async def test_a_visit_is_published_a_day_later(api: Caller, acme: Organization, world: World) -> None:
    """A person who came back yesterday looks idle tonight."""
    dan = acme.person("dan").id

    async def last() -> datetime:
        (row,) = await api.found(accountIds=[dan], expand=["productAccess"])
        return datetime.fromisoformat(row["productAccess"][0]["lastActiveTimestamp"][:26] + "+00:00")

    visited = world.clock.now()
    acme.visit(acme.person("dan"), product=acme.catalog.product("jira"))
    assert visited - await last() > timedelta(days=200)
    world.clock.advance(timedelta(hours=25))
    assert abs(await last() - visited) < timedelta(seconds=5)


async def test_an_error_or_a_reset_may_hide_a_write_that_took_effect(api: Caller, acme: Organization, world: World) -> None:
    """The outcome is unknown to the caller and plain in the journal."""
    world.faults.add(Fault(match="POST .*/memberships", status=500, when="after", times=1))
    path, body = api.group("jira-users-acme") + "/memberships", {"accountId": acme.person("ada").id}
    assert (await api.post(path, body)).status == 500
    assert acme.has_product("ada", "jira")
    world.faults.add(Fault(match="POST .*/memberships", drop="after", times=1))
    with pytest.raises(ClientError):
        await api.post(path, {"accountId": acme.person("dan").id})
    assert acme.has_product("dan", "jira")
    assert [call.status for call in acme.calls] == [500, 0]


async def test_the_journal_tells_whom_a_call_was_about(api: Caller, acme: Organization) -> None:
    """The page shows each call as it happens."""
    await api.post(api.group("engineering") + "/memberships", {"accountId": acme.person("ada").id})
    (call,) = acme.calls
    assert (call.n, call.method, call.status, call.code, call.account_id) == (1, "POST", 403, "ADMIN-403-5", acme.person("ada").id)
    assert call.path.startswith("/admin/v2/orgs/")


async def test_a_call_counts_once_it_has_arrived_whole(api: Caller, acme: Organization, world: World) -> None:
    """A caller who is killed while it sends leaves no line, and a fault that was planted waits for the next one."""
    fault = world.faults.add(Fault(match="POST .*/memberships", status=503, times=1))
    path, body = api.group("jira-users-acme") + "/memberships", {"accountId": acme.person("ada").id}
    await api.hang_up_while_sending("POST", path)
    assert world.faults.active()[0]["hit"] == 0
    assert not acme.calls
    assert (await api.post(path, body)).status == fault.status
    assert len(acme.calls) == 1
