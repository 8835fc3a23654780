"""What a person or a test does to the organization from outside."""

from datetime import datetime, timedelta

import pytest

from sandbox.atlassian.organization import Organization
from sandbox.world import World
from tests.sandbox.atlassian.conftest import Caller


async def test_the_summary_counts_seats_and_states(api: Caller, acme: Organization) -> None:
    """The page draws its bars from this."""
    found = await (await api.control("GET", "/atlassian")).json()
    jira = next(product for product in found["products"] if product["key"] == "jira")
    assert jira["used"] + jira["free"] == jira["capacity"]
    assert found["organization"]["id"] == acme.id
    assert sum(found["states"].values()) == found["organization"]["people"]
    assert {group["name"] for group in found["groups"]} >= {"jira-users-acme", "engineering"}


async def test_people_are_found_by_word_state_and_product(api: Caller) -> None:
    """And counted in whole, however short the page."""
    page = await (await api.control("GET", "/atlassian/people?query=ada%20park")).json()
    (ada,) = page["rows"]
    assert (ada["products"]["jira"], ada["products"]["confluence"]) == (False, True)
    without = await (await api.control("GET", "/atlassian/people?product=-jira&state=active&limit=3")).json()
    assert len(without["rows"]) == 3 < without["total"]
    assert not any(row["products"]["jira"] for row in without["rows"])
    assert (await api.control("GET", "/atlassian/people?limit=many")).status == 400


@pytest.mark.parametrize(
    ("key", "act", "product", "state", "jira"),
    [
        ("ada", "add_product", "jira", "active", True),
        ("omar", "remove_product", "jira", "active", False),
        ("hugo", "suspend", None, "suspended", False),
        ("mona", "restore", None, "active", True),
        ("hugo", "deactivate", None, "deactivated", False),
        ("nils", "enable", None, "active", True),
        ("hugo", "delete", None, "for_deletion", False),
        ("otto", "cancel_delete", None, "active", True),
        ("hugo", "remove", None, "not_invited", False),
        ("vera", "accept", None, "active", True),
        ("ada", "make_admin", None, "active", True),
        ("ada", "visit", "jira", "active", False),
        ("cleo", "add_product", "jsm", "active", False),
    ],
)
async def test_an_admin_acts_outside_of_comeback(
    api: Caller, acme: Organization, *, key: str, act: str, product: str | None, state: str, jira: bool
) -> None:
    """Drift, races and recoveries begin with somebody else's act."""
    answer = await api.control("POST", f"/atlassian/people/{acme.person(key).id}", {"do": act, "product": product})
    row = await answer.json()
    assert (answer.status, row["state"], row["products"]["jira"]) == (200, state, jira)
    assert acme.has_product(key, "jira") is jira
    assert all(write.by in ("admin", "person") for write in acme.writes)


async def test_an_act_that_makes_no_sense_is_refused(api: Caller, acme: Organization) -> None:
    """A story with a typing error must not pass."""
    path = f"/atlassian/people/{acme.person('ada').id}"
    assert (await api.control("POST", path, {"do": "dance"})).status == 400
    assert (await api.control("POST", path, {"do": "add_product", "product": "loom"})).status == 400
    assert (await api.control("POST", path, {"do": "accept"})).status == 400
    assert (await api.control("POST", "/atlassian/people/nobody", {"do": "suspend"})).status == 404


async def test_seats_key_and_behaviour_are_set_from_outside(api: Caller, acme: Organization) -> None:
    """Each control takes effect on the very next call."""
    assert (await api.control("POST", "/atlassian/seats", {"product": "jira", "capacity": 0})).status == 200
    assert acme.free(acme.catalog.product("jira")) == 0
    assert (await api.control("POST", "/key", {"state": "revoked"})).status == 200
    assert (await api.post("{any}/users/search", {})).status == 401
    assert (await api.control("POST", "/key", {"state": "golden"})).status == 400
    answer = await api.control("POST", "/atlassian/behaviour", {"write_lag_s": 60, "idp": "revert", "pending_visible_after_s": None})
    assert (await answer.json())["write_lag_s"] == 60
    assert acme.behaviour.write_lag == timedelta(minutes=1)
    for wrong in ({"idp": "shrug"}, {"write_lag_s": -1}, {"mood": 1}):
        assert (await api.control("POST", "/atlassian/behaviour", wrong)).status == 400


async def test_faults_and_clock_are_set_from_outside(api: Caller, world: World) -> None:
    """The page's storm button, and the way to next month."""
    answer = await api.control("POST", "/faults", {"match": "POST .*/users/search", "status": 503, "times": 1})
    assert answer.status == 200
    assert (await api.post("{any}/users/search", {})).status == 503
    (rule,) = (await (await api.control("GET", "/faults")).json())["faults"]
    assert (rule["seen"], rule["hit"]) == (1, 1)
    assert (await api.control("POST", "/faults", {"status": 503})).status == 400
    assert (await (await api.control("DELETE", "/faults")).json())["faults"] == []
    before = world.clock.now()
    after = datetime.fromisoformat((await (await api.control("POST", "/clock", {"advance_seconds": 3600})).json())["now"])
    assert after - before >= timedelta(hours=1)
    assert (await api.control("POST", "/clock", {"advance_seconds": -1})).status == 400


async def test_calls_and_changes_are_events_and_a_journal(api: Caller, acme: Organization, world: World) -> None:
    """Whoever watches sees the call and then the change."""
    with world.events.subscription() as queue:
        await api.post(api.group("jira-users-acme") + "/memberships", {"accountId": acme.person("ada").id})
        events = [queue.get_nowait() for _ in range(queue.qsize())]
    assert [event["type"] for event in events] == ["atlassian_changed", "atlassian_call"]
    assert {event["account_id"] for event in events} == {acme.person("ada").id}
    page = await (await api.control("GET", "/atlassian/calls?after=0")).json()
    assert [call["n"] for call in page["calls"]] == [1]
    assert (await (await api.control("GET", "/atlassian/calls?after=1")).json())["calls"] == []


async def test_every_write_is_told_and_repeats_count_where_told_so(api: Caller, acme: Organization) -> None:
    """A bot that writes twice is found out although the second write changes nothing."""
    path, member = api.group("jira-users-acme") + "/memberships", {"accountId": acme.person("ada").id}
    assert [(await api.post(path, member)).status for _ in range(2)] == [204, 204]
    await api.control("POST", "/atlassian/behaviour", {"repeats_count": True})
    assert (await api.post(path, member)).status == 204
    writes = (await (await api.control("GET", "/atlassian/writes")).json())["writes"]
    assert [(write["n"], write["act"], write["account_id"]) for write in writes] == [(n, "group.add", member["accountId"]) for n in (1, 2)]
    assert (await (await api.control("GET", "/atlassian/writes?after=2")).json())["writes"] == []
