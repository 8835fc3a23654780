"""What `/request-… status` and `/request-… help` answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, ButtonElement

from bot.policy import can_be_taken_back
from bot.settings import Product
from bot.slack.surfaces import reasons
from bot.slack.surfaces.markup import button, confirm, mention, moment, quoted, section
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.standing import face_of, standing_of, words_of
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, Decision

CANCEL = "request.cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """One request, with the *decision* on it and its place in the queue (1 is the next) where they are known."""

    request: AccessRequest
    decision: Decision | None = None
    queue_position: int | None = None


def render_status(rows: Sequence[StatusRow], *, products: Mapping[str, Product]) -> Message:
    """A person's latest requests, newest first, each with a button where it can still be taken back."""
    if not rows:
        text = "You haven't asked for anything yet. `/request-access` is the way to start."
        return Message(text=text, blocks=(section(text),))
    lines = ", ".join(f"{_name(row.request, products)}: {words_of(row.request)}" for row in rows)
    return Message(text=f"Your requests: {lines}", blocks=(section("*Your requests*"), *request_rows(rows, products=products)))


def request_rows(rows: Sequence[StatusRow], *, products: Mapping[str, Product]) -> tuple[Block, ...]:
    """A paragraph for each request: where it stands, why it stands there, and when it was asked."""
    return tuple(_paragraph(row, products) for row in rows)


def _paragraph(row: StatusRow, products: Mapping[str, Product]) -> Block:
    request, why = row.request, _why(row, products)
    text = f"{face_of(request)}  *{_name(request, products)}* · {words_of(request)}\n{why}Asked {moment(request.filed_at)}"
    return section(text, accessory=_take_back(request) if can_be_taken_back(request) else None)


def _why(row: StatusRow, products: Mapping[str, Product]) -> str:
    request = row.request
    place = f"You are number {row.queue_position} in the queue. " if row.queue_position else ""
    facts = {"product": _name(request, products), "requester": mention(request.requester_slack_id), "approver": "", "place": place}
    match request.status:
        case RequestStatus.WAITING:
            return f"{reasons.for_person(reasons.WAITING, request, facts).strip()}\n"
        case RequestStatus.NEEDS_ATTENTION:
            return f"{reasons.for_person(reasons.ATTENTION, request, facts).strip()}\n"
        case RequestStatus.DENIED if row.decision is not None:
            said = quoted(row.decision.reason or "")
            return standing_of(request, decision=row.decision) + (f" “{said}”" if said else "") + "\n"
        case _:
            return ""


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
