"""
Files by the three steps of upload v2: ask for an address, send the bytes, complete.

https://docs.slack.dev/messaging/working-with-files#uploading_files
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.slack.ids import Ids

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class File:
    """A file on its way, or there once `complete`; `content` is None until the bytes came."""

    id: str
    name: str
    length: int
    title: str = ""
    content: bytes | None = None
    complete: bool = False

    def wire(self) -> Json:
        """The file object, as far as completeUploadExternal and messages show it."""
        return {"id": self.id, "name": self.name, "title": self.title or self.name, "size": self.length, "mode": "hosted"}


class Files:
    """Every file, by id and by the secret part of its upload address."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.all: dict[str, File] = {}
        self._addresses: dict[str, str] = {}

    def announce(self, *, name: str, length: int) -> tuple[File, str]:
        """A new file and the secret under which its bytes may be sent."""
        file = File(id=self._ids.new("F0", 11), name=name, length=length)
        secret = self._ids.noise(24)
        self.all[file.id] = file
        self._addresses[secret] = file.id
        return file, secret

    def receive(self, secret: str, content: bytes) -> File | None:
        """Keep the bytes of the file behind *secret*; None when there is no such address."""
        file = self.all.get(self._addresses.get(secret, ""))
        if file is not None:
            file.content = content
        return file
