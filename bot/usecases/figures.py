"""The figures of a period, from what the database knows and the prices of the settings; and the days of the trend."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.billing import Terms, saving_per_month, terms_of
from bot.figures.chart import TrendPoint
from bot.figures.report import ACCESS_DAYS, Outcome, ProductReport, Report, Saving, SeatsNow, idle_of
from bot.figures.savings import FreeSeat, monthly_saving, period_saving, saved_months, total, turns_of
from bot.settings import Product
from bot.usecases.held import BY_REQUEST, BY_UNDO
from bot.usecases.scan_figures import SeatCount, count_of, warned_now
from storage import figures, scans, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import WarningStatus
from storage.seat_records import Figures

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before anything that a figure could be about."""
FORECAST = timedelta(days=92)
"""How far the months to come are told."""
MOST_SCANS = 400
"""Of one product for the trend: half a year of daily scans, and as many again by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From *since* on and before *until*; days are those of *zone*."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    def day(self, moment: datetime) -> date:
        """The local day of *moment*."""
        return moment.astimezone(self.zone).date()

    def has(self, day: date) -> bool:
        """Whether the period has the beginning of that day."""
        return self.since <= datetime.combine(day, datetime.min.time(), self.zone) < self.until


def since_ever(uow: UnitOfWork, *, zone: ZoneInfo) -> Period:
    """All that was until now, this moment included."""
    return Period(since=EVER, until=uow.now + timedelta(microseconds=1), zone=zone)


def report_so_far(uow: UnitOfWork, products: Mapping[str, Product], *, zone: ZoneInfo) -> Report:
    """What came of the idle seats of *products* until now, with the time to access of the last ACCESS_DAYS."""
    return report_of(uow, products, period=since_ever(uow, zone=zone), access_since=uow.now - timedelta(days=ACCESS_DAYS))


def report_of(uow: UnitOfWork, products: Mapping[str, Product], *, period: Period, access_since: datetime | None = None) -> Report:
    """What came of the idle seats of *products*; of the grants of the period, only those from *access_since* on are read."""
    return Report(
        since=period.since,
        until=period.until,
        products=tuple(_of_product(uow, product, period=period) for product in products.values()),
        access_seconds=figures.access_seconds(uow, since=max(period.since, access_since or period.since), until=period.until),
    )


def _of_product(uow: UnitOfWork, product: Product, *, period: Period) -> ProductReport:
    classes, free = seats.counts(uow, product.key), _free_seats(uow, product.key, period=period)
    now = SeatsNow(
        in_use=sum(classes.values()),
        idle=idle_of(classes),
        warned=warned_now(uow, product.key),
        unreached=warnings.counts(uow, product.key)[WarningStatus.UNDELIVERABLE],
        free=sum(seat.returned_on is None for seat in free),
    )
    return ProductReport(
        key=product.key,
        name=product.name,
        classes=classes,
        now=now,
        outcome=_outcome(figures.of_product(uow, product.key, since=period.since, until=period.until)),
        saving=_saving(terms_of(product), free, now=now, period=period, today=period.day(uow.now)),
    )


def _free_seats(uow: UnitOfWork, product: str, *, period: Period) -> tuple[FreeSeat, ...]:
    return tuple(
        FreeSeat(taken_on=period.day(taken_at), returned_on=None if returned_at is None else period.day(returned_at))
        for taken_at, returned_at in figures.taken_intervals(uow, product)
    )


def _outcome(found: Figures) -> Outcome:
    return Outcome(
        warned=found.warned,
        kept=found.kept,
        let_go=found.let_go,
        taken=found.taken,
        returned=sum(found.returned.values()),
        asked_back=found.returned.get(BY_REQUEST, 0),
        undone=found.returned.get(BY_UNDO, 0),
    )


def _saving(terms: Terms, free: Sequence[FreeSeat], *, now: SeatsNow, period: Period, today: date) -> Saving:
    ahead = today + FORECAST if period.has(today) else today
    turns = turns_of(terms, today=today)
    until = max(ahead, turns.ends) if turns else ahead
    months = saved_months(terms, free, until=until, seats_in_use=now.in_use)
    realised = tuple(month for month in months if month.begins <= today and period.has(month.begins))
    return Saving(
        realised=total(terms, realised),
        monthly=monthly_saving(terms, free, seats_in_use=now.in_use),
        possible=saving_per_month(terms, seats_before=now.in_use, seats_freed=now.idle),
        months=realised,
        forecast=tuple(month for month in months if today < month.begins <= ahead),
        period=period_saving(terms, months, turns=turns, today=today) if turns else None,
    )


def trend_points(uow: UnitOfWork, products: Mapping[str, Product], *, days: int, zone: ZoneInfo) -> tuple[TrendPoint, ...]:
    """
    All products together on each of the last *days* on which a scan of one of them ended, in order.

    A product counts with its latest scan until then, from its first one on; reclaimed and returned count from the beginning of all.
    """
    period = since_ever(uow, zone=zone)
    first = period.day(uow.now) - timedelta(days=days)
    histories = [_history(uow, key, period=period) for key in products]
    free = [seat for key in products for seat in _free_seats(uow, key, period=period)]
    taken = sorted(seat.taken_on for seat in free)
    returned = sorted(seat.returned_on for seat in free if seat.returned_on is not None)
    dated = sorted({day for history in histories for day in history if day >= first})
    return tuple(_point(day, histories, reclaimed=bisect_right(taken, day), returned=bisect_right(returned, day)) for day in dated)


def _history(uow: UnitOfWork, product: str, *, period: Period) -> dict[date, SeatCount]:
    """The product's seats by the day on which a scan saw them, in order of the days; the last scan of a day counts."""
    found = ((scan.ended_at, count_of(scan)) for scan in reversed(scans.recent(uow, product, limit=MOST_SCANS)))
    return {period.day(ended_at): count for ended_at, count in found if ended_at is not None and count is not None}


def _point(day: date, histories: Sequence[Mapping[date, SeatCount]], *, reclaimed: int, returned: int) -> TrendPoint:
    counts = [count for history in histories if (count := _latest(history, day)) is not None]
    return TrendPoint(
        day=day,
        in_use=sum(count.in_use for count in counts),
        idle=sum(count.idle for count in counts),
        warned=sum(count.warned for count in counts),
        reclaimed=reclaimed,
        returned=returned,
    )


def _latest(history: Mapping[date, SeatCount], day: date) -> SeatCount | None:
    return next((history[seen] for seen in reversed(list(history)) if seen <= day), None)
