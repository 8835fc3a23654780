"""Home shows a person the seats that they lost, and to approvers all that waits."""

from bot.figures.awaiting import Awaiting
from bot.slack.surfaces import own_seats
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.own_seats import OwnSeats
from bot.slack.surfaces.taken import ASK_BACK
from bot.usecases import homes
from bot.usecases.homes import HomeFacts
from storage import people, reclaims
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus
from tests.bot.slack.words import buttons_of
from tests.bot.usecases.words import TEAM, member
from tests.storage.seat_world import asked, taken


async def facts(database: Database, who: str = "hugo", *, decides: bool = False) -> HomeFacts:
    """What their Home tab shows, where Jira is offered."""
    return await database.read(lambda uow: homes.facts(uow, actor=member(who), decides=decides, products=("jira",)))


def linked(uow: UnitOfWork, who: str) -> None:
    """The account is theirs."""
    person = people.find_or_add(uow, team_id=TEAM, slack_id=member(who).slack_id)
    people.link(uow, person.id, account_id="a1", email=None)


async def test_a_seat_that_was_taken_can_be_asked_back_on_home(database: Database) -> None:
    """The message about it is soon far up in the conversation; the row goes once the seat is back."""
    await database.write(lambda uow: linked(uow, "hugo"))
    lost = await database.write(lambda uow: taken(uow, "a1"))
    found = (await facts(database)).lost
    assert [one.id for one in found] == [lost.id]
    shown = own_seats.blocks(OwnSeats(reader="U0HUGO", lost=found), products={})
    assert buttons_of(Message(text="", blocks=shown)) == {ASK_BACK: lost.id}
    assert (await facts(database, "ben")).lost == ()
    await database.write(
        lambda uow: reclaims.move(uow, lost.id, source=ReclaimStatus.TAKEN, target=ReclaimStatus.RETURNED, reason_code="request")
    )
    assert (await facts(database)).lost == ()


async def test_what_waits_is_for_those_who_decide(database: Database) -> None:
    """Who asked to be left alone is nobody else's business."""
    await database.write(asked)
    assert (await facts(database, decides=True)).awaiting.exemptions.count == 1
    assert (await facts(database)).awaiting == Awaiting()
