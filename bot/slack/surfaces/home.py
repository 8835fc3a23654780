"""The Home tab: what you asked for, what you can ask for, and, for approvers, what waits for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock, PlainTextObject

from bot.figures.awaiting import Awaiting, CardPlace, Pile
from bot.figures.report import Report
from bot.settings import Product
from bot.slack.surfaces import own_seats
from bot.slack.surfaces.digest_texts import NOTHING_WAITS
from bot.slack.surfaces.markup import button, buttons, context, link_button, listed, mention, quoted, section, span
from bot.slack.surfaces.notices import OPEN_FORM
from bot.slack.surfaces.own_seats import OwnSeats
from bot.slack.surfaces.seat_lines import figure_blocks, on_money
from bot.slack.surfaces.status import StatusRow, request_rows
from bot.slack.surfaces.waiting_lines import plan_button, waiting_lines
from storage.records import AccessRequest

MOST_PRODUCTS = 25
"""Slack's limit for one row of buttons."""
MOST_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """
    One person's Home: their *own* requests and, for those who may decide, all *pending* ones, newest first.

    *links* are the addresses of the pending requests' cards by request id, as far as known. *awaiting* is what else waits, with the
    addresses of its cards in *places*, and *report* what came of the idle seats, both for those who may decide.
    """

    own: tuple[AccessRequest, ...]
    may_decide: bool
    pending: tuple[AccessRequest, ...]
    products: tuple[Product, ...]
    now: datetime
    links: Mapping[str, str] = field(default_factory=dict)
    awaiting: Awaiting = field(default_factory=Awaiting)
    places: Mapping[CardPlace, str] = field(default_factory=dict)
    report: Report | None = None
    seats: OwnSeats = field(default=OwnSeats(reader=""))

    def product_of(self, request: AccessRequest) -> str:
        """The product's name, or its key when the settings no longer have it."""
        return next((product.name for product in self.products if product.key == request.product), request.product)


def render(view: HomeView) -> tuple[Block, ...]:
    """The blocks of the tab."""
    return (*_asking(view), *(_deciding(view) if view.may_decide else ()), *_seats(view), *_asked(view), *_figures(view))


def _asking(view: HomeView) -> tuple[Block, ...]:
    choices = [
        button(f"Ask for {product.name}", action_id=f"{OPEN_FORM}.{product.key}", value=product.key)
        for product in view.products[:MOST_PRODUCTS]
    ]
    hint = "An admin decides, and I message you when it's done. What you had there is still there."
    return (_header("Get your access back"), context(hint), buttons(*choices, block_id="ask"))


def _seats(view: HomeView) -> tuple[Block, ...]:
    return own_seats.blocks(view.seats, products={product.key: product for product in view.products})


def _deciding(view: HomeView) -> tuple[Block, ...]:
    rows = tuple(_pending_row(request, view) for request in view.pending[:MOST_ROWS])
    found = (*_where(view), *rows, *_else(view)) or (section(NOTHING_WAITS),)
    return (DividerBlock(), _header("For you to decide"), *found)


def _else(view: HomeView) -> tuple[Block, ...]:
    """What waits beside the requests that have a row of their own."""
    more = max(view.awaiting.requests.count - len(view.pending), 0)
    waits = replace(view.awaiting, requests=Pile(count=more))
    lines = tuple(waiting_lines(waits, links=view.places, names={product.key: product.name for product in view.products}))
    return (section("\n".join(lines)), *plan_button(waits, links=view.places)) if lines else ()


def _where(view: HomeView) -> tuple[Block, ...]:
    """Where to decide what has no link of its own; empty when everything has."""
    unlinked = (request for request in view.pending[:MOST_ROWS] if request.id not in view.links)
    channels = dict.fromkeys(request.card_channel for request in unlinked if request.card_channel)
    places = listed([f"<#{quoted(channel)}>" for channel in channels])
    return (context(f"Decide on the cards in {places}."),) if places else ()


def _pending_row(request: AccessRequest, view: HomeView) -> Block:
    waiting = span(view.now - request.filed_at)
    text = f"🟡  {mention(request.requester_slack_id)} asks for *{quoted(view.product_of(request))}*\nWaiting for {waiting}"
    link = view.links.get(request.id)
    return section(text, accessory=link_button("Open the card", url=link) if link else None)


def _figures(view: HomeView) -> tuple[Block, ...]:
    if view.report is None:
        return ()
    return (DividerBlock(), _header("Seats taken back so far"), *figure_blocks(view.report), context(on_money(view.report)))


def _asked(view: HomeView) -> tuple[Block, ...]:
    if not view.own:
        return (DividerBlock(), _header("Your requests"), section("You haven't asked for anything yet."))
    return (
        DividerBlock(),
        _header("Your requests"),
        *request_rows(
            [StatusRow(request=one) for one in view.own[:MOST_ROWS]], products={product.key: product for product in view.products}
        ),
    )


def _header(text: str) -> Block:
    return HeaderBlock(text=PlainTextObject(text=text))
