"""
What approvers said, and what a policy approved where no person did. Each saying is a row, so that "two must agree" needs no other shape.

An approval counts in the round that it was given in: when it does not cover any more what the request needs, the next round begins.
"""

from collections.abc import Mapping

from sqlalchemy import bindparam, func, insert, select

from storage.lifecycle import OPEN_STATUSES, ReturnPolicy, Verdict
from storage.records import AccessRequest, Decision, Person, PolicyApproval, as_record
from storage.sealing import SealedColumns
from storage.sql import among
from storage.tables import access_requests, decisions, people, policy_approvals
from storage.unit import UnitOfWork

_c = decisions.c

SEALED = SealedColumns(table="decisions", words=("reason",))
"""What an approver wrote to a requester, whose key it is sealed under: the words are about them, and were sent to them."""
# The requester is copied from the request, which lets the table itself refuse a decision on one's own; so is the round.
_RECORD = insert(decisions).from_select(
    ["id", "request_id", "requester_person_id", "round_number", "approver_person_id", "verdict", "reason", "decided_at"],
    select(
        bindparam("new_id", type_=_c.id.type),
        access_requests.c.id,
        access_requests.c.person_id,
        access_requests.c.round_number,
        bindparam("approver", type_=_c.approver_person_id.type),
        bindparam("said", type_=_c.verdict.type),
        bindparam("because", type_=_c.reason.type),
        bindparam("moment", type_=_c.decided_at.type),
    ).where(access_requests.c.id == bindparam("this_request")),
)
_REQUEST = select(access_requests.c.person_id, access_requests.c.round_number).where(access_requests.c.id == bindparam("this_request"))
_OF = (
    select(
        _c.id,
        _c.request_id,
        _c.approver_person_id,
        people.c.slack_id.label("approver_slack_id"),
        _c.verdict,
        _c.reason,
        _c.decided_at,
        _c.round_number,
    )
    .join_from(decisions, people, _c.approver_person_id == people.c.id)
    .where(_c.request_id == bindparam("this_request"))
    .order_by(_c.decided_at, _c.id)
)
_PRODUCTS_APPROVED = (
    select(access_requests.c.product)
    .join(decisions)
    .where(
        _c.approver_person_id == bindparam("approver"),
        _c.verdict == Verdict.APPROVE,
        _c.round_number == access_requests.c.round_number,
        among(access_requests.c.status, OPEN_STATUSES),
    )
)
_MADE_BY = select(func.count()).where(_c.approver_person_id == bindparam("person"))
_p = policy_approvals.c
_RECORD_POLICY = insert(policy_approvals)
_POLICY_OF = select(*_p).where(_p.request_id == bindparam("this_request")).order_by(_p.round_number.desc()).limit(1)


def record(uow: UnitOfWork, *, request_id: str, approver: Person, verdict: Verdict, reason: str | None) -> Decision:
    """
    The decision, stored.

    Whether the approver may decide is the policy's to say; the table has the last word on requests of their own, and on saying the same
    twice in one round (IntegrityError).
    """
    decision_id = uow.new_id()
    requester, round_number = uow.connection.execute(_REQUEST, {"this_request": request_id}).one()
    sealed = SEALED.seal(uow, requester, {"id": decision_id, "reason": reason})
    uow.connection.execute(
        _RECORD,
        {
            "new_id": decision_id,
            "this_request": request_id,
            "approver": approver.id,
            "said": verdict,
            "because": sealed["reason"],
            "moment": uow.now,
        },
    )
    return Decision(
        id=decision_id,
        request_id=request_id,
        approver_person_id=approver.id,
        approver_slack_id=approver.slack_id,
        verdict=verdict,
        reason=reason,
        decided_at=uow.now,
        round_number=round_number,
    )


def of(uow: UnitOfWork, request_id: str) -> tuple[Decision, ...]:
    """All decisions on the request, oldest first."""
    return SEALED.records(uow, Decision, uow.connection.execute(_OF, {"this_request": request_id}))


def made_by(uow: UnitOfWork, person_id: str) -> int:
    """How many decisions the person made on requests of others."""
    return uow.connection.execute(_MADE_BY, {"person": person_id}).scalar_one()


def latest(uow: UnitOfWork, request_id: str) -> Decision | None:
    """The decision that holds: the last one, as a request whose account turned out to be another is decided anew."""
    return next(reversed(of(uow, request_id)), None)


def given(uow: UnitOfWork, request: AccessRequest) -> tuple[Decision, ...]:
    """The approvals that count: those of the request's round, oldest first, each by another approver."""
    return tuple(one for one in of(uow, request.id) if one.verdict is Verdict.APPROVE and one.round_number == request.round_number)


def products_approved(uow: UnitOfWork, person_id: str) -> set[str]:
    """The products of the open requests that the person has approved, where that counts."""
    return set(uow.connection.execute(_PRODUCTS_APPROVED, {"approver": person_id}).scalars())


def record_policy(uow: UnitOfWork, request: AccessRequest, *, policy: ReturnPolicy, facts: Mapping[str, str]) -> PolicyApproval:
    """The approval by *policy* in the request's round, stored; a second one in the same round is refused (IntegrityError)."""
    approval = PolicyApproval(
        id=uow.new_id(), request_id=request.id, round_number=request.round_number, policy=policy, facts=dict(facts), decided_at=uow.now
    )
    uow.connection.execute(_RECORD_POLICY, {name: getattr(approval, name) for name in PolicyApproval.__dataclass_fields__})
    return approval


def policy_of(uow: UnitOfWork, request_id: str) -> PolicyApproval | None:
    """What a policy approved of the request, the last time that one did; it counts in its own round only."""
    row = uow.connection.execute(_POLICY_OF, {"this_request": request_id}).first()
    return None if row is None else as_record(PolicyApproval, row)


def policy_given(uow: UnitOfWork, request: AccessRequest) -> PolicyApproval | None:
    """The approval by policy that counts: that of the request's round."""
    approval = policy_of(uow, request.id)
    return approval if approval is not None and approval.round_number == request.round_number else None
