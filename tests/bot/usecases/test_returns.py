"""What a policy approves, from what the database, Atlassian and Slack say: a return, and nothing beside it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from atlassian.access import AccessState, RoleRef, Snapshot, WayBack
from atlassian.licences import GroupRef
from atlassian.planning import plan_return
from bot.approval import Objection
from bot.codes import Attention, Closed
from bot.effects.looking import wanted
from bot.settings import Settings, load
from bot.usecases import grants, requests, returns
from bot.usecases.briefing import briefing
from bot.usecases.returns import Found
from storage import access_requests, audit, decisions, people, reclaims, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReclaimStatus, RequestStatus, ReturnPolicy
from storage.records import AccessRequest
from tests.bot.outside import COMPLETE, CONFLUENCE, JIRA, Outside
from tests.bot.usecases.words import TEAM, due, member
from tests.fixtures.clock import MovableClock

ACCOUNT = "712020:ada"
USERS, PROJECT = (GroupRef(id=f"g-{name}", name=name, directory_id="d1") for name in ("users", "project"))
ADD = WayBack.ADD_ACCESS
STATE = AccessState(
    way_back=ADD,
    levels=(ADD,),
    matches=1,
    account_id=ACCOUNT,
    chosen_group=USERS,
    candidate_groups=(USERS, PROJECT),
    membership={"d1": "active"},
)
TAKEN = Snapshot(groups=(USERS, PROJECT))
R = ReclaimStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One return: what was taken, what is found now, and whatever else happened."""

    snapshot: Snapshot = TAKEN
    state: AccessState = STATE
    until: ReclaimStatus | None = R.TAKEN
    linked: bool = True
    email_changed: bool = False
    meanwhile: Callable[[UnitOfWork], object] = lambda _: None


@pytest.fixture
def settings(outside: Outside) -> Settings:
    """Free returns of Jira need nobody, and one grant a day is all there is."""
    jira = {"AUTO_APPROVE": "free_return", "RENEWAL_DAY": "14", "PRICE": "8.15"}
    outside.set(COMPLETE | {f"COMEBACK_PRODUCTS__JIRA__{name}": value for name, value in jira.items()})
    outside.set({"COMEBACK_PRODUCTS__CONFLUENCE__RESOURCE": CONFLUENCE, "COMEBACK_GRANTS_PER_DAY": "1"})
    return load()


def ada(uow: UnitOfWork, *, product: str = "jira") -> AccessRequest:
    """Her open request."""
    person = people.find_or_add(uow, team_id=TEAM, slack_id="U0ADA")
    filed = access_requests.file(uow, person=person, product=product, reason="r", expires_at=uow.now + timedelta(days=7))
    assert filed is not None
    return filed


def take(uow: UnitOfWork, snapshot: Snapshot, *, until: ReclaimStatus, product: str = "jira", warning_id: str | None = None) -> None:
    """Her seat is taken, or on its way there."""
    one = reclaims.plan(uow, account_id=ACCOUNT, product=product, last_active_at=None, warning_id=warning_id)
    assert one is not None
    removal = {"steps": [], "snapshot": snapshot.to_json()}
    for source, target in ((R.PLANNED, R.APPROVED), (R.APPROVED, R.TAKING), (R.TAKING, until)):
        reclaims.move(uow, one.id, source=source, target=target, removal=removal if target is R.TAKING else None)


def found_of(case: Case, settings: Settings) -> Found:
    """What vetting finds of it."""
    product = settings.products["jira"]
    plan = plan_return(case.state, wanted(product), case.snapshot)
    return Found(product=product, state=case.state, plan=plan, email_changed=case.email_changed)


async def considered(database: Database, settings: Settings, case: Case) -> AccessRequest:
    """The request, once the policy was asked about it."""

    def unit(uow: UnitOfWork) -> str:
        if case.linked:
            person = people.find_or_add(uow, team_id=TEAM, slack_id="U0ADA")
            people.link(uow, person.id, account_id=ACCOUNT, email=None)
        if case.until is not None:
            take(uow, case.snapshot, until=case.until)
        case.meanwhile(uow)
        filed = ada(uow)
        returns.consider(uow, filed.id, found=found_of(case, settings), settings=settings)
        return filed.id

    request_id = await database.write(unit)
    found = await database.read(lambda uow: access_requests.get(uow, request_id))
    assert found is not None
    return found


async def entries(database: Database) -> list[Any]:
    """The audit trail."""
    return await database.read(lambda uow: list(audit.entries(uow)))


async def test_a_free_return_goes_on_its_way(database: Database, settings: Settings) -> None:
    """Approved by Comeback with what it rested on, no person's decision, and the grant is next."""
    request = await considered(database, settings, Case())
    assert request.status is RequestStatus.APPROVED
    approval, said = await database.read(lambda uow: (decisions.policy_given(uow, request), decisions.of(uow, request.id)))
    assert approval is not None
    assert (approval.policy, set(approval.facts)) == (ReturnPolicy.FREE_RETURN, {"reclaim", "taken_on", "free_until"})
    assert said == ()
    assert [job.kind for job in await due(database)] == ["access.grant"]
    (entry,) = [entry for entry in await entries(database) if entry.kind == "request.approved"]
    assert '"type":"comeback"' in entry.body
    assert '"policy":"free_return"' in entry.body


def denied(uow: UnitOfWork) -> None:
    """Somebody said no since."""
    access_requests.move(uow, ada(uow).id, source=RequestStatus.PENDING, target=RequestStatus.DENIED)


def closed(uow: UnitOfWork, code: Closed = Closed.BY_ADMIN) -> None:
    """An approver closed a request of hers that needed a human, or it ended by itself."""
    one = ada(uow).id
    access_requests.move(uow, one, source=RequestStatus.PENDING, target=RequestStatus.NEEDS_ATTENTION)
    access_requests.move(uow, one, source=RequestStatus.NEEDS_ATTENTION, target=RequestStatus.CLOSED, reason_code=code.value)


def taken_long_ago(uow: UnitOfWork) -> None:
    """She has done without it for more than a year."""
    earlier = replace(uow, now=uow.now - timedelta(days=401))
    people.link(earlier, people.find_or_add(uow, team_id=TEAM, slack_id="U0ADA").id, account_id=ACCOUNT, email=None)
    take(earlier, TAKEN, until=R.TAKEN)


def granted(uow: UnitOfWork) -> None:
    """Another grant today is all that the cap allows."""
    one = ada(uow, product="confluence")
    for source, target in (("pending", "approved"), ("approved", "granting"), ("granting", "granted")):
        access_requests.move(uow, one.id, source=RequestStatus(source), target=RequestStatus(target))


def relinked(uow: UnitOfWork) -> None:
    """Her account is Eve's by now, and hers is another."""
    mine, eve = (people.find_or_add(uow, team_id=TEAM, slack_id=slack_id) for slack_id in ("U0ADA", "U0EVE"))
    people.link(uow, mine.id, account_id="712020:other", email=None)
    people.link(uow, eve.id, account_id=ACCOUNT, email=None)


def taken_before_the_link(uow: UnitOfWork) -> None:
    """Whose account it is was said when the seat was gone already."""
    take(replace(uow, now=uow.now - timedelta(hours=1)), TAKEN, until=R.TAKEN)


def linked_for_the_request(uow: UnitOfWork) -> None:
    """An approver said whose account it is on the card, just before the seat was taken."""
    later = replace(uow, now=uow.now + timedelta(seconds=1))
    people.link(later, people.find_or_add(uow, team_id=TEAM, slack_id="U0ADA").id, account_id=ACCOUNT, email=None)
    take(later, TAKEN, until=R.TAKEN)


def taken_from_hugo(uow: UnitOfWork) -> None:
    """It was he who was warned before the seat was taken."""
    hugo = people.find_or_add(uow, team_id=TEAM, slack_id="U0HUGO")
    warning = warnings.open_(uow, account_id=ACCOUNT, product="jira", person_id=hugo.id, slack_id=hugo.slack_id)
    assert warning is not None
    take(uow, TAKEN, until=R.TAKEN, warning_id=warning.id)


ADMIN = RoleRef(resource=JIRA, role="atlassian/admin")


@pytest.mark.parametrize(
    ("case", "objection"),
    [
        (Case(until=R.NEEDS_ATTENTION), Objection.NOT_TAKEN),
        (Case(until=None), Objection.NOT_TAKEN),
        (Case(linked=False), Objection.NOT_LINKED),
        (Case(meanwhile=relinked), Objection.SEVERAL_ACCOUNTS),
        (Case(until=None, meanwhile=taken_before_the_link), Objection.LINKED_SINCE),
        (Case(until=None, meanwhile=linked_for_the_request), Objection.LINKED_SINCE),
        (Case(until=None, meanwhile=taken_from_hugo), Objection.FROM_ANOTHER),
        (Case(email_changed=True), Objection.EMAIL_CHANGED),
        (Case(state=replace(STATE, way_back=WayBack.ENABLE, levels=(WayBack.ENABLE, ADD))), Objection.ACCOUNT_OFF),
        (Case(snapshot=Snapshot(groups=(USERS,), roles=(ADMIN,))), Objection.ADMINISTERS),
        (Case(state=replace(STATE, candidate_groups=(USERS,))), Objection.NOT_AS_IT_WAS),
        (Case(state=replace(STATE, candidate_groups=())), Objection.NOT_AS_IT_WAS),
        (Case(state=replace(STATE, side_products=(CONFLUENCE,))), Objection.BRINGS_MORE),
        (Case(meanwhile=denied), Objection.DENIED_SINCE),
        (Case(meanwhile=closed), Objection.DENIED_SINCE),
        (Case(until=None, meanwhile=taken_long_ago), Objection.LONG_AGO),
        (Case(meanwhile=granted), Objection.DAILY_CAP),
    ],
    ids=lambda value: value.value if isinstance(value, Objection) else "",
)
async def test_whatever_is_no_plain_return_is_left_to_people(
    database: Database, settings: Settings, case: Case, objection: Objection
) -> None:
    """The request stays undecided, and the trail says why the policy did not approve; what was never taken is worth no word."""
    request = await considered(database, settings, case)
    assert request.status is RequestStatus.PENDING
    assert await database.read(lambda uow: decisions.policy_of(uow, request.id)) is None
    told = [entry.body for entry in await entries(database) if entry.kind == "request.not_by_policy"]
    assert [f'"code":"{objection.value}"' in body for body in told] == ([] if objection is Objection.NOT_TAKEN else [True])


async def test_a_request_that_ended_by_itself_is_no_denial(database: Database, settings: Settings) -> None:
    """Nobody said no: she had the product, or asked for one that is gone."""
    request = await considered(database, settings, Case(meanwhile=lambda uow: closed(uow, Closed.PRODUCT_GONE)))
    assert request.status is RequestStatus.APPROVED


async def test_another_product_that_comes_along_has_to_be_free_too(database: Database, settings: Settings) -> None:
    """The snapshot covers it, but nobody knows what its seat costs: only `return` gives it without a person."""
    both = Snapshot(groups=(USERS, PROJECT), side_products=(CONFLUENCE,))
    case = Case(snapshot=both, state=replace(STATE, side_products=(CONFLUENCE,)))
    assert (await considered(database, settings, case)).status is RequestStatus.PENDING
    assert any('"code":"costs"' in entry.body for entry in await entries(database))


async def test_the_policy_is_asked_again_when_time_has_passed(database: Database, settings: Settings, clock: MovableClock) -> None:
    """What was free is not for ever."""
    request, found = await considered(database, settings, Case()), found_of(Case(), settings)

    def objection(uow: UnitOfWork) -> Objection | None:
        return returns.objection_now(uow, request, found=found, settings=settings)

    assert await database.read(objection) is None
    clock.advance(timedelta(days=32))
    assert await database.read(objection) is Objection.COSTS


async def test_what_needs_a_human_needs_a_humans_approval(database: Database, settings: Settings) -> None:
    """A policy's approval ends where somebody has to look: nothing goes on without one of theirs."""
    request = await considered(database, settings, Case())
    await database.write(lambda uow: grants.record_attention(uow, request.id, code=Attention.NOT_SEEN))
    now = await database.read(lambda uow: access_requests.get(uow, request.id))
    assert now is not None
    assert await database.read(lambda uow: decisions.policy_given(uow, now)) is None
    assert await database.read(lambda uow: briefing(uow, request.id)) is None


async def test_a_request_that_was_taken_back_is_not_approved(database: Database, settings: Settings) -> None:
    """Its owner was quicker."""

    def unit(uow: UnitOfWork) -> str:
        people.link(uow, people.find_or_add(uow, team_id=TEAM, slack_id="U0ADA").id, account_id=ACCOUNT, email=None)
        take(uow, TAKEN, until=R.TAKEN)
        filed = ada(uow)
        requests.cancel(uow, actor=member("ada"), delivery="x", request_id=filed.id)
        returns.consider(uow, filed.id, found=found_of(Case(), settings), settings=settings)
        return filed.id

    request_id = await database.write(unit)
    assert await database.read(lambda uow: decisions.policy_of(uow, request_id)) is None
