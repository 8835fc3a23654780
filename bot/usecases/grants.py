"""What is recorded of each step of a grant."""

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from atlassian.steps import Step, settle_seconds, step_to_json
from bot.actor import Comeback
from bot.codes import Attention, Waiting
from bot.jobs.notices import Tell
from bot.jobs.requests import Grant, LookForDrift, ReadBack, RedrawCard
from bot.policy import STEPS_BEGUN, steps_begun
from bot.usecases.briefing import ON_ITS_WAY, granted_today
from bot.usecases.held import BY_REQUEST, record_return
from bot.usecases.queue import wake_queue
from bot.usecases.showing import FIRST_LOOK, last_look, next_look
from bot.usecases.steps import audit_actor, enqueue
from storage import access_requests, decisions, findings, outbox, people, seats
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, Job

ASKS_ANEW = frozenset({Attention.MORE_THAN_AGREED, Attention.APPROVER_GONE})
"""What ends the approvals that were given: whoever sends the request on its way again approves it themselves."""


class Start(StrEnum):
    """What became of the intent to give access."""

    BEGUN = "begun"
    OFF_ITS_WAY = "off_its_way"
    OVER_THE_CAP = "over_the_cap"


def account_taken(uow: UnitOfWork, request: AccessRequest, *, account_id: str | None) -> bool:
    """Whether *account_id* is pinned to another person than the requester: then a human has to say whose it is."""
    owner = people.linked_to(uow, account_id) if account_id else None
    return owner is not None and owner.id != request.person_id


def keep_state(
    uow: UnitOfWork, request_id: str, *, state: dict[str, Any], link: str | None = None, back: dict[str, Any] | None = None
) -> None:
    """Remember the newest diagnosis, what a first step puts back, and what else the last finding knew."""
    finding = findings.of(uow, request_id)
    before = finding.body if finding else {}
    known = before.get("state") == state and (link is None or before.get("link")) and (back is None or before.get("back") == back)
    if finding is not None and known:
        return
    body = {
        **before,
        "link": before.get("link") or link,
        "state": state,
        "back": back or before.get("back"),
        "first": before.get("first") or before.get("state") or state,
        "trouble": None,
    }
    findings.record(uow, request_id=request_id, account_id=state.get("account_id"), email=state.get("email"), body=body)


def start(
    uow: UnitOfWork,
    request_id: str,
    *,
    job: Job,
    step: Step,
    state: dict[str, Any],
    link: str | None,
    cap: int,
    back: dict[str, Any] | None = None,
) -> Start:
    """
    Store the intent, the *state* it rests on, the product's *link* and what is put *back* before the write is sent.

    Nothing is stored where it was taken off its way meanwhile, or where others have begun as many grants as a day may have, *cap*. One
    that is granting already (an earlier attempt or level) stays so.
    """
    request = access_requests.lock(uow, request_id)
    if request is None or request.status not in ON_ITS_WAY:
        return Start.OFF_ITS_WAY
    if _is_over(uow, request, cap=cap):
        return Start.OVER_THE_CAP
    # What the first step finds is what the card tells in the end: after it, some of the snapshot is back already.
    first = steps_begun(request) == 0
    begun = {**request.details, STEPS_BEGUN: str(steps_begun(request) + 1)}
    _move_to_granting(uow, request, details=begun)
    keep_state(uow, request_id, state=state, link=link, back=back if first else None)
    outbox.settle(uow, job, seconds=settle_seconds(step))
    uow.audit("access.step", actor=audit_actor(uow, Comeback()), request_id=request_id, step=step.kind, **_ids_of(step))
    return Start.BEGUN


def _is_over(uow: UnitOfWork, request: AccessRequest, *, cap: int) -> bool:
    """Whether this would be a grant too many today; one that is granting is counted already."""
    if request.status is RequestStatus.GRANTING:
        return False
    access_requests.count_alone(uow)
    return granted_today(uow, request) >= cap


def _move_to_granting(uow: UnitOfWork, request: AccessRequest, *, details: dict[str, Any]) -> None:
    if request.status is RequestStatus.GRANTING:
        access_requests.detail(uow, request.id, details=details)
        return
    access_requests.move(uow, request.id, source=request.status, target=RequestStatus.GRANTING, details=details)


def _ids_of(step: Step) -> dict[str, str | list[str]]:
    """What the step gives, for the audit trail: groups, directories, roles and resources, none of them personal."""
    facts = step_to_json(step)
    named = {name: facts[name] for name in ("group_id", "directory_id", "role", "resource") if facts.get(name)}
    return named | ({"groups": list(facts["group_ids"])} if facts.get("group_ids") else {})


def record_step(uow: UnitOfWork, request_id: str, *, step: dict[str, Any]) -> None:
    """The write was accepted: look, from a second from now, whether it shows."""
    read_back = ReadBack(request_id=request_id, step=step, until=last_look(uow.now), looks=0)
    enqueue(uow, read_back, due_at=uow.now + FIRST_LOOK)


def look_again(uow: UnitOfWork, read_back: ReadBack) -> None:
    """The write does not show yet."""
    enqueue(uow, replace(read_back, looks=read_back.looks + 1), due_at=next_look(uow.now, looks=read_back.looks))


def go_on(uow: UnitOfWork, request_id: str, *, state: dict[str, Any]) -> None:
    """One level is mended and another is left: keep what was read, and take the next step."""
    keep_state(uow, request_id, state=state)
    enqueue(uow, Grant(request_id=request_id, afresh=False))


def record_grant(uow: UnitOfWork, request_id: str, *, account_id: str | None, email: str | None, how: str, whole: bool = True) -> None:
    """
    The person has the product, as read back (or was invited, as the invitation's result says).

    *whole* says that nothing of a seat that was taken is still missing: then it is not held any more.
    """
    request = access_requests.get(uow, request_id)
    if request is None:
        return
    if request.status in {RequestStatus.APPROVED, RequestStatus.WAITING}:
        _move_to_granting(uow, request, details=dict(request.details))
    granted = access_requests.move(
        uow, request_id, source=RequestStatus.GRANTING, target=RequestStatus.GRANTED, reason_code=how, details={}
    )
    if granted is None:
        return
    _pin(uow, request, account_id=account_id, email=email)
    if whole and how != "invited":
        record_return(uow, account_id, request.product, how=BY_REQUEST, request_id=request_id)
    if account_id is not None:
        seats.given(uow, account_id, request.product)
    uow.audit("access.granted", actor=audit_actor(uow, Comeback()), request_id=request_id, product=request.product, how=how)
    enqueue(uow, RedrawCard(request_id=request_id))
    if how != "invited":
        watch_for_drift(uow, request_id)
    news = "invited" if how == "invited" else "granted"
    enqueue(uow, Tell(request_id=request_id, slack_id=request.requester_slack_id, news=news))
    wake_queue(uow, request.product)


def _pin(uow: UnitOfWork, request: AccessRequest, *, account_id: str | None, email: str | None) -> None:
    """Pin the account at the first grant; what is pinned stays, as a human may have done it."""
    person = people.get(uow, request.person_id)
    if account_id is None or person.account_id is not None or account_taken(uow, request, account_id=account_id):
        return
    people.link(uow, person.id, account_id=account_id, email=email)
    uow.audit("person.linked", actor=audit_actor(uow, Comeback()), request_id=request.id, person=person.id)


def record_no_seat(uow: UnitOfWork, request_id: str) -> None:
    """The step was refused for want of a seat, so it counts as not begun; the request waits in the queue."""
    request = access_requests.get(uow, request_id)
    if request is not None:
        begun = {**request.details, STEPS_BEGUN: str(max(0, steps_begun(request) - 1))}
        record_waiting(uow, request_id, code=Waiting.SEATS_EXHAUSTED, details=begun)


def record_waiting(uow: UnitOfWork, request_id: str, *, code: Waiting, details: dict[str, str] | None = None) -> None:
    """Nobody need act: the request goes on by itself when a seat frees, the cap renews, or Atlassian answers again."""
    request = access_requests.get(uow, request_id)
    if request is None or request.status not in ON_ITS_WAY:
        return
    if request.status is RequestStatus.WAITING and request.reason_code == code:
        return
    if request.status is RequestStatus.WAITING:
        access_requests.move(uow, request_id, source=RequestStatus.WAITING, target=RequestStatus.APPROVED)
        request = access_requests.get(uow, request_id) or request
    moved = access_requests.move(
        uow,
        request_id,
        source=request.status,
        target=RequestStatus.WAITING,
        reason_code=code.value,
        details={**request.details, **(details or {})},
    )
    if moved is None:
        return
    uow.audit("request.waiting", actor=audit_actor(uow, Comeback()), request_id=request_id, code=code.value)
    enqueue(uow, RedrawCard(request_id=request_id))
    if code is Waiting.SEATS_EXHAUSTED:
        enqueue(uow, Tell(request_id=request_id, slack_id=request.requester_slack_id, news="waiting"))


def record_attention(uow: UnitOfWork, request_id: str, *, code: Attention, details: dict[str, str] | None = None) -> None:
    """
    A human must act: the card says what to do, the person is told that it takes longer.

    What a policy approved is people's to approve from here on.
    """
    request = access_requests.get(uow, request_id)
    if request is None or request.status not in ON_ITS_WAY | {RequestStatus.PENDING}:
        return
    if code in ASKS_ANEW or decisions.policy_given(uow, request) is not None:
        access_requests.open_round(uow, request_id)
    moved = access_requests.move(
        uow,
        request_id,
        source=request.status,
        target=RequestStatus.NEEDS_ATTENTION,
        reason_code=code.value,
        details={STEPS_BEGUN: str(steps_begun(request)), **(details or {})},
    )
    if moved is None:
        return
    uow.audit("request.needs_attention", actor=audit_actor(uow, Comeback()), request_id=request_id, code=code.value)
    enqueue(uow, RedrawCard(request_id=request_id))
    told = f"attention:{request_id}:{code.value}"
    enqueue(uow, Tell(request_id=request_id, slack_id=request.requester_slack_id, news="needs_attention"), key=told)
    wake_queue(uow, request.product)


DRIFT_LOOKS = (timedelta(hours=24), timedelta(hours=72))
"""An identity provider syncs within a day, a person who tidies up within three."""


def watch_for_drift(uow: UnitOfWork, request_id: str) -> None:
    """Look again later whether the access that was given is still there."""
    for wait in DRIFT_LOOKS:
        enqueue(uow, LookForDrift(request_id=request_id), due_at=uow.now + wait)
