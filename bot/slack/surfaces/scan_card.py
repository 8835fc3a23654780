"""The question about a scan whose list is longer than expected: may it go on, or is it left alone?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.codes import Held
from bot.idle.plan_view import Holder
from bot.slack.surfaces.markup import button, buttons, confirm, context, mention, moment, quoted, section
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.plan_people import longest_idle
from storage.lifecycle import ScanStatus
from storage.seat_records import Scan

RELEASE = "scan.release"
LEAVE = "scan.leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanView:
    """
    A scan that was held, its product's name, whether people are warned at all, and who answered.

    `first` is the product's first scan: what it found idle may have been so for years. `longest` are the first of the list.
    """

    scan: Scan
    product: str
    warns: bool
    decided_by: str | None = None
    first: bool = False
    longest: tuple[Holder, ...] = ()


def render(view: ScanView) -> Message:
    """The question while it is open, and what was answered afterwards."""
    scan = view.scan
    if scan.status is ScanStatus.HELD:
        return _question(view)
    return _released(view) if scan.code == Held.RELEASED.value else _left(view)


def parse(payload: Mapping[str, Any]) -> str:
    """The scan id of a click; raises ValueError when there is none."""
    actions = payload.get("actions") or [{}]
    scan_id = actions[0].get("value")
    if not isinstance(scan_id, str) or not scan_id:
        raise ValueError("a click without a scan id")
    return scan_id


def _question(view: ScanView) -> Message:
    title = _title(view)
    body = f"{_measure(view)} Before anybody of them is warned, please have a look whether that can be true."
    decide = buttons(
        button(f"Go on with these {_count(view)}", action_id=RELEASE, value=view.scan.id, style="primary", confirm=_confirm(view)),
        button("Leave them", action_id=LEAVE, value=view.scan.id),
        block_id="decide",
    )
    small = context(f"Looked at {moment(view.scan.started_at)} · until you answer, nobody of this list is warned, and others are")
    longest = longest_idle(view.longest, now=view.scan.started_at, total=_count(view))
    shown = (section(f"🤔  *{title}*\n{body}"), longest, decide, small)
    return Message(text=f"🤔 {title} {body}", blocks=tuple(block for block in shown if block is not None))


def _title(view: ScanView) -> str:
    one, product = _count(view) == 1, quoted(view.product)
    if view.first:
        return f"{_count(view)} of {view.scan.figures['seats']} {product} seats look{'s' if one else ''} idle at my first look."
    return f"{_count(view)} {product} seat{' is' if one else 's are'} newly idle."


def _measure(view: ScanView) -> str:
    seats, asked = view.scan.figures["seats"], view.scan.figures["breaker"]["max_share"]
    share = round(100 * _count(view) / max(1, seats))
    return f"That is {share} % of all {seats}, and I ask from {asked * 100:g} % on."


def _confirm(view: ScanView) -> Any:
    text = (
        "They are warned like others, each with *Keep my access*. Nothing is taken before you approve a plan."
        if view.warns
        else "They join the plans. Nobody is warned and nothing is taken while `COMEBACK_IDLE__MODE` is `plan`."
    )
    return confirm(title=f"Go on with these {_count(view)}?", text=text, yes="Go on")


def _released(view: ScanView) -> Message:
    released = view.scan.figures.get("released", 0)
    title = f"{quoted(view.product)}: going on with {_seats(released)}."
    gone = _count(view) - released
    body = f"Of the {_count(view)} asked about, {gone} {'is' if gone == 1 else 'are'} not idle any more." if gone > 0 else ""
    return _answer(view, face="✅", title=title, body=body)


def _left(view: ScanView) -> Message:
    title = f"{quoted(view.product)}: {_many(view)} left alone."
    body = "None of these people is warned unless they use it again and stop once more, or you let them go on after all."
    again = buttons(button(f"Go on with these {_count(view)} after all", action_id=RELEASE, value=view.scan.id, confirm=_confirm(view)))
    answer = _answer(view, face="⚪", title=title, body=body)
    return Message(text=answer.text, blocks=(*answer.blocks, again))


def _answer(view: ScanView, *, face: str, title: str, body: str) -> Message:
    who = mention(view.decided_by) if view.decided_by else "An approver"
    text = f"{face}  *{title}*" + (f"\n{body}" if body else "")
    small = context(f"{who} decided · looked at {moment(view.scan.started_at)}")
    return Message(text=f"{face} {title} {body}".rstrip(), blocks=(section(text), small))


def _count(view: ScanView) -> int:
    return int(view.scan.figures["newly_idle"])


def _many(view: ScanView) -> str:
    return _seats(_count(view))


def _seats(count: int) -> str:
    return f"{count} seat{'' if count == 1 else 's'}"
