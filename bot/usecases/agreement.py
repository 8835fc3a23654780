"""What an approval covers: what the card showed, and nothing of another kind that turned out to be needed afterwards."""

from dataclasses import replace
from typing import Any

from atlassian.access import AccessState, WayBack
from bot.approval import Objection
from bot.codes import Attention
from bot.policy import steps_begun
from bot.usecases.grants import record_attention
from storage import findings
from storage.db import UnitOfWork
from storage.records import AccessRequest


def goes_beyond(agreed: AccessState, state: AccessState) -> bool:
    """
    Whether mending *state* is more than *agreed*, which the card showed when it was approved.

    Giving the product is what was asked for. Another account, reviving an account or a membership, inviting somebody, and what else comes
    back or comes along have to have been on the card.
    """
    return _is_somebody_else(agreed, state) or _needs_another_mending(agreed, state) or _brings_more(agreed, state)


def _is_somebody_else(agreed: AccessState, state: AccessState) -> bool:
    # An account that was not there yet when its address was on the card is the one that the card was about.
    other_account = agreed.account_id is not None and state.account_id != agreed.account_id
    return other_account or (agreed.email or "").casefold() != (state.email or "").casefold()


def _brings_more(agreed: AccessState, state: AccessState) -> bool:
    if not state.way_back.can_be_mended:
        return False
    return not (set(state.brings_back) <= set(agreed.brings_back) and set(state.side_products) <= set(agreed.side_products))


def _needs_another_mending(agreed: AccessState, state: AccessState) -> bool:
    told = {WayBack.ADD_ACCESS, *agreed.levels}
    # Stopping a deletion activates the account in the same breath.
    told |= {WayBack.ENABLE} if WayBack.CANCEL_DELETION in told else set()
    return not {level for level in state.levels if level.can_be_mended} <= told


def ask_for_more(uow: UnitOfWork, request: AccessRequest, *, agreed: AccessState, state: AccessState) -> None:
    """Show *state* on the card and leave it to a human: sending the request on its way again is agreeing to it."""
    finding = findings.of(uow, request.id)
    first = _all_levels(agreed, state) if steps_begun(request) else state
    body = {**(finding.body if finding else {}), "state": state.to_json(), "first": first.to_json(), "trouble": None}
    findings.record(uow, request_id=request.id, account_id=state.account_id, email=state.email, body=body)
    record_attention(uow, request.id, code=Attention.MORE_THAN_AGREED)


def ask_people(uow: UnitOfWork, request: AccessRequest, *, state: AccessState, back: dict[str, Any] | None, objection: Objection) -> None:
    """Leave to a human what a policy approved and doesn't any more: the card shows *state*, and what can still be put *back*."""
    finding = findings.of(uow, request.id)
    now = {"state": state.to_json(), "first": state.to_json(), "back": back, "trouble": None}
    body = {**(finding.body if finding else {}), **now}
    findings.record(uow, request_id=request.id, account_id=state.account_id, email=state.email, body=body)
    record_attention(uow, request.id, code=Attention.POLICY_ENDED, details={"reason": objection.value})


def _all_levels(agreed: AccessState, state: AccessState) -> AccessState:
    """*state* with what was mended before it: what the card tells in the end."""
    levels = tuple(dict.fromkeys((*state.levels, *agreed.levels)))
    side_products = tuple(sorted({*state.side_products, *agreed.side_products}))
    chosen_group = state.chosen_group or agreed.chosen_group
    return replace(state, levels=levels, chosen_group=chosen_group, side_products=side_products)
