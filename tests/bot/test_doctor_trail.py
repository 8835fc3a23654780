"""The doctor says when the audit trail is not the one any more that was vouched for, or sent on."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot import clock
from bot.doctor import Light, Line, outgoing, trail
from bot.settings import DatabaseSettings, OutgoingSettings, TrailSettings, load
from bot.usecases.trail import keyring
from sandbox.siem import Receiver
from storage import checkpoints, shipments
from storage.checkpoint import Checkpoint
from storage.db import Database, UnitOfWork
from storage.signing import new_key
from tests.bot.outside import Outside
from tests.storage.test_audit import ENTRIES, unlock, write_entries


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    """A trail of some entries."""
    database = Database.open(sqlite_url, clock=clock.system_now, new_id=clock.new_id, new_token=clock.new_token)
    await database.write(write_entries)
    yield database
    await database.close()


async def cut_off(database: Database, *, after: int) -> None:
    """What somebody does who may do anything with the database."""

    def work(uow: UnitOfWork) -> None:
        unlock(uow)
        uow.connection.execute(text("DELETE FROM audit WHERE seq > :after"), {"after": after})

    await database.write(work)


async def test_a_trail_that_contradicts_its_checkpoint_is_red(outside: Outside, database: Database, sqlite_url: str) -> None:
    """Whoever missed the alert in the channel meets it here, with what to do first."""
    outside.set({"COMEBACK_AUDIT__SIGNING_KEY": new_key("hmac")})
    audit = load(TrailSettings).audit

    async def line() -> Line:
        found = await trail.check(DatabaseSettings(database_url=sqlite_url), audit=audit, now=clock.system_now)
        return next(one for one in found if one.subject == "checkpoint")

    made = await database.write(lambda uow: checkpoints.record(uow, keyring(audit)))
    assert isinstance(made, Checkpoint)
    assert (await line()).light is Light.GREEN
    await cut_off(database, after=ENTRIES - 2)
    found = await line()
    assert (found.light, f"entry {ENTRIES}" in found.text) == (Light.RED, True)
    assert "keep a copy" in found.remedy


async def test_a_trail_that_is_not_the_one_that_was_sent_is_red(outside: Outside, database: Database, sqlite_url: str) -> None:
    """The receiver has it as it was."""
    async with Receiver() as receiver:
        outside.set(receiver.environment())

        async def line() -> Line:
            settings, place = load(OutgoingSettings), DatabaseSettings(database_url=sqlite_url)
            found = await outgoing.check(settings, database=place, now=clock.system_now)
            return next(one for one in found if one.subject == outgoing.SUBJECT)

        await database.write(lambda uow: shipments.move(uow, "siem", source=0, target=ENTRIES))
        assert (await line()).light is Light.GREEN
        await cut_off(database, after=ENTRIES - 1)
        found = await line()
    assert (found.light, f"before {ENTRIES}" in found.text) == (Light.RED, True)
    assert "compare" in found.remedy
