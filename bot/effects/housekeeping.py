"""The jobs that only touch the database, and the Home tab."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.actor import SlackPerson
from bot.effects.digests import links_of
from bot.effects.kit import Kit
from bot.effects.outcome import Again, Done, Fact, GivenUp, Outcome
from bot.figures.report import Report
from bot.jobs.house import Prune, Renew, WatchKey
from bot.jobs.notices import PublishHome
from bot.jobs.requests import CheckDecision, Expire
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import home
from bot.slack.surfaces.home import HomeView
from bot.slack.surfaces.own_seats import OwnSeats
from bot.usecases import decisions, homes, house, requests
from bot.usecases.decisions import Click
from bot.usecases.figures import report_so_far
from bot.usecases.pending import place_of
from bot.usecases.steps import enqueue
from storage import renewal
from storage.db import UnitOfWork
from storage.lifecycle import Verdict
from storage.records import AccessRequest, Job
from storage.renewal import Place
from storage.scrubbing import empty_log

STRETCHES = 12
"""That one job seals: each waits for the database up to 2 s, and all must be over before the lease is."""


async def expire(_: Job, payload: Expire, kit: Kit) -> Outcome:
    """Expire the request if nobody decided it."""
    del kit
    return Done(fact=lambda uow: requests.expire(uow, payload.request_id))


async def check_decision(_: Job, payload: CheckDecision, kit: Kit) -> Outcome:
    """Read the approvers anew, then decide by the same compare-and-set as a click."""
    if not kit.directory.approvers.fresh(kit.now()):
        await kit.directory.refresh()
    click = Click(
        actor=SlackPerson(team_id=payload.team_id, slack_id=payload.slack_id),
        request_id=payload.request_id,
        approvers=kit.directory.approvers,
        channel=payload.channel,
    )
    verdict, reason = Verdict(payload.verdict), payload.reason
    return Done(fact=lambda uow: decisions.decide_checked(uow, click, verdict=verdict, reason=reason, settings=kit.settings))


def check_given_up(payload: CheckDecision, kit: Kit, *, why: GivenUp) -> Fact:
    """Slack did not say whether they may: the click changed nothing, and they are asked to press again."""
    del kit
    actor = SlackPerson(team_id=payload.team_id, slack_id=payload.slack_id)
    return lambda uow: decisions.give_check_up(
        uow, actor=actor, request_id=payload.request_id, channel=payload.channel, code=why.details.get("code", why.code.value)
    )


async def publish_home(_: Job, payload: PublishHome, kit: Kit) -> Outcome:
    """Draw the person's Home tab as things stand."""
    actor = SlackPerson(team_id=payload.team_id, slack_id=payload.slack_id)
    decides = payload.slack_id in kit.directory.approvers.slack_ids
    facts = await kit.database.read(lambda uow: homes.facts(uow, actor=actor, decides=decides, products=kit.settings.products))
    report = await kit.database.read(lambda uow: so_far(uow, kit)) if decides else None
    view = HomeView(
        own=facts.own,
        may_decide=decides,
        pending=facts.pending,
        products=tuple(kit.settings.products.values()),
        now=kit.now(),
        links=_card_links(facts.pending, kit),
        awaiting=facts.awaiting,
        places=links_of(facts.awaiting, kit.team),
        report=report,
        seats=OwnSeats(
            reader=payload.slack_id,
            warned=facts.warned,
            exemptions=facts.exemptions,
            owners=facts.owners,
            lost=facts.lost,
            after_days=kit.settings.idle.after_days,
            may_be_away=kit.settings.idle.mode == "reclaim",
        ),
    )
    try:
        await kit.messenger.publish_home(payload.slack_id, home.render(view))
    except SlackRefused:
        # Guests and people of other workspaces have no Home tab of ours.
        return Done()
    return Done()


def so_far(uow: UnitOfWork, kit: Kit) -> Report:
    """What approvers see on their Home tab of what came of the idle seats."""
    return report_so_far(uow, kit.settings.products, zone=ZoneInfo(kit.settings.timezone))


def _card_links(pending: Sequence[AccessRequest], kit: Kit) -> dict[str, str]:
    """Where each of the requests is decided, by its id."""
    places = ((request.id, place_of(request)) for request in pending)
    links = ((request_id, kit.team.link_to(place.channel, place.ts)) for request_id, place in places if place is not None)
    return {request_id: url for request_id, url in links if url is not None}


async def prune(job: Job, payload: Prune, kit: Kit) -> Outcome:
    """Forget what has had its time, in short units until nothing is left; then it is looked what is to be sealed."""
    if await kit.database.write(lambda uow: house.prune(uow, settings=kit.settings)):
        return Again(due_at=job.due_at)
    return Done(fact=lambda uow: enqueue(uow, Renew(slot=payload.slot)))


async def renew(_: Job, payload: Renew, kit: Kit) -> Outcome:
    """Seal what is not as it should be, a few stretches a job; behind the last, nothing of what is gone is left in the log either."""
    place = Place(table=payload.table, after=payload.after) if payload.table else renewal.BEGIN
    for _stretch in range(STRETCHES):
        if (following := await _renew_stretch(place, kit)) is None:
            await asyncio.to_thread(empty_log, kit.settings.database_url)
            return Done()
        place = following
    go_on = replace(payload, table=place.table, after=place.after)
    return Done(fact=lambda uow: enqueue(uow, go_on))


async def _renew_stretch(place: Place, kit: Kit) -> Place | None:
    """Where to go on behind the stretch that begins at *place*."""
    stretch = await kit.database.read(lambda uow: renewal.look(uow, place))
    if stretch.is_due:
        await kit.database.write(lambda uow: renewal.renew(uow, stretch))
    return stretch.end


async def watch_key(_: Job, payload: WatchKey, kit: Kit) -> Outcome:
    """Warn the channel when the Atlassian key nears its end."""
    del payload
    return Done(fact=lambda uow: house.watch_key(uow, settings=kit.settings))
