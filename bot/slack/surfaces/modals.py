"""The forms: asking for access, denying with a reason, naming an account, and a note where Slack leaves no other place for a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from slack_sdk.models.blocks import Block, InputBlock, Option, PlainTextInputElement, PlainTextObject, StaticSelectElement
from slack_sdk.models.views import View

from bot.settings import Product
from bot.slack.surfaces.markup import LONGEST_QUOTE, mention, plain, quoted, said, section
from bot.slack.surfaces.message import Message

FILE = "request.file"
DENY = "request.deny"
LINK = "request.link"
PRODUCT = "product"
REASON = "reason"
"""Every form has a block of this name, so that any answer to a submission can be shown beside it."""

MOST_OPTIONS = 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9:_-]{8,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestForm:
    """What a person filled in; *product* is a key that the caller looks up, for a form can be older than the settings."""

    product: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyForm:
    """What an approver filled in; the request is read again by its id, and whether they may is decided then."""

    request_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkForm:
    """The account that an approver named, by e-mail address or account id; None when it was neither."""

    request_id: str
    account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a form is about: who asks (a Slack id) for which product, and why."""

    who: str
    product: str
    reason: str


def request_form(products: Mapping[str, Product], *, product: str | None = None, chosen: str | None = None, reason: str = "") -> View:
    """The form that asks for access, with *reason* filled in; about *product*, or with a list to choose from and *chosen* selected."""
    return View(
        type="modal",
        callback_id=FILE,
        title="Get access back",
        submit="Send request",
        close="Not now",
        private_metadata=product or "",
        blocks=[_about(products[product]) if product else _product_list(products, chosen=chosen), _reason_of_request(reason)],
    )


def _about(product: Product) -> Block:
    return section(f"You are asking for *{quoted(product.name)}*. The admins decide, and I'll message you.")


def _product_list(products: Mapping[str, Product], *, chosen: str | None) -> Block:
    options = [Option(value=key, text=PlainTextObject(text=plain(product.name, longest=75))) for key, product in products.items()]
    selected = next((option for option in options[:MOST_OPTIONS] if option.value == chosen), None)
    choice = StaticSelectElement(
        action_id=PRODUCT,
        options=options[:MOST_OPTIONS],
        initial_option=options[0] if len(options) == 1 else selected,
        placeholder="Choose one",
    )
    return InputBlock(block_id=PRODUCT, label="What do you need?", element=choice)


def _reason_of_request(reason: str) -> Block:
    return InputBlock(
        block_id=REASON,
        label="What do you need it for?",
        hint="A line is enough. The admins see it beside your name.",
        element=PlainTextInputElement(
            action_id=REASON,
            initial_value=plain(reason) or None,
            max_length=LONGEST_QUOTE,
            placeholder="Planning next quarter with the mobile team",
            focus_on_load=True,
        ),
    )


def parse_request(view: Mapping[str, Any]) -> RequestForm:
    """What was submitted; an empty product key when none was chosen."""
    chosen = (_state(view, PRODUCT).get("selected_option") or {}).get("value")
    product = view.get("private_metadata") or chosen or ""
    return RequestForm(product=str(product), reason=_written(view))


def deny_form(request_id: str, *, about: Subject | None = None) -> View:
    """The form that asks an approver why; it names whom it is *about*, where that is known."""
    answer = InputBlock(
        block_id=REASON,
        label="Why not?",
        hint="Sent to the person who asked, with your name.",
        element=PlainTextInputElement(action_id=REASON, multiline=True, max_length=LONGEST_QUOTE, focus_on_load=True),
    )
    return View(
        type="modal",
        callback_id=DENY,
        title="Deny this request",
        submit="Deny",
        close="Cancel",
        private_metadata=request_id,
        blocks=[*_asked(about), answer],
    )


def _asked(about: Subject | None) -> tuple[Block, ...]:
    if about is None:
        return ()
    sentence = section(f"{mention(about.who)} asks for *{quoted(about.product)}*.")
    return (sentence, said(about.reason)) if plain(about.reason) else (sentence,)


def parse_deny(view: Mapping[str, Any]) -> DenyForm:
    """What was submitted."""
    return DenyForm(request_id=str(view.get("private_metadata") or ""), reason=_written(view))


def link_form(request_id: str, *, about: Subject | None = None) -> View:
    """The form that asks an approver which account is the requester's; it names whom it is *about*, where that is known."""
    answer = InputBlock(
        block_id=REASON,
        label="Their Atlassian account",
        hint="Its e-mail address or account id. Nothing is given yet: the card shows the account, and you decide then.",
        element=PlainTextInputElement(action_id=REASON, max_length=320, placeholder="ada.park@old-name.example", focus_on_load=True),
    )
    return View(
        type="modal",
        callback_id=LINK,
        title="Link an account",
        submit="Link",
        close="Cancel",
        private_metadata=request_id,
        blocks=[*_asked(about), answer],
    )


def parse_link(view: Mapping[str, Any]) -> LinkForm:
    """What was submitted; the address of the person's page in admin.atlassian.com, which ends in the account id, is taken too."""
    written = _written(view)
    # The id's colon is escaped in an address, and there may be a query behind it.
    last = unquote(written.partition("?")[0].rstrip("/").rpartition("/")[2])
    account = written if _EMAIL.fullmatch(written) else last if _ACCOUNT_ID.fullmatch(last) else None
    return LinkForm(request_id=str(view.get("private_metadata") or ""), account=account)


def note(message: Message) -> View:
    """A message in a window of its own."""
    return View(type="modal", title="Comeback", close="Close", blocks=list(message.blocks))


def _written(view: Mapping[str, Any]) -> str:
    """The reason; empty when there is nothing to see in it, which Slack's own check lets pass."""
    text = str(_state(view, REASON).get("value") or "").strip()
    return text if plain(text) else ""


def _state(view: Mapping[str, Any], block_id: str) -> Mapping[str, Any]:
    values = (view.get("state") or {}).get("values") or {}
    element: Mapping[str, Any] = (values.get(block_id) or {}).get(block_id) or {}
    return element
