"""What a return changes beside the seat: every message that said that it was freed."""

import pytest

from bot.usecases import held
from bot.usecases import reclaims as taking
from storage import people, reclaims, seats, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus
from storage.seat_records import SeatWarning
from tests.bot.usecases.words import TEAM, due
from tests.storage.seat_world import REMOVAL, seen

R = ReclaimStatus


def taken_after_a_warning(uow: UnitOfWork) -> SeatWarning:
    """Ada was asked, said nothing, and her seat of Jira was taken."""
    ada = people.find_or_add(uow, team_id=TEAM, slack_id="U0ADA")
    seats.see(uow, "jira", "story", [seen("a1")])
    warning = warnings.open_(uow, account_id="a1", product="jira", person_id=ada.id, slack_id="U0ADA")
    assert warning is not None
    warnings.sent(uow, warning.id, channel="D1", ts="1.1", plan_at=uow.now)
    one = reclaims.plan(uow, account_id="a1", product="jira", last_active_at=None, warning_id=warning.id)
    assert one is not None
    for source, target in ((R.PLANNED, R.APPROVED), (R.APPROVED, R.TAKING)):
        reclaims.move(uow, one.id, source=source, target=target, removal=REMOVAL if target is R.TAKING else None)
    taking.record_taken(uow, one.id)
    return warnings.get(uow, warning.id) or warning


@pytest.mark.parametrize("how", [held.BY_REQUEST, held.BY_UNDO, held.BY_ITSELF])
async def test_a_return_draws_the_warning_anew(database: Database, how: str) -> None:
    """However the seat came back: a message that names the way back beside one that says "you have it again" is wrong."""
    warning = await database.write(taken_after_a_warning)
    await due(database)
    assert not await database.read(lambda uow: held.is_back(uow, warning))
    await database.write(lambda uow: held.record_return(uow, "a1", "jira", how=how))
    assert "warning.redraw" in [job.kind for job in await due(database)]
    assert await database.read(lambda uow: held.is_back(uow, warning))


async def test_what_is_taken_again_says_nothing_of_the_time_before(database: Database) -> None:
    """Each warning speaks of its own removal: the first one's seat did come back."""
    first = await database.write(taken_after_a_warning)
    await database.write(lambda uow: held.record_return(uow, "a1", "jira", how=held.BY_REQUEST))
    second = await database.write(taken_after_a_warning)
    assert await database.read(lambda uow: (held.is_back(uow, first), held.is_back(uow, second))) == (True, False)
