"""The organization as an aiohttp application, to be mounted at `/atlassian`."""

from aiohttp import web

from sandbox.atlassian.api import directories, groups, invites, manage, managed, role_assignments, site, users, workspaces
from sandbox.atlassian.api.context import ORGANIZATION
from sandbox.atlassian.api.gate import PREFIX, build_gate
from sandbox.world import World


def register(app: web.Application, world: World) -> None:
    """Mount the admin API and the site API of the world's organization on *app*."""
    inner = web.Application(middlewares=[build_gate(world.faults, world.clock)], client_max_size=4 * 1024 * 1024)
    inner[ORGANIZATION] = world.atlassian
    for part in (directories, users, groups, role_assignments, managed, invites, workspaces, manage, site):
        part.register(inner)
    app.add_subapp(PREFIX, inner)
