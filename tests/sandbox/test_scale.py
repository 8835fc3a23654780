"""The sandbox at the size of a large organization."""

import pytest

from sandbox.server import Sandbox
from sandbox.slack.people import SlackUser


@pytest.mark.large
async def test_a_hundred_thousand_people_live_in_it() -> None:
    """The same story at every size: the cast is there, and the share of seats that were taken back stays as it is."""
    async with Sandbox(people=100_000) as sandbox:
        assert len(sandbox.world.humans) >= 100_000
        assert isinstance(sandbox.slack.person("ada"), SlackUser)
        assert not sandbox.atlassian.has_product("ada", "jira")
        lost = sum(1 for human in sandbox.world.humans if human.lost)
        assert 0.25 < lost / 100_000 < 0.4
