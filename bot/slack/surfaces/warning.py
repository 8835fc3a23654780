"""
The private message about an idle seat: one drawing for every state of the warning, always redrawn whole from the database.

Its buttons carry the warning's id and nothing else; only the latest message of a warning has any.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import ButtonElement

from bot.codes import Kept
from bot.settings import Product
from bot.slack.surfaces import card
from bot.slack.surfaces.idle_texts import CAME_BACK, SPARED, SPARED_ANYWAY, TAKEN
from bot.slack.surfaces.markup import button, buttons, context, day, quoted, section, sentences, span, spoken
from bot.slack.surfaces.message import Message
from storage.lifecycle import ExemptionStatus, WarningStatus
from storage.seat_records import Exemption, SeatWarning

KEEP = "warning.keep"
LET_GO = "warning.let_go"
AWAY = "warning.away"

parse = card.parse


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningView:
    """
    All that the message shows.

    `last_used` None is "never" where `never_used`, and unknown where not. `plan_at` is from when the seat may be planned, `exemption` is
    the seat's open one. `keep_days` is for how long a keep holds. With `reminders` it is a reminder that asks. `is_back` says that the
    seat was taken, and is its owner's again.
    """

    warning: SeatWarning
    product: Product
    plan_at: datetime
    now: datetime
    keep_days: int
    reminders: int = 0
    last_used: datetime | None = None
    never_used: bool = False
    kept_until: datetime | None = None
    exemption: Exemption | None = None
    is_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """A headline, what it means, what can be pressed, and small print."""

    title: str
    body: str = ""
    elements: tuple[ButtonElement, ...] = ()
    small: str = ""


def render(view: WarningView) -> Message:
    """The message of a warning in whatever state it is."""
    return _message(_DRAWINGS[view.warning.status](view))


def render_retired(view: WarningView) -> Message:
    """The message before a reminder: the question moved on, so that there is one place to answer it."""
    sent_at = view.warning.sent_at or view.warning.created_at
    title = f"🪑  *I asked you on {day(sent_at)} whether you still need {_name(view)}*"
    return _message(_Drawing(title=title, body="I've asked once more below."))


def standing(view: WarningView) -> str:
    """How a settled warning ended, in one sentence of plain words."""
    name = view.product.name
    match view.warning.status:
        case WarningStatus.KEPT:
            return (
                f"You keep {name}, and I won't ask again before {_plain_day(view.kept_until)}." if view.kept_until else f"You keep {name}."
            )
        case WarningStatus.LET_GO:
            return f"You let {name} go."
        case WarningStatus.DROPPED | WarningStatus.ENDED:
            return _spared(view, name=name, say_day=_plain_day)
        case _:
            return f"I asked whether you still need {name}."


def _message(drawing: _Drawing) -> Message:
    words = f"{drawing.title}\n{drawing.body}" if drawing.body else drawing.title
    press = buttons(*drawing.elements, block_id="answer") if drawing.elements else None
    blocks = (section(words), press, context(drawing.small) if drawing.small else None)
    text = sentences((spoken(drawing.title), drawing.body))
    return Message(text=text, blocks=tuple(block for block in blocks if block is not None))


def _open(view: WarningView) -> _Drawing:
    title = f"⏰  *A reminder: do you still need {_name(view)}?*" if view.reminders else f"🪑  *Do you still need {_name(view)}?*"
    stays = f"Your account and everything you wrote stay in any case, and `{view.product.command}` is the way back."
    answers = (_keep(view), _let_go(view))
    if view.exemption is not None and view.exemption.status is ExemptionStatus.ASKED:
        asked = f"An admin decides whether you're left alone until {day(view.exemption.until)}; before they have, nobody takes it."
        return _Drawing(title=title, body=sentences((_used(view), asked)), elements=answers, small=stays)
    may_go = f"If I hear nothing, an admin may free your seat for somebody else from *{day(view.plan_at)}* on."
    keep = f"Keep, and I won't ask for {view.keep_days} days. Using {_name(view)} counts too; it can take a day to show."
    body = sentences((_used(view), may_go)) + f"\n{keep}"
    return _Drawing(title=title, body=body, elements=(*answers, _away(view)), small=stays)


def _let_go_drawn(view: WarningView) -> _Drawing:
    body = "Thank you. It is taken with the admins' next plan, and until then you can change your mind."
    later = f"After that, `{view.product.command}` brings it back."
    return _Drawing(title=f"👋  *You let {_name(view)} go*", body=body, elements=(_keep(view, "Keep it after all"),), small=later)


def _kept(view: WarningView) -> _Drawing:
    body = f"I won't ask again before {day(view.kept_until)}." if view.kept_until else ""
    return _Drawing(title=f"✅  *You keep {_name(view)}*", body=body)


def _dropped(view: WarningView) -> _Drawing:
    gone = view.warning.reason_code == Kept.NO_SEAT.value
    title = "⚪  *There is nothing to decide any more*" if gone else f"✅  *Your {_name(view)} seat stays*"
    return _Drawing(title=title, body=_spared(view, name=_name(view), say_day=day))


def _ended(view: WarningView) -> _Drawing:
    title = "⚪  *There is nothing to decide any more*"
    if view.warning.reason_code == TAKEN:
        title = f"✅  *You have your {_name(view)} seat again*" if view.is_back else f"⚪  *Your {_name(view)} seat was freed*"
    return _Drawing(title=title, body=_spared(view, name=_name(view), say_day=day))


_DRAWINGS: Mapping[WarningStatus, Callable[[WarningView], _Drawing]] = {
    WarningStatus.OPEN: _open,
    WarningStatus.UNDELIVERABLE: _open,
    WarningStatus.LET_GO: _let_go_drawn,
    WarningStatus.KEPT: _kept,
    WarningStatus.DROPPED: _dropped,
    WarningStatus.ENDED: _ended,
}


def _spared(view: WarningView, *, name: str, say_day: Callable[[datetime], str]) -> str:
    code, exempt = view.warning.reason_code or "", view.exemption
    template = CAME_BACK if view.is_back else SPARED.get(code, SPARED_ANYWAY)
    if "{until}" in template and exempt is None:
        template = SPARED_ANYWAY
    until = say_day(exempt.until) if exempt else ""
    return template.format(product=name, command=view.product.command, until=until, on=say_day(view.warning.changed_at))


def _used(view: WarningView) -> str:
    if view.last_used is not None:
        return f"You last used it on {day(view.last_used)}, {span(view.now - view.last_used)} ago."
    return "You have a seat, and it looks as if you never used it." if view.never_used else ""


def _plain_day(at: datetime | None) -> str:
    return f"{at.day} {at:%b %Y}" if at else ""


def _name(view: WarningView) -> str:
    return quoted(view.product.name)


def _keep(view: WarningView, label: str = "Keep my access") -> ButtonElement:
    return button(label, action_id=KEEP, value=view.warning.id, style="primary")


def _let_go(view: WarningView) -> ButtonElement:
    return button("Let it go", action_id=LET_GO, value=view.warning.id)


def _away(view: WarningView) -> ButtonElement:
    return button("I'm away…", action_id=AWAY, value=view.warning.id)
