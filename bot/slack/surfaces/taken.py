"""What the owner of a seat is told: that it was taken back, with one button to have it again, and that it was given back."""

from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.jobs.seats import GIVEN_BACK, TAKEN
from bot.settings import Product
from bot.slack.surfaces.card import parse
from bot.slack.surfaces.card_parts import ASKED_BACK as REASON
from bot.slack.surfaces.markup import button, buttons, context, day, link_button, quoted, section
from bot.slack.surfaces.message import Message

__all__ = ["ASK_BACK", "REASON", "TakenView", "parse", "render"]

ASK_BACK = "seat.ask_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenView:
    """One seat's news, TAKEN or GIVEN_BACK; `back_at` is when its owner had it again, None while they have not."""

    news: str
    reclaim_id: str
    product: Product
    taken_at: datetime
    back_at: datetime | None = None


def render(view: TakenView) -> Message:
    """The message of *view*; raises KeyError for news that there is none of."""
    return {TAKEN: _taken, GIVEN_BACK: _given_back}[view.news](view)


def _taken(view: TakenView) -> Message:
    product = quoted(view.product.name)
    if view.back_at is not None:
        return _again(view)
    title = f"🪑  Your {product} seat was freed, as it wasn't in use."
    body = "Nothing you made is gone, and one click asks for it back."
    ask = button("Ask for it back", action_id=ASK_BACK, value=view.reclaim_id, style="primary")
    small = context(f"Or type `{view.product.command}` any time.")
    return Message(text=f"{title} {body}", blocks=(section(f"*{title}*\n{body}"), buttons(ask), small))


def _again(view: TakenView) -> Message:
    title = f"✅  You have your {quoted(view.product.name)} seat again."
    body = f"It was freed {day(view.taken_at)}" + (f", and is yours again since {day(view.back_at)}." if view.back_at else ".")
    return Message(text=f"{title} {body}", blocks=(section(f"*{title}*\n{body}"), *_opens(view)))


def _given_back(view: TakenView) -> Message:
    product = quoted(view.product.name)
    title = f"✅  Your {product} seat was given back."
    body = f"An admin put back exactly what was taken {day(view.taken_at)}. Sign in as you used to; it can take a minute to let you in."
    return Message(text=f"{title} {body}", blocks=(section(f"*{title}*\n{body}"), *_opens(view)))


def _opens(view: TakenView) -> tuple[Block, ...]:
    return (buttons(link_button(f"Open {view.product.name}", url=view.product.link)),) if view.product.link else ()
