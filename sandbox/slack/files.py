"""
Files by the three steps of upload v2: ask for an address, send the bytes, complete.

https://docs.slack.dev/messaging/working-with-files#uploading_files
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sandbox.slack.ids import Ids
from sandbox.slack.people import TEAM_ID

Json = dict[str, Any]

_KINDS = {"png": "PNG", "csv": "CSV", "jpg": "JPEG", "pdf": "PDF", "txt": "Plain Text"}


@dataclass(slots=True, kw_only=True)
class File:
    """
    A file on its way, or there once `complete`; `content` is None until the bytes came.

    `shares` is where it is seen: for each channel the ts of its message, and whether the channel is public.
    """

    id: str
    name: str
    length: int
    created: int
    owner: str
    alt_text: str = ""
    title: str = ""
    content: bytes | None = None
    complete: bool = False
    shares: dict[str, tuple[str, bool]] = field(default_factory=dict)

    @property
    def mimetype(self) -> str:
        """By the name's ending, as Slack tells it once the file was scanned."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def wire(self, origin: str) -> Json:
        """The file object of completeUploadExternal and of messages; its addresses are below *origin*."""
        address = f"{origin}/slack/files-pri/{TEAM_ID}-{self.id}"
        kind = PurePosixPath(self.name).suffix.lstrip(".").lower()
        facts: Json = {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": kind or "binary",
            "pretty_type": _KINDS.get(kind, kind.upper() or "Binary"),
            "user": self.owner,
            "user_team": TEAM_ID,
            "mode": "hosted",
            "is_external": False,
            "size": self.length,
            "url_private": f"{address}/{self.name}",
            "url_private_download": f"{address}/download/{self.name}",
            "file_access": "visible",
        }
        return facts | ({"alt_txt": self.alt_text} if self.alt_text else {})

    def shares_wire(self) -> Json:
        """Where it is shared, as file objects tell it."""
        told: Json = {}
        for channel, (ts, is_public) in self.shares.items():
            told.setdefault("public" if is_public else "private", {})[channel] = [{"ts": ts, "reply_users": []}]
        return told


class Files:
    """
    Every file, by id and by the secret part of its upload address.

    Slack shares files after it has answered (they are scanned first), so answers name no share unless `answers_name_shares` is set:
    https://github.com/slackapi/bolt-js/issues/2115 (seen November 2026).
    """

    def __init__(self, ids: Ids, seconds: Callable[[], float]) -> None:
        self._ids, self._seconds = ids, seconds
        self.all: dict[str, File] = {}
        self.answers_name_shares = False
        self._addresses: dict[str, str] = {}

    def announce(self, *, name: str, length: int, owner: str, alt_text: str = "") -> tuple[File, str]:
        """A new file and the secret under which its bytes may be sent."""
        created = int(self._seconds())
        file = File(id=self._ids.new("F0", 11), name=name, length=length, created=created, owner=owner, alt_text=alt_text)
        secret = self._ids.noise(24)
        self.all[file.id] = file
        self._addresses[secret] = file.id
        return file, secret

    def receive(self, secret: str, content: bytes) -> File | None:
        """Keep the bytes of the file behind *secret*; None when there is no such address, or the file is complete."""
        file = self.all.get(self._addresses.get(secret, ""))
        if file is None or file.complete:
            return None
        file.content = content
        return file

    def complete(self) -> list[File]:
        """The files that are there, oldest first."""
        return [file for file in self.all.values() if file.complete]
