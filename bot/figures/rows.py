"""PURE: the report as rows of a table, as a JSON document, and as the bars of its picture."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from bot.billing import Money
from bot.figures.chart import MonthSaving
from bot.figures.listing import Cell
from bot.figures.report import Outcome, ProductReport, Report, SeatsNow, in_words, length, percent
from bot.figures.savings import PeriodSaving, SavedMonth

_Sums: TypeAlias = MutableMapping[tuple[str, date], Decimal]
"""Amounts by currency and calendar month."""

ESTIMATE = " (estimate)"
"""How the columns of amounts end; the table on a terminal says it below instead."""
COLUMNS = (
    "product",
    "seats",
    "idle",
    "waiting",
    "warned",
    "kept",
    "let go",
    "reclaimed",
    "returned",
    "undone",
    "keep rate",
    "asked back",
    "currency",
    f"saved{ESTIMATE}",
    f"a month to come{ESTIMATE}",
    f"idle seats a month{ESTIMATE}",
)


def rows(report: Report) -> tuple[tuple[Cell, ...], ...]:
    """A row for each product and, of several, one for each currency's sum; amounts are exact; None is what is not known."""
    products = tuple(_product(product) for product in report.products)
    if len(products) < 2:
        return products
    currencies: list[str | None] = [amount.currency for amount in report.realised]
    return (*products, *(_sum(report, currency) for currency in currencies or [None]))


def _product(product: ProductReport) -> tuple[Cell, ...]:
    saving = product.saving
    currency = saving.realised.currency if saving.realised else None
    return (
        *_counts(product.name, product.now, product.outcome),
        currency,
        *map(amount_of, (saving.realised, saving.monthly, saving.possible)),
    )


def _sum(report: Report, currency: str | None) -> tuple[Cell, ...]:
    sums = (_of(currency, amounts) for amounts in (report.realised, report.monthly, report.possible))
    return (*_counts("All products", report.now, report.outcome), currency, *map(amount_of, sums))


def _counts(name: str, now: SeatsNow, outcome: Outcome) -> tuple[Cell, ...]:
    rates = (None if rate is None else percent(rate) for rate in (outcome.keep_rate, outcome.return_rate))
    happened = (outcome.warned, outcome.kept, outcome.let_go, outcome.taken, outcome.returned, outcome.undone)
    return (name, now.in_use, now.idle, now.warned, *happened, *rates)


def _of(currency: str | None, amounts: Iterable[Money]) -> Money | None:
    return next((amount for amount in amounts if amount.currency == currency), None)


def amount_of(amount: Money | None) -> Decimal | None:
    """The exact amount; None for one that is not known."""
    return None if amount is None else amount.amount


def summary(report: Report) -> str:
    """What stands below the table."""
    saved = in_words(report.realised)
    money = (
        f"Saved {saved}, and {in_words(report.monthly)} in each month to come: estimates by the prices in the settings. " if saved else ""
    )
    return f"{money}From ask to access: {length(report.access_seconds)} (median). Seats, idle and waiting are those of today."


def as_document(report: Report) -> dict[str, Any]:
    """The report as JSON types; amounts are texts, so that they stay exact."""
    return {
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "access_seconds": report.access_seconds,
        "products": [_document(product) for product in report.products],
    }


def _document(product: ProductReport) -> dict[str, Any]:
    saving, outcome = product.saving, product.outcome
    return {
        "key": product.key,
        "name": product.name,
        "classes": {activity.value: count for activity, count in product.classes.items()},
        "now": asdict(product.now),
        "outcome": asdict(outcome),
        "keep_rate": None if outcome.keep_rate is None else float(outcome.keep_rate),
        "return_rate": None if outcome.return_rate is None else float(outcome.return_rate),
        "estimates": {
            "currency": saving.realised.currency if saving.realised else None,
            "saved": _text(saving.realised),
            "monthly": _text(saving.monthly),
            "possible": _text(saving.possible),
            "months": [_month(month) for month in saving.months],
            "forecast": [_month(month) for month in saving.forecast],
            "period": None if saving.period is None else _period(saving.period),
        },
    }


def _month(month: SavedMonth) -> dict[str, Any]:
    return {"begins": month.begins.isoformat(), "seats": month.seats, "amount": _text(month.amount)}


def _period(period: PeriodSaving) -> dict[str, Any]:
    return {
        "begins": period.begins.isoformat(),
        "saved": _text(period.saved),
        "renews": period.renews.isoformat(),
        "expected": _text(period.expected),
    }


def _text(amount: Money | None) -> str | None:
    return None if amount is None else str(amount.amount)


def month_savings(report: Report) -> Mapping[str, tuple[MonthSaving, ...]]:
    """
    What each calendar month saved and will save, by currency, without a gap between the first and the last; none where there is nothing.

    A month of the billing clock counts where it begins.
    """
    realised: _Sums = defaultdict(Decimal)
    estimated: _Sums = defaultdict(Decimal)
    for product in report.products:
        _count(realised, product.saving.months)
        _count(estimated, product.saving.forecast)
    currencies = dict.fromkeys(currency for currency, _ in (*realised, *estimated))
    return {currency: _bars(currency, realised, estimated) for currency in currencies}


def _count(sums: _Sums, months: Iterable[SavedMonth]) -> None:
    for month in months:
        if month.amount is not None:
            sums[month.amount.currency, month.begins.replace(day=1)] += month.amount.amount


def _bars(currency: str, realised: _Sums, estimated: _Sums) -> tuple[MonthSaving, ...]:
    known = [month for of, month in (*realised, *estimated) if of == currency]
    first, last = min(known), max(known)
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    months = (date(number // 12, number % 12 + 1, 1) for number in numbers)
    return tuple(
        MonthSaving(
            month=month,
            realised=Money(amount=realised.get((currency, month), Decimal(0)), currency=currency),
            estimated=Money(amount=estimated.get((currency, month), Decimal(0)), currency=currency),
        )
        for month in months
    )
