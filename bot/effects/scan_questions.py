"""The question about a held scan: posted once, and drawn anew where it was answered."""

from datetime import timedelta

import structlog

from bot.effects.kit import Kit
from bot.effects.outcome import Again, Done, Outcome
from bot.idle_jobs import PostScanQuestion, RedrawScanQuestion
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import scan_card
from bot.slack.surfaces.scan_card import ScanView
from bot.usecases.held_scans import DECIDED_BY
from bot.usecases.scans import name_of
from storage import people, scans
from storage.db import UnitOfWork
from storage.lifecycle import ScanStatus
from storage.records import Job

LOOK_AT_CHANNEL = timedelta(minutes=5)

log = structlog.get_logger()


async def post_scan_question(job: Job, payload: PostScanQuestion, kit: Kit) -> Outcome:
    """Ask, unless an earlier attempt did or somebody answered meanwhile; a channel that outsiders see is not asked."""
    view = await kit.database.read(lambda uow: _view(uow, kit, payload.scan_id))
    if view is None or view.scan.status is not ScanStatus.HELD:
        return Done()
    try:
        if await kit.admin_channel.is_shared():
            return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
        repeated = job.unknown or job.attempts > 1
        if not repeated or await kit.messenger.find(payload.channel, job_id=job.id, oldest=job.created_at) is None:
            await kit.messenger.post(payload.channel, scan_card.render(view), job_id=job.id)
    except SlackRefused as error:
        # Archived, gone, or without the bot: somebody mends the channel, and then it is asked.
        log.error("scan.not_asked", scan=payload.scan_id, code=error.code)
        return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
    return Done()


async def redraw_scan_question(job: Job, payload: RedrawScanQuestion, kit: Kit) -> Outcome:
    """Draw the question where it was clicked, as it was answered."""
    del job
    view = await kit.database.read(lambda uow: _view(uow, kit, payload.scan_id))
    if view is None or not payload.ts or await kit.admin_channel.is_shared():
        return Done()
    try:
        await kit.messenger.update(payload.channel, payload.ts, scan_card.render(view))
    except SlackRefused as error:
        log.warning("scan.not_drawn", scan=payload.scan_id, code=error.code)
    return Done()


def _view(uow: UnitOfWork, kit: Kit, scan_id: str) -> ScanView | None:
    scan = scans.get(uow, scan_id)
    if scan is None or "newly_idle" not in scan.figures:
        return None
    decided_by = scan.figures.get(DECIDED_BY)
    return ScanView(
        scan=scan,
        product=name_of(kit.settings, scan.product),
        warns=kit.settings.idle.mode == "reclaim",
        decided_by=people.slack_id_of(uow, decided_by) if decided_by else None,
    )
