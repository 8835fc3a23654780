"""
How the Slack client turns what a person did in an element into JSON: the values of `state` and of `actions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sandbox.slack.blocks.surfaces import elements_of
from sandbox.slack.errors import NotPossible

Json = dict[str, Any]
State = dict[str, dict[str, Json]]

REQUIRED = "Please complete this required field."
VALUE_NAMES = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_channel": "initial_channel",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def initial_state(blocks: Iterable[Json], *, before: State | None = None) -> State:
    """The state of fresh *blocks*: initial values, or what was entered *before* under the same ids."""
    state: State = {}
    for block in blocks:
        for element in elements_of(block):
            name = VALUE_NAMES.get(element.get("type", ""))
            if name is None or element["type"] == "overflow":
                continue
            kept = (before or {}).get(block["block_id"], {}).get(element["action_id"])
            fresh = {"type": element["type"], name: element.get(INITIAL[name], [] if name.endswith("s") else None)}
            state.setdefault(block["block_id"], {})[element["action_id"]] = kept or fresh
    return state


def entered(element: Json, value: Any) -> Json:
    """The value object after a person entered *value*: text, an option's value or label, an id, a date, or a list of those."""
    kind = element["type"]
    name = VALUE_NAMES.get(kind)
    if name is None:
        raise NotPossible(f"nothing can be entered in a {kind}")
    if name == "selected_option":
        return {"type": kind, name: find_option(element, value)}
    if name == "selected_options":
        return {"type": kind, name: [find_option(element, each) for each in value]}
    return {"type": kind, name: value}


def find_option(element: Json, wanted: Any) -> Json:
    """The option whose value or label is *wanted* (a searched menu takes what was found); raises NotPossible for another."""
    if element["type"] == "external_select" and isinstance(wanted, dict):
        return wanted
    groups = element.get("option_groups", ())
    options = [*element.get("options", ()), *(option for group in groups for option in group["options"])]
    for option in options:
        if wanted == option or wanted in (option["value"], option["text"]["text"]):
            return dict(option)
    raise NotPossible(f"the menu does not offer {wanted!r}")


def complaint(block: Json, value: Json | None) -> str | None:
    """What the client says beside an input before it lets the person submit; None when the value is good."""
    element = block["element"]
    content = (value or {}).get(VALUE_NAMES[element["type"]])
    if content in (None, "", []):
        return None if block.get("optional") else REQUIRED
    if element["type"] == "email_text_input" and not EMAIL.fullmatch(content):
        return "Enter a valid email address."
    if element["type"] == "plain_text_input":
        return _length_complaint(element, content)
    return None


def _length_complaint(element: Json, content: str) -> str | None:
    at_least, at_most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(content) < at_least:
        return f"This field needs at least {at_least} characters."
    if len(content) > at_most:
        return f"This field holds at most {at_most} characters."
    return None


def action(block: Json, element: Json, *, value: Any, action_ts: str) -> Json:
    """One member of `actions` in a block_actions payload: a press, or a choice of *value*."""
    made: Json = {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "type": element["type"],
        "action_ts": action_ts,
    }
    if element["type"] == "button":
        sent = element.get("value") if value is None else value
        made |= {"text": element["text"]}
        made |= {name: element[name] for name in ("style", "url") if name in element}
        return made | ({"value": sent} if sent is not None else {})
    made |= {name: element[name] for name in ("placeholder",) if name in element}
    return made | entered(element, value)
