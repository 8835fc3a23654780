"""Returns that a policy approves: a seat that Comeback took goes back to whom it was taken from, and nobody has to click."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from atlassian.access import AccessState, Snapshot
from atlassian.planning import Return
from atlassian.steps import AddToGroup, AssignRole
from bot.actor import Comeback
from bot.approval import LONGEST_AWAY, Objection, ReturnFacts, objection_to, policy_of
from bot.billing import free_until, terms_of
from bot.codes import Closed
from bot.settings import Product, Settings
from bot.usecases.approvals import send_on_its_way
from bot.usecases.briefing import granted_today
from bot.usecases.grants import account_taken
from bot.usecases.held import Held, held_of
from bot.usecases.steps import audit_actor
from storage import access_requests, decisions, people, warnings
from storage.db import UnitOfWork
from storage.lifecycle import ReclaimStatus, RequestStatus
from storage.records import AccessRequest, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What Atlassian and Slack say of a return: the diagnosis, what would be done, and whether the address is another than was pinned."""

    product: Product
    state: AccessState
    plan: Return
    email_changed: bool


def consider(uow: UnitOfWork, request_id: str, *, found: Found, settings: Settings) -> None:
    """Approve the pending request when its product's policy may; else people are asked, and the trail says why the policy didn't."""
    policy, request = policy_of(found.product), access_requests.lock(uow, request_id)
    if policy is None or request is None or request.status is not RequestStatus.PENDING:
        return
    held = held_of(uow, found.state.account_id, request.product)
    facts = _facts(uow, request, held=held, found=found, settings=settings)
    objection = objection_to(policy, facts)
    if objection is not None or held is None:
        _record_objection(uow, request, objection=objection)
        return
    evidence = _evidence(held, facts, settings=settings)
    approval = decisions.record_policy(uow, request, policy=policy, facts=evidence)
    approved = access_requests.move(uow, request_id, source=RequestStatus.PENDING, target=RequestStatus.APPROVED)
    actor = audit_actor(uow, Comeback())
    uow.audit("request.approved", actor=actor, request_id=request_id, decision=approval.id, policy=policy.value, **evidence)
    send_on_its_way(uow, approved or request)


def objection_now(uow: UnitOfWork, request: AccessRequest, *, found: Found, settings: Settings) -> Objection | None:
    """Why the policy would not approve the request that it did approve: time has passed since, and it may have ended."""
    held = held_of(uow, found.state.account_id, request.product)
    return objection_to(policy_of(found.product), _facts(uow, request, held=held, found=found, settings=settings))


def _record_objection(uow: UnitOfWork, request: AccessRequest, *, objection: Objection | None) -> None:
    """What Comeback never took is no return, and worth no entry."""
    if objection is not None and objection is not Objection.NOT_TAKEN:
        uow.audit("request.not_by_policy", actor=audit_actor(uow, Comeback()), request_id=request.id, code=objection.value)


def _facts(uow: UnitOfWork, request: AccessRequest, *, held: Held | None, found: Found, settings: Settings) -> ReturnFacts:
    taken_at = held.reclaim.taken_at if held and held.reclaim.status is ReclaimStatus.TAKEN else None
    person = people.get(uow, request.person_id)
    return ReturnFacts(
        state=found.state,
        taken=taken_at is not None,
        long_ago=taken_at is not None and uow.now - taken_at > LONGEST_AWAY,
        pinned_account_id=person.account_id,
        shared=account_taken(uow, request, account_id=found.state.account_id),
        linked_since=taken_at is not None and _linked_since(person, min(taken_at, request.filed_at)),
        from_another=held is not None and _was_anothers(uow, held, person),
        email_changed=found.email_changed,
        whole=held is not None and _is_whole(found.plan, held.snapshot),
        administered=bool(found.plan.for_a_human),
        side_products=frozenset(held.snapshot.side_products) if held else frozenset(),
        denied_since=taken_at is not None and _denied_since(uow, request, taken_at),
        over_the_cap=granted_today(uow, request) >= settings.grants_per_day,
        free_until=_free_until(uow, found, settings=settings),
    )


def _denied_since(uow: UnitOfWork, request: AccessRequest, moment: datetime) -> bool:
    """Whether an approver has said no since; one who closes what needed a human says it too."""
    closing = Closed.BY_ADMIN.value
    return access_requests.denied_since(uow, request.person_id, request.product, since=moment, closing=closing)


def _linked_since(person: Person, moment: datetime) -> bool:
    return person.linked_at is None or person.linked_at > moment


def _was_anothers(uow: UnitOfWork, held: Held, person: Person) -> bool:
    """Whether it was somebody else whom Comeback warned before it took the seat."""
    warning = warnings.get(uow, held.reclaim.warning_id) if held.reclaim.warning_id else None
    return warning is not None and warning.person_id not in {person.id, None}


def _is_whole(plan: Return, snapshot: Snapshot) -> bool:
    """Whether the plan gives exactly what was taken: all of it, and nothing that was not."""
    groups = {group.id for group in snapshot.groups}
    roles = {(ref.role, ref.resource) for ref in snapshot.roles}
    given = {(step.role, step.resource) for step in plan.steps if isinstance(step, AssignRole)}
    exact = all(isinstance(step, AssignRole) or (isinstance(step, AddToGroup) and step.group_id in groups) for step in plan.steps)
    return bool(plan.steps) and exact and given == roles and not plan.missing and not plan.by_substitute


def _free_until(uow: UnitOfWork, found: Found, *, settings: Settings) -> date | None:
    """The first day on which the return and what comes along with it cost something; None when they do now, or nobody knows."""
    known = {product.resource: product for product in settings.products.values()}
    offered = [found.product, *(known.get(resource) for resource in found.state.side_products)]
    days = [_free_day(uow, product, found.state.account_id, settings=settings) for product in offered]
    return min((day for day in days if day is not None), default=None) if all(days) else None


def _free_day(uow: UnitOfWork, product: Product | None, account_id: str | None, *, settings: Settings) -> date | None:
    held = held_of(uow, account_id, product.key) if product else None
    if product is None or held is None or held.reclaim.taken_at is None:
        return None
    today, freed_on = _day(uow.now, settings), _day(held.reclaim.taken_at, settings)
    return free_until(terms_of(product), today=today, freed_on=freed_on)


def _evidence(held: Held, facts: ReturnFacts, *, settings: Settings) -> dict[str, str]:
    """The facts that the approval rests on, as the audit trail and the card tell them."""
    taken_on = _day(held.reclaim.taken_at, settings) if held.reclaim.taken_at else None
    days = {"taken_on": taken_on, "free_until": facts.free_until}
    return {"reclaim": held.reclaim.id} | {name: day.isoformat() for name, day in days.items() if day}


def _day(moment: datetime, settings: Settings) -> date:
    """The day of the company's clock: renewals are days."""
    return moment.astimezone(ZoneInfo(settings.timezone)).date()
