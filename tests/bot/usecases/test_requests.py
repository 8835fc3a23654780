"""Filing, taking back, expiring: one unit of work each."""

from datetime import timedelta

import pytest

from bot.settings import Settings, load
from bot.usecases import requests
from bot.usecases.answers import AlreadyOpen, Cancelled, Filed, NotPossible, Seen, TooMany
from storage import access_requests, audit
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.words import due, member
from tests.fixtures.clock import MovableClock

ADA = member("ada")


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings, with a small allowance."""
    outside.set(COMPLETE | {"COMEBACK_REQUESTS__OPEN_PER_PERSON": "2", "COMEBACK_REQUESTS__PER_HOUR": "3"})
    return load()


async def _file(database: Database, settings: Settings, delivery: str, *, product: str = "jira", via: str = "command") -> object:
    def unit(uow: UnitOfWork) -> object:
        return requests.file(uow, actor=ADA, delivery=delivery, product=product, reason="the board", settings=settings, via=via)

    return await database.write(unit)


async def _take_back(database: Database, request_id: str) -> object:
    return await database.write(lambda uow: requests.cancel(uow, actor=ADA, delivery=f"action:{request_id}", request_id=request_id))


async def test_filing_leaves_the_request_its_job_and_its_entry(database: Database, settings: Settings) -> None:
    """Fact, work and audit entry are one unit: none without the others."""
    answer = await _file(database, settings, "command:1")
    assert isinstance(answer, Filed)
    assert [job.kind for job in await due(database)] == ["request.admit"]
    (entry,) = await database.read(lambda uow: list(audit.entries(uow)))
    assert (entry.kind, entry.body.count("U0ADA")) == ("request.filed", 0)


async def test_a_form_is_confirmed_by_message(database: Database, settings: Settings) -> None:
    """A form has no room for an answer, so a private message follows."""
    await _file(database, settings, "view:1", via="modal")
    assert {job.kind for job in await due(database)} == {"request.admit", "notice.tell"}


async def test_the_same_delivery_is_one_request(database: Database, settings: Settings) -> None:
    """Slack may bring a command twice; the second is answered like the first and leaves nothing."""
    first = await _file(database, settings, "command:1")
    second = await _file(database, settings, "command:1")
    assert isinstance(first, Filed)
    assert second == Seen(request=first.request)
    assert [job.kind for job in await due(database)] == ["request.admit"]


async def test_one_open_request_for_a_product(database: Database, settings: Settings) -> None:
    """Asking again shows the request that is open already."""
    first = await _file(database, settings, "command:1")
    second = await _file(database, settings, "command:2")
    assert isinstance(first, Filed)
    assert second == AlreadyOpen(request=first.request)


async def test_nobody_floods_the_channel(database: Database, settings: Settings, clock: MovableClock) -> None:
    """Past the allowance requests are refused, and that is in the audit trail; an hour later there is room again."""
    for number in range(3):
        filed = await _file(database, settings, f"command:{number}")
        assert isinstance(filed, Filed)
        await _take_back(database, filed.request.id)
    assert await _file(database, settings, "command:9") == TooMany()
    assert (await database.read(lambda uow: list(audit.entries(uow))))[-1].kind == "request.refused"
    clock.advance(timedelta(minutes=61))
    assert isinstance(await _file(database, settings, "command:10"), Filed)


async def test_only_ones_own_request_is_taken_back(database: Database, settings: Settings) -> None:
    """Ben cannot take back what Ada asked for."""
    filed = await _file(database, settings, "command:1")
    assert isinstance(filed, Filed)
    request_id = filed.request.id
    theirs = await database.write(lambda uow: requests.cancel(uow, actor=member("ben"), delivery="action:1", request_id=request_id))
    own = await database.write(lambda uow: requests.cancel(uow, actor=ADA, delivery="action:2", request_id=request_id))
    again = await database.write(lambda uow: requests.cancel(uow, actor=ADA, delivery="action:3", request_id=request_id))
    assert isinstance(theirs, NotPossible)
    assert isinstance(own, Cancelled)
    assert isinstance(again, NotPossible)


async def test_an_expiry_that_comes_late_changes_nothing(database: Database, settings: Settings) -> None:
    """A request that was taken back does not expire a week later."""
    filed = await _file(database, settings, "command:1")
    assert isinstance(filed, Filed)
    await _take_back(database, filed.request.id)
    await database.write(lambda uow: requests.expire(uow, filed.request.id))
    request = await database.read(lambda uow: access_requests.get(uow, filed.request.id))
    assert request is not None
    assert request.status is RequestStatus.CANCELLED


async def test_expiry_is_due_when_the_settings_say(database: Database, settings: Settings, clock: MovableClock) -> None:
    """The job that expires a request waits in the outbox for a week."""
    await _file(database, settings, "command:1")
    await due(database)
    clock.advance(timedelta(hours=167))
    assert await due(database) == []
    clock.advance(timedelta(hours=1, seconds=1))
    assert [job.kind for job in await due(database)] == ["request.expire"]
