"""
Worlds for the tests of the simulated Slack.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.server import Sandbox
from tests.sandbox.slack.tiny_bot import by_http, by_socket

Json = dict[str, Any]
Api = Callable[..., Awaitable[Json]]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A world in which no app is connected."""
    async with Sandbox(people=30) as world:
        yield world


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client, as a foreign program has one."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(params=["socket", "http"])
async def living(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """A world with the tiny bot in it, once by each transport."""
    async with (by_socket if request.param == "socket" else by_http)() as world:
        yield world


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    """Slack's own Web API client with the bot's token; it retries nothing."""
    given = sandbox.environment()
    return AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"], retry_handlers=[])


@pytest.fixture
def api(sandbox: Sandbox, http: aiohttp.ClientSession) -> Api:
    """Call a method with JSON and the bot's token: `await api("chat.postMessage", channel=...)` gives the body."""

    async def call(method: str, *, token: str | None = None, **args: Any) -> Json:
        headers = {"Authorization": f"Bearer {token or sandbox.slack.app.bot_token}"}
        async with http.post(f"{sandbox.url}/slack/api/{method}", json=args, headers=headers) as response:
            body: Json = await response.json()
            return body | {"status": response.status, "headers": response.headers}

    return call
