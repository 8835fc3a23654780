"""
response_url: the short-lived address that comes with an interaction.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses : five uses in thirty minutes; new messages are ephemeral
unless `response_type` says in_channel; one from a message may replace or delete it, ephemeral ones included.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.slack import posting
from sandbox.slack.errors import SlackError
from sandbox.slack.messages import Message
from sandbox.slack.triggers import Link

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]


class ResponseUrls:
    """Answers `/slack/commands/{token}` and `/slack/actions/{token}` for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def handle(self, request: web.Request) -> web.Response:
        """`ok` as text; refusals are 404 for a dead address and 400 for a message that can't be."""
        try:
            said = _read(await request.text())
            self._act(self._workspace.links.spend(request.match_info["token"]), said)
        except SlackError as refusal:
            status = refusal.status if refusal.status != 200 else 400
            return web.json_response(refusal.body, status=status) if status == 404 else web.Response(status=status, text=refusal.code)
        return web.Response(text="ok")

    def _act(self, link: Link, said: Json) -> None:
        source = self._source(link)
        if said.get("delete_original") in (True, "true"):
            if source is not None:
                posting.remove(self._workspace, source)
            return
        content = posting.read_content(said)
        if said.get("replace_original") in (True, "true") and source is not None:
            posting.change(self._workspace, source, content)
            return
        private = None if said.get("response_type") == "in_channel" else link.user
        posting.post(self._workspace, content, channel=link.channel, thread_ts=said.get("thread_ts"), seen_only_by=private)

    def _source(self, link: Link) -> Message | None:
        if link.ts is None:
            return None
        timeline = self._workspace.timeline
        return timeline.find(link.channel, link.ts) or timeline.ephemeral(link.user, link.ts)


def _read(text: str) -> Json:
    try:
        said = json.loads(text)
    except ValueError:
        raise SlackError("invalid_payload") from None
    if not isinstance(said, dict):
        raise SlackError("invalid_payload")
    return said
