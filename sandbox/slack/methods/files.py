"""
files.*: upload v2.
"""

from __future__ import annotations

from typing import Any

from sandbox.slack import posting
from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackError
from sandbox.slack.files import File
from sandbox.slack.methods.call import Call, Json, Method
from sandbox.slack.rate import TIER_4, Allowance


def get_upload_url(call: Call) -> Json:
    """An address for the bytes of a file of this `length`."""
    try:
        length = int(call.required("length"))
    except ValueError:
        raise SlackError("missing_argument") from None
    file, secret = call.workspace.files.announce(name=call.required("filename"), length=length)
    return {"upload_url": f"{call.workspace.origin}/slack/upload/{secret}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """Make uploaded files visible, in a channel when one is named."""
    entries = call.json("files")
    if not isinstance(entries, list) or not entries:
        raise SlackError("invalid_arguments")
    channel = _channel(call)
    files = [_finish(call, entry) for entry in entries]
    if channel is not None:
        content = posting.Content(text=call.text("initial_comment"))
        message = posting.post(call.workspace, content, channel=channel.id, thread_ts=call.text("thread_ts") or None)
        message.files = [file.wire() for file in files]
    return {"files": [file.wire() for file in files]}


def _channel(call: Call) -> Channel | None:
    if not call.text("channel_id"):
        return None
    channel = call.channel("channel_id")
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    return channel


def _finish(call: Call, entry: Any) -> File:
    file = call.workspace.files.all.get(entry.get("id", "") if isinstance(entry, dict) else "")
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    if len(file.content) != file.length:
        raise SlackError("file_update_failed")
    file.title, file.complete = str(entry.get("title") or file.name), True
    return file


_WRITE, _OFTEN = ("files:write",), Allowance(per_minute=TIER_4, burst=TIER_4)
METHODS = {
    "files.getUploadURLExternal": Method(run=get_upload_url, scopes=_WRITE, allowance=_OFTEN),
    "files.completeUploadExternal": Method(run=complete_upload, scopes=_WRITE, allowance=_OFTEN),
}
