"""As many different people approve as the product asks for, in one round; an approval that does not cover any more starts the next."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.codes import Attention, Waiting
from bot.settings import Settings, load
from bot.usecases import decisions, grants, requests, settling
from bot.usecases.answers import AlreadyDecided, Counted, Decided, DecisionAnswer, Filed, Resumed
from bot.usecases.briefing import briefing
from storage import access_requests, audit, people
from storage import decisions as rows
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus, Verdict
from storage.records import AccessRequest, Decision
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.words import CHANNEL, click, due, member

MAY = tuple(f"a{number}" for number in range(8))


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Two people must approve for Jira."""
    outside.set(COMPLETE | {"COMEBACK_PRODUCTS__JIRA__APPROVALS": "2"})
    return load()


async def filed(database: Database, settings: Settings) -> str:
    """Ada's new request."""

    def unit(uow: UnitOfWork) -> object:
        return requests.file(uow, actor=member("ada"), delivery="c:1", product="jira", reason="r", settings=settings, via="command")

    answer = await database.write(unit)
    assert isinstance(answer, Filed)
    await due(database)
    return answer.request.id


async def say(database: Database, settings: Settings, request_id: str, by: str, verdict: Verdict = Verdict.APPROVE) -> DecisionAnswer:
    """*by* presses *Approve* or *Deny*."""

    def unit(uow: UnitOfWork) -> DecisionAnswer:
        pressed = click(*MAY, by=by, request_id=request_id, at=uow.now)
        return decisions.decide_checked(uow, pressed, verdict=verdict, reason=None, settings=settings)

    return await database.write(unit)


async def try_again(database: Database, settings: Settings, request_id: str, by: str) -> DecisionAnswer:
    """*by* presses *Try again* on a card that shows how things stand."""

    def unit(uow: UnitOfWork) -> DecisionAnswer:
        request = access_requests.get(uow, request_id)
        assert request is not None
        access_requests.card_posted(uow, request_id, channel=CHANNEL, ts="1.1", version=request.version)
        pressed = click(*MAY, by=by, request_id=request_id, at=uow.now)
        return settling.retry(uow, pressed, delivery=f"again:{uow.new_id()}", settings=settings)

    return await database.write(unit)


async def now(database: Database, request_id: str) -> tuple[AccessRequest, tuple[Decision, ...]]:
    """The request, and the approvals that count."""

    def look(uow: UnitOfWork) -> tuple[AccessRequest, tuple[Decision, ...]]:
        request = access_requests.get(uow, request_id)
        assert request is not None
        return request, rows.given(uow, request)

    return await database.read(look)


async def kinds(database: Database) -> list[str]:
    """The kinds of the audit entries."""
    return [entry.kind for entry in await database.read(lambda uow: list(audit.entries(uow)))]


async def test_the_second_approval_grants(database: Database, settings: Settings) -> None:
    """One is noted and shown, two are a decision; whoever comes third is told so."""
    request_id = await filed(database, settings)
    first = await say(database, settings, request_id, "a0")
    assert isinstance(first, Counted)
    assert [job.kind for job in await due(database)] == ["card.redraw"]
    assert isinstance(await say(database, settings, request_id, "a1"), Decided)
    assert [job.kind for job in await due(database)] == ["access.grant"]
    assert isinstance(await say(database, settings, request_id, "a2"), AlreadyDecided)
    assert (await kinds(database))[-2:] == ["request.approved_in_part", "request.approved"]


async def test_an_approver_closes_what_waits(database: Database, settings: Settings) -> None:
    """Whoever asked may have left, and only they could take it back; nothing is given afterwards, and others in the queue go on."""
    request_id = await filed(database, settings)
    for by in ("a0", "a1"):
        await say(database, settings, request_id, by)
    await database.write(lambda uow: grants.record_waiting(uow, request_id, code=Waiting.SEATS_EXHAUSTED))

    def close(uow: UnitOfWork) -> DecisionAnswer:
        return settling.close(uow, click(*MAY, by="a2", request_id=request_id, at=uow.now), delivery="close:1")

    assert isinstance(await database.write(close), Resumed)
    request, _ = await now(database, request_id)
    assert (request.status, request.details["closed_by"]) == (RequestStatus.CLOSED, "U0A2")
    assert await database.read(lambda uow: briefing(uow, request_id)) is None
    assert "closed.by_admin" in [job.payload.get("news") for job in await due(database)]


async def test_one_person_counts_once(database: Database, settings: Settings) -> None:
    """However often they press: the second click is answered, and is no second approval."""
    request_id = await filed(database, settings)
    for _ in range(3):
        assert isinstance(await say(database, settings, request_id, "a0"), Counted)
    request, given = await now(database, request_id)
    assert (request.status, len(given)) == (RequestStatus.PENDING, 1)
    assert [job.payload.get("news") for job in await due(database)].count("counts_once") == 2


async def test_the_table_takes_no_second_approval_of_one_person(database: Database, settings: Settings) -> None:
    """The last word, whatever the code above does."""
    request_id = await filed(database, settings)

    def twice(uow: UnitOfWork) -> None:
        approver = people.find_or_add(uow, team_id="T0ACME", slack_id="U0A0")
        for _ in range(2):
            rows.record(uow, request_id=request_id, approver=approver, verdict=Verdict.APPROVE, reason=None)

    with pytest.raises(IntegrityError):
        await database.write(twice)


async def test_one_denial_ends_it(database: Database, settings: Settings) -> None:
    """Also by somebody who had approved, and thinks better of it."""
    request_id = await filed(database, settings)
    await say(database, settings, request_id, "a0")
    assert isinstance(await say(database, settings, request_id, "a0", Verdict.DENY), Decided)
    assert (await now(database, request_id))[0].status is RequestStatus.DENIED


async def test_eight_approvals_at_once_are_two_and_one_grant(database: Database, settings: Settings) -> None:
    """On both databases, exactly as many as are needed, by different people."""
    request_id = await filed(database, settings)
    answers = await asyncio.gather(*(say(database, settings, request_id, by) for by in MAY))
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyDecided"] * 6 + ["Counted", "Decided"]
    _, given = await now(database, request_id)
    assert len({one.approver_person_id for one in given}) == len(given) == 2
    assert [job.kind for job in await due(database)].count("access.grant") == 1


async def test_a_half_approved_request_expires(database: Database, settings: Settings) -> None:
    """One of two is no approval."""
    request_id = await filed(database, settings)
    await say(database, settings, request_id, "a0")
    request, _ = await now(database, request_id)

    def late(uow: UnitOfWork) -> None:
        access_requests.extend(uow, request_id, expires_at=uow.now - timedelta(seconds=1))
        requests.expire(uow, request_id)

    await database.write(late)
    assert request.approved_at is None
    assert (await now(database, request_id))[0].status is RequestStatus.EXPIRED


def looked_at(request_id: str) -> Callable[[UnitOfWork], None]:
    """Vetting comes to its end while the card is there already."""
    body = {"state": None, "trouble": None}
    return lambda uow: requests.record_vetted(uow, request_id, account_id=None, email=None, body=body, channel=CHANNEL)


async def test_a_new_look_asks_everybody_anew(database: Database, settings: Settings) -> None:
    """Who approved before there was anything to read has not approved what the card says now."""
    request_id = await filed(database, settings)
    await say(database, settings, request_id, "a0")
    await database.write(looked_at(request_id))
    assert isinstance(await say(database, settings, request_id, "a1"), Counted)
    assert isinstance(await say(database, settings, request_id, "a0"), Decided)


async def approved(database: Database, settings: Settings, code: Attention) -> str:
    """Two approved it, and then it needs a human."""
    request_id = await filed(database, settings)
    for by in ("a0", "a1"):
        await say(database, settings, request_id, by)
    await database.write(lambda uow: grants.record_attention(uow, request_id, code=code))
    await due(database)
    return request_id


@pytest.mark.parametrize("code", [Attention.MORE_THAN_AGREED, Attention.APPROVER_GONE])
async def test_more_than_was_agreed_needs_two_again(database: Database, settings: Settings, code: Attention) -> None:
    """The approvals were for something else, or by somebody who may not: one *Try again* is one approval of two."""
    request_id = await approved(database, settings, code)
    assert isinstance(await try_again(database, settings, request_id, "a0"), Counted)
    assert isinstance(await try_again(database, settings, request_id, "a0"), Counted)
    assert "access.grant" not in [job.kind for job in await due(database)]
    assert isinstance(await try_again(database, settings, request_id, "a1"), Resumed)
    assert "access.grant" in [job.kind for job in await due(database)]


async def test_trying_again_what_is_still_agreed_takes_one_click(database: Database, settings: Settings) -> None:
    """Atlassian's hiccup takes nobody's approval away; whoever sends it on answers for it beside the others."""
    request_id = await approved(database, settings, Attention.NOT_SEEN)
    assert isinstance(await try_again(database, settings, request_id, "a2"), Resumed)
    briefed = await database.read(lambda uow: briefing(uow, request_id))
    assert briefed is not None
    assert [one.approver_slack_id for one in briefed.approvals] == ["U0A0", "U0A1", "U0A2"]
