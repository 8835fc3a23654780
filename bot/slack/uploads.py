"""
Files on their way into a conversation: an address, the bytes, and the completion that shows them.

https://docs.slack.dev/messaging/working-with-files#uploading_files (seen November 2026). Only the completion is a write that anybody can
see. What fails before it leaves an unfinished file that nobody is shown, so it is SlackAway: the whole may be done again without looking.

A file carries no metadata, so its name ends in the id of the job that shares it (people read its title). That name stands in the
conversation's history, where `Messenger.find` looks for it as it looks for the metadata of posts.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot import lease
from bot.slack.calls import answer_of, make_session
from bot.slack.errors import SlackAway
from bot.slack.places import is_slacks
from bot.slack.surfaces.message import Message, to_json

LONGEST_ALT_TEXT = 1_000
LONGEST_TITLE = 250
_SENDING = "the file's upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file for one conversation; `name` is bare ("idle-seats.csv"), `alt_text` is what a screen reader says of a picture."""

    name: str
    content: bytes
    title: str
    alt_text: str
    job_id: str

    @property
    def marked_name(self) -> str:
        """The name with the job's id before its ending."""
        name = PurePosixPath(self.name)
        return f"{name.stem}-{self.job_id}{name.suffix}"


def is_marked(file: Mapping[str, Any], *, job_id: str) -> bool:
    """Whether *job_id* uploaded the *file* of a message."""
    return PurePosixPath(str(file.get("name") or "")).stem.endswith(f"-{job_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """Uploads and shares; never retries. All methods raise SlackError."""

    client: AsyncWebClient
    now: Callable[[], datetime]

    async def stage(self, upload: Upload) -> str:
        """The id of the uploaded file, which nobody sees yet."""
        ticket = await answer_of(
            self.client.files_getUploadURLExternal(
                filename=upload.marked_name, length=len(upload.content), alt_txt=upload.alt_text[:LONGEST_ALT_TEXT]
            ),
            method="files.getUploadURLExternal",
            write=False,
            now=self.now,
        )
        await self._send(str(ticket["upload_url"]), upload.content)
        return str(ticket["file_id"])

    async def share(self, file_id: str, *, title: str, channel: str, message: Message | None, thread_ts: str | None) -> str | None:
        """The ts of the message that shows the file; None when Slack has not told yet, which is usual."""
        form = {
            "files": json.dumps([{"id": file_id, "title": title[:LONGEST_TITLE]}]),
            "channel_id": channel,
            **_above(message),
            **({"thread_ts": thread_ts} if thread_ts else {}),
        }
        # The SDK's own method puts everything into the address, where blocks are too long for some proxies.
        call = self.client.api_call("files.completeUploadExternal", data=form)
        answer = await answer_of(call, method="files.completeUploadExternal", write=True, now=self.now)
        return _ts_of(answer.get("files") or (), channel=channel)

    async def _send(self, url: str, content: bytes) -> None:
        if not is_slacks(url, api_url=self.client.base_url):
            raise SlackAway(_SENDING, "strange_host")
        lease.require()
        session = self.client.session
        if session is None:
            async with make_session() as own:
                return await self._post(own, url, content)
        return await self._post(session, url, content)

    async def _post(self, session: aiohttp.ClientSession, url: str, content: bytes) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        try:
            async with session.post(url, data=content, headers=headers, proxy=self.client.proxy) as response:
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise SlackAway(_SENDING, type(error).__name__) from None
        if status != 200:
            raise SlackAway(_SENDING, f"http_{status}")


def _above(message: Message | None) -> dict[str, str]:
    """What stands above the file: Slack takes blocks or a text, and drops the blocks when it is given both."""
    if message is None:
        return {}
    return {"blocks": json.dumps(to_json(message.blocks))} if message.blocks else {"initial_comment": message.text}


def _ts_of(files: Sequence[Mapping[str, Any]], *, channel: str) -> str | None:
    """Files are shared after the answer, when they were scanned: https://github.com/slackapi/bolt-js/issues/2115"""
    for file in files:
        for places in (file.get("shares") or {}).values():
            for share in places.get(channel) or ():
                return str(share["ts"])
    return None
