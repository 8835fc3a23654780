"""What a free seat saves: from the renewal on, for whole months, exactly."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import Money, Terms, Tier, next_renewal
from bot.figures.savings import FreeSeat, PeriodSaving, add_up, monthly_saving, period_saving, saved_months, total, turns_of

MONTHLY = Terms(price=Decimal("8.15"), renewal_day=14)
ANNUAL = Terms(price=Decimal("7.00"), currency="EUR", billing="annual", renewal_day=30, renewal_month=6)
UNKNOWN = Terms(price=Decimal(10))
TIERED = Terms(tiers=(Tier(up_to=100, price=Decimal(8)), Tier(up_to=None, price=Decimal(6))), renewal_day=1)
NO_PRICE = Terms(renewal_day=14)
USD, EUR = "USD", "EUR"

days = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))
prices = st.decimals(min_value=0, max_value=1000, places=4)
terms = st.one_of(
    st.builds(Terms, price=prices),
    st.builds(Terms, price=prices, renewal_day=st.integers(1, 31)),
    st.builds(Terms, price=prices, billing=st.just("annual"), renewal_day=st.integers(1, 31), renewal_month=st.integers(1, 12)),
    st.builds(Terms, price=prices, billing=st.just("annual")),
)


@st.composite
def free_seats(draw: st.DrawFn) -> FreeSeat:
    """A seat that was taken, and perhaps came back."""
    taken = draw(days)
    free_for = draw(st.none() | st.integers(0, 900))
    return FreeSeat(taken_on=taken, returned_on=None if free_for is None else taken + timedelta(days=free_for))


def saved(of: Terms, *free: FreeSeat, until: date, seats_in_use: int = 50) -> Money | None:
    """The sum of all that the seats saved by then."""
    return total(of, saved_months(of, free, until=until, seats_in_use=seats_in_use))


def of_period(of: Terms, *free: FreeSeat, today: date, seats_in_use: int = 50) -> PeriodSaving | None:
    """What the present billing period saved, and what the next one is expected to."""
    turns = turns_of(of, today=today)
    if turns is None:
        return None
    return period_saving(of, saved_months(of, free, until=turns.ends, seats_in_use=seats_in_use), turns=turns, today=today)


def seat(taken: str, returned: str | None = None) -> FreeSeat:
    """A seat by its two days."""
    return FreeSeat(taken_on=date.fromisoformat(taken), returned_on=date.fromisoformat(returned) if returned else None)


@pytest.mark.parametrize(
    ("free", "until", "months"),
    [
        (seat("2026-11-10"), "2026-11-13", 0),
        (seat("2026-11-10"), "2026-11-14", 1),
        (seat("2026-11-14"), "2026-11-30", 0),
        (seat("2026-11-10"), "2027-01-14", 3),
        (seat("2026-11-10", "2026-11-13"), "2027-06-01", 0),
        (seat("2026-11-10", "2026-11-14"), "2027-06-01", 0),
        (seat("2026-11-10", "2026-12-13"), "2027-06-01", 0),
        (seat("2026-11-10", "2026-12-14"), "2027-06-01", 1),
    ],
)
def test_a_month_saves_from_the_renewal_on_if_the_seat_stays_free_for_all_of_it(free: FreeSeat, until: str, months: int) -> None:
    """Until the renewal it is paid for, also on the renewal's own day; a return is charged for the rest of its month."""
    assert saved(MONTHLY, free, until=date.fromisoformat(until)) == Money(amount=months * Decimal("8.15"), currency=USD)


def test_an_annual_plan_saves_nothing_before_its_own_renewal() -> None:
    """The year is paid; from then on each month is one that is not paid."""
    free = seat("2026-07-01")
    assert saved(ANNUAL, free, until=date(2027, 6, 29)) == Money(amount=Decimal(0), currency=EUR)
    assert saved(ANNUAL, free, until=date(2027, 8, 30)) == Money(amount=Decimal(21), currency=EUR)


def test_the_last_day_of_short_months_is_a_renewal_day_too() -> None:
    """A plan that renews on the 31st renews on the last of February."""
    found = saved_months(Terms(price=Decimal(1), renewal_day=31), [seat("2027-01-05")], until=date(2027, 4, 1), seats_in_use=1)
    assert [month.begins for month in found] == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]


def test_without_a_renewal_day_the_latest_possible_is_assumed() -> None:
    """An estimate that is wrong should be too small."""
    assert saved(UNKNOWN, seat("2026-11-10"), until=date(2026, 12, 31)) == Money(amount=Decimal(0), currency=USD)
    assert saved(UNKNOWN, seat("2026-11-10"), until=date(2027, 1, 1)) == Money(amount=Decimal(10), currency=USD)


def test_tiers_price_the_last_seats_first() -> None:
    """Of 104 seats six are freed: four cost 6, two cost 8."""
    free = [seat("2026-11-10")] * 6
    (december,) = saved_months(TIERED, free, until=date(2026, 12, 1), seats_in_use=98)
    assert (december.seats, december.amount) == (6, Money(amount=Decimal(4 * 6 + 2 * 8), currency=USD))
    assert monthly_saving(TIERED, free, seats_in_use=98) == december.amount


def test_a_price_that_is_not_known_is_not_nothing() -> None:
    """Who reads 0 believes that nothing is saved."""
    (december,) = saved_months(NO_PRICE, [seat("2026-11-15")], until=date(2026, 12, 20), seats_in_use=9)
    assert (december.seats, december.amount) == (1, None)
    assert saved(NO_PRICE, seat("2026-11-15"), until=date(2026, 12, 20)) is None
    assert monthly_saving(NO_PRICE, [], seats_in_use=9) is None


@pytest.mark.parametrize(
    ("of", "today", "begins", "renews", "saved", "expected"),
    [
        (MONTHLY, "2026-12-13", "2026-11-14", "2026-12-14", 1, 2),
        (MONTHLY, "2026-12-14", "2026-12-14", "2027-01-14", 2, 2),
        (UNKNOWN, "2026-12-31", "2026-12-01", "2027-01-01", 0, 2),
        (ANNUAL, "2027-05-01", "2026-06-30", "2027-06-30", 0, 24),
        (ANNUAL, "2027-08-30", "2027-06-30", "2028-06-30", 6, 24),
    ],
)
def test_a_period_has_its_own_months(of: Terms, today: str, begins: str, renews: str, saved: int, expected: int) -> None:
    """Two seats, taken either side of a renewal: the present period has the months that began, the next one all of its own."""
    free, price = (seat("2026-11-10"), seat("2026-11-20")), of.price or Decimal(0)
    assert of_period(of, *free, today=date.fromisoformat(today)) == PeriodSaving(
        begins=date.fromisoformat(begins),
        saved=Money(amount=saved * price, currency=of.currency),
        renews=date.fromisoformat(renews),
        expected=Money(amount=expected * price, currency=of.currency),
    )


def test_a_period_that_nobody_knows_is_not_made_up() -> None:
    """The year of an annual plan without its renewal may begin on any day; without a price there is no amount."""
    assert of_period(Terms(price=Decimal(1), billing="annual"), seat("2026-11-10"), today=date(2027, 1, 1)) is None
    assert of_period(NO_PRICE, seat("2026-11-10"), today=date(2027, 1, 1)) is None


@given(terms.filter(lambda one: one.renewal_day is not None), st.lists(free_seats(), max_size=6), days)
def test_the_next_period_is_that_of_the_seats_that_are_free(of: Terms, free: list[FreeSeat], today: date) -> None:
    """A month of it is what each month to come saves, however the period lies: two figures of one digest never contradict each other."""
    past = [one for one in free if one.taken_on <= today and (one.returned_on is None or one.returned_on <= today)]
    period, monthly = of_period(of, *past, today=today), monthly_saving(of, past, seats_in_use=50)
    assert period is not None
    assert monthly is not None
    assert period.begins <= today < period.renews
    assert period.expected == monthly.times(12 if of.billing == "annual" else 1)


def test_currencies_are_never_mixed() -> None:
    """A sum of dollars and euros is none."""
    dollars, euros = Money(amount=Decimal("1.1"), currency=USD), Money(amount=Decimal("2.2"), currency=EUR)
    assert add_up([dollars, None, euros, dollars]) == (Money(amount=Decimal("2.2"), currency=USD), euros)


@given(terms, st.lists(free_seats(), max_size=6), days)
def test_savings_are_never_negative_and_add_up_exactly(of: Terms, free: list[FreeSeat], until: date) -> None:
    """Seat by seat or all together, month by month or in one sum: the same amount, to the last digit."""
    months = saved_months(of, free, until=until, seats_in_use=50)
    whole = total(of, months)
    assert whole is not None
    assert whole.amount == sum((amount.amount for one in free if (amount := saved(of, one, until=until))), Decimal(0))
    assert all(month.amount is not None and month.amount.amount >= 0 and month.seats > 0 for month in months)
    assert [month.begins for month in months] == sorted({month.begins for month in months})


@given(terms, days, st.integers(0, 400), st.integers(0, 900))
def test_a_return_before_the_renewal_saved_nothing(of: Terms, taken: date, free_for: int, later: int) -> None:
    """Nothing is saved that was not billed without the seat, whenever one looks."""
    renewal = next_renewal(of, today=taken)
    returned = taken + timedelta(days=free_for)
    if renewal is not None and returned <= renewal:
        amount = saved(of, FreeSeat(taken_on=taken, returned_on=returned), until=returned + timedelta(days=later))
        assert amount == Money(amount=Decimal(0), currency=of.currency)


@given(terms, days, st.integers(0, 900), st.integers(0, 900))
def test_who_comes_back_leaves_the_savings(of: Terms, taken: date, free_for: int, later: int) -> None:
    """From the month of the return on nothing is added, however it came back, and no month before it is lost."""
    back = taken + timedelta(days=free_for)
    at_return = saved_months(of, [FreeSeat(taken_on=taken, returned_on=back)], until=back, seats_in_use=9)
    for_ever = saved_months(of, [FreeSeat(taken_on=taken, returned_on=back)], until=back + timedelta(days=later), seats_in_use=9)
    never = saved_months(of, [FreeSeat(taken_on=taken, returned_on=None)], until=back, seats_in_use=9)
    assert for_ever == at_return
    assert 0 <= len(never) - len(at_return) <= 1
