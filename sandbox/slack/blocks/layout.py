"""
Block Kit's layout blocks: what each must and may contain.

Limits: https://docs.slack.dev/reference/block-kit/blocks . Newer blocks that Slack rolls out by phases are refused, as Slack may do too.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.slack.blocks.elements import AS_ACCESSORY, IN_ACTIONS, IN_INPUT, in_context
from sandbox.slack.blocks.objects import any_text, plain_text
from sandbox.slack.blocks.schema import Check, Findings, anything, boolean, by_type, choice, items, record, string

BLOCK_ID = string(at_most=255)


def _block(kind: str, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    return record(required={"type": choice(kind), **required}, optional={"block_id": BLOCK_ID, **(optional or {})})


_SECTION_FORM = _block(
    "section",
    {},
    {
        "text": any_text(at_most=3000),
        "fields": items(any_text(at_most=2000), at_most=10),
        "accessory": AS_ACCESSORY,
        "expand": boolean,
    },
)


def _section(value: object, pointer: str, found: Findings) -> None:
    _SECTION_FORM(value, pointer, found)
    if isinstance(value, dict) and "text" not in value and "fields" not in value:
        found.add("must define either `text` or `fields`", pointer)


_IMAGE_FORM = _block(
    "image",
    {"alt_text": string(at_most=2000)},
    {"image_url": string(at_most=3000), "slack_file": anything, "title": plain_text(at_most=2000)},
)


def _image(value: object, pointer: str, found: Findings) -> None:
    _IMAGE_FORM(value, pointer, found)
    if isinstance(value, dict) and ("image_url" in value) == ("slack_file" in value):
        found.add("must define either `image_url` or `slack_file`", pointer)


def _with_unique_actions(inner: Check) -> Check:
    def check(value: object, pointer: str, found: Findings) -> None:
        inner(value, pointer, found)
        elements = value.get("elements") if isinstance(value, dict) else None
        seen: set[str] = set()
        for index, element in enumerate(elements if isinstance(elements, list) else ()):
            action_id = element.get("action_id") if isinstance(element, dict) else None
            if isinstance(action_id, str) and action_id in seen:
                found.add(f"`action_id` already exists: {action_id}", f"{pointer}/elements/{index}/action_id")
            elif isinstance(action_id, str):
                seen.add(action_id)

    return check


BLOCKS: Mapping[str, Check] = {
    "section": _section,
    "header": _block("header", {"text": plain_text(at_most=150)}),
    "divider": _block("divider", {}),
    "context": _block("context", {"elements": items(in_context, at_most=10)}),
    "actions": _with_unique_actions(_block("actions", {"elements": items(IN_ACTIONS, at_most=25)})),
    "image": _image,
    "input": _block(
        "input",
        {"label": plain_text(at_most=2000), "element": IN_INPUT},
        {"hint": plain_text(at_most=2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _block("rich_text", {"elements": items(anything, at_most=1000)}),
    "markdown": _block("markdown", {"text": string(at_most=12_000)}),
}

ANY_BLOCK = by_type(BLOCKS)
