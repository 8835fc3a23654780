"""What the owner of a seat is told when it was taken, and when it was given back."""

from dataclasses import dataclass

import structlog

from bot.effects.kit import Kit
from bot.effects.looking import offered
from bot.effects.outcome import Done, Fact, Outcome
from bot.effects.posting import posted_before
from bot.jobs.seats import TAKEN, RedrawTaken, TellTaken
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import taken
from bot.slack.surfaces.taken import TakenView
from bot.usecases import notes
from bot.usecases.held import TOLD, record_told
from bot.usecases.mailing import mail_taken
from storage import people, reclaims, warnings
from storage.db import UnitOfWork
from storage.records import Job, Reclaim

NOBODY = "nobody_in_slack"
_LEFT = frozenset({"user_disabled"})
"""Whoever has left reads no mail there any more."""

log = structlog.get_logger()


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
        return Done(fact=_untold(payload, kit, code=NOBODY))
    try:
        channel = await kit.messenger.open_dm(owner.slack_id)
        earlier = await posted_before(job, channel, kit)
        posted = earlier or await kit.messenger.post(channel, taken.render(_view(owner.reclaim, payload.news, kit)), job_id=job.id)
    except SlackRefused as error:
        return Done(fact=_untold(payload, kit, code=error.code))
    if payload.news != TAKEN:
        return Done()
    return Done(fact=lambda uow: record_told(uow, payload.reclaim_id, channel=posted.channel, ts=posted.ts))


async def redraw_taken(job: Job, payload: RedrawTaken, kit: Kit) -> Outcome:
    """Draw the message that a seat was taken as things stand; one that Slack does not change any more stays."""
    del job
    reclaim = await kit.database.read(lambda uow: reclaims.get(uow, payload.reclaim_id))
    told = reclaim.details.get(TOLD) if reclaim else None
    if reclaim is None or not told:
        return Done()
    try:
        await kit.messenger.update(told["channel"], told["ts"], taken.render(_view(reclaim, TAKEN, kit)))
    except SlackRefused as error:
        log.warning("seat.not_drawn", reclaim=reclaim.id, code=error.code)
    return Done()


def _owner(uow: UnitOfWork, reclaim_id: str) -> _Owner | None:
    reclaim = reclaims.get(uow, reclaim_id)
    if reclaim is None or reclaim.taken_at is None:
        return None
    person = people.linked_to(uow, reclaim.account_id)
    warning = warnings.get(uow, reclaim.warning_id) if reclaim.warning_id else None
    return _Owner(reclaim=reclaim, slack_id=person.slack_id if person else warning.slack_id if warning else None)


def _view(reclaim: Reclaim, news: str, kit: Kit) -> TakenView:
    product, taken_at = offered(kit.settings, reclaim.product), reclaim.taken_at or reclaim.changed_at
    return TakenView(news=news, reclaim_id=reclaim.id, product=product, taken_at=taken_at, back_at=reclaim.returned_at)


def _untold(payload: TellTaken, kit: Kit, *, code: str) -> Fact:
    def fact(uow: UnitOfWork) -> None:
        notes.seat_untold(uow, payload.reclaim_id, news=payload.news, code=code)
        if payload.news == TAKEN and code not in _LEFT:
            mail_taken(uow, payload.reclaim_id, settings=kit.settings)

    return fact
