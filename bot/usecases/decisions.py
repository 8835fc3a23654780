"""Deciding a request: one click wins by compare-and-set, everybody else is told privately who was first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.actor import SlackPerson
from bot.codes import RELINKED, Attention, Closed
from bot.jobs.notices import Tell, Whisper
from bot.jobs.requests import Admit, CheckDecision, Expire, Grant, RedrawCard
from bot.policy import ApproverFacts, Refusal, may_decide
from bot.usecases.answers import AlreadyDecided, Checking, Decided, DecisionAnswer, Gone, NotAllowed, Resumed, Seen
from bot.usecases.grants import record_waiting
from bot.usecases.queue import wake_queue
from bot.usecases.steps import audit_actor, enqueue
from bot.usecases.weather import trouble_with_atlassian
from storage import access_requests, decisions, deliveries, findings, people
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus, Verdict
from storage.records import AccessRequest, Person

REDRAW_AFTER = timedelta(seconds=2)
"""A card says *granting* only when that takes longer than this; a quicker grant is drawn once, at its end."""


def decide(
    uow: UnitOfWork,
    *,
    actor: SlackPerson,
    delivery: str,
    request_id: str,
    verdict: Verdict,
    reason: str | None,
    approvers: ApproverFacts,
    channel: str,
) -> DecisionAnswer:
    """
    Record *actor*'s decision if it is the first, theirs to make, and made on fresh facts.

    Whoever loses, may not, or has to wait is answered by a private message in *channel*, left in the outbox by this unit.
    """
    if not deliveries.claim(uow, delivery):
        return Seen(request=access_requests.get(uow, request_id))
    if not approvers.fresh(uow.now):
        return _check_later(uow, actor=actor, request_id=request_id, verdict=verdict, reason=reason, channel=channel)
    return decide_checked(uow, actor=actor, request_id=request_id, verdict=verdict, reason=reason, approvers=approvers, channel=channel)


def _check_later(uow: UnitOfWork, *, actor: SlackPerson, request_id: str, verdict: Verdict, reason: str | None, channel: str) -> Checking:
    job = CheckDecision(
        request_id=request_id,
        team_id=actor.team_id,
        slack_id=actor.slack_id,
        verdict=verdict.value,
        reason=reason,
        channel=channel,
    )
    enqueue(uow, job)
    enqueue(uow, Whisper(request_id=request_id, slack_id=actor.slack_id, channel=channel, news="checking"))
    return Checking()


def decide_checked(
    uow: UnitOfWork,
    *,
    actor: SlackPerson,
    request_id: str,
    verdict: Verdict,
    reason: str | None,
    approvers: ApproverFacts,
    channel: str,
) -> DecisionAnswer:
    """The same for facts that the caller has just read; no delivery to claim."""
    request = access_requests.lock(uow, request_id)
    if request is None:
        return Gone()
    refusal = refusal_of(uow, actor=actor, request=request, approvers=approvers)
    if refusal is not None:
        return refuse(uow, actor=actor, request=request, refusal=refusal, channel=channel)
    if verdict is Verdict.APPROVE and _is_unseen(uow, request):
        enqueue(uow, Whisper(request_id=request_id, slack_id=actor.slack_id, channel=channel, news="not_seen_yet"))
        return Checking()
    approver = people.find_or_add(uow, team_id=actor.team_id, slack_id=actor.slack_id)
    target = RequestStatus.APPROVED if verdict is Verdict.APPROVE else RequestStatus.DENIED
    moved = access_requests.move(uow, request_id, source=RequestStatus.PENDING, target=target)
    if moved is None:
        return _too_late(uow, actor=actor, request=request, channel=channel)
    decision = decisions.record(uow, request_id=request_id, approver=approver, verdict=verdict, reason=reason)
    uow.audit(f"request.{target.value}", actor=audit_actor(uow, actor), request_id=request_id, decision=decision.id)
    _set_in_motion(uow, moved)
    return Decided(request=moved, decision=decision)


def _is_unseen(uow: UnitOfWork, request: AccessRequest) -> bool:
    """Whether the request is about an account that was linked a moment ago, and no card has shown what that needs."""
    finding = findings.of(uow, request.id)
    return request.status is RequestStatus.PENDING and finding is not None and finding.body.get("trouble") == RELINKED


def refusal_of(uow: UnitOfWork, *, actor: SlackPerson, request: AccessRequest, approvers: ApproverFacts) -> Refusal | None:
    """Why *actor* may not decide; somebody with the requester's Atlassian account is the requester."""
    approver = people.find_or_add(uow, team_id=actor.team_id, slack_id=actor.slack_id)
    return may_decide(actor, request=request, approvers=approvers) or _same_account(uow, request, approver)


def give_check_up(uow: UnitOfWork, *, actor: SlackPerson, request_id: str, channel: str, code: str) -> None:
    """Note that a click could not be checked with Slack, and have it pressed again."""
    uow.audit("decision.not_checked", actor=audit_actor(uow, actor), request_id=request_id, code=code)
    enqueue(uow, Whisper(request_id=request_id, slack_id=actor.slack_id, channel=channel, news="press_again"))


def _same_account(uow: UnitOfWork, request: AccessRequest, approver: Person) -> Refusal | None:
    finding = findings.of(uow, request.id)
    theirs = {people.get(uow, request.person_id).account_id, finding.account_id if finding else None} - {None}
    return Refusal.OWN_REQUEST if approver.account_id in theirs else None


def refuse(uow: UnitOfWork, *, actor: SlackPerson, request: AccessRequest, refusal: Refusal, channel: str) -> NotAllowed:
    """Write down that *actor* may not settle this request, and tell them why."""
    uow.audit("decision.refused", actor=audit_actor(uow, actor), request_id=request.id, code=refusal.value)
    enqueue(uow, Whisper(request_id=request.id, slack_id=actor.slack_id, channel=channel, news=refusal.value))
    return NotAllowed(refusal=refusal)


def _too_late(uow: UnitOfWork, *, actor: SlackPerson, request: AccessRequest, channel: str) -> AlreadyDecided:
    enqueue(uow, Whisper(request_id=request.id, slack_id=actor.slack_id, channel=channel, news="decided_already"))
    enqueue(uow, RedrawCard(request_id=request.id))
    return AlreadyDecided(request=request, decision=decisions.latest(uow, request.id))


def _set_in_motion(uow: UnitOfWork, request: AccessRequest) -> None:
    if request.status is RequestStatus.APPROVED:
        enqueue(uow, Grant(request_id=request.id, afresh=False))
        trouble = trouble_with_atlassian(uow)
        if trouble is not None:
            record_waiting(uow, request.id, code=trouble)
        enqueue(uow, RedrawCard(request_id=request.id), due_at=uow.now + REDRAW_AFTER)
        return
    enqueue(uow, RedrawCard(request_id=request.id))
    enqueue(uow, Tell(request_id=request.id, slack_id=request.requester_slack_id, news="denied"))


def retry(uow: UnitOfWork, *, actor: SlackPerson, delivery: str, request_id: str, approvers: ApproverFacts, channel: str) -> DecisionAnswer:
    """Send a request that needed attention on its way again: to its grant when it was approved, to a fresh look when not."""
    click = _Click(actor=actor, request_id=request_id, approvers=approvers, channel=channel)
    return _settle_attention(uow, click, delivery=delivery, settle=_retry_attention)


def close(uow: UnitOfWork, *, actor: SlackPerson, delivery: str, request_id: str, approvers: ApproverFacts, channel: str) -> DecisionAnswer:
    """Close a request that needed attention, and tell the person."""
    click = _Click(actor=actor, request_id=request_id, approvers=approvers, channel=channel)
    return _settle_attention(uow, click, delivery=delivery, settle=_close_attention)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Click:
    """Who pressed what, and on which facts."""

    actor: SlackPerson
    request_id: str
    approvers: ApproverFacts
    channel: str


def _settle_attention(
    uow: UnitOfWork, click: _Click, *, delivery: str, settle: Callable[[UnitOfWork, SlackPerson, AccessRequest, str], DecisionAnswer]
) -> DecisionAnswer:
    if not deliveries.claim(uow, delivery):
        return Seen(request=access_requests.get(uow, click.request_id))
    request = access_requests.lock(uow, click.request_id)
    if request is None:
        return Gone()
    if not click.approvers.fresh(uow.now):
        enqueue(uow, Whisper(request_id=request.id, slack_id=click.actor.slack_id, channel=click.channel, news="press_again"))
        return Checking()
    refusal = refusal_of(uow, actor=click.actor, request=request, approvers=click.approvers)
    if refusal is not None:
        return refuse(uow, actor=click.actor, request=request, refusal=refusal, channel=click.channel)
    return settle(uow, click.actor, request, click.channel)


def _retry_attention(uow: UnitOfWork, actor: SlackPerson, request: AccessRequest, channel: str) -> DecisionAnswer:
    if request.reason_code == Attention.MORE_THAN_AGREED and request.card_version != request.version:
        # The card that was pressed does not say yet what there is to agree to.
        enqueue(uow, Whisper(request_id=request.id, slack_id=actor.slack_id, channel=channel, news="not_seen_yet"))
        return Checking()
    approved = request.approved_at is not None
    target = RequestStatus.APPROVED if approved else RequestStatus.PENDING
    moved = access_requests.move(uow, request.id, source=RequestStatus.NEEDS_ATTENTION, target=target)
    if moved is None:
        return _too_late(uow, actor=actor, request=request, channel=channel)
    uow.audit("request.retried", actor=audit_actor(uow, actor), request_id=request.id)
    if approved:
        # Whoever sends it on answers for it from now on: their right is what the grant asks about before it writes.
        approver = people.find_or_add(uow, team_id=actor.team_id, slack_id=actor.slack_id)
        decisions.record(uow, request_id=request.id, approver=approver, verdict=Verdict.APPROVE, reason=None)
        enqueue(uow, Grant(request_id=request.id, afresh=True))
    else:
        give_time(uow, request)
        enqueue(uow, Admit(request_id=request.id))
    enqueue(uow, Whisper(request_id=request.id, slack_id=actor.slack_id, channel=channel, news="retry_queued"))
    enqueue(uow, RedrawCard(request_id=request.id), due_at=uow.now + REDRAW_AFTER)
    return Resumed(request=moved)


def give_time(uow: UnitOfWork, request: AccessRequest) -> None:
    """As much time to be decided as a new request has."""
    expires_at = uow.now + (request.expires_at - request.filed_at)
    access_requests.extend(uow, request.id, expires_at=expires_at)
    enqueue(uow, Expire(request_id=request.id), due_at=expires_at)


def _close_attention(uow: UnitOfWork, actor: SlackPerson, request: AccessRequest, channel: str) -> DecisionAnswer:
    by_admin = Closed.BY_ADMIN.value
    moved = access_requests.move(
        uow,
        request.id,
        source=RequestStatus.NEEDS_ATTENTION,
        target=RequestStatus.CLOSED,
        reason_code=by_admin,
        details={"closed_by": actor.slack_id},
    )
    if moved is None:
        return _too_late(uow, actor=actor, request=request, channel=channel)
    uow.audit("request.closed", actor=audit_actor(uow, actor), request_id=request.id, code=by_admin)
    enqueue(uow, RedrawCard(request_id=request.id))
    enqueue(uow, Tell(request_id=request.id, slack_id=moved.requester_slack_id, news="closed.by_admin"))
    wake_queue(uow, request.product)
    return Resumed(request=moved)
