"""PURE: how long is idle, and on which day people are warned, reminded and planned for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

BETWEEN_SCANS = timedelta(hours=20)
"""Two scans that agree lie at least this far apart, as activity is told late: two in one hour would see the same."""

PLANS_AT = time(9)
"""When a plan is made, each day, by the wall clock of the settings."""


class IdleTimes(Protocol):
    """The rules as the settings have them, all in days."""

    @property
    def after_days(self) -> int:
        """Without activity, until a seat is idle."""

    @property
    def warn_days(self) -> int:
        """From the warning to the plan."""

    @property
    def grace_days(self) -> int:
        """In which nobody is idle who is new or came back."""

    @property
    def keep_days(self) -> int:
        """Without a new warning after a keep."""

    @property
    def remind_days(self) -> Sequence[int]:
        """Before the plan, when the person is reminded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long is idle, and how long everything else takes; `remind_days` falls."""

    after: timedelta
    warn: timedelta
    grace: timedelta
    keep: timedelta
    remind_days: tuple[int, ...]


def rules_of(settings: IdleTimes) -> Rules:
    """The rules that *settings* make."""
    return Rules(
        after=timedelta(days=settings.after_days),
        warn=timedelta(days=settings.warn_days),
        grace=timedelta(days=settings.grace_days),
        keep=timedelta(days=settings.keep_days),
        remind_days=tuple(sorted(settings.remind_days, reverse=True)),
    )


def plan_date(warned_at: datetime, *, rules: Rules) -> datetime:
    """The moment before which nobody who was warned at *warned_at* may be in a plan."""
    return warned_at + rules.warn


def first_plan(warned_at: datetime, *, rules: Rules, zone: tzinfo) -> date:
    """The day of the first plan that whoever was warned at *warned_at* may be in, by the wall clock of *zone*."""
    due = plan_date(warned_at, rules=rules).astimezone(zone)
    return due.date() + timedelta(days=due.time() > PLANS_AT)


def keep_until(kept_at: datetime, *, rules: Rules) -> datetime:
    """When the cool-down ends that a keep at *kept_at* started; never before the grace that everybody has who wants their seat."""
    return kept_at + max(rules.keep, rules.grace)


def reminders(warned_at: datetime, *, plan_at: datetime, rules: Rules) -> tuple[datetime, ...]:
    """
    The moment of each reminder, so many days before *plan_at*, in order of time.

    None falls within a day of the warning itself, which told the same.
    """
    moments = (plan_at - timedelta(days=days) for days in rules.remind_days)
    return tuple(moment for moment in moments if moment - warned_at >= timedelta(days=1))
