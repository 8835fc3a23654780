"""
What Slack says about the blocks of a message, a modal or a Home tab before it accepts them; and the ids that it adds itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.slack.blocks.layout import ANY_BLOCK
from sandbox.slack.blocks.objects import plain_text
from sandbox.slack.blocks.schema import Check, Findings, anything, boolean, choice, items, record, string

Json = dict[str, Any]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TOTAL_TEXT = 13_200
"""Undocumented sum over all blocks of a message: slackapi/bolt-js#2509."""


def _list_of_blocks(at_most: int) -> Check:
    return items(ANY_BLOCK, at_most=at_most, at_least=0)


def _unique_block_ids(blocks: object, pointer: str, found: Findings) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if isinstance(block_id, str) and block_id in seen:
            found.add(f"`block_id` already exists: {block_id}", f"{pointer}/{index}/block_id")
        elif isinstance(block_id, str):
            seen.add(block_id)


def refuse_message_blocks(blocks: object, *, pointer: str = "/blocks") -> list[str]:
    """The findings that make Slack answer `invalid_blocks`; empty when the blocks are good for a message."""
    found = Findings()
    _list_of_blocks(MESSAGE_BLOCKS)(blocks, pointer, found)
    _unique_block_ids(blocks, pointer, found)
    return found.lines


_IDS: dict[str, Check] = {
    "private_metadata": string(at_most=3000, at_least=0),
    "callback_id": string(at_most=255, at_least=0),
    "external_id": string(at_most=255, at_least=0),
}
_MODAL = record(
    required={"type": choice("modal"), "title": plain_text(at_most=24), "blocks": _list_of_blocks(VIEW_BLOCKS)},
    optional={
        **_IDS,
        "submit": plain_text(at_most=24),
        "close": plain_text(at_most=24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "app_id": anything,
    },
)
_HOME = record(required={"type": choice("home"), "blocks": _list_of_blocks(VIEW_BLOCKS)}, optional=_IDS)


def refuse_view(view: object, *, kind: str) -> list[str]:
    """The findings that make Slack answer `invalid_arguments` to a view of *kind* ("modal" or "home"); empty when it is good."""
    found = Findings()
    (_MODAL if kind == "modal" else _HOME)(view, "/view", found)
    if isinstance(view, dict):
        _unique_block_ids(view.get("blocks"), "/view/blocks", found)
        if kind == "modal" and "submit" not in view and _has_input(view):
            found.add("missing required field: submit", "/view")
    return found.lines


def _has_input(view: Json) -> bool:
    blocks = view.get("blocks")
    return isinstance(blocks, list) and any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)


def total_text(value: object) -> int:
    """Characters in all `text` strings below *value*."""
    if isinstance(value, dict):
        return sum(len(member) if name == "text" and isinstance(member, str) else total_text(member) for name, member in value.items())
    if isinstance(value, list):
        return sum(total_text(member) for member in value)
    return 0


def with_ids(blocks: list[Json], new_id: Callable[[], str]) -> list[Json]:
    """A copy of *blocks* in which every block has a block_id and everything that can be pressed an action_id, as Slack returns them."""
    copied = copy.deepcopy(blocks)
    for block in copied:
        block.setdefault("block_id", new_id())
        for element in elements_of(block):
            if element.get("type") not in ("mrkdwn", "plain_text", "image", "rich_text_section"):
                element.setdefault("action_id", new_id())
    return copied


def elements_of(block: Json) -> Iterator[Json]:
    """The interactive elements of one block, in reading order; what is in a context or rich_text block can't be pressed."""
    if block.get("type") == "actions":
        yield from block.get("elements", ())
    elif block.get("type") == "input" and "element" in block:
        yield block["element"]
    elif "accessory" in block:
        yield block["accessory"]
