"""The jobs that only touch the database, and the Home tab."""

from bot.actor import SlackPerson
from bot.effects.kit import Kit
from bot.effects.outcome import Done, Fact, GivenUp, Outcome
from bot.jobs import CheckDecision, Expire, Prune, PublishHome, WatchKey
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import home
from bot.slack.surfaces.home import HomeView
from bot.usecases import decisions, homes, house, requests
from storage.lifecycle import Verdict
from storage.records import Job


async def expire(_: Job, payload: Expire, kit: Kit) -> Outcome:
    """Expire the request if nobody decided it."""
    del kit
    return Done(fact=lambda uow: requests.expire(uow, payload.request_id))


async def check_decision(_: Job, payload: CheckDecision, kit: Kit) -> Outcome:
    """Read the approvers anew, then decide by the same compare-and-set as a click."""
    if not kit.directory.approvers.fresh(kit.now()):
        await kit.directory.refresh()
    approvers = kit.directory.approvers
    actor = SlackPerson(team_id=payload.team_id, slack_id=payload.slack_id)
    return Done(
        fact=lambda uow: decisions.decide_checked(
            uow,
            actor=actor,
            request_id=payload.request_id,
            verdict=Verdict(payload.verdict),
            reason=payload.reason,
            approvers=approvers,
            channel=payload.channel,
        )
    )


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
    facts = await kit.database.read(lambda uow: homes.facts(uow, actor=actor, decides=decides))
    view = HomeView(
        own=facts.own,
        may_decide=decides,
        pending=facts.pending,
        products=tuple(kit.settings.products.values()),
        now=kit.now(),
    )
    try:
        await kit.messenger.publish_home(payload.slack_id, home.render(view))
    except SlackRefused:
        # Guests and people of other workspaces have no Home tab of ours.
        return Done()
    return Done()


async def prune(_: Job, payload: Prune, kit: Kit) -> Outcome:
    """Forget old deliveries and finished jobs."""
    del payload, kit
    return Done(fact=house.prune)


async def watch_key(_: Job, payload: WatchKey, kit: Kit) -> Outcome:
    """Warn the channel when the Atlassian key nears its end."""
    del payload
    return Done(fact=lambda uow: house.watch_key(uow, settings=kit.settings))
