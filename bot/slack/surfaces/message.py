"""A message as it leaves: text for notifications and screen readers, blocks for the eye."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    One message; `text` is mrkdwn, under 4,000 characters, and says the whole news without the blocks.

    Slack refuses an update with a longer text (`msg_too_long`), though it takes one as a post.
    """

    text: str
    blocks: tuple[Block, ...]


def to_json(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """The blocks as Slack takes them; raises SlackObjectFormationError for a shape that Slack would refuse."""
    return [block.to_dict() for block in blocks]
