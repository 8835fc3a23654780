"""
users.* and usergroups.*: who is who.
"""

from __future__ import annotations

from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.methods.call import Call, Json, Method
from sandbox.slack.people import SlackUser, UserGroup, user_wire
from sandbox.slack.rate import TIER_2, TIER_3, TIER_4, Allowance

UNLIMITED_LIST = 2_000
"""Without a limit Slack tries to answer at once; above some size it wants one (`limit_required`)."""


def info(call: Call) -> Json:
    """One account."""
    user = call.workspace.people.find(call.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _wire(call, user)}


def list_users(call: Call) -> Json:
    """All accounts, deactivated and bots included, in pages."""
    users = list(call.workspace.people.users.values())
    if not call.text("limit") and not call.text("cursor") and len(users) > UNLIMITED_LIST:
        raise SlackError("limit_required")
    page, metadata = call.page(users, default=UNLIMITED_LIST)
    members = [_wire(call, user) for user in page]
    return {"members": members, "cache_ts": int(call.workspace.clock.now().timestamp()), "response_metadata": metadata}


def lookup_by_email(call: Call) -> Json:
    """The active account with this address."""
    user = call.workspace.people.by_email(call.required("email"))
    if user is None or user.is_bot:
        raise SlackError("users_not_found")
    return {"user": _wire(call, user)}


def list_groups(call: Call) -> Json:
    """All user groups."""
    with_disabled, with_users = call.flag("include_disabled"), call.flag("include_users")
    groups = [group for group in call.workspace.people.groups.values() if with_disabled or not group.disabled]
    return {"usergroups": [group.wire(with_users=with_users) for group in groups]}


def group_users(call: Call) -> Json:
    """The members of one user group."""
    group: UserGroup | None = call.workspace.people.groups.get(call.required("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


def conversations_of(call: Call) -> Json:
    """The conversations of one account that the bot can see too; of the bot itself when no user is named."""
    user_id = call.text("user") or call.workspace.app.bot_user_id
    if call.workspace.people.find(user_id) is None:
        raise invalid_arguments("invalid `user` [json-pointer:/user]")
    bot = call.workspace.app.bot_user_id
    both = [c for c in call.workspace.channels.all.values() if user_id in c.members and (not c.is_private or bot in c.members)]
    wanted = (call.text("types") or "public_channel").replace(" ", "").split(",")
    page, metadata = call.page([channel for channel in both if channel.kind in wanted])
    return {"channels": [channel.wire(bot) for channel in page], "response_metadata": metadata}


def _wire(call: Call, user: SlackUser) -> Json:
    return user_wire(user, with_email=call.has_scope("users:read.email"))


def _a_minute(number: int) -> Allowance:
    return Allowance(per_minute=number, burst=number)


READ, GROUPS = ("users:read",), ("usergroups:read",)
METHODS = {
    "users.info": Method(run=info, scopes=READ, allowance=_a_minute(TIER_4)),
    "users.list": Method(run=list_users, scopes=READ, allowance=_a_minute(TIER_2)),
    "users.lookupByEmail": Method(run=lookup_by_email, scopes=("users:read.email",), allowance=_a_minute(TIER_3)),
    "users.conversations": Method(run=conversations_of, scopes=("channels:read", "groups:read", "im:read"), allowance=_a_minute(TIER_3)),
    "usergroups.list": Method(run=list_groups, scopes=GROUPS, allowance=_a_minute(TIER_2)),
    "usergroups.users.list": Method(run=group_users, scopes=GROUPS, allowance=_a_minute(TIER_2)),
}
