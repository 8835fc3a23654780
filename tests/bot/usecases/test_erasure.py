"""Erasing a person: what is left of them, what goes on working, and what has to end first."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from bot.actor import TerminalUser
from bot.jobs.seats import UndoSeat
from bot.slack.surfaces.markup import mention
from bot.usecases import erasure
from bot.usecases.erasure import Erased, InTheWay, Obstacle, Subject
from bot.usecases.steps import enqueue
from storage import access_requests, audit, decisions, exemptions, findings, people, reclaims, scans, scrubbing, seats, warnings
from storage.address import parse
from storage.audit import Verified
from storage.db import Database, UnitOfWork
from storage.lifecycle import ExemptionStatus, ReclaimStatus, RequestStatus, ScanOrigin, Verdict, WarningStatus
from storage.records import ERASED_WORDS, Person
from storage.scrubbing import scrub
from tests.fixtures.clock import MovableClock
from tests.storage.personal import ACCOUNT_ID, SEAT, SLACK_ID, WORDS, settle, story, taken
from tests.storage.stored import everything
from tests.storage.world import job, person, request

ACTOR = TerminalUser(name="root")
TRACES = (*WORDS, SLACK_ID, ACCOUNT_ID, "D0ADAPARK")


def one(uow: UnitOfWork, who: str) -> Subject:
    """The only one whom *who* may mean."""
    (found,) = erasure.find(uow, who)
    return found


def erase(database: Database, who: str = SLACK_ID) -> Erased | InTheWay:
    """Erase the only one whom *who* may mean."""
    return database.write_now(lambda uow: erasure.erase(uow, one(uow, who), actor=ACTOR))


def settled(uow: UnitOfWork) -> tuple[str, str]:
    """A person about whom all is known and nothing is open: their id, and that of their request."""
    ada, asked = story(uow)
    settle(uow, ada, asked)
    return ada.id, asked.id


def test_nothing_is_left_of_an_erased_person(database: Database, database_url: str) -> None:
    """No name, address, id or word of theirs is in any table; on SQLite in no byte of the file and its log either."""
    database.write_now(settled)
    database.write_now(taken)
    before = everything(database_url).lower()
    assert all(trace.lower() in before for trace in (SLACK_ID, ACCOUNT_ID, "D0ADAPARK", "Ada Park"))
    assert isinstance(erase(database), Erased)
    after = everything(database_url).lower()
    assert [trace for trace in TRACES if trace.lower() in after] == []
    assert scrub(database_url)
    path = parse(database_url).path
    files = [file.read_bytes().lower() for file in path.parent.glob(f"{path.name}*")] if path else []
    assert [trace for trace in TRACES if any(trace.lower().encode() in content for content in files)] == []


def test_the_trail_stays_whole_and_says_who_did_it(database: Database) -> None:
    """The chain knows people by random ids, so nothing of it has to change."""
    person_id, _ = database.write_now(settled)
    erase(database)
    assert isinstance(database.read_now(audit.verify), Verified)
    *_, last = database.read_now(lambda uow: list(audit.entries(uow)))
    assert last.kind == "person.erased"
    assert f'"person":"{person_id}"' in last.body
    assert '"type":"terminal"' in last.body


def test_lists_go_on_and_say_that_somebody_was_erased(database: Database) -> None:
    """A count of requests, or a card, must not depend on whether people are still known."""
    person_id, request_id = database.write_now(settled)
    answer = erase(database)
    assert isinstance(answer, Erased)

    def look(uow: UnitOfWork) -> None:
        found, gone = access_requests.get(uow, request_id), people.get(uow, person_id)
        assert found is not None
        assert (found.reason, found.requester_slack_id, found.status) == (ERASED_WORDS, answer.name, RequestStatus.DENIED)
        assert (gone.slack_id, gone.account_id, gone.email, mention(gone.slack_id)) == (answer.name, None, None, "erased person")
        (closed,) = access_requests.list_recent(uow, status=RequestStatus.CLOSED)
        assert closed.details == {"closed_by": answer.name}
        (exempt,) = exemptions.of_person(uow, person_id)
        (warned,) = warnings.of_person(uow, person_id)
        assert (exempt.status, exempt.reason, warned.status) == (ExemptionStatus.ENDED, ERASED_WORDS, WarningStatus.ENDED)

    database.read_now(look)


def test_who_asks_again_is_somebody_new(database: Database) -> None:
    """Nothing joins them to what was erased."""
    person_id, _ = database.write_now(settled)
    erase(database)
    again = database.write_now(lambda uow: person(uow, SLACK_ID))
    assert again.id != person_id
    assert database.write_now(lambda uow: request(uow, by=again)).person_id == again.id


@pytest.mark.parametrize("who", [SLACK_ID, ACCOUNT_ID, "ADA@acme.example"])
def test_a_person_is_found_by_whatever_is_known(database: Database, who: str) -> None:
    """Who asks for an erasure may know only their address."""
    person_id, _ = database.write_now(settled)
    found = database.read_now(lambda uow: one(uow, who))
    assert found.person is not None
    assert (found.person.id, found.account_ids, found.requests, found.seats) == (person_id, (ACCOUNT_ID,), 1, 1)
    assert database.read_now(lambda uow: erasure.find(uow, "nobody@acme.example")) == ()


def test_an_account_that_is_nobodys_is_erased(database: Database, database_url: str) -> None:
    """Scans know people who have never met Comeback."""
    ada, asked = database.write_now(story)
    database.write_now(lambda uow: settle(uow, ada, asked))
    erase(database)
    database.write_now(taken)
    found = database.read_now(lambda uow: one(uow, ACCOUNT_ID))
    assert found.person is None
    assert isinstance(database.write_now(lambda uow: erasure.erase(uow, found, actor=ACTOR)), Erased)
    assert ACCOUNT_ID not in everything(database_url)


def _warned(uow: UnitOfWork) -> Person:
    """Somebody who was warned of a seat that is theirs by its address alone, and never asked for anything."""
    scan = scans.start(uow, product="jira", origin=ScanOrigin.SCHEDULE)
    assert scan is not None
    seats.see(uow, "jira", scan.id, [SEAT])
    ada = person(uow, SLACK_ID)
    warned = warnings.open_(uow, account_id=ACCOUNT_ID, product="jira", person_id=ada.id, slack_id=SLACK_ID)
    assert warned is not None
    warnings.sent(uow, warned.id, channel="D0ADAPARK", ts="1.2", plan_at=uow.now)
    return ada


def test_who_was_warned_and_never_asked_is_erased_whole(database: Database, database_url: str) -> None:
    """Nothing but the warning says whose account it is; by whatever name they ask to be erased, it is found."""
    ada = database.write_now(lambda uow: (_warned(uow), taken(uow)))[0]
    found = [database.read_now(partial(one, who=who)) for who in (SLACK_ID, ACCOUNT_ID, "ADA@acme.example")]
    assert {(subject.person, subject.account_ids) for subject in found} == {(ada, (ACCOUNT_ID,))}
    assert isinstance(erase(database), Erased)
    after = everything(database_url).lower()
    assert [trace for trace in TRACES if trace.lower() in after] == []


def test_an_exemption_says_whose_account_it_is(database: Database) -> None:
    """Whose seat it is answers for it; whoever asked for them keeps their own account."""

    def world(uow: UnitOfWork) -> tuple[Person, Person]:
        ada, grace, until = person(uow, SLACK_ID), person(uow, "U0GRACE"), uow.now + timedelta(days=90)
        exemptions.ask(uow, account_id=ACCOUNT_ID, product="jira", asked_by=grace.id, owner_id=ada.id, reason="away", until=until)
        return ada, grace

    ada, _ = database.write_now(world)
    found = [database.read_now(partial(one, who=who)) for who in (SLACK_ID, ACCOUNT_ID)]
    assert {(subject.person, subject.account_ids) for subject in found} == {(ada, (ACCOUNT_ID,))}
    assert database.read_now(lambda uow: one(uow, "U0GRACE")).account_ids == ()


def test_an_account_that_somebody_is_asking_for_is_not_erased(database: Database) -> None:
    """An approver decides on what was found; the grant would go to an account that nobody knows any more."""

    def world(uow: UnitOfWork) -> str:
        asked = request(uow)
        findings.record(uow, request_id=asked.id, account_id=ACCOUNT_ID, email="ada@acme.example", body={"state": None})
        return asked.id

    request_id = database.write_now(world)
    answer = erase(database, ACCOUNT_ID)
    assert answer == InTheWay(obstacle=Obstacle.OPEN_REQUEST, products=("jira",))
    assert database.read_now(lambda uow: findings.of(uow, request_id)) is not None


def test_jobs_of_others_with_a_name_alike_stay(database: Database, database_url: str) -> None:
    """Erasing somebody must not drop the grant or the news of another; their own go wherever the name stands."""
    theirs = ("ada@acme.example", "Write to Ada@acme.example.", "For <@U0ADAPARK>", ACCOUNT_ID)
    alike = ("jo-ada@acme.example", "jo.ada@acme.example", "joada@acme.example", "ada@acme.example.org", "U0ADAPARKER", "acc-ada-2")

    def world(uow: UnitOfWork) -> None:
        people.link(uow, person(uow, SLACK_ID).id, account_id=ACCOUNT_ID, email="ada@acme.example")
        for said in (*theirs, *alike):
            job(uow, payload={"facts": {"lines": ["first", said]}})
        job(uow, subject=f"tell:{SLACK_ID}")
        job(uow, key=f"once:{ACCOUNT_ID}:1")

    database.write_now(world)
    answer = erase(database)
    assert isinstance(answer, Erased)
    assert answer.jobs == len(theirs) + 2
    left = everything(database_url)
    assert [said for said in alike if said not in left] == []


def _open_exemption(uow: UnitOfWork) -> None:
    ada, asked = story(uow)
    access_requests.move(uow, asked.id, source=RequestStatus.PENDING, target=RequestStatus.DENIED)
    assert ada.account_id is not None


def _planned(uow: UnitOfWork) -> None:
    settled(uow)
    reclaims.plan(uow, account_id=ACCOUNT_ID, product="jira", last_active_at=None)


def _being_put_back(uow: UnitOfWork) -> None:
    settled(uow)
    enqueue(uow, UndoSeat(reclaim_id=taken(uow), account_id=ACCOUNT_ID))


def _approved_in_part(uow: UnitOfWork) -> None:
    settled(uow)
    approver = person(uow, SLACK_ID)
    asked = request(uow, by=person(uow, "U0DAN"))
    decisions.record(uow, request_id=asked.id, approver=approver, verdict=Verdict.APPROVE, reason=None)


@pytest.mark.parametrize(
    ("world", "obstacle"),
    [
        (lambda uow: story(uow) and None, Obstacle.OPEN_REQUEST),
        (_approved_in_part, Obstacle.OPEN_APPROVAL),
        (_open_exemption, Obstacle.OPEN_EXEMPTION),
        (_planned, Obstacle.RUNNING_RECLAIM),
        (_being_put_back, Obstacle.RUNNING_RECLAIM),
    ],
    ids=["request", "approval", "exemption", "plan", "undo"],
)
def test_what_is_open_has_to_end_first(
    database: Database, database_url: str, world: Callable[[UnitOfWork], None], obstacle: Obstacle
) -> None:
    """Half-way through, somebody would wait for an answer, a seat for its way back, or a new person would approve for the second time."""
    database.write_now(world)
    before = everything(database_url)
    answer = erase(database)
    assert isinstance(answer, InTheWay)
    assert answer.obstacle is obstacle
    assert everything(database_url) == before


def test_a_seat_that_was_taken_stays_counted(database: Database) -> None:
    """What it saved is the organization's; whose it was is nobody's."""
    database.write_now(settled)
    reclaim_id = database.write_now(taken)
    answer = erase(database)
    assert isinstance(answer, Erased)
    found = database.read_now(lambda uow: reclaims.get(uow, reclaim_id))
    assert found is not None
    assert (found.status, found.account_id, found.details) == (ReclaimStatus.TAKEN, answer.name, {})


def test_a_request_that_comes_meanwhile_is_seen(postgres_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> None:
    """On PostgreSQL both go on at once: the erasure waits for the request, and then finds it open."""
    database = open_database(postgres_url, clock=clock.now)
    ada = database.write_now(lambda uow: person(uow, SLACK_ID))
    filed, looked = threading.Event(), threading.Event()

    def file(uow: UnitOfWork) -> None:
        request(uow, by=ada)
        filed.set()
        assert looked.wait(10)

    def forget(uow: UnitOfWork) -> Erased | InTheWay:
        subject = one(uow, SLACK_ID)
        looked.set()
        return erasure.erase(uow, subject, actor=ACTOR)

    with ThreadPoolExecutor() as threads:
        filing = threads.submit(database.write_now, file)
        assert filed.wait(10)
        answer = threads.submit(database.write_now, forget).result()
        filing.result()
    assert isinstance(answer, InTheWay)
    assert database.read_now(lambda uow: people.get(uow, ada.id)).slack_id == SLACK_ID


def test_a_file_in_use_is_told(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, clock: MovableClock, open_database: Callable[..., Database]
) -> None:
    """A file without old pages is a promise: it is not given while a reader keeps the log."""
    monkeypatch.setattr(scrubbing, "PATIENCE_MILLISECONDS", 50)
    database = open_database(sqlite_url, clock=clock.now)
    database.write_now(person)

    def read(uow: UnitOfWork) -> bool:
        people.with_slack_id(uow, SLACK_ID)
        return scrub(sqlite_url)

    assert not database.read_now(read)
    assert scrub(sqlite_url)
