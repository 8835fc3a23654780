"""
The approval card: one drawing for every state of a request, always redrawn whole from the database.

It is never green before the grant has been read back, and a button's value is the request's id and nothing else.
"""

from collections.abc import Callable, Mapping
from typing import Any

from slack_sdk.models.blocks import Block, ButtonElement

from atlassian.access import WayBack
from bot.codes import RELINKED, Attention
from bot.slack.surfaces import approvals, reasons
from bot.slack.surfaces import card_parts as parts
from bot.slack.surfaces.card_parts import FOUND, INVITED, CardView
from bot.slack.surfaces.markup import button, buttons, confirm, context, moment, quoted, said
from bot.slack.surfaces.message import Message
from storage.lifecycle import RequestStatus

__all__ = ["APPROVE", "CLOSE", "DENY", "FOUND", "INVITED", "LINK", "RETRY", "CardView", "parse", "render"]

APPROVE = "request.approve"
DENY = "request.deny"
RETRY = "request.retry"
CLOSE = "request.close"
LINK = "request.link"

_FINAL = frozenset({Attention.ACCOUNT_CLOSED.value})
"""What no second look would find otherwise."""
_ABOUT_APPROVING = frozenset(
    {
        Attention.MORE_THAN_AGREED.value,
        Attention.APPROVER_GONE.value,
        Attention.APPROVALS_MISSING.value,
        Attention.POLICY_ENDED.value,
    }
)
"""Where nothing has to be put right first."""


def render(view: CardView) -> Message:
    """The card of a request in whatever state it is."""
    draw = _DRAWINGS[view.request.status]
    return Message(text=_notification(view), blocks=tuple(block for block in draw(view) if block is not None))


def parse(payload: Mapping[str, Any]) -> str:
    """The request id of a click on a card; raises ValueError when there is none."""
    actions = payload.get("actions") or [{}]
    request_id = actions[0].get("value")
    if not isinstance(request_id, str) or not request_id:
        raise ValueError("a click without a request id")
    return request_id


Drawn = tuple[Block | None, ...]


def _pending(view: CardView) -> Drawn:
    decide = buttons(
        _approve_button(view),
        _link_button(view) if _has_no_account(view) else None,
        button("Deny…", action_id=DENY, value=view.request.id, style="danger"),
        block_id="decide",
    )
    ends = f"Asked {parts.asked(view)} · ends by itself {moment(view.request.expires_at)}"
    return (
        parts.head("🟡", f"{parts.who(view)} asks for {parts.product(view)}"),
        parts.words(view),
        parts.facts(view),
        parts.warnings(view),
        parts.alarm(view),
        approvals.counted(view),
        decide,
        context(ends),
    )


def _approve_button(view: CardView) -> ButtonElement | None:
    """None while nobody has seen what the account needs that was just linked."""
    if view.trouble == RELINKED:
        return None
    return button(_approve_label(view), action_id=APPROVE, value=view.request.id, style="primary")


def _approve_label(view: CardView) -> str:
    return "Approve (invites)" if view.state and view.state.way_back is WayBack.INVITE else "Approve"


def _has_no_account(view: CardView) -> bool:
    """Whether only the address led nowhere: an alias or a second domain gives no hit either."""
    return view.state is not None and view.state.way_back is WayBack.INVITE and view.state.account_id is None


def _link_button(view: CardView) -> ButtonElement:
    return button("Link an existing account", action_id=LINK, value=view.request.id)


def _approved(view: CardView) -> Drawn:
    return (
        parts.head("🔵", f"Approved: {parts.product(view)} for {parts.who(view)}"),
        parts.words(view),
        parts.facts(view),
        parts.small_print("On its way", approvals.decided(view)),
    )


def _waiting(view: CardView) -> Drawn:
    why = reasons.for_admins(reasons.WAITING, view.request, parts.fillings(view))
    return (
        parts.head("⏳", f"{parts.who(view)} waits for {parts.product(view)}", why),
        parts.words(view),
        buttons(_close_button(view), block_id="settle"),
        parts.small_print(approvals.decided(view), f"asked {parts.asked(view)}"),
    )


def _close_button(view: CardView) -> ButtonElement:
    question = confirm(
        title="Close this request?",
        text="The person is told that it was closed. Nothing is changed in Atlassian.",
        yes="Close it",
        style="danger",
    )
    return button("Close", action_id=CLOSE, value=view.request.id, confirm=question)


def _granting(view: CardView) -> Drawn:
    return (
        parts.head("🔵", f"Giving {parts.product(view)} back to {parts.who(view)}…"),
        parts.words(view),
        parts.facts(view),
        parts.small_print(approvals.decided(view)),
    )


def _granted(view: CardView) -> Drawn:
    if view.request.reason_code == INVITED:
        head = parts.head(
            "✉️",
            f"{parts.who(view)} is invited to {parts.product(view)}",
            "It becomes access when they accept Atlassian's e-mail and sign in.",
        )
        return (head, parts.words(view), parts.not_as_before(view), parts.small_print(approvals.decided(view), parts.done(view)))
    head = parts.head("✅", f"{parts.who(view)} has {parts.product(view)} again")
    seen = f"seen in Atlassian {moment(view.request.changed_at)}"
    return (head, parts.words(view), parts.not_as_before(view), parts.small_print(approvals.decided(view), parts.done(view), seen))


def _denied(view: CardView) -> Drawn:
    answer = said(view.decision.reason) if view.decision and view.decision.reason else None
    return (
        parts.head("🚫", f"Denied: {parts.product(view)} for {parts.who(view)}"),
        parts.words(view),
        parts.small_print(approvals.decided(view)),
        answer,
    )


def _cancelled(view: CardView) -> Drawn:
    return (
        parts.head("⚪", f"{parts.who(view)} took back their request for {parts.product(view)}"),
        parts.small_print(f"Taken back {moment(view.request.changed_at)}"),
    )


def _expired(view: CardView) -> Drawn:
    head = parts.head(
        "⌛", f"Nobody answered {parts.who(view)}'s request for {parts.product(view)}", "They were told that they can ask again."
    )
    return (head, parts.words(view), parts.small_print(f"Asked {parts.asked(view)}", f"ended {moment(view.request.changed_at)}"))


def _needs_attention(view: CardView) -> Drawn:
    what_to_do = reasons.for_admins(reasons.ATTENTION, view.request, parts.fillings(view))
    again = button(_again_label(view), action_id=RETRY, value=view.request.id, style="primary")
    settle = buttons(
        again if view.request.reason_code not in _FINAL else None,
        _link_button(view) if reasons.is_about_whose_account(view.request) else None,
        _close_button(view),
        block_id="settle",
    )
    head = parts.head("⚠️", f"{parts.who(view)}'s way back to {parts.product(view)} needs you", what_to_do)
    small = parts.small_print(approvals.decided(view), f"asked {parts.asked(view)}")
    approved_by_it = (parts.warnings(view), parts.alarm(view)) if parts.asks_to_approve(view) else ()
    return (head, parts.words(view), parts.facts(view), *approved_by_it, approvals.counted(view), settle, small)


def _again_label(view: CardView) -> str:
    """What the press is: an approval where the earlier ones ended, or are too few."""
    if not parts.asks_to_approve(view):
        return "Try again"
    return _approve_label(view) if view.request.reason_code in _ABOUT_APPROVING else "Approve and try again"


def _closed(view: CardView) -> Drawn:
    why = reasons.why_closed(view.request, parts.fillings(view))
    return (
        parts.head("⚪", f"Closed: {parts.product(view)} for {parts.who(view)}", f"{parts.who(view)} {why}."),
        parts.small_print(parts.closed(view)),
    )


def _ended(view: CardView) -> Drawn:
    return (
        parts.head("⚪", f"{parts.who(view)}'s access to {parts.product(view)} has ended"),
        parts.small_print(approvals.decided(view), f"ended {moment(view.request.changed_at)}"),
    )


_DRAWINGS: Mapping[RequestStatus, Callable[[CardView], Drawn]] = {
    RequestStatus.PENDING: _pending,
    RequestStatus.APPROVED: _approved,
    RequestStatus.WAITING: _waiting,
    RequestStatus.GRANTING: _granting,
    RequestStatus.GRANTED: _granted,
    RequestStatus.DENIED: _denied,
    RequestStatus.CANCELLED: _cancelled,
    RequestStatus.EXPIRED: _expired,
    RequestStatus.NEEDS_ATTENTION: _needs_attention,
    RequestStatus.CLOSED: _closed,
    RequestStatus.ENDED: _ended,
}

_IN_SHORT: Mapping[RequestStatus, str] = {
    RequestStatus.PENDING: "{who} asks for {product}",
    RequestStatus.APPROVED: "Approved: {product} for {who}",
    RequestStatus.WAITING: "{who} waits for {product}",
    RequestStatus.GRANTING: "Giving {product} back to {who}",
    RequestStatus.GRANTED: "{who} has {product} again",
    RequestStatus.DENIED: "Denied: {product} for {who}",
    RequestStatus.CANCELLED: "{who} took back their request for {product}",
    RequestStatus.EXPIRED: "Nobody answered {who}'s request for {product}",
    RequestStatus.NEEDS_ATTENTION: "{who}'s way back to {product} needs you",
    RequestStatus.CLOSED: "Closed: {product} for {who}",
    RequestStatus.ENDED: "{who}'s access to {product} has ended",
}


def _notification(view: CardView) -> str:
    # A notification shows no mention as a name everywhere, so here the display name is the better choice where we know it.
    who = quoted(view.requester_name, longest=60) if view.requester_name else parts.who(view)
    template = "{who} is invited to {product}" if view.request.reason_code == INVITED else _IN_SHORT[view.request.status]
    return template.format(who=who, product=quoted(view.product.name))
