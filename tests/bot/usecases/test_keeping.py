"""Keep and let go: one answer counts, it is that of the person who was asked, and it comes before any plan."""

import asyncio
from datetime import timedelta

import pytest

from bot.codes import Kept
from bot.settings import Settings, load
from bot.usecases import keeping
from bot.usecases.answers import Gone, Seen
from bot.usecases.keeping import Answered, KeepAnswer, NotYours, Settled, TooLate
from bot.usecases.warnings import end
from storage import audit, people, reclaims, seats, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus, WarningStatus
from storage.records import Reclaim
from storage.seat_records import SeatWarning
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.words import TEAM, due, member
from tests.storage.seat_world import REMOVAL, planned, seen
from tests.storage.seat_world import proposed as batch

R, W = ReclaimStatus, WarningStatus


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings, with removal turned on."""
    outside.set(COMPLETE | {"COMEBACK_IDLE__MODE": "reclaim"})
    return load()


def asked(uow: UnitOfWork, *, account_id: str = "a1") -> SeatWarning:
    """Ada was asked about her seat of Jira two weeks ago."""
    ada = people.find_or_add(uow, team_id=TEAM, slack_id="U0ADA")
    seats.see(uow, "jira", "story", [seen(account_id)])
    warning = warnings.open_(uow, account_id=account_id, product="jira", person_id=ada.id, slack_id="U0ADA")
    assert warning is not None
    warnings.sent(uow, warning.id, channel="D1", ts="1.1", plan_at=uow.now)
    return warnings.get(uow, warning.id) or warning


async def keep(database: Database, warning_id: str, settings: Settings, *, by: str = "ada", delivery: str = "action:1") -> KeepAnswer:
    """*by* presses Keep."""
    return await database.write(
        lambda uow: keeping.keep(uow, actor=member(by), delivery=delivery, warning_id=warning_id, settings=settings)
    )


async def let_go(database: Database, warning_id: str, *, by: str = "ada", delivery: str = "action:2") -> KeepAnswer:
    """*by* presses Let it go."""
    return await database.write(lambda uow: keeping.let_go(uow, actor=member(by), delivery=delivery, warning_id=warning_id))


async def status(database: Database, warning: SeatWarning) -> WarningStatus:
    """How the warning stands."""
    found = await database.read(lambda uow: warnings.get(uow, warning.id))
    assert found is not None
    return found.status


async def test_a_keep_is_remembered_and_drawn(database: Database, settings: Settings) -> None:
    """The seat is left alone for the days of the settings, the message is redrawn, and the trail names the warning alone."""
    warning = await database.write(asked)
    assert isinstance(await keep(database, warning.id, settings), Answered)
    assert {job.kind for job in await due(database)} == {"warning.redraw", "home.publish"}
    found = await database.read(lambda uow: (seats.get(uow, "a1", "jira"), list(audit.entries(uow))))
    seat, trail = found
    assert seat is not None
    assert seat.kept_until is not None
    assert seat.kept_until - trail[-1].at == timedelta(days=settings.idle.keep_days)
    assert [entry.kind for entry in trail] == ["warning.kept"]


async def test_somebody_else_is_not_heard(database: Database, settings: Settings) -> None:
    """A forged id changes nothing and is written down; a made-up one is nobody's."""
    warning = await database.write(asked)
    assert isinstance(await keep(database, warning.id, settings, by="hugo"), NotYours)
    assert isinstance(await let_go(database, warning.id, by="hugo"), NotYours)
    assert isinstance(await keep(database, "no-such-warning", settings, delivery="action:3"), Gone)
    assert await status(database, warning) is W.OPEN
    kinds = [entry.kind for entry in await database.read(lambda uow: list(audit.entries(uow)))]
    assert kinds == ["warning.not_theirs"] * 2


async def test_the_same_click_delivered_twice_is_one(database: Database, settings: Settings) -> None:
    """A replayed delivery finds its key taken; a second click is told how it ended."""
    warning = await database.write(asked)
    await keep(database, warning.id, settings)
    assert isinstance(await keep(database, warning.id, settings), Seen)
    answer = await let_go(database, warning.id)
    assert isinstance(answer, Settled)
    assert answer.warning.status is W.KEPT


async def test_what_was_let_go_may_be_kept_and_not_the_other_way_round(database: Database, settings: Settings) -> None:
    """Changing one's mind for the seat is always possible; letting go twice says nothing new."""
    warning = await database.write(asked)
    assert isinstance(await let_go(database, warning.id), Answered)
    assert isinstance(await let_go(database, warning.id, delivery="action:3"), Settled)
    assert isinstance(await keep(database, warning.id, settings), Answered)
    assert await status(database, warning) is W.KEPT


@pytest.mark.parametrize("agreed", [False, True])
async def test_a_keep_takes_the_seat_out_of_the_plan(database: Database, settings: Settings, agreed: bool) -> None:
    """Planned, and even agreed to: as long as nothing was taken, the holder's word comes first."""

    def work(uow: UnitOfWork) -> tuple[SeatWarning, Reclaim]:
        warning = asked(uow)
        one = planned(uow, "a1", warning_id=warning.id, batch_id=batch(uow).id)
        if agreed:
            reclaims.move(uow, one.id, source=R.PLANNED, target=R.APPROVED)
        return warning, one

    warning, one = await database.write(work)
    assert isinstance(await keep(database, warning.id, settings), Answered)
    stopped = await database.read(lambda uow: reclaims.get(uow, one.id))
    assert stopped is not None
    assert (stopped.status, stopped.reason_code) == (R.STOPPED, Kept.KEPT.value)
    assert await status(database, warning) is W.KEPT


async def test_what_is_being_taken_is_not_half_stopped(database: Database, settings: Settings) -> None:
    """A step may have been sent: stopping there would leave neither a seat nor a way back, so the person is told to ask for it."""

    def work(uow: UnitOfWork) -> tuple[SeatWarning, Reclaim]:
        warning = asked(uow)
        one = planned(uow, "a1", warning_id=warning.id)
        reclaims.move(uow, one.id, source=R.PLANNED, target=R.APPROVED)
        reclaims.move(uow, one.id, source=R.APPROVED, target=R.TAKING, removal=REMOVAL)
        return warning, one

    warning, one = await database.write(work)
    assert isinstance(await keep(database, warning.id, settings), TooLate)
    taking = await database.read(lambda uow: reclaims.get(uow, one.id))
    assert taking is not None
    assert taking.status is R.TAKING
    assert await status(database, warning) is W.OPEN


async def test_two_answers_at_once_end_as_one(database: Database, settings: Settings) -> None:
    """Both buttons in the same moment, many times over: keep wins or comes second, and the seat is kept in any case."""
    ids = [(await database.write(lambda uow, n=n: asked(uow, account_id=f"a{n}"))).id for n in range(10)]  # type: ignore[misc]
    clicks = [
        click
        for warning_id in ids
        for click in (
            keep(database, warning_id, settings, delivery=f"k:{warning_id}"),
            let_go(database, warning_id, delivery=f"l:{warning_id}"),
        )
    ]
    await asyncio.gather(*clicks)
    for warning_id in ids:
        found = await database.read(lambda uow, one=warning_id: warnings.get(uow, one))  # type: ignore[misc]
        assert found is not None
        assert found.status is W.KEPT


@pytest.mark.parametrize("addressed", [True, False])
async def test_an_answer_under_an_old_question_is_for_the_new_one(database: Database, settings: Settings, addressed: bool) -> None:
    """The old message is redrawn at leisure: whoever keeps their seat there keeps it, once they were asked anew."""
    old = await database.write(asked)
    await database.write(lambda uow: end(uow, old.id, target=W.ENDED, code=Kept.OVERTAKEN.value))

    def again(uow: UnitOfWork) -> SeatWarning:
        if addressed:
            return asked(uow)
        new = warnings.open_(uow, account_id="a1", product="jira", person_id=None, slack_id=None)
        assert new is not None
        return new

    new = await database.write(again)
    answer = await keep(database, old.id, settings)
    assert isinstance(answer, Answered if addressed else Settled)
    assert (await status(database, old), await status(database, new)) == (W.ENDED, W.KEPT if addressed else W.OPEN)
