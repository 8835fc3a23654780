"""Whether what was given is still there a day, and three days, later."""

from atlassian.access import AccessState, WayBack
from bot.effects.kit import Kit
from bot.effects.looking import look
from bot.effects.outcome import Done, Outcome
from bot.jobs.requests import LookForDrift
from bot.usecases import drifts
from storage.records import Job

BY_IDENTITY_PROVIDER = "externalDirectory."


async def look_for_drift(_: Job, payload: LookForDrift, kit: Kit) -> Outcome:
    """Tell the admin channel when the access is gone again, with what probably took it."""
    found = await kit.database.read(lambda uow: drifts.granted(uow, payload.request_id))
    if found is None:
        return Done()
    request, person = found
    product = kit.settings.products.get(request.product)
    if product is None or person.account_id is None:
        return Done()
    state = await look(kit, product=product, person=person, email=person.email)
    if state.way_back is WayBack.HAS_ACCESS:
        return Done()
    cause = likely_cause(state)
    return Done(fact=lambda uow: drifts.record_undone(uow, request.id, settings=kit.settings, cause=cause))


def likely_cause(state: AccessState) -> str:
    """What probably undid it: an identity provider where one owns the account or every group, else an admin."""
    owned = (state.reason or "").startswith(BY_IDENTITY_PROVIDER) or state.way_back is WayBack.OWNED_ELSEWHERE
    return "identity_provider" if owned else "admin"
