"""Giving the access back: one step, the next job reads it back, and the card turns green only then."""

from datetime import datetime, timedelta

from atlassian.access import AccessState, Snapshot, WayBack
from atlassian.errors import NotThere, OwnedElsewhere, Refused, SeatsExhausted
from atlassian.planning import plan_restore, plan_return
from atlassian.provisioner import InviteOutcome
from atlassian.steps import Invite, Step, step_from_json, step_to_json
from bot.approval import approvals_needed
from bot.codes import Attention, Waiting
from bot.effects.kit import Kit
from bot.effects.looking import email_changed, first_state_of, link_to, look, state_of, wanted, young_state
from bot.effects.outcome import Again, Done, Fact, GivenUp, Outcome, Trouble
from bot.effects.putting_back import held_from, put_back, put_back_of, put_back_to_json, settled, snapshot_of, with_side_products
from bot.effects.vetting import BEING_TAKEN, attention_code, attention_details
from bot.jobs.requests import Grant, ReadBack
from bot.policy import may_ask, steps_begun
from bot.settings import Product
from bot.usecases import briefing as briefings
from bot.usecases import grants, returns
from bot.usecases.agreement import ask_for_more, ask_people, goes_beyond
from bot.usecases.alerts import alert_channel
from bot.usecases.briefing import Briefing
from bot.usecases.grants import Start
from bot.usecases.held import Held
from bot.usecases.returns import Found
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import Job

QUEUE_LOOK = timedelta(minutes=15)
FULL_FIRST_WAIT = timedelta(seconds=30)


async def grant(job: Job, payload: Grant, kit: Kit) -> Outcome:
    """Take the next step of an approved request's way back, or record why there is none."""
    briefing = await kit.database.read(lambda uow: briefings.briefing(uow, payload.request_id))
    if briefing is None:
        return Done()
    held_up = await _held_up(briefing, kit)
    if held_up is not None:
        return held_up
    email = await _vouched_email(briefing, kit)
    if not isinstance(email, str):
        return email
    state = _known_state(job, payload, briefing, email=email, now=kit.now())
    if state is None:
        product = kit.settings.products[briefing.request.product]
        state = await look(kit, product=product, person=briefing.person, email=email)
    return await _go_on(job, briefing, state, kit)


def _known_state(job: Job, payload: Grant, briefing: Briefing, *, email: str, now: datetime) -> AccessState | None:
    """What was found before, where nothing can have changed it: on the first try, before anything was refused or lost."""
    waited = briefing.request.status is RequestStatus.WAITING
    returned = briefing.held is None and put_back_of(briefing.finding) is not None
    if payload.afresh or waited or returned or job.unknown or job.attempts > 1:
        return None
    return young_state(briefing.finding, person=briefing.person, email=email, now=now)


async def _vouched_email(briefing: Briefing, kit: Kit) -> str | Outcome:
    """The requester's address as Slack has it now, or why they get nothing: much may have changed since they asked."""
    profile = await kit.directory.profile(briefing.request.requester_slack_id)
    refusal = may_ask(profile, email_domains=kit.settings.email_domains)
    if refusal is not None:
        return Done(fact=_attention(briefing, code=Attention.REQUESTER_REFUSED, details={"reason": refusal.value}))
    email = profile.email or ""
    return Done(fact=_attention(briefing, code=Attention.EMAIL_MISMATCH)) if email_changed(briefing.person, email) else email


async def _held_up(briefing: Briefing, kit: Kit) -> Outcome | None:
    """What stands in the way whatever the person's access needs; None when nothing does."""
    if briefing.request.product not in kit.settings.products:
        return Done(fact=_attention(briefing, code=Attention.PRODUCT_GONE))
    if briefing.granted_today >= kit.settings.grants_per_day:
        return _over_the_cap(briefing, kit)
    if briefing.is_behind:
        return Again(due_at=kit.now() + QUEUE_LOOK, fact=_waiting(briefing, code=Waiting.SEATS_EXHAUSTED))
    return None if briefing.policy is not None else await _not_approved(briefing, kit)


async def _not_approved(briefing: Briefing, kit: Kit) -> Outcome | None:
    """Why the approvals are not enough now, or not all from approvers; of more than enough the latest count."""
    needed = approvals_needed(kit.settings.products, briefing.request.product)
    if len(briefing.approvals) < needed:
        return Done(fact=_attention(briefing, code=Attention.APPROVALS_MISSING))
    for approval in briefing.approvals[-needed:]:
        if not await kit.directory.still_approves(approval.approver_slack_id):
            return Done(fact=_attention(briefing, code=Attention.APPROVER_GONE, details={"approver": approval.approver_slack_id}))
    return None


async def _go_on(job: Job, briefing: Briefing, state: AccessState, kit: Kit) -> Outcome:
    product = kit.settings.products[briefing.request.product]
    held, ready = await settled(kit, state, product=product.key, before=briefing.held)
    if not ready:
        return Again(due_at=kit.now() + BEING_TAKEN)
    state = await with_side_products(kit, state, held=held, wanted=wanted(product))
    steps = plan_restore(state, wanted(product), snapshot_of(held))
    if state.way_back is WayBack.HAS_ACCESS and not (steps and steps_begun(briefing.request)):
        return Done(fact=_granted(briefing, state, how="found", whole=not steps))
    for_a_human = await _for_a_human(job, briefing, state, held, kit)
    if for_a_human is not None:
        return Done(fact=for_a_human)
    link = await _link(briefing, product, kit)
    back = put_back_to_json(put_back(held, state, wanted(product)))
    cap, facts = kit.settings.grants_per_day, state.to_json()
    started = await kit.database.write(
        lambda uow: grants.start(uow, briefing.request.id, job=job, step=steps[0], state=facts, link=link, cap=cap, back=back)
    )
    if started is Start.OVER_THE_CAP:
        return _over_the_cap(briefing, kit)
    return await _take(briefing, state, steps[0], kit) if started is Start.BEGUN else Done()


async def _for_a_human(job: Job, briefing: Briefing, state: AccessState, held: Held | None, kit: Kit) -> Fact | None:
    """Why the next step is not Comeback's to take; None when it is."""
    product = kit.settings.products[briefing.request.product]
    code = attention_code(state, product, kit.settings, snapshot=snapshot_of(held))
    if code is not None:
        return _attention(briefing, code=code, details=await attention_details(state, product, kit))
    if await kit.database.read(lambda uow: grants.account_taken(uow, briefing.request, account_id=state.account_id)):
        return _attention(briefing, code=Attention.AMBIGUOUS, details={"reason": "account_taken"})
    if job.unknown and steps_begun(briefing.request) and WayBack.INVITE in state.levels:
        # Nobody can read an invitation that was not accepted, and one more is one more e-mail.
        return _attention(briefing, code=Attention.INVITATION_UNKNOWN)
    agreed = first_state_of(briefing.finding)
    if agreed is not None and goes_beyond(agreed, state):
        return lambda uow: ask_for_more(uow, briefing.request, agreed=agreed, state=state)
    return await _policy_ended(briefing, state, held, kit)


async def _policy_ended(briefing: Briefing, state: AccessState, held: Held | None, kit: Kit) -> Fact | None:
    """Why the policy would not approve it now, before anything is given; None where it would, or where people approved."""
    if briefing.policy is None:
        return None
    product, snapshot = kit.settings.products[briefing.request.product], snapshot_of(held) or Snapshot()
    plan, first = plan_return(state, wanted(product), snapshot), first_state_of(briefing.finding)
    # A write that was begun may have given nothing (an outage, say): it is finished unasked only where some of it shows.
    if steps_begun(briefing.request) and first is not None and plan_return(first, wanted(product), snapshot).steps != plan.steps:
        return None
    # That the address is still the pinned one was read from Slack a moment ago.
    found = Found(product=product, state=state, plan=plan, email_changed=False)
    objection = await kit.database.read(lambda uow: returns.objection_now(uow, briefing.request, found=found, settings=kit.settings))
    if objection is None:
        return None
    back = put_back_to_json(put_back(held, state, wanted(product)))
    return lambda uow: ask_people(uow, briefing.request, state=state, back=back, objection=objection)


async def _link(briefing: Briefing, product: Product, kit: Kit) -> str | None:
    """Where the product is, when vetting could not ask."""
    known = briefing.finding.body.get("link") if briefing.finding else None
    return known or link_to(await kit.catalog.workspace(product.resource))


async def _take(briefing: Briefing, state: AccessState, step: Step, kit: Kit) -> Outcome:
    try:
        result = await kit.provisioner.take(step)
    except SeatsExhausted:
        return Again(due_at=_next_try(briefing, kit.now()), fact=lambda uow: grants.record_no_seat(uow, briefing.request.id))
    except OwnedElsewhere as error:
        details = {"reason": error.reason or ""}
        return Done(fact=_attention(briefing, code=Attention.OWNED_ELSEWHERE, details=details))
    except NotThere:
        return Done(fact=_attention(briefing, code=Attention.REFUSED_BY_ATLASSIAN, details={"code": "not_found"}))
    except Refused as error:
        code = error.reason or error.code or str(error.status)
        return Done(fact=_attention(briefing, code=Attention.REFUSED_BY_ATLASSIAN, details={"code": code}))
    if isinstance(result, InviteOutcome):
        return Done(fact=_invited(briefing, state, step, result))
    return Done(fact=lambda uow: grants.record_step(uow, briefing.request.id, step=step_to_json(step)))


def _invited(briefing: Briefing, state: AccessState, step: Step, result: InviteOutcome) -> Fact:
    """Somebody without an account has to accept first; one who has an account may have the product at once, so that is read back."""
    if result.invited and state.account_id is None:
        return _granted(briefing, state, how="invited")
    if result.invited:
        return lambda uow: grants.record_step(uow, briefing.request.id, step=step_to_json(step))
    return _attention(briefing, code=Attention.INVITATION_FAILED, details={"code": result.reason or "unknown"})


def _next_try(briefing: Briefing, now: datetime) -> datetime:
    waited = now - briefing.request.changed_at if briefing.request.reason_code == Waiting.SEATS_EXHAUSTED.value else timedelta(0)
    return now + min(QUEUE_LOOK, max(FULL_FIRST_WAIT, waited))


def _over_the_cap(briefing: Briefing, kit: Kit) -> Outcome:
    facts = {"cap": str(kit.settings.grants_per_day)}

    def fact(uow: UnitOfWork) -> None:
        grants.record_waiting(uow, briefing.request.id, code=Waiting.DAILY_CAP, details=facts)
        alert_channel(uow, settings=kit.settings, news="daily_cap", facts=facts, once=uow.now.date().isoformat())

    return Again(due_at=kit.now() + QUEUE_LOOK, fact=fact)


async def read_back(_: Job, payload: ReadBack, kit: Kit) -> Outcome:
    """Look whether the step shows: granted, the next step, another look, or a human's."""
    briefing = await kit.database.read(lambda uow: briefings.briefing(uow, payload.request_id))
    if briefing is None:
        return Done()
    step = step_from_json(payload.step)
    product = kit.settings.products.get(briefing.request.product)
    before = state_of(briefing.finding)
    if product is None or before is None:
        return Done(fact=_attention(briefing, code=Attention.NOT_SEEN if product else Attention.PRODUCT_GONE))
    state = await kit.provisioner.read_back(before, step=step, wanted=wanted(product))
    held = await held_from(kit, state, product=product.key)
    left = plan_restore(state, wanted(product), snapshot_of(held))
    if state.way_back is WayBack.HAS_ACCESS and not left:
        return Done(fact=_granted(briefing, state, how="restored"))
    if not isinstance(step, Invite) and step not in left:
        return Done(fact=lambda uow: grants.go_on(uow, briefing.request.id, state=state.to_json()))
    if kit.now() >= datetime.fromisoformat(payload.until):
        invited = isinstance(step, Invite)
        return Done(fact=_granted(briefing, state, how="invited") if invited else _attention(briefing, code=Attention.NOT_SEEN))
    return Done(fact=lambda uow: grants.look_again(uow, payload))


def _granted(briefing: Briefing, state: AccessState, *, how: str, whole: bool = True) -> Fact:
    """*whole* says that nothing of a seat that was taken is still missing."""
    request_id, account_id, email = briefing.request.id, state.account_id, state.email
    return lambda uow: grants.record_grant(uow, request_id, account_id=account_id, email=email, how=how, whole=whole)


def _waiting(briefing: Briefing, *, code: Waiting) -> Fact:
    return lambda uow: grants.record_waiting(uow, briefing.request.id, code=code)


def _attention(briefing: Briefing, *, code: Attention, details: dict[str, str] | None = None) -> Fact:
    return lambda uow: grants.record_attention(uow, briefing.request.id, code=code, details=details)


def grant_troubled(payload: Grant, kit: Kit, *, trouble: Trouble, attempts: int) -> Fact | None:
    """Show on the card that Atlassian does not answer: at once for a rejected key, else from the second try on."""
    del kit
    if trouble is Trouble.SLACK_AWAY or (trouble is Trouble.UNREACHABLE and attempts < 2):
        return None
    return lambda uow: grants.record_waiting(uow, payload.request_id, code=Waiting(trouble.value))


def grant_given_up(payload: Grant | ReadBack, kit: Kit, *, why: GivenUp) -> Fact:
    """A human looks at what is not tried any more."""
    del kit
    return lambda uow: grants.record_attention(uow, payload.request_id, code=why.code, details=why.details)
