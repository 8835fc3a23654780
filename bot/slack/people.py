"""Reading people and user groups from Slack now: somebody whom it does not show us is unknown, and a group that is gone is none."""

from collections.abc import Callable
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.policy import Profile
from bot.slack.calls import answer_of
from bot.slack.errors import SlackRefused
from bot.slack.profiles import read_profile, unknown_profile
from bot.slack.team import Team

_NOBODY = frozenset({"user_not_found", "users_not_found", "user_not_visible"})
_NO_GROUP = frozenset({"no_such_subteam", "subteam_not_found", "invalid_arguments"})


async def read_person(client: AsyncWebClient, slack_id: str, *, team: Team, now: Callable[[], datetime]) -> Profile:
    """One person; of unknown kind when Slack does not show them to us. Raises SlackError."""
    try:
        answer = await answer_of(client.users_info(user=slack_id), method="users.info", write=False, now=now)
    except SlackRefused as error:
        if error.code in _NOBODY:
            return unknown_profile(slack_id)
        raise
    return read_profile(answer.get("user") or {}, team=team)


async def find_person(client: AsyncWebClient, email: str, *, team: Team, now: Callable[[], datetime]) -> Profile | None:
    """The person with this address; None when nobody has it, or they have left. Raises SlackError."""
    try:
        answer = await answer_of(client.users_lookupByEmail(email=email), method="users.lookupByEmail", write=False, now=now)
    except SlackRefused as error:
        if error.code in _NOBODY:
            return None
        raise
    return read_profile(answer.get("user") or {}, team=team)


async def read_members(client: AsyncWebClient, group_id: str, *, now: Callable[[], datetime]) -> tuple[str, ...] | None:
    """The ids of a user group's people; None when there is no such group, or it is disabled. Raises SlackError."""
    call = client.usergroups_users_list(usergroup=group_id)
    try:
        answer = await answer_of(call, method="usergroups.users.list", write=False, now=now)
    except SlackRefused as error:
        if error.code in _NO_GROUP:
            return None
        raise
    return tuple(str(user) for user in answer.get("users") or ())
