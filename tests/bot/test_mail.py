"""Mail goes out once, and what a server answers is told apart by what has to be done about it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.lease import LeaseTooShort
from bot.mail import Mail, MailAway, Mailer, MailError, MailNotAllowed, MailRefused, MailUnknown
from bot.mail import mailer_of as settings_mailer
from bot.settings.outgoing import MailSettings
from sandbox.mail import MailHost, Mishap

LETTER = Mail(
    id="job-1", to="ada@acme.example", subject="Your Jira seat", text="Hello,\n.a dot first\n", at=datetime(2026, 11, 29, tzinfo=UTC)
)


@pytest.fixture
async def host() -> AsyncIterator[MailHost]:
    """A mail server that knows Ada alone."""
    async with MailHost(people=["ada@acme.example"]) as host:
        yield host


class Intent:
    """What is stored between the acceptance of an address and the text."""

    def __init__(self) -> None:
        self.begun = 0

    async def begin(self) -> None:
        """Store it."""
        self.begun += 1


def mailer_of(host: MailHost, **changed: Any) -> Mailer:
    """One for that server."""
    return replace(Mailer(host="127.0.0.1", port=host.port, tls="none", sender="comeback@acme.example"), **changed)


async def failure(host: MailHost, letter: Mail = LETTER) -> tuple[type[MailError], str, int]:
    """How sending it failed: the error, its code, and how often the mail was begun."""
    intent = Intent()
    with pytest.raises(MailError) as failed:
        await mailer_of(host).send(letter, before_text=intent.begin)
    return type(failed.value), failed.value.code, intent.begun


async def test_a_mail_arrives_as_it_was_written(host: MailHost) -> None:
    """Its id is that of its job, no holiday notice answers it, and a dot at the start of a line stays one."""
    intent = Intent()
    await mailer_of(host).send(LETTER, before_text=intent.begin)
    (letter,) = host.letters
    assert (letter.to, letter.text.splitlines(), intent.begun) == (LETTER.to, LETTER.text.splitlines(), 1)
    headers = {name: letter.message[name] for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted")}
    assert headers == {
        "From": "Comeback <comeback@acme.example>",
        "To": "ada@acme.example",
        "Subject": "Your Jira seat",
        "Message-ID": "<job-1@acme.example>",
        "Auto-Submitted": "auto-generated",
    }


@pytest.mark.parametrize(("contact", "header"), [("it-help@acme.example", "it-help@acme.example"), ("the IT desk, room 4", None)])
async def test_an_answer_reaches_the_contact(host: MailHost, contact: str, header: str | None) -> None:
    """Nobody reads what is sent to a robot; a contact that is no address is only named."""
    settings = MailSettings(host="127.0.0.1", port=host.port, tls="none", sender="comeback@acme.example", contact=contact)
    mailer = settings_mailer(settings)
    assert mailer is not None
    await mailer.send(LETTER, before_text=Intent().begin)
    assert host.letters[0].message["Reply-To"] == header


@pytest.mark.parametrize(
    ("mishap", "error", "begun"),
    [
        (Mishap(at="connect"), MailAway, 0),
        (Mishap(at="connect", answer="421 busy"), MailAway, 0),
        (Mishap(at="MAIL", answer="553 not you"), MailNotAllowed, 0),
        (Mishap(at="RCPT", answer="450 come again"), MailAway, 0),
        (Mishap(at="RCPT", answer="530 log in first"), MailNotAllowed, 0),
        (Mishap(at="RCPT", answer="550 no such user"), MailRefused, 0),
        (Mishap(at="DATA", answer="451 not now"), MailAway, 1),
        (Mishap(at="DATA", answer="554 never"), MailRefused, 1),
        (Mishap(at="DATA"), MailUnknown, 1),
        (Mishap(at=".", answer="452 disk full"), MailAway, 1),
        (Mishap(at=".", answer="554 spam"), MailRefused, 1),
        (Mishap(at="."), MailUnknown, 1),
    ],
)
async def test_what_goes_wrong_is_told_by_the_reaction(host: MailHost, mishap: Mishap, error: type[MailError], begun: int) -> None:
    """Nothing sent, never, not from us, or nobody knows: only the last can have arrived, and only what was begun."""
    host.mishaps.append(mishap)
    found, _, times = await failure(host)
    assert (found, times) == (error, begun)


async def test_nobody_has_that_address(host: MailHost) -> None:
    """A server's 550 is final."""
    assert await failure(host, replace(LETTER, to="nobody@acme.example")) == (MailRefused, "smtp_550", 0)


@pytest.mark.parametrize("to", ["ada@acme.example\r\nRCPT TO:<eve@x.example>", "ada@acme", "<ada@acme.example>", "ada acme@x.example", ""])
async def test_an_address_is_never_a_command(host: MailHost, to: str) -> None:
    """What is no plain address is refused before anybody is connected to."""
    assert await failure(host, replace(LETTER, to=to)) == (MailRefused, "bad_address", 0)
    assert host.sessions == 0


async def test_a_subject_is_never_a_header(host: MailHost) -> None:
    """A line break in it is a mistake of ours and sends nothing."""
    with pytest.raises(ValueError, match="linefeed"):
        await mailer_of(host).send(replace(LETTER, subject="x\r\nBcc: eve@x.example"), before_text=Intent().begin)
    assert host.sessions == 0


async def test_an_intent_that_can_not_be_stored_sends_nothing(host: MailHost) -> None:
    """A worker that lost its job, or its database, must not send what another one may send."""

    async def fail() -> None:
        raise LeaseTooShort

    with pytest.raises(LeaseTooShort):
        await mailer_of(host).send(LETTER, before_text=fail)
    assert host.letters == []


async def test_no_server_is_away() -> None:
    """Nothing listens: nothing was sent."""
    async with MailHost() as host:
        port = host.port
    with pytest.raises(MailAway):
        await Mailer(host="127.0.0.1", port=port, tls="none", sender="comeback@acme.example").knock()


async def test_a_silent_server_is_not_waited_for(host: MailHost) -> None:
    """The deadline is ours, whatever the server does, and before the text it means that nothing was sent."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        silent = mailer_of(host, port=server.sockets[0].getsockname()[1], deadline_seconds=0.1)
        with pytest.raises(MailAway):
            await silent.send(LETTER, before_text=Intent().begin)


@pytest.mark.parametrize("changed", [{"tls": "starttls"}, {"tls": "tls"}, {"user": "comeback", "password": lambda: "secret"}])
async def test_nothing_is_sent_with_less_protection_than_was_asked(host: MailHost, changed: dict[str, Any]) -> None:
    """A server without STARTTLS, TLS or a login is no server for us: an admin has to know, and no password goes out in the clear."""
    with pytest.raises(MailNotAllowed):
        await mailer_of(host, **changed).send(LETTER, before_text=Intent().begin)
    assert host.letters == []


class Inbox(Handler):
    """Keeps what a server that we did not write took."""

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[str] = []

    def handle_message(self, message: Any) -> None:
        """Take it."""
        self.subjects.append(message["Subject"])


def certificate(directory: Path) -> Path:
    """A certificate for localhost that vouches for itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)  # noqa: TID251 - TLS asks the real clock
    built = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = directory / "server.pem"
    path.write_bytes(pem + built.public_bytes(serialization.Encoding.PEM))
    return path


def _knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"comeback", b"correct-horse")
    return AuthResult(success=good, handled=False)


async def test_starttls_and_a_login_as_others_speak_them(tmp_path: Path) -> None:
    """Against a server that is not ours: the certificate is checked, the password is told under TLS only, a wrong one is ours to mend."""
    path, inbox = certificate(tmp_path), Inbox()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, tls_context=context, require_starttls=True, authenticator=_knows, auth_required=True, loop=loop),
        "127.0.0.1",
        0,
    )
    async with server:
        known = Mailer(
            host="localhost",
            port=server.sockets[0].getsockname()[1],
            tls="starttls",
            sender="comeback@acme.example",
            user="comeback",
            password=lambda: "correct-horse",
            trusted=ssl.create_default_context(cafile=str(path)),
        )
        await known.send(LETTER, before_text=Intent().begin)
        for stranger in (replace(known, password=lambda: "wrong"), replace(known, trusted=None), replace(known, host="127.0.0.1")):
            with pytest.raises(MailNotAllowed):
                await stranger.knock()
    assert inbox.subjects == ["Your Jira seat"]
