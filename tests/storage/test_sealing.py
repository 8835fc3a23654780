"""Sealed texts: what a thief finds, what is left when a key is destroyed, and what that costs."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, event, update
from sqlalchemy.engine import Engine

from storage import access_requests, batches, decisions, exemptions, findings, outbox, people, renewal, sealing, seats
from storage.cipher import new_key
from storage.db import Database, UnitOfWork
from storage.errors import PersonErased, SealingKeyMissing
from storage.records import ERASED_WORDS
from storage.tables import access_requests as requests
from storage.tables import people as persons
from storage.tables import person_keys
from tests.fixtures.clock import MovableClock
from tests.storage.personal import WORDS, story
from tests.storage.stored import everything
from tests.storage.world import claim_one, person, request

KEY = new_key()


@pytest.fixture
def sealed(database_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> Database:
    """A database with a master key."""
    return open_database(database_url, clock=clock.now, sealing_keys=[KEY])


def test_a_thief_reads_no_names_addresses_or_reasons(sealed: Database, database_url: str) -> None:
    """A stolen database without the master key says who asked for what by ids alone."""
    sealed.write_now(story)
    dump = everything(database_url)
    assert [word for word in WORDS if word.lower() in dump.lower()] == []
    assert "acc-ada" in dump


def test_records_leave_storage_open(sealed: Database) -> None:
    """Nobody above storage knows that anything was sealed."""
    ada, asked = sealed.write_now(story)

    def read(uow: UnitOfWork) -> list[object]:
        found, (said,) = findings.of(uow, asked.id), decisions.of(uow, asked.id)
        exempt, seat = exemptions.open_of(uow, "acc-ada", "jira"), seats.get(uow, "acc-ada", "jira")
        assert found is not None
        assert exempt is not None
        assert seat is not None
        (batch,) = batches.list_recent(uow)
        named = [found.email, found.body, said.reason, exempt.reason, seat.name, seat.email, batch.figures["reason"]]
        return [people.get(uow, ada.id).email, access_requests.list_recent(uow)[0].reason, *named]

    assert sealed.read_now(read) == [
        "ada@acme.example",
        "back from leave",
        "ada@acme.example",
        {"state": {"name": "Ada Park"}},
        "not this month",
        "on parental leave",
        "Ada Park",
        "Ada@acme.example",
        "too many at once",
    ]
    assert sealed.write_now(claim_one).payload["reason"] == "linked by hand"


def test_a_seat_is_still_found_by_its_address(sealed: Database) -> None:
    """Whoever asks for somebody else names them by their address in Slack, whose case may differ."""
    sealed.write_now(story)

    def found(address: str) -> list[str]:
        return [seat.account_id for seat in sealed.read_now(lambda uow: seats.with_email(uow, "jira", address))]

    assert (found("ADA@acme.example"), found("eda@acme.example")) == (["acc-ada"], [])


def test_nothing_opens_once_the_key_is_destroyed(database: Database) -> None:
    """That is what an erasure is, also without a master key and in every copy; a record of it is still a record."""
    ada, asked = database.write_now(story)
    database.write_now(lambda uow: sealing.destroy(uow, ada.id))

    def read(uow: UnitOfWork) -> list[object]:
        found, (said,), exempt = findings.of(uow, asked.id), decisions.of(uow, asked.id), exemptions.open_of(uow, "acc-ada", "jira")
        again = access_requests.get(uow, asked.id)
        assert found is not None
        assert exempt is not None
        assert again is not None
        return [people.get(uow, ada.id).email, again.reason, found.email, found.body, said.reason, exempt.reason]

    assert database.read_now(read) == [None, ERASED_WORDS, None, {}, ERASED_WORDS, ERASED_WORDS]


def test_words_of_another_row_are_nobodys(database: Database) -> None:
    """Whoever can write to the tables can't put one request's reason under another."""

    def swap(uow: UnitOfWork) -> str:
        ada = person(uow)
        one, other = request(uow, by=ada), request(uow, by=ada, product="confluence")
        stolen = requests.alias()
        words = stolen.select().with_only_columns(stolen.c.reason).where(stolen.c.id == one.id).scalar_subquery()
        uow.connection.execute(update(requests).where(requests.c.id == other.id).values(reason=words))
        moved = access_requests.get(uow, other.id)
        assert moved is not None
        return moved.reason

    assert database.write_now(swap) == ERASED_WORDS


def test_words_of_an_earlier_release_are_read(database: Database) -> None:
    """They stand in the clear, and an upgrade must not lose them."""

    def read(uow: UnitOfWork) -> str:
        asked = request(uow)
        uow.connection.execute(update(requests).values(reason="s1 is not a key"))
        found = access_requests.get(uow, asked.id)
        assert found is not None
        return found.reason

    assert database.write_now(read) == "s1 is not a key"


def test_nothing_is_kept_about_an_erased_person(database: Database) -> None:
    """A unit that met the person just before an erasure must not make them a new key."""
    ada = database.write_now(person)
    erased = update(persons).where(persons.c.id == ada.id)
    database.write_now(lambda uow: uow.connection.execute(erased.values(erased_at=uow.now)) and None)
    with pytest.raises(PersonErased):
        database.write_now(lambda uow: request(uow, by=ada))
    assert database.read_now(access_requests.list_recent) == ()


def test_keys_are_wrapped_anew(database_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> None:
    """After a night the old master key may go; the first one may come at any time."""
    plain = open_database(database_url, clock=clock.now)
    asked = plain.write_now(request)
    older, newer = new_key(), new_key()
    for keys in ([older], [newer, older]):
        assert (
            open_database(database_url, clock=clock.now, sealing_keys=keys).write_now(
                lambda uow: sealing.rewrap(uow, sealing.is_older(uow))
            )
            == 1
        )
    after = open_database(database_url, clock=clock.now, sealing_keys=[newer])
    after.read_now(renewal.check)
    (found,) = after.read_now(access_requests.list_recent)
    assert found.reason == asked.reason
    with pytest.raises(SealingKeyMissing, match="COMEBACK_SEALING_KEYS"):
        open_database(database_url, clock=clock.now, sealing_keys=[older]).read_now(renewal.check)


def test_a_list_fetches_its_keys_at_once(database: Database) -> None:
    """A hundred requests of a hundred people are two queries, not a hundred and one."""
    database.write_now(lambda uow: [request(uow) for _ in range(100)])
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        found = database.read_now(lambda uow: access_requests.list_recent(uow, limit=100))
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert {one.reason for one in found} == {"back from leave"}
    assert len([one for one in statements if "FROM" in one]) == 2


def test_a_finished_job_keeps_no_payload(database: Database) -> None:
    """What a job was about is in the tables; its payload would name people for a month."""

    def finish(uow: UnitOfWork) -> None:
        outbox.enqueue(uow, kind="k", subject="s", payload={"slack_id": "U0ADA"}, settle_seconds=0)
        outbox.finish(uow, claim_one(uow))

    database.write_now(finish)
    stored = database.read_now(lambda uow: uow.connection.exec_driver_sql("SELECT payload FROM outbox").scalar_one())
    assert stored in ("{}", {})


def test_a_lost_key_is_not_made_again_by_reading(database: Database) -> None:
    """Only writing makes keys; a read of something erased leaves no row behind."""
    database.write_now(story)
    database.write_now(lambda uow: uow.connection.execute(delete(person_keys)) and None)
    database.read_now(access_requests.list_recent)
    assert database.read_now(lambda uow: uow.connection.execute(person_keys.select()).all()) == []
