"""Deciding a request: the last approval that is needed, or one denial, wins by compare-and-set; everybody else is told who was first."""

from dataclasses import dataclass

from bot.actor import SlackPerson
from bot.approval import approvals_needed
from bot.codes import RELINKED
from bot.jobs.notices import Tell, Whisper
from bot.jobs.requests import CheckDecision, RedrawCard
from bot.policy import ApproverFacts, Refusal, may_decide
from bot.settings import Settings
from bot.usecases.answers import AlreadyDecided, Checking, Decided, DecisionAnswer, Gone, NotAllowed, Seen
from bot.usecases.approvals import record_approval, record_part, send_on_its_way, tally
from bot.usecases.people import accounts_of
from bot.usecases.steps import audit_actor, enqueue
from storage import access_requests, decisions, deliveries, findings, people
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus, Verdict
from storage.records import AccessRequest, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Who pressed on which card, and whom we know as approvers; answers are whispered in `channel`."""

    actor: SlackPerson
    request_id: str
    approvers: ApproverFacts
    channel: str


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
    settings: Settings,
) -> DecisionAnswer:
    """
    Record *actor*'s decision if the request is undecided, it is theirs to make, and made on fresh facts.

    As many different people have to approve as the product's settings say; one denial ends it.

    Whoever loses, may not, or has to wait is answered by a private message in *channel*, left in the outbox by this unit.
    """
    if not deliveries.claim(uow, delivery):
        return Seen(request=access_requests.get(uow, request_id))
    if not approvers.fresh(uow.now):
        return _check_later(uow, actor=actor, request_id=request_id, verdict=verdict, reason=reason, channel=channel)
    click = Click(actor=actor, request_id=request_id, approvers=approvers, channel=channel)
    return decide_checked(uow, click, verdict=verdict, reason=reason, settings=settings)


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


def decide_checked(uow: UnitOfWork, click: Click, *, verdict: Verdict, reason: str | None, settings: Settings) -> DecisionAnswer:
    """The same for facts that the caller has just read; no delivery to claim."""
    request = access_requests.lock(uow, click.request_id)
    if request is None:
        return Gone()
    refusal = refusal_of(uow, actor=click.actor, request=request, approvers=click.approvers)
    if refusal is not None:
        return refuse(uow, actor=click.actor, request=request, refusal=refusal, channel=click.channel)
    if verdict is Verdict.DENY:
        return _deny(uow, click, request=request, reason=reason)
    if _is_unseen(uow, request):
        enqueue(uow, Whisper(request_id=request.id, slack_id=click.actor.slack_id, channel=click.channel, news="not_seen_yet"))
        return Checking()
    return _approve(uow, click, request=request, reason=reason, needed=approvals_needed(settings.products, request.product))


def _deny(uow: UnitOfWork, click: Click, *, request: AccessRequest, reason: str | None) -> DecisionAnswer:
    denied = access_requests.move(uow, request.id, source=RequestStatus.PENDING, target=RequestStatus.DENIED)
    if denied is None:
        return too_late(uow, actor=click.actor, request=request, channel=click.channel)
    approver = people.find_or_add(uow, team_id=click.actor.team_id, slack_id=click.actor.slack_id)
    decision = decisions.record(uow, request_id=request.id, approver=approver, verdict=Verdict.DENY, reason=reason)
    uow.audit("request.denied", actor=audit_actor(uow, click.actor), request_id=request.id, decision=decision.id)
    enqueue(uow, RedrawCard(request_id=request.id))
    enqueue(uow, Tell(request_id=request.id, slack_id=request.requester_slack_id, news="denied"))
    return Decided(request=denied, decision=decision)


def _approve(uow: UnitOfWork, click: Click, *, request: AccessRequest, reason: str | None, needed: int) -> DecisionAnswer:
    if request.status is not RequestStatus.PENDING:
        return too_late(uow, actor=click.actor, request=request, channel=click.channel)
    approver = people.find_or_add(uow, team_id=click.actor.team_id, slack_id=click.actor.slack_id)
    counted = tally(uow, request, approver=approver, needed=needed)
    if not counted.is_enough:
        return record_part(uow, request, actor=click.actor, approver=approver, counted=counted, channel=click.channel)
    approved = access_requests.move(uow, request.id, source=RequestStatus.PENDING, target=RequestStatus.APPROVED)
    if approved is None:
        return too_late(uow, actor=click.actor, request=request, channel=click.channel)
    decision = record_approval(uow, request, approver=approver, counted=counted, reason=reason)
    uow.audit("request.approved", actor=audit_actor(uow, click.actor), request_id=request.id, decision=decision.id)
    send_on_its_way(uow, approved)
    return Decided(request=approved, decision=decision)


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
    return Refusal.OWN_REQUEST if theirs and theirs & accounts_of(uow, approver) else None


def refuse(uow: UnitOfWork, *, actor: SlackPerson, request: AccessRequest, refusal: Refusal, channel: str) -> NotAllowed:
    """Write down that *actor* may not settle this request, and tell them why."""
    uow.audit("decision.refused", actor=audit_actor(uow, actor), request_id=request.id, code=refusal.value)
    enqueue(uow, Whisper(request_id=request.id, slack_id=actor.slack_id, channel=channel, news=refusal.value))
    return NotAllowed(refusal=refusal)


def too_late(uow: UnitOfWork, *, actor: SlackPerson, request: AccessRequest, channel: str) -> AlreadyDecided:
    """Tell *actor* who or what was quicker, and have the card say it too."""
    enqueue(uow, Whisper(request_id=request.id, slack_id=actor.slack_id, channel=channel, news="decided_already"))
    enqueue(uow, RedrawCard(request_id=request.id))
    return AlreadyDecided(request=request, decision=decisions.latest(uow, request.id))
