"""Linking from a card: an approver says which Atlassian account is the requester's. It grants nothing; the request is looked at anew."""

from dataclasses import dataclass

from bot.actor import SlackPerson
from bot.codes import RELINKED, NotLinked
from bot.jobs.notices import Whisper
from bot.jobs.requests import Admit, LinkAccount, RedrawCard
from bot.policy import ApproverFacts
from bot.usecases import people as links
from bot.usecases.answers import AccountRefused, AlreadyDecided, Checking, Gone, LinkAnswer, Looking, NotAllowed, Resumed, Seen
from bot.usecases.decisions import refusal_of, refuse
from bot.usecases.settling import give_time
from bot.usecases.steps import audit_actor, enqueue
from storage import access_requests, decisions, deliveries, findings, people
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest

MOST_OPEN = 50
"""As many open requests as the settings let one person have."""
UNDECIDED = frozenset({RequestStatus.PENDING, RequestStatus.NEEDS_ATTENTION})
"""On its way a request is about the account that was approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who says whose account it is, for which request; answers are whispered in `channel`."""

    actor: SlackPerson
    request_id: str
    channel: str


def ask(uow: UnitOfWork, call: Call, *, delivery: str, account: str, approvers: ApproverFacts) -> LinkAnswer:
    """Leave in the outbox to look for *account* (an e-mail address or an account id), unless *call* is nobody's to make."""
    if not deliveries.claim(uow, delivery):
        return Seen(request=access_requests.get(uow, call.request_id))
    request = access_requests.lock(uow, call.request_id)
    if request is None:
        return Gone()
    fresh = approvers.fresh(uow.now)
    stopped = _stopped(uow, call, request=request, approvers=approvers) if fresh else None
    if stopped is not None:
        return stopped
    actor = call.actor
    job = LinkAccount(request_id=request.id, team_id=actor.team_id, slack_id=actor.slack_id, account=account, channel=call.channel)
    enqueue(uow, job)
    if fresh:
        return Looking()
    _whisper(uow, call, news="checking")
    return Checking()


def link(uow: UnitOfWork, call: Call, *, account_id: str, email: str | None, approvers: ApproverFacts) -> LinkAnswer:
    """
    Link the requester, whose address in Slack is *email*, to *account_id*, and have the request looked at and decided anew.

    *approvers* have just been read. An approval that was given before was for another account, so it counts no more.
    """
    request = access_requests.lock(uow, call.request_id)
    if request is None:
        return Gone()
    stopped = _stopped(uow, call, request=request, approvers=approvers)
    if stopped is not None:
        return stopped
    approver = people.find_or_add(uow, team_id=call.actor.team_id, slack_id=call.actor.slack_id)
    if account_id in links.accounts_of(uow, approver):
        return _not_linked(uow, call, code=NotLinked.OWN_ACCOUNT)
    owner = people.linked_to(uow, account_id)
    if owner is not None and owner.id != request.person_id:
        return _not_linked(uow, call, code=NotLinked.ACCOUNT_TAKEN)
    links.link(
        uow,
        actor=call.actor,
        team_id=request.team_id,
        slack_id=request.requester_slack_id,
        account_id=account_id,
        email=email,
        via="card",
        request_id=request.id,
    )
    _whisper(uow, call, news="linked")
    for other in _others(uow, request):
        _look_anew(uow, other, email=email)
    return Resumed(request=_look_anew(uow, request, email=email))


def _others(uow: UnitOfWork, request: AccessRequest) -> list[AccessRequest]:
    """What else the person has asked for and nobody has decided; what is on its way meets the other account, and asks a human."""
    theirs = access_requests.latest_of(uow, request.person_id, limit=MOST_OPEN)
    waiting = sorted(one.id for one in theirs if one.status in UNDECIDED and one.id != request.id)
    return [locked for one in waiting if (locked := access_requests.lock(uow, one)) is not None and locked.status in UNDECIDED]


def refuse_account(uow: UnitOfWork, call: Call, *, code: NotLinked, approvers: ApproverFacts) -> LinkAnswer:
    """Nothing was linked: *code* says why, to the approver and in the audit trail. Nobody else learns what Atlassian knows."""
    request = access_requests.lock(uow, call.request_id)
    if request is None:
        return Gone()
    return _stopped(uow, call, request=request, approvers=approvers) or _not_linked(uow, call, code=code)


def give_up(uow: UnitOfWork, call: Call) -> None:
    """Nobody could look, and nobody tries any more."""
    _not_linked(uow, call, code=NotLinked.NOT_ASKED)


def say_waiting(uow: UnitOfWork, call: Call) -> None:
    """Tell the approver once that Atlassian does not answer just now."""
    waits = Whisper(request_id=call.request_id, slack_id=call.actor.slack_id, channel=call.channel, news="link_waits")
    enqueue(uow, waits, key=f"link_waits:{call.request_id}:{call.actor.slack_id}")


def _stopped(uow: UnitOfWork, call: Call, *, request: AccessRequest, approvers: ApproverFacts) -> NotAllowed | AlreadyDecided | None:
    refusal = refusal_of(uow, actor=call.actor, request=request, approvers=approvers)
    if refusal is not None:
        return refuse(uow, actor=call.actor, request=request, refusal=refusal, channel=call.channel)
    if request.status in UNDECIDED:
        return None
    _not_linked(uow, call, code=NotLinked.TOO_LATE)
    return AlreadyDecided(request=request, decision=decisions.latest(uow, request.id))


def _look_anew(uow: UnitOfWork, request: AccessRequest, *, email: str | None) -> AccessRequest:
    """The request, undecided and not yet looked at; who asks is read again too, as somebody may have left."""
    if request.status is RequestStatus.NEEDS_ATTENTION:
        moved = access_requests.move(uow, request.id, source=RequestStatus.NEEDS_ATTENTION, target=RequestStatus.PENDING, details={})
        request = moved or request
        access_requests.withdraw_approval(uow, request.id)
        give_time(uow, request)
    else:
        access_requests.open_round(uow, request.id)
    # The card must not go on to show, beside its button, what was found about another account.
    findings.record(uow, request_id=request.id, account_id=None, email=email, body={"state": None, "trouble": RELINKED})
    enqueue(uow, Admit(request_id=request.id))
    enqueue(uow, RedrawCard(request_id=request.id))
    return request


def _not_linked(uow: UnitOfWork, call: Call, *, code: NotLinked) -> AccountRefused:
    uow.audit("person.not_linked", actor=audit_actor(uow, call.actor), request_id=call.request_id, code=code.value)
    _whisper(uow, call, news=f"not_linked.{code.value}")
    return AccountRefused(code=code)


def _whisper(uow: UnitOfWork, call: Call, *, news: str) -> None:
    enqueue(uow, Whisper(request_id=call.request_id, slack_id=call.actor.slack_id, channel=call.channel, news=news))
