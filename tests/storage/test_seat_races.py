"""What there may be once, however many writers begin it at the same time."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from storage import exemptions, reclaims, scans, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ExemptionStatus, ScanOrigin, ScanStatus
from tests.storage.seat_world import asked, scan
from tests.storage.world import person

Begin = Callable[[UnitOfWork], object]


def _warn(uow: UnitOfWork) -> object:
    return warnings.open_(uow, account_id="a1", product="jira", person_id=None, slack_id=None)


def _plan(uow: UnitOfWork) -> object:
    return reclaims.plan(uow, account_id="a1", product="jira", last_active_at=None)


def _scan(uow: UnitOfWork) -> object:
    return scans.start(uow, product="jira", origin=ScanOrigin.TERMINAL)


def _ask(uow: UnitOfWork) -> object:
    ada, until = person(uow).id, uow.now + timedelta(days=90)
    return exemptions.ask(uow, account_id="a1", product="jira", asked_by=ada, owner_id=ada, reason="on leave", until=until)


@pytest.mark.parametrize("begin", [_warn, _plan, _scan, _ask])
async def test_of_many_at_once_one_begins(database: Database, begin: Begin) -> None:
    """The others are told that there is one already; nobody fails."""
    begun = await asyncio.gather(*(database.write(begin) for _ in range(12)))
    assert sum(one is not None for one in begun) == 1


async def test_of_many_decisions_at_once_one_holds(database: Database) -> None:
    """Approvers who click together decide once."""
    one = await database.write(asked)
    approvers = [await database.write(person) for _ in range(8)]

    def decide(approver_id: str) -> Begin:
        return lambda uow: exemptions.move(uow, one.id, source=ExemptionStatus.ASKED, target=ExemptionStatus.ACTIVE, decided_by=approver_id)

    decided = await asyncio.gather(*(database.write(decide(approver.id)) for approver in approvers))
    assert sum(found is not None for found in decided) == 1


async def test_of_many_retries_at_once_one_page_counts(database: Database) -> None:
    """A page that two workers bring is stored by one of them, and so is the end of the scan."""
    one = await database.write(scan)

    def advance(uow: UnitOfWork) -> bool:
        return scans.advance(uow, one.id, pages=0, cursor="c1", stats={"seats": 100})

    assert sum(await asyncio.gather(*(database.write(advance) for _ in range(8)))) == 1
    ends = [database.write(lambda uow: scans.end(uow, one.id, target=ScanStatus.COMPLETE, figures={})) for _ in range(8)]
    assert sum(ended is not None for ended in await asyncio.gather(*ends)) == 1
