"""A write that is under way when its caller dies still lands: nobody can take back what was sent."""

import asyncio

import aiohttp

from sandbox.clock import Clock
from sandbox.faults import Fault
from sandbox.server import Sandbox


class Drowsy(Clock):
    """Tells when somebody waits by it, and lets them wait until it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep, self.awake = asyncio.Event(), asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait, and tell."""
        self.asleep.set()
        await self.awake.wait()


async def test_a_slow_write_takes_effect_after_its_caller_has_hung_up() -> None:
    """A bot that is killed in the middle of a call and looks too early sees no write, and writes again."""
    clock = Drowsy()
    async with Sandbox(people=40, clock=clock) as sandbox, asyncio.timeout(10):
        organization = sandbox.atlassian
        group = organization.catalog.group_named("jira-users-acme")
        path = f"/admin/v2/orgs/{organization.id}/directories/{group.directory}/groups/{group.id}/memberships"
        sandbox.faults.add(Fault(match="POST /", delay_s=1))
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {organization.api_key}"}) as session:
            call = asyncio.ensure_future(session.post(f"{sandbox.url}/atlassian{path}", json={"accountId": organization.person("ada").id}))
            await clock.asleep.wait()
            call.cancel()
        assert not organization.has_product("ada", "jira")
        with sandbox.world.events.subscription() as changes:
            clock.awake.set()
            while (await changes.get())["type"] != "atlassian_changed":
                pass
        assert organization.has_product("ada", "jira")
