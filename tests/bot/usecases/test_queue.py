"""Who is next when a product has no seat left."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.codes import Waiting
from bot.jobs.requests import Grant
from bot.usecases import queue
from bot.usecases.steps import enqueue
from storage import access_requests, outbox
from storage.cipher import new_key
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus as S
from storage.records import AccessRequest
from tests.fixtures.clock import MovableClock
from tests.storage.world import claim_one, move, request

LATER = timedelta(minutes=15)


def waits(uow: UnitOfWork, *, why: Waiting = Waiting.SEATS_EXHAUSTED, product: str = "jira") -> AccessRequest:
    """A request that was approved and waits, with the job that looks again in a while."""
    approved = move(uow, request(uow, product=product), S.APPROVED)
    enqueue(uow, Grant(request_id=approved.id, afresh=False), due_at=uow.now + LATER)
    waiting = access_requests.move(uow, approved.id, source=S.APPROVED, target=S.WAITING, reason_code=why.value)
    assert waiting is not None
    return waiting


@pytest.fixture
def in_order(database: Database, clock: MovableClock) -> list[AccessRequest]:
    """Three who wait for a seat of Jira, in the order of approval; before them one whom the daily cap holds, and one for Confluence."""
    database.write_now(lambda uow: waits(uow, why=Waiting.DAILY_CAP))
    database.write_now(lambda uow: waits(uow, product="confluence"))
    found = []
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        found.append(database.write_now(waits))
    return found


def test_only_the_first_tries(database: Database, in_order: list[AccessRequest]) -> None:
    """Whoever comes new, or later, is behind them; and nobody is behind those who wait for something else."""
    new = database.write_now(lambda uow: move(uow, request(uow), S.APPROVED))
    behind = [database.read_now(lambda uow, one=one: queue.is_behind(uow, one)) for one in (*in_order, new)]  # type: ignore[misc]
    assert behind == [False, True, True, True]


def test_a_free_seat_wakes_the_first(database: Database, in_order: list[AccessRequest]) -> None:
    """The others would look in vain; a queue of another product goes on waiting."""
    database.write_now(lambda uow: queue.wake_queue(uow, "jira"))
    assert database.write_now(claim_one).subject == f"request:{in_order[0].id}"
    database.write_now(lambda uow: queue.wake_queue(uow, "compass"))
    assert database.write_now(outbox.claim) == ()


def test_nobodys_words_are_opened_to_see_who_is_next(
    database_url: str, clock: MovableClock, open_database: Callable[..., Database]
) -> None:
    """Each in a queue of a thousand looks every quarter of an hour, and each grant does while others wait to write."""
    first, second = open_database(database_url, clock=clock.now, sealing_keys=[new_key()]).write_now(lambda uow: (waits(uow), waits(uow)))
    without_keys = open_database(database_url, clock=clock.now)
    without_keys.write_now(lambda uow: queue.wake_queue(uow, "jira"))
    behind = [without_keys.read_now(lambda uow, one=one: queue.is_behind(uow, one)) for one in (first, second)]  # type: ignore[misc]
    assert sorted(behind) == [False, True]
