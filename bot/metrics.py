"""
What Prometheus is told: the figures of the database, read when it asks, and those of the process.

Nothing is counted along the way that the database knows: several processes then tell the same, and a restart forgets nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storage import access_requests, outbox, pacing
from storage.db import Database, UnitOfWork
from storage.errors import StorageError
from storage.lifecycle import RequestStatus
from storage.records import Backlog, Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one look at the database told, all from the same moment."""

    now: datetime
    requests: dict[RequestStatus, int]
    backlog: tuple[Backlog, ...]
    buckets: tuple[Bucket, ...]


def build(database: Database) -> CollectorRegistry:
    """A registry of its own, which asks *database* at each scrape: collect it in a thread that may block."""
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(database))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


class DatabaseCollector(Collector):
    """The database's figures; when it is away, only that it is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would otherwise read the database when the collector is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment; blocks while the database is read."""
        try:
            figures = self._database.read_now(look)
        except StorageError:
            yield _up(0)
            return
        yield _up(1)
        yield from (_requests(figures), _jobs(figures), _oldest(figures), _paused(figures))


def look(uow: UnitOfWork) -> Figures:
    """The figures as they are in this unit of work."""
    return Figures(now=uow.now, requests=access_requests.counts(uow), backlog=outbox.backlog(uow), buckets=pacing.state(uow))


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
