"""
PURE: the billing clock: when a removal saves, when a return is free. Every amount is an estimate.

Atlassian bills a period by the highest number of seats in it. A seat freed in between brings no credit, may be used again until the
renewal, and counts no more if it is still free on the last day; a seat beyond that number is charged for the rest of the period
(https://support.atlassian.com/subscriptions-and-billing/docs/how-maximum-quantity-billing-works/, seen November 2026: monthly plans).
An annual plan is paid for its whole year, so that the same holds until its own renewal.
"""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

Billing: TypeAlias = Literal["monthly", "annual"]

_DAY = timedelta(days=1)
_SIGNS = {"USD": "$"}
_WITHOUT_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An exact amount in a currency (ISO 4217); shown rounded, as `$8.15` or `8.15 EUR`."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        digits = 0 if self.currency in _WITHOUT_CENTS else 2
        sign, size = "-" if round(self.amount, digits) < 0 else "", f"{abs(self.amount):,.{digits}f}"
        return f"{sign}{_SIGNS[self.currency]}{size}" if self.currency in _SIGNS else f"{sign}{size} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} have no sum")
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def times(self, number: int) -> "Money":
        """*number* times this amount."""
        return Money(amount=self.amount * number, currency=self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What one seat a month costs, for the seats up to `up_to` that no earlier tier has; None in the last one."""

    up_to: int | None
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How one product is billed. `tiers` climb, the last has no end, and hold instead of `price`; what is None or empty is not known."""

    price: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    currency: str = "USD"
    billing: Billing = "monthly"
    renewal_day: int | None = None
    renewal_month: int | None = None


class PricedTier(Protocol):
    """A tier as the settings have it."""

    @property
    def up_to(self) -> int | None:
        """The last seat of the tier."""

    @property
    def price(self) -> Decimal:
        """One seat a month."""


class PricedProduct(Protocol):
    """A product as the settings have it."""

    @property
    def price(self) -> Decimal | None:
        """One seat a month."""

    @property
    def price_tiers(self) -> Sequence[PricedTier]:
        """Climbing, the last without end; empty where there is one price."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def billing(self) -> Billing:
        """How long a period is."""

    @property
    def renewal_day(self) -> int | None:
        """Of the month."""

    @property
    def renewal_month(self) -> int | None:
        """For annual billing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCost:
    """
    What a return costs: nothing until `free_until` (None: it is charged from its first day), then `per_month` (None: no price is known).

    `free_until` is the day of the renewal, the first that is charged.
    """

    free_until: date | None
    per_month: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days on which a removal does the most: from `opens` to `closes`, the last day of the period (None: any day is as good)."""

    opens: date
    closes: date | None


def terms_of(product: PricedProduct) -> Terms:
    """How *product* of the settings is billed."""
    return Terms(
        price=product.price,
        tiers=tuple(Tier(up_to=tier.up_to, price=tier.price) for tier in product.price_tiers),
        currency=product.currency,
        billing=product.billing,
        renewal_day=product.renewal_day,
        renewal_month=product.renewal_month,
    )


def next_renewal(terms: Terms, *, today: date) -> date | None:
    """The first day of the next billing period, after *today*; None when the renewal is not known."""
    return next((day for day in _renewals(terms, around=today) if day > today), None)


def period_start(terms: Terms, *, today: date) -> date | None:
    """The first day of the billing period that *today* is in; None when the renewal is not known."""
    return max((day for day in _renewals(terms, around=today) if day <= today), default=None)


def free_until(terms: Terms, *, today: date, freed_on: date | None) -> date | None:
    """
    The renewal until which a seat that was freed on *freed_on* can be given back for nothing; None when it can't, or nobody knows.

    A seat freed in an earlier period, or never (None), is one more than what this period is paid for.
    """
    start = period_start(terms, today=today)
    if start is None or freed_on is None or not start <= freed_on <= today:
        return None
    return next_renewal(terms, today=today)


def bill(terms: Terms, *, seats: int) -> Money | None:
    """What *seats* cost a month, each tier's price for its own seats; None when no price is known."""
    if not terms.tiers:
        return None if terms.price is None else Money(amount=terms.price * seats, currency=terms.currency)
    amount, counted = Decimal(0), 0
    for tier in terms.tiers:
        upto = seats if tier.up_to is None else min(seats, tier.up_to)
        amount += tier.price * max(0, upto - counted)
        counted = max(counted, upto)
    return Money(amount=amount, currency=terms.currency)


def seat_price(terms: Terms, *, seats_in_use: int | None) -> Money | None:
    """
    What the next seat costs a month where *seats_in_use* are taken already; None when no price is known.

    Without the number of seats a price is known only where all tiers have the same.
    """
    if terms.tiers and seats_in_use is None:
        prices = {tier.price for tier in terms.tiers}
        return Money(amount=prices.pop(), currency=terms.currency) if len(prices) == 1 else None
    return saving_per_month(terms, seats_before=(seats_in_use or 0) + 1, seats_freed=1)


def saving_per_month(terms: Terms, *, seats_before: int, seats_freed: int) -> Money | None:
    """What *seats_freed* of *seats_before* save a month once the next period has begun; None when no price is known."""
    before, after = bill(terms, seats=seats_before), bill(terms, seats=max(0, seats_before - seats_freed))
    if before is None or after is None:
        return None
    return Money(amount=before.amount - after.amount, currency=terms.currency)


def return_cost(terms: Terms, *, today: date, freed_on: date | None, seats_in_use: int | None) -> ReturnCost:
    """What it costs to give a seat back today that Comeback freed on *freed_on*, None when it did not free one."""
    return ReturnCost(
        free_until=free_until(terms, today=today, freed_on=freed_on),
        per_month=seat_price(terms, seats_in_use=seats_in_use),
    )


def plan_window(terms: Terms, *, today: date, lead_days: int) -> Window:
    """When seats should be taken: the last *lead_days* (at least 1) before the next renewal; from *today* on when that is not known."""
    renewal = next_renewal(terms, today=today)
    if renewal is None:
        return Window(opens=today, closes=None)
    return Window(opens=max(today, renewal - lead_days * _DAY), closes=renewal - _DAY)


def _renewals(terms: Terms, *, around: date) -> Iterator[date]:
    """Every renewal of the years around *around*, in order; none when the day is not known."""
    day, month = terms.renewal_day, terms.renewal_month
    if day is None or (month is None and terms.billing == "annual"):
        return
    months: Sequence[int] = range(1, 13) if month is None or terms.billing == "monthly" else (month,)
    for year in (around.year - 1, around.year, around.year + 1):
        for of_year in months:
            yield date(year, of_year, min(day, calendar.monthrange(year, of_year)[1]))
