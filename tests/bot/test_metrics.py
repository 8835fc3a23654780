"""What Prometheus is told comes from the database, at the moment when it asks."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from prometheus_client import generate_latest

from bot import metrics
from storage import access_requests, outbox, pacing, people, scans, shipments, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus, ScanOrigin, ScanStatus, WarningStatus
from storage.records import AccessRequest
from tests.bot.seat_history import give_back, offer, product, scan, take, warn
from tests.fixtures.clock import MovableClock
from tests.storage.world import move, request

PRODUCTS = offer(product(price=Decimal("8.15"), renewal_day=14), product("confluence"))
TO_ACCESS = (RequestStatus.APPROVED, RequestStatus.GRANTING, RequestStatus.GRANTED)
W = WarningStatus
GUIDE = Path(__file__).parents[2] / "docs" / "metrics.md"
OF_THE_FRONT_DOOR = "comeback_slack_ack_seconds"
"""The one that is counted along the way, in `bot.http`."""


def file(uow: UnitOfWork) -> AccessRequest | None:
    """Ada's request for Jira, and its first job."""
    ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA")
    outbox.enqueue(uow, kind="request.vet", subject="request:1", payload={}, bucket="atlassian", settle_seconds=12)
    return access_requests.file(uow, person=ada, product="jira", reason="", expires_at=uow.now + timedelta(hours=1))


def scraped(database: Database, *, ships: bool = False) -> list[str]:
    """The lines of a scrape that are ours."""
    text = generate_latest(metrics.build(database, products=PRODUCTS, zone=ZoneInfo("UTC"), ships=ships)).decode()
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


def test_idle_seats_are_figures_of_each_product(database: Database, clock: MovableClock) -> None:
    """Seats by class, what became of those taken, and the estimates; a product without a price has no figure rather than a zero."""

    def happen(uow: UnitOfWork) -> None:
        scan(uow, active=4, idle=2)
        warn(uow)
        give_back(uow, take(uow), how="undo")
        give_back(uow, take(uow), how="by_itself")
        take(uow)

    database.write_now(happen)
    clock.advance(timedelta(days=20))
    lines = scraped(database)
    for line in (
        'comeback_seats{class="idle",product="jira"} 2.0',
        'comeback_seats{class="active",product="confluence"} 0.0',
        'comeback_warnings{product="jira",reached="yes"} 1.0',
        'comeback_reclaims_total{outcome="taken",product="jira"} 3.0',
        'comeback_reclaims_total{outcome="undone",product="jira"} 1.0',
        'comeback_reclaims_total{outcome="back_by_itself",product="jira"} 1.0',
        'comeback_reclaims_total{outcome="asked_back",product="jira"} 0.0',
        'comeback_saved_estimate{currency="USD",product="jira"} 8.15',
        'comeback_saving_month_estimate{currency="USD",product="jira"} 8.15',
        'comeback_idle_month_estimate{currency="USD",product="jira"} 16.3',
    ):
        assert line in lines
    assert not [line for line in lines if "estimate" in line and "confluence" in line]
    assert not [line for line in lines if "access_median" in line]


def test_what_people_answered_is_a_figure_by_its_last_word(database: Database, clock: MovableClock) -> None:
    """The keep rate can be watched: who let go and keeps after all has kept, and counts once; nobody's answer is a zero."""
    for answer in (None, W.KEPT, W.KEPT, W.LET_GO, W.UNDELIVERABLE):
        database.write_now(lambda uow, answer=answer: warn(uow, answer))  # type: ignore[misc]
    changed = database.write_now(lambda uow: warn(uow, W.LET_GO))
    lines = scraped(database)
    for line in (
        'comeback_warnings_sent_total{product="jira"} 5.0',
        'comeback_warning_answers{answer="kept",product="jira"} 2.0',
        'comeback_warning_answers{answer="let_go",product="jira"} 2.0',
        'comeback_warning_answers{answer="kept",product="confluence"} 0.0',
    ):
        assert line in lines
    database.write_now(lambda uow: warnings.move(uow, changed.id, source=W.LET_GO, target=W.KEPT))
    lines = scraped(database)
    assert 'comeback_warnings_sent_total{product="jira"} 5.0' in lines
    assert 'comeback_warning_answers{answer="kept",product="jira"} 3.0' in lines
    assert 'comeback_warning_answers{answer="let_go",product="jira"} 1.0' in lines


def test_every_metric_is_in_the_guide(database: Database) -> None:
    """Who writes an alert looks there for the name and what it counts; a name that is no more is not in it either."""
    one = database.write_now(request)
    database.write_now(lambda uow: move(uow, one, *TO_ACCESS))
    families = metrics.build(database, products=PRODUCTS, zone=ZoneInfo("UTC"), ships=True).collect()
    names = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    told = set(re.findall(r"`(comeback_\w+)`", GUIDE.read_text(encoding="utf-8")))
    assert told == {name for name in names if name.startswith("comeback_")} | {OF_THE_FRONT_DOOR}


def test_time_to_access_is_a_figure_of_the_last_weeks(database: Database, clock: MovableClock) -> None:
    """One of all times would hardly move when it gets worse."""
    one = database.write_now(request)
    clock.advance(timedelta(minutes=4))
    database.write_now(lambda uow: move(uow, one, *TO_ACCESS))
    (line,) = [line for line in scraped(database) if "access_median" in line]
    assert 239 < float(line.split()[-1]) < 242
    clock.advance(timedelta(days=31))
    assert not [line for line in scraped(database) if "access_median" in line]
    zone = ZoneInfo("UTC")
    assert database.read_now(lambda uow: metrics.look(uow, PRODUCTS, zone=zone, ships=False)).report.access_seconds is None


def test_database_that_is_away_is_a_figure_too(sqlite_url: str, clock: MovableClock, open_database: Callable[..., Database]) -> None:
    """A scrape never fails: an alert on `comeback_database_up` must be able to fire."""
    database = open_database(sqlite_url, clock=clock.now)
    database.close_now()
    assert scraped(database) == ["comeback_database_up 0.0"]


def test_a_scan_that_stays_away_can_be_alerted_on(database: Database, clock: MovableClock) -> None:
    """The age of the last complete scan grows while later ones stop; a product that was never scanned has none."""

    def happen(uow: UnitOfWork) -> None:
        done = scans.start(uow, product="jira", origin=ScanOrigin.SCHEDULE)
        assert done is not None
        scans.end(uow, done.id, target=ScanStatus.COMPLETE, figures={"seats": 0})

    def stop(uow: UnitOfWork) -> None:
        stopped = scans.start(uow, product="jira", origin=ScanOrigin.SCHEDULE)
        assert stopped is not None
        scans.advance(uow, stopped.id, pages=0, cursor=None, stats={})
        scans.end(uow, stopped.id, target=ScanStatus.STOPPED, figures={"seats": 0})

    database.write_now(happen)
    clock.advance(timedelta(hours=3))
    database.write_now(stop)
    lines = scraped(database)
    (age,) = [line for line in lines if line.startswith("comeback_scan_age_seconds")]
    assert 10_790 < float(age.split()[-1]) < 10_810
    assert 'comeback_scan_pages{product="jira"} 1.0' in lines
    assert 'comeback_scan_status{product="jira",status="stopped"} 1.0' in lines
    assert 'comeback_scan_status{product="confluence",status="complete"} 0.0' in lines


def test_how_far_the_siem_is_behind_can_be_alerted_on(database: Database, clock: MovableClock) -> None:
    """In entries and seconds, zero when it has everything; nothing is late where nothing is sent."""
    database.write_now(lambda uow: uow.audit("test.happened", {"type": "system", "id": "comeback"}))
    clock.advance(timedelta(minutes=5))
    assert not [line for line in scraped(database) if "siem" in line]
    behind = [line for line in scraped(database, ships=True) if "siem" in line]
    assert behind[0] == "comeback_siem_lag_entries 1.0"
    assert 299 < float(behind[1].removeprefix("comeback_siem_lag_seconds ")) < 310
    database.write_now(lambda uow: shipments.move(uow, "siem", source=0, target=1))
    assert [line for line in scraped(database, ships=True) if "siem" in line] == [
        "comeback_siem_lag_entries 0.0",
        "comeback_siem_lag_seconds 0.0",
    ]
