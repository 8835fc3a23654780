"""A year of an organization of four hundred, with the clock moved, held against the sandbox's own count."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.figures.report import ProductReport
from bot.slack.surfaces.digest_texts import TITLE
from bot.usecases.figures import report_of, since_ever
from sandbox.atlassian.accounts import Account
from sandbox.atlassian.organization import Organization
from sandbox.clock import Clock
from sandbox.tally import Tally
from storage import audit
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.year import LOOK_EVERY, PRODUCTS, Year

OpenStage = Callable[..., Any]
PRICES = {"jira": Decimal("8.15"), "confluence": Decimal("6.05")}
BEGINS = datetime(2027, 1, 5, 8, tzinfo=UTC)
"""A Tuesday, so that the bot is looked at on Mondays, when digests are due; the same each time, as every year has other months."""
DAYS = 366
AFTER, WARN = timedelta(days=90), timedelta(days=14)
CYCLE = WARN + timedelta(days=60)
"""A warning older than this counts no more: the day that it named is two months ago."""
SETTINGS = {
    "COMEBACK_IDLE__MODE": "reclaim",
    # The bot is looked at once a week: so each season has a day on which it is.
    "COMEBACK_IDLE__LEAD_DAYS": str(LOOK_EVERY),
    **{f"COMEBACK_PRODUCTS__{key.upper()}__PRICE": str(price) for key, price in PRICES.items()},
    **{f"COMEBACK_PRODUCTS__{key.upper()}__RENEWAL_DAY": "1" for key in PRODUCTS},
}


@pytest.mark.large
async def test_a_year(small_stage: OpenStage) -> None:
    """Scan, warn, keep, exempt, plan, reclaim, return, renewal, digest: nobody loses what they use, and the figures are true."""
    async with small_stage(scheduled=True, clock=Clock.beginning(BEGINS), **SETTINGS) as stage:
        year = Year(stage=stage)
        began = stage.sandbox.clock.now()
        await year.live(DAYS)
        await year.end()
        assert_something_of_everything_happened(year)
        assert_only_idle_and_warned_people_lost_a_seat(year, began=began)
        products = {product.key: product for product in (await report(stage)).products}
        for key in PRODUCTS:
            assert_figures_are_true(products[key], year, today=stage.sandbox.clock.now().date())
        await assert_the_trail_tells_the_same(stage, year.tally)
        assert_the_digest_came_weekly(stage)


async def report(stage: Stage) -> Any:
    """The bot's own figures of all time."""
    settings = stage.parts.kit.settings
    return await stage.parts.database.read(lambda uow: report_of(uow, settings.products, period=since_ever(uow, zone=ZoneInfo("UTC"))))


def assert_something_of_everything_happened(year: Year) -> None:
    """A year in which nobody kept, went, came back or was undone would prove nothing."""
    assert year.undone
    assert year.kept.total() > 10
    assert year.away > 0
    assert min(len(year.tally.lost(key)) for key in PRODUCTS) > 20
    assert sum(len(year.tally.returned(key)) for key in PRODUCTS) > 10


def assert_only_idle_and_warned_people_lost_a_seat(year: Year, *, began: datetime) -> None:
    """By the visits that the sandbox remembers and the messages that people got: idle for long, and warned in time, each time."""
    organization = year.tally.organization
    protected = {account.id for account in organization.register.accounts if _is_protected(account, organization)}
    for key in PRODUCTS:
        ari = organization.catalog.product(key).ari
        for change in year.tally.lost(key):
            account = organization.register.get(change.account_id)
            assert account is not None
            assert account.id not in protected
            last = year.last_visit_before(account.id, key, day=change.day) or _first_known(account.visits.get(ari), began)
            assert last is None or change.day - last >= AFTER, (change, last)
            # A reminder is a message of its own; the warning that counts is of this cycle, not of the year's beginning.
            warned = [change.day - day for day in year.warned_on.get((account.id, key), ()) if day < change.day]
            enough = timedelta(0) if (account.id, key) in year.let_go else WARN
            assert any(enough <= since <= CYCLE for since in warned), (change, warned)


def _is_protected(account: Account, organization: Organization) -> bool:
    administers = any("admin" in role for _, role in organization.register.assigned(account))
    return bool(account.platform_roles) or administers or account.type != "atlassian"


def _first_known(visit: datetime | None, began: datetime) -> date | None:
    """A visit of before the year, as the sandbox had it."""
    return visit.date() if visit is not None and visit < began else None


def assert_figures_are_true(told: ProductReport, year: Year, *, today: date) -> None:
    """Counts, and money to the cent, told a second time from who had a seat on which day."""
    lost, back = year.tally.lost(told.key), year.tally.returned(told.key)
    assert (told.outcome.taken, told.outcome.returned) == (len(lost), len(back))
    assert told.now.free == len(lost) - len(back)
    assert (told.outcome.kept, told.outcome.let_go) == (year.kept[told.key], year.gone[told.key])
    assert told.now.in_use == year.counted[told.key]
    assert told.saving.realised is not None
    true = saved_seat_months(year.tally, told.key, today=today)
    # A seat that came back with another product's group is noticed by the next scan, which may be in the next month.
    by_itself = told.outcome.returned - told.outcome.asked_back - told.outcome.undone
    assert true <= told.saving.realised.amount / PRICES[told.key] <= true + by_itself


def saved_seat_months(tally: Tally, key: str, *, today: date) -> int:
    """Months that began on a first of the month by today, in all of which a seat stayed free that was taken before."""
    months = 0
    for change in tally.lost(key):
        returned = next((one.day for one in tally.returned(key) if one.account_id == change.account_id and one.day >= change.day), None)
        first = _next_first(change.day)
        while first <= today:
            months += returned is None or returned >= _next_first(first)
            first = _next_first(first)
    return months


def _next_first(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


async def assert_the_trail_tells_the_same(stage: Stage, tally: Tally) -> None:
    """The chain is whole, and has an entry for each seat that went and for each that came back."""
    assert isinstance(await stage.parts.database.read(audit.verify), audit.Verified)
    found = await stage.parts.database.read(lambda uow: list(audit.entries(uow)))
    kinds = Counter(entry.kind for entry in found)
    assert kinds["seat.reclaimed"] == sum(len(tally.lost(key)) for key in PRODUCTS)
    assert kinds["seat.returned"] == sum(len(tally.returned(key)) for key in PRODUCTS)
    assert kinds["batch.approved"] > 0
    assert kinds["exemption.active"] > 0


def assert_the_digest_came_weekly(stage: Stage) -> None:
    """One message and one picture a week, and never two."""
    digests = [message for message in stage.sandbox.slack.messages(ADMINS) if message.words.startswith(TITLE)]
    pictures = [file for file in stage.sandbox.slack.files() if file.name.endswith(".png")]
    # That of the day before the beginning is made up, so there may be one more than looks; the first have nothing to show.
    mondays = DAYS // LOOK_EVERY + 2
    assert mondays - 3 <= len(pictures) <= mondays
    assert mondays - 3 <= len(digests) <= mondays
