"""
What Prometheus is told: the figures of the database, read when it asks, and those of the process.

Nothing is counted along the way that the database knows: several processes then tell the same, and a restart forgets nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.figures.report import Report
from bot.figures.scan_metrics import ScanFigures, scan_figures, scan_metrics
from bot.figures.seat_metrics import ACCESS_WINDOW, seat_metrics
from bot.jobs.outgoing import SIEM
from bot.settings import Product
from bot.usecases.figures import report_of, since_ever
from storage import access_requests, outbox, pacing, shipments
from storage.db import Database, UnitOfWork
from storage.errors import StorageError
from storage.lifecycle import RequestStatus
from storage.outgoing_records import Lag
from storage.records import Backlog, Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one look at the database told, all from the same moment; `lag` is None where the trail is not sent on."""

    now: datetime
    requests: dict[RequestStatus, int]
    backlog: tuple[Backlog, ...]
    buckets: tuple[Bucket, ...]
    report: Report
    scans: tuple[ScanFigures, ...]
    lag: Lag | None = None


def build(database: Database, *, products: Mapping[str, Product], zone: ZoneInfo, ships: bool = False) -> CollectorRegistry:
    """
    A registry of its own, which asks *database* at each scrape: collect it in a thread that may block.

    Days are those of *zone*; *ships* says whether the audit trail is sent on, so that it can be late.
    """
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(database, products=products, zone=zone, ships=ships))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


class DatabaseCollector(Collector):
    """The database's figures; when it is away, only that it is."""

    def __init__(self, database: Database, *, products: Mapping[str, Product], zone: ZoneInfo, ships: bool) -> None:
        self._database, self._products, self._zone, self._ships = database, products, zone, ships

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would otherwise read the database when the collector is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment; blocks while the database is read."""
        try:
            found = self._database.read_now(lambda uow: look(uow, self._products, zone=self._zone, ships=self._ships))
        except StorageError:
            yield _up(0)
            return
        yield _up(1)
        yield from (_requests(found), _jobs(found), _oldest(found), _paused(found))
        yield from seat_metrics(found.report, access_seconds=found.report.access_seconds)
        yield from scan_metrics(found.scans, now=found.now)
        if found.lag is not None:
            yield from _behind(found.lag, now=found.now)


def look(uow: UnitOfWork, products: Mapping[str, Product], *, zone: ZoneInfo, ships: bool) -> Figures:
    """The figures as they are in this unit of work."""
    return Figures(
        now=uow.now,
        requests=access_requests.counts(uow),
        backlog=outbox.backlog(uow),
        buckets=pacing.state(uow),
        report=report_of(uow, products, period=since_ever(uow, zone=zone), access_since=uow.now - ACCESS_WINDOW),
        scans=scan_figures(uow, products),
        lag=shipments.lag(uow, SIEM) if ships else None,
    )


def _up(value: int) -> Metric:
    return GaugeMetricFamily("comeback_database_up", "Whether the database answered.", value=value)


def _requests(figures: Figures) -> Metric:
    family = GaugeMetricFamily("comeback_requests", "Access requests by status.", labels=["status"])
    for status in RequestStatus:
        family.add_metric([status.value], figures.requests.get(status, 0))
    return family


def _jobs(figures: Figures) -> Metric:
    family = GaugeMetricFamily("comeback_outbox_jobs", "Unfinished jobs by kind and state.", labels=["kind", "state"])
    for row in figures.backlog:
        family.add_metric([row.kind, row.state.value], row.jobs)
    return family


def _oldest(figures: Figures) -> Metric:
    name, text = "comeback_outbox_overdue_seconds", "How long the oldest unfinished job of a kind and state has been due."
    family = GaugeMetricFamily(name, text, labels=["kind", "state"])
    for row in figures.backlog:
        family.add_metric([row.kind, row.state.value], max(0.0, (figures.now - row.oldest_due).total_seconds()))
    return family


def _paused(figures: Figures) -> Metric:
    family = GaugeMetricFamily("comeback_bucket_paused", "Whether a pace is paused: a limit, a rejected key.", labels=["bucket"])
    for bucket in figures.buckets:
        paused = bucket.paused_until is not None and bucket.paused_until > figures.now
        family.add_metric([bucket.name], int(paused))
    return family


def _behind(lag: Lag, *, now: datetime) -> Iterator[Metric]:
    waits = (now - lag.since).total_seconds() if lag.since else 0.0
    yield GaugeMetricFamily("comeback_siem_lag_entries", "Entries of the audit trail that the SIEM has not taken.", value=lag.entries)
    yield GaugeMetricFamily("comeback_siem_lag_seconds", "How long the oldest of them has waited.", value=max(0.0, waits))
