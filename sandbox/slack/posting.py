"""
Putting messages into conversations: the rules that hold for the Web API, acks and response URLs alike.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.slack.blocks.surfaces import TOTAL_TEXT, refuse_message_blocks, total_text, with_ids
from sandbox.slack.errors import SlackError, with_findings
from sandbox.slack.messages import Message
from sandbox.slack.mrkdwn import find_pings

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]

TEXT_KEPT = 40_000
TEXT_UPDATE = 4_000
MARKDOWN = 12_000
ATTACHMENTS = 100
METADATA_BYTES = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message is to say, checked."""

    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    parse_full: bool = False


def read_content(args: Json, *, text_limit: int | None = None) -> Content:
    """
    The content that the arguments of chat.* describe, JSON strings decoded.

    Raises SlackError: `no_text`, `invalid_blocks` with findings, `invalid_blocks_format`, `msg_too_long`, `msg_blocks_too_long` ...
    """
    blocks = _list_argument(args, "blocks", "invalid_blocks_format")
    attachments = _list_argument(args, "attachments", "invalid_attachments")
    text = _text(args, blocks)
    if text_limit is not None and len(text) > text_limit:
        raise SlackError("msg_too_long")
    if findings := [*refuse_message_blocks(blocks), *_attachment_findings(attachments)]:
        raise with_findings("invalid_blocks", findings)
    if total_text(blocks) > TOTAL_TEXT:
        raise SlackError("msg_blocks_too_long")
    if not (text or blocks or attachments):
        raise SlackError("no_text")
    parse_full = args.get("parse") == "full" or args.get("link_names") in (True, 1, "1", "true")
    return Content(text=text[:TEXT_KEPT], blocks=blocks, attachments=attachments, metadata=_metadata(args), parse_full=parse_full)


def _text(args: Json, blocks: list[Json]) -> str:
    text = args.get("text")
    markdown = args.get("markdown_text")
    if markdown and (text or blocks):
        raise SlackError("markdown_text_conflict")
    if markdown and len(markdown) > MARKDOWN:
        raise SlackError("msg_too_long")
    return str(markdown or text or "")


def _list_argument(args: Json, name: str, code: str) -> list[Json]:
    value = args.get(name)
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except ValueError:
            raise SlackError(code) from None
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise SlackError(code)
    return value


def _attachment_findings(attachments: list[Json]) -> list[str]:
    if len(attachments) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    found: list[str] = []
    for index, attachment in enumerate(attachments):
        if not isinstance(attachment, dict):
            raise SlackError("invalid_attachments")
        found += refuse_message_blocks(attachment.get("blocks", []), pointer=f"/attachments/{index}/blocks")
    return found


def _metadata(args: Json) -> Json | None:
    value = args.get("metadata")
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except ValueError:
            raise SlackError("invalid_metadata_format") from None
    if value in (None, ""):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("event_type"), str) or not isinstance(value.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(value)) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return value


def post(workspace: Workspace, content: Content, *, channel: str, thread_ts: str | None = None, seen_only_by: str | None = None) -> Message:
    """A new message of the app in *channel*, seen by all there or by one person only."""
    app = workspace.app
    message = Message(
        ts=workspace.stamps.next(),
        channel=channel,
        user=app.bot_user_id,
        bot_id=app.bot_id,
        app_id=app.id,
        text=content.text,
        blocks=with_ids(content.blocks, workspace.ids.block),
        attachments=content.attachments,
        metadata=content.metadata,
        thread_ts=thread_ts,
        seen_only_by=seen_only_by,
    )
    workspace.timeline.add(message)
    _note_pings(workspace, message, parse_full=content.parse_full)
    workspace.changed("ephemeral" if seen_only_by else "message", channel=channel, ts=message.ts, user=seen_only_by)
    return message


def change(workspace: Workspace, message: Message, content: Content) -> None:
    """Redraw *message*; nobody but the person that it is meant for sees a change of an ephemeral one."""
    message.text = content.text
    message.blocks = with_ids(content.blocks, workspace.ids.block)
    message.attachments = content.attachments
    message.metadata = content.metadata if content.metadata is not None else message.metadata
    if not message.is_ephemeral:
        message.edited = workspace.stamps.next()
    _note_pings(workspace, message, parse_full=content.parse_full)
    workspace.changed("message_changed", channel=message.channel, ts=message.ts, user=message.seen_only_by)


def remove(workspace: Workspace, message: Message) -> None:
    """Take *message* away."""
    workspace.timeline.remove(message)
    workspace.changed("message_deleted", channel=message.channel, ts=message.ts, user=message.seen_only_by)


def _note_pings(workspace: Workspace, message: Message, *, parse_full: bool) -> None:
    workspace.pings += find_pings(channel=message.channel, ts=message.ts, text=message.text, blocks=message.blocks, parse_full=parse_full)
