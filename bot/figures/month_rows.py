"""PURE: what each month of the bill saved, and what the next ones are expected to, as rows of a table and of a spreadsheet."""

from collections.abc import Iterator
from typing import Final

from bot.billing import Money
from bot.figures.listing import Cell
from bot.figures.report import ProductReport, Report
from bot.figures.rows import COLUMNS, ESTIMATE, amount_of, rows
from bot.figures.savings import SavedMonth

MONTH_COLUMNS = ("product", "month from", "seats freed", "realised", "estimated")
SHEET_COLUMNS = (*COLUMNS, "ask to access (median seconds)", "month from", "seats freed", f"realised{ESTIMATE}", "estimated")
"""Those of the table come first and stay as they are: somebody's spreadsheet reads them."""
MONTHS_SHOWN: Final = 6
"""Of those that have begun, the latest on a terminal: years of them are for a file."""
ABOUT_MONTHS = (
    "Months by their first day on the bill: realised ones have begun ({shown}), estimated ones are to come, if nobody comes back. "
    "All amounts are estimates by the prices in the settings."
)
_ALL, _LATEST = "all of them", f"the latest {MONTHS_SHOWN}; --csv and --json have all"


def month_rows(report: Report) -> tuple[tuple[Cell, ...], ...]:
    """A row for each product with a price and month, in order: the latest that have begun, and those to come."""
    return tuple(
        (product.name, month.begins.isoformat(), month.seats, *(str(amount or "") for amount in _amounts(month, begun=begun)))
        for product in report.products
        if product.saving.realised is not None
        for month, begun in _months(product, past=MONTHS_SHOWN)
    )


def about_months(report: Report) -> str:
    """What stands below these rows."""
    left_out = any(product.saving.realised and len(product.saving.months) > MONTHS_SHOWN for product in report.products)
    return ABOUT_MONTHS.format(shown=_LATEST if left_out else _ALL)


def sheet_rows(report: Report) -> tuple[tuple[Cell, ...], ...]:
    """
    The rows of the table, then one for each product and month, which has its product, its currency, and the last four columns.

    From ask to access is told where all products are summed up: a request is not counted by product.
    """
    last = len(report.products) if len(report.products) > 1 else 0
    seconds = None if report.access_seconds is None else round(report.access_seconds)
    table = ((*row, seconds if place >= last else None, None, None, None, None) for place, row in enumerate(rows(report)))
    return (*table, *_sheet_months(report))


def _sheet_months(report: Report) -> Iterator[tuple[Cell, ...]]:
    for product in report.products:
        for month, begun in _months(product):
            amounts = (amount_of(amount) for amount in _amounts(month, begun=begun))
            named: dict[str, Cell] = {"product": product.name, "currency": None if month.amount is None else month.amount.currency}
            yield (*map(named.get, COLUMNS), None, month.begins.isoformat(), month.seats, *amounts)


def _months(product: ProductReport, *, past: int = 0) -> Iterator[tuple[SavedMonth, bool]]:
    """The months in order, each with whether it has begun; of these the last *past*, or all."""
    yield from ((month, True) for month in product.saving.months[-past:])
    yield from ((month, False) for month in product.saving.forecast)


def _amounts(month: SavedMonth, *, begun: bool) -> tuple[Money | None, Money | None]:
    """What it saved, and what it is expected to: it has one of the two."""
    return (month.amount, None) if begun else (None, month.amount)
