"""What a grant needs to know before it acts."""

from dataclasses import dataclass
from datetime import timedelta

from bot.usecases.held import Held, held_of
from bot.usecases.queue import is_behind
from storage import access_requests, decisions, findings, people
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, Decision, Finding, Person, PolicyApproval

ON_ITS_WAY = frozenset({RequestStatus.APPROVED, RequestStatus.WAITING, RequestStatus.GRANTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """
    All that the database knows about one approved request; `is_behind` says that others wait for the same seats before it.

    `approvals` are those of the request's round, oldest first; with `policy` nobody had to give one. `held` is what was taken of the seat,
    of the account that is known by now.
    """

    request: AccessRequest
    person: Person
    approvals: tuple[Decision, ...]
    policy: PolicyApproval | None
    finding: Finding | None
    held: Held | None
    is_behind: bool
    granted_today: int


def briefing(uow: UnitOfWork, request_id: str) -> Briefing | None:
    """What a grant job needs to know; None when the request is not (or no longer) to be granted."""
    request = access_requests.get(uow, request_id)
    if request is None or request.status not in ON_ITS_WAY:
        return None
    approvals, policy = decisions.given(uow, request), decisions.policy_given(uow, request)
    if not approvals and policy is None:
        return None
    person, finding = people.get(uow, request.person_id), findings.of(uow, request_id)
    account_id = person.account_id or (finding.account_id if finding else None)
    return Briefing(
        request=request,
        person=person,
        approvals=approvals,
        policy=policy,
        finding=finding,
        held=held_of(uow, account_id, request.product),
        is_behind=is_behind(uow, request),
        granted_today=granted_today(uow, request),
    )


def granted_today(uow: UnitOfWork, request: AccessRequest) -> int:
    """Grants of the last day, and those under way; not counting *request* itself."""
    others = access_requests.granting(uow) - (request.status is RequestStatus.GRANTING)
    return access_requests.granted_since(uow, uow.now - timedelta(days=1)) + others
