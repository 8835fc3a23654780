"""How each kind of delivery can be answered with a sentence in the ack itself."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from slack_bolt.response import BoltResponse

from bot.slack.surfaces import notices
from bot.slack.surfaces.message import Message, to_json
from bot.slack.surfaces.modals import REASON
from bot.slack.surfaces.notices import NoticeView


class Kind(StrEnum):
    """What Slack delivers; the values begin the delivery keys."""

    COMMAND = "command"
    CLICK = "action"
    SUBMISSION = "view"
    EVENT = "event"
    OTHER = "other"


def kind_of(body: Mapping[str, Any]) -> Kind:
    """The kind of a delivery's body."""
    if "command" in body:
        return Kind.COMMAND
    return _KINDS.get(str(body.get("type")), Kind.OTHER)


_KINDS: Mapping[str, Kind] = {"block_actions": Kind.CLICK, "view_submission": Kind.SUBMISSION, "event_callback": Kind.EVENT}


def reply(body: Mapping[str, Any], *, news: str) -> BoltResponse:
    """
    The ack that tells *news* where the kind of delivery has room for it.

    An ack of a click or an event shows nothing to anybody; it only stops Slack from waiting.
    """
    message = notices.render(NoticeView(news=news))
    match kind_of(body):
        case Kind.COMMAND:
            return BoltResponse(status=200, body=as_ack(message))
        case Kind.SUBMISSION:
            return BoltResponse(status=200, body={"response_action": "errors", "errors": {REASON: message.text}})
        case _:
            return BoltResponse(status=200, body="")


def as_ack(message: Message) -> dict[str, Any]:
    """A command's ack that shows *message* to the person who typed it, and to nobody else."""
    return {"response_type": "ephemeral", "text": message.text, "blocks": to_json(message.blocks), "unfurl_links": False}
