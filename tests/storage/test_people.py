"""People, decisions and findings."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import access_requests, decisions, findings, people
from storage.db import Database, UnitOfWork
from storage.errors import AccountTaken
from storage.lifecycle import Verdict
from tests.storage.world import person, request


async def test_a_person_is_met_once(database: Database) -> None:
    """The same Slack id in the same team is the same person; in another team it is somebody else."""

    def work(uow: UnitOfWork) -> None:
        ada = people.find_or_add(uow, team_id="T1", slack_id="U1")
        assert people.find_or_add(uow, team_id="T1", slack_id="U1") == ada
        assert people.get(uow, ada.id) == ada
        assert people.find_or_add(uow, team_id="T2", slack_id="U1").id != ada.id
        assert people.find(uow, team_id="T3", slack_id="U1") is None

    await database.write(work)


async def test_an_account_has_one_owner(database: Database) -> None:
    """An account that is somebody's cannot be linked to another: a human has to say whose it is."""

    def work(uow: UnitOfWork) -> None:
        ada, bob = person(uow), person(uow)
        linked = people.link(uow, ada.id, account_id="acc-1", email="ada@example.com")
        assert (linked.account_id, linked.email, linked.linked_at) == ("acc-1", "ada@example.com", uow.now)
        assert people.linked_to(uow, "acc-1") == linked
        people.link(uow, ada.id, account_id="acc-1", email=None)
        with pytest.raises(AccountTaken) as taken:
            people.link(uow, bob.id, account_id="acc-1", email=None)
        assert taken.value.person_id == ada.id
        people.link(uow, ada.id, account_id="acc-2", email=None)
        assert people.linked_to(uow, "acc-1") is None

    await database.write(work)


async def test_an_account_can_be_taken_back(database: Database) -> None:
    """Without a link the person is met again by e-mail, nothing of the old link stays, and the account is anybody's."""

    def work(uow: UnitOfWork) -> None:
        ada, bob = person(uow), person(uow)
        people.link(uow, ada.id, account_id="acc-1", email="ada@example.com")
        assert people.unlink(uow, ada.id) == ada
        assert people.link(uow, bob.id, account_id="acc-1", email=None).account_id == "acc-1"

    await database.write(work)


async def test_a_person_is_found_by_either_id(database: Database) -> None:
    """A human knows the Slack id, the trail knows ours; ids of nobody find nobody."""

    def work(uow: UnitOfWork) -> None:
        here, there = (people.find_or_add(uow, team_id=team, slack_id="U1") for team in ("T1", "T2"))
        assert people.with_slack_id(uow, "U1") == (here, there)
        assert people.slack_id_of(uow, here.id) == "U1"
        assert people.with_slack_id(uow, "U2") == ()
        assert people.slack_id_of(uow, "nobody") is None

    await database.write(work)


async def test_decisions_come_back_in_order(database: Database) -> None:
    """All that was said stays, with who said it."""

    def work(uow: UnitOfWork) -> None:
        one, ada, bob = request(uow), person(uow), person(uow)
        first = decisions.record(uow, request_id=one.id, approver=ada, verdict=Verdict.APPROVE, reason=None)
        second = decisions.record(uow, request_id=one.id, approver=bob, verdict=Verdict.DENY, reason="no budget")
        assert decisions.of(uow, one.id) == (first, second)
        assert second.approver_slack_id == bob.slack_id

    await database.write(work)


async def test_nobody_decides_their_own_request(database: Database) -> None:
    """The table has the last word, whatever the policy forgot."""

    def work(uow: UnitOfWork) -> None:
        ada = person(uow)
        decisions.record(uow, request_id=request(uow, by=ada).id, approver=ada, verdict=Verdict.APPROVE, reason=None)

    with pytest.raises(IntegrityError):
        await database.write(work)


@pytest.mark.parametrize("verdict", Verdict)
async def test_every_verdict_can_be_stored(database: Database, verdict: Verdict) -> None:
    """The CHECK of the migrated tables knows each verdict, and no other."""

    def work(uow: UnitOfWork) -> None:
        one = request(uow)
        decisions.record(uow, request_id=one.id, approver=person(uow), verdict=verdict, reason=None)
        assert decisions.of(uow, one.id)[0].verdict is verdict

    await database.write(work)
    with pytest.raises(IntegrityError):
        await database.write(lambda uow: uow.connection.execute(text("UPDATE decisions SET verdict = 'perhaps'")))


async def test_a_finding_replaces_the_one_before_and_dates_the_card(database: Database) -> None:
    """There is one finding for a request, and each new one means that the card must be drawn again."""

    def work(uow: UnitOfWork) -> None:
        one = request(uow)
        assert findings.of(uow, one.id) is None
        findings.record(uow, request_id=one.id, account_id=None, email="ada@example.com", body={"state": "gone"})
        last = findings.record(uow, request_id=one.id, account_id="acc", email="ada@example.com", body={"state": "removed"})
        assert findings.of(uow, one.id) == last
        after = access_requests.get(uow, one.id)
        assert after is not None
        assert after.version == one.version + 2

    await database.write(work)
