"""Everything that Atlassian, or the way there, may do to a call, each in its class; over sockets, against the sandbox."""

from typing import Any

import httpx
import pytest

from atlassian.client import AdminClient
from atlassian.errors import AtlassianError, Broken, Busy, KeyRejected, NotPermitted, OutcomeUnknown, Unreachable
from sandbox.atlassian.catalog import FOREIGN_ORG_ID
from sandbox.atlassian.organization import KeyState
from sandbox.faults import Fault
from tests.atlassian.conftest import Acme, settle_in

AWAY = [
    ({"status": 503}, OutcomeUnknown, Broken),
    ({"status": 503, "headers": {"Retry-After": "3"}}, OutcomeUnknown, Busy),
    ({"status": 503, "headers": {"Retry-After": "3"}, "when": "after"}, OutcomeUnknown, Busy),
    ({"status": 500, "when": "after"}, OutcomeUnknown, Broken),
    ({"status": 429, "code": "ADMIN-429-1"}, Busy, Busy),
    ({"status": 429, "body": {"code": 429, "message": "slow down"}}, Busy, Busy),
    ({"delay_s": 1.0}, OutcomeUnknown, Unreachable),
    ({"delay_s": 1.0, "when": "after"}, OutcomeUnknown, Unreachable),
    ({"drop": "before"}, OutcomeUnknown, Unreachable),
    ({"drop": "after"}, OutcomeUnknown, Unreachable),
    ({"bad_json": True}, OutcomeUnknown, Broken),
    ({"big_body": True}, OutcomeUnknown, Broken),
]


def the_add(acme: Acme) -> dict[str, str]:
    """Ada into the licence group of Jira."""
    organization = acme.sandbox.atlassian
    group = organization.catalog.group_named("jira-users-acme")
    return {"group_id": group.id, "directory_id": group.directory, "account_id": organization.person("ada").id}


async def add(acme: Acme) -> None:
    """The write of an ordinary return."""
    facts = the_add(acme)
    await acme.client.add_to_group(facts.pop("group_id"), **facts)


async def search(acme: Acme) -> None:
    """The read of an ordinary return."""
    await acme.client.search_users(emails=("ada.park@acme.example",))


@pytest.mark.parametrize(("rule", "kind_of_write", "kind_of_read"), AWAY, ids=lambda value: str(value) if isinstance(value, dict) else "")
async def test_each_fault_has_its_class(
    acme: Acme, http: httpx.AsyncClient, rule: dict[str, Any], kind_of_write: type[AtlassianError], kind_of_read: type[AtlassianError]
) -> None:
    """A write that got no clear answer is unknown, a read is not; one call each, nothing is repeated."""
    hasty = await settle_in(acme.sandbox, http, deadline_seconds=0.5)
    acme.sandbox.faults.add(Fault(match=".*", **rule))
    with pytest.raises(AtlassianError) as written:
        await add(hasty)
    with pytest.raises(AtlassianError) as read:
        await search(hasty)
    assert (type(written.value), type(read.value)) == (kind_of_write, kind_of_read)
    for error in (written.value, read.value):
        assert "acme.example" not in f"{error!r}"
        assert acme.sandbox.atlassian.api_key not in f"{error!r}"


async def test_a_slow_drip_is_cut(acme: Acme, http: httpx.AsyncClient) -> None:
    """Each byte comes in time, the whole does not."""
    hasty = await settle_in(acme.sandbox, http, deadline_seconds=0.5)
    acme.sandbox.faults.add(Fault(match="POST /users/search", slow_drip=True))
    with pytest.raises(Unreachable):
        await search(hasty)


async def test_unknown_may_mean_done(acme: Acme) -> None:
    """The answer was dropped after the write took effect: reading tells, and nothing need be written again."""
    acme.sandbox.faults.add(Fault(match="POST /memberships", drop="after", times=1))
    with pytest.raises(OutcomeUnknown):
        await add(acme)
    assert (await acme.look("ada")).way_back == "has_access"


@pytest.mark.parametrize("route", ["add_to_group", "assign_role"])
@pytest.mark.parametrize("retry_after", [True, False])
async def test_the_rate_limit_says_when(acme: Acme, route: str, retry_after: bool) -> None:
    """Both envelopes, with and without Retry-After: the time is the one at which the window ends."""
    limits = acme.sandbox.atlassian.limits
    limits.per_minute, limits.retry_after = 1, retry_after
    ada = acme.sandbox.atlassian.person("ada")

    async def call() -> None:
        if route == "add_to_group":
            await add(acme)
        else:
            await acme.client.assign_role(ada.id, role="atlassian/user", resource=acme.wanted().resource)

    await call()
    with pytest.raises(Busy) as caught:
        await call()
    assert 55 <= (caught.value.retry_at - acme.sandbox.clock.now()).total_seconds() <= 60


@pytest.mark.parametrize("state", [KeyState.REVOKED, KeyState.EXPIRED])
async def test_a_dead_key_is_rejected(acme: Acme, state: KeyState) -> None:
    """On reads, writes and user management alike, and as the class that asks for a new key."""
    acme.sandbox.atlassian.key_state = state
    for call in (search(acme), add(acme), acme.client.manage_permissions("1")):
        with pytest.raises(KeyRejected) as caught:
            await call
        assert type(caught.value) is KeyRejected


async def test_a_scoped_key_reads_but_is_not_permitted_to_write(acme: Acme) -> None:
    """The same reaction with another remedy: a key without scopes."""
    acme.sandbox.atlassian.key_state = KeyState.SCOPED
    await search(acme)
    ada = acme.sandbox.atlassian.person("ada").id
    role = acme.client.assign_role(ada, role="atlassian/user", resource=acme.wanted().resource)
    for call in (add(acme), role, acme.client.manage_permissions(ada)):
        with pytest.raises(NotPermitted):
            await call


@pytest.mark.parametrize("org_id", [FOREIGN_ORG_ID, "5b0f6a7e-0000-4000-8000-000000000000", "not-an-id"])
async def test_a_wrong_organization_is_not_permitted(acme: Acme, org_id: str) -> None:
    """Foreign, unknown or not an id: three envelopes, one reaction."""
    client = AdminClient(acme.transport, org_id)
    with pytest.raises(NotPermitted):
        await client.workspaces()


async def test_a_scan_reads_every_seat_holder(acme: Acme) -> None:
    """A hundred a page, to the end, each person once or more but none missing."""
    organization = acme.sandbox.atlassian
    organization.behaviour.page_overlap = 3
    wanted = acme.wanted().resource
    roles = ("atlassian/user", "atlassian/admin")
    seen = {user.account_id async for page in acme.client.users(resource_ids=(wanted,), role_ids=roles) for user in page.data}
    holders = {
        a.id
        for a in organization.register.accounts
        if a.status == "active" and organization.seen(a) and wanted in organization.register.billed(a)
    }
    assert holders <= seen
