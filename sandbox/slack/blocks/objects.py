"""
Block Kit's composition objects: text, option, option group, confirmation.

Limits: https://docs.slack.dev/reference/block-kit/composition-objects
"""

from __future__ import annotations

from sandbox.slack.blocks.schema import Check, anything, boolean, by_type, choice, items, record, string


def plain_text(*, at_most: int) -> Check:
    """A plain_text object of at most so many characters; mrkdwn is refused."""
    inside = record(required={"type": choice("plain_text"), "text": string(at_most=at_most)}, optional={"emoji": boolean})
    return by_type({"plain_text": inside}, strict_union=True)


def any_text(*, at_most: int) -> Check:
    """A plain_text or mrkdwn object; `emoji` belongs to the first only, `verbatim` to the second only."""
    words = string(at_most=at_most)
    return by_type(
        {
            "plain_text": record(required={"type": choice("plain_text"), "text": words}, optional={"emoji": boolean}),
            "mrkdwn": record(required={"type": choice("mrkdwn"), "text": words}, optional={"verbatim": boolean}),
        },
        strict_union=True,
    )


CONFIRM = record(
    required={"title": plain_text(at_most=100), "text": any_text(at_most=300)},
    optional={"confirm": plain_text(at_most=30), "deny": plain_text(at_most=30), "style": choice("primary", "danger")},
)

PLACEHOLDER = plain_text(at_most=150)


def option(*, rich: bool = False, link: bool = False) -> Check:
    """One choice of a menu: text 75, value 150; *rich* allows mrkdwn (checkboxes, radio buttons), *link* a url (overflow)."""
    text = any_text(at_most=75) if rich else plain_text(at_most=75)
    description = any_text(at_most=75) if rich else plain_text(at_most=75)
    optional = {"description": description}
    if link:
        optional["url"] = string(at_most=3000)
    return record(required={"text": text, "value": string(at_most=150)}, optional=optional)


OPTION_GROUP = record(required={"label": plain_text(at_most=75), "options": items(option(), at_most=100)})

DISPATCH = record(required={}, optional={"trigger_actions_on": items(choice("on_enter_pressed", "on_character_entered"), at_most=2)})

FILTER = anything
