"""
Bolt middleware: is this for us, who acts, and has Slack delivered it before? Only then does a listener run.

The keys are computed here and claimed by the use case, in the same unit as the fact: a key committed by itself and a crash would lose the
delivery. Bolt has no replay protection of its own within the five minutes that a signature lives.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any

import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.actor import SlackPerson
from bot.slack.desk import Desk
from bot.slack.replies import Kind, kind_of, reply
from bot.slack.team import Team

log = structlog.get_logger()


class Fault(StrEnum):
    """Why a delivery is not taken."""

    OTHER_APP = "other_app"
    OTHER_TEAM = "other_team"
    NO_ACTOR = "no_actor"
    NO_KEY = "no_key"


class Guard:
    """
    Lets a delivery through, or answers it with a sentence.

    What passes carries in its context what listeners take as arguments: `actor`, `delivery` and `desk`.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._team: Team = desk.team

    async def check(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[None]],  # noqa: A002 - Bolt's name for it
    ) -> BoltResponse | None:
        """Pass on what is ours; None lets Bolt go on."""
        fault = fault_of(body, self._team)
        actor, delivery = actor_of(body, team_id=self._team.team_id), delivery_of(body)
        if fault is None and actor is None and kind_of(body) is not Kind.EVENT:
            fault = Fault.NO_ACTOR
        if fault is None and delivery is None:
            fault = Fault.NO_KEY
        if fault is not None:
            log.warning("delivery.refused", reason=fault.value, kind=kind_of(body).value)
            return reply(body, news="not_ours")
        context["actor"] = actor
        context["delivery"] = delivery
        context["desk"] = self._desk
        await next()
        return None


def fault_of(body: Mapping[str, Any], team: Team) -> Fault | None:
    """None when *body* was sent to our app by somebody of our workspace, or of our enterprise where we have one."""
    if body.get("api_app_id") != team.app_id:
        return Fault.OTHER_APP
    if _is_foreign(body, team=team):
        return Fault.OTHER_TEAM
    if team.enterprise_id is not None and _enterprise_of(body) == team.enterprise_id:
        return None
    return None if _teams_of(body) == {team.team_id} else Fault.OTHER_TEAM


def _is_foreign(body: Mapping[str, Any], *, team: Team) -> bool:
    """Whether the person who acts is said to be at home elsewhere, whatever workspace they act in; what is not said counts for nothing."""
    user = _part(body, "user")
    homes = _named(user.get("team_id"), user.get("user_team"), body.get("user_team"))
    enterprises = _named(user.get("enterprise_id"), _part(user, "enterprise_user").get("enterprise_id"))
    if team.enterprise_id is None:
        return bool(enterprises or homes - {team.team_id})
    # The id of a sister workspace tells nothing about its enterprise; some homes are the enterprise itself.
    return bool((enterprises | {home for home in homes if home.startswith("E")}) - {team.enterprise_id})


def _named(*ids: Any) -> set[str]:
    return {str(one) for one in ids if one}


def _enterprise_of(body: Mapping[str, Any]) -> str | None:
    enterprise = body.get("enterprise")
    named = enterprise.get("id") if isinstance(enterprise, Mapping) else enterprise
    found: str | None = named or body.get("enterprise_id") or _part(body, "team").get("enterprise_id")
    return found


def _teams_of(body: Mapping[str, Any]) -> set[str]:
    # A person who clicks in a shared channel comes with their own workspace's id beside ours: every id has to be ours.
    return _named(body.get("team_id"), _part(body, "team").get("id"), _part(body, "user").get("team_id"))


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(body: Mapping[str, Any], name: str) -> str | None:
    found = body.get(name)
    return found if isinstance(found, str) else None


def actor_of(body: Mapping[str, Any], *, team_id: str) -> SlackPerson | None:
    """Who acts; None for an event that nobody in particular caused. The person is known under our own team's id."""
    slack_id = body.get("user_id") or _part(body, "user").get("id") or _part(body, "event").get("user")
    return SlackPerson(team_id=team_id, slack_id=slack_id) if isinstance(slack_id, str) and slack_id else None


def delivery_of(body: Mapping[str, Any]) -> str | None:
    """The key by which a repeated delivery is recognized; being marked as a retry says nothing, for a retry can be the only one."""
    kind = kind_of(body)
    trigger, event_id = _text(body, "trigger_id"), _text(body, "event_id")
    match kind:
        case Kind.EVENT:
            return f"event:{event_id}" if event_id else None
        case Kind.SUBMISSION:
            view = _part(body, "view")
            unique = trigger or ":".join(filter(None, (_text(view, "id"), _text(view, "hash"))))
            return f"view:{unique}" if unique else None
        case Kind.COMMAND | Kind.CLICK:
            return f"{kind.value}:{trigger}" if trigger else None
        case Kind.OTHER:
            return None
