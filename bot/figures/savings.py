"""
PURE: what the seats that were taken back save, month by month of the billing clock. Every amount is an estimate.

A seat saves from the first renewal after it was taken: until then it is paid for (`bot.billing`). From there on each month counts with its
first day, as it is billed without the seat, and only if the seat stays free for all of it: a seat that comes back in the middle is charged
for the rest, so that month leaves the savings again. A return before the renewal saved nothing, and cost nothing.

Where the renewal is not known, the latest that it can be is assumed: a month after the taking, or a year for annual plans.
"""

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import NamedTuple

from bot.billing import Money, Terms, next_renewal, period_start, saving_per_month

_DAY = timedelta(days=1)
_MONTHS_A_YEAR = 12


class FreeSeat(NamedTuple):
    """The day on which a seat was taken, and the one on which it came back, None while it is free; by the local calendar."""

    taken_on: date
    returned_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMonth:
    """The month of the billing clock that `begins` on that day: how many seats it was, or will be, without; None for an unknown price."""

    begins: date
    seats: int
    amount: Money | None


class Turns(NamedTuple):
    """The first days of a billing period, of the next one, and of the one after that."""

    begins: date
    renews: date
    ends: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSaving:
    """
    What the billing period that `begins` on that day saved in the months that have begun, and what is expected of the next one.

    That one begins with `renews`; expected is what it saves if nobody comes back.
    """

    begins: date
    saved: Money
    renews: date
    expected: Money


def saved_months(terms: Terms, free: Sequence[FreeSeat], *, until: date, seats_in_use: int) -> tuple[SavedMonth, ...]:
    """
    Every month that began by *until* and was without some seat, in order; months after today tell what happens if nobody comes back.

    *seats_in_use* is today's number, with which tiers are priced.
    """
    spans = [(_saves_from(terms, seat), seat.returned_on) for seat in free]
    first = min((start for start, _ in spans), default=until + _DAY)
    return tuple(
        SavedMonth(begins=begins, seats=seats, amount=saving_per_month(terms, seats_before=seats_in_use + seats, seats_freed=seats))
        for begins, ends in _months(terms, first=first, last=until)
        if (seats := sum(start <= begins and (back is None or back >= ends) for start, back in spans))
    )


def monthly_saving(terms: Terms, free: Sequence[FreeSeat], *, seats_in_use: int) -> Money | None:
    """What the seats that are free save in each month to come; None when no price is known."""
    seats = sum(seat.returned_on is None for seat in free)
    return saving_per_month(terms, seats_before=seats_in_use + seats, seats_freed=seats)


def turns_of(terms: Terms, *, today: date) -> Turns | None:
    """Those of the period that *today* is in; None for an annual plan whose renewal is not known: its year may begin on any day."""
    begins, renews = period_start(terms, today=today), next_renewal(terms, today=today)
    ends = None if renews is None else next_renewal(terms, today=renews)
    if begins is not None and renews is not None and ends is not None:
        return Turns(begins=begins, renews=renews, ends=ends)
    if terms.billing == "annual":
        return None
    # As `saved_months` counts where the renewal is not known: by calendar months.
    first = today.replace(day=1)
    return Turns(begins=first, renews=_later(first, months=1), ends=_later(first, months=2))


def period_saving(terms: Terms, months: Sequence[SavedMonth], *, turns: Turns, today: date) -> PeriodSaving | None:
    """What the period of *today* saved, and what the next one is expected to, of *months* until its end; None when no price is known."""
    saved = total(terms, (month for month in months if turns.begins <= month.begins <= today))
    expected = total(terms, (month for month in months if turns.renews <= month.begins < turns.ends))
    if saved is None or expected is None:
        return None
    return PeriodSaving(begins=turns.begins, saved=saved, renews=turns.renews, expected=expected)


def add_up(amounts: Iterable[Money | None]) -> tuple[Money, ...]:
    """The sum of each currency, in the order in which they came; unknown amounts are left out."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        if amount is not None:
            sums[amount.currency] = sums[amount.currency] + amount if amount.currency in sums else amount
    return tuple(sums.values())


def total(terms: Terms, months: Iterable[SavedMonth]) -> Money | None:
    """The sum of the *months*, nothing for none of them; None when no price is known."""
    nothing = saving_per_month(terms, seats_before=0, seats_freed=0)
    return None if nothing is None else reduce(Money.__add__, (month.amount for month in months if month.amount), nothing)


def _saves_from(terms: Terms, seat: FreeSeat) -> date:
    """The first day of the first month that is billed without the seat."""
    renewal = next_renewal(terms, today=seat.taken_on)
    if renewal is not None:
        return renewal
    latest = _later(seat.taken_on, months=_MONTHS_A_YEAR if terms.billing == "annual" else 1)
    return latest if latest.day == 1 else _later(latest.replace(day=1), months=1)


def _months(terms: Terms, *, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The months of the billing clock that begin from *first* to *last*, each with the day after its end."""
    known = next_renewal(terms, today=first) is not None
    day, begins = (terms.renewal_day if known else None) or 1, first
    while begins <= last:
        ends = _later(begins, months=1, day=day)
        yield begins, ends
        begins = ends


def _later(start: date, *, months: int, day: int | None = None) -> date:
    """So many calendar months later, on *day* or the same day of the month, or on its last day where it has none such."""
    count = start.year * _MONTHS_A_YEAR + start.month - 1 + months
    year, month = divmod(count, _MONTHS_A_YEAR)
    return date(year, month + 1, min(day or start.day, calendar.monthrange(year, month + 1)[1]))
