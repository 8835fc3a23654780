"""Whom Slack does not reach is mailed once, and never loses a seat for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.codes import Kept
from bot.slack.surfaces import plan
from bot.slack.surfaces.modals import REASON
from bot.usecases import warnings as usecases
from bot.usecases.mailing import of_warning
from sandbox.mail import MailHost, Mishap
from storage import mails, pacing, warnings
from storage.lifecycle import BatchStatus, WarningStatus
from storage.seat_records import SeatWarning
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.idle_words import warn, warned_long_ago
from tests.e2e.plan_words import choose, press, propose, until
from tests.e2e.quiet import until_quiet
from tests.e2e.test_a_warning import ask, becomes

OpenStage = Callable[..., Any]
NOBODY_IN_SLACK = "kit"
"""Somebody with an account and an address, and without a place in Slack."""


@pytest.fixture(autouse=True)
def _removal_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "reclaim")


@pytest.fixture
async def host() -> AsyncIterator[MailHost]:
    """A mail server that knows everybody."""
    async with MailHost() as host:
        yield host


async def missed(stage: Stage, *, linked: bool = False) -> SeatWarning:
    """A warning that Slack could not deliver, with all that follows from it."""
    warning = await becomes(stage, await ask(stage, NOBODY_IN_SLACK, linked=linked), WarningStatus.UNDELIVERABLE)
    await until_quiet(stage)
    return warning


async def mailed(stage: Stage) -> list[str]:
    """What the trail says of mail, in order."""
    return [kind for kind in await stage.kinds() if kind.startswith("mail.")]


async def test_a_mail_warns_once_and_takes_nothing(small_stage: OpenStage, host: MailHost) -> None:
    """It says what is at stake and what to do; that a server took it is no delivery, so the seat is due in no plan by itself."""
    async with small_stage(**host.environment()) as stage:
        warning = await missed(stage)
        (letter,) = host.letters
        assert letter.to == stage.sandbox.atlassian.person(NOBODY_IN_SLACK).email
        day = warning.created_at + timedelta(days=14)
        assert letter.message["Subject"] == "Do you still need Jira?"
        words = " ".join(letter.text.split())
        for part in (
            "was last used on",
            f"From {day.day} {day:%B %Y} on",
            "Use Jira once before",
            "it-help@acme.example",
            "stay as they are",
        ):
            assert part in words
        assert await mailed(stage) == ["mail.accepted"]
        stage.later(timedelta(days=20))
        await until_quiet(stage)
        assert len(host.letters) == 1
        assert await stage.parts.database.read(lambda uow: warnings.due(uow, at=uow.now, products=["jira"], limit=5)) == ()


async def test_who_has_left_is_not_mailed(small_stage: OpenStage, host: MailHost) -> None:
    """Nobody reads that mail, or somebody else does."""
    async with small_stage(**host.environment()) as stage:
        await missed(stage, linked=True)
        assert (host.sessions, await mailed(stage)) == (0, [])


async def test_without_a_mail_server_people_are_only_listed(small_stage: OpenStage) -> None:
    """Mail is off until it is set."""
    async with small_stage() as stage:
        await missed(stage)
        assert await mailed(stage) == []


@pytest.mark.parametrize(
    ("mishaps", "letters", "told"),
    [
        ([Mishap(at="connect"), Mishap(at="RCPT", answer="450 later"), Mishap(at=".", answer="451 later")], 1, "mail.accepted"),
        ([Mishap(at=".")], 1, "mail.unknown"),
        ([Mishap(at="DATA")], 0, "mail.unknown"),
        ([Mishap(at="RCPT", answer="550 nobody")], 0, "mail.refused"),
        ([Mishap(at=".", answer="554 spam")], 0, "mail.refused"),
    ],
)
async def test_a_mail_is_sent_at_most_once(small_stage: OpenStage, host: MailHost, mishaps: list[Mishap], letters: int, told: str) -> None:
    """What the server did not take comes again; what it may have taken never does, and the trail says which it was."""
    host.mishaps.extend(mishaps)
    async with small_stage(**host.environment()) as stage:
        await missed(stage)
        assert (len(host.letters), await mailed(stage), host.mishaps) == (letters, [told], [])


async def test_a_mail_that_a_killed_worker_had_begun_is_not_sent(small_stage: OpenStage, host: MailHost) -> None:
    """Between the intent and the end nobody knows how far it got: better no mail than two."""
    async with small_stage(**host.environment()) as stage:
        warning = await ask(stage, NOBODY_IN_SLACK)
        await stage.parts.database.write(lambda uow: mails.begin(uow, of_warning(warning.id).about))
        await until_quiet(stage)
        assert (host.letters, await mailed(stage)) == ([], ["mail.unknown"])


async def test_a_late_attempt_leaves_anothers_mail_alone(small_stage: OpenStage, host: MailHost) -> None:
    """After a lost lease another worker may be in the middle of the text: what it began stays begun when this attempt fails."""
    stages: list[Stage] = []
    overtaken = asyncio.Event()

    async def overtake(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not overtaken.is_set():
            await stages[0].parts.database.write(lambda uow: mails.begin(uow, of_warning(warning.id).about))
            overtaken.set()
        writer.write(b"421 try again later\r\n")
        writer.close()

    async with await asyncio.start_server(overtake, "127.0.0.1", 0) as slow:
        port = slow.sockets[0].getsockname()[1]
        async with small_stage(**host.environment() | {"COMEBACK_MAIL__PORT": str(port)}) as stage:
            stages.append(stage)
            warning = await ask(stage, NOBODY_IN_SLACK)
            await overtaken.wait()
            await until_quiet(stage)
            assert await mailed(stage) == ["mail.unknown"]


async def test_a_server_that_takes_nothing_from_us_is_told_once(small_stage: OpenStage, host: MailHost) -> None:
    """All mail waits, the channel hears of it once, and it goes on by itself."""
    host.mishaps.extend(Mishap(at="MAIL", answer="553 not you") for _ in range(3))
    async with small_stage(**host.environment()) as stage:
        await missed(stage)
        told = [message for message in stage.sandbox.slack.messages(ADMINS) if "takes no mail from us (smtp_553)" in message.words]
        assert (len(told), len(host.letters), await mailed(stage)) == (1, 1, ["mail.accepted"])


async def away(stage: Stage, host: MailHost) -> SeatWarning:
    """A warning that waits for a mail server that is away."""
    host.mishaps.extend(Mishap(at="connect") for _ in range(2000))
    return await becomes(stage, await ask(stage, NOBODY_IN_SLACK), WarningStatus.UNDELIVERABLE)


async def there_again(stage: Stage, host: MailHost) -> None:
    """The mail server is back, once no attempt is under way that read how things stood before."""
    await until_quiet(stage, soon=timedelta(0))
    host.mishaps.clear()


async def test_a_mail_that_comes_too_late_is_not_sent(small_stage: OpenStage, host: MailHost) -> None:
    """Once the plan is due its day is past, and what the mail says would be wrong."""
    async with small_stage(**host.environment()) as stage:
        warning = await away(stage, host)
        stage.later(timedelta(days=15))
        await there_again(stage, host)
        await until_quiet(stage)
        assert (host.letters, await mailed(stage)) == ([], ["mail.not_sent"])
        assert (await stage.parts.database.read(lambda uow: mails.of(uow, of_warning(warning.id).about))) is None


async def test_a_mail_server_that_is_away_stops_nothing_else(small_stage: OpenStage, host: MailHost) -> None:
    """Its failures are not Atlassian's: no grant waits for a mail server."""
    async with small_stage(**host.environment()) as stage:
        await away(stage, host)
        await until_quiet(stage, soon=timedelta(minutes=2))
        assert host.sessions > 3
        paused = await stage.parts.database.read(lambda uow: [bucket.name for bucket in pacing.state(uow) if bucket.reason])
        assert paused == []


async def test_who_uses_the_product_again_is_not_written_to(small_stage: OpenStage, host: MailHost) -> None:
    """The warning was dropped while the mail server was away."""
    async with small_stage(**host.environment()) as stage:
        warning = await away(stage, host)
        await stage.parts.database.write(lambda uow: usecases.drop(uow, warning.id, code=Kept.ACTIVE_AGAIN))
        await there_again(stage, host)
        await until_quiet(stage)
        assert (host.letters, await mailed(stage)) == ([], [])


async def test_whose_seat_was_taken_is_told(small_stage: OpenStage, host: MailHost) -> None:
    """Whom an approver named although no warning reached them reads that it is gone, and whom to ask; once."""
    async with small_stage(**host.environment()) as stage:
        (warning,) = await warn(stage, ("hugo", "jira"), reached=False)
        await stage.parts.database.write(warned_long_ago)
        await propose(stage, saying="1 person I couldn't warn")
        await choose(stage, plan.EDIT, {REASON: [warning.id]})
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        await until_quiet(stage)
        (letter,) = host.letters
        assert letter.to == stage.sandbox.atlassian.person("hugo").email
        assert letter.message["Subject"] == "Your Jira seat was freed"
        assert "write to it-help@acme.example" in " ".join(letter.text.split())
        assert letter.message["Reply-To"] == "it-help@acme.example"
        assert await mailed(stage) == ["mail.accepted"]
