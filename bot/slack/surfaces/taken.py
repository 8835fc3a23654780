"""What the owner of a seat is told: that it was taken back, with one button to have it again, and that it was given back."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.idle_jobs import GIVEN_BACK, TAKEN
from bot.settings import Product
from bot.slack.surfaces.card import parse
from bot.slack.surfaces.markup import button, buttons, context, day, link_button, quoted, section
from bot.slack.surfaces.message import Message

__all__ = ["ASK_BACK", "TakenView", "parse", "render"]

ASK_BACK = "seat.ask_back"
REASON = "Comeback took this seat back as it was not in use, and I need it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenView:
    """One seat's news, TAKEN or GIVEN_BACK; a return is free until the day before `free_until`, None when that is not known."""

    news: str
    reclaim_id: str
    product: Product
    taken_at: datetime
    free_until: date | None = None


def render(view: TakenView) -> Message:
    """The message of *view*; raises KeyError for news that there is none of."""
    return {TAKEN: _taken, GIVEN_BACK: _given_back}[view.news](view)


def _taken(view: TakenView) -> Message:
    product = quoted(view.product.name)
    title = f"🪑  Your seat of {product} was taken back."
    body = "It was not in use, so somebody else can have it. Your account, and all that you made there, is as it was."
    free = f"Until {view.free_until.day} {view.free_until:%b} a return costs nothing." if view.free_until else ""
    ask = button("Ask for it back", action_id=ASK_BACK, value=view.reclaim_id, style="primary")
    small = context(" ".join(part for part in (f"Or type `{view.product.command}` any time.", free) if part))
    return Message(text=f"{title} {body}", blocks=(section(f"*{title}*\n{body}"), buttons(ask), small))


def _given_back(view: TakenView) -> Message:
    product = quoted(view.product.name)
    title = f"✅  You have {product} again."
    body = f"An admin put back exactly what was taken {day(view.taken_at)}. Sign in as you used to; it can take a minute to let you in."
    link = (buttons(link_button(f"Open {view.product.name}", url=view.product.link)),) if view.product.link else ()
    return Message(text=f"{title} {body}", blocks=(section(f"*{title}*\n{body}"), *link))
