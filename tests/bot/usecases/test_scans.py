"""Scans in the database: a page counts once, a phase follows the other, and one answer of an approver settles a held list."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from atlassian.models import ProductAccess, User, UserGroup
from bot.actor import SlackPerson
from bot.codes import Held, ScanFailed
from bot.idle.rules import rules_of
from bot.settings import Settings, load
from bot.usecases import held_scans, scan_end, scans
from bot.usecases.held_scans import Click
from bot.usecases.scan_progress import progress_of
from bot.usecases.scans import Lens, Turn
from bot.usecases.seat_facts import Circle
from storage import audit, reclaims, seats
from storage import scans as rows
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus, ScanOrigin, ScanStatus, SeatActivity
from storage.seat_records import Scan
from tests.bot.outside import COMPLETE, JIRA, Outside
from tests.bot.usecases.words import CHANNEL, approvers, due, member
from tests.fixtures.clock import MovableClock

GRACE, OMAR, BEN = member("grace"), member("omar"), member("ben")
DAY = timedelta(days=1)


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """The settings of a bot with one product, which asks from a fifth of its seats on."""
    outside.set(COMPLETE)
    return load()


def person(name: str, *, used: datetime | None, added: datetime, groups: Sequence[str] = ()) -> User:
    """A row of a search."""
    access = () if used is None else (ProductAccess(id=JIRA, key="jira-software", last_active=used),)
    return User(
        account_id=name,
        account_type="atlassian",
        name=name.title(),
        email=f"{name}@acme.example",
        added_to_org=added,
        platform_roles=(),
        product_access=access,
        groups=tuple(UserGroup(id=group, name=group) for group in groups),
    )


def crowd(now: datetime, *, active: int, idle: int) -> list[User]:
    """Some who came at different days of late, and some who stopped."""
    came = [person(f"a{n}", used=now - (n % 20 + 1) * DAY, added=now - 900 * DAY) for n in range(active)]
    return came + [person(f"i{n}", used=now - (200 + n) * DAY, added=now - 900 * DAY) for n in range(idle)]


def lens(settings: Settings) -> Lens:
    """Nobody is protected by a group."""
    return Lens(circle=Circle(resource=JIRA, admin_groups=frozenset({"jira-admins"})), rules=rules_of(settings.idle))


def begin(uow: UnitOfWork, settings: Settings) -> Scan:
    """A scan that has begun."""
    scan = scans.start(uow, "jira", origin=ScanOrigin.SCHEDULE, settings=settings)
    assert scan is not None
    return scan


def turn(uow: UnitOfWork, scan_id: str) -> Turn:
    """Where the scan stands."""
    scan = rows.get(uow, scan_id)
    assert scan is not None
    return Turn(scan=scan, progress=progress_of(scan))


async def scanned(database: Database, users: Sequence[User], settings: Settings, *, protected: Sequence[str] = ()) -> Scan:
    """A whole scan of *users*, a unit for each page."""
    scan = await database.write(lambda uow: begin(uow, settings))
    read = lens(settings)
    await database.write(lambda uow: scans.record_seats(uow, turn(uow, scan.id), users=users, cursor=None, lens=read))
    await database.write(lambda uow: scans.record_protected(uow, turn(uow, scan.id), account_ids=protected, cursor=None))
    await database.write(lambda uow: scans.record_protected(uow, turn(uow, scan.id), account_ids=(), cursor=None))
    ended = await database.write(lambda uow: scan_end.judge(uow, turn(uow, scan.id), settings=settings))
    assert ended is not None
    return ended


def click(actor: SlackPerson, scan: Scan, *, at: datetime, delivery: str, read_at: datetime | None = None) -> Click:
    """A click on the question."""
    facts = approvers("grace", "omar", read_at=read_at or at)
    return Click(actor=actor, delivery=delivery, scan_id=scan.id, channel=CHANNEL, ts="1.1", approvers=facts)


async def whispers(database: Database) -> list[str]:
    """What was whispered to whoever clicked."""
    return [str(job.payload["news"]) for job in await due(database) if job.kind == "notice.whisper"]


async def kinds(database: Database) -> list[str]:
    """The kinds of the audit entries."""
    return [entry.kind for entry in await database.read(lambda uow: list(audit.entries(uow)))]


async def test_a_page_that_comes_twice_counts_once(database: Database, clock: MovableClock, settings: Settings) -> None:
    """A retried job brings what is in already: neither the figures nor the next page may follow from it a second time."""
    users = crowd(clock.now(), active=3, idle=1)
    scan = await database.write(lambda uow: begin(uow, settings))
    first = await database.read(lambda uow: turn(uow, scan.id))
    for _ in range(2):
        await database.write(lambda uow: scans.record_seats(uow, first, users=users, cursor="more", lens=lens(settings)))
    after = await database.read(lambda uow: turn(uow, scan.id))
    assert (after.scan.pages, after.progress.seen.seats) == (1, 4)
    assert [job.payload["page"] for job in await due(database) if job.kind == "scan.page"] == [0, 1]
    assert await database.read(lambda uow: scans.turn_of(uow, scan.id, page=0)) is None


async def test_a_row_that_a_page_repeats_is_one_seat(database: Database, clock: MovableClock, settings: Settings) -> None:
    """PostgreSQL refuses to store one seat twice in one statement."""
    users = crowd(clock.now(), active=2, idle=0)
    done = await scanned(database, [*users, *users], settings)
    assert done.figures["seats"] == 2


async def test_who_administers_is_protected_and_who_has_no_seat_gets_none(
    database: Database, clock: MovableClock, settings: Settings
) -> None:
    """What the search for roles names beside the seats' own holders is no seat; a group that administers protects by itself."""
    now = clock.now()
    users = [*crowd(now, active=8, idle=1), person("boss", used=now - 300 * DAY, added=now - 900 * DAY, groups=("jira-admins",))]
    done = await scanned(database, users, settings, protected=("i0", "nobody-here"))
    assert done.figures["seats"] == 10
    assert done.figures["classes"]["protected"] == 2
    assert done.figures["classes"]["idle"] == 0
    i0 = await database.read(lambda uow: seats.get(uow, "i0", "jira"))
    assert i0 is not None
    assert i0.last_active_at == now - 200 * DAY


async def test_a_seat_that_appears_later_has_its_grace(database: Database, clock: MovableClock, settings: Settings) -> None:
    """The first scan meets old seats and makes no joiners of them; somebody whom a later one meets first has just got the seat."""
    users = crowd(clock.now(), active=8, idle=1)
    await scanned(database, users, settings)
    assert (await database.read(lambda uow: seats.get(uow, "i0", "jira"))).activity is SeatActivity.IDLE  # type: ignore[union-attr]
    clock.advance(DAY)
    late = person("late", used=None, added=clock.now() - 900 * DAY)
    again = [*crowd(clock.now(), active=8, idle=0), users[-1], late]
    await scanned(database, again, settings)
    assert (await database.read(lambda uow: seats.get(uow, "late", "jira"))).activity is SeatActivity.JOINER  # type: ignore[union-attr]
    clock.advance(31 * DAY)
    await scanned(database, [*crowd(clock.now(), active=8, idle=0), users[-1], late], settings)
    found = await database.read(lambda uow: seats.get(uow, "late", "jira"))
    assert found is not None
    assert found.activity is SeatActivity.NEVER_ACTIVE


async def test_a_date_that_was_read_once_is_remembered(database: Database, clock: MovableClock, settings: Settings) -> None:
    """An answer that lacks it later does not make anybody older."""
    now = clock.now()
    await scanned(database, crowd(now, active=8, idle=1), settings)
    silent = [replaced_access(user) if user.account_id == "a0" else user for user in crowd(now, active=8, idle=1)]
    await scanned(database, silent, settings)
    found = await database.read(lambda uow: seats.get(uow, "a0", "jira"))
    assert found is not None
    assert (found.activity, found.last_active_at) == (SeatActivity.ACTIVE, now - DAY)


def replaced_access(user: User) -> User:
    """The same person, without a word about their activity."""
    return user.model_copy(update={"product_access": ()})


async def test_only_the_first_click_settles_a_held_list(database: Database, clock: MovableClock, settings: Settings) -> None:
    """The list goes on once, by one approver; the other is told, and nothing of it is undone."""
    held = await scanned(database, crowd(clock.now(), active=5, idle=5), settings)
    assert (held.status, held.code) == (ScanStatus.HELD, "share")
    assert await held_now(database, clock) == []
    await database.write(lambda uow: held_scans.release(uow, click(GRACE, held, at=clock.now(), delivery="1")))
    await database.write(lambda uow: held_scans.leave(uow, click(OMAR, held, at=clock.now(), delivery="2")))
    after = await database.read(lambda uow: rows.get(uow, held.id))
    assert after is not None
    assert (after.status, after.code, after.figures["released"]) == (ScanStatus.COMPLETE, Held.RELEASED.value, 5)
    assert await whispers(database) == ["decided_already"]
    assert len(await held_now(database, clock)) == 5
    assert "scan.left" not in await kinds(database)


async def held_now(database: Database, clock: MovableClock) -> list[str]:
    """Who would be a candidate a day from now."""
    later = clock.now() + DAY
    return [one.account_id for one in await database.read(lambda uow: seats.candidates(uow, "jira", idle_before=later, limit=50))]


async def test_only_that_list_is_released(database: Database, clock: MovableClock, settings: Settings) -> None:
    """What a later scan asks about waits for its own answer."""
    before = crowd(clock.now(), active=10, idle=5)
    first = await scanned(database, before, settings)
    clock.advance(100 * DAY)
    came = [person(f"a{n}", used=clock.now() - (n + 1) * timedelta(hours=9), added=clock.now() - 900 * DAY) for n in range(5)]
    second = await scanned(database, [*came, *before[5:]], settings)
    assert (second.status, second.figures["newly_idle"]) == (ScanStatus.HELD, 5)
    await database.write(lambda uow: held_scans.release(uow, click(GRACE, first, at=clock.now(), delivery="1")))
    assert sorted(await held_now(database, clock)) == [f"i{n}" for n in range(5)]


async def test_who_may_not_and_who_is_not_known_freshly_answers_nothing(
    database: Database, clock: MovableClock, settings: Settings
) -> None:
    """Being in the channel gives no rights, and old knowledge of the approvers is none."""
    held = await scanned(database, crowd(clock.now(), active=5, idle=5), settings)
    await due(database)
    stale = clock.now() - timedelta(minutes=5)
    await database.write(lambda uow: held_scans.release(uow, click(BEN, held, at=clock.now(), delivery="1")))
    late = click(GRACE, held, at=clock.now(), delivery="2", read_at=stale)
    await database.write(lambda uow: held_scans.release(uow, late))
    assert sorted(await whispers(database)) == ["not_approver", "press_again"]
    assert (await database.read(lambda uow: rows.get(uow, held.id))).status is ScanStatus.HELD  # type: ignore[union-attr]
    assert "scan.refused" in await kinds(database)


async def test_the_same_delivery_twice_is_one_answer(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Slack repeats itself; nobody is told that somebody was faster than they themselves."""
    held = await scanned(database, crowd(clock.now(), active=5, idle=5), settings)
    await due(database)
    for _ in range(2):
        await database.write(lambda uow: held_scans.release(uow, click(GRACE, held, at=clock.now(), delivery="1")))
    assert await whispers(database) == []


async def test_a_left_list_can_be_let_go_on_after_all(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Leaving is not for ever, and is taken back by whoever may decide."""
    held = await scanned(database, crowd(clock.now(), active=5, idle=5), settings)
    await database.write(lambda uow: held_scans.leave(uow, click(GRACE, held, at=clock.now(), delivery="1")))
    assert await held_now(database, clock) == []
    await database.write(lambda uow: held_scans.release(uow, click(OMAR, held, at=clock.now(), delivery="2")))
    assert len(await held_now(database, clock)) == 5
    assert [kind for kind in await kinds(database) if kind in ("scan.left", "scan.released")] == ["scan.left", "scan.released"]


async def test_an_unknown_scan_is_not_there(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Ids come back from buttons, and may be anything."""
    scan = await database.write(lambda uow: begin(uow, settings))
    forged = replace(click(GRACE, scan, at=clock.now(), delivery="1"), scan_id="no-such-scan")
    assert not await database.write(lambda uow: held_scans.release(uow, forged))


async def test_a_failed_scan_is_told_and_changes_no_seat(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Nobody is acted upon, whatever its pages said before."""
    await scanned(database, crowd(clock.now(), active=8, idle=1), settings)
    before = await held_now(database, clock)
    scan = await database.write(lambda uow: begin(uow, settings))
    quiet = crowd(clock.now() - 300 * DAY, active=8, idle=1)
    await database.write(lambda uow: scans.record_seats(uow, turn(uow, scan.id), users=quiet, cursor="more", lens=lens(settings)))
    await database.write(lambda uow: scans.fail(uow, scan.id, code=ScanFailed.UNREACHABLE_TOO_LONG, settings=settings))
    assert await held_now(database, clock) == before
    alerts = [job.payload["news"] for job in await due(database) if job.kind == "notice.alert"]
    assert alerts == ["scan_failed.unreachable_too_long"]


async def test_seats_that_we_took_are_not_missed(database: Database, clock: MovableClock, settings: Settings) -> None:
    """Without them the list is shorter, and that is our own doing: nothing is stopped for it."""
    await scanned(database, crowd(clock.now(), active=20, idle=4), settings)
    clock.advance(DAY)

    def take(uow: UnitOfWork) -> None:
        for n in range(10, 20):
            one = reclaims.plan(uow, account_id=f"a{n}", product="jira", last_active_at=None)
            assert one is not None
            reclaims.move(uow, one.id, source=ReclaimStatus.PLANNED, target=ReclaimStatus.APPROVED)
            uow.connection.exec_driver_sql(
                f"UPDATE reclaims SET status = 'taken', removal = '{{}}', taken_at = approved_at WHERE id = '{one.id}'"
            )

    fewer = crowd(clock.now(), active=10, idle=4)
    stopped = await scanned(database, fewer, settings)
    assert (stopped.status, stopped.code) == (ScanStatus.STOPPED, "fewer_people")
    await database.write(take)
    clock.advance(timedelta(minutes=1))
    assert (await scanned(database, fewer, settings)).status is ScanStatus.COMPLETE


async def test_a_company_that_was_closed_goes_on_by_a_setting(
    database: Database, clock: MovableClock, settings: Settings, outside: Outside
) -> None:
    """Ten days at Christmas stop a scan; with the hours that the message tells, the next one is believed."""
    closed = crowd(clock.now() - 9 * DAY, active=30, idle=4)
    stopped = await scanned(database, closed, settings)
    assert (stopped.status, stopped.code) == (ScanStatus.STOPPED, "stale_activity")
    (told,) = [job.payload["facts"] for job in await due(database) if job.kind == "notice.alert"]
    assert (told["hours"], told["limit"]) == ("240", "96")
    outside.set({"COMEBACK_IDLE__STALE_HOURS": told["hours"]})
    assert (await scanned(database, closed, load())).status is ScanStatus.COMPLETE


async def test_how_many_may_be_missing_or_share_a_day_are_settings(database: Database, clock: MovableClock, outside: Outside) -> None:
    """The scan judges by what the admin wrote."""
    outside.set({**COMPLETE, "COMEBACK_IDLE__FEWER_SHARE": "0.5", "COMEBACK_IDLE__SAME_DAY_FROM": "5"})
    people = crowd(clock.now(), active=20, idle=4)
    await scanned(database, people, load())
    assert (await scanned(database, people[:12], load())).status is ScanStatus.COMPLETE
    one_day = [person(f"a{n}", used=clock.now() - DAY, added=clock.now() - 900 * DAY) for n in range(12)]
    stopped = await scanned(database, one_day, load())
    assert (stopped.status, stopped.code) == (ScanStatus.STOPPED, "same_day")


async def test_the_trail_names_who_began(database: Database, settings: Settings) -> None:
    """Comeback itself by schedule; a person at a terminal would stand there by their login."""
    await database.write(lambda uow: begin(uow, settings))
    (entry,) = await database.read(lambda uow: list(audit.entries(uow)))
    assert entry.kind == "scan.started"
    assert '"type":"comeback"' in entry.body
