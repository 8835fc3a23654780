"""Delivery over HTTP: signatures, verification, repeats."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from slack_sdk.signature import Clock as SdkClock
from slack_sdk.signature import SignatureVerifier

from sandbox.server import Sandbox
from sandbox.slack.deliveries import Outcome
from sandbox.slack.http_delivery import sign
from tests.sandbox.slack.tiny_bot import by_http, serving

Json = dict[str, Any]


class Receiver:
    """An app that echoes challenges and answers everything else as it is told: status, headers, and after a signal if at all."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.arrived = asyncio.Event()

    async def receive(self, request: web.Request) -> web.Response:
        """One delivery."""
        body = await request.read()
        if b"url_verification" in body:
            return web.json_response({"challenge": (await request.json())["challenge"]})
        self.requests.append(({name.lower(): value for name, value in request.headers.items()}, body))
        self.arrived.set()
        await self.may_answer.wait()
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receiver, Sandbox]]:
    """A receiver and a world that delivers to it."""
    receiver = Receiver()
    async with serving(receiver.receive) as url, Sandbox(people=21, app_url=url) as sandbox:
        await sandbox.slack.until(lambda: sandbox.slack.connected)
        yield receiver, sandbox
        receiver.may_answer.set()


def test_signature_is_slacks_known_answer() -> None:
    """The example of Slack's documentation comes out as printed there."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = sign("8f742231b10e8888abcd99yyyzzz85a5", timestamp="1531420618", body=body)
    assert signature == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


class At(SdkClock):
    """The verifier's clock, standing at the world's time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._sandbox.clock.now().timestamp()


async def test_every_delivery_is_signed_and_coded_as_its_kind() -> None:
    """Commands are forms, interactions are one form field, events are JSON; the SDK's verifier accepts all."""
    async with receiving() as (receiver, sandbox):
        verifier = SignatureVerifier(sandbox.slack.app.signing_secret, clock=At(sandbox))
        await sandbox.slack.types("ada", "/request-jira a b")
        await sandbox.slack.opens_home("ada")
        (command_headers, command), (event_headers, event) = receiver.requests
        assert verifier.is_valid_request(command, command_headers)
        assert verifier.is_valid_request(event, event_headers)
        form = parse_qs(command.decode())
        assert (form["command"], form["text"], form["is_enterprise_install"]) == (["/request-jira"], ["a b"], ["false"])
        assert event_headers["content-type"] == "application/json"
        assert b"app_home_opened" in event


async def test_clock_skew_makes_the_real_app_refuse() -> None:
    """An app whose host's clock is wrong by minutes rejects everything; the person sees dispatch_failed."""
    async with by_http() as sandbox:
        assert sandbox.slack.http is not None
        sandbox.slack.http.clock_skew_seconds = -400
        assert (await sandbox.slack.types("ada", "/request-jira hello")).outcome is Outcome.DISPATCH_FAILED


async def test_failed_event_is_repeated_at_once_then_after_one_and_five_minutes() -> None:
    """Every repeat has its number and reason and the same event_id."""
    async with receiving() as (receiver, sandbox):
        receiver.status = 500
        sandbox.slack.deactivate("ben")
        delivery = sandbox.slack.deliveries[-1]
        await sandbox.slack.until(lambda: delivery.attempts == 2)
        sandbox.clock.advance(timedelta(seconds=61))
        await sandbox.slack.until(lambda: delivery.attempts == 3)
        receiver.status = 200
        sandbox.clock.advance(timedelta(seconds=301))
        await sandbox.slack.until(lambda: delivery.outcome is Outcome.OK)
        numbers = [headers.get("x-slack-retry-num") for headers, _ in receiver.requests]
        assert numbers == [None, "1", "2", "3"]
        assert {headers.get("x-slack-retry-reason") for headers, _ in receiver.requests} == {None, "http_error"}
        assert len({body for _, body in receiver.requests}) == 1


async def test_no_retry_header_ends_the_repeats() -> None:
    """An app that can't use an event says so and is left in peace."""
    async with receiving() as (receiver, sandbox):
        receiver.status, receiver.headers = 500, {"X-Slack-No-Retry": "1"}
        sandbox.slack.deactivate("ben")
        await sandbox.slack.until(lambda: sandbox.slack.deliveries[-1].outcome is Outcome.DISPATCH_FAILED)
        receiver.status = 200
        await sandbox.slack.types("ada", "/request-jira hello")
        assert len(receiver.requests) == 2


async def test_slow_event_is_sent_again_while_the_first_call_still_runs() -> None:
    """Slack doesn't wait: after three seconds the same event is handled twice at once."""
    async with receiving() as (receiver, sandbox):
        receiver.may_answer.clear()
        sandbox.slack.deactivate("ben")
        delivery = sandbox.slack.deliveries[-1]
        await sandbox.slack.until(lambda: delivery.outcome is Outcome.OPERATION_TIMEOUT)
        receiver.may_answer.set()
        await sandbox.slack.until(lambda: delivery.outcome is Outcome.OK and delivery.late_ack_ms)
        assert receiver.requests[1][0]["x-slack-retry-reason"] == "http_timeout"


async def test_unreachable_app_is_dispatch_failed() -> None:
    """Nothing listens at the request URL."""
    async with Sandbox(people=21, app_url="http://127.0.0.1:9/slack/events") as sandbox:
        assert (await sandbox.slack.types("ada", "/request-jira hello")).outcome is Outcome.DISPATCH_FAILED
        assert not sandbox.slack.connected
