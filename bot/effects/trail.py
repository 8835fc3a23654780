"""The audit trail's checkpoints: made every quarter of an hour, posted once a day."""

from datetime import timedelta

import structlog

from bot.effects.kit import Kit
from bot.effects.outcome import Done, Outcome
from bot.effects.posting import posted_before
from bot.jobs.house import MakeCheckpoint, PostCheckpoint
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import trail as surface
from bot.usecases import shipping, vouching
from bot.usecases.trail import keyring
from storage import checkpoints
from storage.db import UnitOfWork
from storage.records import Job

NEW = timedelta(hours=25)
"""Older ones were posted the day before: a trail that stands still is not told again. A day, and the hour of a clock that goes back."""

log = structlog.get_logger()


async def make_checkpoint(_: Job, payload: MakeCheckpoint, kit: Kit) -> Outcome:
    """Vouch for what came since the last one, and see whether the trail is still the one that the SIEM has."""
    del payload
    return Done(fact=lambda uow: _vouch(uow, kit))


def _vouch(uow: UnitOfWork, kit: Kit) -> None:
    vouching.record_checkpoint(uow, settings=kit.settings)
    if kit.siem is not None:
        shipping.warn_of_change(uow, settings=kit.settings)


async def post_checkpoint(job: Job, payload: PostCheckpoint, kit: Kit) -> Outcome:
    """Post the newest checkpoint, once; nothing when there is none, or it is no news."""
    keys = keyring(kit.settings.audit)
    newest = await kit.database.read(lambda uow: checkpoints.newest(uow, keys))
    if newest is None or kit.now() - newest.made_at > NEW:
        return Done()
    try:
        if not await posted_before(job, payload.channel, kit):
            await kit.messenger.post(payload.channel, surface.render(newest.checkpoint), job_id=job.id)
    except SlackRefused as error:
        # Tomorrow's covers it too, and the log has it.
        log.error("audit.checkpoint_not_posted", slot=payload.slot, code=error.code)
    return Done()
