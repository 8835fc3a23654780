"""What a night makes of words in the clear and of older keys, and what it forgets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import RowMapping, Table, select, update

from storage import access_requests, decisions, exemptions, findings, outbox, renewal, retention, seat_tables, seats, tables
from storage.cipher import new_key
from storage.db import Database, UnitOfWork
from storage.errors import SealingKeyMissing
from storage.lifecycle import ExemptionStatus, JobState, RequestStatus
from storage.records import FORGOTTEN_WORDS
from storage.renewal import Place, Stretch
from tests.fixtures.clock import MovableClock
from tests.storage.personal import ACCOUNT_ID, SEAT, WORDS, in_the_clear, settle, story
from tests.storage.stored import everything
from tests.storage.world import claim_one, job, move, request

Opener = Callable[[Sequence[bytes]], Database]


@pytest.fixture
def with_keys(database_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> Opener:
    """Opens the database with these master keys."""
    return lambda keys: open_database(database_url, clock=clock.now, sealing_keys=keys)


def night(database: Database) -> int:
    """Seal all there is, as the jobs of each night do; returns how many rows that were."""
    return sum(renewed for _, renewed in stretches(database))


def stretches(database: Database) -> Iterator[tuple[Stretch, int]]:
    """The stretches of a night, and of how many rows each had to be sealed."""
    place: Place | None = renewal.BEGIN
    while place is not None:
        stretch = database.read_now(partial(renewal.look, begin=place))
        yield stretch, database.write_now(partial(renewal.renew, stretch=stretch)) if stretch.is_due else 0
        place = stretch.end


def test_words_of_an_earlier_release_are_sealed(with_keys: Opener, database_url: str) -> None:
    """After an upgrade, or the first key, a night later nothing is in the clear; and it reads as before."""
    with_keys([]).write_now(in_the_clear)
    database = with_keys([new_key()])
    night(database)
    dump = everything(database_url).lower()
    assert [word for word in WORDS if word.lower() in dump] == []
    assert database.read_now(lambda uow: seats.accounts_with_email(uow, "ADA@acme.example")) == (ACCOUNT_ID,)
    (found,) = database.read_now(access_requests.list_recent)
    finding = database.read_now(lambda uow: findings.of(uow, found.id))
    assert finding is not None
    assert (found.reason, finding.body) == ("back from leave", {"state": {"name": "Ada Park"}})


def test_a_second_night_changes_nothing(with_keys: Opener, database_url: str) -> None:
    """What is sealed is left alone, or each night would write every row."""
    database = with_keys([new_key()])
    database.write_now(in_the_clear)
    assert night(database) > 0
    before = everything(database_url)
    assert night(database) == 0
    assert everything(database_url) == before


def test_an_older_key_may_go_after_a_night(with_keys: Opener, clock: MovableClock) -> None:
    """Seats, plans and jobs are under the master key itself: they too must open, and be found, with the new one alone."""
    older, newer = new_key(), new_key()
    with_keys([older]).write_now(story)
    night(with_keys([newer, older]))
    clock.advance(timedelta(days=1))
    database = with_keys([newer])
    database.read_now(renewal.check)
    assert database.write_now(claim_one).payload["reason"] == "linked by hand"
    (seat,) = database.read_now(lambda uow: seats.with_email(uow, "jira", "ada@acme.example"))
    assert (seat.name, seat.email) == ("Ada Park", "Ada@acme.example")


def test_a_key_that_is_still_needed_is_missed_at_the_start(with_keys: Opener) -> None:
    """Whatever it is that the night has not come to: found later, a scan or a button would stand still."""
    older, newer = new_key(), new_key()
    with_keys([older]).write_now(story)
    both, alone = with_keys([newer, older]), with_keys([newer])
    left = {table: both.read_now(partial(_rows, table=table)) for table in _UNDER_MASTER}
    for table, rows in left.items():
        night(both)
        alone.read_now(renewal.check)
        both.write_now(partial(_put_back, table=table, rows=rows))
        both.read_now(renewal.check)
        with pytest.raises(SealingKeyMissing, match="add it after the first key"):
            alone.read_now(renewal.check)


_UNDER_MASTER = (tables.person_keys, seat_tables.seats, seat_tables.batches, tables.outbox)


def _rows(uow: UnitOfWork, *, table: Table) -> Sequence[RowMapping]:
    return uow.connection.execute(select(table)).mappings().all()


def _put_back(uow: UnitOfWork, *, table: Table, rows: Sequence[RowMapping]) -> None:
    for row in rows:
        uow.connection.execute(update(table).where(*(column == row[column] for column in table.primary_key)).values(**row))


def test_a_long_backlog_is_sealed_as_well(with_keys: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than one unit takes: each goes on behind the last, and does not read the first ones again."""
    monkeypatch.setattr(renewal, "AT_ONCE", 2)
    older, newer = new_key(), new_key()
    with_keys([older]).write_now(lambda uow: [job(uow, payload={"slack_id": "U0ADAPARK"}) for _ in range(5)] and None)
    database = with_keys([newer, older])
    of_jobs = [(stretch, count) for stretch, count in stretches(database) if stretch.begin.table == "outbox"]
    assert [count for _, count in of_jobs] == [2, 2, 1]
    begins = [stretch.begin.after for stretch, _ in of_jobs]
    assert begins == sorted(set(begins))
    with_keys([newer]).read_now(renewal.check)


def test_a_night_with_nothing_to_seal_goes_over_every_row_once(with_keys: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks at a bounded number of rows at a time, never asks the writer, and passes over none."""
    monkeypatch.setattr(renewal, "LOOKED_AT", 2)
    database = with_keys([new_key()])
    database.write_now(_see_three)
    of_seats = [stretch for stretch, _ in stretches(database) if stretch.begin.table == "seats"]
    assert [stretch.upto for stretch in of_seats] == [("a0", "jira"), ("a1", "jira"), ("a2", "jira"), None]
    assert not any(stretch.is_due for stretch, _ in stretches(database))


def test_a_seat_behind_many_that_are_sealed_is_found(with_keys: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one account the seat on another product may stand behind the end of a stretch."""
    monkeypatch.setattr(renewal, "LOOKED_AT", 1)
    database = with_keys([new_key()])
    database.write_now(_see_three)
    clear = update(seat_tables.seats).where(seat_tables.seats.c.account_id == "a1", seat_tables.seats.c.product == "jira")
    database.write_now(lambda uow: uow.connection.execute(clear.values(name="Ada Park")) and None)
    assert [(stretch.upto, count) for stretch, count in stretches(database) if count] == [(("a1", "jira"), 1)]


def _see_three(uow: UnitOfWork) -> None:
    """Three people, each with a seat on two products."""
    for product in ("confluence", "jira"):
        seats.see(uow, product, "s1", [replace(SEAT, account_id=account_id) for account_id in ("a0", "a1", "a2")])


def test_words_go_when_their_time_is_over(database: Database, database_url: str, clock: MovableClock) -> None:
    """The facts stay: who asked for what, and what was decided."""
    ada, asked = database.write_now(story)
    database.write_now(lambda uow: settle(uow, ada, asked))
    exempt = database.read_now(lambda uow: exemptions.of_person(uow, ada.id))[0]
    database.write_now(lambda uow: exemptions.move(uow, exempt.id, source=ExemptionStatus.ACTIVE, target=ExemptionStatus.ENDED))
    clock.advance(timedelta(days=10))
    later = database.write_now(request)
    nine_days = timedelta(days=9)
    assert database.write_now(lambda uow: retention.forget_requests(uow, before=uow.now - nine_days, limit=9)) == 2
    assert database.write_now(lambda uow: retention.forget_exemptions(uow, before=uow.now - nine_days, limit=9)) == 1

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
    night(database)
    assert FORGOTTEN_WORDS in everything(database_url)
    assert everything(database_url) == before


def test_open_requests_keep_their_words_however_old(database: Database, clock: MovableClock) -> None:
    """Somebody still has to decide by them."""
    asked = database.write_now(request)
    gone = database.write_now(lambda uow: move(uow, request(uow), RequestStatus.CANCELLED))
    clock.advance(timedelta(days=500))
    assert database.write_now(lambda uow: retention.forget_requests(uow, before=uow.now, limit=9)) == 1
    reasons = {one.id: one.reason for one in database.read_now(access_requests.list_recent)}
    assert reasons == {asked.id: "back from leave", gone.id: FORGOTTEN_WORDS}


def test_jobs_that_were_given_up_go_too(database: Database, clock: MovableClock) -> None:
    """They were kept for whoever asks why; after a year nobody does."""
    database.write_now(job)
    database.write_now(lambda uow: outbox.bury(uow, claim_one(uow), error="refused"))
    database.write_now(lambda uow: retention.forget_jobs(uow, before=uow.now - timedelta(hours=1), limit=9))
    assert [row.state for row in database.read_now(outbox.backlog)] == [JobState.DEAD]
    clock.advance(timedelta(days=1))
    database.write_now(lambda uow: retention.forget_jobs(uow, before=uow.now, limit=9))
    assert database.read_now(outbox.backlog) == ()
