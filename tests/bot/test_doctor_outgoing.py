"""The doctor says whether mail and the SIEM are on, and what stands in their way; it sends nothing to either."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot import clock
from bot.doctor import Light, Line, outgoing
from bot.settings import DatabaseSettings, OutgoingSettings, load
from sandbox.mail import MailHost, Mishap
from sandbox.siem import Receiver
from storage import db, shipments
from tests.bot.outside import Outside


@pytest.fixture
async def host() -> AsyncIterator[MailHost]:
    """A mail server."""
    async with MailHost() as host:
        yield host


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of the trail."""
    async with Receiver() as receiver:
        yield receiver


async def lines(
    outside: Outside, variables: dict[str, str], *, database_url: str | None = None, later: timedelta = timedelta(0)
) -> list[Line]:
    """What the doctor says with these variables, so much *later*."""
    outside.set(variables)
    database = DatabaseSettings(database_url=database_url) if database_url else None
    return list(await outgoing.check(load(OutgoingSettings), database=database, now=lambda: clock.system_now() + later))


async def test_off_is_a_note(outside: Outside) -> None:
    """Both are choices, and nothing is wrong without them."""
    assert [(line.light, line.subject) for line in await lines(outside, {})] == [(Light.NOTE, "mail and SIEM")]


async def test_a_mail_server_that_answers_is_green(outside: Outside, host: MailHost) -> None:
    """It was connected to, and got no mail."""
    found = (await lines(outside, host.environment()))[0]
    assert (found.light, host.sessions, host.letters) == (Light.GREEN, 1, [])
    assert (await lines(outside, {}))[1].text == "off: the audit trail stays in the database"


@pytest.mark.parametrize(
    ("mishap", "changed", "remedy"),
    [
        (Mishap(at="connect", answer="421 busy"), {}, "COMEBACK_MAIL__HOST"),
        (None, {"COMEBACK_MAIL__TLS": "starttls"}, "COMEBACK_MAIL__TLS"),
        (None, {"COMEBACK_MAIL__USER": "ada", "COMEBACK_MAIL__PASSWORD": "correct-horse"}, "COMEBACK_MAIL__USER"),
    ],
)
async def test_a_mail_server_that_is_no_use_is_red(
    outside: Outside, host: MailHost, mishap: Mishap | None, changed: dict[str, str], remedy: str
) -> None:
    """With the settings to look at."""
    host.mishaps += [mishap] if mishap else []
    found = (await lines(outside, {**host.environment(), **changed}))[0]
    assert found.light is Light.RED
    assert remedy in found.remedy


async def test_the_trail_is_green_yellow_or_red(outside: Outside, receiver: Receiver, sqlite_url: str) -> None:
    """Sent, late, or refused; and the receiver was asked, but got nothing."""

    def write(database: db.Database) -> None:
        database.write_now(lambda uow: uow.audit("test.happened", {"type": "system", "id": "comeback"}))

    def refuse(database: db.Database) -> None:
        database.write_now(lambda uow: shipments.note_trouble(uow, "siem", "401"))

    async def found(later: timedelta = timedelta(0)) -> list[Light]:
        return [line.light for line in (await lines(outside, receiver.environment(), database_url=sqlite_url, later=later))[1:]]

    database = db.Database.open(sqlite_url, clock=clock.system_now, new_id=clock.new_id, new_token=clock.new_token)
    try:
        await asyncio.to_thread(write, database)
        assert await found() == [Light.GREEN, Light.GREEN]
        assert await found(timedelta(hours=1)) == [Light.GREEN, Light.YELLOW]
        await asyncio.to_thread(refuse, database)
        assert await found() == [Light.GREEN, Light.RED]
    finally:
        await database.close()
    assert receiver.batches == []


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ({"COMEBACK_MAIL__SENDER": "comeback@acme.example"}, "COMEBACK_MAIL__HOST"),
        ({"COMEBACK_SIEM__SECRET": "sixteen-letters-"}, "COMEBACK_SIEM__URL"),
    ],
)
async def test_what_is_set_by_half_is_said_to_be_off(outside: Outside, given: dict[str, str], needed: str) -> None:
    """Whoever set a part of it believes that it is on."""
    told = [line for line in await lines(outside, given) if "other settings" in line.text]
    assert [(line.light, needed in line.remedy) for line in told] == [(Light.NOTE, True)]


async def test_what_waits_for_a_dead_receiver_is_yellow(outside: Outside, receiver: Receiver, sqlite_url: str) -> None:
    """Green beside the red line above would say that it arrives."""
    database = db.Database.open(sqlite_url, clock=clock.system_now, new_id=clock.new_id, new_token=clock.new_token)
    try:
        await database.write(lambda uow: uow.audit("test.happened", {"type": "system", "id": "comeback"}))
        wrong = {**receiver.environment(), "COMEBACK_SIEM__URL": "http://127.0.0.1:9/in"}
        found = await lines(outside, wrong, database_url=sqlite_url)
    finally:
        await database.close()
    assert [line.light for line in found[1:]] == [Light.RED, Light.YELLOW]


async def test_a_receiver_that_does_not_answer_is_red(outside: Outside, receiver: Receiver) -> None:
    """The address is wrong, or the network is in the way."""
    wrong = {**receiver.environment(), "COMEBACK_SIEM__URL": "http://127.0.0.1:9/in"}
    assert [line.light for line in await lines(outside, wrong)] == [Light.NOTE, Light.RED]
