"""
conversations.*: channels, their members and what was said in them.
"""

from __future__ import annotations

from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackError
from sandbox.slack.messages import Message
from sandbox.slack.methods.call import Call, Json, Method
from sandbox.slack.rate import TIER_2, TIER_3, TIER_4, Allowance

KINDS = frozenset({"public_channel", "private_channel", "im", "mpim"})


def info(call: Call) -> Json:
    """One conversation, shared flags included."""
    channel = call.channel()
    call.need_scope(_read_scope(channel))
    return {"channel": channel.wire(call.workspace.app.bot_user_id, with_count=call.flag("include_num_members"))}


def list_channels(call: Call) -> Json:
    """The conversations that the bot can see, in pages."""
    wanted = set((call.text("types") or "public_channel").replace(" ", "").split(","))
    if not wanted <= KINDS:
        raise SlackError("invalid_types")
    bot, no_archived = call.workspace.app.bot_user_id, call.flag("exclude_archived")
    for kind in sorted(wanted - {"mpim"}):
        call.need_scope({"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}[kind])
    found = [c for c in call.workspace.channels.all.values() if c.kind in wanted and (c.kind == "public_channel" or bot in c.members)]
    page, metadata = call.page([channel for channel in found if not (no_archived and channel.is_archived)])
    return {"channels": [channel.wire(bot, with_count=True) for channel in page], "response_metadata": metadata}


def members(call: Call) -> Json:
    """The ids of everybody in one conversation, in pages."""
    channel = call.channel()
    call.need_scope(_read_scope(channel))
    page, metadata = call.page(sorted(channel.members))
    return {"members": page, "response_metadata": metadata}


def open_im(call: Call) -> Json:
    """The direct message with one user; its id never changes."""
    workspace = call.workspace
    if call.text("channel"):
        return {"channel": {"id": call.channel().id}}
    user_ids = [user_id for user_id in call.text("users").replace(" ", "").split(",") if user_id]
    if not user_ids:
        raise SlackError("users_list_not_supplied")
    if len(user_ids) > 1:
        call.need_scope("mpim:write")
        raise SlackError("method_not_supported_for_channel_type")
    user = workspace.people.find(user_ids[0])
    if user is None:
        raise SlackError("user_not_found")
    if user.deleted:
        raise SlackError("user_disabled")
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    known = f"D0{user.id[2:]}" in workspace.channels.all
    channel = workspace.channels.im(user.id)
    opened = channel.wire(workspace.app.bot_user_id) if call.flag("return_im") else {"id": channel.id}
    return {"channel": opened} | ({"no_op": True, "already_open": True} if known else {})


def history(call: Call) -> Json:
    """Messages of one conversation, newest first; metadata only when asked for, replies not at all."""
    channel = _readable(call)
    said = [m for m in call.workspace.timeline.channel(channel.id) if m.thread_ts in (None, m.ts) and _within(call, m)]
    page, metadata = call.page(said[::-1])
    return _messages(call, page, metadata)


def replies(call: Call) -> Json:
    """One thread: its first message, then the replies, oldest first."""
    channel = _readable(call)
    ts = call.required("ts")
    thread = [m for m in call.workspace.timeline.channel(channel.id) if ts in (m.ts, m.thread_ts)]
    if not any(message.ts == ts for message in thread):
        raise SlackError("thread_not_found")
    page, metadata = call.page([m for m in thread if m.ts == ts or _within(call, m)])
    return _messages(call, page, metadata)


def join(call: Call) -> Json:
    """The bot enters a public channel; a second time is no error."""
    channel = call.channel()
    if channel.kind != "public_channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    already = call.is_member(channel)
    channel.members.add(call.workspace.app.bot_user_id)
    wire: Json = {"channel": channel.wire(call.workspace.app.bot_user_id)}
    return wire | ({"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}} if already else {})


def _messages(call: Call, page: list[Message], metadata: Json) -> Json:
    with_metadata = call.flag("include_all_metadata")
    return {
        "messages": [message.wire(with_metadata=with_metadata) for message in page],
        "has_more": bool(metadata["next_cursor"]),
        "pin_count": 0,
        "response_metadata": metadata,
    }


def _readable(call: Call) -> Channel:
    channel = call.channel()
    call.need_scope(f"{channel.scope_family}:history")
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    return channel


def _within(call: Call, message: Message) -> bool:
    oldest, latest, inclusive = call.text("oldest"), call.text("latest"), call.flag("inclusive")
    after = _number(oldest, "invalid_ts_oldest") if oldest else 0.0
    before = _number(latest, "invalid_ts_latest") if latest else float("inf")
    ts = float(message.ts)
    return after <= ts <= before if inclusive else after < ts < before


def _number(ts: str, code: str) -> float:
    try:
        return float(ts)
    except ValueError:
        raise SlackError(code) from None


def _read_scope(channel: Channel) -> str:
    return f"{channel.scope_family}:read"


def _a_minute(number: int) -> Allowance:
    return Allowance(per_minute=number, burst=number)


READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
METHODS = {
    "conversations.info": Method(run=info, scopes=READ, allowance=_a_minute(TIER_3)),
    "conversations.list": Method(run=list_channels, scopes=READ, allowance=_a_minute(TIER_2)),
    "conversations.members": Method(run=members, scopes=READ, allowance=_a_minute(TIER_4)),
    "conversations.open": Method(run=open_im, scopes=("im:write", "mpim:write"), allowance=_a_minute(TIER_3)),
    "conversations.history": Method(run=history, scopes=HISTORY, allowance=_a_minute(TIER_3)),
    "conversations.replies": Method(run=replies, scopes=HISTORY, allowance=_a_minute(TIER_3)),
    "conversations.join": Method(run=join, scopes=("channels:join",), allowance=_a_minute(TIER_3)),
}
