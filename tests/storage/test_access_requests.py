"""Filing, moving and listing access requests."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import access_requests, people
from storage.db import Database, UnitOfWork
from storage.lifecycle import OPEN_STATUSES, REQUEST_MOVES, IllegalMove, RequestStatus
from storage.records import AccessRequest
from tests.fixtures.clock import MovableClock
from tests.storage.world import move, person, request

S = RequestStatus
TO_GRANTED = (S.APPROVED, S.GRANTING, S.GRANTED)


async def test_one_open_request_for_each_person_and_product(database: Database) -> None:
    """Two clicks, or two commands at once, file one request; another product, or a later time, files another."""

    def work(uow: UnitOfWork) -> None:
        ada = person(uow)
        first = request(uow, by=ada)
        assert access_requests.file(uow, person=ada, product="jira", reason="again", expires_at=uow.now) is None
        assert access_requests.open_of(uow, ada.id, "jira") == first
        request(uow, by=ada, product="confluence")
        move(uow, first, S.DENIED)
        assert access_requests.open_of(uow, ada.id, "jira") is None
        request(uow, by=ada)

    await database.write(work)


async def test_what_was_filed_is_what_is_read(database: Database) -> None:
    """The record that `file` returns and the stored row agree in every field."""
    filed = await database.write(request)
    assert await database.read(lambda uow: access_requests.get(uow, filed.id)) == filed


async def test_unknown_request_is_none(database: Database) -> None:
    """Ids come back from old buttons: one that is unknown is no error."""
    assert await database.read(lambda uow: access_requests.get(uow, "gone")) is None
    assert await database.write(lambda uow: access_requests.lock(uow, "gone")) is None


async def test_second_decision_moves_nothing(database: Database) -> None:
    """The compare-and-set lets the first of two decisions through and tells the second."""

    def work(uow: UnitOfWork) -> None:
        filed = request(uow)
        approved = access_requests.move(uow, filed.id, source=S.PENDING, target=S.APPROVED)
        assert approved is not None
        assert approved.version == filed.version + 1
        assert access_requests.move(uow, filed.id, source=S.PENDING, target=S.DENIED) is None
        assert access_requests.get(uow, filed.id) == approved

    await database.write(work)


async def test_move_replaces_the_code_and_keeps_details_unless_given(database: Database) -> None:
    """A reason belongs to one status; details stay until somebody has new ones."""

    def work(uow: UnitOfWork) -> None:
        one = request(uow)
        odd = access_requests.move(uow, one.id, source=S.PENDING, target=S.NEEDS_ATTENTION, reason_code="idp", details={"group": "g1"})
        assert odd is not None
        assert (odd.reason_code, odd.details) == ("idp", {"group": "g1"})
        back = access_requests.move(uow, one.id, source=S.NEEDS_ATTENTION, target=S.PENDING)
        assert back is not None
        assert (back.reason_code, back.details) == (None, {"group": "g1"})

    await database.write(work)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(list(RequestStatus)), min_size=1, max_size=12))
def test_no_walk_leaves_the_table_of_moves(database: Database, walk: list[RequestStatus]) -> None:
    """Whatever is tried in whatever order, a request only ever makes the moves of the table, and is never granted unapproved."""

    def step(uow: UnitOfWork, request_id: str, target: RequestStatus) -> None:
        before = access_requests.get(uow, request_id)
        assert before is not None
        if target not in REQUEST_MOVES[before.status]:
            with pytest.raises(IllegalMove):
                access_requests.move(uow, request_id, source=before.status, target=target)
            return
        moved = access_requests.move(uow, request_id, source=before.status, target=target)
        assert moved is not None
        assert (moved.status, moved.version) == (target, before.version + 1)

    request_id = database.write_now(request).id
    seen: list[RequestStatus] = [S.PENDING]
    for target in walk:
        try:
            database.write_now(lambda uow, target=target: step(uow, request_id, target))  # type: ignore[misc]
        except IntegrityError:
            assert S.APPROVED not in seen
        final = database.read_now(lambda uow: access_requests.get(uow, request_id))
        assert final is not None
        seen.append(final.status)
    assert S.GRANTING not in seen or seen.index(S.APPROVED) < seen.index(S.GRANTING)


async def test_a_source_that_may_never_move_there_is_a_mistake(database: Database) -> None:
    """One impossible source among several is refused, whatever the row says."""
    filed = await database.write(request)
    with pytest.raises(IllegalMove):
        await database.write(lambda uow: access_requests.move(uow, filed.id, source={S.PENDING, S.GRANTED}, target=S.APPROVED))


async def test_tables_refuse_a_grant_without_approval(database: Database) -> None:
    """Even a mistake in the code above cannot grant what nobody approved."""
    odd = await database.write(lambda uow: move(uow, request(uow), S.NEEDS_ATTENTION))
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: move(uow, odd, S.GRANTING))


@pytest.mark.parametrize("status", RequestStatus)
async def test_every_status_can_be_stored(database: Database, status: RequestStatus) -> None:
    """The CHECK of the migrated tables knows each status of the code."""
    filed = await database.write(request)
    change = text("UPDATE access_requests SET status = :status, approved_at = filed_at, granted_at = filed_at")
    await database.write(lambda uow: uow.connection.execute(change, {"status": status.value}))
    stored = await database.read(lambda uow: access_requests.get(uow, filed.id))
    assert stored is not None
    assert stored.status is status


async def test_unknown_status_is_refused(database: Database) -> None:
    """The CHECK of the migrated tables knows no other status."""
    await database.write(request)
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: uow.connection.execute(text("UPDATE access_requests SET status = 'lost'")))


async def test_first_approval_keeps_the_place_in_the_queue(database: Database, clock: MovableClock) -> None:
    """Who waits for a seat is served in the order of approval, also after a detour."""
    first = database.write_now(lambda uow: move(uow, request(uow), S.APPROVED, S.WAITING))
    clock.advance(timedelta(minutes=1))
    second = database.write_now(lambda uow: move(uow, request(uow), S.APPROVED, S.WAITING))
    database.write_now(lambda uow: move(uow, request(uow, product="confluence"), S.APPROVED, S.WAITING))
    clock.advance(timedelta(minutes=1))
    database.write_now(lambda uow: move(uow, first, S.NEEDS_ATTENTION, S.APPROVED, S.WAITING))

    assert database.read_now(lambda uow: access_requests.queue_position(uow, first.id)) == 1
    assert database.read_now(lambda uow: access_requests.queue_position(uow, second.id)) == 2
    database.write_now(lambda uow: move(uow, second, S.GRANTING))
    assert database.read_now(lambda uow: access_requests.queue_position(uow, second.id)) is None


async def test_latest_first(database: Database, clock: MovableClock) -> None:
    """A person's history, and everybody's, starts with the newest."""
    ada = database.write_now(person)
    mine = []
    for _ in range(3):
        mine.append(database.write_now(lambda uow: move(uow, request(uow, by=ada), S.CANCELLED)).id)
        clock.advance(timedelta(hours=1))
    other = database.write_now(lambda uow: request(uow, product="confluence")).id

    def ids(requests: tuple[AccessRequest, ...]) -> list[str]:
        return [one.id for one in requests]

    newest = list(reversed(mine))
    assert database.read_now(lambda uow: ids(access_requests.latest_of(uow, ada.id, limit=2))) == newest[:2]
    assert database.read_now(lambda uow: ids(access_requests.latest_of(uow, ada.id, product="jira"))) == newest
    assert database.read_now(lambda uow: ids(access_requests.latest_of(uow, ada.id, product="confluence"))) == []
    assert database.read_now(lambda uow: ids(access_requests.list_recent(uow))) == [other, *newest]
    assert database.read_now(lambda uow: ids(access_requests.list_recent(uow, status=S.CANCELLED, limit=1))) == newest[:1]


async def test_counts_and_caps(database: Database, clock: MovableClock) -> None:
    """What limits a flood counts only what falls into its time."""
    ada = database.write_now(person)
    database.write_now(lambda uow: move(uow, request(uow, by=ada), S.DENIED))
    clock.advance(timedelta(hours=2))
    since = clock.now()
    clock.advance(timedelta(seconds=1))
    granted = database.write_now(lambda uow: move(uow, request(uow, by=ada), *TO_GRANTED))
    clock.advance(timedelta(hours=1))
    database.write_now(lambda uow: move(uow, granted, S.ENDED))

    def work(uow: UnitOfWork) -> None:
        assert access_requests.filed_since(uow, ada.id, since) == 1
        assert access_requests.granted_since(uow, since) == 1
        assert access_requests.granted_since(uow, uow.now) == 0
        assert access_requests.denied_of(uow, ada.id, "jira") == 1
        assert access_requests.denied_of(uow, ada.id, "confluence") == 0
        counts = access_requests.counts(uow)
        assert set(counts) == set(RequestStatus)
        assert {status: count for status, count in counts.items() if count} == {S.DENIED: 1, S.ENDED: 1}

    database.read_now(work)


async def test_card_remembers_the_newest_drawing(database: Database) -> None:
    """Two redraws may end in the wrong order: the older one does not make the card look out of date again."""

    def work(uow: UnitOfWork) -> None:
        one = request(uow)
        access_requests.card_posted(uow, one.id, channel="C1", ts="1.2", version=1)
        access_requests.touch(uow, one.id)
        access_requests.card_drawn(uow, one.id, version=2)
        access_requests.card_drawn(uow, one.id, version=1)
        after = access_requests.get(uow, one.id)
        assert after is not None
        assert (after.card_channel, after.card_ts, after.card_version, after.version) == ("C1", "1.2", 2, 2)

    await database.write(work)


async def test_lock_returns_the_request_with_its_people(database: Database) -> None:
    """The locked request is whole: who asked stands in another table."""

    def work(uow: UnitOfWork) -> None:
        one = request(uow)
        assert access_requests.lock(uow, one.id) == one
        assert people.get(uow, one.person_id).slack_id == one.requester_slack_id

    await database.write(work)


def test_open_statuses_are_those_that_go_on() -> None:
    """A status is open exactly when something still has to happen: it leads somewhere else than to an end of access."""
    assert {status for status, targets in REQUEST_MOVES.items() if targets - {S.ENDED}} == OPEN_STATUSES
