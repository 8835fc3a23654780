"""What was mailed is never begun twice, and the place of a shipment only moves forward."""

from datetime import timedelta

import pytest

from storage import mails, shipments
from storage.db import Database, UnitOfWork
from storage.outgoing_records import MailStatus
from tests.fixtures.clock import MovableClock
from tests.storage.test_audit import unlock
from tests.storage.world import SYSTEM


def entry(uow: UnitOfWork) -> None:
    """Something that the trail tells."""
    uow.audit("test.happened", actor=SYSTEM)


def test_a_mail_is_begun_once(database: Database) -> None:
    """Whoever comes second, after a crash perhaps, does not send it."""
    assert database.write_now(lambda uow: mails.begin(uow, "warning:1"))
    assert not database.write_now(lambda uow: mails.begin(uow, "warning:1"))
    begun = database.read_now(lambda uow: mails.of(uow, "warning:1"))
    assert begun is not None
    assert begun.status is MailStatus.BEGUN


def test_what_the_server_did_not_take_may_be_begun_again(database: Database) -> None:
    """Only a mail that was begun is released: one that was taken or refused stays what it is."""

    def begin_all(uow: UnitOfWork) -> None:
        for about in "abc":
            mails.begin(uow, about)
        mails.accept(uow, "b")
        mails.refuse(uow, "c")

    def release_all(uow: UnitOfWork) -> None:
        for about in "abc":
            mails.release(uow, about)

    database.write_now(begin_all)
    database.write_now(release_all)
    found = database.read_now(lambda uow: [mails.of(uow, about) for about in "abc"])
    assert [one and one.status for one in found] == [None, MailStatus.ACCEPTED, MailStatus.REFUSED]


def test_an_address_may_be_refused_before_the_mail_is_begun(database: Database) -> None:
    """A server says so before it hears a word of the text."""
    database.write_now(lambda uow: mails.refuse(uow, "warning:1"))
    assert not database.write_now(lambda uow: mails.begin(uow, "warning:1"))


def test_a_place_moves_by_compare_and_set(database: Database) -> None:
    """Of two that sent the same entries one moves the place, and no place goes back."""
    assert database.write_now(lambda uow: shipments.move(uow, "siem", source=0, target=5))
    assert not database.write_now(lambda uow: shipments.move(uow, "siem", source=0, target=3))
    assert database.read_now(lambda uow: shipments.of(uow, "siem")).seq == 5


def test_trouble_is_news_once(database: Database) -> None:
    """The same trouble is told once until something was sent again; another kind of trouble is news."""
    told = database.write_now(lambda uow: [shipments.note_trouble(uow, "siem", code) for code in ("401", "401", "410")])
    assert told == [True, False, True]
    database.write_now(lambda uow: shipments.move(uow, "siem", source=0, target=1))
    assert database.read_now(lambda uow: shipments.of(uow, "siem")).trouble is None
    assert database.write_now(lambda uow: shipments.note_trouble(uow, "siem", "410"))


def test_lag_is_what_is_not_sent_yet(database: Database, clock: MovableClock) -> None:
    """In entries, and since when the oldest of them waits."""
    assert database.read_now(lambda uow: shipments.lag(uow, "siem")).entries == 0
    database.write_now(entry)
    clock.advance(timedelta(hours=1))
    database.write_now(entry)
    lag = database.read_now(lambda uow: shipments.lag(uow, "siem"))
    assert (lag.entries, lag.since is not None) == (2, True)
    database.write_now(lambda uow: shipments.move(uow, "siem", source=0, target=1))
    later = database.read_now(lambda uow: shipments.lag(uow, "siem"))
    assert later.entries == 1
    assert later.since is not None
    assert lag.since is not None
    assert timedelta(minutes=59) < later.since - lag.since < timedelta(minutes=61)
    database.write_now(lambda uow: shipments.move(uow, "siem", source=1, target=2))
    assert database.read_now(lambda uow: shipments.lag(uow, "siem")).since is None


@pytest.mark.parametrize(
    ("tampering", "is_other"),
    [
        ("DELETE FROM audit WHERE seq > 2", True),
        ("UPDATE audit SET hash = 'x' WHERE seq = 3", True),
        ("DELETE FROM audit WHERE seq < 4", False),
    ],
)
def test_a_trail_that_is_not_the_one_that_was_sent_is_known(
    database: Database, clock: MovableClock, tampering: str, is_other: bool
) -> None:
    """Cut off and grown again it would have other entries at places that are never sent; what goes by the front goes lawfully."""
    for _ in range(4):
        database.write_now(entry)
    database.write_now(lambda uow: shipments.move(uow, "siem", source=0, target=3))
    assert not database.read_now(lambda uow: shipments.is_contradicted(uow, "siem"))
    database.write_now(unlock)
    database.write_now(lambda uow: uow.connection.exec_driver_sql(tampering))
    assert database.read_now(lambda uow: shipments.is_contradicted(uow, "siem")) is is_other
    clock.advance(timedelta(hours=1))
    for _ in range(4):
        database.write_now(entry)
    assert database.read_now(lambda uow: shipments.is_contradicted(uow, "siem")) is is_other
