"""
A mail server on loopback: it speaks as much SMTP as a client needs, and refuses what real servers refuse.

Unknown people are 550, a server that is busy is 421, and one that loses its line may do so before or after it took the text.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that was taken, as it came: who it is for by the envelope, and the message."""

    to: str
    message: EmailMessage

    @property
    def text(self) -> str:
        """Its words."""
        return str(self.message.get_content())


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What goes wrong next at one command (`connect`, `MAIL`, `RCPT`, `DATA`, `.`): an answer, or a line that drops without one."""

    at: str
    answer: str | None = None


class MailHost:
    """
    A server that listens while the `async with` block lasts, and keeps what it took in `letters`.

    With `people` only their addresses exist. `mishaps` strike once each, in order.
    """

    def __init__(self, *, people: Collection[str] | None = None) -> None:
        self.letters: list[Letter] = []
        self.mishaps: list[Mishap] = []
        self.sessions = 0
        self._people = None if people is None else {one.lower() for one in people}
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None  # noqa: S101 - asked of a server that was not started
        return int(self._server.sockets[0].getsockname()[1])

    def environment(self) -> dict[str, str]:
        """The variables that have a bot send its mail here."""
        return {
            "COMEBACK_MAIL__HOST": "127.0.0.1",
            "COMEBACK_MAIL__PORT": str(self.port),
            "COMEBACK_MAIL__TLS": "none",
            "COMEBACK_MAIL__SENDER": "comeback@acme.example",
            "COMEBACK_MAIL__CONTACT": "it-help@acme.example",
        }

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop listening and hang up."""
        assert self._server is not None  # noqa: S101
        self._server.close()
        for line in tuple(self._lines):
            line.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        self._lines.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _Session(self, reader, writer).run()
        self._lines.discard(writer)
        writer.close()

    def mishap(self, command: str) -> Mishap | None:
        """What strikes at this command, once."""
        found = next((one for one in self.mishaps if one.at == command), None)
        if found is not None:
            self.mishaps.remove(found)
        return found

    def knows(self, address: str) -> bool:
        """Whether somebody has this address."""
        return self._people is None or address.lower() in self._people


class _Session:
    """One client's line."""

    def __init__(self, host: MailHost, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host, self._reader, self._writer = host, reader, writer
        self._sender: str | None = None
        self._to: str | None = None

    async def run(self) -> None:
        """Talk until the client or a mishap ends it."""
        if not await self._say("connect", "220 mail.acme.example ESMTP"):
            return
        while line := await self._reader.readline():
            word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if not await self._obey(word.upper(), rest):
                return

    async def _obey(self, word: str, rest: str) -> bool:
        if word == "DATA":
            return await self._take()
        there = await self._say(word, self._usual(word, rest))
        return there and word != "QUIT"

    def _usual(self, word: str, rest: str) -> str:
        if word == "MAIL":
            self._sender = _address(rest)
        if word == "RCPT":
            self._to = _address(rest) if self._sender and self._host.knows(_address(rest)) else None
            return "250 OK" if self._to else "550 5.1.1 no such user"
        usual = {"EHLO": "250 mail.acme.example", "HELO": "250 mail.acme.example", "QUIT": "221 bye"}
        return usual.get(word, "250 OK" if word in {"MAIL", "RSET", "NOOP"} else "502 not known here")

    async def _take(self) -> bool:
        if self._to is None:
            return await self._say("DATA", "503 whom for?")
        mishap = self._host.mishap("DATA")
        if mishap is not None:
            return await self._answer(mishap.answer)
        await self._answer("354 go on")
        body = await self._reader.readuntil(b"\r\n.\r\n")
        mishap = self._host.mishap(".")
        if mishap is None or mishap.answer is None:
            # A line that drops here drops after the letter was taken: the client can't know.
            text = body.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
            message = message_from_bytes(text, policy=policy.default)
            self._host.letters.append(Letter(to=self._to, message=message))
        return await self._answer(mishap.answer if mishap else "250 taken")

    async def _say(self, command: str, usual: str) -> bool:
        mishap = self._host.mishap(command)
        return await self._answer(mishap.answer if mishap else usual)

    async def _answer(self, answer: str | None) -> bool:
        """Whether the line is still there."""
        if answer is None:
            self._writer.transport.abort()
            return False
        self._writer.write(f"{answer}\r\n".encode("ascii"))
        await self._writer.drain()
        return not answer.startswith("421")


def _address(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]
