"""The question about a held scan: posted once, and drawn anew where it was answered."""

import structlog

from bot.effects.batches import LISTED, listed_seats
from bot.effects.kit import Kit
from bot.effects.outcome import Again, Done, Outcome
from bot.effects.posting import LOOK_AT_CHANNEL, posted_before
from bot.idle.plan_view import Holder
from bot.jobs.scans import ListScan, PostScanQuestion, RedrawScanQuestion
from bot.slack.errors import SlackRefused
from bot.slack.messenger import Posted
from bot.slack.surfaces import scan_card
from bot.slack.surfaces.scan_card import ScanView
from bot.usecases.held_scans import DECIDED_BY
from bot.usecases.plan_reading import PICTURED, holder_of_seat
from bot.usecases.proposing import EVERYBODY
from bot.usecases.scans import name_of, watched_since
from bot.usecases.steps import enqueue
from storage import people, scans, seats
from storage.db import UnitOfWork
from storage.lifecycle import ScanStatus
from storage.records import Job
from storage.seat_records import Scan

log = structlog.get_logger()


async def post_scan_question(job: Job, payload: PostScanQuestion, kit: Kit) -> Outcome:
    """Ask, unless an earlier attempt did or somebody answered meanwhile; a channel that outsiders see is not asked."""
    view = await kit.database.read(lambda uow: _view(uow, kit, payload.scan_id))
    if view is None or view.scan.status is not ScanStatus.HELD:
        return Done()
    try:
        if await kit.admin_channel.is_shared(payload.channel):
            return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
        posted = await posted_before(job, payload.channel, kit) or await kit.messenger.post(
            payload.channel, scan_card.render(view), job_id=job.id
        )
    except SlackRefused as error:
        # Archived, gone, or without the bot: somebody mends the channel, and then it is asked.
        log.error("scan.not_asked", scan=payload.scan_id, code=error.code)
        return Again(due_at=kit.now() + LOOK_AT_CHANNEL)
    return Done(fact=lambda uow: _record_posted(uow, payload.scan_id, posted=posted))


def _record_posted(uow: UnitOfWork, scan_id: str, *, posted: Posted) -> None:
    scans.card_posted(uow, scan_id, channel=posted.channel, ts=posted.ts)
    enqueue(uow, ListScan(scan_id=scan_id, channel=posted.channel, ts=posted.ts), key=f"scan-list:{scan_id}")


async def list_scan(job: Job, payload: ListScan, kit: Kit) -> Outcome:
    """Upload the whole list into the question's thread, where it has more than a name or two and is still asked about."""
    held = await kit.database.read(lambda uow: _held(uow, kit, payload.scan_id, most=EVERYBODY))
    if len(held) < LISTED or await kit.admin_channel.is_shared(payload.channel):
        return Done()
    if await posted_before(job, payload.channel, kit, thread_ts=payload.ts):
        return Done()
    try:
        await kit.messenger.upload(
            payload.channel,
            name="idle-seats.csv",
            content=listed_seats(held),
            title=f"{len(held)} seats that look idle",
            alt_text="The list of the seats that are asked about, longest idle first",
            job_id=job.id,
            thread_ts=payload.ts,
        )
    except SlackRefused as error:
        # Without the scope for files the question is as good as ever; `comeback doctor` names the scope.
        log.error("scan.not_listed", scan=payload.scan_id, code=error.code)
    return Done()


async def redraw_scan_question(job: Job, payload: RedrawScanQuestion, kit: Kit) -> Outcome:
    """Draw the question where it was clicked, as it was answered."""
    del job
    view = await kit.database.read(lambda uow: _view(uow, kit, payload.scan_id))
    if view is None or not payload.ts or await kit.admin_channel.is_shared(payload.channel):
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
        first=_is_first(scan),
        longest=_held(uow, kit, scan.id, most=PICTURED),
    )


def _held(uow: UnitOfWork, kit: Kit, scan_id: str, *, most: int) -> tuple[Holder, ...]:
    scan = scans.get(uow, scan_id)
    if scan is None or scan.status is not ScanStatus.HELD:
        return ()
    return tuple(holder_of_seat(seat, kit.settings) for seat in seats.held(uow, scan.id, scan.product, limit=most))


def _is_first(scan: Scan) -> bool:
    """Whether the seats of the product are watched only since this scan ended."""
    since = watched_since(scan)
    return since is not None and since >= scan.started_at
