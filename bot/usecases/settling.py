"""Settling a request that a human looks at: sending it on its way again, or closing it."""

from collections.abc import Callable

from bot.approval import approvals_needed
from bot.codes import Attention, Closed
from bot.jobs.notices import Tell, Whisper
from bot.jobs.requests import Admit, Expire, Grant, RedrawCard
from bot.settings import Settings
from bot.usecases.answers import Checking, DecisionAnswer, Gone, Resumed, Seen
from bot.usecases.approvals import REDRAW_AFTER, record_approval, record_part, tally
from bot.usecases.decisions import Click, refusal_of, refuse, too_late
from bot.usecases.queue import wake_queue
from bot.usecases.steps import audit_actor, enqueue
from storage import access_requests, deliveries, people
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest

_CLOSABLE = (RequestStatus.NEEDS_ATTENTION, RequestStatus.WAITING)


def retry(uow: UnitOfWork, click: Click, *, delivery: str, settings: Settings) -> DecisionAnswer:
    """Send a request that needed attention on its way again: to its grant when it was approved, to a fresh look when not."""

    def settle(request: AccessRequest) -> DecisionAnswer:
        if request.approved_at is None:
            return _look_afresh(uow, click, request=request)
        return _go_on(uow, click, request=request, needed=approvals_needed(settings.products, request.product))

    return _settle(uow, click, delivery=delivery, how=settle)


def close(uow: UnitOfWork, click: Click, *, delivery: str) -> DecisionAnswer:
    """Close a request that needs attention, or waits for what may never come, and tell the person."""
    return _settle(uow, click, delivery=delivery, how=lambda request: _close(uow, click, request=request))


def _settle(uow: UnitOfWork, click: Click, *, delivery: str, how: Callable[[AccessRequest], DecisionAnswer]) -> DecisionAnswer:
    if not deliveries.claim(uow, delivery):
        return Seen(request=access_requests.get(uow, click.request_id))
    request = access_requests.lock(uow, click.request_id)
    if request is None:
        return Gone()
    if not click.approvers.fresh(uow.now):
        _whisper(uow, click, news="press_again")
        return Checking()
    refusal = refusal_of(uow, actor=click.actor, request=request, approvers=click.approvers)
    if refusal is not None:
        return refuse(uow, actor=click.actor, request=request, refusal=refusal, channel=click.channel)
    return how(request)


def _go_on(uow: UnitOfWork, click: Click, *, request: AccessRequest, needed: int) -> DecisionAnswer:
    """On with the grant; whoever sends it on answers for it too, and where the earlier approvals ended there have to be enough new ones."""
    if request.status is not RequestStatus.NEEDS_ATTENTION:
        return too_late(uow, actor=click.actor, request=request, channel=click.channel)
    if request.reason_code == Attention.MORE_THAN_AGREED and request.card_version != request.version:
        # The card that was pressed does not say yet what there is to agree to.
        _whisper(uow, click, news="not_seen_yet")
        return Checking()
    approver = people.find_or_add(uow, team_id=click.actor.team_id, slack_id=click.actor.slack_id)
    counted = tally(uow, request, approver=approver, needed=needed)
    if not counted.is_enough:
        return record_part(uow, request, actor=click.actor, approver=approver, counted=counted, channel=click.channel)
    moved = access_requests.move(uow, request.id, source=RequestStatus.NEEDS_ATTENTION, target=RequestStatus.APPROVED)
    if moved is None:
        return too_late(uow, actor=click.actor, request=request, channel=click.channel)
    decision = record_approval(uow, request, approver=approver, counted=counted)
    uow.audit("request.retried", actor=audit_actor(uow, click.actor), request_id=request.id, decision=decision.id)
    enqueue(uow, Grant(request_id=request.id, afresh=True))
    return _resumed(uow, click, moved)


def _look_afresh(uow: UnitOfWork, click: Click, *, request: AccessRequest) -> DecisionAnswer:
    """Nobody has approved it yet, and nobody does by this."""
    moved = access_requests.move(uow, request.id, source=RequestStatus.NEEDS_ATTENTION, target=RequestStatus.PENDING)
    if moved is None:
        return too_late(uow, actor=click.actor, request=request, channel=click.channel)
    uow.audit("request.retried", actor=audit_actor(uow, click.actor), request_id=request.id)
    give_time(uow, request)
    enqueue(uow, Admit(request_id=request.id))
    return _resumed(uow, click, moved)


def _resumed(uow: UnitOfWork, click: Click, request: AccessRequest) -> Resumed:
    _whisper(uow, click, news="retry_queued")
    enqueue(uow, RedrawCard(request_id=request.id), due_at=uow.now + REDRAW_AFTER)
    return Resumed(request=request)


def _whisper(uow: UnitOfWork, click: Click, *, news: str) -> None:
    enqueue(uow, Whisper(request_id=click.request_id, slack_id=click.actor.slack_id, channel=click.channel, news=news))


def give_time(uow: UnitOfWork, request: AccessRequest) -> None:
    """As much time to be decided as a new request has."""
    expires_at = uow.now + (request.expires_at - request.filed_at)
    access_requests.extend(uow, request.id, expires_at=expires_at)
    enqueue(uow, Expire(request_id=request.id), due_at=expires_at)


def _close(uow: UnitOfWork, click: Click, *, request: AccessRequest) -> DecisionAnswer:
    by_admin = Closed.BY_ADMIN.value
    moved = access_requests.move(
        uow,
        request.id,
        source=_CLOSABLE,
        target=RequestStatus.CLOSED,
        reason_code=by_admin,
        details={"closed_by": click.actor.slack_id},
    )
    if moved is None:
        return too_late(uow, actor=click.actor, request=request, channel=click.channel)
    uow.audit("request.closed", actor=audit_actor(uow, click.actor), request_id=request.id, code=by_admin)
    enqueue(uow, RedrawCard(request_id=request.id))
    enqueue(uow, Tell(request_id=request.id, slack_id=moved.requester_slack_id, news="closed.by_admin"))
    wake_queue(uow, request.product)
    return Resumed(request=moved)
