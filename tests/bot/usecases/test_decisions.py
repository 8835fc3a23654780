"""One decision wins; everybody else is told so, and nothing else happens."""

import asyncio
from datetime import timedelta

import pytest

from bot.codes import Attention
from bot.settings import Settings, load
from bot.usecases import decisions, grants, requests, settling
from bot.usecases.answers import AlreadyDecided, Checking, Decided, DecisionAnswer, Filed, Gone, NotAllowed, Resumed, Seen
from storage import access_requests, audit, findings, people, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus, Verdict
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.words import CHANNEL, approvers, click, due, member
from tests.fixtures.clock import MovableClock


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings with a large allowance."""
    outside.set(COMPLETE | {"COMEBACK_REQUESTS__PER_HOUR": "1000"})
    return load()


async def filed(database: Database, settings: Settings, name: str = "ada") -> str:
    """The id of a new request of *name*."""

    def unit(uow: UnitOfWork) -> object:
        key = f"command:{uow.new_id()}"
        return requests.file(uow, actor=member(name), delivery=key, product="jira", reason="r", settings=settings, via="command")

    answer = await database.write(unit)
    assert isinstance(answer, Filed)
    return answer.request.id


async def decide(
    database: Database,
    settings: Settings,
    request_id: str,
    *,
    by: str = "grace",
    delivery: str = "action:1",
    verdict: Verdict = Verdict.APPROVE,
    may: tuple[str, ...] = ("grace", "omar"),
    age: timedelta = timedelta(0),
) -> DecisionAnswer:
    """*by* decides; *may* are the approvers, as we knew them *age* ago."""
    return await database.write(
        lambda uow: decisions.decide(
            uow,
            actor=member(by),
            delivery=delivery,
            request_id=request_id,
            verdict=verdict,
            reason=None if verdict is Verdict.APPROVE else "no",
            approvers=approvers(*may, read_at=uow.now - age),
            channel=CHANNEL,
            settings=settings,
        )
    )


async def test_an_approval_leaves_grant_and_redraw(database: Database, settings: Settings, clock: MovableClock) -> None:
    """The grant is due at once; the card is drawn as *granting* only when that takes longer than two seconds."""
    request_id = await filed(database, settings)
    await due(database)
    answer = await decide(database, settings, request_id)
    assert isinstance(answer, Decided)
    assert [job.kind for job in await due(database)] == ["access.grant"]
    clock.advance(timedelta(seconds=3))
    assert [job.kind for job in await due(database)] == ["card.redraw"]


async def test_many_approvers_at_once_make_one_decision(database: Database, settings: Settings) -> None:
    """Twenty requests, eight clicks each in the same moment: twenty decisions on both databases."""
    # Forty at once are what the door promises to answer in time.
    ids = [await filed(database, settings, f"p{number}") for number in range(20)]
    may = tuple(f"a{number}" for number in range(8))
    clicks = [
        decide(
            database,
            settings,
            request_id,
            by=name,
            delivery=f"action:{request_id}:{name}",
            may=may,
            verdict=Verdict.DENY if name == "a3" else Verdict.APPROVE,
        )
        for request_id in ids
        for name in may
    ]
    answers = [answer for start in range(0, len(clicks), 40) for answer in await asyncio.gather(*clicks[start : start + 40])]
    assert sum(isinstance(answer, Decided) for answer in answers) == 20
    assert sum(isinstance(answer, AlreadyDecided) for answer in answers) == 140
    kinds = [entry.kind for entry in await database.read(lambda uow: list(audit.entries(uow)))]
    assert kinds.count("request.approved") + kinds.count("request.denied") == 20


async def test_the_loser_learns_who_was_first(database: Database, settings: Settings) -> None:
    """The slower approver gets the faster one's decision, and a whisper."""
    request_id = await filed(database, settings)
    await decide(database, settings, request_id)
    answer = await decide(database, settings, request_id, by="omar", delivery="action:2", verdict=Verdict.DENY)
    assert isinstance(answer, AlreadyDecided)
    assert answer.decision is not None
    assert answer.decision.approver_slack_id == "U0GRACE"
    assert "decided_already" in [job.payload.get("news") for job in await due(database)]


async def test_the_same_click_delivered_twice_is_one(database: Database, settings: Settings) -> None:
    """A replayed delivery finds its key taken and changes nothing."""
    request_id = await filed(database, settings)
    await decide(database, settings, request_id)
    assert isinstance(await decide(database, settings, request_id), Seen)


async def test_old_facts_decide_nothing(database: Database, settings: Settings) -> None:
    """A click on stale facts is written down, answered, and decided by a job."""
    request_id = await filed(database, settings)
    await due(database)
    assert isinstance(await decide(database, settings, request_id, age=timedelta(seconds=61)), Checking)
    assert sorted(job.kind for job in await due(database)) == ["decision.check", "notice.whisper"]
    request = await database.read(lambda uow: access_requests.get(uow, request_id))
    assert request is not None
    assert request.status is RequestStatus.PENDING


async def test_a_refusal_is_in_the_audit_trail(database: Database, settings: Settings) -> None:
    """Who tried to decide without the right stays on record."""
    request_id = await filed(database, settings)
    assert isinstance(await decide(database, settings, request_id, by="hugo"), NotAllowed)
    assert "decision.refused" in [entry.kind for entry in await database.read(lambda uow: list(audit.entries(uow)))]


@pytest.mark.parametrize("known_by", ["link", "warning"])
async def test_nobody_decides_for_their_own_account(database: Database, settings: Settings, known_by: str) -> None:
    """A second Slack account on the same Atlassian account is still the same person; so is who was warned about its seat."""
    request_id = await filed(database, settings)

    def same_account(uow: UnitOfWork) -> None:
        findings.record(uow, request_id=request_id, account_id="712020:ada", email=None, body={})
        grace = people.find_or_add(uow, team_id="T0ACME", slack_id="U0GRACE")
        if known_by == "link":
            people.link(uow, grace.id, account_id="712020:ada", email="ada@acme.example")
        else:
            warnings.open_(uow, account_id="712020:ada", product="jira", person_id=grace.id, slack_id=grace.slack_id)

    await database.write(same_account)
    answer = await decide(database, settings, request_id)
    assert isinstance(answer, NotAllowed)


async def test_an_unknown_request_is_gone(database: Database, settings: Settings) -> None:
    """A forged button value decides nothing."""
    assert isinstance(await decide(database, settings, "no-such-request"), Gone)


async def needing_attention(database: Database, settings: Settings, *, approved: bool) -> str:
    """A request that a human must look at."""
    request_id = await filed(database, settings)
    if approved:
        await decide(database, settings, request_id)
    await database.write(lambda uow: grants.record_attention(uow, request_id, code=Attention.NOT_SEEN))
    await due(database)
    return request_id


@pytest.mark.parametrize(("approved", "kind"), [(True, "access.grant"), (False, "request.admit")])
async def test_trying_again_goes_back_to_where_it_was(database: Database, settings: Settings, approved: bool, kind: str) -> None:
    """An approved request is granted again, one that nobody approved is looked at again; no approval is made up."""
    request_id = await needing_attention(database, settings, approved=approved)
    answer = await database.write(
        lambda uow: settling.retry(uow, click("omar", by="omar", request_id=request_id, at=uow.now), delivery="action:r", settings=settings)
    )
    assert isinstance(answer, Resumed)
    assert answer.request.status is (RequestStatus.APPROVED if approved else RequestStatus.PENDING)
    assert kind in [job.kind for job in await due(database)]


async def test_closing_tells_the_person(database: Database, settings: Settings) -> None:
    """What an admin closes ends with a word to the person."""
    request_id = await needing_attention(database, settings, approved=True)
    answer = await database.write(
        lambda uow: settling.close(uow, click("omar", by="omar", request_id=request_id, at=uow.now), delivery="action:c")
    )
    assert isinstance(answer, Resumed)
    assert answer.request.status is RequestStatus.CLOSED
    assert "closed.by_admin" in [job.payload.get("news") for job in await due(database)]


async def test_only_approvers_on_fresh_facts_close_or_retry(database: Database, settings: Settings) -> None:
    """The buttons of a card that needs attention are guarded like those of a pending one."""
    request_id = await needing_attention(database, settings, approved=True)
    for by, age, expected in (("hugo", 0, NotAllowed), ("omar", 61, Checking), ("ada", 0, NotAllowed)):

        def unit(uow: UnitOfWork, by: str = by, age: int = age) -> DecisionAnswer:
            pressed = click("omar", "ada", by=by, request_id=request_id, at=uow.now - timedelta(seconds=age))
            return settling.retry(uow, pressed, delivery=f"action:{by}", settings=settings)

        answer = await database.write(unit)
        assert isinstance(answer, expected)
