"""
A receiver of the audit trail on loopback, with the check that an auditor would make of what arrived.

It keeps whatever it read, also where a mishap keeps the sender from knowing so.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

SECRET = "a-secret-of-both-sides"  # noqa: S105 - of the sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a call is answered; `keeps` says whether the batch was taken, and with `drops` the line breaks without an answer."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False
    drops: bool = False
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One call that was read: the bytes, and the headers that prove whose they are."""

    body: bytes
    timestamp: str
    signature: str
    authorization: str | None


class Receiver:
    """Listens while the `async with` block lasts; `replies` are given once each, in order, and after them everything is taken."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.replies: list[Reply] = []
        self.calls = 0
        app = web.Application(client_max_size=4 << 20)
        app.router.add_post("/in", self._take)
        app.router.add_post("/elsewhere", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/in"

    def environment(self) -> dict[str, str]:
        """The variables that have a bot send its trail here."""
        return {"COMEBACK_SIEM__URL": self.url, "COMEBACK_SIEM__SECRET": SECRET}

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.calls += 1
        body = await request.read()
        reply = self.replies.pop(0) if self.replies else Reply(keeps=True)
        if reply.keeps:
            headers = request.headers
            timestamp, signature = headers["X-Comeback-Timestamp"], headers["X-Comeback-Signature"]
            key = headers.get("Authorization")
            self.batches.append(Batch(body=body, timestamp=timestamp, signature=signature, authorization=key))
        await asyncio.sleep(reply.after_s)
        if reply.drops and request.transport is not None:
            request.transport.abort()
        return web.Response(status=reply.status, headers=dict(reply.headers))

    def entries(self) -> list[dict[str, Any]]:
        """
        The entries that arrived, repeats dropped, in the order of their first arrival.

        Raises AssertionError for a batch that is not signed, an entry that is out of order or missing, and a chain that does not hold.
        """
        found: list[dict[str, Any]] = []
        for batch in self.batches:
            expected = hmac.new(SECRET.encode(), batch.timestamp.encode() + b"." + batch.body, hashlib.sha256).hexdigest()
            _require(batch.signature == f"v1={expected}", "a batch is not signed by us")
            for line in batch.body.splitlines():
                _add(found, json.loads(line))
        return found


def _add(found: list[dict[str, Any]], entry: dict[str, Any]) -> None:
    if entry["seq"] <= len(found):
        _require(found[entry["seq"] - 1] == entry, f"entry {entry['seq']} came twice and not the same")
        return
    _require(entry["seq"] == len(found) + 1, f"entry {entry['seq']} came after {len(found)}")
    before = found[-1]["hash"] if found else "0" * 64
    linked = hashlib.sha256(b"\x01" + before.encode() + entry["body"].encode()).hexdigest()
    _require(entry["previous"] == before and entry["hash"] == linked, f"entry {entry['seq']} breaks the chain")
    found.append(entry)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)
