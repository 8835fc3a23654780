"""The pieces that the drawings of a plan are put together from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import TypeVar

from slack_sdk.models.blocks import Block

from bot.billing import Money
from bot.codes import Kept, NotUndone, Returned, Stuck
from bot.idle.plan_figures import ASKED
from bot.idle.plan_view import Member, PlanView, ProductPlan, Unwarned
from bot.slack.surfaces.costs import short_day
from bot.slack.surfaces.digest_texts import number
from bot.slack.surfaces.idle_texts import MAILED, UNDELIVERED
from bot.slack.surfaces.markup import context, listed, mention, quoted, section
from bot.slack.surfaces.plan_people import LONGEST_NAME, more_seats, names_of, seat_of, several
from bot.slack.surfaces.plan_texts import BACK, IN_THE_WAY, KEPT, NOT_UNDONE, STUCK, UNDELIVERED_OTHERWISE
from storage.lifecycle import HOLDING_RECLAIMS, BatchStatus, ReclaimStatus

MOST_TEXT = 6_000
"""Of all reasons together: Slack takes some 12,000 characters, and a message that nobody reads to its end tells nothing."""
_E = TypeVar("_E", bound=StrEnum)

mentioned = mention


def seats(count: int) -> str:
    """How many seats, in words."""
    return f"{count} idle seat{'' if count == 1 else 's'}"


def stay(count: int) -> str:
    """The same as a sentence: they stay where they are."""
    return f"{seats(count)} stay{'s' if count == 1 else ''}"


def products(view: PlanView) -> Iterator[Block]:
    """A paragraph for each product that has seats in the plan."""
    yield from (section(_product(one, today=view.now.date())) for one in view.products if one.seats)


def _product(one: ProductPlan, *, today: date) -> str:
    return f"{in_short(one)}{_window(one, today=today)}"


def in_short(one: ProductPlan) -> str:
    """How many of how many, and what that saves: an estimate, and it says so."""
    saves = f", saves about {one.saving} a month (estimate)" if one.saving is not None else ""
    return f"*{quoted(one.name)}*: {one.seats} of {one.seats_before} seats{saves}."


def _window(one: ProductPlan, *, today: date) -> str:
    price = _price(one)
    if one.renewal is None:
        cost = f"a return may cost {price}" if price else "what a return costs isn't known"
        return f" When it renews isn't in the settings, so {cost}."
    last, renewal = (short_day(day, today=today) for day in (one.renewal - timedelta(days=1), one.renewal))
    after = f", after that {price}" if price else ""
    return f" To be taken by {last}, before the renewal on {renewal}; a return before then costs nothing{after}."


def _price(one: ProductPlan) -> str:
    """What a return costs: where prices are tiered, that of the seats of the plan on average."""
    if one.saving is None or not one.seats:
        return ""
    return f"about {Money(amount=one.saving.amount / one.seats, currency=one.saving.currency)} a month (estimate)"


def told(view: PlanView) -> str:
    """Whether those to be taken were warned, and who was not."""
    added, count = view.never_warned, len(view.in_status(ReclaimStatus.PLANNED))
    others = {0: "They", count: ""}.get(len(added), "The others")
    warned = f"{others} were warned, and nobody asked to keep theirs. " if others else ""
    return f"{never_warned(view)}{warned}Each is looked at once more before it is taken; nothing else is touched."


def never_warned(view: PlanView, *, named: bool = True) -> str:
    """A line about those whom an approver added although no warning reached them; empty when there are none."""
    added = view.never_warned
    names = f": {names_of(view, added)}" if named else ""
    verb = "was" if len(added) == 1 else "were"
    return f"⚠️ {len(added)} of them {verb} *not* warned; an approver added them{names}.\n" if added else ""


def left_over(view: PlanView) -> Block | None:
    """That these are not all who are due, where they are more than a plan may have."""
    more = view.figures.left_over
    verb = "is" if more == 1 else "are"
    return context(f"{number(more, 'more seat')} {verb} due, and come with the next plan: `COMEBACK_IDLE__MAX_PER_RUN`.") if more else None


def left_out(view: PlanView) -> Block | None:
    """Those whom an approver left out already."""
    people = [member for member in view.in_status(ReclaimStatus.STOPPED) if member.reclaim.reason_code == Kept.LEFT_OUT.value]
    return context(f"Left out: {names_of(view, people)}") if people else None


def nobody_could_warn(view: PlanView) -> Block | None:
    """Those who are idle and in no plan, as no warning reached them."""
    if not view.unwarned:
        return None
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for one in view.unwarned:
        groups[_why_not_in_slack(one)].append(f"{seat_of(one.holder, named=several(view))}{_mailed(one)}")
    beside = f"Nobody could warn {len(view.unwarned)}, so they are not in the plan. *Edit…* can add them."
    alone = "They are idle, and no warning reached them: only whom you add with *Edit…* can be taken."
    told = beside if view.in_status(ReclaimStatus.PLANNED) else alone
    lines = (f"{why[:1].upper()}{why[1:]}: {listed(names, between='; ', rest=more_seats)}" for why, names in groups.items())
    return context(told, *lines)


def why_unwarned(one: Unwarned) -> str:
    """Why no warning reached them, in a few words, and whether a mail may have."""
    return f"{_why_not_in_slack(one)}{_mailed(one)}"


def _why_not_in_slack(one: Unwarned) -> str:
    return UNDELIVERED.get(one.code or "", UNDELIVERED_OTHERWISE)


def _mailed(one: Unwarned) -> str:
    return MAILED[one.mail.status].format(at=one.mail.at) if one.mail else ""


def outcome(view: PlanView) -> list[Block]:
    """What became of the members, a line for each kind of end; people are named, as somebody may have to act."""
    lines = [line for line in _lines(view) if line]
    fitting = max(1, sum(end <= MOST_TEXT for end in accumulate(len(line) for line in lines)))
    more = context(f"… and {len(lines) - fitting} more reasons.") if len(lines) > fitting else None
    return [*(section(line) for line in lines[:fitting]), *([more] if more else [])]


def _lines(view: PlanView) -> Iterator[str]:
    # A long plan comes to its last members some seconds after its approval, or its undo, which calls off what has not begun.
    undone = view.batch.status is BatchStatus.UNDOING
    going = view.in_status(ReclaimStatus.TAKING, *(() if undone else (ReclaimStatus.APPROVED, ReclaimStatus.PLANNED)))
    taken, back = view.in_status(ReclaimStatus.TAKEN), view.in_status(ReclaimStatus.RETURNED)
    yield f"⏳ {len(going)} still to be taken" if going else ""
    yield f"🪑 {len(taken)} taken: {names_of(view, taken)}" if taken else ""
    for how, members in _grouped((member, BACK[_code(member, Returned.BY_ITSELF)]) for member in back):
        yield f"↩️ {len(members)} back, {how}: {names_of(view, members)}"
    yield from _stuck(view)
    yield from _undos(view)
    yield from _kept(view)


def _stuck(view: PlanView) -> Iterator[str]:
    found = ((member, STUCK[_code(member, Stuck.OTHER)]) for member in view.in_status(ReclaimStatus.NEEDS_ATTENTION))
    for why, members in _grouped(found):
        yield f"⚠️ {names_of(view, members)}: {why}. That needs you; *Undo some…* puts back what was taken."


def put_back(view: PlanView) -> list[Member]:
    """The members whose seat an undo of the plan put back: others came back on their own."""
    return [member for member in view.in_status(ReclaimStatus.RETURNED) if member.reclaim.reason_code == Returned.BY_UNDO.value]


def _undos(view: PlanView) -> Iterator[str]:
    held = {member.reclaim.id: member for member in view.in_status(*HOLDING_RECLAIMS)}
    words = {reclaim_id: word for reclaim_id, word in view.figures.undo.items() if reclaim_id in held}
    asked = [held[reclaim_id] for reclaim_id, word in words.items() if word == ASKED]
    yield f"⏳ {len(asked)} still to be put back: {names_of(view, asked)}" if asked else ""
    failed = ((held[reclaim_id], NOT_UNDONE[_known(word, NotUndone.OTHER)]) for reclaim_id, word in words.items() if word != ASKED)
    for why, members in _grouped(failed):
        yield f"⚠️ {len(members)} couldn't be put back: {why}: {names_of(view, members)}"


def _kept(view: PlanView) -> Iterator[str]:
    for why, members in _grouped((member, _why(member)) for member in view.in_status(ReclaimStatus.STOPPED)):
        yield f"✋ {len(members)} kept, {why}: {names_of(view, members)}"


def _grouped(found: Iterable[tuple[Member, str]]) -> list[tuple[str, list[Member]]]:
    """The members by reason, most of them first."""
    groups: defaultdict[str, list[Member]] = defaultdict(list)
    for member, why in found:
        groups[why].append(member)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def _why(member: Member) -> str:
    code, details = _code(member, Kept.OTHER), member.reclaim.details
    if code is not Kept.IN_THE_WAY:
        return KEPT[code]
    groups = [f"`{quoted(name, longest=LONGEST_NAME)}`" for name in str(details.get("groups") or "").split(", ") if name]
    reasons = {reason for reason in str(details.get("reasons") or "").split(", ") if reason}
    told = "; ".join(sentence for obstacle, sentence in IN_THE_WAY.items() if obstacle.value in reasons)
    return f"{listed(groups) or 'something'} is in the way" + (f" ({told})" if told else "")


def _code(member: Member, otherwise: _E) -> _E:
    return _known(member.reclaim.reason_code, otherwise)


def _known(word: str | None, otherwise: _E) -> _E:
    """The code, or *otherwise* for one of another release."""
    return next((code for code in type(otherwise) if code.value == word), otherwise)
