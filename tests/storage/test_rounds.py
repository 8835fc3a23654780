"""Rounds of approvals: what counts, what counts no more, and what older releases left."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from storage import access_requests, decisions, engines, migrate
from storage.address import parse
from storage.db import Database
from storage.lifecycle import ReturnPolicy, Verdict
from storage.unit import UnitOfWork
from tests.storage.test_migrate import ROOT
from tests.storage.world import person, request


async def test_approvals_count_in_their_own_round(database: Database) -> None:
    """When the next round begins nobody has approved, neither people nor a policy, and the same people may do so again."""

    def work(uow: UnitOfWork) -> None:
        one, ada = request(uow), person(uow)
        first = decisions.record(uow, request_id=one.id, approver=ada, verdict=Verdict.APPROVE, reason=None)
        approval = decisions.record_policy(uow, one, policy=ReturnPolicy.RETURN, facts={"reclaim": "r"})
        assert decisions.given(uow, one) == (first,)
        assert decisions.policy_given(uow, one) == approval
        access_requests.open_round(uow, one.id)
        again = access_requests.get(uow, one.id)
        assert again is not None
        assert (again.round_number, again.version) == (2, one.version + 1)
        assert decisions.given(uow, again) == ()
        assert decisions.policy_given(uow, again) is None
        assert decisions.policy_of(uow, one.id) == approval
        second = decisions.record(uow, request_id=one.id, approver=ada, verdict=Verdict.APPROVE, reason=None)
        assert decisions.given(uow, again) == (second,)

    await database.write(work)


async def test_a_denial_is_no_approval(database: Database) -> None:
    """Who approved and then denied leaves both words, and only one of them counts."""

    def work(uow: UnitOfWork) -> None:
        one, ada = request(uow), person(uow)
        for verdict in (Verdict.APPROVE, Verdict.DENY):
            decisions.record(uow, request_id=one.id, approver=ada, verdict=verdict, reason=None)
        assert [said.verdict for said in decisions.given(uow, one)] == [Verdict.APPROVE]

    await database.write(work)


async def test_a_policy_approves_once_in_a_round(database: Database) -> None:
    """Two looks at the same request are one approval."""

    def work(uow: UnitOfWork) -> None:
        one = request(uow)
        for _ in range(2):
            decisions.record_policy(uow, one, policy=ReturnPolicy.FREE_RETURN, facts={})

    with pytest.raises(IntegrityError):
        await database.write(work)


AT = "2026-01-01 00:00:0{}+00:00"


def test_decisions_of_an_older_release_keep_their_meaning(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one held, whoever said it how often; what a human had to look at has to be approved anew."""
    run = migrate._run
    monkeypatch.setattr(migrate, "_run", lambda connection: _upgrade_to(connection, "0005"))
    migrate.upgrade(empty_database_url)
    engine = engines.changing(parse(empty_database_url))
    with engine.begin() as connection:
        _fill(connection)
    monkeypatch.setattr(migrate, "_run", run)
    assert migrate.upgrade(empty_database_url)
    with engine.begin() as connection:
        rounds = "SELECT id, round_number FROM {} ORDER BY id"
        assert connection.execute(text(rounds.format("decisions"))).all() == [("d1", 1), ("d2", 2), ("d3", 3), ("d4", 1)]
        assert connection.execute(text(rounds.format("access_requests"))).all() == [("approved", 3), ("new", 2), ("stuck", 2)]
    engine.dispose()


def _upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _fill(connection: Connection) -> None:
    for name in ("ada", "grace"):
        connection.execute(
            text("INSERT INTO people (id, team_id, slack_id, created_at) VALUES (:id, 'T1', :id, :at)"), {"id": name, "at": AT.format(0)}
        )
    for number, (status, approved_at) in enumerate((("approved", AT.format(3)), ("needs_attention", AT.format(3)), ("pending", None))):
        values = {"id": ("approved", "stuck", "new")[number], "product": f"p{number}", "status": status, "approved": approved_at}
        connection.execute(
            text(
                "INSERT INTO access_requests (id, person_id, product, reason, status, details, version, filed_at, expires_at, changed_at,"
                " approved_at) VALUES (:id, 'ada', :product, '', :status, '{}', 1, :at, :at, :at, :approved)"
            ),
            {**values, "at": AT.format(0)},
        )
    for number, request_id in enumerate(("approved", "approved", "approved", "stuck"), start=1):
        connection.execute(
            text(
                "INSERT INTO decisions (id, request_id, requester_person_id, approver_person_id, verdict, decided_at)"
                " VALUES (:id, :request, 'ada', 'grace', 'approve', :at)"
            ),
            {"id": f"d{number}", "request": request_id, "at": AT.format(number)},
        )
