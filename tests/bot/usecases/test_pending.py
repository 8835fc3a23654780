"""What the digest says is waiting, is."""

from datetime import timedelta

from bot.figures.awaiting import Awaiting, CardPlace, HeldScan, Pile, ProposedPlan
from bot.idle.plan_figures import PlanFigures
from bot.usecases.pending import awaiting
from storage import access_requests, batches, exemptions, scans, seats
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus, RequestStatus, ScanStatus, WarningStatus
from tests.bot.seat_history import plan, scan, take, warn
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import asked, exempt
from tests.storage.world import move, request

PRODUCTS = ("jira", "confluence")


def waiting(database: Database) -> Awaiting:
    """What waits now."""
    return database.read_now(lambda uow: awaiting(uow, PRODUCTS))


def test_nothing_waits_in_an_empty_house(database: Database) -> None:
    """Nobody is called for nothing."""
    assert waiting(database) == Awaiting()


def test_all_that_waits_is_counted_and_linked(database: Database, clock: MovableClock) -> None:
    """Requests, exemptions, the plan, held scans, stuck removals: counted, with the cards of those that wait longest."""

    def card(uow: UnitOfWork, number: int) -> None:
        one = request(uow)
        access_requests.card_posted(uow, one.id, channel="G0ADMINS", ts=f"{number}.0", version=1)

    for number in range(5):
        database.write_now(lambda uow, number=number: card(uow, number))  # type: ignore[misc]
        clock.advance(timedelta(minutes=1))

    def fill(uow: UnitOfWork) -> str:
        move(uow, request(uow), RequestStatus.APPROVED, RequestStatus.NEEDS_ATTENTION)
        wish = asked(uow)
        exemptions.card_posted(uow, wish.id, channel="G0ADMINS", ts="7.0", version=1)
        exempt(uow)
        take(uow, until=ReclaimStatus.NEEDS_ATTENTION)
        warn(uow, WarningStatus.UNDELIVERABLE)
        held = scan(uow, "confluence", idle=3, status=ScanStatus.HELD)
        seats.hold(uow, held.id, "confluence")
        scans.card_posted(uow, held.id, channel="G0ADMINS", ts="9.0")
        return plan(uow, members=12)

    batch = database.write_now(fill)
    assert waiting(database).plans == (ProposedPlan(seats=12, card=None),)
    database.write_now(lambda uow: batches.card_posted(uow, batch, channel="G0ADMINS", ts="8.0", version=1))
    assert waiting(database) == Awaiting(
        requests=Pile(count=5, cards=tuple(CardPlace("G0ADMINS", f"{number}.0") for number in range(3))),
        stuck_requests=Pile(count=1),
        exemptions=Pile(count=1, cards=(CardPlace("G0ADMINS", "7.0"),)),
        plans=(ProposedPlan(seats=12, card=CardPlace("G0ADMINS", "8.0")),),
        held=(HeldScan("confluence", card=CardPlace("G0ADMINS", "9.0")),),
        stuck_removals=1,
        unreached=1,
    )


def test_a_picture_of_plan_mode_waits_for_nobody(database: Database) -> None:
    """It has no buttons, so a button into it would lead nowhere."""
    database.write_now(lambda uow: batches.propose(uow, figures=PlanFigures(dry=True).to_json(), due_at=None))
    assert waiting(database).plans == ()


def test_a_plan_that_there_is_nothing_to_decide_about_waits_for_nobody(database: Database) -> None:
    """Everybody of it is back, or was reached since: whoever opened it would read that nobody is left."""

    def fill(uow: UnitOfWork) -> None:
        reached = warn(uow, WarningStatus.DROPPED)
        batches.propose(uow, figures=PlanFigures(unwarned=(reached.id,)).to_json(), due_at=None)

    database.write_now(fill)
    assert waiting(database).plans == ()


def test_a_held_list_waits_until_somebody_answers_or_nobody_is_left_on_it(database: Database, clock: MovableClock) -> None:
    """The scan of the next morning answers nothing: its people are held still, and nobody else reminds of them."""

    def hold(uow: UnitOfWork) -> None:
        held = scan(uow, idle=3, status=ScanStatus.HELD)
        assert seats.hold(uow, held.id, "jira") == 3

    database.write_now(hold)
    clock.advance(timedelta(days=1))
    database.write_now(lambda uow: scan(uow, idle=3))
    assert waiting(database).held == (HeldScan("jira"),)
    clock.advance(timedelta(days=1))
    database.write_now(lambda uow: scan(uow, active=3))
    assert waiting(database).held == ()
