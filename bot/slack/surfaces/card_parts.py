"""The pieces that the drawings of a card are put together from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from slack_sdk.models.blocks import Block

from atlassian.access import AccessState
from bot.billing import Money, ReturnCost
from bot.codes import RELINKED
from bot.settings import Product
from bot.slack.surfaces import access, put_back
from bot.slack.surfaces.costs import costs
from bot.slack.surfaces.markup import context, fields, link, mention, moment, plain, quoted, said, section, span
from bot.slack.surfaces.put_back import PutBack
from storage.lifecycle import RequestStatus, Verdict
from storage.records import AccessRequest, Decision, PolicyApproval

INVITED = "invited"
"""The `reason_code` of a grant that is an invitation: it becomes access at the person's first sign-in."""
FOUND = "found"
"""The `reason_code` of a grant that had nothing left to do."""
ASKED_BACK = "Asked back with one click."
"""The reason of a request that a button filed for the owner of a seat that was taken."""

_TIMES = {1: "once", 2: "twice"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """
    All that a card shows; None is "unknown", never "none".

    `decisions` are all that people said, oldest first, and `policy` what was approved without them. `trouble` is why Atlassian could not be
    asked, where it could not. `queue_position` is 1 for the next in the queue. `product_names` and
    `prices` (of one seat a month) are by resource id, to name what else a group gives, and its cost. With `seats_roughly` the seats left
    are by our own last count.
    """

    request: AccessRequest
    product: Product
    now: datetime
    decisions: tuple[Decision, ...] = ()
    policy: PolicyApproval | None = None
    state: AccessState | None = None
    trouble: str | None = None
    back: PutBack | None = None
    cost: ReturnCost | None = None
    requester_name: str | None = None
    seats_left: int | None = None
    seats_roughly: bool = False
    queue_position: int | None = None
    earlier_denials: int = 0
    product_names: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, Money] = field(default_factory=dict)

    @property
    def decision(self) -> Decision | None:
        """What was said last, None while nobody has."""
        return self.decisions[-1] if self.decisions else None


def asks_to_approve(view: CardView) -> bool:
    """Whether a click on the card approves: what nobody ever approved and needs a human is looked at anew first."""
    if view.request.status is RequestStatus.NEEDS_ATTENTION:
        return view.request.approved_at is not None and len(given(view)) < view.product.approvals
    return view.request.status is RequestStatus.PENDING


def given(view: CardView) -> tuple[Decision, ...]:
    """The approvals that count: those of the request's round."""
    return approvals(view, round_number=view.request.round_number)


def approvals(view: CardView, *, round_number: int) -> tuple[Decision, ...]:
    """The approvals of a round, oldest first."""
    return tuple(one for one in view.decisions if one.verdict is Verdict.APPROVE and one.round_number == round_number)


def head(face: str, title: str, sentence: str = "") -> Block:
    """The first line: a face, the news in bold, and at most one sentence."""
    return section(f"{face}  *{title}*" + (f"\n{sentence}" if sentence else ""))


def words(view: CardView) -> Block | None:
    """What the person wrote, None when they wrote nothing; what a button says for them is not quoted as their words."""
    if view.request.reason == ASKED_BACK:
        return section(ASKED_BACK)
    return said(view.request.reason) if plain(view.request.reason) else None


def facts(view: CardView) -> Block:
    """What an approver decides by, in two columns; what only matters before the click is left out after it."""
    undecided = asks_to_approve(view)
    pairs = [
        ("Product", _product_and_site(view)),
        ("Account", access.account(view.state)),
        ("What is wrong", access.what_is_wrong(view.state, product=view.product.name) if view.state else _not_known(view)),
        *([("Approving", _what_approving_does(view))] if undecided else []),
        ("Last active", access.last_active(view.state, view.now)),
        *([("Seats left", _seats(view)), *_costs(view)] if undecided else []),
    ]
    return fields(*pairs)


def _product_and_site(view: CardView) -> str:
    site = urlsplit(view.product.link or "").hostname
    return product(view) + (f"\n{link(view.product.link, site)}" if view.product.link and site else "")


def _not_known(view: CardView) -> str:
    if view.trouble == RELINKED:
        return "Looking at the account that was just linked"
    return "Atlassian couldn't be asked yet" if view.trouble else "Not looked up yet"


def _what_approving_does(view: CardView) -> str:
    if view.state is None:
        return "Looks first, then gives back what is missing"
    return access.what_approving_does(view.state, putting_back=put_back.doing(view.back)) or "Won't help by itself"


def _seats(view: CardView) -> str:
    if view.seats_left is None:
        return "Unknown"
    if view.seats_roughly:
        return f"About {view.seats_left}, by the last scan" if view.seats_left else "None, by the last scan: it may have to wait"
    return str(view.seats_left) if view.seats_left > 0 else "None: it would wait for one"


def _costs(view: CardView) -> list[tuple[str, str]]:
    words = costs(view.cost, today=view.now.date())
    return [("Costs", words)] if words else []


def warnings(view: CardView) -> Block | None:
    """What they should know besides, None when there is nothing."""
    lines = _warnings(view, view.state) if view.state else ()
    times = _TIMES.get(view.earlier_denials, f"{view.earlier_denials} times")
    denied = (f"🚫 Denied {times} before",) if view.earlier_denials else ()
    taken = put_back.before_the_click(view.back) if view.back else ()
    return context(*taken, *lines, *denied) if taken or lines or denied else None


def _warnings(view: CardView, state: AccessState) -> tuple[str, ...]:
    return access.warnings(state, product=view.product.name, names=view.product_names, prices=view.prices)


def alarm(view: CardView) -> Block | None:
    """What nobody may miss before the click, None when there is no such thing."""
    line = access.alarm(view.state, names=view.product_names) if view.state else None
    return section(line) if line else None


def done(view: CardView) -> str:
    """What was done for the access, as far as it is known; empty otherwise."""
    if view.request.reason_code == FOUND:
        return "the access was there already"
    return (access.what_was_done(view.state, put_back=put_back.done(view.back)) if view.state else None) or ""


def not_as_before(view: CardView) -> Block | None:
    """What of a seat that was taken did not come back as it was, None when all of it did."""
    lines = put_back.after_the_grant(view.back) if view.back else ()
    return context(*lines) if lines else None


def small_print(*parts: str) -> Block | None:
    """The parts that are not empty, on one line."""
    line = " · ".join(part for part in parts if part)
    return context(line[0].upper() + line[1:]) if line else None


def asked(view: CardView) -> str:
    """When the request was filed, and how long ago once that matters."""
    age = view.now - view.request.filed_at
    return moment(view.request.filed_at) + (f" ({span(age)} ago)" if age.total_seconds() >= 3600 else "")


def who(view: CardView) -> str:
    """The requester, by id."""
    return mention(view.request.requester_slack_id)


def product(view: CardView) -> str:
    """The product's name, safe for mrkdwn."""
    return quoted(view.product.name)


def fillings(view: CardView) -> Mapping[str, str]:
    """What the reasons' sentences may name."""
    place = f"It is number {view.queue_position} in the queue. " if view.queue_position else ""
    gone = view.request.details.get("approver") or (view.decision.approver_slack_id if view.decision else None)
    approver = mention(gone) if isinstance(gone, str) else "The approver"
    return {"product": product(view), "requester": who(view), "approver": approver, "place": place, **_found(view.state)}


def _found(state: AccessState | None) -> Mapping[str, str]:
    """What the diagnosis lets a reason's sentence name; empty without one."""
    if state is None:
        return {}
    found = {"accounts": f"{state.matches} accounts"} if state.matches > 1 else {}
    if state.email:
        found["email"] = f"the e-mail {quoted(state.email, longest=access.LONGEST_NAME)}"
    if state.chosen_group:
        found["group"] = f"`{quoted(state.chosen_group.name, longest=access.LONGEST_NAME)}`"
    return found


def closed(view: CardView) -> str:
    """When the request was closed and, where a person did it, by whom."""
    by = view.request.details.get("closed_by")
    return f"Closed {f'by {mention(by)} ' if isinstance(by, str) else ''}{moment(view.request.changed_at)}"
