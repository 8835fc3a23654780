"""Filing a request, taking it back, and letting it expire."""

from datetime import timedelta
from typing import Any

from bot.actor import Actor, Comeback, SlackPerson
from bot.codes import RELINKED, Closed, Waiting
from bot.jobs.notices import Tell
from bot.jobs.requests import Admit, BumpCard, Expire, PostCard, RedrawCard, Vet
from bot.policy import Refusal, may_cancel
from bot.settings import Settings
from bot.usecases import notes
from bot.usecases.answers import AlreadyOpen, CancelAnswer, Cancelled, Filed, FilingAnswer, NotPossible, Seen, TooMany
from bot.usecases.queue import wake_queue
from bot.usecases.steps import audit_actor, enqueue
from bot.usecases.weather import trouble_with_atlassian
from storage import access_requests, decisions, deliveries, findings, people
from storage.db import UnitOfWork
from storage.lifecycle import OPEN_STATUSES, RequestStatus
from storage.records import AccessRequest, Person

MOST_UNSEEN = 200
"""The newest of those who wait; any others are shown when their own look has failed three times."""
BUMPS = (timedelta(hours=4), timedelta(hours=24))
"""How long a card waits before the channel is reminded of it."""


def file(uow: UnitOfWork, *, actor: SlackPerson, delivery: str, product: str, reason: str, settings: Settings, via: str) -> FilingAnswer:
    """
    File *actor*'s request for *product*; the same *delivery* twice is one request.

    *via* is "command" (the ack carries the answer) or "modal" (which has no room for one, so a private message follows).
    """
    person = people.find_or_add(uow, team_id=actor.team_id, slack_id=actor.slack_id)
    if not deliveries.claim(uow, delivery):
        return Seen(request=_latest(uow, person, product))
    if _asks_too_often(uow, person, settings):
        uow.audit("request.refused", actor=audit_actor(uow, actor), product=product, code=Refusal.TOO_MANY.value)
        return TooMany()
    expires_at = uow.now + timedelta(hours=settings.requests.expire_hours)
    request = access_requests.file(uow, person=person, product=product, reason=reason, expires_at=expires_at)
    if request is None:
        return _already_open(uow, person, product)
    uow.audit("request.filed", actor=audit_actor(uow, actor), request_id=request.id, product=product, via=via)
    enqueue(uow, Admit(request_id=request.id))
    enqueue(uow, Expire(request_id=request.id), due_at=expires_at)
    if via == "modal":
        enqueue(uow, Tell(request_id=request.id, slack_id=actor.slack_id, news="filed"))
    return Filed(request=request)


def _latest(uow: UnitOfWork, person: Person, product: str) -> AccessRequest | None:
    return next(iter(access_requests.latest_of(uow, person.id, product=product, limit=1)), None)


def _asks_too_often(uow: UnitOfWork, person: Person, settings: Settings) -> bool:
    recent = access_requests.latest_of(uow, person.id, limit=settings.requests.open_per_person)
    all_open = len(recent) == settings.requests.open_per_person and all(request.status in OPEN_STATUSES for request in recent)
    return all_open or access_requests.filed_since(uow, person.id, uow.now - timedelta(hours=1)) >= settings.requests.per_hour


def _already_open(uow: UnitOfWork, person: Person, product: str) -> FilingAnswer:
    request = access_requests.open_of(uow, person.id, product)
    # The one in the way may have ended between the insert and this look (PostgreSQL); then asking again simply works.
    return AlreadyOpen(request=request) if request else TooMany()


def of_person(uow: UnitOfWork, *, actor: SlackPerson, product: str | None = None, limit: int = 5) -> tuple[AccessRequest, ...]:
    """*actor*'s latest requests, newest first."""
    person = people.find(uow, team_id=actor.team_id, slack_id=actor.slack_id)
    return access_requests.latest_of(uow, person.id, product=product, limit=limit) if person else ()


def cancel(uow: UnitOfWork, *, actor: SlackPerson, delivery: str, request_id: str) -> CancelAnswer:
    """Take *actor*'s own request back, as long as nothing has been done for it."""
    if not deliveries.claim(uow, delivery):
        return Seen(request=access_requests.get(uow, request_id))
    request = access_requests.lock(uow, request_id)
    if request is None or not may_cancel(actor, request=request):
        return NotPossible(request=request)
    cancelled = access_requests.move(uow, request_id, source=request.status, target=RequestStatus.CANCELLED)
    if cancelled is None:
        return NotPossible(request=request)
    uow.audit("request.cancelled", actor=audit_actor(uow, actor), request_id=request_id)
    enqueue(uow, RedrawCard(request_id=request_id))
    wake_queue(uow, request.product)
    return Cancelled(request=cancelled)


def expire(uow: UnitOfWork, request_id: str) -> None:
    """Expire a request that nobody decided in time; one that was decided, or given more time, is left as it is."""
    request = access_requests.lock(uow, request_id)
    if request is None or request.approved_at is not None or request.expires_at > uow.now:
        return
    undecided = (RequestStatus.PENDING, RequestStatus.NEEDS_ATTENTION)
    if access_requests.move(uow, request_id, source=undecided, target=RequestStatus.EXPIRED) is None:
        return
    uow.audit("request.expired", actor=audit_actor(uow, Comeback()), request_id=request_id)
    enqueue(uow, RedrawCard(request_id=request_id))
    enqueue(uow, Tell(request_id=request_id, slack_id=request.requester_slack_id, news="expired"))


def close(uow: UnitOfWork, request_id: str, *, code: Closed | Refusal, news: str, actor: Actor | None = None) -> AccessRequest | None:
    """Close a request that needs no decision (has access already, may not ask), and tell the person why by *news*."""
    request = access_requests.move(uow, request_id, source=RequestStatus.PENDING, target=RequestStatus.CLOSED, reason_code=code.value)
    if request is None:
        return None
    uow.audit("request.closed", actor=audit_actor(uow, actor or Comeback()), request_id=request_id, code=code.value)
    enqueue(uow, Tell(request_id=request_id, slack_id=request.requester_slack_id, news=news))
    enqueue(uow, RedrawCard(request_id=request_id))
    return request


def admit(uow: UnitOfWork, request_id: str, *, email: str, channel: str) -> None:
    """
    They may ask: look into their access next, with the e-mail that Slack gave.

    When Atlassian can't be asked for a while the approvers see the request all the same.
    """
    request = access_requests.get(uow, request_id)
    if request is None or request.status is not RequestStatus.PENDING:
        return
    trouble = trouble_with_atlassian(uow)
    before = findings.of(uow, request_id)
    unseen = before is not None and before.body.get("trouble") == RELINKED
    body = {"state": None, "trouble": RELINKED if unseen else trouble.value if trouble else None}
    findings.record(uow, request_id=request_id, account_id=None, email=email, body=body)
    enqueue(uow, Vet(request_id=request_id))
    if trouble is not None:
        show_card(uow, request, channel=channel)


def show_card(uow: UnitOfWork, request: AccessRequest, *, channel: str) -> None:
    """Post the request's card and plan its reminders, once; a card that is there already is drawn anew."""
    if request.card_ts is not None:
        enqueue(uow, RedrawCard(request_id=request.id))
        return
    enqueue(uow, PostCard(request_id=request.id, channel=channel), key=f"card:{request.id}")
    for number, wait in enumerate(BUMPS):
        enqueue(uow, BumpCard(request_id=request.id, channel=channel), due_at=uow.now + wait, key=f"bump:{request.id}:{number}")


def show_unseen(uow: UnitOfWork, *, channel: str) -> None:
    """Put who may ask, and has no card yet, in front of the approvers as they are: Atlassian has stopped to answer, and nobody can look."""
    pending = access_requests.list_recent(uow, status=RequestStatus.PENDING, limit=MOST_UNSEEN)
    for request in sorted(pending, key=lambda one: one.id):
        finding = findings.of(uow, request.id)
        if request.card_ts is None and finding is not None and not finding.body.get("state") and not finding.body.get("trouble"):
            body = {"state": None, "trouble": Waiting.UNREACHABLE.value}
            findings.record(uow, request_id=request.id, account_id=finding.account_id, email=finding.email, body=body)
            show_card(uow, request, channel=channel)


def show_card_again(uow: UnitOfWork, request_id: str, *, channel: str, code: str) -> None:
    """
    Post a deleted card once more while it waits for somebody's click; of one that is decided, only note that it can't be drawn (*code*).

    Whoever deletes the second one too means it: what waits is on the Home tab of the approvers.
    """
    request = access_requests.lock(uow, request_id)
    waits = request is not None and request.status in (RequestStatus.PENDING, RequestStatus.NEEDS_ATTENTION)
    if waits and enqueue(uow, PostCard(request_id=request_id, channel=channel), key=f"card:{request_id}:again"):
        access_requests.card_lost(uow, request_id)
    notes.not_drawn(uow, request_id, code=code)


def record_vetted(
    uow: UnitOfWork, request_id: str, *, account_id: str | None, email: str | None, body: dict[str, Any], channel: str
) -> None:
    """Keep what vetting found, and put the card in front of the approvers; who approved before they could read it has to do so again."""
    request = access_requests.lock(uow, request_id)
    if request is None or request.status is not RequestStatus.PENDING:
        return
    if decisions.given(uow, request):
        access_requests.open_round(uow, request_id)
    findings.record(uow, request_id=request_id, account_id=account_id, email=email, body=body)
    show_card(uow, request, channel=channel)
