"""Counting approvals: a request goes on its way when as many different people have approved it as its product needs."""

from dataclasses import dataclass
from datetime import timedelta

from bot.actor import SlackPerson
from bot.jobs.notices import Whisper
from bot.jobs.requests import Grant, RedrawCard
from bot.usecases.answers import Counted
from bot.usecases.grants import record_waiting
from bot.usecases.steps import audit_actor, enqueue
from bot.usecases.weather import trouble_with_atlassian
from storage import access_requests, decisions
from storage.db import UnitOfWork
from storage.lifecycle import Verdict
from storage.records import AccessRequest, Decision, Person

REDRAW_AFTER = timedelta(seconds=2)
"""A card says *granting* only when that takes longer than this; a quicker grant is drawn once, at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The approvals of a request's round, before a click is counted; `own` is the one that its author gave before."""

    given: tuple[Decision, ...]
    own: Decision | None
    needed: int

    @property
    def with_this(self) -> int:
        """How many different people approve once the click is counted."""
        return len(self.given) + (self.own is None)

    @property
    def is_enough(self) -> bool:
        """Whether the request goes on with this click."""
        return self.with_this >= self.needed


def tally(uow: UnitOfWork, request: AccessRequest, *, approver: Person, needed: int) -> Tally:
    """What *approver*'s click adds to; the caller holds the lock of *request*."""
    given = decisions.given(uow, request)
    own = next((one for one in given if one.approver_person_id == approver.id), None)
    return Tally(given=given, own=own, needed=needed)


def record_approval(uow: UnitOfWork, request: AccessRequest, *, approver: Person, counted: Tally, reason: str | None = None) -> Decision:
    """The approver's approval, stored unless it is there already: one person counts once."""
    if counted.own is not None:
        return counted.own
    return decisions.record(uow, request_id=request.id, approver=approver, verdict=Verdict.APPROVE, reason=reason)


def record_part(uow: UnitOfWork, request: AccessRequest, *, actor: SlackPerson, approver: Person, counted: Tally, channel: str) -> Counted:
    """One approval more, and others are still needed; whoever has approved before is told that they count once."""
    if counted.own is not None:
        enqueue(uow, Whisper(request_id=request.id, slack_id=actor.slack_id, channel=channel, news="counts_once"))
        return Counted(request=request, given=counted.with_this, needed=counted.needed)
    decision = record_approval(uow, request, approver=approver, counted=counted)
    facts = {"given": counted.with_this, "needed": counted.needed}
    uow.audit("request.approved_in_part", actor=audit_actor(uow, actor), request_id=request.id, decision=decision.id, **facts)
    access_requests.touch(uow, request.id)
    enqueue(uow, RedrawCard(request_id=request.id))
    return Counted(request=request, given=counted.with_this, needed=counted.needed)


def send_on_its_way(uow: UnitOfWork, request: AccessRequest) -> None:
    """Approved: the grant is next, and the card says so when that takes long."""
    enqueue(uow, Grant(request_id=request.id, afresh=False))
    trouble = trouble_with_atlassian(uow)
    if trouble is not None:
        record_waiting(uow, request.id, code=trouble)
    enqueue(uow, RedrawCard(request_id=request.id), due_at=uow.now + REDRAW_AFTER)
