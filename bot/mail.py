"""
Mail by SMTP, one message at a time, in a thread of its own; never retried here: the outbox alone retries.

    MailError
    +-- MailAway        the server did not take it (no connection, 4xx): nothing was sent, try again later
    +-- MailNotAllowed  it takes no mail from us: login, TLS or sender refused; every other mail would fail in the same way
    +-- MailRefused     it never takes this one: the address does not exist, or the text is refused
    +-- MailUnknown     the text was sent and the answer is lost: it may arrive, and must not be sent again

SMTP (RFC 5321) has no idempotency key. So whoever sends is asked once more between the acceptance of the address and the text: what
they store there is what keeps a mail from being sent twice. Errors carry codes, never an address or what a server said.
"""

import asyncio
import re
import smtplib
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from bot.settings import MailSettings

DEADLINE_SECONDS = 10.0
"""For each half, the talk before the text and the text: as for all other calls, what a lease leaves room for."""
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
"""Narrower than the standard: what a command of SMTP or a header could be broken with is no address to us."""
_OURS = frozenset({530, 534, 535, 538})
"""Answers about who we are, at whatever place they come (RFC 4954)."""


class MailError(Exception):
    """A mail that was not taken, or nobody knows; `code` is `smtp_550` or the name of what happened."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailAway(MailError):
    """The server was not there, or asked to come again: nothing was sent."""


class MailNotAllowed(MailError):
    """The server takes no mail from us, so an admin has to change a setting."""


class MailRefused(MailError):
    """The server will never take this mail."""


class MailUnknown(MailError):
    """The mail may have been taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A short text to one address; `id` is that of its job, and names it in the other's logs."""

    id: str
    to: str
    subject: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailer:
    """
    Sends mail by one server.

    `tls` is "starttls", "tls" or "none"; answers go to `reply_to`, or to the sender. *before_send* is called before each half and may
    raise to prevent it.
    """

    host: str
    port: int
    tls: str
    sender: str
    reply_to: str | None = None
    user: str | None = None
    password: Callable[[], str] | None = None
    before_send: Callable[[], None] = lambda: None
    trusted: ssl.SSLContext | None = None
    deadline_seconds: float = DEADLINE_SECONDS

    async def send(self, mail: Mail, *, before_text: Callable[[], Awaitable[None]]) -> None:
        """
        Have the server take *mail*; *before_text* is awaited when it has accepted the address, and what it raises prevents the rest.

        Raises one of this module's errors.
        """
        if not _ADDRESS.fullmatch(mail.to):
            raise MailRefused("bad_address")
        text = _written(mail, sender=self.sender, reply_to=self.reply_to)
        self.before_send()
        session = self._session()
        await self._talk(self._begin, session, mail.to, lost=MailAway)
        try:
            self.before_send()
            await before_text()
        except BaseException:
            session.close()
            raise
        await self._talk(_finish, session, text, lost=MailUnknown)

    async def knock(self) -> None:
        """Connect and log in, and no more; raises MailAway, MailNotAllowed."""
        session = self._session()
        await self._talk(self._log_in, session, lost=MailAway)
        session.close()

    async def _talk(self, talk: Callable[..., None], session: smtplib.SMTP, *facts: object, lost: type[MailError]) -> None:
        """The end of *talk*; raises *lost* where the connection broke or no answer came in time."""
        try:
            async with asyncio.timeout(self.deadline_seconds):
                await asyncio.to_thread(_closed_on_failure, talk, session, *facts)
        except (TimeoutError, asyncio.CancelledError) as error:
            # Only hung up: the thread closes what it reads from, or it could find another's connection under the same number.
            _hang_up(session)
            raise (error if isinstance(error, asyncio.CancelledError) else lost("TimeoutError")) from None
        except (smtplib.SMTPException, OSError) as error:
            raise _meaning(error, lost=lost) from None

    def _session(self) -> smtplib.SMTP:
        # With its own name given, the constructor neither connects nor asks a name server.
        name = self.sender.rpartition("@")[2]
        if self.tls == "tls":
            return smtplib.SMTP_SSL(local_hostname=name, timeout=self.deadline_seconds, context=self._context())
        return smtplib.SMTP(local_hostname=name, timeout=self.deadline_seconds)

    def _context(self) -> ssl.SSLContext:
        return self.trusted or ssl.create_default_context()

    def _log_in(self, session: smtplib.SMTP) -> None:
        # smtplib checks the certificate against the host that its constructor was given, which would have connected at once.
        session._host = self.host  # type: ignore[attr-defined]  # noqa: SLF001
        code, _ = session.connect(self.host, self.port)
        _expect(code, about=MailNotAllowed)
        session.ehlo_or_helo_if_needed()
        if self.tls == "starttls":
            _expect(session.starttls(context=self._context())[0], about=MailNotAllowed)
            session.ehlo_or_helo_if_needed()
        if self.user is not None and self.password is not None:
            session.login(self.user, self.password())

    def _begin(self, session: smtplib.SMTP, to: str) -> None:
        self._log_in(session)
        _expect(session.mail(self.sender)[0], about=MailNotAllowed)
        _expect(session.rcpt(to)[0], about=MailRefused)


def mailer_of(mail: MailSettings, *, before_send: Callable[[], None] = lambda: None) -> Mailer | None:
    """Who sends our mail; None where nobody should. Nothing is connected yet."""
    if mail.host is None or mail.sender is None:
        return None
    return Mailer(
        host=mail.host,
        port=mail.port_number,
        tls=mail.tls,
        sender=mail.sender,
        # A contact may also be a line of words.
        reply_to=mail.contact if mail.contact and _ADDRESS.fullmatch(mail.contact) else None,
        user=mail.user,
        password=mail.password.get_secret_value if mail.password else None,
        before_send=before_send,
    )


def _finish(session: smtplib.SMTP, text: bytes) -> None:
    try:
        _expect(session.data(text)[0], about=MailRefused)
    except smtplib.SMTPDataError as error:
        # The server wants no text at all: nothing of it was sent.
        _expect(error.smtp_code, about=MailRefused)
    session.close()


def _expect(code: int, *, about: type[MailError]) -> None:
    """Return when *code* is a success; raises *about* for what is final, MailAway for what is not."""
    if 200 <= code < 300:
        return
    if code in _OURS:
        raise MailNotAllowed(f"smtp_{code}")
    raise (about if 500 <= code < 600 else MailAway)(f"smtp_{code}")


def _closed_on_failure(talk: Callable[..., None], session: smtplib.SMTP, *facts: object) -> None:
    try:
        talk(session, *facts)
    except BaseException:
        session.close()
        raise


def _hang_up(session: smtplib.SMTP) -> None:
    if session.sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(session.sock, socket.SHUT_RDWR)


def _meaning(error: smtplib.SMTPException | OSError, *, lost: type[MailError]) -> MailError:
    code = f"smtp_{error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else type(error).__name__
    if lost is MailUnknown:
        return MailUnknown(code)
    if isinstance(error, smtplib.SMTPResponseException):
        return (MailNotAllowed if error.smtp_code >= 500 else MailAway)(code)
    # No STARTTLS, no way to log in that both know, a certificate that is not the server's.
    unfit = isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected)
    badly_protected = isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError)
    return (MailNotAllowed if unfit or badly_protected else MailAway)(code)


def _written(mail: Mail, *, sender: str, reply_to: str | None) -> bytes:
    """The mail as bytes; a header with a line break raises ValueError, a mistake of ours."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = f"Comeback <{sender}>"
    message["To"] = mail.to
    if reply_to is not None:
        message["Reply-To"] = reply_to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    # RFC 3834: no holiday notice answers it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message.as_bytes()
