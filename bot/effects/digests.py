"""The weekly digest and its picture: each posted once."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.effects.kit import Kit
from bot.effects.outcome import Again, Done, Outcome
from bot.figures import chart
from bot.figures.awaiting import Awaiting, CardPlace
from bot.figures.chart import TrendPoint
from bot.jobs.digests import PostChart, PostDigest
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import digest
from bot.slack.surfaces.digest import DigestView
from bot.slack.team import Team
from bot.usecases import digests, pending
from bot.usecases.figures import Period, report_of, report_so_far, since_ever, trend_points
from bot.usecases.pending import awaiting
from storage.db import UnitOfWork
from storage.records import Job

A_WEEK = timedelta(days=7)
TREND_DAYS = 182
FOR_THE_PLAN, A_MOMENT = timedelta(minutes=5), timedelta(seconds=5)
"""For so long the digest waits for the plan of the same morning, whose card it leads to, and looks so often."""
FEWEST_DAYS = 2
"""One day is no trend."""

log = structlog.get_logger()


async def post_digest(job: Job, payload: PostDigest, kit: Kit) -> Outcome:
    """Post the digest, unless an earlier attempt did, or nothing was ever scanned; a channel that other companies see gets none."""
    if kit.now() - job.created_at < FOR_THE_PLAN and await kit.database.read(pending.plan_comes):
        return Again(due_at=kit.now() + A_MOMENT)
    view = await kit.database.read(lambda uow: digest_view(uow, kit))
    if not view.has_news:
        return Done()
    try:
        if (await kit.messenger.channel(payload.channel)).is_shared:
            return _not_posted(payload.slot, code=digests.SHARED)
        if not await _is_there(job, payload.channel, kit):
            await kit.messenger.post(payload.channel, digest.render(view), job_id=job.id)
    except SlackRefused as error:
        return _not_posted(payload.slot, code=error.code)
    return Done(fact=lambda uow: digests.record_posted(uow, payload))


def digest_view(uow: UnitOfWork, kit: Kit) -> DigestView:
    """All that the digest shows, from one read."""
    products, zone = kit.settings.products, ZoneInfo(kit.settings.timezone)
    ever = since_ever(uow, zone=zone)
    waits = awaiting(uow, products)
    return DigestView(
        so_far=report_so_far(uow, products, zone=zone),
        week=report_of(uow, products, period=Period(since=uow.now - A_WEEK, until=ever.until, zone=zone)),
        awaiting=waits,
        links=links_of(waits, kit.team),
        today=ever.day(uow.now),
        reclaims=kit.settings.idle.mode == "reclaim",
    )


def links_of(waits: Awaiting, team: Team) -> dict[CardPlace, str]:
    """The address of each card that waits, as far as known."""
    return {place: url for place in waits.cards() if (url := team.link_to(place.channel, place.ts)) is not None}


def _not_posted(slot: str, *, code: str) -> Done:
    log.error("digest.not_posted", slot=slot, code=code)
    return Done(fact=lambda uow: digests.record_not_posted(uow, slot, code=code))


async def _is_there(job: Job, channel: str, kit: Kit) -> bool:
    if not job.unknown and job.attempts == 1:
        return False
    return await kit.messenger.find(channel, job_id=job.id, oldest=job.created_at) is not None


async def post_chart(job: Job, payload: PostChart, kit: Kit) -> Outcome:
    """Upload the picture below the digest, unless an earlier attempt did; nothing to do where there is no trend yet, or no matplotlib."""
    if await _is_there(job, payload.channel, kit):
        return Done()
    zone = ZoneInfo(kit.settings.timezone)
    points = await kit.database.read(lambda uow: trend_points(uow, kit.settings.products, days=TREND_DAYS, zone=zone))
    if len(points) < FEWEST_DAYS:
        return Done()
    try:
        await _upload(job, payload, points, kit)
    except chart.ChartsMissing:
        log.info("digest.without_chart", slot=payload.slot, code="charts_missing")
    except SlackRefused as error:
        code = error.code
        return Done(fact=lambda uow: digests.record_without_chart(uow, payload.slot, code=code))
    return Done()


async def _upload(job: Job, payload: PostChart, points: tuple[TrendPoint, ...], kit: Kit) -> None:
    name = digest.chart_name([product.name for product in kit.settings.products.values()])
    picture = await asyncio.to_thread(chart.trend, points, title=name)
    await kit.messenger.upload(
        payload.channel, name="seats.png", content=picture, title=name, alt_text=digest.chart_words(points[-1]), job_id=job.id
    )
