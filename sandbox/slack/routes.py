"""
Where the simulated Slack answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.slack import control, file_routes
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.web_api import WebApi

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace


def register(app: web.Application, workspace: Workspace) -> None:
    """Add Slack's public routes and its control routes to *app*."""
    api, links = WebApi(workspace), ResponseUrls(workspace)
    app.router.add_route("*", "/slack/api/{method}", api.handle)
    app.router.add_get("/slack/link/", workspace.socket.handle)
    app.router.add_post("/slack/commands/{token}", links.handle)
    app.router.add_post("/slack/actions/{token}", links.handle)
    file_routes.register(app, workspace)
    control.register(app, workspace)
