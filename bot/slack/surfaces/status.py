"""What `/request-… status` and `/request-… help` answer."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import Block, ButtonElement

from bot.settings import Product
from bot.slack.surfaces.markup import button, confirm, moment, quoted, section
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.standing import face_of, words_of
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest

CANCEL = "request.cancel"
_CAN_BE_TAKEN_BACK = frozenset({RequestStatus.PENDING, RequestStatus.APPROVED, RequestStatus.WAITING})


def render_status(requests: Sequence[AccessRequest], *, products: Mapping[str, Product]) -> Message:
    """A person's latest requests, newest first, each with a button where it can still be taken back."""
    if not requests:
        text = "You haven't asked for anything yet. `/request-access` is the way to start."
        return Message(text=text, blocks=(section(text),))
    lines = ", ".join(f"{_name(request, products)}: {words_of(request)}" for request in requests)
    return Message(text=f"Your requests: {lines}", blocks=(section("*Your requests*"), *request_rows(requests, products=products)))


def request_rows(requests: Sequence[AccessRequest], *, products: Mapping[str, Product]) -> tuple[Block, ...]:
    """One line for each request."""
    return tuple(_row(request, products) for request in requests)


def _row(request: AccessRequest, products: Mapping[str, Product]) -> Block:
    text = f"{face_of(request)}  *{_name(request, products)}* · {words_of(request)}\nAsked {moment(request.filed_at)}"
    return section(text, accessory=_take_back(request) if request.status in _CAN_BE_TAKEN_BACK else None)


def _take_back(request: AccessRequest) -> ButtonElement:
    question = confirm(
        title="Take this request back?", text="Nothing will be changed. You can ask again any time.", yes="Take it back", no="Keep it"
    )
    return button("Take it back", action_id=CANCEL, value=request.id, confirm=question)


def _name(request: AccessRequest, products: Mapping[str, Product]) -> str:
    product = products.get(request.product)
    return quoted(product.name if product else request.product)


def render_help(product: Product | None, *, products: Mapping[str, Product]) -> Message:
    """How to ask, in four lines; for `/request-access` *product* is None."""
    text = _help_of(product) if product else _help_of_all(products)
    return Message(text=text, blocks=(section(text),))


def _help_of(product: Product) -> str:
    command, name = product.command, quoted(product.name)
    return "\n".join(
        (
            f"*Get {name} back*",
            f"`{command} planning the autumn release`  asks at once; write what you need it for",
            f"`{command}`  opens a form",
            f"`{command} status`  shows your requests, and lets you take one back",
            "An admin decides, and I message you when it's done. What you had there is still there.",
        )
    )


def _help_of_all(products: Mapping[str, Product]) -> str:
    commands = "\n".join(f"`{product.command}`  for {quoted(product.name)}" for product in products.values())
    form = "`/request-access`  opens a form for any of these"
    return f"*Get your access back*\n{form}\n{commands}\n`/request-access status`  shows your requests"
