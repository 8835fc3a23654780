"""What an approval covers: what the card showed, and nothing of another kind that turned out to be needed afterwards."""

from dataclasses import replace

from atlassian.access import AccessState, WayBack
from bot.codes import Attention
from bot.policy import steps_begun
from bot.usecases.grants import record_attention
from storage import findings
from storage.db import UnitOfWork
from storage.records import AccessRequest


def goes_beyond(agreed: AccessState, state: AccessState) -> bool:
    """
    Whether *state* needs another kind of mending than *agreed*, which the card showed when it was approved.

    Giving the product is what was asked for; reviving an account or a membership, or inviting somebody, has to have been on the card.
    """
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


def _all_levels(agreed: AccessState, state: AccessState) -> AccessState:
    """*state* with what was mended before it: what the card tells in the end."""
    levels = tuple(dict.fromkeys((*state.levels, *agreed.levels)))
    return replace(state, levels=levels, chosen_group=state.chosen_group or agreed.chosen_group)
