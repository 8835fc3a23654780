"""Who is it, and what is wrong: the reads between a request and its card."""

from datetime import timedelta
from typing import Any

from atlassian.access import AccessState, Snapshot, WayBack
from atlassian.planning import plan_restore, plan_return
from bot.codes import Attention, Closed
from bot.effects.kit import Kit
from bot.effects.looking import email_changed, finding_body, link_to, look, wanted
from bot.effects.outcome import KEY_TROUBLES, Again, Done, Fact, GivenUp, Outcome, Trouble, nothing
from bot.effects.putting_back import put_back, put_back_to_json, settled, snapshot_of, with_side_products
from bot.effects.seats_left import seats_left
from bot.jobs.requests import Admit, Vet
from bot.policy import Refusal, may_ask
from bot.settings import Product, Settings
from bot.usecases import grants, requests, returns
from bot.usecases.held import BY_ITSELF, Held, held_of, record_return
from bot.usecases.reclaims import spare
from bot.usecases.returns import Found
from storage import access_requests, findings, people
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, Finding, Job, Person

BEING_TAKEN = timedelta(seconds=15)
"""Somebody who asks while their seat is being taken is looked at when that has ended."""
REMOVALS_END_WITHIN = timedelta(minutes=2)
"""All but those that Atlassian fails again and again."""

_DEAD_ENDS = {
    WayBack.AMBIGUOUS: Attention.AMBIGUOUS,
    WayBack.OWNED_ELSEWHERE: Attention.OWNED_ELSEWHERE,
    WayBack.ACCOUNT_CLOSED: Attention.ACCOUNT_CLOSED,
    WayBack.ACCEPT_INVITATION: Attention.ACCEPT_INVITATION,
}


async def admit(_: Job, payload: Admit, kit: Kit) -> Outcome:
    """Refuse who may not ask; have everybody else's access looked into."""
    request = await kit.database.read(lambda uow: access_requests.get(uow, payload.request_id))
    if request is None or request.status is not RequestStatus.PENDING:
        return Done()
    profile = await kit.directory.profile(request.requester_slack_id)
    refusal = may_ask(profile, email_domains=kit.settings.email_domains)
    if refusal is not None:
        return Done(fact=_closing(request, code=refusal, news=f"refused.{refusal.value}"))
    email = profile.email or ""
    return Done(fact=lambda uow: requests.admit(uow, request.id, email=email, channel=kit.settings.admin_channel))


async def vet(_: Job, payload: Vet, kit: Kit) -> Outcome:
    """Close a request that needs no decision; put every other in front of the approvers, with what is wrong and what mends it."""
    asked = await kit.database.read(lambda uow: _asked(uow, payload.request_id))
    if asked is None:
        return Done()
    request, person, finding, held_before = asked
    product = kit.settings.products.get(request.product)
    if product is None:
        return Done(fact=_closing(request, code=Closed.PRODUCT_GONE, news="closed.product_gone"))
    email = finding.email if finding else None
    state = await look(kit, product=product, person=person, email=email)
    held, ready = await settled(kit, state, product=product.key, before=held_before)
    came_back = held is None and held_before is not None
    if not ready and (came_back or not _may_be_shown(request, state, held, kit)):
        return Again(due_at=kit.now() + BEING_TAKEN, fact=_found_amid_removal(request, state, finding))
    state = await with_side_products(kit, state, held=held, wanted=wanted(product))
    body = await _body(kit, product, state, held=held)
    if state.way_back is WayBack.HAS_ACCESS:
        whole = not plan_restore(state, wanted(product), snapshot_of(held))
        return Done(fact=_already_there(request, state=state, body=body, whole=whole))
    changed = email_changed(person, email)
    attention = Attention.EMAIL_MISMATCH if changed else attention_code(state, product, kit.settings, snapshot=snapshot_of(held))
    details = await attention_details(state, product, kit) if attention else {}
    plan = plan_return(state, wanted(product), snapshot_of(held) or Snapshot())
    found = Found(product=product, state=state, plan=plan, email_changed=changed)
    return Done(fact=_vetted(request, found=found, body=body, attention=attention, details=details, kit=kit))


def _asked(uow: UnitOfWork, request_id: str) -> tuple[AccessRequest, Person, Finding | None, Held | None] | None:
    request = access_requests.get(uow, request_id)
    if request is None or request.status is not RequestStatus.PENDING:
        return None
    person = people.get(uow, request.person_id)
    return request, person, findings.of(uow, request_id), held_of(uow, person.account_id, request.product)


def _may_be_shown(request: AccessRequest, state: AccessState, held: Held | None, kit: Kit) -> bool:
    """
    Whether the request is answered though a removal goes on: one that does not end must not hide who waits for it.

    Not the seat that is being taken and still there: nobody knows yet whether it stays.
    """
    known = held is None or state.way_back is not WayBack.HAS_ACCESS
    return known and kit.now() - request.filed_at > REMOVALS_END_WITHIN


def _found_amid_removal(request: AccessRequest, state: AccessState, finding: Finding | None) -> Fact:
    """Whose account it is that is asked for: a removal that has not taken anything yet leaves it alone for that."""
    if finding is not None and finding.account_id == state.account_id:
        return nothing
    email, body = (finding.email, finding.body) if finding is not None else (None, finding_body(None))
    return lambda uow: findings.record(uow, request_id=request.id, account_id=state.account_id, email=email, body=body)


def attention_code(state: AccessState, product: Product, settings: Settings, *, snapshot: Snapshot | None) -> Attention | None:
    """Why no approval could mend this, or None when one can."""
    if plan_restore(state, wanted(product), snapshot):
        mended = {level for level in state.levels if level.can_be_mended}
        return None if mended <= settings.ways_back else Attention.WAY_BACK_OFF
    if state.revives_admin:
        return Attention.REVIVES_ADMIN
    return _DEAD_ENDS.get(state.way_back, Attention.NO_WAY_BACK)


async def attention_details(state: AccessState, product: Product, kit: Kit) -> dict[str, str]:
    """The machine facts that the card's sentence needs: the reason, and the groups where somebody else must act."""
    if state.reason != "no_modifiable_group":
        return {"reason": state.reason} if state.reason else {}
    groups = await kit.catalog.licence_groups(product.resource, product.role)
    return {"reason": state.reason, "groups": ", ".join(sorted(group.name for group in groups if group.external))}


async def _body(kit: Kit, product: Product, state: AccessState, *, held: Held | None) -> dict[str, Any]:
    workspace = await kit.catalog.workspace(product.resource)
    seats = await seats_left(kit, product, workspace=workspace)
    back = put_back_to_json(put_back(held, state, wanted(product)))
    return finding_body(state, seats=seats, link=link_to(workspace), back=back)


def _already_there(request: AccessRequest, *, state: AccessState, body: dict[str, Any], whole: bool) -> Fact:
    """*whole* says that nothing of a seat that was taken is still missing."""

    def fact(uow: UnitOfWork) -> None:
        findings.record(uow, request_id=request.id, account_id=state.account_id, email=state.email, body=body)
        requests.close(uow, request.id, code=Closed.ALREADY_HAS_ACCESS, news="already_has_access")
        if whole:
            record_return(uow, state.account_id, request.product, how=BY_ITSELF, request_id=request.id)
        spare(uow, state.account_id, request.product)

    return fact


def _closing(request: AccessRequest, *, code: Closed | Refusal, news: str) -> Fact:
    return lambda uow: requests.close(uow, request.id, code=code, news=news)


def _vetted(
    request: AccessRequest, *, found: Found, body: dict[str, Any], attention: Attention | None, details: dict[str, str], kit: Kit
) -> Fact:
    state = found.state

    def fact(uow: UnitOfWork) -> None:
        requests.record_vetted(
            uow, request.id, account_id=state.account_id, email=state.email, body=body, channel=kit.settings.admin_channel
        )
        if grants.account_taken(uow, request, account_id=state.account_id):
            grants.record_attention(uow, request.id, code=Attention.AMBIGUOUS, details={"reason": "account_taken"})
        elif attention is not None:
            grants.record_attention(uow, request.id, code=attention, details=details)
        else:
            returns.consider(uow, request.id, found=found, settings=kit.settings)

    return fact


def vetting_troubled(payload: Vet, kit: Kit, *, trouble: Trouble, attempts: int) -> Fact | None:
    """
    Post the card without a diagnosis when Atlassian does not answer for longer than a moment; None before that.

    An approver may decide all the same; the look follows when Atlassian answers.
    """
    if trouble is Trouble.SLACK_AWAY or (trouble not in KEY_TROUBLES and attempts < 3):
        return None
    return lambda uow: _show_unvetted(uow, payload.request_id, kit, trouble=trouble.value)


def vetting_given_up(payload: Admit | Vet, kit: Kit, *, why: GivenUp) -> Fact:
    """A request that can't be looked into is a human's, who needs its card."""

    def fact(uow: UnitOfWork) -> None:
        _show_unvetted(uow, payload.request_id, kit, trouble=why.code)
        grants.record_attention(uow, payload.request_id, code=why.code, details=why.details)

    return fact


def _show_unvetted(uow: UnitOfWork, request_id: str, kit: Kit, *, trouble: str) -> None:
    request = access_requests.get(uow, request_id)
    if request is not None and request.card_ts is None:
        email = finding.email if (finding := findings.of(uow, request_id)) else None
        body = finding_body(None, trouble=trouble)
        requests.record_vetted(uow, request_id, account_id=None, email=email, body=body, channel=kit.settings.admin_channel)
