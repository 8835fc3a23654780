"""A product's seats and savings in a few short lines, for the digest and for the Home tab."""

from typing import TypeAlias

from slack_sdk.models.blocks import Block

from bot.billing import Money
from bot.figures.report import ACCESS_DAYS, Outcome, ProductReport, Report, SeatsNow, in_words, length, percent
from bot.figures.savings import PeriodSaving, add_up
from bot.slack.surfaces.digest_texts import ESTIMATES, NO_PRICES, NOT_SCANNED, OF_PERIOD, number
from bot.slack.surfaces.markup import context, quoted, section

Sums: TypeAlias = tuple[Money, ...]
"""An amount in each currency."""
MOST_PRODUCTS = 8
"""Those with the most idle seats; the others are in the sum."""


def figure_blocks(report: Report, *, week: Report | None = None) -> tuple[Block, ...]:
    """The sum (of several products), the products with the most idle seats, and how people took it; *week* is what of it is news."""
    news = {product.key: product.outcome for product in week.products} if week else {}
    several = (section(sum_lines(report, week=week.outcome if week else None)),) if len(report.products) > 1 else ()
    shown = sorted(report.products, key=lambda product: product.now.idle, reverse=True)[:MOST_PRODUCTS]
    rates = (context(line),) if (line := rate_line(report)) else ()
    return (*several, *(section(product_lines(product, week=news.get(product.key))) for product in shown), *rates)


def on_money(report: Report) -> str:
    """The small print on the savings: that they are estimates, or what shows them."""
    return ESTIMATES if report.realised else NO_PRICES.format(product=report.products[0].key.upper())


def product_lines(product: ProductReport, *, week: Outcome | None = None) -> str:
    """The product's paragraph; *week* is what of it is news."""
    saving = product.saving
    money = _money(*(add_up([amount]) for amount in (saving.realised, saving.monthly, saving.possible)))
    return _paragraph(quoted(product.name), product.now, product.outcome, money, _of_period(saving.period), week=week)


def sum_lines(report: Report, *, week: Outcome | None = None) -> str:
    """The paragraph of all products together."""
    money = _money(report.realised, report.monthly, report.possible)
    return _paragraph("All products", report.now, report.outcome, money, week=week)


def rate_line(report: Report) -> str:
    """How people took it: who keeps, who comes back, how fast; what is not known yet is left out, and empty is nothing of it."""
    outcome = report.outcome
    rates = (("Of those who answered, {} kept", outcome.keep_rate), ("asked back {} of those taken", outcome.return_rate))
    told = [words.format(percent(rate)) for words, rate in rates if rate is not None]
    undone = [f"undone {outcome.undone:,}"] if outcome.taken or outcome.undone else []
    access = [] if report.access_seconds is None else [f"from ask to access {length(report.access_seconds)} (last {ACCESS_DAYS} days)"]
    line = " · ".join((*told, *undone, *access))
    return f"{line[:1].upper()}{line[1:]}"


def _paragraph(name: str, now: SeatsNow, outcome: Outcome, *money: str, week: Outcome | None) -> str:
    if not now.in_use and not outcome.taken:
        return f"*{name}*\n{NOT_SCANNED}"
    taken, returned = (_news(week.taken), _news(week.returned)) if week else ("", "")
    seats = f"{number(now.in_use, 'seat')} in use · {now.idle:,} idle · {now.warned:,} warned"
    moved = f"{outcome.taken:,} reclaimed{taken} · {outcome.returned:,} returned{returned}" if outcome.taken or outcome.returned else ""
    return "\n".join(line for line in (f"*{name}*", seats, moved, *money) if line)


def _news(count: int) -> str:
    return f" ({count:,} this week)" if count else ""


def _money(realised: Sums, monthly: Sums, possible: Sums) -> str:
    """What is saved, and what the idle seats would add; empty where no price is known, as that is not nothing."""
    if not realised:
        return ""
    if not any(amount.amount for amount in (*realised, *monthly)):
        return f"The idle seats cost *{in_words(possible)}* a month (estimate)"
    more = f" · the idle seats would add {in_words(possible)}" if any(amount.amount for amount in possible) else ""
    return f"Saved so far *{in_words(realised)}* · now *{in_words(monthly)}* a month{more} (estimates)"


def _of_period(period: PeriodSaving | None) -> str:
    """What the present billing period saved, and what is expected of the next; empty while both are nothing, or not known."""
    if period is None or not (period.saved.amount or period.expected.amount):
        return ""
    saved = f"about *{period.saved}*" if period.saved.amount else "nothing yet"
    expected = f"about *{period.expected}*" if period.expected.amount else "nothing"
    return OF_PERIOD.format(saved=saved, day=f"{period.renews.day} {period.renews:%B}", expected=expected)
