"""What the owner of a seat is told when it was taken, and when it was given back."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.billing import free_until, terms_of
from bot.effects.kit import Kit
from bot.effects.looking import offered
from bot.effects.outcome import Done, Fact, Outcome
from bot.idle_jobs import TellTaken
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import taken
from bot.slack.surfaces.taken import TakenView
from bot.usecases import notes
from storage import people, reclaims, warnings
from storage.db import UnitOfWork
from storage.records import Job, Reclaim

NOBODY = "nobody_in_slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    """Whose seat it was; `slack_id` None when nobody knows them in Slack."""

    reclaim: Reclaim
    slack_id: str | None


async def tell_taken(job: Job, payload: TellTaken, kit: Kit) -> Outcome:
    """Send the message once; somebody who can't be reached in Slack is noted in the audit trail."""
    owner = await kit.database.read(lambda uow: _owner(uow, payload.reclaim_id))
    if owner is None:
        return Done()
    if owner.slack_id is None:
        return Done(fact=_untold(payload, code=NOBODY))
    try:
        channel = await kit.messenger.open_dm(owner.slack_id)
        if (job.unknown or job.attempts > 1) and await kit.messenger.find(channel, job_id=job.id, oldest=job.created_at):
            return Done()
        await kit.messenger.post(channel, taken.render(_view(owner.reclaim, payload.news, kit)), job_id=job.id)
    except SlackRefused as error:
        return Done(fact=_untold(payload, code=error.code))
    return Done()


def _owner(uow: UnitOfWork, reclaim_id: str) -> _Owner | None:
    reclaim = reclaims.get(uow, reclaim_id)
    if reclaim is None or reclaim.taken_at is None:
        return None
    person = people.linked_to(uow, reclaim.account_id)
    warning = warnings.get(uow, reclaim.warning_id) if reclaim.warning_id else None
    return _Owner(reclaim=reclaim, slack_id=person.slack_id if person else warning.slack_id if warning else None)


def _view(reclaim: Reclaim, news: str, kit: Kit) -> TakenView:
    zone = ZoneInfo(kit.settings.timezone)
    product, taken_at = offered(kit.settings, reclaim.product), reclaim.taken_at or reclaim.changed_at
    known = reclaim.product in kit.settings.products
    today, freed_on = kit.now().astimezone(zone).date(), taken_at.astimezone(zone).date()
    free = free_until(terms_of(product), today=today, freed_on=freed_on) if known else None
    return TakenView(news=news, reclaim_id=reclaim.id, product=product, taken_at=taken_at, free_until=free)


def _untold(payload: TellTaken, *, code: str) -> Fact:
    return lambda uow: notes.seat_untold(uow, payload.reclaim_id, news=payload.news, code=code)
