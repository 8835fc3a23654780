"""Exemptions: one for each seat, none that nobody decided, none that somebody gave themselves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import erasure, exemptions, retention
from storage.db import Database, UnitOfWork
from storage.lifecycle import EXEMPTION_MOVES, OPEN_EXEMPTIONS, ExemptionStatus, IllegalMove
from storage.seat_records import Exemption
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import asked, exempt
from tests.storage.world import person

S = ExemptionStatus


def ids(found: tuple[Exemption, ...]) -> list[str]:
    """The exemptions' ids, in their order."""
    return [one.id for one in found]


async def test_a_seat_has_one_open_exemption(database: Database) -> None:
    """Two who ask for the same seat ask once, and while it is exempt nobody asks; afterwards one may ask again."""

    def work(uow: UnitOfWork) -> None:
        first = asked(uow, "a1")
        again: dict[str, Any] = {"account_id": "a1", "product": "jira", "reason": "again", "until": uow.now}
        assert exemptions.ask(uow, **again, asked_by=first.asked_by, owner_id=first.owner_id) is None
        assert exemptions.get(uow, first.id) == first == exemptions.open_of(uow, "a1", "jira") == exemptions.lock(uow, first.id)
        exemptions.move(uow, first.id, source=S.ASKED, target=S.WITHDRAWN)
        assert exemptions.open_of(uow, "a1", "jira") is None
        exempt(uow, "a1")
        assert exemptions.ask(uow, **again, asked_by=first.asked_by, owner_id=first.owner_id) is None
        assert exemptions.get(uow, "gone") is None

    await database.write(work)


async def test_a_decision_names_who_decided(database: Database) -> None:
    """Neither an active nor a refused exemption is stored without its approver; one who asks decides nothing."""
    one = await database.write(asked)
    tries: list[Callable[[UnitOfWork], object]] = [
        lambda uow: exemptions.move(uow, one.id, source=S.ASKED, target=S.ACTIVE),
        lambda uow: exemptions.move(uow, one.id, source=S.ASKED, target=S.REFUSED),
        lambda uow: exemptions.move(uow, one.id, source=S.ASKED, target=S.ACTIVE, decided_by=one.asked_by),
    ]
    for attempt in tries:
        with pytest.raises(IntegrityError):
            await database.write(attempt)
    bob = await database.write(person)
    decided = await database.write(lambda uow: exemptions.move(uow, one.id, source=S.ASKED, target=S.ACTIVE, decided_by=bob.id))
    assert decided is not None
    assert (decided.status, decided.decided_by, decided.decided_at, decided.version) == (S.ACTIVE, bob.id, decided.changed_at, 2)
    assert await database.write(lambda uow: exemptions.move(uow, one.id, source=S.ASKED, target=S.REFUSED, decided_by=bob.id)) is None


def refused(uow: UnitOfWork) -> Exemption:
    """An exemption that Bob refused, and said why."""
    one, bob = asked(uow, "a1"), person(uow)
    moved = exemptions.move(uow, one.id, source=S.ASKED, target=S.REFUSED, decided_by=bob.id, refusal="too long for us")
    assert moved is not None
    return moved


async def test_the_words_of_a_refusal_are_sealed(database: Database) -> None:
    """They are about whoever asked, so they stand under that person's key."""
    one = await database.write(refused)
    assert one.refusal == "too long for us"
    stored = await database.read(lambda uow: uow.connection.execute(text("SELECT refusal FROM exemptions")).scalar_one())
    assert stored.startswith(f"s1.{one.asked_by}.")


@pytest.mark.parametrize(
    "forget",
    [
        lambda uow, _: retention.forget_exemptions(uow, before=uow.now + timedelta(days=1), limit=9),
        lambda uow, one: erasure.forget_person(uow, one.owner_id, slack_id="U0ANY"),
        lambda uow, one: erasure.forget_account(uow, one.account_id, erased_id=one.owner_id),
    ],
    ids=["in_time", "with_the_person", "with_the_account"],
)
async def test_the_words_of_a_refusal_go(database: Database, forget: Callable[[UnitOfWork, Exemption], object]) -> None:
    """Nothing of them is left where the reason that they answer is forgotten."""
    one = await database.write(refused)
    await database.write(lambda uow: forget(uow, one))
    stored = await database.read(lambda uow: uow.connection.execute(text("SELECT refusal FROM exemptions")).scalar_one())
    assert stored is None


async def test_exempt_until_its_day(database: Database, clock: MovableClock) -> None:
    """An exemption protects until it ends, also when the job that ends it is late; one that is only asked for protects nobody."""
    day = timedelta(days=1)
    now = clock.now()
    database.write_now(lambda uow: exempt(uow, "a1", until=now + 20 * day))
    soon = database.write_now(lambda uow: exempt(uow, "a2", until=now + 10 * day))
    database.write_now(lambda uow: asked(uow, "a3", until=now + 5 * day))

    def exempted() -> frozenset[str]:
        return database.read_now(lambda uow: exemptions.active_of_accounts(uow, "jira", ["a1", "a2", "a3", "a4"]))

    assert exempted() == {"a1", "a2"}
    assert database.read_now(lambda uow: exemptions.active_of_accounts(uow, "confluence", ["a1"])) == frozenset()
    clock.advance(11 * day)
    assert exempted() == {"a1"}
    ended = database.write_now(lambda uow: exemptions.move(uow, soon.id, source=S.ACTIVE, target=S.ENDED))
    assert ended is not None
    assert (ended.ended_at, ended.decided_by) == (ended.changed_at, soon.decided_by)


async def test_a_persons_exemptions_are_those_asked_and_answered_for(database: Database, clock: MovableClock) -> None:
    """A manager sees what they asked for, the holder what is theirs, newest first."""
    ada, manager = database.write_now(person), database.write_now(person)

    def ask(uow: UnitOfWork, account_id: str, asked_by: str) -> str:
        until = uow.now + timedelta(days=30)
        one = exemptions.ask(uow, account_id=account_id, product="jira", asked_by=asked_by, owner_id=ada.id, reason="on leave", until=until)
        assert one is not None
        return one.id

    first = database.write_now(lambda uow: ask(uow, "a1", manager.id))
    clock.advance(timedelta(hours=1))
    second = database.write_now(lambda uow: ask(uow, "a2", ada.id))
    assert ids(database.read_now(lambda uow: exemptions.of_person(uow, ada.id))) == [second, first]
    assert ids(database.read_now(lambda uow: exemptions.of_person(uow, manager.id))) == [first]


async def test_card_remembers_the_newest_drawing(database: Database) -> None:
    """Two redraws may end in the wrong order: the older one does not make the card look out of date again."""

    def work(uow: UnitOfWork) -> None:
        one, other = asked(uow), asked(uow)
        exemptions.card_posted(uow, one.id, channel="C1", ts="1.2", version=1)
        exemptions.touch(uow, one.id)
        exemptions.card_drawn(uow, one.id, version=2)
        exemptions.card_drawn(uow, one.id, version=1)
        after = exemptions.get(uow, one.id)
        assert after is not None
        assert (after.card_channel, after.card_ts, after.card_version, after.version) == ("C1", "1.2", 2, 2)
        assert exemptions.get(uow, other.id) == other

    await database.write(work)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(list(ExemptionStatus)), min_size=1, max_size=6))
def test_no_walk_leaves_the_table_of_moves(database: Database, walk: list[ExemptionStatus]) -> None:
    """Whatever is tried in whatever order, no seat is exempt but by somebody else's decision, and what ended stays ended."""
    bob = database.write_now(person)

    def step(uow: UnitOfWork, before: Exemption, target: ExemptionStatus) -> Exemption:
        decided_by = bob.id if target in (S.ACTIVE, S.REFUSED) else None
        if target not in EXEMPTION_MOVES[before.status]:
            with pytest.raises(IllegalMove):
                exemptions.move(uow, before.id, source=before.status, target=target, decided_by=decided_by)
            return before
        moved = exemptions.move(uow, before.id, source=before.status, target=target, decided_by=decided_by)
        assert moved is not None
        assert (moved.status, moved.version) == (target, before.version + 1)
        assert (moved.decided_by is None) == (target in (S.ASKED, S.WITHDRAWN))
        return moved

    one = database.write_now(asked)
    for target in walk:
        one = database.write_now(lambda uow, one=one, target=target: step(uow, one, target))  # type: ignore[misc]
    assert database.read_now(lambda uow: exemptions.get(uow, one.id)) == one


def test_open_exemptions_are_those_that_go_on() -> None:
    """An exemption is open exactly when something may still come of it."""
    assert {status for status, targets in EXEMPTION_MOVES.items() if targets} == OPEN_EXEMPTIONS


@pytest.mark.parametrize("status", [*ExemptionStatus, "lost"])
async def test_only_known_words_and_decided_ones_are_stored(database: Database, status: str) -> None:
    """Each status goes through a migrated table of both kinds; an unknown one, or one without its decision, does not."""
    one, bob = await database.write(asked), await database.write(person)
    change = text("UPDATE exemptions SET status = :status, decided_by = :who WHERE id = :id")

    def write(uow: UnitOfWork, who: str | None) -> None:
        uow.connection.execute(change, {"status": str(status), "who": who, "id": one.id})

    if status == "lost":
        with pytest.raises(IntegrityError):
            await database.write(lambda uow: write(uow, bob.id))
        return
    if status not in (S.ASKED, S.WITHDRAWN):
        with pytest.raises(IntegrityError):
            await database.write(lambda uow: write(uow, None))
    await database.write(lambda uow: write(uow, bob.id))


async def test_those_that_nobody_decided_are_listed_longest_waiting_first(database: Database, clock: MovableClock) -> None:
    """The digest counts them; one that is active waits for nobody."""
    first = database.write_now(asked)
    clock.advance(timedelta(hours=1))
    second = database.write_now(asked)
    database.write_now(exempt)
    assert ids(database.read_now(exemptions.list_asked)) == [first.id, second.id]
    assert ids(database.read_now(lambda uow: exemptions.list_asked(uow, limit=1))) == [first.id]
