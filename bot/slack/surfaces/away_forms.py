"""The forms of exemptions: asking that a seat be left alone, and saying why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    DatePickerElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from bot.settings import Product
from bot.slack.surfaces.markup import LONGEST_QUOTE, plain, quoted, section
from bot.slack.surfaces.modals import MOST_OPTIONS, PRODUCT, REASON

ASK = "exemption.ask"
REFUSE = "exemption.refuse"
UNTIL = "until"
OWNER = "owner"
SUGGESTED = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayForm:
    """What a person filled in; `product` and `owner` are empty when the form answers the warning `warning_id`."""

    warning_id: str | None
    product: str
    owner: str
    until: date | None
    reason: str


def about_warning(warning_id: str, *, product: str | None, today: date) -> View:
    """The form behind a warning's button: the seat is known, and named where the *product*'s name is."""
    seat = f"*{quoted(product)}* seat" if product else "seat"
    words = f"I'll ask the admins to leave your {seat} alone."
    return _form(section(words), _until(today), _reason(), metadata=warning_id)


def about_any(products: Mapping[str, Product], *, owner: str, product: str | None, today: date) -> View:
    """The form on Home: which product, and whose seat; *owner* and *product* are filled in."""
    options = [Option(value=key, text=PlainTextObject(text=plain(one.name, longest=75))) for key, one in products.items()][:MOST_OPTIONS]
    chosen = next((option for option in options if option.value == product), options[0] if len(options) == 1 else None)
    which = StaticSelectElement(action_id=PRODUCT, options=options, initial_option=chosen, placeholder="Choose one")
    whose = UserSelectElement(action_id=OWNER, initial_user=owner, placeholder="Choose a person")
    return _form(
        InputBlock(block_id=PRODUCT, label="Which product?", element=which),
        InputBlock(block_id=OWNER, label="Whose seat?", hint="Yours, or that of somebody who reports to you.", element=whose),
        _until(today),
        _reason(),
        metadata="",
    )


def _form(*blocks: Block, metadata: str) -> View:
    return View(
        type="modal",
        callback_id=ASK,
        title="Leave a seat alone",
        submit="Ask the admins",
        close="Not now",
        private_metadata=metadata,
        blocks=list(blocks),
    )


def _until(today: date) -> Block:
    picker = DatePickerElement(action_id=UNTIL, initial_date=(today + SUGGESTED).isoformat())
    return InputBlock(block_id=UNTIL, label="Until when?", hint="That day included; at most a year.", element=picker)


def _reason() -> Block:
    element = PlainTextInputElement(action_id=REASON, max_length=LONGEST_QUOTE, placeholder="On parental leave, back in March")
    return InputBlock(block_id=REASON, label="Why?", hint="The admins see it beside your name.", element=element)


def parse_ask(view: Mapping[str, Any]) -> AwayForm:
    """What was submitted; no date when none could be read."""
    return AwayForm(
        warning_id=str(view.get("private_metadata") or "") or None,
        product=str((_state(view, PRODUCT).get("selected_option") or {}).get("value") or ""),
        owner=str(_state(view, OWNER).get("selected_user") or ""),
        until=_date(_state(view, UNTIL).get("selected_date")),
        reason=_written(view),
    )


def refuse_form(exemption_id: str) -> View:
    """The form that asks an approver why."""
    answer = InputBlock(
        block_id=REASON,
        label="Why not?",
        hint="Sent to the person who asked, with your name.",
        element=PlainTextInputElement(action_id=REASON, multiline=True, max_length=LONGEST_QUOTE, focus_on_load=True),
    )
    return View(
        type="modal",
        callback_id=REFUSE,
        title="Refuse the exemption",
        submit="Refuse",
        close="Cancel",
        private_metadata=exemption_id,
        blocks=[answer],
    )


def parse_refuse(view: Mapping[str, Any]) -> tuple[str, str]:
    """The exemption's id and the words; no words when there is nothing to see in them."""
    return str(view.get("private_metadata") or ""), _written(view)


def _written(view: Mapping[str, Any]) -> str:
    text = str(_state(view, REASON).get("value") or "").strip()
    return text if plain(text) else ""


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _state(view: Mapping[str, Any], block_id: str) -> Mapping[str, Any]:
    values = (view.get("state") or {}).get("values") or {}
    element: Mapping[str, Any] = (values.get(block_id) or {}).get(block_id) or {}
    return element
