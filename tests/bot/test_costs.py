"""What a return costs, as the settings and what was found say."""

from datetime import UTC, date, datetime
from decimal import Decimal

from bot.billing import Money
from bot.effects.costs import cost_of, prices_of
from bot.settings import Settings, load
from bot.slack.surfaces.put_back import PutBack
from storage.records import Finding
from tests.bot.outside import COMPLETE, CONFLUENCE, JIRA, Outside

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
PRICE = Money(amount=Decimal("8.15"), currency="USD")
TIERS = '[{"up_to": 100, "price": 8.15}, {"price": 6.4}]'


def settings_with(outside: Outside, **jira: str) -> Settings:
    """Complete settings with so much more about Jira."""
    outside.set(COMPLETE | {f"COMEBACK_PRODUCTS__JIRA__{name.upper()}": value for name, value in jira.items()})
    return load()


def finding(*, seats_used: int | None) -> Finding:
    """What vetting found of the seats."""
    return Finding(request_id="r", account_id=None, email=None, body={"seats_used": seats_used}, found_at=NOW)


def test_a_seat_that_was_taken_in_this_period_is_paid_for(outside: Outside) -> None:
    """Its return costs nothing until the renewal; one that was taken before, or by somebody else, does at once."""
    settings = settings_with(outside, price="8.15", renewal_day="14")
    jira = settings.products["jira"]

    def free_until(taken_at: datetime | None) -> date | None:
        back = PutBack(taken_at=taken_at) if taken_at else None
        return cost_of(jira, back=back, finding=None, settings=settings, now=NOW).free_until

    assert free_until(datetime(2026, 11, 20, tzinfo=UTC)) == date(2026, 12, 14)
    assert free_until(datetime(2026, 11, 10, tzinfo=UTC)) is None
    assert free_until(None) is None


def test_days_are_those_of_the_companys_clock(outside: Outside) -> None:
    """Taken at half past eleven at night in London is the next day, of the next period, in Tokyo."""
    outside.set({"COMEBACK_TIMEZONE": "Asia/Tokyo"})
    settings = settings_with(outside, price="8.15", renewal_day="14")
    back = PutBack(taken_at=datetime(2026, 11, 13, 23, 30, tzinfo=UTC))
    assert cost_of(settings.products["jira"], back=back, finding=None, settings=settings, now=NOW).free_until == date(2026, 12, 14)


def test_the_next_seat_is_priced_by_how_many_are_taken(outside: Outside) -> None:
    """With tiers the price is known only with the number of seats, and is unknown otherwise, not zero."""
    settings = settings_with(outside, price_tiers=TIERS)
    jira = settings.products["jira"]

    def price(seats_used: int | None) -> Money | None:
        return cost_of(jira, back=None, finding=finding(seats_used=seats_used), settings=settings, now=NOW).per_month

    assert price(40) == PRICE
    assert price(100) == Money(amount=Decimal("6.4"), currency="USD")
    assert price(None) is None


def test_prices_are_named_only_where_they_are_known(outside: Outside) -> None:
    """A side product without a price in the settings is named without one."""
    outside.set({"COMEBACK_PRODUCTS__CONFLUENCE__RESOURCE": CONFLUENCE})
    assert dict(prices_of(settings_with(outside, price="8.15"))) == {JIRA: PRICE}
