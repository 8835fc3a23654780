"""The months of the bill as rows: each once, exact in a file, short on a terminal."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.figures.month_rows import MONTH_COLUMNS, MONTHS_SHOWN, SHEET_COLUMNS, about_months, month_rows, sheet_rows
from bot.figures.report import Report, Saving
from bot.figures.rows import COLUMNS, rows
from bot.figures.savings import SavedMonth
from tests.bot.figures.test_rows import report, saving

YEAR = tuple(date(2026, month, 14).isoformat() for month in range(1, 13))
UNPRICED = Saving(
    realised=None,
    monthly=None,
    possible=None,
    months=(SavedMonth(begins=date(2026, 3, 14), seats=3, amount=None),),
    forecast=(),
)


def sheet(found: Report) -> list[dict[str, object]]:
    """The rows of the file, each by its columns."""
    return [dict(zip(SHEET_COLUMNS, row, strict=True)) for row in sheet_rows(found)]


def test_a_month_is_realised_or_estimated() -> None:
    """What has begun and what is to come stand in columns of their own, product by product, in order."""
    found = month_rows(report(saving("USD", "2026-03-14", forecast=("2026-04-14",)), saving("EUR", "2026-03-01")))
    assert len(MONTH_COLUMNS) == len(found[0])
    assert found == (
        ("P0", "2026-03-14", 2, "$10.00", ""),
        ("P0", "2026-04-14", 2, "", "$10.00"),
        ("P1", "2026-03-01", 2, "10.00 EUR", ""),
    )


def test_a_terminal_shows_the_latest_months_and_says_so() -> None:
    """Years of them would push the figures out of sight; nothing is left out without a word."""
    found = report(saving("USD", *YEAR, forecast=("2027-01-14",)))
    assert [row[1] for row in month_rows(found)] == [*YEAR[-MONTHS_SHOWN:], "2027-01-14"]
    assert "the latest 6" in about_months(found)
    assert "all of them" in about_months(report(saving("USD", *YEAR[:MONTHS_SHOWN])))


def test_a_product_without_a_price_has_months_in_the_file_alone() -> None:
    """How many seats it was without is known, and an amount is not zero; on a terminal it would be a row of nothing."""
    assert month_rows(report(UNPRICED)) == ()
    _, month = sheet(report(UNPRICED))
    assert [month[name] for name in ("month from", "seats freed", "realised (estimate)", "currency")] == ["2026-03-14", 3, None, None]


def test_the_file_has_every_month_below_what_it_always_had() -> None:
    """Who reads the columns of before finds them in their places, and in the rows of months nothing to add up twice."""
    found = report(saving("USD", *YEAR), saving("EUR", "2026-03-01", forecast=("2026-04-01",)))
    table, lines = rows(found), sheet_rows(found)
    assert SHEET_COLUMNS[: len(COLUMNS)] == COLUMNS
    assert tuple(line[: len(COLUMNS)] for line in lines[: len(table)]) == table
    months = sheet(found)[len(table) :]
    assert len(months) == len(YEAR) + 2
    assert all({name for name in COLUMNS if month[name] is not None} == {"product", "currency"} for month in months)
    assert [months[-1][name] for name in ("product", "currency", "realised (estimate)", "estimated")] == ["P1", "EUR", None, Decimal(10)]


@pytest.mark.parametrize(("currencies", "told"), [(["USD"], [241]), (["USD", "EUR"], [None, None, 241, 241])])
def test_from_ask_to_access_stands_where_all_is_summed_up(currencies: list[str], told: list[int | None]) -> None:
    """The file has all figures of the table's caption; the one product of an installation is its own sum."""
    found = replace(report(*map(saving, currencies)), access_seconds=240.6)
    assert [row["ask to access (median seconds)"] for row in sheet(found)] == told
    assert {row["ask to access (median seconds)"] for row in sheet(report(saving("USD")))} == {None}
