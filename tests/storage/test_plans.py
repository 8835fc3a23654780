"""The statements that run most often are answered by an index, however long the tables grow."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Select

from storage import audit, claims, request_lists
from storage.db import Database, UnitOfWork
from tests.fixtures.clock import MovableClock

WANTED = [
    (request_lists._OPEN_OF, "ix_access_requests_open"),
    (request_lists._WAITING, "ix_access_requests_waiting"),
    (request_lists._LATEST_OF, "ix_access_requests_person"),
    (request_lists._RECENT, "ix_access_requests_recent"),
    (request_lists._RECENT_WITH, "ix_access_requests_status"),
    (request_lists._GRANTED_SINCE, "ix_access_requests_granted"),
    (request_lists._COUNTS, "ix_access_requests_status"),
    (claims._HEADS, "ix_outbox_claimable"),
    (claims._NEXT["sqlite"], "ix_outbox_claimable"),
    (claims._NEXT["sqlite"], "ix_outbox_one_lease"),
    (claims._TO_COME, "ix_outbox_claimable"),
    (audit._filtered(since=None, until=None, kind=None, request_id="r1"), "ix_audit_request_id"),
]


@pytest.mark.parametrize(("statement", "index"), WANTED)
async def test_by_index(
    sqlite_url: str, clock: MovableClock, open_database: Callable[..., Database], statement: Select[tuple[object, ...]], index: str
) -> None:
    """SQLite's plan names the index, and reads no table from end to end (buckets are few, `next` is one row)."""
    database = open_database(sqlite_url, clock=clock.now)

    def plan(uow: UnitOfWork) -> str:
        sql = str(statement.compile(uow.connection))
        rows = uow.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?"))
        return "\n".join(row.detail for row in rows)

    steps = await database.read(plan)
    assert index in steps
    assert not re.search(r"SCAN (?!buckets|next)(?!.*USING)", steps)
