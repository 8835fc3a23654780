"""Who is warned: where two scans agree, at a time when a plan saves something, once, and not any longer than needed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from atlassian.removal import Removal
from bot.codes import Kept, Undelivered
from bot.settings import Settings, load
from bot.usecases import warning_rounds
from bot.usecases import warnings as usecases
from storage import audit, exemptions, people, reclaims, scans, seats, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus, ScanStatus, SeatActivity, WarningStatus
from storage.seat_records import Scan, SeatWarning, SeenSeat
from storage.tables import outbox
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.words import due
from tests.fixtures.clock import MovableClock
from tests.storage.seat_world import asked, scan, scanned, seen, warned
from tests.storage.world import person

A, R, W = SeatActivity, ReclaimStatus, WarningStatus
ON = {"COMEBACK_IDLE__MODE": "reclaim"}


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Complete settings, with removal turned on."""
    outside.set(COMPLETE | ON)
    return load()


def after(database: Database, one: Scan) -> None:
    """What follows from the scan."""
    database.write_now(lambda uow: warning_rounds.after_scan(uow, one))


def opened(database: Database, settings: Settings, *, after: str | None = None) -> list[str]:
    """Open the next warnings; all that are open then, by account id."""
    database.write_now(lambda uow: warning_rounds.follow_scan(uow, product="jira", after=after, settings=settings))
    return sorted(warning.account_id for warning in all_open(database))


def all_open(database: Database) -> list[SeatWarning]:
    """Every open warning of Jira."""
    rows = database.read_now(lambda uow: uow.connection.exec_driver_sql("SELECT id FROM warnings").all())
    found = [database.read_now(lambda uow, row=row: warnings.get(uow, row.id)) for row in rows]  # type: ignore[misc]
    return [one for one in found if one is not None and one.status is W.OPEN]


def test_one_scan_warns_nobody(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Activity is told up to a day late: only a second look, twenty hours later, confirms the first."""
    scanned(database, clock, [seen("a1")])
    assert opened(database, settings) == []
    scanned(database, clock, [seen("a1"), seen("a2"), seen("a3", A.ACTIVE)])
    assert opened(database, settings) == ["a1"]


def test_a_scan_that_waited_for_an_answer_has_seen_nobody_later(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Held at night and let go the next evening: that was still one look."""
    one = scanned(database, clock, [seen("a1")])
    clock.advance(timedelta(hours=23))
    after(database, one)
    assert opened(database, settings) == []


def test_everybody_is_warned_once_in_pages(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Each page leaves the next in the outbox; the last leaves none, and running all again opens nothing."""
    page = [_seat(number, clock) for number in range(150)]
    scanned(database, clock, page)
    scanned(database, clock, page)
    places: list[str | None] = [None]
    for place in places:
        database.write_now(lambda uow, place=place: warning_rounds.follow_scan(uow, product="jira", after=place, settings=settings))  # type: ignore[misc]
        places += [job["after"] for job in _jobs(database, "warning.open")][len(places) - 1 :]
    assert len(places) == 2
    assert len(all_open(database)) == 150
    opened(database, settings)
    assert len(all_open(database)) == 150
    assert len(_jobs(database, "warning.send")) == 150


def _seat(number: int, clock: MovableClock) -> SeenSeat:
    last = None if number % 3 == 0 else clock.now() - timedelta(days=100 + number)
    return seen(f"a{number:03}", last_active_at=last)


def _jobs(database: Database, kind: str) -> list[dict[str, str]]:
    """The payloads of the jobs of this kind, in the order they were left."""
    return database.read_now(
        lambda uow: [
            dict(row.payload) for row in uow.connection.execute(select(outbox.c.payload).where(outbox.c.kind == kind).order_by(outbox.c.id))
        ]
    )


@pytest.mark.parametrize(("begins", "expected"), [(7, ["a1"]), (10, [])])
def test_a_scan_after_the_morning_reaches_the_next_plan(
    database: Database, clock: MovableClock, outside: Outside, begins: int, expected: list[str]
) -> None:
    """One day before the renewal is the only plan: whoever is warned at ten on the day before is in none of this period."""
    outside.set(COMPLETE | ON | {"COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "21", "COMEBACK_IDLE__LEAD_DAYS": "1"})
    clock.advance(datetime(2026, 11, 4, begins, tzinfo=UTC) - clock.now())
    for _ in range(2):
        scanned(database, clock, [seen("a1")])
    assert opened(database, load()) == expected


@pytest.mark.parametrize(("renewal", "expected"), [("21", ["a1"]), ("28", []), ("17", [])])
def test_nobody_is_warned_for_a_plan_that_saves_nothing(
    database: Database, clock: MovableClock, outside: Outside, renewal: str, expected: list[str]
) -> None:
    """On 4 November with two weeks' notice the plan is for the 18th: within five days before the 21st, and in no other window."""
    outside.set(COMPLETE | ON | {"COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": renewal})
    for _ in range(2):
        scanned(database, clock, [seen("a1")])
    assert opened(database, load()) == expected


def test_what_is_used_while_removal_is_off_drops_its_warning(database: Database, clock: MovableClock, outside: Outside) -> None:
    """Or the warning of before would count once removal is on again."""
    outside.set(COMPLETE)
    database.write_now(lambda uow: warned(uow, "a1"))
    one = scanned(database, clock, [seen("a1", A.ACTIVE)])
    after(database, one)
    assert opened(database, load()) == []
    assert all_open(database) == []


@pytest.mark.parametrize(
    ("billing", "days", "still_open"), [("monthly", 13, True), ("annual", 13, False), ("monthly", 61, False), (None, 61, False)]
)
def test_a_word_counts_until_it_is_too_old(
    database: Database, clock: MovableClock, outside: Outside, billing: str | None, days: int, still_open: bool
) -> None:
    """Two months after the day that it named, or where it will be so old in the next season, who has not answered is asked anew."""
    renewal = {f"COMEBACK_PRODUCTS__JIRA__{name}": value for name, value in (("BILLING", billing), ("RENEWAL_DAY", "2")) if billing}
    yearly = {"COMEBACK_PRODUCTS__JIRA__RENEWAL_MONTH": "12"} if billing == "annual" else {}
    outside.set(COMPLETE | ON | {name: value for name, value in (renewal | yearly).items() if value})
    clock.advance(datetime(2026, 11, 28, tzinfo=UTC) - clock.now())
    names = ("a1", "let go", "planned")

    def tell(uow: UnitOfWork) -> None:
        for name in names:
            warnings.sent(uow, warned(uow, name).id, channel="D1", ts="1.1", plan_at=uow.now)
        let_go = warnings.open_of(uow, "let go", "jira")
        assert let_go is not None
        warnings.move(uow, let_go.id, source=W.OPEN, target=W.LET_GO)
        assert reclaims.plan(uow, account_id="planned", product="jira", last_active_at=None) is not None

    database.write_now(tell)
    clock.advance(timedelta(days=days - 1))
    scanned(database, clock, [seen(name) for name in names])
    opened(database, load())
    rows = database.read_now(lambda uow: uow.connection.exec_driver_sql("SELECT account_id, status, reason_code FROM warnings").all())
    first = ("open", None) if still_open else ("ended", "overtaken")
    told = {row.account_id: (row.status, row.reason_code) for row in rows if row.status != "open" or row.account_id != "a1" or still_open}
    assert told == {"a1": first, "let go": ("let_go", None), "planned": ("open", None)}
    assert len(rows) == 3 or not still_open


def test_many_old_words_end_without_holding_up_a_card(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Slack takes fifty redraws a minute: those that nobody waits for are spread over hours."""

    def tell(uow: UnitOfWork) -> None:
        for number in range(60):
            warnings.sent(uow, warned(uow, f"a{number}").id, channel="D1", ts="1.1", plan_at=uow.now)

    database.write_now(tell)
    clock.advance(timedelta(days=70))
    scanned(database, clock, [seen(f"a{number}") for number in range(60)])
    opened(database, settings)
    due_at = database.read_now(
        lambda uow: list(uow.connection.execute(select(outbox.c.due_at).where(outbox.c.kind == "warning.redraw")).scalars())
    )
    assert len(due_at) == 60
    assert max(due_at) - min(due_at) > timedelta(hours=3)
    assert max(due_at) - clock.now() <= warning_rounds.AT_LEISURE


@pytest.mark.parametrize("how", ["kept", "left_out"])
def test_what_was_said_outlives_a_scan_that_missed_the_seat(database: Database, clock: MovableClock, settings: Settings, how: str) -> None:
    """Taken and given back by hand, or read incompletely: whoever kept it, or was left out, is in peace as long as was promised."""

    def said(uow: UnitOfWork) -> None:
        target = W.KEPT if how == "kept" else W.ENDED
        warnings.move(uow, warned(uow, "a1").id, source=W.OPEN, target=target, reason_code=how)

    scanned(database, clock, [seen("a1")])
    database.write_now(said)
    scanned(database, clock, [seen("a2", A.ACTIVE)])
    for _ in range(2):
        scanned(database, clock, [seen("a1")])
    assert opened(database, settings) == []
    clock.advance(timedelta(days=90))
    scanned(database, clock, [seen("a1")])
    assert opened(database, settings) == ["a1"]


@pytest.mark.parametrize("renewal", [{}, {"COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "17"}])
def test_whom_nobody_could_warn_is_looked_for_once_a_week(
    database: Database, clock: MovableClock, outside: Outside, renewal: dict[str, str]
) -> None:
    """They may have joined Slack since, in whatever season; not those whom an approver has put into a plan."""

    def missed(uow: UnitOfWork) -> None:
        for name in ("a1", "a2"):
            warnings.move(uow, warned(uow, name).id, source=W.OPEN, target=W.UNDELIVERABLE)
        assert reclaims.plan(uow, account_id="a2", product="jira", last_active_at=None) is not None

    database.write_now(missed)
    outside.set(COMPLETE | ON | renewal)
    sent = []
    for days in (5, 2, 2, 5):
        clock.advance(timedelta(days=days - 1))
        scanned(database, clock, [seen("a1"), seen("a2")])
        opened(database, load())
        sent.append(len(_jobs(database, "warning.send")))
    assert sent == [0, 1, 1, 2]


def test_in_plan_mode_nothing_is_opened(database: Database, clock: MovableClock, outside: Outside) -> None:
    """Removal is off by default, and then people hear nothing."""
    outside.set(COMPLETE)
    for _ in range(2):
        one = scanned(database, clock, [seen("a1")])
    after(database, one)
    assert opened(database, load()) == []


def test_a_seat_that_came_back_by_itself_leaves_the_savings(database: Database, clock: MovableClock, outside: Outside) -> None:
    """Taken long ago, and there again in a scan: noted in either mode, once; one that was taken this minute may only show late."""
    outside.set(COMPLETE)
    for name in ("a1", "a2"):
        database.write_now(lambda uow, name=name: _taken(uow, name))  # type: ignore[misc]
    scanned(database, clock, [seen("a1", A.ACTIVE), seen("a3", A.ACTIVE)])
    database.write_now(lambda uow: _taken(uow, "a3"))
    for _ in range(2):
        assert opened(database, load()) == []
    found = [database.read_now(lambda uow, name=name: reclaims.holding(uow, name, "jira")) for name in ("a1", "a2", "a3")]  # type: ignore[misc]
    assert [one is None for one in found] == [True, False, False]
    trail = [entry.body for entry in database.read_now(lambda uow: list(audit.entries(uow))) if entry.kind == "seat.returned"]
    assert len(trail) == 1
    assert '"how":"by_itself"' in trail[0]


def _taken(uow: UnitOfWork, account_id: str) -> None:
    """Comeback took this seat."""
    planned = reclaims.plan(uow, account_id=account_id, product="jira", last_active_at=None)
    assert planned is not None
    stored = Removal().to_json()
    for source, target in ((R.PLANNED, R.APPROVED), (R.APPROVED, R.TAKING), (R.TAKING, R.TAKEN)):
        reclaims.move(uow, planned.id, source=source, target=target, removal=stored if target is R.TAKING else None)


def test_a_scan_drops_what_it_makes_needless(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Used, spared, gone: each with its reason. An unknown seat keeps its warning, as does an idle one."""
    for name in ("a1", "a2", "a3", "a4", "a5"):
        database.write_now(lambda uow, name=name: warned(uow, name))  # type: ignore[misc]
    one = scanned(database, clock, [seen("a1", A.ACTIVE), seen("a2", A.EXEMPT), seen("a3", A.UNKNOWN), seen("a4")])
    after(database, one)
    opened(database, settings)
    assert sorted(warning.account_id for warning in all_open(database)) == ["a3", "a4"]
    rows = database.read_now(lambda uow: uow.connection.exec_driver_sql("SELECT account_id, status, reason_code FROM warnings").all())
    ended = {row.account_id: (row.status, row.reason_code) for row in rows if row.status != "open"}
    assert ended == {"a1": ("dropped", "active_again"), "a2": ("dropped", "exempt"), "a5": ("ended", "no_seat")}
    assert [job["after"] for job in _jobs(database, "warning.open")] == [None, None]


def ready(uow: UnitOfWork, *, activity: SeatActivity = A.IDLE) -> SeatWarning:
    """A warning that is about to be sent, of a seat that a scan saw so."""
    seats.see(uow, "jira", "story", [seen("a1", activity)])
    return warned(uow, "a1")


def ended(uow: UnitOfWork, warning: SeatWarning) -> SeatWarning:
    """The warning as it stands."""
    found = warnings.get(uow, warning.id)
    assert found is not None
    return found


async def test_reasons_not_to_ask_are_looked_for_before_asking(database: Database, settings: Settings) -> None:
    """In use, kept, given by us, exempt or about to be: none of these is asked."""

    def work(uow: UnitOfWork) -> None:
        warning = ready(uow)
        assert usecases.why_not(uow, warning, settings=settings) is None
        for activity, code in ((A.ACTIVE, Kept.ACTIVE_AGAIN), (A.UNKNOWN, Kept.UNKNOWN), (A.PROTECTED, Kept.PROTECTED)):
            seats.see(uow, "jira", "story", [seen("a1", activity)])
            assert usecases.why_not(uow, warning, settings=settings) is code
        seats.see(uow, "jira", "story", [seen("a1")])
        asked(uow, "a1")
        assert usecases.why_not(uow, warning, settings=settings) is Kept.EXEMPT
        other = warned(uow, "a2")
        assert usecases.why_not(uow, other, settings=settings) is Kept.NO_SEAT
        seats.see(uow, "jira", "story", [seen("a2")])
        seats.keep(uow, "a2", "jira", uow.now + timedelta(days=1))
        assert usecases.why_not(uow, other, settings=settings) is Kept.KEPT
        assert exemptions.open_of(uow, "a2", "jira") is None

    await database.write(work)


async def test_reminders_are_left_for_their_days(database: Database, clock: MovableClock, settings: Settings) -> None:
    """A week and a day before the plan; the plan waits two weeks, and a repeated report moves nothing."""

    def work(uow: UnitOfWork) -> SeatWarning:
        warning = ready(uow)
        for hours in (0, 9):
            plan_at = uow.now + timedelta(days=14, hours=hours)
            usecases.record_sent(uow, warning.id, channel="D1", ts="1.1", plan_at=plan_at, settings=settings, found=False)
        return ended(uow, warning)

    sent = await database.write(work)
    assert sent.plan_at is not None
    assert sent.sent_at is not None
    assert sent.plan_at - sent.sent_at == timedelta(days=14)
    await due(database)
    clock.advance(timedelta(days=7, minutes=1))
    assert [job.kind for job in await due(database)] == ["warning.remind"]
    clock.advance(timedelta(days=6))
    assert [job.payload["number"] for job in await due(database)] == [2]


async def test_what_slack_never_took_is_due_in_no_plan(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Given up, or delivered to nobody: the seat is not planned, however much time passes."""

    def work(uow: UnitOfWork) -> None:
        lost = ready(uow)
        usecases.give_up(uow, lost.id, code="missing_scope")
        missed = warned(uow, "a2")
        usecases.record_undeliverable(uow, missed.id, code=Undelivered.LEFT, settings=settings)
        assert (ended(uow, lost).status, ended(uow, lost).reason_code) == (W.ENDED, usecases.NOT_SENT)
        assert (ended(uow, missed).status, ended(uow, missed).reason_code) == (W.UNDELIVERABLE, "left")

    await database.write(work)
    clock.advance(timedelta(days=100))
    assert await database.read(lambda uow: warnings.due(uow, at=uow.now, products=["jira"], limit=9)) == ()


async def test_a_plan_and_a_message_never_have_the_same_seat(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Whom nobody could warn is found in Slack as an approver puts the seat into a plan: the plan was quicker, so nobody is asked."""

    def missed(uow: UnitOfWork) -> SeatWarning:
        warning = ready(uow)
        usecases.record_undeliverable(uow, warning.id, code=Undelivered.NO_SLACK_ACCOUNT, settings=settings)
        return warning

    warning = await database.write(missed)
    clock.advance(timedelta(days=8))
    planned = await database.write(lambda uow: reclaims.plan(uow, account_id="a1", product="jira", last_active_at=None))
    assert planned is not None
    assert not await database.write(lambda uow: usecases.address(uow, warning.id, team_id="T0ACME", slack_id="U1"))
    await database.write(lambda uow: reclaims.move(uow, planned.id, source=R.PLANNED, target=R.STOPPED))
    assert await database.write(lambda uow: usecases.address(uow, warning.id, team_id="T0ACME", slack_id="U1"))
    assert (await database.read(lambda uow: ended(uow, warning))).status is W.OPEN


async def test_a_sent_warning_is_not_given_up(database: Database, settings: Settings) -> None:
    """The job may fail after the message was noted: the person has it, so it stands."""

    def work(uow: UnitOfWork) -> None:
        warning = ready(uow)
        usecases.record_sent(uow, warning.id, channel="D1", ts="1.1", plan_at=uow.now, settings=settings, found=False)
        usecases.give_up(uow, warning.id, code="other")
        assert ended(uow, warning).status is W.OPEN

    await database.write(work)


async def test_who_is_linked_is_known_from_the_start(database: Database, clock: MovableClock, settings: Settings) -> None:
    """A linked person needs no look-up by address, which they may have changed."""

    def link(uow: UnitOfWork) -> str:
        ada = person(uow, "U0ADA")
        people.link(uow, ada.id, account_id="a1", email="ada@acme.example")
        return ada.id

    ada_id = await database.write(link)
    for _ in range(2):
        scanned(database, clock, [seen("a1")])
    opened(database, settings)
    (only,) = all_open(database)
    assert (only.person_id, only.slack_id) == (ada_id, "U0ADA")


async def test_the_scan_that_counts_is_the_last_complete_one(database: Database, clock: MovableClock, settings: Settings) -> None:
    """A running scan confirms nothing yet."""
    scanned(database, clock, [seen("a1")])
    clock.advance(timedelta(days=1))
    running = database.write_now(scan)
    assert opened(database, settings) == []
    assert running.status is ScanStatus.RUNNING
    assert database.read_now(lambda uow: scans.running(uow, "jira")) is not None
