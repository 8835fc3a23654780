"""PURE: what `users.info` says about somebody. A flag that is missing or odd makes an unknown person, who is refused."""

from collections.abc import Mapping
from typing import Any

from bot.policy import PersonKind, Profile
from bot.slack.team import Team

_SLACKBOT = "USLACKBOT"
# `is_app_user` is no sign of a bot: it marks people who authorized the app. https://docs.slack.dev/reference/objects/user-object
_BOT_FLAGS = ("is_bot", "is_workflow_bot", "is_connector_bot")
_GUEST_FLAGS = ("is_restricted", "is_ultra_restricted")
_NEEDED_FLAGS = ("deleted", "is_bot", *_GUEST_FLAGS)


def read_profile(user: Mapping[str, Any], *, team: Team) -> Profile:
    """
    The person as policy needs them; the name is for people to read and proves nothing.

    Some workspaces (those with single sign-on) leave `is_email_confirmed` out altogether; where it is there, only true is true.
    """
    details = user.get("profile") or {}
    return Profile(
        slack_id=str(user.get("id") or ""),
        team_id=str(user.get("team_id") or ""),
        kind=kind_of(user, team=team),
        name=str(details.get("display_name") or user.get("real_name") or details.get("real_name") or user.get("name") or ""),
        email=details.get("email") or None,
        email_confirmed=user["is_email_confirmed"] is True if "is_email_confirmed" in user else None,
    )


def unknown_profile(slack_id: str) -> Profile:
    """Somebody whom Slack does not describe to us at all."""
    return Profile(slack_id=slack_id, team_id="", kind=PersonKind.UNKNOWN, name="", email=None, email_confirmed=None)


def kind_of(user: Mapping[str, Any], *, team: Team) -> PersonKind:
    """What kind of user this is; the least trusted kind that any flag speaks for."""
    if user.get("deleted") is True:
        return PersonKind.DEACTIVATED
    if user.get("id") == _SLACKBOT or any(user.get(flag) for flag in _BOT_FLAGS):
        return PersonKind.BOT
    if user.get("is_stranger") or not _is_ours(user, team=team):
        return PersonKind.STRANGER
    if any(user.get(flag) for flag in _GUEST_FLAGS):
        return PersonKind.GUEST
    if user.get("is_invited_user") or any(not isinstance(user.get(flag), bool) for flag in _NEEDED_FLAGS):
        return PersonKind.UNKNOWN
    return PersonKind.MEMBER


def _is_ours(user: Mapping[str, Any], *, team: Team) -> bool:
    enterprise = (user.get("enterprise_user") or {}).get("enterprise_id")
    if team.enterprise_id is not None and enterprise is not None:
        return bool(enterprise == team.enterprise_id)
    return user.get("team_id") == team.team_id
