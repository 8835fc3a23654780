"""A world to talk to, and Slack's client in it as Comeback makes it."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings, load
from bot.slack.calls import open_client
from sandbox.server import Sandbox
from tests.bot.outside import Outside
from tests.bot.slack.door import Door, front_door


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A small world in which nobody is slowed down."""
    async with Sandbox(people=30, rate_limits=False) as world:
        yield world


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[AsyncWebClient]:
    """The Web API client with the bot's token."""
    given = sandbox.environment()
    async with open_client(token=given["SLACK_BOT_TOKEN"], api_url=given["SLACK_API_URL"]) as client:
        yield client


@pytest.fixture
def settings(sandbox: Sandbox, outside: Outside) -> Settings:
    """The settings of a bot in this world."""
    for name, value in sandbox.environment().items():
        outside.monkeypatch.setenv(name, value)
    return load()


@pytest.fixture(params=["socket", "http"])
async def door(request: pytest.FixtureRequest, outside: Outside, sqlite_url: str) -> AsyncIterator[Door]:
    """The front door, once by each transport."""
    async with front_door(outside, transport=request.param, database_url=sqlite_url) as ready:
        yield ready


@pytest.fixture
async def http_door(outside: Outside, sqlite_url: str) -> AsyncIterator[Door]:
    """The front door by HTTP, for what only HTTP can get wrong."""
    async with front_door(outside, transport="http", database_url=sqlite_url) as ready:
        yield ready
