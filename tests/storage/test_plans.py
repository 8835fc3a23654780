"""The statements that run most often are answered by an index, however long the tables grow."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Select, select

from storage import (
    audit,
    batches,
    claims,
    deliveries,
    exemptions,
    figures,
    idle_seats,
    outbox,
    reclaims,
    renewal,
    request_lists,
    retention,
    scans,
    seats,
    warning_lists,
    warnings,
)
from storage.db import Database, UnitOfWork
from tests.fixtures.clock import MovableClock

WANTED = [
    (request_lists._OPEN_OF, "ix_access_requests_open"),
    (request_lists._OPEN_ABOUT, "ix_access_requests_status"),
    (request_lists._FIRST_WAITING, "ix_access_requests_waiting"),
    (request_lists._LATEST_OF, "ix_access_requests_person"),
    (request_lists._RECENT, "ix_access_requests_recent"),
    (request_lists._recent("since", "until"), "ix_access_requests_recent"),
    (request_lists._recent("this_status"), "ix_access_requests_status"),
    (request_lists._GRANTED_SINCE, "ix_access_requests_granted"),
    (request_lists._COUNTS, "ix_access_requests_status"),
    (claims._HEADS, "ix_outbox_claimable"),
    (claims._NEXT["sqlite"], "ix_outbox_claimable"),
    (claims._NEXT["sqlite"], "ix_outbox_one_lease"),
    (claims._TO_COME, "ix_outbox_claimable"),
    (outbox._UNFINISHED, "ix_outbox_subject"),
    (outbox._BACKLOG, "ix_outbox_claimable"),
    (outbox._BACKLOG, "ix_outbox_dead"),
    (audit._filtered(since=None, until=None, kind=None, request_id="r1"), "ix_audit_request_id"),
    (scans._RUNNING, "ix_scans_running"),
    (scans._RECENT, "ix_scans_recent"),
    (scans._LATEST, "ix_scans_recent"),
    (scans._AWAITING_ANSWER, "ix_scans_recent"),
    (scans._AWAITING_ANSWER, "ix_seats_held"),
    (scans._ADVANCE, "sqlite_autoindex_scans"),
    (seats._GET, "sqlite_autoindex_seats"),
    (seats._OF_ACCOUNTS, "sqlite_autoindex_seats"),
    (seats._COME_AGAIN, "sqlite_autoindex_seats"),
    (seats._COUNTS, "ix_seats_activity"),
    (idle_seats._NEWLY_IDLE, "ix_seats_activity"),
    (idle_seats._BECOME_IDLE, "ix_seats_activity"),
    (idle_seats._BECOME_USED, "ix_seats_activity"),
    (idle_seats._GO, "ix_seats_activity"),
    (idle_seats._HOLD, "ix_seats_activity"),
    (idle_seats._RELEASE, "ix_seats_held"),
    *(
        (statement, index)
        for statement in (idle_seats._NEVER_ACTIVE, idle_seats._ONCE_ACTIVE)
        for index in ("ix_seats_idle", "ix_warnings_open", "ix_reclaims_open", "ix_exemptions_open")
    ),
    (warnings._OPEN_OF, "ix_warnings_open"),
    (warnings._CYCLES, "sqlite_autoindex_warnings"),
    (warning_lists._DUE, "ix_warnings_status"),
    (warning_lists._DUE, "ix_reclaims_open"),
    (warning_lists._UNDELIVERABLE, "ix_warnings_status"),
    (warning_lists._TO_DROP, "ix_warnings_status"),
    (warning_lists._TO_DROP, "sqlite_autoindex_seats"),
    (warning_lists._WITHOUT_SEAT, "ix_warnings_status"),
    (warning_lists._OF_PERSON, "ix_warnings_person"),
    (warning_lists._COUNTS, "ix_warnings_status"),
    (exemptions._OPEN_OF, "ix_exemptions_open"),
    (exemptions._OPEN_OF_ACCOUNTS, "ix_exemptions_open"),
    (exemptions._ASKED_BY, "ix_exemptions_asked_by"),
    (exemptions._OF_PERSON, "ix_exemptions_owner"),
    (exemptions._OF_PERSON, "ix_exemptions_asked_by"),
    (batches._RECENT, "ix_batches_recent"),
    (batches._PROPOSED, "ix_batches_status"),
    (reclaims._OPEN_OF, "ix_reclaims_open"),
    (reclaims._OPEN_OF_ACCOUNT, "ix_reclaims_open"),
    (reclaims._SEEN_AGAIN, "ix_reclaims_taken"),
    (reclaims._OF_BATCH, "ix_reclaims_batch"),
    (reclaims._COUNTS_OF_BATCH, "ix_reclaims_batch"),
    (figures._WARNINGS, "ix_warnings_status"),
    (figures._TAKEN_COUNT, "ix_reclaims_taken"),
    (figures._RETURNED, "ix_reclaims_taken"),
    (figures._INTERVALS, "ix_reclaims_taken"),
    (figures._GRANTED, "ix_access_requests_granted"),
    (retention._REQUESTS, "ix_access_requests_worded"),
    (retention._EXEMPTIONS, "ix_exemptions_worded"),
    (retention._FORGET_DECISIONS, "ix_decisions"),
    (outbox._PRUNE, "ix_outbox_ended"),
    (deliveries._PRUNE, "ix_deliveries_seen_at"),
    *(
        (select(*table.primary_key).where(renewal._rows(table, after=key, upto=key)), f"sqlite_autoindex_{table.name}")
        for table, key in ((part.table, ("k",) * len(part.table.primary_key)) for part in renewal._ALL)
    ),
]

SORTLESS = [
    idle_seats._NEVER_ACTIVE,
    idle_seats._ONCE_ACTIVE,
    retention._REQUESTS,
    retention._EXEMPTIONS,
    request_lists._FIRST_WAITING,
    scans._RECENT,
    warning_lists._UNDELIVERABLE,
    batches._PROPOSED,
    figures._INTERVALS,
]


@pytest.mark.parametrize(("statement", "index"), WANTED)
async def test_by_index(
    sqlite_url: str, clock: MovableClock, open_database: Callable[..., Database], statement: Select[tuple[object, ...]], index: str
) -> None:
    """SQLite's plan names the index, and reads no table from end to end (buckets are few, `next` is one row)."""
    database = open_database(sqlite_url, clock=clock.now)
    steps = await database.read(lambda uow: _plan(uow, statement))
    assert index in steps
    assert not re.search(r"SCAN (?!buckets|next)(?!.*USING)", steps)


@pytest.mark.parametrize("statement", SORTLESS)
async def test_pages_are_not_sorted_afresh(
    sqlite_url: str, clock: MovableClock, open_database: Callable[..., Database], statement: Select[tuple[object, ...]]
) -> None:
    """A list that is read page by page comes out of the index in its order: each page costs what it shows."""
    database = open_database(sqlite_url, clock=clock.now)
    assert "TEMP B-TREE" not in await database.read(lambda uow: _plan(uow, statement))


def _plan(uow: UnitOfWork, statement: Select[tuple[object, ...]]) -> str:
    sql = re.sub(r"__\[POSTCOMPILE_\w+\]", "?, ?", str(statement.compile(uow.connection)))
    rows = uow.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?"))
    return "\n".join(row.detail for row in rows)
