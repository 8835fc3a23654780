"""Plans in the database, on both kinds: what is proposed, who decides it, and what becomes of everybody in it."""

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.codes import Kept, NotUndone
from bot.idle.plan_figures import ASKED, EDITED, PlanFigures
from bot.settings import Settings, load
from bot.slack.surfaces import plan
from bot.usecases import batches as usecases
from bot.usecases import held, proposing, undoing
from bot.usecases import reclaims as taking
from bot.usecases.answers import Checking, Gone, NotAllowed
from bot.usecases.plan_answers import Moved, PlanAnswer, PlanClick, SeenBefore, TooLate, TurnedOff
from bot.usecases.plan_reading import view_of
from storage import audit, batches, erasure, exemptions, people, reclaims, seats, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import BatchStatus, ExemptionStatus, ReclaimStatus, SeatActivity, WarningStatus
from storage.records import Reclaim
from storage.seat_records import Batch, SeatWarning, SeenSeat
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.words import CHANNEL, approvers, due, member
from tests.fixtures.clock import MovableClock

REMOVAL = {"steps": [], "snapshot": {"groups": []}}


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings, with removal turned on."""
    outside.set(COMPLETE | {"COMEBACK_IDLE__MODE": "reclaim"})
    return load()


def idle(uow: UnitOfWork, account_id: str, *, days: int | None = 200, activity: SeatActivity = SeatActivity.IDLE) -> None:
    """A seat that the last scan saw, unused for so many days; None is never."""
    last = None if days is None else uow.now - timedelta(days=days)
    seen = SeenSeat(account_id=account_id, name=account_id, email=None, added_at=None, last_active_at=last, activity=activity)
    seats.see(uow, "jira", "scan", [seen])


def warned(uow: UnitOfWork, account_id: str, *, in_days: int = 0, slack_id: str | None = "U0X") -> SeatWarning:
    """Its holder was warned, and the seat may be planned in so many days."""
    warning = warnings.open_(uow, account_id=account_id, product="jira", person_id=None, slack_id=slack_id)
    assert warning is not None
    if slack_id is None:
        warnings.move(uow, warning.id, source=WarningStatus.OPEN, target=WarningStatus.UNDELIVERABLE)
    else:
        warnings.sent(uow, warning.id, channel="D1", ts="1.1", plan_at=uow.now + timedelta(days=in_days))
    return warnings.get(uow, warning.id) or warning


async def a_plan(database: Database, settings: Settings, *accounts: str) -> Batch:
    """A plan of these accounts' seats."""

    def unit(uow: UnitOfWork) -> Batch | None:
        for account_id in accounts:
            idle(uow, account_id)
            warned(uow, account_id)
        return proposing.propose(uow, settings=settings)

    batch = await database.write(unit)
    assert batch is not None
    return batch


async def of(database: Database, batch: Batch) -> dict[str, Reclaim]:
    """The plan's reclaims by account."""
    return {one.account_id: one for one in await database.read(lambda uow: reclaims.of_batch(uow, batch.id))}


async def now(database: Database, batch: Batch) -> Batch:
    """The plan as it now is."""
    found = await database.read(lambda uow: batches.get(uow, batch.id))
    assert found is not None
    return found


def click(uow: UnitOfWork, batch_id: str, *, by: str = "grace", age: timedelta = timedelta(0)) -> PlanClick:
    """*by* presses, when grace and omar were approvers as of *age* ago."""
    facts = approvers("grace", "omar", read_at=uow.now - age)
    return PlanClick(actor=member(by), batch_id=batch_id, approvers=facts, channel=CHANNEL)


async def approve(
    database: Database, settings: Settings, batch_id: str, *, by: str = "grace", key: str = "action:1", age: timedelta = timedelta(0)
) -> PlanAnswer:
    """*by* approves."""
    return await database.write(lambda uow: usecases.approve(uow, click(uow, batch_id, by=by, age=age), delivery=key, settings=settings))


async def taken(database: Database, batch: Batch, settings: Settings) -> None:
    """The plan was approved, and all its seats are taken."""
    await approve(database, settings, batch.id)
    for one in (await of(database, batch)).values():
        await database.write(lambda uow, one=one: _take(uow, one))  # type: ignore[misc]


def _take(uow: UnitOfWork, one: Reclaim) -> None:
    reclaims.move(uow, one.id, source=ReclaimStatus.APPROVED, target=ReclaimStatus.TAKING, removal=REMOVAL)
    taking.record_taken(uow, one.id)


async def test_only_who_is_due_and_idle_is_planned(database: Database, settings: Settings) -> None:
    """Whose day has not come, who is used again, held, kept or exempt stays out, whatever their warning says."""

    def unit(uow: UnitOfWork) -> Batch | None:
        for account_id in ("due", "early", "kept", "exempt", "used", "unknown"):
            activity = {"used": SeatActivity.ACTIVE, "unknown": SeatActivity.UNKNOWN}.get(account_id, SeatActivity.IDLE)
            idle(uow, account_id, activity=activity)
            warned(uow, account_id, in_days=1 if account_id == "early" else 0)
        seats.keep(uow, "kept", "jira", uow.now + timedelta(days=3))
        ada, grace = (people.find_or_add(uow, team_id="T0ACME", slack_id=one) for one in ("U0ADA", "U0GRACE"))
        until = uow.now + timedelta(days=9)
        asked = exemptions.ask(uow, account_id="exempt", product="jira", asked_by=ada.id, owner_id=ada.id, reason="away", until=until)
        assert asked is not None
        exemptions.move(uow, asked.id, source=ExemptionStatus.ASKED, target=ExemptionStatus.ACTIVE, decided_by=grace.id)
        return proposing.propose(uow, settings=settings)

    batch = await database.write(unit)
    assert batch is not None
    assert list(await of(database, batch)) == ["due"]


async def test_whoever_used_it_after_the_warning_is_not_planned(database: Database, settings: Settings, clock: MovableClock) -> None:
    """Removal was off for months, they worked, and are idle again: the old warning spoke of another idleness."""
    await database.write(lambda uow: warned(uow, "ada"))
    clock.advance(timedelta(days=200))
    await database.write(lambda uow: idle(uow, "ada", days=120))
    assert await database.write(lambda uow: proposing.propose(uow, settings=settings)) is None
    dropped = await database.read(lambda uow: warnings.to_drop(uow, "jira", "scan", limit=10))
    assert [one.account_id for one in dropped] == ["ada"]


async def test_a_word_that_is_too_old_plans_nobody(database: Database, settings: Settings, clock: MovableClock) -> None:
    """Two months after the day that it named, even before a scan has ended the warning; who let go is planned all the same."""

    def unit(uow: UnitOfWork) -> None:
        for account_id in ("ada", "ben"):
            idle(uow, account_id)
            warned(uow, account_id)
        let_go = warnings.open_of(uow, "ben", "jira")
        assert let_go is not None
        warnings.move(uow, let_go.id, source=WarningStatus.OPEN, target=WarningStatus.LET_GO)

    await database.write(unit)
    clock.advance(timedelta(days=61))
    batch = await database.write(lambda uow: proposing.propose(uow, settings=settings))
    assert batch is not None
    assert list(await of(database, batch)) == ["ben"]


async def test_a_plan_ends_as_its_renewal_begins(database: Database, outside: Outside, clock: MovableClock) -> None:
    """From then on what it takes is paid for: an approval that comes later takes nothing."""
    renewal = (clock.now() + timedelta(days=3)).date()
    outside.set(COMPLETE | {"COMEBACK_IDLE__MODE": "reclaim", "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": str(renewal.day)})
    settings = load()
    batch = await a_plan(database, settings, "ada")
    assert batch.due_at == datetime.combine(renewal, time(), UTC)
    clock.advance(batch.due_at - clock.now() + timedelta(seconds=1))
    assert isinstance(await approve(database, settings, batch.id), TooLate)
    assert (await of(database, batch))["ada"].status is ReclaimStatus.PLANNED


async def test_a_plan_that_nobody_is_left_in_holds_up_no_other(database: Database, settings: Settings) -> None:
    """All its members have kept their access: those who are due by now are planned, though its card was never answered."""
    first = await a_plan(database, settings, "ada")
    assert await database.write(lambda uow: proposing.propose(uow, settings=settings)) is None
    one = (await of(database, first))["ada"]
    await database.write(lambda uow: taking.record_kept(uow, one.id, code=Kept.KEPT))
    second = await a_plan(database, settings, "ben")
    assert list(await of(database, second)) == ["ben"]


async def test_who_let_go_is_planned_at_once(database: Database, settings: Settings) -> None:
    """Nobody has to wait for the end of a warning that was answered."""

    def unit(uow: UnitOfWork) -> Batch | None:
        idle(uow, "ada")
        warning = warned(uow, "ada", in_days=14)
        warnings.move(uow, warning.id, source=WarningStatus.OPEN, target=WarningStatus.LET_GO)
        return proposing.propose(uow, settings=settings)

    assert await database.write(unit) is not None


async def test_a_window_that_is_closed_waits(database: Database, outside: Outside, clock: MovableClock) -> None:
    """A seat that goes early saves nothing before the renewal: it is planned in the days before that."""
    today = clock.now().date()
    renewal = today + timedelta(days=20)
    outside.set(COMPLETE | {"COMEBACK_IDLE__MODE": "reclaim", "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": str(renewal.day)})
    settings = load()

    def arrange(uow: UnitOfWork) -> None:
        idle(uow, "ada")
        warned(uow, "ada")

    await database.write(arrange)
    assert await database.write(lambda uow: proposing.propose(uow, settings=settings)) is None
    clock.advance(timedelta(days=16))
    batch = await database.write(lambda uow: proposing.propose(uow, settings=settings))
    assert batch is not None
    assert PlanFigures.from_json(batch.figures).products["jira"].renewal == renewal


async def test_longest_idle_come_first_and_no_more_than_allowed(database: Database, outside: Outside) -> None:
    """Never used, then the longest unused; the rest waits for the next plan, which waits for the answer to this one."""
    outside.set(COMPLETE | {"COMEBACK_IDLE__MODE": "reclaim", "COMEBACK_IDLE__MAX_PER_RUN": "2"})
    settings = load()

    def unit(uow: UnitOfWork) -> Batch | None:
        for account_id, days in (("a", 100), ("b", 300), ("c", None), ("d", 200)):
            idle(uow, account_id, days=days)
            warned(uow, account_id)
        return proposing.propose(uow, settings=settings)

    batch = await database.write(unit)
    assert batch is not None
    assert list(await of(database, batch)) == ["c", "b"]
    assert await database.write(lambda uow: proposing.propose(uow, settings=settings)) is None
    await approve(database, settings, batch.id)
    second = await database.write(lambda uow: proposing.propose(uow, settings=settings))
    assert second is not None
    assert list(await of(database, second)) == ["d", "a"]


async def test_a_plan_says_how_many_more_are_due(database: Database, outside: Outside) -> None:
    """Two hundred seats are not all, where a plan takes two hundred: whoever agrees to them knows that the next follows."""
    outside.set(COMPLETE | {"COMEBACK_IDLE__MODE": "reclaim", "COMEBACK_IDLE__MAX_PER_RUN": "2"})
    settings = load()
    batch = await a_plan(database, settings, *(f"a{number}" for number in range(5)))
    assert PlanFigures.from_json(batch.figures).left_over == 3
    view = await database.read(lambda uow: view_of(uow, batch.id, settings))
    assert view is not None
    assert "3 more seats are due, and come with the next plan" in json.dumps([block.to_dict() for block in plan.render(view).blocks])


async def test_the_nearest_renewal_comes_first(database: Database, outside: Outside, clock: MovableClock) -> None:
    """Whoever found no room is still in time where there is more of it; their product is in the next plan, with whom nobody could warn."""

    def seat(uow: UnitOfWork, account_id: str, product: str, *, days: int, reached: bool = True) -> None:
        last = uow.now - timedelta(days=days)
        seen = SeenSeat(account_id=account_id, name=None, email=None, added_at=None, last_active_at=last, activity=SeatActivity.IDLE)
        seats.see(uow, product, "scan", [seen])
        warning = warnings.open_(uow, account_id=account_id, product=product, person_id=None, slack_id="U0X" if reached else None)
        assert warning is not None
        if reached:
            warnings.sent(uow, warning.id, channel="D1", ts="1.1", plan_at=uow.now)
        else:
            warnings.move(uow, warning.id, source=WarningStatus.OPEN, target=WarningStatus.UNDELIVERABLE)

    await database.write(lambda uow: seat(uow, "machine", "confluence", days=400, reached=False))
    clock.advance(timedelta(days=15))
    renewals = {
        f"COMEBACK_PRODUCTS__{key}__RENEWAL_DAY": str((clock.now() + timedelta(days=ahead)).day)
        for key, ahead in (("JIRA", 2), ("CONFLUENCE", 4))
    }
    wiki = {"COMEBACK_PRODUCTS__CONFLUENCE__RESOURCE": "ari:cloud:confluence::site/1"}
    outside.set(COMPLETE | wiki | renewals | {"COMEBACK_IDLE__MODE": "reclaim", "COMEBACK_IDLE__MAX_PER_RUN": "1"})
    settings = load()
    await database.write(lambda uow: seat(uow, "a", "confluence", days=300))
    await database.write(lambda uow: seat(uow, "a", "jira", days=100))
    for product in ("jira", "confluence"):
        batch = await database.write(lambda uow: proposing.propose(uow, settings=settings))
        assert batch is not None
        assert [one.product for one in await database.read(lambda uow, batch=batch: reclaims.of_batch(uow, batch.id))] == [product]  # type: ignore[misc]
        assert list(PlanFigures.from_json(batch.figures).products) == [product]


async def test_a_plan_that_only_names_people_gives_way_to_seats(database: Database, settings: Settings, clock: MovableClock) -> None:
    """Whom nobody could warn is asked about once; as soon as seats are due, one plan has both, and the earlier one ends."""

    def missed(uow: UnitOfWork) -> SeatWarning:
        idle(uow, "ada")
        return warned(uow, "ada", slack_id=None)

    warning = await database.write(missed)
    clock.advance(timedelta(days=15))
    first = await database.write(lambda uow: proposing.propose(uow, settings=settings))
    assert first is not None
    assert await database.write(lambda uow: proposing.propose(uow, settings=settings)) is None
    second = await a_plan(database, settings, "ben")
    assert PlanFigures.from_json(second.figures).unwarned == (warning.id,)
    assert (await now(database, first)).status is BatchStatus.EXPIRED
    assert list(await of(database, second)) == ["ben"]


async def test_many_approvers_at_once_make_one_decision(database: Database, settings: Settings) -> None:
    """Six clicks in one moment, on both databases: one approval, one job for each seat, five who are told."""
    batch = await a_plan(database, settings, "ada", "ben")
    await due(database)
    names = ("grace", "omar") * 3
    answers = await asyncio.gather(
        *(approve(database, settings, batch.id, by=name, key=f"action:{number}") for number, name in enumerate(names))
    )
    assert sum(isinstance(answer, Moved) for answer in answers) == 1
    assert sum(isinstance(answer, TooLate) for answer in answers) == 5
    kinds = [job.kind for job in await due(database)]
    assert kinds.count("seat.take") >= 1
    assert kinds.count("notice.whisper") == 5


async def test_seats_leave_room_for_people(database: Database, settings: Settings, clock: MovableClock) -> None:
    """The removals of a plan are spread, so that a grant that is approved meanwhile need not wait for all of them."""
    batch = await a_plan(database, settings, *(f"a{number}" for number in range(10)))
    await due(database)
    await approve(database, settings, batch.id)
    assert [job.kind for job in await due(database)].count("seat.take") == 1
    clock.advance(timedelta(minutes=1))
    assert [job.kind for job in await due(database)].count("seat.take") == 9


@pytest.mark.parametrize(("by", "age", "expected"), [("hugo", 0, NotAllowed), ("grace", 61, Checking)], ids=["no approver", "stale facts"])
async def test_only_approvers_on_fresh_facts_decide(database: Database, settings: Settings, by: str, age: int, expected: type) -> None:
    """Whoever presses without the right, or on old knowledge, changes nothing and is told."""
    batch = await a_plan(database, settings, "ada")
    await due(database)
    assert isinstance(await approve(database, settings, batch.id, by=by, age=timedelta(seconds=age)), expected)
    assert (await now(database, batch)).status is BatchStatus.PROPOSED
    assert [job.kind for job in await due(database)] == ["notice.whisper"]


async def test_the_same_click_twice_is_one(database: Database, settings: Settings) -> None:
    """A replayed delivery finds its key taken."""
    batch = await a_plan(database, settings, "ada")
    await approve(database, settings, batch.id)
    assert isinstance(await approve(database, settings, batch.id), SeenBefore)


async def test_removal_that_was_turned_off_takes_nothing(database: Database, settings: Settings, outside: Outside) -> None:
    """A plan of yesterday, and a mode of today: the settings win."""
    batch = await a_plan(database, settings, "ada")
    outside.set({"COMEBACK_IDLE__MODE": "plan"})
    assert isinstance(await approve(database, load(), batch.id), TurnedOff)
    assert (await now(database, batch)).status is BatchStatus.PROPOSED


async def test_an_approver_does_not_give_their_own_seat(database: Database, settings: Settings) -> None:
    """Whoever was made an approver meanwhile keeps theirs."""
    batch = await a_plan(database, settings, "a-grace", "ada")

    def link(uow: UnitOfWork) -> None:
        grace = people.find_or_add(uow, team_id="T0ACME", slack_id="U0GRACE")
        people.link(uow, grace.id, account_id="a-grace", email=None)

    await database.write(link)
    await approve(database, settings, batch.id)
    members = await of(database, batch)
    assert (members["a-grace"].status, members["a-grace"].reason_code) == (ReclaimStatus.STOPPED, "protected")
    assert members["ada"].status is ReclaimStatus.APPROVED


async def test_only_what_the_plan_showed_is_edited(database: Database, settings: Settings) -> None:
    """Ids of another plan, and warnings that it did not name, change nothing."""
    other = await a_plan(database, settings, "ben")
    await approve(database, settings, other.id, key="action:0")
    batch = await a_plan(database, settings, "ada")
    ben = (await of(database, other))["ben"]

    def unit(uow: UnitOfWork) -> PlanAnswer:
        idle(uow, "machine")
        stranger = warned(uow, "machine", slack_id=None)
        chosen = [ben.id, stranger.id]
        return usecases.edit(uow, click(uow, batch.id), delivery="view:1", chosen=chosen, settings=settings)

    assert isinstance(await database.write(unit), Moved)
    assert list(await of(database, batch)) == ["ada"]
    assert (await of(database, other))["ben"].status is ReclaimStatus.APPROVED


async def test_the_trail_tells_whom_an_edit_was_about(database: Database, settings: Settings) -> None:
    """Counts prove nothing afterwards: the entry names the reclaims, and each entry about a seat names its plan."""
    batch = await a_plan(database, settings, "ada", "ben")
    ada = (await of(database, batch))["ada"]
    await database.write(lambda uow: usecases.edit(uow, click(uow, batch.id), delivery="view:1", chosen=[ada.id], settings=settings))
    entries = await database.read(lambda uow: {entry.kind: json.loads(entry.body)["facts"] for entry in audit.entries(uow)})
    assert (entries["batch.edited"]["left_out_reclaims"], entries["batch.edited"]["added_reclaims"]) == ([ada.id], [])
    assert (entries["seat.kept"]["reclaim"], entries["seat.kept"]["batch"]) == (ada.id, batch.id)
    figures = PlanFigures.from_json((await now(database, batch)).figures)
    assert [(deed.what, figures.edits) for deed in figures.deeds] == [(EDITED, 1)]


async def test_who_was_left_out_is_left_in_peace(database: Database, settings: Settings) -> None:
    """Their warning ends, and the cool-down of a keep begins."""
    batch = await a_plan(database, settings, "ada")
    ada = (await of(database, batch))["ada"]
    await database.write(lambda uow: usecases.edit(uow, click(uow, batch.id), delivery="view:1", chosen=[ada.id], settings=settings))
    seat = await database.read(lambda uow: seats.get(uow, "ada", "jira"))
    assert seat is not None
    assert seat.kept_until is not None
    assert await database.read(lambda uow: warnings.open_of(uow, "ada", "jira")) is None


async def test_an_expired_plan_keeps_its_warnings(database: Database, settings: Settings) -> None:
    """Nobody said no: the next plan has the same people."""
    batch = await a_plan(database, settings, "ada")
    await database.write(lambda uow: usecases.expire(uow, batch.id, settings=settings))
    assert (await now(database, batch)).status is BatchStatus.EXPIRED
    again = await database.write(lambda uow: proposing.propose(uow, settings=settings))
    assert again is not None
    assert list(await of(database, again)) == ["ada"]


async def test_expiry_comes_too_late_for_a_decided_plan(database: Database, settings: Settings) -> None:
    """Its job is due a week later all the same."""
    batch = await a_plan(database, settings, "ada")
    await approve(database, settings, batch.id)
    await database.write(lambda uow: usecases.expire(uow, batch.id, settings=settings))
    assert (await now(database, batch)).status is BatchStatus.APPROVED


async def test_the_last_two_members_at_once_end_the_plan(database: Database, settings: Settings) -> None:
    """On both databases: neither leaves it to the other."""
    batch = await a_plan(database, settings, "ada", "ben")
    await taken(database, batch, settings)
    second = await a_plan(database, settings, "cleo", "dan")
    await approve(database, settings, second.id, key="action:2")
    ids = [one.id for one in (await of(database, second)).values()]
    await asyncio.gather(*(database.write(lambda uow, one=one: taking.record_kept(uow, one, code=Kept.NO_SEAT)) for one in ids))  # type: ignore[misc]
    assert (await now(database, batch)).status is BatchStatus.DONE
    assert (await now(database, second)).status is BatchStatus.DONE


async def test_a_seat_that_was_taken_ends_its_warning(database: Database, settings: Settings) -> None:
    """Its holder is told, and nobody warns them of a seat that they have not."""
    batch = await a_plan(database, settings, "ada")
    await due(database)
    await taken(database, batch, settings)
    assert await database.read(lambda uow: warnings.open_of(uow, "ada", "jira")) is None
    assert {"seat.tell", "warning.redraw", "plan.redraw"} <= {job.kind for job in await due(database)}


async def test_undo_begins_the_grace_anew(database: Database, settings: Settings) -> None:
    """Who got the seat back is not idle tonight, and the plan is over with its last seat."""
    batch = await a_plan(database, settings, "ada", "ben")
    await taken(database, batch, settings)
    await database.write(lambda uow: undoing.undo_all(uow, click(uow, batch.id), delivery="action:u", settings=settings))
    members = await of(database, batch)
    assert PlanFigures.from_json((await now(database, batch)).figures).undo == {one.id: ASKED for one in members.values()}
    await database.write(lambda uow: undoing.record_undone(uow, members["ada"].id))
    assert (await now(database, batch)).status is BatchStatus.UNDOING
    await database.write(lambda uow: undoing.record_not_undone(uow, members["ben"].id, code=NotUndone.NO_WAY_BACK, settings=settings))
    assert (await now(database, batch)).status is BatchStatus.UNDONE
    seat = await database.read(lambda uow: seats.get(uow, "ada", "jira"))
    assert seat is not None
    assert seat.given_at is not None
    returned = (await of(database, batch))["ada"]
    assert (returned.status, returned.reason_code) == (ReclaimStatus.RETURNED, "undo")


async def test_the_seat_of_an_erased_person_is_not_put_back(database: Database, settings: Settings) -> None:
    """Nobody knows any more whose it was; the others get theirs, and the plan comes to its end."""
    batch = await a_plan(database, settings, "ada", "ben")
    await taken(database, batch, settings)
    await database.write(lambda uow: erasure.forget_account(uow, "ben", erased_id="0" * 32))
    await database.write(lambda uow: undoing.undo_all(uow, click(uow, batch.id), delivery="action:u", settings=settings))
    ada = (await of(database, batch))["ada"]
    assert PlanFigures.from_json((await now(database, batch)).figures).undo == {ada.id: ASKED}
    await database.write(lambda uow: undoing.record_undone(uow, ada.id))
    assert (await now(database, batch)).status is BatchStatus.UNDONE


async def test_undo_calls_off_what_has_not_begun(database: Database, settings: Settings) -> None:
    """What was agreed to and waits its turn is not taken any more."""
    batch = await a_plan(database, settings, "ada")
    await approve(database, settings, batch.id)
    await database.write(lambda uow: undoing.undo_all(uow, click(uow, batch.id), delivery="action:u", settings=settings))
    ada = (await of(database, batch))["ada"]
    assert (ada.status, ada.reason_code) == (ReclaimStatus.STOPPED, "called_off")
    assert (await now(database, batch)).status is BatchStatus.UNDONE


async def test_a_picture_is_shown_once_a_week(database: Database, settings: Settings, clock: MovableClock) -> None:
    """It has no members, awaits nobody, and can't be approved."""

    def arrange(uow: UnitOfWork) -> None:
        idle(uow, "ada")
        uow.connection.exec_driver_sql("UPDATE seats SET idle_since = first_seen_at")

    await database.write(arrange)
    clock.advance(timedelta(hours=21))
    batch = await database.write(lambda uow: proposing.show(uow, settings=settings))
    assert batch is not None
    assert await database.write(lambda uow: proposing.show(uow, settings=settings)) is None
    assert isinstance(await approve(database, settings, batch.id), Gone)
    clock.advance(timedelta(days=7))
    assert await database.write(lambda uow: proposing.show(uow, settings=settings)) is not None


async def test_a_refused_plan_is_counted_once(database: Database, settings: Settings) -> None:
    """With each of its members it would be counted as often as it is long, while whoever refused it waits."""
    batch = await a_plan(database, settings, *(f"account-{number}" for number in range(5)))

    def refuse(uow: UnitOfWork) -> PlanAnswer:
        return usecases.refuse(uow, click(uow, batch.id), delivery="action:1", reason="not before the release", settings=settings)

    assert isinstance(await database.write(refuse), Moved)
    after = await now(database, batch)
    assert (after.status, after.version) == (BatchStatus.REFUSED, batch.version + 1)
    assert {one.reason_code for one in (await of(database, batch)).values()} == {Kept.REFUSED.value}
    spared = [await database.read(lambda uow, one=one: seats.get(uow, one, "jira")) for one in await of(database, batch)]  # type: ignore[misc]
    assert all(seat is not None and seat.kept_until is not None for seat in spared)


async def while_it_begins(database: Database, one: Reclaim, work: Callable[[UnitOfWork], object]) -> None:
    """*work* comes to this member while its removal begins, in a unit that is not stored yet."""
    begun, go_on = threading.Event(), threading.Event()

    def begin(uow: UnitOfWork) -> None:
        reclaims.move(uow, one.id, source=ReclaimStatus.APPROVED, target=ReclaimStatus.TAKING, removal=REMOVAL)
        begun.set()
        assert go_on.wait(10)

    beginning = asyncio.create_task(database.write(begin, wait_seconds=20))
    assert await asyncio.to_thread(begun.wait, 10)
    working = asyncio.create_task(database.write(work, wait_seconds=20))
    await asyncio.sleep(0.3)
    go_on.set()
    await asyncio.gather(beginning, working)


async def test_a_removal_that_begins_while_a_plan_is_undone_is_put_back(database: Database, settings: Settings) -> None:
    """It locks its member alone: whoever waited for that member must not call off what has begun, and not forget it either."""
    batch = await a_plan(database, settings, "ada", "ben")
    await approve(database, settings, batch.id)
    members = await of(database, batch)
    await while_it_begins(
        database, members["ben"], lambda uow: undoing.undo_all(uow, click(uow, batch.id), delivery="action:2", settings=settings)
    )
    after = await of(database, batch)
    assert (after["ada"].status, after["ben"].status) == (ReclaimStatus.STOPPED, ReclaimStatus.TAKING)
    assert PlanFigures.from_json((await now(database, batch)).figures).undo == {members["ben"].id: ASKED}
    assert [job.kind for job in await due(database)].count("seat.undo") == 1


async def test_a_removal_that_begins_while_its_owner_asks_is_not_called_off(database: Database, settings: Settings) -> None:
    """What has begun goes to its end and is held, so that the request gives all of it back."""
    batch = await a_plan(database, settings, "ada")
    await approve(database, settings, batch.id)
    await while_it_begins(database, (await of(database, batch))["ada"], lambda uow: taking.spare(uow, "ada", "jira"))
    assert (await of(database, batch))["ada"].status is ReclaimStatus.TAKING


async def test_a_plan_of_nobody_but_its_approver_ends(database: Database, settings: Settings) -> None:
    """Their own seat stays, and then nothing is left to do."""
    batch = await a_plan(database, settings, "graces")

    def link(uow: UnitOfWork) -> None:
        grace = people.find_or_add(uow, team_id="T0ACME", slack_id="U0GRACE")
        people.link(uow, grace.id, account_id="graces", email=None)

    await database.write(link)
    await approve(database, settings, batch.id)
    assert (await now(database, batch)).status is BatchStatus.DONE


async def test_what_is_being_taken_is_no_return(database: Database, settings: Settings) -> None:
    """Whoever looks while the steps go on sees the seat: its snapshot has to outlive what is taken next."""
    batch = await a_plan(database, settings, "ada")
    await approve(database, settings, batch.id)
    one = (await of(database, batch))["ada"]

    def begin_and_look(uow: UnitOfWork) -> None:
        reclaims.move(uow, one.id, source=ReclaimStatus.APPROVED, target=ReclaimStatus.TAKING, removal=REMOVAL)
        held.record_return(uow, "ada", "jira", how=held.BY_ITSELF)

    await database.write(begin_and_look)
    assert (await of(database, batch))["ada"].status is ReclaimStatus.TAKING
    await database.write(lambda uow: taking.record_taken(uow, one.id))
    await database.write(lambda uow: held.record_return(uow, "ada", "jira", how=held.BY_ITSELF))
    assert (await of(database, batch))["ada"].status is ReclaimStatus.RETURNED
