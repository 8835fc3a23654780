"""Erasing a person: who is meant, what stands in the way, and what is left of them."""

from dataclasses import dataclass
from enum import StrEnum

from bot.actor import Actor
from bot.idle.plan_figures import PlanFigures
from bot.jobs.seats import UndoSeat
from bot.usecases.progress import undo_is_asked
from bot.usecases.steps import audit_actor
from storage import access_requests, batches, decisions, erasure, exemptions, findings, outbox, people, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import OPEN_STATUSES, OPEN_WARNINGS, ExemptionStatus, ReclaimStatus, WarningStatus
from storage.records import ERASED_WORDS, Person, Reclaim
from storage.seat_records import Exemption

CODE = "erased"
"""The reason code of what ended as its person was erased."""

_RUNNING = frozenset({ReclaimStatus.PLANNED, ReclaimStatus.APPROVED, ReclaimStatus.TAKING, ReclaimStatus.NEEDS_ATTENTION})
_MANY = 10_000


class Obstacle(StrEnum):
    """What has to end before a person can be erased."""

    OPEN_REQUEST = "open_request"
    OPEN_APPROVAL = "open_approval"
    OPEN_EXEMPTION = "open_exemption"
    RUNNING_RECLAIM = "running_reclaim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is to be erased: somebody of the workspace, their accounts, or accounts alone. The numbers count what is known."""

    person: Person | None
    account_ids: tuple[str, ...]
    requests: int
    seats: int
    decisions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheWay:
    """Nothing was erased: this has to end first; `products` are where."""

    obstacle: Obstacle
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """All of it is gone; `name` stands where the person's id stood."""

    name: str
    jobs: int


def find(uow: UnitOfWork, who: str) -> tuple[Subject, ...]:
    """Everybody whom *who* may mean: a Slack id, an Atlassian account id, or an e-mail address; empty when nothing is known."""
    found = _people_named(uow, who)
    if found:
        return tuple(_subject(uow, person) for person in found)
    accounts = seats.accounts_with_email(uow, who) if "@" in who else (who,)
    return tuple(
        Subject(person=None, account_ids=(account_id,), requests=0, seats=known)
        for account_id in accounts
        if (known := _traces(uow, account_id))
    )


def erase(uow: UnitOfWork, subject: Subject, *, actor: Actor) -> Erased | InTheWay:
    """
    Make *subject* unknown: their key destroyed, their ids and words blanked, the jobs that name them dropped.

    The trail keeps their random id, which then says nothing. Whoever of them comes again is somebody new.
    """
    erased_id = subject.person.id if subject.person else uow.new_id()
    if subject.person is not None:
        erasure.lock(uow, subject.person.id)
    obstacle = _obstacle(uow, subject)
    if obstacle is not None:
        return obstacle
    _end_what_is_open(uow, subject, actor=actor)
    dropped = erasure.forget_jobs(uow, _names(uow, subject))
    for number, account_id in enumerate(subject.account_ids):
        erasure.forget_account(uow, account_id, erased_id=erased_id, number=number)
    if subject.person is not None:
        _forget_refusals(uow, subject.person)
        erasure.forget_person(uow, subject.person.id, slack_id=subject.person.slack_id)
    uow.audit(
        "person.erased",
        actor=audit_actor(uow, actor),
        person=erased_id,
        requests=subject.requests,
        seats=subject.seats,
        decisions=subject.decisions,
    )
    return Erased(name=erasure.name_of(erased_id), jobs=dropped)


def _people_named(uow: UnitOfWork, who: str) -> tuple[Person, ...]:
    if "@" in who:
        holders = (holder for account_id in seats.accounts_with_email(uow, who) for holder in _holders(uow, account_id))
        asked = (people.get(uow, person_id) for person_id in findings.people_with_email(uow, who))
        named = (*people.with_email(uow, who), *asked, *holders)
    else:
        named = (*people.with_slack_id(uow, who), *_holders(uow, who))
    return tuple({one.id: one for one in named}.values())


def _holders(uow: UnitOfWork, account_id: str) -> tuple[Person, ...]:
    """Whose account it is: the person linked to it, else whoever was warned of its seats or answers for them."""
    linked = people.linked_to(uow, account_id)
    return (linked,) if linked else tuple(people.get(uow, person_id) for person_id in erasure.holders(uow, account_id))


def _subject(uow: UnitOfWork, person: Person) -> Subject:
    known = (account_id for account_id in erasure.accounts_known(uow, person.id) if people.linked_to(uow, account_id) is None)
    account_ids = tuple(dict.fromkeys((*((person.account_id,) if person.account_id else ()), *known)))
    return Subject(
        person=person,
        account_ids=account_ids,
        requests=len(access_requests.latest_of(uow, person.id, limit=_MANY)),
        seats=sum(len(seats.of_account(uow, account_id)) for account_id in account_ids),
        decisions=decisions.made_by(uow, person.id) + len(batches.decided_by(uow, person.id)),
    )


def _traces(uow: UnitOfWork, account_id: str) -> int:
    """How many rows know of an account that is nobody's."""
    about = (seats.of_account, warnings.of_account, reclaims.of_account, exemptions.of_account, erasure.asked_for)
    return sum(len(of_account(uow, account_id)) for of_account in about)


def _obstacle(uow: UnitOfWork, subject: Subject) -> InTheWay | None:
    person_id = subject.person.id if subject.person else None
    requests = access_requests.latest_of(uow, person_id, limit=_MANY) if person_id else ()
    asked = [one for one in _exemptions(uow, subject) if one.status is ExemptionStatus.ASKED]
    running = [one for account_id in subject.account_ids for one in reclaims.of_account(uow, account_id) if _is_running(uow, one)]
    # Somebody else's request too: the grant would go to an account that we say we do not know.
    about = {product for account_id in subject.account_ids for product in erasure.asked_for(uow, account_id)}
    found = {
        Obstacle.OPEN_REQUEST: {one.product for one in requests if one.status in OPEN_STATUSES} | about,
        # Whoever comes again is somebody new, and would approve for the second time.
        Obstacle.OPEN_APPROVAL: decisions.products_approved(uow, person_id) if person_id else set(),
        Obstacle.OPEN_EXEMPTION: {one.product for one in asked},
        Obstacle.RUNNING_RECLAIM: {one.product for one in running},
    }
    return next((InTheWay(obstacle=which, products=tuple(sorted(products))) for which, products in found.items() if products), None)


def _is_running(uow: UnitOfWork, reclaim: Reclaim) -> bool:
    """Whether the seat is being taken, or put back; one that was taken and rests is not."""
    if reclaim.status in _RUNNING:
        return True
    if reclaim.status is not ReclaimStatus.TAKEN:
        return False
    # Of a long plan the job of the undo may come later.
    return undo_is_asked(uow, reclaim) or outbox.is_unfinished(uow, subject=UndoSeat.of.format(account_id=reclaim.account_id))


def _exemptions(uow: UnitOfWork, subject: Subject) -> list[Exemption]:
    about = [one for account_id in subject.account_ids for one in exemptions.of_account(uow, account_id)]
    theirs = exemptions.of_person(uow, subject.person.id) if subject.person else ()
    return list({one.id: one for one in (*about, *theirs)}.values())


def _end_what_is_open(uow: UnitOfWork, subject: Subject, *, actor: Actor) -> None:
    """Exemptions that nobody would answer for any more, and warnings that nobody can answer."""
    by, person_id = audit_actor(uow, actor), subject.person.id if subject.person else None
    for exemption in _exemptions(uow, subject):
        if exemption.status is ExemptionStatus.ACTIVE and (exemption.owner_id == person_id or exemption.account_id in subject.account_ids):
            exemptions.move(uow, exemption.id, source=ExemptionStatus.ACTIVE, target=ExemptionStatus.ENDED)
            uow.audit("exemption.ended", actor=by, exemption=exemption.id, product=exemption.product, code=CODE)
    for warning in (one for account_id in subject.account_ids for one in warnings.of_account(uow, account_id)):
        if warning.status in OPEN_WARNINGS:
            warnings.move(uow, warning.id, source=warning.status, target=WarningStatus.ENDED, reason_code=CODE)
            uow.audit("warning.ended", actor=by, warning=warning.id, product=warning.product, code=CODE)


def _forget_refusals(uow: UnitOfWork, person: Person) -> None:
    """What an approver wrote when they refused a plan; the rest of the plan stays."""
    for batch in batches.decided_by(uow, person.id):
        figures = PlanFigures.from_json(batch.figures)
        if figures.reason is not None:
            batches.note(uow, batch.id, figures=figures.to_json() | {"reason": ERASED_WORDS})


def _names(uow: UnitOfWork, subject: Subject) -> tuple[str, ...]:
    """What their jobs say; those of their requests too, which are all over."""
    person = subject.person
    if person is None:
        return subject.account_ids
    requests = (one.id for one in access_requests.latest_of(uow, person.id, limit=_MANY))
    return tuple(name for name in (person.slack_id, person.email, *subject.account_ids, *requests) if name)
