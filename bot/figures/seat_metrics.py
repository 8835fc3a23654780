"""What Prometheus is told of idle seats, by product: the same figures as the digest's, so all that is money is an estimate."""

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bot.billing import Money
from bot.figures.report import Outcome, Report
from storage.lifecycle import SeatActivity, WarningStatus

ACCESS_WINDOW = timedelta(days=30)
"""The time to access is the median of so long: one of all times would hardly move."""


def seat_metrics(report: Report, *, access_seconds: float | None) -> Iterator[Metric]:
    """The families of *report*, which is of all time, and the time to access of the last weeks."""
    yield _seats(report)
    yield _warned(report)
    yield _sent(report)
    yield _answers(report)
    yield _reclaims(report)
    yield from _savings(report)
    if access_seconds is not None:
        text = "The median time from asking to access, of the last 30 days."
        yield GaugeMetricFamily("comeback_access_median_seconds", text, value=access_seconds)


def _seats(report: Report) -> Metric:
    family = GaugeMetricFamily("comeback_seats", "Seats by class, as the last scan saw them.", labels=["product", "class"])
    for product in report.products:
        for activity in SeatActivity:
            family.add_metric([product.key, activity.value], product.classes.get(activity, 0))
    return family


def _warned(report: Report) -> Metric:
    family = GaugeMetricFamily("comeback_warnings", "Open warnings, by whether they reached somebody.", labels=["product", "reached"])
    for product in report.products:
        family.add_metric([product.key, "yes"], product.now.warned)
        family.add_metric([product.key, "no"], product.now.unreached)
    return family


def _sent(report: Report) -> Metric:
    family = CounterMetricFamily("comeback_warnings_sent", "Warnings that reached somebody, since the beginning.", labels=["product"])
    for product in report.products:
        family.add_metric([product.key], product.outcome.warned)
    return family


def _answers(report: Report) -> Metric:
    """A gauge: who lets a seat go and keeps it after all is counted once, by the last word, so that a number can fall."""
    text = "Warnings since the beginning by what their holder answered, the last word."
    family = GaugeMetricFamily("comeback_warning_answers", text, labels=["product", "answer"])
    for product in report.products:
        family.add_metric([product.key, WarningStatus.KEPT.value], product.outcome.kept)
        family.add_metric([product.key, WarningStatus.LET_GO.value], product.outcome.let_go)
    return family


def _reclaims(report: Report) -> Metric:
    text = "Seats taken, and seats that came back: asked for, undone by an admin, or by themselves."
    family = CounterMetricFamily("comeback_reclaims", text, labels=["product", "outcome"])
    for product in report.products:
        for outcome, count in _outcomes(product.outcome):
            family.add_metric([product.key, outcome], count)
    return family


def _outcomes(outcome: Outcome) -> Iterator[tuple[str, int]]:
    yield "taken", outcome.taken
    yield "asked_back", outcome.asked_back
    yield "undone", outcome.undone
    yield "back_by_itself", outcome.returned - outcome.asked_back - outcome.undone


def _savings(report: Report) -> Iterator[Metric]:
    """Products without a price are left out: no figure is not a saving of nothing."""
    labels = ["product", "currency"]
    realised = GaugeMetricFamily("comeback_saved_estimate", "What was saved so far, estimated.", labels=labels)
    monthly = GaugeMetricFamily("comeback_saving_month_estimate", "What each month to come saves, estimated.", labels=labels)
    possible = GaugeMetricFamily("comeback_idle_month_estimate", "What the idle seats would save a month on top, estimated.", labels=labels)
    for product in report.products:
        saving = product.saving
        for family, amount in ((realised, saving.realised), (monthly, saving.monthly), (possible, saving.possible)):
            _add(family, product.key, amount)
    yield from (realised, monthly, possible)


def _add(family: GaugeMetricFamily, product: str, amount: Money | None) -> None:
    if amount is not None:
        family.add_metric([product, amount.currency], float(amount.amount))
