"""What a night makes of words in the clear and of older keys, and what it forgets."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from storage import access_requests, decisions, exemptions, findings, outbox, renewal, retention, sealing, seat_tables, tables
from storage.db import Database, UnitOfWork
from storage.keyring import new_key
from storage.lifecycle import ExemptionStatus, JobState, RequestStatus
from storage.records import FORGOTTEN_WORDS
from tests.fixtures.clock import MovableClock
from tests.storage.personal import WORDS, settle, story
from tests.storage.stored import everything
from tests.storage.world import claim_one, job, move, request

Opener = Callable[[Sequence[bytes]], Database]


@pytest.fixture
def with_keys(database_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> Opener:
    """Opens the database with these master keys."""
    return lambda keys: open_database(database_url, clock=clock.now, sealing_keys=keys)


def as_before(uow: UnitOfWork) -> None:
    """Have the words stand in the clear, as an earlier release left them."""
    _, asked = story(uow)
    in_the_clear: list[tuple[Any, dict[str, Any]]] = [
        (tables.people, {"email": "ada@acme.example"}),
        (tables.access_requests, {"reason": "back from leave"}),
        (tables.decisions, {"reason": "not this month"}),
        (tables.findings, {"email": "ada@acme.example", "body": {"state": {"name": "Ada Park"}}}),
        (seat_tables.exemptions, {"reason": "on parental leave"}),
    ]
    for table, values in in_the_clear:
        uow.connection.execute(update(table).values(**values))
    assert asked.reason == "back from leave"


def test_words_of_an_earlier_release_are_sealed(with_keys: Opener, database_url: str) -> None:
    """After an upgrade, or the first key, a night later nothing is in the clear; and it reads as before."""
    with_keys([]).write_now(as_before)
    database = with_keys([new_key()])
    database.write_now(renewal.renew)
    dump = everything(database_url).lower()
    # Not the mirror of the seats: each scan writes it anew.
    assert [word for word in WORDS if word != "Ada Park" and word.lower() in dump.replace("'ada@acme.example'", "", 1)] == []
    (found,) = database.read_now(access_requests.list_recent)
    finding = database.read_now(lambda uow: findings.of(uow, found.id))
    assert finding is not None
    assert (found.reason, finding.body) == ("back from leave", {"state": {"name": "Ada Park"}})


def test_a_second_night_changes_nothing(with_keys: Opener, database_url: str) -> None:
    """What is sealed is left alone, or each night would write every row."""
    database = with_keys([new_key()])
    database.write_now(as_before)
    database.write_now(renewal.renew)
    before = everything(database_url)
    database.write_now(renewal.renew)
    assert everything(database_url) == before


def test_an_older_key_may_go_after_a_night(with_keys: Opener, clock: MovableClock) -> None:
    """Plans and jobs are under the master key itself: they too must open with the new one alone."""
    older, newer = new_key(), new_key()
    with_keys([older]).write_now(story)
    with_keys([newer, older]).write_now(renewal.renew)
    clock.advance(timedelta(days=1))
    database = with_keys([newer])
    database.read_now(sealing.check)
    assert database.write_now(claim_one).payload["reason"] == "linked by hand"


def test_words_go_when_their_time_is_over(database: Database, database_url: str, clock: MovableClock) -> None:
    """The facts stay: who asked for what, and what was decided."""
    ada, asked = database.write_now(story)
    database.write_now(lambda uow: settle(uow, ada, asked))
    exempt = database.read_now(lambda uow: exemptions.of_person(uow, ada.id))[0]
    database.write_now(lambda uow: exemptions.move(uow, exempt.id, source=ExemptionStatus.ACTIVE, target=ExemptionStatus.ENDED))
    clock.advance(timedelta(days=10))
    later = database.write_now(request)
    database.write_now(lambda uow: retention.forget_words(uow, before=uow.now - timedelta(days=9)))

    def look(uow: UnitOfWork) -> None:
        old, new = access_requests.get(uow, asked.id), access_requests.get(uow, later.id)
        assert old is not None
        assert new is not None
        assert (old.reason, old.status, new.reason) == (FORGOTTEN_WORDS, RequestStatus.DENIED, "back from leave")
        (said,) = decisions.of(uow, asked.id)
        assert (said.reason, findings.of(uow, asked.id)) == (FORGOTTEN_WORDS, None)
        assert exemptions.of_person(uow, ada.id)[0].reason == FORGOTTEN_WORDS

    database.read_now(look)
    before = everything(database_url)
    database.write_now(renewal.renew)
    assert FORGOTTEN_WORDS in everything(database_url)
    assert everything(database_url) == before


def test_open_requests_keep_their_words_however_old(database: Database, clock: MovableClock) -> None:
    """Somebody still has to decide by them."""
    asked = database.write_now(request)
    gone = database.write_now(lambda uow: move(uow, request(uow), RequestStatus.CANCELLED))
    clock.advance(timedelta(days=500))
    assert database.write_now(lambda uow: retention.forget_words(uow, before=uow.now)) == 1
    reasons = {one.id: one.reason for one in database.read_now(access_requests.list_recent)}
    assert reasons == {asked.id: "back from leave", gone.id: FORGOTTEN_WORDS}


def test_jobs_that_were_given_up_go_too(database: Database, clock: MovableClock) -> None:
    """They were kept for whoever asks why; after a year nobody does."""
    database.write_now(job)
    database.write_now(lambda uow: outbox.bury(uow, claim_one(uow), error="refused"))
    database.write_now(lambda uow: retention.forget_words(uow, before=uow.now - timedelta(hours=1)))
    assert [row.state for row in database.read_now(outbox.backlog)] == [JobState.DEAD]
    clock.advance(timedelta(days=1))
    database.write_now(lambda uow: retention.forget_words(uow, before=uow.now))
    assert database.read_now(outbox.backlog) == ()
