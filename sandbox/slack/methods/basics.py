"""
auth.test, api.test, bots.info, apps.connections.open, reactions.add.
"""

from __future__ import annotations

from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call, Json, Method
from sandbox.slack.payloads import TEAM_DOMAIN
from sandbox.slack.people import TEAM_ID
from sandbox.slack.rate import CONNECTION_BURST, HUNDREDS, TIER_1, TIER_3, TIER_4, Allowance


def api_test(call: Call) -> Json:
    """Echo the arguments, or fail with the `error` that was asked for."""
    if code := call.text("error"):
        raise SlackError(code, args=call.args)
    return {"args": call.args}


def auth_test(call: Call) -> Json:
    """Who the token is."""
    app = call.workspace.app
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": "Acme",
        "user": app.name.lower(),
        "team_id": TEAM_ID,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def bots_info(call: Call) -> Json:
    """The bot with this `bot` id."""
    app = call.workspace.app
    if call.required("bot") != app.bot_id:
        raise SlackError("bot_not_found")
    bot = {"id": app.bot_id, "deleted": False, "name": app.name, "updated": 0, "app_id": app.id, "user_id": app.bot_user_id, "icons": {}}
    return {"bot": bot}


def connections_open(call: Call) -> Json:
    """A single-use address for Socket Mode."""
    workspace = call.workspace
    host = workspace.origin.replace("http", "ws", 1)
    return {"url": f"{host}/slack/link/?ticket={workspace.socket.ticket()}&app_id={workspace.app.id}"}


def reactions_add(call: Call) -> Json:
    """An emoji under a message."""
    channel = call.channel()
    message = call.workspace.timeline.find(channel.id, call.required("timestamp"))
    name, bot = call.required("name"), call.workspace.app.bot_user_id
    if message is None:
        raise SlackError("message_not_found")
    reaction = next((r for r in message.reactions if r["name"] == name), None)
    if reaction is None:
        message.reactions.append({"name": name, "users": [bot], "count": 1})
    elif bot in reaction["users"]:
        raise SlackError("already_reacted")
    else:
        reaction["users"].append(bot)
        reaction["count"] += 1
    call.workspace.changed("message_changed", channel=channel.id, ts=message.ts, user=None)
    return {}


METHODS = {
    "api.test": Method(run=api_test, allowance=Allowance(per_minute=TIER_4, burst=TIER_4), caller="anybody"),
    "auth.test": Method(run=auth_test, allowance=Allowance(per_minute=HUNDREDS, burst=HUNDREDS)),
    "bots.info": Method(run=bots_info, scopes=("users:read",), allowance=Allowance(per_minute=TIER_3, burst=TIER_3)),
    "apps.connections.open": Method(
        run=connections_open, scopes=("connections:write",), allowance=Allowance(per_minute=TIER_1, burst=CONNECTION_BURST), caller="app"
    ),
    "reactions.add": Method(run=reactions_add, scopes=("reactions:write",), allowance=Allowance(per_minute=TIER_3, burst=TIER_3)),
}
