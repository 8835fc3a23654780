"""What Prometheus is told about scans: how old the last complete one of each product is, and how far one is that runs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from storage import scans
from storage.db import UnitOfWork
from storage.lifecycle import ScanStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFigures:
    """One product's scans: when the last complete one began, None when there was none; pages and status of the newest."""

    product: str
    completed_at: datetime | None
    pages: int
    status: ScanStatus | None


def scan_figures(uow: UnitOfWork, products: Iterable[str]) -> tuple[ScanFigures, ...]:
    """The figures of each product, in the order given."""
    return tuple(_of(uow, product) for product in products)


def _of(uow: UnitOfWork, product: str) -> ScanFigures:
    complete, newest = scans.latest(uow, product), next(iter(scans.recent(uow, product, limit=1)), None)
    return ScanFigures(
        product=product,
        completed_at=complete.started_at if complete else None,
        pages=newest.pages if newest else 0,
        status=newest.status if newest else None,
    )


def scan_metrics(figures: Iterable[ScanFigures], *, now: datetime) -> Iterator[Metric]:
    """The metrics of this moment; a product that was never scanned has no age."""
    age = GaugeMetricFamily("comeback_scan_age_seconds", "How long ago the last complete scan began.", labels=["product"])
    pages = GaugeMetricFamily("comeback_scan_pages", "Pages that the newest scan has read.", labels=["product"])
    status = GaugeMetricFamily("comeback_scan_status", "Whether the newest scan has this status.", labels=["product", "status"])
    for one in figures:
        if one.completed_at is not None:
            age.add_metric([one.product], max(0.0, (now - one.completed_at).total_seconds()))
        pages.add_metric([one.product], one.pages)
        for word in ScanStatus:
            status.add_metric([one.product, word.value], int(one.status is word))
    yield from (age, pages, status)
