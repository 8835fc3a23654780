"""
Block Kit's elements, and which of them may stand where.

Limits: https://docs.slack.dev/reference/block-kit/block-elements ; the ones for lengths are confirmed by slack_sdk's models.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.slack.blocks.objects import CONFIRM, DISPATCH, FILTER, OPTION_GROUP, PLACEHOLDER, any_text, option, plain_text
from sandbox.slack.blocks.schema import Check, Findings, anything, boolean, by_type, choice, integer, items, record, string

ACTION_ID = string(at_most=255)
TEXT_INPUT_LIMIT = 3000
_COMMON: Mapping[str, Check] = {"action_id": ACTION_ID, "focus_on_load": boolean}
_MENU: Mapping[str, Check] = {**_COMMON, "placeholder": PLACEHOLDER, "confirm": CONFIRM}


def _element(kind: str, required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    return record(required={"type": choice(kind), **required}, optional=optional)


def _options_or_groups(kind: str, optional: Mapping[str, Check]) -> Check:
    choices: dict[str, Check] = {"options": items(option(), at_most=100), "option_groups": items(OPTION_GROUP, at_most=100)}
    inside = _element(kind, {}, {**_MENU, **choices, **optional})

    def check(value: object, pointer: str, found: Findings) -> None:
        inside(value, pointer, found)
        if isinstance(value, dict) and ("options" in value) == ("option_groups" in value):
            found.add("must define either `options` or `option_groups`", pointer)

    return check


_IMAGE_FORM = record(
    required={"type": choice("image"), "alt_text": string(at_most=2000)},
    optional={"image_url": string(at_most=3000), "slack_file": anything},
)


def _image(value: object, pointer: str, found: Findings) -> None:
    _IMAGE_FORM(value, pointer, found)
    if isinstance(value, dict) and ("image_url" in value) == ("slack_file" in value):
        found.add("must define either `image_url` or `slack_file`", pointer)


def _choices(kind: str, chosen: str) -> Check:
    one = option(rich=True)
    initial = items(one, at_most=10) if chosen == "initial_options" else one
    return _element(kind, {"options": items(one, at_most=10)}, {**_COMMON, "confirm": CONFIRM, chosen: initial})


def _text_input(kind: str) -> Check:
    lengths: dict[str, Check] = {
        "min_length": integer(at_least=0, at_most=TEXT_INPUT_LIMIT),
        "max_length": integer(at_least=1, at_most=TEXT_INPUT_LIMIT),
    }
    optional = {
        "initial_value": string(at_most=TEXT_INPUT_LIMIT, at_least=0),
        "placeholder": PLACEHOLDER,
        "dispatch_action_config": DISPATCH,
    }
    return _element(kind, {}, {**_COMMON, **lengths, **optional, "multiline": boolean})


_BUTTON = _element(
    "button",
    {"text": plain_text(at_most=75)},
    {
        "action_id": ACTION_ID,
        "url": string(at_most=3000),
        "value": string(at_most=2000),
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(at_most=75),
    },
)

_LINE_INPUT: Mapping[str, Check] = {**_COMMON, "initial_value": string(at_most=TEXT_INPUT_LIMIT, at_least=0), "placeholder": PLACEHOLDER}
_CHOSEN_USERS: Mapping[str, Check] = {"initial_users": items(anything, at_most=100), "max_selected_items": integer(at_least=1, at_most=100)}

ELEMENTS: Mapping[str, Check] = {
    "button": _BUTTON,
    "static_select": _options_or_groups("static_select", {"initial_option": option()}),
    "multi_static_select": _options_or_groups(
        "multi_static_select", {"initial_options": items(option(), at_most=100), "max_selected_items": integer(at_least=1, at_most=100)}
    ),
    "external_select": _element(
        "external_select", {}, {**_MENU, "initial_option": option(), "min_query_length": integer(at_least=0, at_most=255)}
    ),
    "users_select": _element("users_select", {}, {**_MENU, "initial_user": string(at_most=255)}),
    "multi_users_select": _element("multi_users_select", {}, {**_MENU, **_CHOSEN_USERS}),
    "conversations_select": _element(
        "conversations_select",
        {},
        {
            **_MENU,
            "initial_conversation": string(at_most=255),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": FILTER,
        },
    ),
    "channels_select": _element("channels_select", {}, {**_MENU, "initial_channel": string(at_most=255), "response_url_enabled": boolean}),
    "overflow": _element("overflow", {"options": items(option(link=True), at_most=5)}, {"action_id": ACTION_ID, "confirm": CONFIRM}),
    "datepicker": _element("datepicker", {}, {**_MENU, "initial_date": string(at_most=10, at_least=10)}),
    "timepicker": _element("timepicker", {}, {**_MENU, "initial_time": string(at_most=5, at_least=5), "timezone": string(at_most=255)}),
    "checkboxes": _choices("checkboxes", "initial_options"),
    "radio_buttons": _choices("radio_buttons", "initial_option"),
    "plain_text_input": _text_input("plain_text_input"),
    "email_text_input": _element("email_text_input", {}, {**_LINE_INPUT, "dispatch_action_config": DISPATCH}),
    "url_text_input": _element("url_text_input", {}, {**_LINE_INPUT, "dispatch_action_config": DISPATCH}),
    "number_input": _element(
        "number_input",
        {"is_decimal_allowed": boolean},
        {**_LINE_INPUT, "min_value": anything, "max_value": anything, "dispatch_action_config": DISPATCH},
    ),
    "image": _image,
}

_MENUS = (
    "static_select",
    "multi_static_select",
    "external_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "channels_select",
)
_PICKERS = (*_MENUS, "datepicker", "timepicker", "checkboxes", "radio_buttons")
_TYPED = ("plain_text_input", "email_text_input", "url_text_input", "number_input")


def _only(*names: str) -> Check:
    return by_type({name: ELEMENTS[name] for name in names}, strict_union=True)


IN_ACTIONS = _only("button", "overflow", *_PICKERS)
AS_ACCESSORY = _only("button", "overflow", "image", *_PICKERS)
IN_INPUT = _only(*_TYPED, *_PICKERS)
_TEXT_OR_IMAGE = any_text(at_most=2000)


def in_context(value: object, pointer: str, found: Findings) -> None:
    """A context block holds images and texts, nothing to press."""
    is_image = isinstance(value, dict) and value.get("type") == "image"
    (_image if is_image else _TEXT_OR_IMAGE)(value, pointer, found)
