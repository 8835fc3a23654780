"""
The sandbox as one web application, and as an object that a test can start and stop.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from sandbox import control, watching
from sandbox.atlassian import control as atlassian_control
from sandbox.atlassian import server as atlassian
from sandbox.atlassian.organization import Organization
from sandbox.clock import Clock
from sandbox.environment import environment
from sandbox.faults import Faults
from sandbox.slack import routes
from sandbox.slack.app import App
from sandbox.slack.workspace import Workspace
from sandbox.world import World

PAGE = Path(__file__).parent / "page"
GOODBYE_SECONDS = 1.0


def build_app(world: World, slack: Workspace) -> web.Application:
    """Both platforms, the control routes and the page, on one application."""
    app = web.Application(client_max_size=8 << 20)
    routes.register(app, slack)
    atlassian.register(app, world)
    control.register(app, world)
    atlassian_control.register(app, world)
    watching.register(app, world, slack)
    app.router.add_get("/", _front_page)
    if PAGE.is_dir():
        app.router.add_static("/page/", PAGE)
    return app


async def _front_page(_request: web.Request) -> web.StreamResponse:
    index = PAGE / "index.html"
    if not index.is_file():
        raise web.HTTPNotFound(text="the page is not installed")
    return web.FileResponse(index, headers={"Cache-Control": "no-cache"})


class Sandbox:
    """
    A whole world that listens on loopback while the `async with` block lasts.

    `port` 0 takes a free one; `app_url` chooses delivery over HTTP to that address, else the app connects by Socket Mode;
    `rate_limits` switches those of Slack.
    """

    def __init__(
        self,
        *,
        people: int = 400,
        seed: int = 7,
        port: int = 0,
        app_url: str | None = None,
        rate_limits: bool = True,
        clock: Clock | None = None,
        free_seats: int | None = None,
        app: App | None = None,
    ) -> None:
        self.world = World(people=people, seed=seed, clock=clock, free_seats=free_seats)
        self.slack = Workspace(
            self.world.humans,
            clock=self.world.clock,
            events=self.world.events,
            faults=self.world.faults,
            seed=seed,
            app_url=app_url,
            rate_limits=rate_limits,
            app=app,
        )
        self._port = port
        self._runner = web.AppRunner(build_app(self.world, self.slack), access_log=None, shutdown_timeout=GOODBYE_SECONDS)

    @property
    def atlassian(self) -> Organization:
        """The Atlassian organization."""
        return self.world.atlassian

    @property
    def clock(self) -> Clock:
        """The one clock."""
        return self.world.clock

    @property
    def faults(self) -> Faults:
        """Faults planted in either side's way."""
        return self.world.faults

    @property
    def url(self) -> str:
        """The address it listens on; empty before it does."""
        return self.slack.origin

    def environment(self) -> dict[str, str]:
        """The environment variables that a bot needs to live in this world."""
        return environment(self.world, self.slack)

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port: Any = self._runner.addresses[0][1]
        self.slack.origin = f"http://127.0.0.1:{port}"
        self.slack.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop listening and end everything that is under way."""
        await self.slack.close()
        await self._runner.cleanup()
