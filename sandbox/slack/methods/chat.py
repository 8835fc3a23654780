"""
chat.*: posting, changing and deleting the app's messages.
"""

from __future__ import annotations

from sandbox.slack import posting
from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackError
from sandbox.slack.messages import Message
from sandbox.slack.methods.call import Call, Json, Method
from sandbox.slack.payloads import TEAM_DOMAIN
from sandbox.slack.people import SlackUser
from sandbox.slack.rate import ALL_POSTS, HUNDREDS, ONE_CHANNEL, TIER_3, TIER_4, Allowance


def post_message(call: Call) -> Json:
    """A new message; `channel` may be a user's id, which means the direct message with them."""
    channel = _destination(call)
    content = posting.read_content(call.args)
    thread_ts = _thread(call, channel)
    message = posting.post(call.workspace, content, channel=channel.id, thread_ts=thread_ts)
    truncated = len(call.text("text")) > posting.TEXT_KEPT
    extra: Json = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}} if truncated else {}
    return {"channel": channel.id, "ts": message.ts, "message": message.wire(with_metadata=True), **extra}


def post_ephemeral(call: Call) -> Json:
    """A message that one member of the channel sees."""
    channel = _destination(call)
    user = call.required("user")
    content = posting.read_content(call.args)
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    message = posting.post(call.workspace, content, channel=channel.id, thread_ts=call.text("thread_ts") or None, seen_only_by=user)
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """Redraw a message of this app."""
    channel = call.channel()
    message = _own(call, channel, refusal="cant_update_message")
    content = posting.read_content(_kept(call.args, message), text_limit=posting.TEXT_UPDATE)
    if _is_rich(message.blocks) and content.blocks and not _is_rich(content.blocks):
        raise SlackError("block_mismatch")
    posting.change(call.workspace, message, content)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.wire(with_metadata=True)}


def delete(call: Call) -> Json:
    """Take back a message of this app."""
    channel = call.channel()
    message = _own(call, channel, refusal="cant_delete_message")
    posting.remove(call.workspace, message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    """The address of a message for people."""
    channel = call.channel()
    ts = call.required("message_ts")
    if call.workspace.timeline.find(channel.id, ts) is None:
        raise SlackError("message_not_found")
    return {"channel": channel.id, "permalink": f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"}


def _destination(call: Call) -> Channel:
    workspace = call.workspace
    user = workspace.people.find(call.required("channel"))
    channel = _im(call, user) if user is not None else call.channel()
    if channel.partner and (partner := workspace.people.find(channel.partner)) and partner.deleted:
        raise SlackError("user_disabled" if user is not None else "is_archived")
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.is_im and not workspace.app.messages_tab_enabled:
        raise SlackError("messages_tab_disabled")
    if not call.is_member(channel) and not (channel.kind == "public_channel" and call.has_scope("chat:write.public")):
        raise SlackError("not_in_channel")
    return channel


def _im(call: Call, user: SlackUser) -> Channel:
    if user.deleted:
        raise SlackError("user_disabled")
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    return call.workspace.channels.im(user.id)


def _thread(call: Call, channel: Channel) -> str | None:
    thread_ts = call.text("thread_ts") or None
    parent = call.workspace.timeline.find(channel.id, thread_ts) if thread_ts else None
    if thread_ts and parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts if parent else None


def _own(call: Call, channel: Channel, *, refusal: str) -> Message:
    if channel.is_archived:
        raise SlackError("is_inactive" if refusal == "cant_update_message" else refusal)
    message = call.workspace.timeline.find(channel.id, call.required("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.user != call.workspace.app.bot_user_id:
        raise SlackError(refusal)
    return message


def _kept(args: Json, message: Message) -> Json:
    """An update without blocks drops them when it has a text, and keeps the text when it has only blocks."""
    if args.get("text") is None and args.get("blocks") is not None:
        return {**args, "text": message.text}
    return args


def _is_rich(blocks: list[Json]) -> bool:
    return any(block.get("type") == "rich_text" for block in blocks)


def _post_buckets(call: Call) -> dict[str, Allowance]:
    return {"posts": ALL_POSTS, f"channel {_canonical(call)}": ONE_CHANNEL}


def _canonical(call: Call) -> str:
    named = call.text("channel")
    if call.workspace.people.find(named) is not None:
        return call.workspace.channels.im(named).id
    try:
        return call.workspace.channels.named(named).id
    except KeyError:
        return named


WRITE = ("chat:write",)
METHODS = {
    "chat.postMessage": Method(
        run=post_message, scopes=WRITE, allowance=Allowance(per_minute=HUNDREDS, burst=HUNDREDS), buckets=_post_buckets
    ),
    "chat.postEphemeral": Method(run=post_ephemeral, scopes=WRITE, allowance=Allowance(per_minute=TIER_4, burst=TIER_4)),
    "chat.update": Method(run=update, scopes=WRITE, allowance=Allowance(per_minute=TIER_3, burst=TIER_3)),
    "chat.delete": Method(run=delete, scopes=WRITE, allowance=Allowance(per_minute=TIER_3, burst=TIER_3)),
    "chat.getPermalink": Method(run=get_permalink, allowance=Allowance(per_minute=HUNDREDS, burst=HUNDREDS)),
}
