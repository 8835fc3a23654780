"""Linking from a card pins an account, gives nothing, and has the request looked at and decided anew."""

from datetime import timedelta
from typing import Any

import pytest

from bot.codes import RELINKED, Attention, NotLinked
from bot.settings import Settings, load
from bot.usecases import decisions, grants, linking, requests, settling
from bot.usecases.answers import (
    AccountRefused,
    AlreadyDecided,
    Checking,
    Decided,
    Filed,
    Gone,
    LinkAnswer,
    Looking,
    NotAllowed,
    Resumed,
    Seen,
)
from bot.usecases.briefing import briefing
from bot.usecases.linking import Call
from storage import access_requests, audit, findings, people, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus, Verdict
from storage.records import AccessRequest
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.words import CHANNEL, TEAM, approvers, click, due, member

MAY = ("grace", "omar")
ADDRESS = "ada@acme.example"


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings."""
    outside.set(COMPLETE)
    return load()


async def filed(database: Database, settings: Settings, name: str = "ada", *, product: str = "jira") -> AccessRequest:
    """A new request of *name*, whose first jobs are out of the way."""

    def unit(uow: UnitOfWork) -> object:
        key = f"command:{uow.new_id()}"
        return requests.file(uow, actor=member(name), delivery=key, product=product, reason="r", settings=settings, via="command")

    answer = await database.write(unit)
    assert isinstance(answer, Filed)
    await due(database)
    return answer.request


async def ask(
    database: Database, request_id: str, *, by: str = "grace", delivery: str = "view:1", age: timedelta = timedelta(0)
) -> LinkAnswer:
    """*by* sends the form; the approvers are known since *age*."""
    call = Call(actor=member(by), request_id=request_id, channel=CHANNEL)

    def unit(uow: UnitOfWork) -> LinkAnswer:
        return linking.ask(uow, call, delivery=delivery, account="712020:eve", approvers=approvers(*MAY, read_at=uow.now - age))

    return await database.write(unit)


async def link(database: Database, request_id: str, *, by: str = "grace", account_id: str = "712020:eve") -> LinkAnswer:
    """The job has found the account, and *by* is (or is not) an approver now."""
    call = Call(actor=member(by), request_id=request_id, channel=CHANNEL)

    def unit(uow: UnitOfWork) -> LinkAnswer:
        return linking.link(uow, call, account_id=account_id, email=ADDRESS, approvers=approvers(*MAY, read_at=uow.now))

    return await database.write(unit)


async def attention(database: Database, request: AccessRequest, *, approved: bool = False) -> None:
    """The request needs somebody to say whose account it is, before or after it was approved."""

    def unit(uow: UnitOfWork) -> None:
        if approved:
            pressed = click(*MAY, by="omar", request_id=request.id, at=uow.now)
            decisions.decide_checked(uow, pressed, verdict=Verdict.APPROVE, reason=None, settings=load())
        grants.record_attention(uow, request.id, code=Attention.AMBIGUOUS, details={"reason": "several_accounts"})

    await database.write(unit)
    await due(database)


async def now(database: Database, request: AccessRequest) -> AccessRequest:
    """The request as it stands."""
    found = await database.read(lambda uow: access_requests.get(uow, request.id))
    assert found is not None
    return found


async def account_of(database: Database, name: str = "ada") -> str | None:
    """The account that *name* is linked to."""
    person = await database.read(lambda uow: people.find(uow, team_id=TEAM, slack_id=member(name).slack_id))
    return person.account_id if person else None


async def news(database: Database) -> list[Any]:
    """What the jobs that are due tell, and the kinds of the others."""
    return sorted(str(job.payload.get("news") or job.kind) for job in await due(database))


async def kinds(database: Database) -> list[str]:
    """The kinds of the audit entries."""
    return [entry.kind for entry in await database.read(lambda uow: list(audit.entries(uow)))]


async def test_a_form_is_looked_into_once(database: Database, settings: Settings) -> None:
    """Slack may deliver twice."""
    request = await filed(database, settings)
    assert await ask(database, request.id) == Looking()
    assert isinstance(await ask(database, request.id), Seen)
    assert await news(database) == ["person.link"]


async def test_stale_knowledge_is_checked_by_the_job(database: Database, settings: Settings) -> None:
    """It is looked into all the same, and the approver is told why it takes longer."""
    request = await filed(database, settings)
    assert await ask(database, request.id, by="ben", age=timedelta(seconds=61)) == Checking()
    assert await news(database) == ["checking", "person.link"]


@pytest.mark.parametrize("who", ["ben", "ada"])
async def test_who_may_not_decide_may_not_link(database: Database, settings: Settings, who: str) -> None:
    """Neither when the form comes nor when the job has found something: not others, and never the requester."""
    request = await filed(database, settings)
    assert isinstance(await ask(database, request.id, by=who), NotAllowed)
    assert isinstance(await link(database, request.id, by=who), NotAllowed)
    assert await account_of(database) is None
    assert (await kinds(database)).count("decision.refused") == 2


async def test_an_approver_who_asks_may_not_link_themself(database: Database, settings: Settings) -> None:
    """Being an approver is no help with one's own request."""
    request = await filed(database, settings, "grace")
    assert isinstance(await link(database, request.id), NotAllowed)
    assert await account_of(database, "grace") is None


async def test_who_may_not_decide_learns_nothing_of_the_account(database: Database, settings: Settings) -> None:
    """ "No such account" is an answer too, and it is for approvers."""
    request = await filed(database, settings)
    call = Call(actor=member("ben"), request_id=request.id, channel=CHANNEL)
    known = approvers(*MAY, read_at=request.filed_at)
    answer = await database.write(lambda uow: linking.refuse_account(uow, call, code=NotLinked.NO_ACCOUNT, approvers=known))
    assert isinstance(answer, NotAllowed)
    assert await news(database) == ["not_approver"]


async def test_a_link_gives_nothing_and_looks_anew(database: Database, settings: Settings) -> None:
    """The account is pinned with the address that Slack vouches for, the request stays undecided, and who asks is read again."""
    request = await filed(database, settings)
    assert isinstance(await link(database, request.id), Resumed)
    person = await database.read(lambda uow: people.get(uow, request.person_id))
    assert (person.account_id, person.email) == ("712020:eve", ADDRESS)
    assert (await now(database, request)).status is RequestStatus.PENDING
    assert await news(database) == ["card.redraw", "linked", "request.admit"]
    (entry,) = await database.read(lambda uow: [one for one in audit.entries(uow) if one.kind == "person.linked"])
    assert '"via":"card"' in entry.body
    assert f'"request":"{request.id}"' in entry.body


async def test_what_was_found_about_another_account_is_forgotten(database: Database, settings: Settings) -> None:
    """Until the new look is done, the card must not show the old one beside *Approve*."""
    request = await filed(database, settings)
    body = {"state": {"way_back": "invite"}, "trouble": None}
    await database.write(lambda uow: findings.record(uow, request_id=request.id, account_id=None, email="a@b.c", body=body))
    await link(database, request.id)
    finding = await database.read(lambda uow: findings.of(uow, request.id))
    assert finding is not None
    assert (finding.body["state"], finding.email) == (None, ADDRESS)


@pytest.mark.parametrize("approved", [False, True])
async def test_a_link_ends_the_waiting_for_a_human_and_any_approval(database: Database, settings: Settings, approved: bool) -> None:
    """An approval that was given before was for another account: the request is decided anew, and has its full time for that."""
    request = await filed(database, settings)
    await attention(database, request, approved=approved)
    await link(database, request.id)
    again = await now(database, request)
    assert (again.status, again.approved_at) == (RequestStatus.PENDING, None)
    assert again.expires_at >= request.expires_at


async def test_trying_again_after_a_link_needs_an_approval(database: Database, settings: Settings) -> None:
    """The old approval must not come back to life when the new look finds something that needs a human too."""
    request = await filed(database, settings)
    await attention(database, request, approved=True)
    await link(database, request.id)
    await attention(database, request)

    def retry(uow: UnitOfWork) -> object:
        pressed = click(*MAY, by="grace", request_id=request.id, at=uow.now)
        return settling.retry(uow, pressed, delivery="a:9", settings=settings)

    await database.write(retry)
    assert (await now(database, request)).status is RequestStatus.PENDING
    assert "access.grant" not in await news(database)


async def test_the_new_decision_is_the_one_that_holds(database: Database, settings: Settings) -> None:
    """Who approved the other account has not approved this one: the grant rests on the later click."""
    request = await filed(database, settings)
    await attention(database, request, approved=True)
    await link(database, request.id)
    await looked_at(database, request)
    await approve(database, request)
    briefed = await database.read(lambda uow: briefing(uow, request.id))
    assert briefed is not None
    assert [one.approver_slack_id for one in briefed.approvals] == ["U0GRACE"]


async def approve(database: Database, request: AccessRequest) -> object:
    """Grace presses *Approve* on some card of the request."""

    def decide(uow: UnitOfWork) -> object:
        pressed = click(*MAY, by="grace", request_id=request.id, at=uow.now)
        return decisions.decide_checked(uow, pressed, verdict=Verdict.APPROVE, reason=None, settings=load())

    return await database.write(decide)


async def looked_at(database: Database, request: AccessRequest) -> None:
    """The look at the linked account is done."""
    body = {"state": {"way_back": "add_access"}, "trouble": None}

    def unit(uow: UnitOfWork) -> None:
        requests.admit(uow, request.id, email=ADDRESS, channel=CHANNEL)
        requests.record_vetted(uow, request.id, account_id="712020:eve", email=ADDRESS, body=body, channel=CHANNEL)

    await database.write(unit)


async def test_nobody_approves_what_no_card_has_shown(database: Database, settings: Settings) -> None:
    """Between the link and the new card the old one can be pressed: that click decides nothing, and says so."""
    request = await filed(database, settings)
    await link(database, request.id)
    await database.write(lambda uow: requests.admit(uow, request.id, email=ADDRESS, channel=CHANNEL))
    assert await approve(database, request) == Checking()
    assert (await now(database, request)).status is RequestStatus.PENDING
    assert "not_seen_yet" in await news(database)
    await looked_at(database, request)
    assert isinstance(await approve(database, request), Decided)


async def test_a_link_is_for_all_that_the_person_has_asked_for(database: Database, settings: Settings) -> None:
    """Their other cards showed the other account too."""
    jira = await filed(database, settings)
    confluence = await filed(database, settings, product="confluence")
    await link(database, jira.id)
    for request in (jira, confluence):
        finding = await database.read(lambda uow, wanted=request.id: findings.of(uow, wanted))  # type: ignore[misc]
        assert finding is not None
        assert finding.body["trouble"] == RELINKED
    assert (await news(database)).count("request.admit") == 2


async def test_an_account_of_somebody_else_is_refused(database: Database, settings: Settings) -> None:
    """Whose account it is was settled before; a second owner would get the first one's access."""
    request = await filed(database, settings)

    def owned(uow: UnitOfWork) -> None:
        hugo = people.find_or_add(uow, team_id=TEAM, slack_id="U0HUGO")
        people.link(uow, hugo.id, account_id="712020:eve", email=None)

    await database.write(owned)
    assert await link(database, request.id) == AccountRefused(code=NotLinked.ACCOUNT_TAKEN)
    assert await account_of(database) is None
    assert await news(database) == ["not_linked.account_taken"]
    assert "person.not_linked" in await kinds(database)


@pytest.mark.parametrize("known_by", ["link", "warning"])
async def test_nobody_links_a_requester_to_their_own_account(database: Database, settings: Settings, known_by: str) -> None:
    """They would approve their own access in somebody else's name; an account is also theirs where they were warned about its seat."""
    request = await filed(database, settings)

    def known(uow: UnitOfWork) -> None:
        grace = people.find_or_add(uow, team_id=TEAM, slack_id="U0GRACE")
        if known_by == "link":
            people.link(uow, grace.id, account_id="712020:eve", email=None)
        else:
            warnings.open_(uow, account_id="712020:eve", product="jira", person_id=grace.id, slack_id=grace.slack_id)

    await database.write(known)
    assert await link(database, request.id) == AccountRefused(code=NotLinked.OWN_ACCOUNT)
    assert await account_of(database) is None
    assert await news(database) == ["not_linked.own_account"]


async def test_linking_the_same_account_again_is_no_mistake(database: Database, settings: Settings) -> None:
    """Two approvers may name it at once."""
    request = await filed(database, settings)
    await link(database, request.id)
    assert isinstance(await link(database, request.id, by="omar"), Resumed)
    assert await account_of(database) == "712020:eve"


async def test_a_request_on_its_way_keeps_its_account(database: Database, settings: Settings) -> None:
    """What was approved is given to the account that was approved."""
    request = await filed(database, settings)

    def decide(uow: UnitOfWork) -> object:
        pressed = click(*MAY, by="omar", request_id=request.id, at=uow.now)
        return decisions.decide_checked(uow, pressed, verdict=Verdict.APPROVE, reason=None, settings=load())

    await database.write(decide)
    await due(database)
    assert isinstance(await link(database, request.id), AlreadyDecided)
    assert await account_of(database) is None
    assert await news(database) == ["not_linked.too_late"]


async def test_a_request_that_nobody_knows_links_nothing(database: Database) -> None:
    """Ids come back from buttons."""
    assert isinstance(await ask(database, "no-such-request"), Gone)
    assert isinstance(await link(database, "no-such-request"), Gone)


async def test_the_approver_is_told_once_that_it_takes_longer(database: Database, settings: Settings) -> None:
    """A day of tries is one message."""
    request = await filed(database, settings)
    call = Call(actor=member("grace"), request_id=request.id, channel=CHANNEL)
    for _ in range(3):
        await database.write(lambda uow: linking.say_waiting(uow, call))
    assert await news(database) == ["link_waits"]
