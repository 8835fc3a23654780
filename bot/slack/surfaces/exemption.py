"""
An exemption's card in the admin channel, its news to people, and the forms behind its buttons.

The card is redrawn whole from the database; a button's value is the exemption's id and nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.jobs.exemptions import ExemptionNews
from bot.settings import Product
from bot.slack.surfaces import card
from bot.slack.surfaces.markup import button, buttons, context, day, mention, moment, quoted, said, section, sentences, span, spoken
from bot.slack.surfaces.message import Message
from storage.lifecycle import ExemptionStatus
from storage.seat_records import Exemption

AGREE = "exemption.agree"
REFUSE = "exemption.refuse"
WITHDRAW = "exemption.withdraw"
AGAIN = "exemption.again"

parse = card.parse


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionView:
    """
    All that a card or a message shows; people are Slack ids.

    `last_used` None is unknown, or never. `reader` is whom a message goes to, and `words` are what a refusal says.
    """

    exemption: Exemption
    product: Product
    owner: str
    asker: str
    now: datetime
    decider: str | None = None
    last_used: datetime | None = None
    reader: str | None = None
    words: str | None = None

    @property
    def by_another(self) -> bool:
        """Whether somebody asked for another person's seat."""
        return self.owner != self.asker


def render(view: ExemptionView) -> Message:
    """The card of an exemption in whatever state it is."""
    face, title = _UNDECIDED if _is_undecided(view.exemption) else _TITLES[view.exemption.status]
    title = title.format(owner=mention(view.owner), product=quoted(view.product.name), until=day(view.exemption.until))
    undecided = view.exemption.status is ExemptionStatus.ASKED
    answer = said(view.exemption.refusal) if view.exemption.refusal else None
    decide = _decide(view) if undecided else None
    blocks = (section(f"{face}  *{title}*"), said(view.exemption.reason), decide, context(_small(view)), answer)
    return Message(text=spoken(title), blocks=tuple(block for block in blocks if block is not None))


_TITLES: Mapping[ExemptionStatus, tuple[str, str]] = {
    ExemptionStatus.ASKED: ("🟡", "May {owner} keep {product} unused until {until}?"),
    ExemptionStatus.ACTIVE: ("✅", "{owner}'s {product} seat is left alone until {until}"),
    ExemptionStatus.REFUSED: ("🚫", "Refused: {owner}'s {product} seat is treated like any other"),
    ExemptionStatus.WITHDRAWN: ("⚪", "Withdrawn: {owner}'s {product} seat is treated like any other"),
    ExemptionStatus.ENDED: ("⚪", "{owner}'s {product} seat is not exempt any more"),
}


_UNDECIDED = ("⌛", "Nobody decided: {owner}'s {product} seat is treated like any other")


def _is_undecided(exemption: Exemption) -> bool:
    """Whether its day came before a decision; whoever takes a wish back does so before that."""
    return exemption.status is ExemptionStatus.WITHDRAWN and exemption.changed_at >= exemption.until


def _decide(view: ExemptionView) -> Block:
    exemption = view.exemption
    label = f"Exempt until {exemption.until.day} {exemption.until:%b %Y}"
    return buttons(
        button(label, action_id=AGREE, value=exemption.id, style="primary"),
        button("Refuse…", action_id=REFUSE, value=exemption.id, style="danger"),
        block_id="decide",
    )


def _small(view: ExemptionView) -> str:
    asked = f"Asked by {mention(view.asker)} {moment(view.exemption.asked_at)}"
    used = f"last used {span(view.now - view.last_used)} ago" if view.last_used else ""
    decided = view.exemption.decided_at
    by = f"decided by {mention(view.decider)} {moment(decided)}" if view.decider and decided else ""
    ended = f"ended {moment(view.exemption.ended_at)}" if view.exemption.ended_at else ""
    return " · ".join(part for part in (asked, used, by, ended) if part)


def tell(view: ExemptionView, news: ExemptionNews) -> Message:
    """The private message of *news*."""
    title, body = _NEWS[news](view)
    blocks: list[Block] = [section(f"{title}\n{body}")]
    if news is ExemptionNews.REFUSED and view.words:
        blocks.append(said(view.words))
    settled = news is ExemptionNews.ASKED and view.exemption.status is not ExemptionStatus.ASKED
    press = None if settled else _PRESS.get(news)
    if press is not None:
        label, action_id = press
        blocks.append(buttons(button(label, action_id=action_id, value=view.exemption.id)))
    return Message(text=sentences((spoken(title), body)), blocks=tuple(blocks))


_PRESS: Mapping[ExemptionNews, tuple[str, str]] = {
    ExemptionNews.ASKED: ("Withdraw my wish", WITHDRAW),
    ExemptionNews.UNDECIDED: ("Ask again…", AGAIN),
    ExemptionNews.ENDS_SOON: ("Ask for longer…", AGAIN),
    ExemptionNews.ENDED: ("Ask again…", AGAIN),
}


def _asked(view: ExemptionView) -> tuple[str, str]:
    title = f"📨  *I've asked the admins to leave {_whose(view)} {_name(view)} seat alone until {day(view.exemption.until)}*"
    if view.exemption.status is not ExemptionStatus.ASKED:
        return title, "Nobody decided in time." if _is_undecided(view.exemption) else _SETTLED[view.exemption.status]
    return title, "Until they decide, nobody takes it. I'll message you."


_SETTLED: Mapping[ExemptionStatus, str] = {
    ExemptionStatus.ACTIVE: "They agreed.",
    ExemptionStatus.REFUSED: "They decided against it.",
    ExemptionStatus.WITHDRAWN: "Withdrawn. Nothing was changed.",
    ExemptionStatus.ENDED: "They agreed, and its time is over.",
}


def _active(view: ExemptionView) -> tuple[str, str]:
    asked = f"{mention(view.asker)} asked for it. " if view.by_another and view.reader == view.owner else ""
    agreed = f"{mention(view.decider)} agreed." if view.decider else "An admin agreed."
    title = f"🌴  *{_whose(view, 'Your')} {_name(view)} seat is left alone until {day(view.exemption.until)}*"
    later = "I'll tell you" if view.reader == view.owner else "I'll tell them"
    return title, f"{asked}{agreed} {later} a week before it ends."


def _refused(view: ExemptionView) -> tuple[str, str]:
    title = f"🚫  *{_whose(view, 'Your')} {_name(view)} seat was not exempted*"
    who = f"{mention(view.decider)} decided that" if view.decider else "An admin decided that"
    keep = "*Keep my access* still works when I ask" if view.reader == view.owner else "They can still keep it themselves when I ask"
    return title, f"{who}{', and says why below' if view.words else ''}. {keep}."


def _undecided(view: ExemptionView) -> tuple[str, str]:
    ask = "I'll ask you" if view.reader == view.owner else "I'll ask them"
    return f"⌛  *Nobody decided in time about {_whose(view)} {_name(view)} seat*", f"{ask} before anything is taken."


def _ends_soon(view: ExemptionView) -> tuple[str, str]:
    title = f"⏳  *Your {_name(view)} seat is left alone until {day(view.exemption.until)}*"
    return title, "After that it counts like any other: if you use it, nothing happens."


def _ended(view: ExemptionView) -> tuple[str, str]:
    return f"⚪  *Your {_name(view)} seat is not exempt any more*", "Its time is over. I'll ask before anything is taken."


_NEWS: Mapping[ExemptionNews, Callable[[ExemptionView], tuple[str, str]]] = {
    ExemptionNews.ASKED: _asked,
    ExemptionNews.ACTIVE: _active,
    ExemptionNews.REFUSED: _refused,
    ExemptionNews.UNDECIDED: _undecided,
    ExemptionNews.ENDS_SOON: _ends_soon,
    ExemptionNews.ENDED: _ended,
}


def _whose(view: ExemptionView, yours: str = "your") -> str:
    return yours if view.reader == view.owner else f"{mention(view.owner)}'s"


def _name(view: ExemptionView) -> str:
    return quoted(view.product.name)
