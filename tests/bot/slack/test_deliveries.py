"""What Slack delivers twice, late, marked as a retry, replayed by somebody, or meant for another app: each counts once, or not at all."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.slack.surfaces import card
from sandbox.slack.deliveries import Answer, Delivery, Envelope, Outcome, Outgoing, Retry
from sandbox.slack.http_delivery import sign
from storage import outbox
from storage.lifecycle import RequestStatus
from tests.bot.slack.door import Door
from tests.bot.slack.test_deciding import card_of_ada
from tests.bot.slack.test_failing import locked
from tests.bot.slack.test_socket import connected, socket_door

__all__ = ["socket_door"]

_numbers = itertools.count(1)
FORM = "application/x-www-form-urlencoded"
ENVELOPES = {"command": Envelope.COMMAND, "event": Envelope.EVENT}


async def again(door: Door, first: Delivery, *, retry: Retry | None = None, **changes: Any) -> Answer:
    """The answer when *first* is sent once more: validly signed, byte for byte the same body except for *changes*."""
    envelope = ENVELOPES.get(first.kind, Envelope.INTERACTIVE)
    outgoing = Outgoing(id=f"again-{next(_numbers)}", envelope=envelope, payload={**first.payload, **changes}, takes_answer=True)
    return await door.sandbox.slack.courier.transport.send(outgoing, retry=retry, late=lambda _: None)


async def left(door: Door) -> Any:
    """All that a delivery can change: requests, and what is to be done."""
    requests = [(request.id, request.status, request.version) for request in await door.requests()]
    return requests, await door.database.read(outbox.backlog)


async def test_what_is_delivered_twice_counts_once(door: Door) -> None:
    """A command, a form, a click and an event, each replayed: Bolt would run them twice, our keys do not."""
    slack = door.sandbox.slack
    posted = await card_of_ada(door)
    deliveries = [await slack.types("lena", "/request-jira planning"), await slack.opens_home("ada")]
    deliveries.append(await slack.clicks("grace", posted, card.APPROVE))
    await slack.types("hugo", "/request-jira")
    await slack.submits("hugo", slack.views("hugo")[0], {"reason": "planning"})
    deliveries.append(slack.deliveries[-1])
    before = await left(door)
    for delivery in deliveries:
        for _ in range(2):
            assert (await again(door, delivery)).outcome is Outcome.OK, delivery.kind
    assert await left(door) == before


@pytest.mark.parametrize("changes", [{"api_app_id": "A0OTHER"}, {"team_id": "T0OTHER", "team": {"id": "T0OTHER"}}], ids=["app", "team"])
async def test_what_is_meant_for_others_changes_nothing(door: Door, changes: dict[str, Any]) -> None:
    """Validly signed, or over our own socket, and yet from another workspace or for another app: no kind of delivery gets in."""
    slack = door.sandbox.slack
    posted = await card_of_ada(door)
    typed = await slack.types("lena", "/request-jira planning")
    opened = await slack.opens_home("ada")
    clicked = await slack.clicks("grace", posted, card.DENY)
    before = await left(door)
    await again(door, typed, trigger_id="new.1", **changes)
    await again(door, clicked, trigger_id="new.2", actions=[{**clicked.payload["actions"][0], "action_id": card.APPROVE}], **changes)
    await again(door, opened, event_id="Ev0NEW", **changes)
    assert await left(door) == before


async def test_a_retry_can_be_the_only_delivery(http_door: Door, sqlite_url: str) -> None:
    """The first two were lost in a stuck database; the third says that it is a retry, and is as good as a first."""
    slack = http_door.sandbox.slack
    with locked(sqlite_url):
        delivery = await slack.opens_home("ada")
        await slack.until(lambda: delivery.attempts == 2)
    assert await http_door.jobs() == []
    http_door.sandbox.clock.advance(timedelta(seconds=61))
    await slack.until(lambda: delivery.outcome is Outcome.OK)
    assert delivery.attempts == 3
    assert await http_door.jobs() == ["home.publish"]


async def test_what_happened_while_nobody_was_connected_is_not_lost(socket_door: Door) -> None:
    """Slack keeps events until a socket is there, and marks the first delivery as a retry: it is dealt with."""
    await socket_door.sandbox.slack.opens_home("ada")
    async with connected(socket_door.desk):
        async with asyncio.timeout(30):
            while await socket_door.jobs() != ["home.publish"]:  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.01)


async def test_an_envelope_that_comes_twice_at_once_counts_once(socket_door: Door) -> None:
    """The same event in two envelopes in the same moment, over two connections: one of them claims it."""
    slack = socket_door.sandbox.slack
    async with connected(socket_door.desk), connected(socket_door.desk):
        assert len(slack.socket.connections) == 2
        opened = await slack.opens_home("lena")
        fresh = {"event_id": "Ev0TWICE", "event": {**opened.payload["event"], "user": slack.person("ada").id}}
        retries = [None, Retry(number=1, reason="timeout")]
        answers = await asyncio.gather(*(again(socket_door, opened, retry=retry, **fresh) for retry in retries * 4))
        assert {answer.outcome for answer in answers} == {Outcome.OK}
        assert await socket_door.jobs() == ["home.publish"] * 2


@asynccontextmanager
async def skewed(door: Door, seconds: int) -> AsyncIterator[None]:
    """Slack's requests are stamped that many seconds ahead of our clock, as long as the block lasts."""
    assert door.sandbox.slack.http is not None
    door.sandbox.slack.http.clock_skew_seconds = seconds
    yield
    door.sandbox.slack.http.clock_skew_seconds = 0


@pytest.mark.parametrize("seconds", [-400, 400])
async def test_a_stamp_far_from_now_is_refused(http_door: Door, seconds: int) -> None:
    """More than five minutes old, or from the future: whatever signed it, it opens nothing."""
    async with skewed(http_door, seconds):
        delivery = await http_door.sandbox.slack.types("ada", "/request-jira planning")
    assert delivery.outcome is Outcome.DISPATCH_FAILED
    assert await http_door.requests() == []


async def test_a_stamp_from_the_near_future_is_good_once(http_door: Door) -> None:
    """Clocks differ, so four minutes are allowed; that makes nine in which a copy passes the signature, and none in which it counts."""
    async with skewed(http_door, 240):
        delivery = await http_door.sandbox.slack.types("ada", "/request-jira planning")
        assert delivery.outcome is Outcome.OK
    (request,) = await http_door.requests()
    await again(http_door, delivery)
    assert [(one.id, one.status) for one in await http_door.requests()] == [(request.id, RequestStatus.PENDING)]


async def post(door: Door, body: bytes, *, secret: str) -> int:
    """The status that somebody who signs with *secret* is answered with."""
    stamp = f"{door.sandbox.clock.now().timestamp():.0f}"
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(secret, timestamp=stamp, body=body), "Content-Type": FORM}
    async with aiohttp.ClientSession() as session, session.post(door.app_url, data=body, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize("body", [b"ssl_check=1&token=x", b"ssl_check=1&command=%2Frequest-jira&user_id=U0ADA"])
async def test_a_check_of_the_certificate_is_signed_like_all_else(http_door: Door, body: bytes) -> None:
    """Bolt would answer it before it looks at the signature: a stranger learns nothing from us, and Slack gets its 200."""
    secret = http_door.desk.settings.slack_signing_secret
    assert secret is not None
    assert await post(http_door, body, secret="another") == 401
    assert await post(http_door, body, secret=secret.get_secret_value()) == 200
    assert await http_door.requests() == []
