"""What the organization owns is asked for seldom, and never told wrongly for long."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from atlassian.catalog import Catalog
from atlassian.client import AdminClient
from atlassian.errors import AtlassianError, KeyRejected
from atlassian.licences import Seats
from atlassian.site import open_site
from atlassian.transport import Transport
from sandbox.faults import Fault
from tests.atlassian.conftest import Acme, Wire, reply
from tests.atlassian.words import ACME, JIRA, NOW


async def test_licence_groups_with_all_that_they_grant(acme: Acme) -> None:
    """Side products, administration and owners are told for each group that seats somebody."""
    groups = {group.name: group for group in await acme.catalog.licence_groups(acme.wanted().resource)}
    jira, confluence = acme.wanted().resource, acme.wanted("confluence").resource
    assert {"jira-users-acme", "all-staff", "engineering", "jira-admins-acme"} == set(groups)
    assert groups["all-staff"].other_resources(jira) == (confluence,)
    assert groups["jira-admins-acme"].grants_admin
    assert not groups["jira-admins-acme"].may_be_given
    assert groups["engineering"].external
    assert not groups["engineering"].may_be_given
    assert groups["jira-users-acme"].may_be_given


async def test_workspaces_by_resource(acme: Acme) -> None:
    """The settings' resource is one of them, or it is wrong."""
    workspace = await acme.catalog.workspace(acme.wanted().resource)
    assert workspace is not None
    assert workspace.attributes.host_url == "https://acme.atlassian.net"
    assert await acme.catalog.workspace("ari:cloud:jira-software::site/elsewhere") is None


async def test_an_hour_is_asked_for_once(acme: Acme) -> None:
    """Also when many ask at the same moment; then anew."""
    await asyncio.gather(*(acme.catalog.workspaces() for _ in range(5)))
    assert acme.calls_total == 1
    acme.sandbox.clock.advance(timedelta(minutes=59))
    await acme.catalog.workspaces()
    assert acme.calls_total == 1
    acme.sandbox.clock.advance(timedelta(minutes=2))
    await acme.catalog.workspaces()
    assert acme.calls_total == 2


async def test_a_failure_is_not_kept(acme: Acme) -> None:
    """The next question is asked again."""
    acme.sandbox.faults.add(Fault(match="POST /workspaces", status=500, times=1))
    with pytest.raises(AtlassianError):
        await acme.catalog.workspaces()
    assert await acme.catalog.workspaces()


def add_groups(acme: Acme, *, count: int) -> None:
    """*count* more groups that give Jira."""
    catalog = acme.sandbox.atlassian.catalog
    model = catalog.group_named("jira-users-acme")
    catalog.groups.update({f"team-{n}": replace(model, id=f"team-{n}", name=f"team-{n}") for n in range(count)})


async def test_a_long_list_of_groups_goes_on_where_it_stopped(acme: Acme) -> None:
    """A job has no time for sixty groups in one go: what was read is not read again, or it would never end."""
    add_groups(acme, count=60)
    acme.sandbox.faults.add(Fault(match="GET /role-assignments", status=500, skip=40))
    with pytest.raises(AtlassianError):
        await acme.catalog.licence_groups(acme.wanted().resource)
    acme.sandbox.faults.clear()
    start = acme.calls_total
    groups = await acme.catalog.licence_groups(acme.wanted().resource)
    assert (len(groups), acme.calls_since(start)) == (64, ["GET role-assignments"] * 24)
    await acme.catalog.licence_groups(acme.wanted().resource)
    assert acme.calls_total == start + 24


async def test_a_failure_ends_the_question(acme: Acme) -> None:
    """With every answer a failure, no more than the first four groups are asked about."""
    add_groups(acme, count=20)
    acme.sandbox.faults.add(Fault(match="GET /role-assignments", status=401, body={"message": "Unauthorized"}))
    start = acme.calls_total
    with pytest.raises(KeyRejected):
        await acme.catalog.licence_groups(acme.wanted().resource)
    assert acme.calls_since(start) == ["POST search"] + ["GET role-assignments"] * 4


async def test_four_groups_are_asked_about_at_once(wire: Wire, http: httpx.AsyncClient) -> None:
    """Each answer comes only when four questions are there; one after another would wait for ever."""
    groups = {"data": [{"id": f"g-{n}", "directoryId": ACME} for n in range(8)]}
    four = asyncio.Barrier(4)

    async def script(_: object, writer: asyncio.StreamWriter) -> None:
        if b"/groups/search" in wire.requests[-1]:
            writer.write(reply(200, json.dumps(groups).encode()))
            return
        await four.wait()
        writer.write(reply(200, b'{"data": []}'))

    wire.script = script
    client = AdminClient(Transport(wire.url, "key", now=lambda: NOW, http=http), "org")
    assert len(await Catalog(client, now=lambda: NOW).licence_groups(JIRA)) == 8


async def test_forgetting_one_product_keeps_the_others(acme: Acme) -> None:
    """Only what was contradicted is asked for anew."""
    jira, confluence = acme.wanted().resource, acme.wanted("confluence").resource
    await acme.catalog.licence_groups(jira)
    await acme.catalog.licence_groups(confluence)
    acme.catalog.forget(jira)
    start = acme.calls_total
    await acme.catalog.licence_groups(confluence)
    assert acme.calls_total == start
    await acme.catalog.licence_groups(jira)
    assert acme.calls_total > start


async def test_seats_of_the_jira_family_on_its_own_site(acme: Acme) -> None:
    """They are counted by the site, and only for its own products: never another site's, never Confluence's."""
    organization = acme.sandbox.atlassian
    capacity, free = organization.capacity["jira"], organization.free(organization.catalog.product("jira"))
    assert free is not None
    assert await acme.catalog.seats(acme.wanted().resource) == Seats(capacity=capacity, used=capacity - free, left=free)
    assert await acme.catalog.seats(acme.wanted("confluence").resource) is None
    assert await acme.catalog.seats(acme.wanted("jira-labs").resource) is None


async def test_seats_are_at_most_a_minute_old(acme: Acme) -> None:
    """A card that said "12 left" for an hour would mislead; and what was contradicted is asked for at once."""
    resource = acme.wanted().resource
    before = await acme.catalog.seats(resource)
    acme.sandbox.atlassian.capacity["jira"] += 5
    assert await acme.catalog.seats(resource) == before
    acme.sandbox.clock.advance(timedelta(minutes=1))
    after = await acme.catalog.seats(resource)
    assert before
    assert after
    assert after.left == (before.left or 0) + 5
    acme.sandbox.atlassian.capacity["jira"] += 5
    acme.catalog.forget(resource)
    assert (await acme.catalog.seats(resource)) != after


async def test_no_limit_is_none(acme: Acme) -> None:
    """A plan without a limit has no number of seats left."""
    acme.sandbox.atlassian.capacity.pop("jira")
    seats = await acme.catalog.seats(acme.wanted().resource)
    assert seats is not None
    assert (seats.capacity, seats.left) == (None, None)


async def test_without_a_site_nobody_tells_seats(acme: Acme) -> None:
    """The organization's API has no such figure."""
    assert await Catalog(acme.client, now=acme.sandbox.clock.now).seats(acme.wanted().resource) is None


async def test_a_wrong_site_token_does_not_print_itself(acme: Acme, http: httpx.AsyncClient) -> None:
    """Basic credentials hold an address and a token."""
    url = acme.sandbox.environment()["ATLASSIAN_SITE_URL"]
    site = open_site(url, email="eve@acme.example", token=lambda: "ATATT-wrong", now=acme.sandbox.clock.now, http=http)
    with pytest.raises(AtlassianError) as caught:
        await site.application_roles()
    assert "eve@" not in str(caught.value)
    assert "wrong" not in str(caught.value)
