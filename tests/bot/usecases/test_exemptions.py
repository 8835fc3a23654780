"""Exemptions: decided once, by somebody who is neither its author nor its owner, and over on their day."""

from datetime import timedelta

import pytest

from bot.codes import Kept
from bot.usecases import exemptions as usecases
from bot.usecases.answers import Checking, Gone, NotAllowed, Seen
from bot.usecases.exemptions import ExemptionAnswer, Moved, Over, Verdict
from storage import exemptions, people, reclaims, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ExemptionStatus, WarningStatus
from storage.seat_records import Exemption
from tests.bot.usecases.words import CHANNEL, TEAM, approvers, due, member
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import planned, warned

E = ExemptionStatus


def filed(uow: UnitOfWork, *, by: str = "ada", owner: str = "ada") -> Exemption:
    """*by* has asked that *owner*'s seat of Jira be left alone for two months."""
    asker = people.find_or_add(uow, team_id=TEAM, slack_id=member(by).slack_id)
    holder = people.find_or_add(uow, team_id=TEAM, slack_id=member(owner).slack_id)
    until = uow.now + timedelta(days=60)
    asked = exemptions.ask(uow, account_id="a1", product="jira", asked_by=asker.id, owner_id=holder.id, reason="on leave", until=until)
    assert asked is not None
    return asked


async def decide(
    database: Database, exemption_id: str, *, by: str = "grace", agrees: bool = True, age: int = 0, delivery: str | None = None
) -> ExemptionAnswer:
    """*by* decides; approvers are grace, omar and ada, as known *age* seconds ago."""
    verdict = Verdict(actor=member(by), exemption_id=exemption_id, agrees=agrees, channel=CHANNEL, words=None if agrees else "no")
    return await database.write(
        lambda uow: usecases.decide(
            uow,
            verdict,
            delivery=delivery or f"action:{by}:{agrees}:{age}",
            approvers=approvers("grace", "omar", "ada", read_at=uow.now - timedelta(seconds=age)),
        )
    )


async def status(database: Database, exemption: Exemption) -> ExemptionStatus:
    """How the exemption stands."""
    found = await database.read(lambda uow: exemptions.get(uow, exemption.id))
    assert found is not None
    return found.status


async def test_a_yes_gives_the_seat_its_peace(database: Database) -> None:
    """Out of the plan, out of the questions, and told to its owner."""
    asked = await database.write(filed)

    def around(uow: UnitOfWork) -> tuple[str, str]:
        warning = warned(uow, "a1")
        return warning.id, planned(uow, "a1", warning_id=warning.id).id

    warning_id, reclaim_id = await database.write(around)
    assert isinstance(await decide(database, asked.id), Moved)
    warning, reclaim = await database.read(lambda uow: (warnings.get(uow, warning_id), reclaims.get(uow, reclaim_id)))
    assert warning is not None
    assert reclaim is not None
    assert (warning.status, warning.reason_code) == (WarningStatus.DROPPED, Kept.EXEMPT.value)
    assert reclaim.reason_code == Kept.EXEMPT.value
    assert {"exemption.redraw", "exemption.tell"} <= {job.kind for job in await due(database)}


@pytest.mark.parametrize(("by", "owner"), [("ada", "ada"), ("ada", "hugo"), ("hugo", "ada")])
async def test_nobody_decides_what_is_their_own(database: Database, by: str, owner: str) -> None:
    """Neither the author nor the owner, whichever of the two an approver is."""
    asked = await database.write(lambda uow: filed(uow, by=by, owner=owner))
    assert isinstance(await decide(database, asked.id, by="ada"), NotAllowed)
    assert await status(database, asked) is E.ASKED


async def test_a_second_slack_account_on_the_same_seat_is_the_owner(database: Database) -> None:
    """Whoever the account is linked to does not decide about it."""
    asked = await database.write(filed)

    def link(uow: UnitOfWork) -> None:
        grace = people.find_or_add(uow, team_id=TEAM, slack_id="U0GRACE")
        people.link(uow, grace.id, account_id="a1", email=None)

    await database.write(link)
    assert isinstance(await decide(database, asked.id), NotAllowed)


async def test_others_old_facts_and_forged_ids_decide_nothing(database: Database) -> None:
    """Each is answered, and the exemption stays asked for."""
    asked = await database.write(filed)
    assert isinstance(await decide(database, asked.id, by="hugo"), NotAllowed)
    assert isinstance(await decide(database, asked.id, age=61), Checking)
    assert isinstance(await decide(database, "no-such-exemption", delivery="x"), Gone)
    assert await status(database, asked) is E.ASKED


async def test_the_first_click_decides(database: Database) -> None:
    """The second approver is told, the same delivery changes nothing."""
    asked = await database.write(filed)
    assert isinstance(await decide(database, asked.id, agrees=False), Moved)
    assert isinstance(await decide(database, asked.id, agrees=False), Seen)
    assert isinstance(await decide(database, asked.id, by="omar"), Over)
    assert await status(database, asked) is E.REFUSED


async def test_it_ends_by_itself(database: Database, clock: MovableClock) -> None:
    """Not before its day; its owner hears of it a week before, and when it is over."""
    asked = await database.write(filed)
    await decide(database, asked.id)
    await due(database)
    await database.write(lambda uow: usecases.end(uow, asked.id))
    assert await status(database, asked) is E.ACTIVE
    clock.advance(timedelta(days=53, minutes=1))
    assert [job.payload["news"] for job in await due(database) if job.kind == "exemption.tell"] == ["ends_soon"]
    clock.advance(timedelta(days=8))
    await database.write(lambda uow: usecases.end(uow, asked.id))
    assert await status(database, asked) is E.ENDED
    assert [job.payload["news"] for job in await due(database) if job.kind == "exemption.tell"] == ["ended"]


async def test_what_nobody_decided_in_time_is_taken_back(database: Database, clock: MovableClock) -> None:
    """A yes after its day would exempt nothing, so it is not counted; whoever asked hears that nobody answered."""
    asked = await database.write(filed)
    clock.advance(timedelta(days=61))
    assert isinstance(await decide(database, asked.id), Over)
    await database.write(lambda uow: usecases.end(uow, asked.id))
    assert await status(database, asked) is E.WITHDRAWN
    assert [job.payload["news"] for job in await due(database) if job.kind == "exemption.tell"] == ["undecided"]


async def test_only_those_it_concerns_take_it_back(database: Database) -> None:
    """The author and the owner may, until it is decided; for anybody else it does not exist."""
    asked = await database.write(lambda uow: filed(uow, by="hugo", owner="ben"))
    for delivery, by, expected in (("1", "ada", Gone), ("2", "ben", Moved), ("3", "hugo", Over)):
        answer = await database.write(
            lambda uow, by=by, delivery=delivery: usecases.withdraw(  # type: ignore[misc]
                uow, actor=member(by), delivery=delivery, exemption_id=asked.id
            )
        )
        assert isinstance(answer, expected)
    assert await status(database, asked) is E.WITHDRAWN
