"""Faults that stand in the way of calls."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import ClientError, web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import Clock
from sandbox.faults import BIG, Fault, Faults, parse_fault, with_fault

DONE = web.AppKey("done", list[str])

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def faults() -> Faults:
    """No rules yet."""
    return Faults()


@pytest.fixture
async def client(faults: Faults) -> AsyncIterator[Client]:
    """A server whose one route notes that it ran, behind the faults."""
    clock = Clock()

    async def handler(request: web.Request) -> web.StreamResponse:
        request.app[DONE].append(request.path)
        return web.json_response({"ok": True})

    async def guarded(request: web.Request) -> web.StreamResponse:
        return await with_fault(faults.take("atlassian", f"{request.method} {request.path}"), request, handler, clock=clock)

    app = web.Application()
    app[DONE] = []
    app.router.add_route("*", "/{tail:.*}", guarded)
    async with TestClient(TestServer(app)) as client:
        yield client


def done(client: Client) -> list[str]:
    """What took effect."""
    assert client.app is not None
    return client.app[DONE]


async def test_a_status_before_leaves_the_world_untouched(client: Client, faults: Faults) -> None:
    """A 503 from a proxy means that nothing happened."""
    faults.add(Fault(match="POST /a", status=503, times=1, headers={"Retry-After": "7"}))
    answer = await client.post("/a")
    assert (answer.status, answer.headers["Retry-After"], done(client)) == (503, "7", [])
    assert (await client.post("/a")).status == 200


async def test_a_status_after_hides_a_write_that_took_effect(client: Client, faults: Faults) -> None:
    """The ambiguous outcome: an error, and yet the write is there."""
    faults.add(Fault(match="/a", status=500, when="after", code="ADMIN-500-1"))
    answer = await client.post("/a")
    assert answer.status == 500
    assert (await answer.json())["errors"][0]["code"] == "ADMIN-500-1"
    assert done(client) == ["/a"]


@pytest.mark.parametrize(("drop", "expected"), [("before", []), ("after", ["/a"])])
async def test_a_dropped_connection_before_or_after_the_write(client: Client, faults: Faults, drop: str, expected: list[str]) -> None:
    """The caller sees the same reset; only the world knows whether it happened."""
    faults.add(parse_fault({"match": "POST /a", "drop": drop}))
    with pytest.raises(ClientError):
        await client.post("/a")
    assert done(client) == expected


async def test_an_answer_may_be_broken_json_or_far_too_big(client: Client, faults: Faults) -> None:
    """A client must survive both."""
    faults.add(Fault(match="/json", bad_json=True))
    faults.add(Fault(match="/big", big_body=True))
    with pytest.raises(ValueError, match=r"."):
        await (await client.get("/json")).json()
    assert len(await (await client.get("/big")).read()) > BIG


async def test_a_slow_drip_delivers_the_whole_answer_piece_by_piece(client: Client, faults: Faults) -> None:
    """Each read is in time, the whole is not: only a deadline over all catches it."""
    faults.add(Fault(match="/slow", slow_drip=True))
    assert await (await client.get("/slow")).json() == {"ok": True}


def test_a_rule_hits_its_method_path_and_number_of_times(faults: Faults) -> None:
    """Faults must not spill over to other calls."""
    faults.add(Fault(match="POST /users/.*/enable$", times=1, skip=1, status=500))
    assert faults.take("atlassian", "GET /users/1/enable") is None
    assert faults.take("slack", "POST /users/1/enable") is None
    assert faults.take("atlassian", "POST /users/1/enable") is None, "the first is skipped"
    assert faults.take("atlassian", "POST /users/1/enable") is not None
    assert faults.take("atlassian", "POST /users/1/enable") is None, "used up"


def test_a_slack_rule_names_a_whole_method(faults: Faults) -> None:
    """`chat.post` is not `chat.postMessage`."""
    faults.add(Fault(side="slack", match="chat.post", code="fatal_error"))
    assert faults.take("slack", "chat.postMessage") is None
    assert faults.take("slack", "chat.post") is not None


def test_a_share_hits_some_calls_and_repeats_by_seed() -> None:
    """Torture runs want bad luck that can be repeated."""
    runs = []
    for _ in range(2):
        faults = Faults(random.Random(1))
        faults.add(Fault(match=".*", share=0.3, status=500))
        runs.append([faults.take("atlassian", "GET /") is not None for _ in range(100)])
    assert runs[0] == runs[1]
    assert 10 < sum(runs[0]) < 60


def test_clear_drops_one_side_or_all(faults: Faults) -> None:
    """A test cleans up what it planted."""
    faults.add(Fault(match="/a", status=500))
    faults.add(Fault(side="slack", match="x", code="y"))
    faults.clear("slack")
    assert [rule["match"] for rule in faults.active()] == ["/a"]
    faults.clear()
    assert faults.active() == []


@pytest.mark.parametrize("body", [{}, {"match": "("}, {"match": "x", "side": "jira"}, {"match": "x", "colour": 1}])
def test_a_rule_that_can_not_work_is_refused(body: dict[str, object]) -> None:
    """A typing error in a fault would make a test pass for nothing."""
    with pytest.raises(ValueError, match=r"."):
        parse_fault(body)


def test_the_clock_never_goes_back() -> None:
    """Everything in the world relies on order."""
    clock = Clock()
    before = clock.now()
    with pytest.raises(ValueError, match="forward"):
        clock.advance(timedelta(seconds=-1))
    assert clock.advance(timedelta(days=2)) - before >= timedelta(days=2)
