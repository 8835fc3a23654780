"""The figures of a period, as one look at the database tells them."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

from bot.billing import Money
from bot.effects import digests, housekeeping
from bot.effects.kit import Kit
from bot.figures.chart import TrendPoint
from bot.figures.report import Outcome, Report, SeatsNow
from bot.figures.savings import PeriodSaving
from bot.usecases.figures import Period, report_of, since_ever, trend_points
from storage import access_requests, scans
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus, ScanStatus, SeatActivity, WarningStatus
from tests.bot.seat_history import give_back, offer, product, scan, take, warn
from tests.fixtures.clock import MovableClock
from tests.storage.world import move, request

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
JIRA = product(price=Decimal("8.15"), renewal_day=14)
BOTH = offer(JIRA, product("confluence", price=Decimal(5), currency="EUR", renewal_day=1))
W = WarningStatus


def dollars(amount: str) -> Money:
    """An amount in US dollars."""
    return Money(amount=Decimal(amount), currency="USD")


def so_far(database: Database) -> Report:
    """All that was until now."""
    return database.read_now(lambda uow: report_of(uow, BOTH, period=since_ever(uow, zone=BERLIN)))


def play(uow: UnitOfWork) -> None:
    """Two products, some warnings and answers, and three seats that were taken."""
    scan(uow, active=5, idle=2, never_active=1, protected=1)
    scan(uow, "confluence", active=3)
    for answer in (None, W.KEPT, W.KEPT, W.KEPT, W.LET_GO, W.UNDELIVERABLE):
        warn(uow, answer)
    for _ in range(3):
        take(uow)


def test_report_has_the_seats_of_now_and_what_happened(database: Database, clock: MovableClock) -> None:
    """Seats by class, warnings by answer, what was taken and what came back, and each in the sum of all products."""
    database.write_now(play)
    clock.advance(DAY)
    one = database.write_now(take)
    database.write_now(lambda uow: give_back(uow, one))
    undone = database.write_now(take)
    database.write_now(lambda uow: give_back(uow, undone, how="undo"))
    clock.advance(DAY)

    found = so_far(database)
    jira, confluence = found.products
    assert jira.now == SeatsNow(in_use=9, idle=3, warned=2, unreached=1, free=3)
    assert jira.classes[SeatActivity.PROTECTED] == 1
    assert jira.outcome == Outcome(warned=5, kept=3, let_go=1, taken=5, returned=2, asked_back=1, undone=1)
    assert (jira.outcome.keep_rate, jira.outcome.return_rate) == (Fraction(3, 4), Fraction(1, 5))
    assert (confluence.now, confluence.outcome.keep_rate) == (SeatsNow(in_use=3), None)
    assert found.now.in_use == 12
    assert found.outcome == jira.outcome
    assert found.access_seconds is None


def test_savings_follow_the_billing_clock(database: Database, clock: MovableClock) -> None:
    """Taken on 2 November, renewed on the 14th: saved from then on, until the seats come back."""
    taken = [database.write_now(take) for _ in range(3)]
    database.write_now(lambda uow: scan(uow, active=4, idle=1))
    assert so_far(database).products[0].saving.realised == dollars("0")
    clock.advance(13 * DAY)
    (jira, confluence) = so_far(database).products
    assert (jira.saving.realised, jira.saving.monthly, jira.saving.possible) == (dollars("24.45"), dollars("24.45"), dollars("8.15"))
    assert [month.seats for month in jira.saving.forecast] == [3, 3, 3]
    assert confluence.saving.monthly == Money(amount=Decimal(0), currency="EUR")
    for one in taken[:2]:
        database.write_now(lambda uow, one=one: give_back(uow, one, how="by_itself"))  # type: ignore[misc]
    clock.advance(30 * DAY)
    report = so_far(database)
    saving = report.products[0].saving
    assert (saving.realised, saving.monthly) == (dollars("16.30"), dollars("8.15"))
    assert report.realised == (dollars("16.30"), Money(amount=Decimal(0), currency="EUR"))


def test_the_present_billing_period_is_told_with_the_next(database: Database, clock: MovableClock) -> None:
    """Jira's month began on the 14th with one seat less; from the next renewal on it will be two. Confluence has no seat to save."""
    database.write_now(take)
    clock.advance(13 * DAY)
    database.write_now(take)
    jira, confluence = (product.saving.period for product in so_far(database).products)
    assert jira == PeriodSaving(begins=date(2026, 11, 14), saved=dollars("8.15"), renews=date(2026, 12, 14), expected=dollars("16.30"))
    assert confluence is not None
    assert confluence.saved == confluence.expected == Money(amount=Decimal(0), currency="EUR")


def test_months_to_come_are_those_of_a_quarter(database: Database, clock: MovableClock) -> None:
    """The next period of an annual plan is counted to its end; the months that are told one by one stay few."""
    yearly = offer(product(price=Decimal(7), billing="annual", renewal_day=14, renewal_month=11))
    database.write_now(take)
    clock.advance(13 * DAY)
    saving = database.read_now(lambda uow: report_of(uow, yearly, period=since_ever(uow, zone=BERLIN))).products[0].saving
    assert len(saving.forecast) == 3
    assert saving.period is not None
    assert (saving.period.saved, saving.period.expected) == (dollars("7"), dollars("84"))


def test_a_period_has_the_months_that_began_in_it(database: Database, clock: MovableClock) -> None:
    """Two periods that meet add up to the whole."""
    database.write_now(take)
    clock.advance(100 * DAY)

    def work(uow: UnitOfWork) -> tuple[Report, Report]:
        middle = uow.now - 50 * DAY
        ever = since_ever(uow, zone=BERLIN)
        before = Period(since=ever.since, until=middle, zone=BERLIN)
        after = Period(since=middle, until=ever.until, zone=BERLIN)
        return report_of(uow, BOTH, period=before), report_of(uow, BOTH, period=after)

    before, after = database.read_now(work)
    amounts = [one.products[0].saving.realised for one in (before, after, so_far(database))]
    assert amounts == [dollars("16.30"), dollars("8.15"), dollars("24.45")]
    assert before.products[0].saving.forecast == ()
    assert (before.outcome.taken, after.outcome.taken) == (1, 0)


def test_access_time_is_told(database: Database, clock: MovableClock) -> None:
    """From the ask to the seat, the median of those who got it."""
    one = database.write_now(request)
    clock.advance(timedelta(minutes=4))
    path = (RequestStatus.APPROVED, RequestStatus.GRANTING, RequestStatus.GRANTED)
    database.write_now(lambda uow: move(uow, one, *path))
    seconds = so_far(database).access_seconds
    assert seconds is not None
    assert 239 < seconds < 242
    assert database.read_now(access_requests.counts)[RequestStatus.GRANTED] == 1


def test_home_and_digest_read_the_grants_of_the_last_months(database: Database, clock: MovableClock) -> None:
    """Those of all time are for whoever asks for them at a terminal: there may be hundreds of thousands."""
    idle = SimpleNamespace(mode="plan")
    kit = cast(Kit, SimpleNamespace(settings=SimpleNamespace(products=BOTH, timezone="UTC", idle=idle), team=None))
    one = database.write_now(request)
    database.write_now(lambda uow: move(uow, one, RequestStatus.APPROVED, RequestStatus.GRANTING, RequestStatus.GRANTED))

    def told(uow: UnitOfWork) -> list[bool]:
        reports = (housekeeping.so_far(uow, kit), digests.digest_view(uow, kit).so_far)
        return [report.access_seconds is not None for report in reports]

    clock.advance(89 * DAY)
    assert database.read_now(told) == [True, True]
    clock.advance(2 * DAY)
    assert database.read_now(told) == [False, False]
    assert so_far(database).access_seconds is not None


def test_trend_has_a_point_for_each_day_with_a_scan(database: Database, clock: MovableClock) -> None:
    """Products together, each with its latest scan until then; a scan that was stopped tells nothing."""
    database.write_now(lambda uow: scan(uow, active=3, idle=2))
    first = clock.now().date()
    clock.advance(DAY)
    database.write_now(lambda uow: scan(uow, "confluence", active=4))
    one = database.write_now(take)
    database.write_now(lambda uow: warn(uow) and None)
    clock.advance(DAY)
    database.write_now(lambda uow: give_back(uow, one))
    database.write_now(lambda uow: scan(uow, active=3, idle=1, status=ScanStatus.HELD))
    clock.advance(DAY)
    database.write_now(_stopped)

    points = database.read_now(lambda uow: trend_points(uow, BOTH, days=30, zone=BERLIN))
    assert points == (
        TrendPoint(day=first, in_use=5, idle=2, warned=0, reclaimed=0, returned=0),
        TrendPoint(day=first + DAY, in_use=9, idle=2, warned=0, reclaimed=1, returned=0),
        TrendPoint(day=first + 2 * DAY, in_use=8, idle=1, warned=1, reclaimed=1, returned=1),
    )
    assert database.read_now(lambda uow: len(trend_points(uow, BOTH, days=1, zone=BERLIN))) == 1


def _stopped(uow: UnitOfWork) -> None:
    begun = scans.start(uow, product="jira", origin="schedule")  # type: ignore[arg-type]
    assert begun is not None
    scans.end(uow, begun.id, target=ScanStatus.STOPPED, code="no_activity", figures={"seats": 900})


def test_days_are_those_of_the_zone(database: Database, clock: MovableClock) -> None:
    """A seat taken at half past midnight in Berlin, on the renewal's day, is paid for; in UTC it would be the day before."""
    clock.advance(timedelta(days=11, hours=14, minutes=30))  # 13 November, 23:30 UTC
    database.write_now(take)
    clock.advance(2 * DAY)
    of_zone: Callable[[str], Money | None] = lambda name: database.read_now(  # noqa: E731
        lambda uow: report_of(uow, BOTH, period=since_ever(uow, zone=ZoneInfo(name))).products[0].saving.realised
    )
    assert of_zone("Europe/Berlin") == dollars("0")
    assert of_zone("UTC") == dollars("8.15")
