"""What keeps a seat, and a decision about one, from the wrong hands: broken data, one's own return, somebody else's exemption."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from atlassian.access import Snapshot
from atlassian.removal import Removal
from bot.idle.plan_figures import PlanFigures
from bot.jobs.exemptions import AnswerWish, FileExemption
from bot.jobs.seats import TakeSeat
from bot.settings import Settings, load
from bot.usecases import batches as usecases
from bot.usecases import proposing, scans, undoing, wishes
from bot.usecases import reclaims as taking
from bot.usecases.answers import Checking
from bot.usecases.plan_answers import Moved
from bot.usecases.progress import lock_with_plans
from storage import batches, exemptions, outbox, people, reclaims, warnings
from storage import scans as stored
from storage.db import Database, UnitOfWork
from storage.lifecycle import BatchStatus, ExemptionStatus, ReclaimStatus, ScanOrigin, ScanStatus
from storage.records import Reclaim
from storage.seat_records import Batch, Exemption
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.test_batches import a_plan, approve, click, idle, now, of, taken, warned
from tests.bot.usecases.words import TEAM, due
from tests.fixtures.clock import MovableClock


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings, with removal turned on."""
    outside.set(COMPLETE | {"COMEBACK_IDLE__MODE": "reclaim"})
    return load()


async def _scan(database: Database, clock: MovableClock, target: ScanStatus) -> None:
    def unit(uow: UnitOfWork) -> None:
        begun = stored.start(uow, product="jira", origin=ScanOrigin.SCHEDULE)
        assert begun is not None
        stored.end(uow, begun.id, target=target, figures={})

    clock.advance(timedelta(hours=1))
    await database.write(unit)


async def test_no_plan_is_made_of_what_a_breaker_distrusts(database: Database, clock: MovableClock, settings: Settings) -> None:
    """A stopped scan says that the activity may be wrong, so whoever looks idle may not be; the next believed scan ends the doubt."""

    def due_seat(uow: UnitOfWork) -> None:
        idle(uow, "a1")
        warned(uow, "a1")

    def propose(uow: UnitOfWork) -> Batch | None:
        return proposing.propose(uow, settings=settings)

    await database.write(due_seat)
    await _scan(database, clock, ScanStatus.COMPLETE)
    await _scan(database, clock, ScanStatus.STOPPED)
    assert await database.write(propose) is None
    assert await database.read(lambda uow: scans.is_doubted(uow, "jira"))
    await _scan(database, clock, ScanStatus.COMPLETE)
    assert await database.write(propose) is not None


async def test_a_plan_that_grew_is_approved_by_its_new_card_only(database: Database, settings: Settings) -> None:
    """Somebody nobody could warn was added: whoever presses the card of before has not read that."""

    def around(uow: UnitOfWork) -> tuple[Batch, str]:
        for account_id, slack_id in (("a1", "U0X"), ("jenkins", None)):
            idle(uow, account_id)
            warned(uow, account_id, slack_id=slack_id)
        jenkins = warnings.open_of(uow, "jenkins", "jira")
        plan = proposing.propose(uow, settings=settings)
        assert plan is not None
        assert jenkins is not None
        return plan, jenkins.id

    batch, warning_id = await database.write(around)
    figures = PlanFigures.from_json(batch.figures)
    await database.write(lambda uow: batches.note(uow, batch.id, figures=replace(figures, unwarned=(warning_id,)).to_json()))
    await database.write(lambda uow: batches.card_posted(uow, batch.id, channel="C1", ts="1.1", version=2))
    await database.write(
        lambda uow: usecases.edit(uow, click(uow, batch.id, by="omar"), delivery="view:1", chosen={warning_id}, settings=settings)
    )
    assert isinstance(await approve(database, settings, batch.id), Checking)
    assert (await now(database, batch)).status is BatchStatus.PROPOSED
    version = (await now(database, batch)).version
    await database.write(lambda uow: batches.card_drawn(uow, batch.id, version=version))
    assert isinstance(await approve(database, settings, batch.id, key="action:2"), Moved)


async def test_nobody_puts_their_own_seat_back(database: Database, settings: Settings) -> None:
    """Whoever became an approver after their seat was taken asks for it like everybody else."""
    batch = await a_plan(database, settings, "a1", "a2")
    await taken(database, batch, settings)

    def link(uow: UnitOfWork) -> None:
        omar = people.find_or_add(uow, team_id=TEAM, slack_id="U0OMAR")
        people.link(uow, omar.id, account_id="a1", email=None)

    await database.write(link)
    await database.write(lambda uow: undoing.undo_all(uow, click(uow, batch.id, by="omar"), delivery="action:undo", settings=settings))
    asked = {job.payload["account_id"] for job in await due(database) if job.kind == "seat.undo"}
    assert asked == {"a2"}
    assert {one.status for one in (await of(database, batch)).values()} == {ReclaimStatus.TAKEN}


def _wish(uow: UnitOfWork, settings: Settings, *, by: str, account_id: str = "a1", days: int = 60) -> Exemption | None:
    until = (uow.now + timedelta(days=days)).isoformat()
    job = FileExemption(
        team_id=TEAM, slack_id=f"U0{by.upper()}", owner_slack_id="U0ADA", product="jira", warning_id=None, until=until, reason="r"
    )
    return wishes.file(uow, job, account_id=account_id, settings=settings, facts={})


async def test_nothing_is_taken_beside_a_wish_that_was_just_filed(database: Database, settings: Settings) -> None:
    """Its author reads that nobody takes the seat until it is decided: a last look that came before does not count."""
    batch = await a_plan(database, settings, "a1")
    await approve(database, settings, batch.id)
    one = (await of(database, batch))["a1"]
    assert await database.write(lambda uow: _wish(uow, settings, by="ada")) is not None
    removal = Removal(snapshot=Snapshot(groups=()))

    def begin(uow: UnitOfWork) -> bool:
        job = next(job for job in outbox.claim(uow, limit=10) if job.kind == TakeSeat.kind)
        return taking.begin(uow, {one.id: removal}, job=job, seconds=12)

    assert not await database.write(begin)
    assert (await of(database, batch))["a1"].status is ReclaimStatus.APPROVED


async def test_no_wish_is_filed_for_a_seat_that_is_gone(database: Database, settings: Settings) -> None:
    """Nobody may read that a seat is left alone which was taken already; they read how it comes back."""
    batch = await a_plan(database, settings, "a1")
    await taken(database, batch, settings)
    await due(database)
    assert await database.write(lambda uow: _wish(uow, settings, by="ada")) is None
    assert [job.payload["news"] for job in await due(database) if job.kind == AnswerWish.kind] == ["exemption.too_late"]


async def test_two_plans_of_one_account_are_locked_in_one_order(database: Database, settings: Settings) -> None:
    """Two units that lock the same plans crosswise would wait for each other until the database ends one of them."""

    def arrange(uow: UnitOfWork) -> tuple[list[Batch], list[Reclaim | None]]:
        plans = [batches.propose(uow, figures={}, due_at=None) for _ in range(2)]
        # The later plan has the earlier reclaim.
        made = [
            reclaims.plan(uow, account_id="a1", product=key, last_active_at=None, batch_id=one.id)
            for key, one in (("jira", plans[1]), ("x", plans[0]))
        ]
        return plans, made

    plans, members = await database.write(arrange)
    holds, runs = threading.Event(), list[str]()

    def crosswise(uow: UnitOfWork) -> None:
        runs.append("ours")
        batches.lock(uow, plans[0].id)
        holds.set()
        threading.Event().wait(0.4)
        batches.lock(uow, plans[1].id)

    def both(uow: UnitOfWork) -> None:
        runs.append("theirs")
        assert lock_with_plans(uow, [one.id for one in members if one is not None]) == members

    ours = asyncio.create_task(database.write(crosswise, wait_seconds=20))
    assert await asyncio.to_thread(holds.wait, 10)
    await database.write(both, wait_seconds=20)
    await ours
    assert sorted(runs) == ["ours", "theirs"]


async def test_a_stranger_replaces_nobodys_exemption(database: Database, settings: Settings) -> None:
    """One that was agreed to ends early for its author's or its owner's longer wish only."""

    def unit(uow: UnitOfWork) -> list[bool]:
        first = _wish(uow, settings, by="ada")
        grace = people.find_or_add(uow, team_id=TEAM, slack_id="U0GRACE")
        assert first is not None
        exemptions.move(uow, first.id, source=ExemptionStatus.ASKED, target=ExemptionStatus.ACTIVE, decided_by=grace.id)
        return [_wish(uow, settings, by="mallory", days=90) is not None, _wish(uow, settings, by="ada", days=90) is not None]

    assert await database.write(unit) == [False, True]


async def test_one_person_has_only_so_many_wishes_open(database: Database, settings: Settings) -> None:
    """Each is a card for the admins, and keeps a seat from being asked about until somebody decides."""

    def unit(uow: UnitOfWork) -> int:
        return sum(_wish(uow, settings, by="mallory", account_id=f"a{n}") is not None for n in range(wishes.MOST_WISHES + 3))

    assert await database.write(unit) == wishes.MOST_WISHES
    assert await database.read(lambda uow: reclaims.open_of(uow, "a1", "jira")) is None
