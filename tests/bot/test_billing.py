"""When a seat costs, when it saves, and how much: by the billing clock, exactly."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import (
    Money,
    ReturnCost,
    Terms,
    Tier,
    Window,
    bill,
    free_until,
    next_renewal,
    period_start,
    plan_window,
    return_cost,
    saving_per_month,
    seat_price,
    terms_of,
)
from bot.settings import PriceTier, Product
from tests.bot.outside import JIRA

MONTHLY = Terms(price=Decimal("8.15"), renewal_day=14)
ANNUAL = Terms(price=Decimal("7.00"), currency="EUR", billing="annual", renewal_day=30, renewal_month=6)
TIERED = Terms(tiers=(Tier(up_to=100, price=Decimal(8)), Tier(up_to=250, price=Decimal(6)), Tier(up_to=None, price=Decimal(3))))
NO_PRICE = Terms(renewal_day=14)
TODAY = date(2026, 11, 2)

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 12, 31))
prices = st.decimals(min_value=0, max_value=1000, places=4)
renewals = st.one_of(
    st.builds(Terms, renewal_day=st.integers(1, 31)),
    st.builds(Terms, billing=st.just("annual"), renewal_day=st.integers(1, 31), renewal_month=st.integers(1, 12)),
)


@st.composite
def priced(draw: st.DrawFn) -> Terms:
    """Any price, in up to four tiers."""
    ends = sorted(draw(st.sets(st.integers(1, 500), max_size=3)))
    return Terms(tiers=tuple(Tier(up_to=end, price=draw(prices)) for end in (*ends, None)))


def dollars(amount: str) -> Money:
    """An amount in US dollars."""
    return Money(amount=Decimal(amount), currency="USD")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("8.15", "USD", "$8.15"),
        ("8.15", "EUR", "8.15 EUR"),
        ("1234.5", "USD", "$1,234.50"),
        ("-3", "USD", "-$3.00"),
        ("-0.001", "USD", "$0.00"),
        ("1100.4", "JPY", "1,100 JPY"),
        ("0", "EUR", "0.00 EUR"),
    ],
)
def test_money_reads_like_money(amount: str, currency: str, shown: str) -> None:
    """An amount is exact inside and rounded only where a person reads it."""
    assert str(Money(amount=Decimal(amount), currency=currency)) == shown


def test_currencies_are_never_added_up() -> None:
    """A total over two currencies would be a number that means nothing."""
    assert dollars("8.15") + dollars("0.85") == dollars("9.00")
    assert dollars("8.15").times(3) == dollars("24.45")
    with pytest.raises(ValueError, match="no sum"):
        dollars("1") + Money(amount=Decimal(1), currency="EUR")


@pytest.mark.parametrize(
    ("terms", "today", "renewal"),
    [
        (MONTHLY, date(2026, 11, 2), date(2026, 11, 14)),
        (MONTHLY, date(2026, 11, 14), date(2026, 12, 14)),
        (MONTHLY, date(2026, 12, 20), date(2027, 1, 14)),
        (Terms(renewal_day=31), date(2026, 11, 2), date(2026, 11, 30)),
        (Terms(renewal_day=31), date(2027, 1, 31), date(2027, 2, 28)),
        (Terms(renewal_day=30), date(2028, 2, 1), date(2028, 2, 29)),
        (ANNUAL, date(2026, 11, 2), date(2027, 6, 30)),
        (ANNUAL, date(2027, 6, 29), date(2027, 6, 30)),
        (Terms(billing="annual", renewal_day=29, renewal_month=2), date(2026, 3, 1), date(2027, 2, 28)),
        (Terms(), TODAY, None),
        (Terms(billing="annual", renewal_day=29), TODAY, None),
    ],
)
def test_renewal_is_found_in_every_calendar(terms: Terms, today: date, renewal: date | None) -> None:
    """The 31st is the last day of a shorter month, and the day of a renewal belongs to the period that it begins."""
    assert next_renewal(terms, today=today) == renewal


@given(terms=renewals, today=days)
def test_today_is_always_in_one_period(terms: Terms, today: date) -> None:
    """Periods follow each other without a gap: the end of one is the start of the next."""
    start, end = period_start(terms, today=today), next_renewal(terms, today=today)
    assert start is not None
    assert end is not None
    assert start <= today < end
    assert period_start(terms, today=end) == end
    assert next_renewal(terms, today=start) == end
    assert end - start <= timedelta(days=31 if terms.billing == "monthly" else 366)


@pytest.mark.parametrize(
    ("freed_on", "until"),
    [
        (date(2026, 10, 14), date(2026, 11, 14)),
        (TODAY, date(2026, 11, 14)),
        (date(2026, 10, 13), None),
        (date(2026, 11, 3), None),
        (None, None),
    ],
)
def test_return_is_free_only_in_the_period_of_its_removal(freed_on: date | None, until: date | None) -> None:
    """A seat that an earlier period freed, or that we never freed, is one more than this period is paid for."""
    assert free_until(MONTHLY, today=TODAY, freed_on=freed_on) == until


def test_return_is_never_called_free_without_a_renewal_day() -> None:
    """Without the billing clock a promise would be a guess."""
    cost = return_cost(Terms(price=Decimal("8.15")), today=TODAY, freed_on=TODAY, seats_in_use=10)
    assert cost == ReturnCost(free_until=None, per_month=dollars("8.15"))


def test_return_cost_has_both_halves() -> None:
    """The card says "nothing until the 14th, then $8.15 a month"."""
    cost = return_cost(MONTHLY, today=TODAY, freed_on=TODAY, seats_in_use=None)
    assert cost == ReturnCost(free_until=date(2026, 11, 14), per_month=dollars("8.15"))
    assert return_cost(NO_PRICE, today=TODAY, freed_on=TODAY, seats_in_use=1).per_month is None


@pytest.mark.parametrize(
    ("seats", "amount"), [(0, "0"), (1, "8"), (100, "800"), (101, "806"), (250, "1700"), (251, "1703"), (1000, "3950")]
)
def test_each_tier_bills_its_own_seats(seats: int, amount: str) -> None:
    """Atlassian's tiers are graduated: the 101st seat is cheaper, the first hundred are not."""
    assert bill(TIERED, seats=seats) == dollars(amount)


@pytest.mark.parametrize(("in_use", "price"), [(0, "8"), (99, "8"), (100, "6"), (249, "6"), (250, "3"), (9000, "3"), (None, None)])
def test_next_seat_has_the_price_of_its_tier(in_use: int | None, price: str | None) -> None:
    """The seat that comes back is the last one counted; where nobody knows how many there are, no price is told."""
    assert seat_price(TIERED, seats_in_use=in_use) == (None if price is None else dollars(price))


def test_price_needs_no_seats_where_all_cost_the_same() -> None:
    """One price is known whatever the number."""
    assert seat_price(MONTHLY, seats_in_use=None) == dollars("8.15")
    assert seat_price(Terms(tiers=(Tier(up_to=None, price=Decimal(5)),)), seats_in_use=None) == dollars("5")
    assert seat_price(NO_PRICE, seats_in_use=5) is None


def test_saving_goes_over_the_edge_of_a_tier() -> None:
    """The dearest seats of the last tiers are those that are saved, each at its own price."""
    assert saving_per_month(TIERED, seats_before=252, seats_freed=3) == dollars("12")
    assert saving_per_month(MONTHLY, seats_before=10, seats_freed=2) == dollars("16.30")
    assert saving_per_month(NO_PRICE, seats_before=10, seats_freed=2) is None


@given(terms=priced(), before=st.integers(0, 600), freed=st.integers(0, 700))
def test_saving_is_the_difference_of_two_bills(terms: Terms, before: int, freed: int) -> None:
    """Seat by seat or at once, the same is saved, never more than the bill, never less than nothing."""
    whole, saved = bill(terms, seats=before), saving_per_month(terms, seats_before=before, seats_freed=freed)
    assert whole is not None
    assert saved is not None
    one_by_one = [saving_per_month(terms, seats_before=left, seats_freed=1) for left in range(before, max(0, before - freed), -1)]
    assert saved.amount == sum((one.amount for one in one_by_one if one), Decimal(0))
    assert 0 <= saved.amount <= whole.amount


@pytest.mark.parametrize(
    ("terms", "today", "window"),
    [
        (MONTHLY, date(2026, 11, 2), Window(opens=date(2026, 11, 9), closes=date(2026, 11, 13))),
        (MONTHLY, date(2026, 11, 11), Window(opens=date(2026, 11, 11), closes=date(2026, 11, 13))),
        (MONTHLY, date(2026, 11, 14), Window(opens=date(2026, 12, 9), closes=date(2026, 12, 13))),
        (ANNUAL, date(2026, 11, 2), Window(opens=date(2027, 6, 25), closes=date(2027, 6, 29))),
        (Terms(), TODAY, Window(opens=TODAY, closes=None)),
    ],
)
def test_seats_are_taken_shortly_before_the_renewal(terms: Terms, today: date, window: Window) -> None:
    """Earlier saves nothing, and on the day of the renewal itself it is too late for a period."""
    assert plan_window(terms, today=today, lead_days=5) == window


@given(terms=renewals, today=days, lead_days=st.integers(1, 28))
def test_a_window_lies_ahead_and_in_one_period(terms: Terms, today: date, lead_days: int) -> None:
    """Whoever takes seats inside the window has them gone from the next bill."""
    window = plan_window(terms, today=today, lead_days=lead_days)
    assert window.closes is not None
    assert today <= window.opens <= window.closes
    assert next_renewal(terms, today=window.opens) == window.closes + timedelta(days=1)


def test_terms_are_those_of_the_settings() -> None:
    """What an admin wrote about a product is what its bill is estimated by."""
    product = Product(
        key="jira",
        resource=JIRA,
        name="Jira",
        price_tiers=(PriceTier(up_to=100, price=Decimal(8)), PriceTier(price=Decimal(6))),
        currency="EUR",
        billing="annual",
        renewal_day=30,
        renewal_month=6,
    )
    tiers = (Tier(up_to=100, price=Decimal(8)), Tier(up_to=None, price=Decimal(6)))
    assert terms_of(product) == Terms(tiers=tiers, currency="EUR", billing="annual", renewal_day=30, renewal_month=6)
