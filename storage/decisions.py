"""What approvers said. Each saying is a row, so that "two must agree" needs no other shape."""

from sqlalchemy import bindparam, insert, select

from storage.lifecycle import Verdict
from storage.records import Decision, Person
from storage.sealing import SealedColumns
from storage.tables import access_requests, decisions, people
from storage.unit import UnitOfWork

_c = decisions.c

SEALED = SealedColumns(table="decisions", words=("reason",))
"""What an approver wrote to a requester, whose key it is sealed under: the words are about them, and were sent to them."""
# The requester is copied from the request, which lets the table itself refuse a decision on one's own.
_RECORD = insert(decisions).from_select(
    ["id", "request_id", "requester_person_id", "approver_person_id", "verdict", "reason", "decided_at"],
    select(
        bindparam("new_id", type_=_c.id.type),
        access_requests.c.id,
        access_requests.c.person_id,
        bindparam("approver", type_=_c.approver_person_id.type),
        bindparam("said", type_=_c.verdict.type),
        bindparam("because", type_=_c.reason.type),
        bindparam("moment", type_=_c.decided_at.type),
    ).where(access_requests.c.id == bindparam("this_request")),
)
_REQUESTER = select(access_requests.c.person_id).where(access_requests.c.id == bindparam("this_request"))
_OF = (
    select(_c.id, _c.request_id, _c.approver_person_id, people.c.slack_id.label("approver_slack_id"), _c.verdict, _c.reason, _c.decided_at)
    .join_from(decisions, people, _c.approver_person_id == people.c.id)
    .where(_c.request_id == bindparam("this_request"))
    .order_by(_c.decided_at, _c.id)
)


def record(uow: UnitOfWork, *, request_id: str, approver: Person, verdict: Verdict, reason: str | None) -> Decision:
    """
    The decision, stored.

    Whether the approver may decide is the policy's to say; the table has the last word on requests of their own (IntegrityError).
    """
    decision_id = uow.new_id()
    requester = uow.connection.execute(_REQUESTER, {"this_request": request_id}).scalar_one()
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
    )


def of(uow: UnitOfWork, request_id: str) -> tuple[Decision, ...]:
    """All decisions on the request, oldest first."""
    return SEALED.records(uow, Decision, uow.connection.execute(_OF, {"this_request": request_id}))


def latest(uow: UnitOfWork, request_id: str) -> Decision | None:
    """The decision that holds: the last one, as a request whose account turned out to be another is decided anew."""
    return next(reversed(of(uow, request_id)), None)
