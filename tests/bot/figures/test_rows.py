"""The report as rows and as bars: exact, complete, and never two currencies in one sum."""

from datetime import UTC, date, datetime
from decimal import Decimal

from bot.billing import Money
from bot.figures.report import Outcome, ProductReport, Report, Saving, SeatsNow
from bot.figures.rows import COLUMNS, month_savings, rows, summary
from bot.figures.savings import SavedMonth


def saving(currency: str, *months: str, forecast: tuple[str, ...] = ()) -> Saving:
    """Ten a month in these months, with one to come for each of the *forecast*."""
    ten = Money(amount=Decimal(10), currency=currency)

    def months_of(days: tuple[str, ...]) -> tuple[SavedMonth, ...]:
        return tuple(SavedMonth(begins=date.fromisoformat(day), seats=2, amount=ten) for day in days)

    return Saving(realised=ten.times(len(months)), monthly=ten, possible=ten, months=months_of(months), forecast=months_of(forecast))


def report(*savings: Saving) -> Report:
    """A report of one product for each saving."""
    products = tuple(
        ProductReport(
            key=f"p{number}",
            name=f"P{number}",
            classes={},
            now=SeatsNow(in_use=10),
            outcome=Outcome(taken=2),
            saving=one,
        )
        for number, one in enumerate(savings)
    )
    day = datetime(2026, 1, 1, tzinfo=UTC)
    return Report(since=day, until=day, products=products, access_seconds=None)


def cell(row: tuple[object, ...], column: str) -> object:
    """What stands below *column*."""
    return row[COLUMNS.index(column)]


def test_each_currency_has_a_sum_of_its_own() -> None:
    """Two products in euros, one in dollars: two sums of the money, each beside the same counts."""
    found = report(saving("EUR", "2026-03-14"), saving("USD", "2026-03-14", "2026-04-14"), saving("EUR", "2026-04-01"))
    *_, euros, dollars = rows(found)
    assert [cell(euros, "currency"), cell(euros, "saved (estimate)"), cell(euros, "seats")] == ["EUR", Decimal(20), 30]
    assert [cell(dollars, "currency"), cell(dollars, "saved (estimate)"), cell(dollars, "reclaimed")] == ["USD", Decimal(20), 6]
    assert summary(found).startswith("Saved 20.00 EUR and $20.00")


def test_unknown_prices_are_empty_cells() -> None:
    """A zero would be read as a fact."""
    nothing = Saving(realised=None, monthly=None, possible=None, months=(), forecast=())
    *products, everything = rows(report(nothing, nothing))
    for row in (*products, everything):
        assert cell(row, "saved (estimate)") is None
        assert len(row) == len(COLUMNS)
    assert "$" not in summary(report(nothing))


def test_one_product_is_its_own_sum() -> None:
    """The same row twice would be added up by whoever opens the file."""
    assert len(rows(report(saving("USD")))) == 1


def test_bars_have_no_gap_and_stay_in_their_currency() -> None:
    """A month without a saving is an empty place, and what is to come is beside what is realised."""
    found = month_savings(report(saving("USD", "2025-12-14", "2026-02-14", forecast=("2026-03-14",)), saving("EUR", "2026-01-01")))
    assert list(found) == ["USD", "EUR"]
    assert [(bar.month, int(bar.realised.amount), int(bar.estimated.amount)) for bar in found["USD"]] == [
        (date(2025, 12, 1), 10, 0),
        (date(2026, 1, 1), 0, 0),
        (date(2026, 2, 1), 10, 0),
        (date(2026, 3, 1), 0, 10),
    ]
    assert [bar.month for bar in found["EUR"]] == [date(2026, 1, 1)]
    assert month_savings(report(saving("USD"))) == {}
