"""
files.*: upload v2.

https://docs.slack.dev/reference/methods/files.getUploadURLExternal and files.completeUploadExternal. What Slack answers to a wrong length,
to a second completion and to a file for an archived channel is not documented; the refusals here are of the documented lists.
"""

from __future__ import annotations

from typing import Any

from sandbox.slack import posting
from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackError
from sandbox.slack.files import File
from sandbox.slack.messages import Message
from sandbox.slack.methods.call import Call, Json, Method
from sandbox.slack.rate import TIER_4, Allowance

LARGEST = 1 << 30
ALT_TEXT = 1000


def get_upload_url(call: Call) -> Json:
    """An address for the bytes of a file of this `length`."""
    name, length, alt_text = call.text("filename"), _length(call), call.text("alt_txt")
    if not name:
        raise SlackError("missing_argument")
    if length > LARGEST:
        raise SlackError("file_upload_size_restricted")
    if len(alt_text) > ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    workspace = call.workspace
    file, secret = workspace.uploads.announce(name=name, length=length, owner=workspace.app.bot_user_id, alt_text=alt_text)
    return {"upload_url": f"{workspace.origin}/slack/upload/{secret}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """Make uploaded files visible, in a channel when one is named."""
    entries = call.json("files")
    if not isinstance(entries, list) or not entries:
        raise SlackError("invalid_arguments")
    channel = _channel(call)
    thread_ts = _thread(call, channel)
    content = _content(call)
    files = [_found(call, entry) for entry in entries]
    for file, entry in zip(files, entries, strict=True):
        file.title, file.complete = str(entry.get("title") or file.name), True
    if channel is not None:
        _share(call, files, posting.post(call.workspace, content, channel=channel.id, thread_ts=thread_ts), channel)
    named = call.workspace.uploads.answers_name_shares
    return {"files": [file.wire(call.workspace.origin) | {"shares": file.shares_wire() if named else {}} for file in files]}


def _length(call: Call) -> int:
    try:
        length = int(call.text("length"))
    except ValueError:
        raise SlackError("missing_argument") from None
    if length <= 0:
        raise SlackError("missing_argument")
    return length


def _channel(call: Call) -> Channel | None:
    if not call.text("channel_id"):
        return None
    channel = call.channel("channel_id")
    if channel.is_archived:
        raise SlackError("posting_to_channel_denied")
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    return channel


def _thread(call: Call, channel: Channel | None) -> str | None:
    thread_ts = call.text("thread_ts")
    if not thread_ts or channel is None:
        return None
    parent = call.workspace.timeline.find(channel.id, thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def _content(call: Call) -> posting.Content:
    """What stands above the files: `blocks` are ignored when there is an `initial_comment`."""
    comment = call.text("initial_comment")
    if comment or not call.args.get("blocks"):
        return posting.Content(text=comment)
    content = posting.read_content({"blocks": call.args["blocks"]})
    if any(block.get("type") == "markdown" for block in content.blocks):
        raise SlackError("internal_error")  # so does Slack: https://github.com/slackapi/python-slack-sdk/issues/1756
    return content


def _found(call: Call, entry: Any) -> File:
    file = call.workspace.uploads.all.get(entry.get("id", "") if isinstance(entry, dict) else "")
    if file is None or file.content is None or file.complete:
        raise SlackError("file_not_found")
    if len(file.content) != file.length:
        raise SlackError("file_update_failed")
    return file


def _share(call: Call, files: list[File], message: Message, channel: Channel) -> None:
    for file in files:
        file.shares[channel.id] = (message.ts, channel.kind == "public_channel")
    message.files = [file.wire(call.workspace.origin) | {"shares": file.shares_wire()} for file in files]


_WRITE, _OFTEN = ("files:write",), Allowance(per_minute=TIER_4, burst=TIER_4)
METHODS = {
    "files.getUploadURLExternal": Method(run=get_upload_url, scopes=_WRITE, allowance=_OFTEN),
    "files.completeUploadExternal": Method(run=complete_upload, scopes=_WRITE, allowance=_OFTEN),
}
