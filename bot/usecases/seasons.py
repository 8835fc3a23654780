"""
Seasons: the days before a renewal, in which a removal saves.

What was proposed or agreed to for one renewal counts until it comes, as the seats are paid for after it. What people were told counts for a
while longer: a monthly plan has its next season in some weeks, an annual one only when nobody remembers the word.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.billing import next_renewal, period_start, plan_window, terms_of
from bot.idle.rules import first_plan, rules_of
from bot.settings import Product, Settings
from storage.lifecycle import WarningStatus
from storage.seat_records import SeatWarning

WORD_HOLDS = timedelta(days=60)
"""So long after the day that it named a warning may still lead to a removal; after that its holder is asked anew."""


def local_day(now: datetime, settings: Settings) -> date:
    """The day of *now* by the settings' own wall clock."""
    return now.astimezone(ZoneInfo(settings.timezone)).date()


def begins(day: date, settings: Settings) -> datetime:
    """The moment at which *day* begins there."""
    return datetime.combine(day, time(), ZoneInfo(settings.timezone))


def is_open(product: Product, *, settings: Settings, today: date) -> bool:
    """Whether a plan of *today* takes seats of the product at a time when that saves; always, where its renewal is not known."""
    return _next_plan(product, settings=settings, today=today) <= today


def may_warn(product: Product, *, settings: Settings, now: datetime) -> bool:
    """Whether the first plan for somebody who is warned *now* falls into a season of the product."""
    due = first_plan(now, rules=rules_of(settings.idle), zone=ZoneInfo(settings.timezone))
    return is_open(product, settings=settings, today=due)


def renewal_after(product: Product, *, settings: Settings, now: datetime) -> date | None:
    """The first day of the product's next billing period; None when the renewal is not known."""
    return next_renewal(terms_of(product), today=local_day(now, settings))


def renewed_at(product: Product, *, settings: Settings, now: datetime) -> datetime | None:
    """When the product was last renewed; None when the renewal is not known."""
    start = period_start(terms_of(product), today=local_day(now, settings))
    return begins(start, settings) if start is not None else None


def words_from(product: Product, *, settings: Settings, now: datetime) -> datetime:
    """
    The day that a warning has to name, this or a later one, to count in the product's next plan.

    A warning that names an earlier day, or will be too old when the next season begins, is overtaken.
    """
    return begins(_next_plan(product, settings=settings, today=local_day(now, settings)), settings) - WORD_HOLDS


def _next_plan(product: Product, *, settings: Settings, today: date) -> date:
    """The first day from *today* on that lies in a season."""
    return plan_window(terms_of(product), today=today, lead_days=settings.idle.lead_days).opens


def is_overtaken(warning: SeatWarning, *, words_from: datetime) -> bool:
    """Whether the warning was not answered, and what it said is too old by now; who let go has answered for any time."""
    return warning.status is WarningStatus.OPEN and warning.plan_at is not None and warning.plan_at < words_from
