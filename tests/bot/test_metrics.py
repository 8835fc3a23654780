"""What Prometheus is told comes from the database, at the moment when it asks."""

from collections.abc import Callable
from datetime import timedelta

from prometheus_client import generate_latest

from bot import metrics
from storage import access_requests, outbox, pacing, people
from storage.db import Database, UnitOfWork
from storage.records import AccessRequest
from tests.fixtures.clock import MovableClock


def file(uow: UnitOfWork) -> AccessRequest | None:
    """Ada's request for Jira, and its first job."""
    ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA")
    outbox.enqueue(uow, kind="request.vet", subject="request:1", payload={}, bucket="atlassian", settle_seconds=12)
    return access_requests.file(uow, person=ada, product="jira", reason="", expires_at=uow.now + timedelta(hours=1))


def scraped(database: Database) -> list[str]:
    """The lines of a scrape that are ours."""
    text = generate_latest(metrics.build(database)).decode()
    return [line for line in text.splitlines() if line.startswith("comeback_")]


def test_figures_are_those_of_the_database(database: Database, clock: MovableClock) -> None:
    """Requests by status, unfinished jobs and how late they are, paused paces: with a zero for what there is none of."""
    database.write_now(file)
    clock.advance(timedelta(minutes=2))
    database.write_now(lambda uow: pacing.pause(uow, "atlassian", until=uow.now + timedelta(minutes=1), reason="busy"))
    lines = scraped(database)
    assert "comeback_database_up 1.0" in lines
    assert 'comeback_requests{status="pending"} 1.0' in lines
    assert 'comeback_requests{status="granted"} 0.0' in lines
    assert 'comeback_outbox_jobs{kind="request.vet",state="ready"} 1.0' in lines
    assert 'comeback_bucket_paused{bucket="atlassian"} 1.0' in lines
    (overdue,) = [line for line in lines if line.startswith("comeback_outbox_overdue_seconds")]
    assert 119 < float(overdue.split()[-1]) < 125


def test_database_that_is_away_is_a_figure_too(sqlite_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> None:
    """A scrape never fails: an alert on `comeback_database_up` must be able to fire."""
    database = open_database(sqlite_url, clock=clock.now)
    database.close_now()
    assert scraped(database) == ["comeback_database_up 0.0"]
