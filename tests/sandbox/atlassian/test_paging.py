"""Cursors: opaque, bound to their list, short-lived."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.atlassian.organization import Organization
from sandbox.world import World
from tests.sandbox.atlassian.conftest import Caller, code_of


async def walk(api: Caller, path: str, query: dict[str, Any], *, alone: bool = False) -> list[Any]:
    """Every row, page by page."""
    rows: list[Any] = []
    body = query
    while True:
        answer = await api.post(path, body)
        assert answer.status == 200, await answer.text()
        page = await answer.json()
        rows += page["data"]
        token = page["links"].get("next")
        if not token:
            return rows
        body = {"cursor": token} if alone else {**query, "cursor": token}


@pytest.mark.parametrize("alone", [True, False])
async def test_pages_hold_everybody_once(api: Caller, acme: Organization, alone: bool) -> None:
    """Whether a client repeats the query with the cursor or not, it sees each person once."""
    rows = await walk(api, "{any}/users/search", {"limit": 7, "status": ["active"]}, alone=alone)
    ids = [row["accountId"] for row in rows]
    seen = [account for account in acme.register.accounts if acme.seen(account) and account.type == "atlassian"]
    assert ids == [account.id for account in seen if account.status == "active"]


async def test_pages_by_nickname_are_in_order(api: Caller) -> None:
    """Sorting and paging go together."""
    rows = await walk(api, "{any}/users/search", {"limit": 9, "sortBy": [{"field": "nick_name", "direction": "desc"}]})
    names = [row["name"].lower() for row in rows]
    assert names == sorted(names, reverse=True)


async def test_a_cursor_of_another_query_or_list_is_refused(api: Caller) -> None:
    """A cursor continues its own list and no other."""
    token = (await (await api.post("{any}/users/search", {"limit": 5})).json())["links"]["next"]
    for path, body in (
        ("{any}/users/search", {"cursor": token, "status": ["active"]}),
        ("{any}/groups/search", {"cursor": token}),
        ("{any}/users/search", {"cursor": "bm9uc2Vuc2U"}),
        ("{any}/users/search", {"cursor": "é"}),
    ):
        answer = await api.post(path, body)
        assert (answer.status, await code_of(answer)) == (400, "ADMIN-400-1")


async def test_a_cursor_expires(api: Caller, acme: Organization, world: World) -> None:
    """A scan that pauses too long starts anew."""
    token = (await (await api.post("{any}/users/search", {"limit": 5})).json())["links"]["next"]
    world.clock.advance(acme.behaviour.cursor_life + timedelta(seconds=1))
    assert await code_of(await api.post("{any}/users/search", {"cursor": token})) == "ADMIN-400-1"


async def test_workspaces_tolerate_nothing_beside_a_cursor(api: Caller) -> None:
    """This one list refuses what the others accept."""
    assert len(await walk(api, "{v2}/workspaces", {"limit": 2}, alone=True)) == 6
    token = (await (await api.post("{v2}/workspaces", {"limit": 2})).json())["links"]["next"]
    assert (await api.post("{v2}/workspaces", {"limit": 2, "cursor": token})).status == 400


async def test_role_assignments_discard_the_rest_when_a_cursor_is_given(api: Caller, acme: Organization) -> None:
    """The cursor remembers its own filters and page size."""
    path = f"{{any}}/users/{acme.person('grace').id}/role-assignments"
    token = (await (await api.get(path + "?limit=2")).json())["links"]["next"]
    page = await (await api.get(f"{path}?resourceOwners=nothing&limit=50&cursor={token}")).json()
    assert len(page["data"]) == 2


@pytest.mark.parametrize("people", [250])
async def test_version_1_gives_the_next_page_as_a_whole_url(api: Caller) -> None:
    """A client must take either form."""
    page = await (await api.get("{v1}/users")).json()
    assert len(page["data"]) == 100
    url, _, cursor = page["links"]["next"].partition("?cursor=")
    assert url.startswith("http://127.0.0.1:")
    assert "/atlassian/admin/v1/orgs/" in url
    following = await (await api.get("{v1}/users?cursor=" + cursor)).json()
    assert not {row["account_id"] for row in page["data"]} & {row["account_id"] for row in following["data"]}
    assert page["meta"]["total"] > 200


async def test_version_1_lists_apps_and_customers_too(api: Caller) -> None:
    """Seats of robots must be recognised by their account type."""
    rows = (await (await api.get("{v1}/users")).json())["data"]
    assert {row["account_type"] for row in rows} == {"atlassian", "app", "customer"}


@pytest.mark.parametrize(("overlap", "difference"), [(1, 2), (-1, -1)])
async def test_pages_may_shift_between_calls(api: Caller, acme: Organization, overlap: int, difference: int) -> None:
    """On a living list rows are seen twice or not at all."""
    query = {"accountIds": [account.id for account in acme.register.accounts[:10]], "limit": 5}
    exact = await walk(api, "{any}/users/search", query)
    acme.behaviour.page_overlap = overlap
    assert len(await walk(api, "{any}/users/search", query)) == len(exact) + difference
