"""
Where the simulated Slack answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.slack import control
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
    app.router.add_post("/slack/upload/{secret}", _uploader(workspace))
    control.register(app, workspace)


def _uploader(workspace: Workspace) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def upload(request: web.Request) -> web.Response:
        content = await _content(request)
        if workspace.files.receive(request.match_info["secret"], content) is None:
            return web.Response(status=404, text="not found")
        return web.Response(text=f"OK - {len(content)}")

    return upload


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    for part in form.values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""
