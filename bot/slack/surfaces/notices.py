"""Private messages and answers: one piece of news each, and at most one thing to press."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from slack_sdk.models.blocks import Block

from atlassian.access import AccessState
from bot.settings import Product
from bot.slack.surfaces import reasons
from bot.slack.surfaces.alert_texts import FALLBACK_FACTS
from bot.slack.surfaces.approvals import names
from bot.slack.surfaces.card import DENY, LINK
from bot.slack.surfaces.markup import button, buttons, context, link_button, mention, moment, quoted, said, section, sentences
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.standing import standing_of
from bot.slack.surfaces.texts import news_of
from storage.records import AccessRequest, Decision

OPEN_FORM = "form.open"

_WITH_LINK = frozenset({"granted", "invited", "already_has_access", "closed.already_has_access"})
_WITH_REASON = frozenset({"denied"})
_FORM_AGAIN: Mapping[str, tuple[str, str]] = {"deny_again": ("Give the reason", DENY), "link_again": ("Name the account", LINK)}
_TAKE_BACK_HINT = frozenset({"filed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """
    One piece of news and what it is about; *facts* are plain strings that a sentence may name (`email`, `expires`, `days`, `cap`).

    *decision* is the one that the news follows from, or that was faster, `approvals` are all that count; with *by_policy* nobody had to
    approve. `queue_position` is 1 for the next in the queue.
    """

    news: str
    now: datetime | None = None
    request: AccessRequest | None = None
    product: Product | None = None
    decision: Decision | None = None
    approvals: tuple[Decision, ...] = ()
    by_policy: bool = False
    state: AccessState | None = None
    queue_position: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def render(view: NoticeView) -> Message:
    """The message of *view*; raises KeyError for news that texts.py has no words for."""
    news = news_of(view.news)
    words = _words(view)
    title, body = news.title.format_map(words), news.body.format_map(words)
    text = f"{news.face}  *{title}*" + (f"\n{body}" if body else "")
    extras = (_reason(view), _press(view), _small_print(view))
    return Message(text=sentences((news.face, title, body)), blocks=(section(text), *(extra for extra in extras if extra is not None)))


def _words(view: NoticeView) -> Mapping[str, str]:
    given = {name: quoted(value) for name, value in view.facts.items()}
    return {
        **FALLBACK_FACTS,
        **_about_product(view),
        **_about_request(view),
        **_about_decision(view),
        "email": _email(view, given),
        **given,
    }


def _about_product(view: NoticeView) -> dict[str, str]:
    if view.product is None:
        return {"product": "the product", "command": "/request-access"}
    return {"product": quoted(view.product.name), "command": view.product.command}


def _about_request(view: NoticeView) -> dict[str, str]:
    request = view.request
    if request is None:
        return {"requester": "Somebody", "standing": "It has been dealt with.", "asked": "", "expires": "", "waiting": "", "attention": ""}
    place = f"You are number {view.queue_position} in the queue." if view.queue_position else ""
    words = {"product": _about_product(view)["product"], "requester": mention(request.requester_slack_id), "approver": "", "place": place}
    return {
        "requester": words["requester"],
        "standing": standing_of(request, decision=view.decision),
        "asked": moment(request.filed_at),
        "expires": moment(request.expires_at),
        "waiting": reasons.for_person(reasons.WAITING, request, words).strip(),
        "attention": reasons.for_person(reasons.ATTENTION, request, words),
    }


def _about_decision(view: NoticeView) -> dict[str, str]:
    if view.by_policy:
        return {"approved": "Nobody had to approve it, as I had taken your seat.", "denied": ""}
    if view.decision is None:
        return {"approved": "", "denied": "You can ask again any time."}
    who = mention(view.decision.approver_slack_id)
    return {
        "approved": f"{names(view.approvals or (view.decision,))} approved it.",
        "denied": f"{who} decided it, and says why below. You can talk to them directly, or ask again later.",
    }


def _email(view: NoticeView, given: Mapping[str, str]) -> str:
    if "email" in given:
        return given["email"]
    return quoted(view.state.email) if view.state and view.state.email else "your work address"


def _reason(view: NoticeView) -> Block | None:
    reason = view.decision.reason if view.decision and view.news in _WITH_REASON else None
    return said(reason) if reason else None


def _press(view: NoticeView) -> Block | None:
    if view.news == "open_form":
        return buttons(button("Open the form", action_id=OPEN_FORM, value=view.product.key if view.product else "any", style="primary"))
    if view.news in _FORM_AGAIN:
        label, action_id = _FORM_AGAIN[view.news]
        request_id = view.request.id if view.request else view.facts.get("request_id")
        return buttons(button(label, action_id=action_id, value=request_id, style="primary")) if request_id else None
    if view.news in _WITH_LINK and view.product and view.product.link:
        return buttons(link_button(f"Open {view.product.name}", url=view.product.link))
    return None


def _small_print(view: NoticeView) -> Block | None:
    if view.news in _TAKE_BACK_HINT and view.product is not None:
        return context(f"`{view.product.command} status` shows where it stands, and lets you take it back.")
    return None
