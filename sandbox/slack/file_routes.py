"""
The addresses of files: where their bytes are sent, where the app fetches them, and where the page shows them to a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.faults import with_fault
from sandbox.slack.people import TEAM_ID

if TYPE_CHECKING:
    from sandbox.slack.files import File
    from sandbox.slack.workspace import Workspace

UPLOAD = "upload"
"""What faults call the sending of the bytes, which is no method of the Web API."""


def register(app: web.Application, workspace: Workspace) -> None:
    """Add the routes to *app*."""
    routes = FileRoutes(workspace)
    app.router.add_post("/slack/upload/{secret}", routes.upload)
    app.router.add_get("/slack/files-pri/{place}/{name}", routes.download)
    app.router.add_get("/slack/files-pri/{place}/download/{name}", routes.download)
    app.router.add_get("/control/slack/file", routes.show)


class FileRoutes:
    """Takes and gives the bytes of one workspace's files."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes, raw or as a form's file; the secret in the address is the only permission."""
        fault = self._workspace.faults.take("slack", UPLOAD)
        return await with_fault(fault, request, self._receive, clock=self._workspace.clock)

    async def _receive(self, request: web.Request) -> web.Response:
        content = await _content(request)
        if self._workspace.uploads.receive(request.match_info["secret"], content) is None:
            return web.Response(status=404, text="not found")
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.Response:
        """The bytes for the app's token with `files:read`; everybody else is sent to log in, which is how Slack says no here."""
        app = self._workspace.app
        is_ours = request.headers.get("Authorization", "") == f"Bearer {app.bot_token}" and app.refused_as is None
        if not is_ours or "files:read" not in app.scopes:
            raise web.HTTPFound(f"{self._workspace.origin}/slack/signin")
        file = self._complete(request.match_info["place"].removeprefix(f"{TEAM_ID}-"))
        if file is None or file.name != request.match_info["name"]:
            raise web.HTTPNotFound(text="not found")
        return _bytes(file)

    async def show(self, request: web.Request) -> web.Response:
        """The bytes for a person of the story who is in a conversation where the file is shared."""
        workspace, query = self._workspace, request.query
        file = self._complete(query.get("id", ""))
        if file is None or query.get("user", "") not in workspace.people:
            raise web.HTTPNotFound(text="not found")
        person = workspace.person(query["user"])
        if not any(workspace.sees(person, workspace.channel(channel)) for channel in file.shares):
            raise web.HTTPNotFound(text="not found")
        return _bytes(file)

    def _complete(self, file_id: str) -> File | None:
        file = self._workspace.uploads.all.get(file_id)
        return file if file is not None and file.complete else None


def _bytes(file: File) -> web.Response:
    """A picture is shown; everything else is saved under its name, so that nothing of a file ever runs in the page."""
    kind = "inline" if file.mimetype in ("image/png", "image/jpeg", "image/gif") else "attachment"
    name = file.name.replace("\\", "_").replace('"', "_").encode("ascii", "replace").decode()
    headers = {
        "Content-Type": file.mimetype,
        "Content-Disposition": f'{kind}; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
    }
    return web.Response(body=file.content, headers=headers)


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    for part in form.values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""
