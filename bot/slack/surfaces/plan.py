"""
A plan in the admin channel: one drawing for every state of a batch, always redrawn whole from the database.

A button's value is the batch's id and nothing else; who is in it was frozen when it was proposed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from slack_sdk.models.blocks import Block, ConfirmObject

from bot.idle.plan_view import PlanView
from bot.slack.surfaces import plan_parts as parts
from bot.slack.surfaces.card import parse
from bot.slack.surfaces.digest_texts import number
from bot.slack.surfaces.markup import button, buttons, confirm, context, moment, said, section
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.plan_people import longest_idle, several
from bot.slack.surfaces.plan_texts import DEEDS
from storage.lifecycle import BatchStatus, ReclaimStatus

__all__ = ["APPROVE", "EDIT", "REFUSE", "UNDO", "UNDO_SOME", "parse", "render"]

APPROVE = "plan.approve"
EDIT = "plan.edit"
REFUSE = "plan.refuse"
UNDO = "plan.undo"
UNDO_SOME = "plan.undo_some"
LONGEST_QUESTION = 300

_S = ReclaimStatus
_HELD = (_S.TAKING, _S.TAKEN, _S.NEEDS_ATTENTION)

Drawn = Sequence[Block | None]


def render(view: PlanView) -> Message:
    """The card of a plan in whatever state it is."""
    title = _title(view)
    blocks = _picture(view) if view.figures.dry else _DRAWINGS[view.batch.status](view)
    return Message(text=title, blocks=tuple(block for block in (section(f"*{title}*"), *blocks) if block is not None))


def _title(view: PlanView) -> str:
    if view.figures.dry:
        return f"🪑  {parts.seats(sum(one.seats for one in view.products))} could be taken back"
    return _TITLES[view.batch.status](view, len(view.in_status(_S.TAKEN, _S.RETURNED)))


def _proposal(view: PlanView) -> str:
    """What is to be decided: seats, or of whom nobody could warn one by one; a plan may hold the one without the other."""
    planned, unwarned = view.in_status(_S.PLANNED), {one.holder.account_id for one in view.unwarned}
    if planned:
        return f"🪑  A plan: {parts.seats(len(planned))} can be taken back"
    if unwarned:
        return f"📭  {number(len(unwarned), 'person', 'people')} I couldn't warn: decide by name"
    return "🪑  A plan that nobody is left in"


def _since(view: PlanView, taken: int) -> str:
    """How many of those *taken* are not free any more; whoever reads only the headline would count with them."""
    back = len(view.in_status(_S.RETURNED))
    if not back:
        return ""
    return ", and returned since" if back == taken else f", {back} of them returned since"


_TITLES: Mapping[BatchStatus, Callable[[PlanView, int], str]] = {
    BatchStatus.PROPOSED: lambda view, _: _proposal(view),
    BatchStatus.APPROVED: lambda view, taken: f"🔵  Taking idle seats back: {taken} of {len(view.members)} taken{_since(view, taken)}",
    BatchStatus.DONE: lambda view, taken: f"✅  {taken} of {parts.seats(len(view.members))} taken back{_since(view, taken)}",
    BatchStatus.UNDOING: lambda view, _: f"↩️  Putting {parts.seats(len(view.figures.undo))} back",
    BatchStatus.UNDONE: lambda view, _: f"↩️  {len(parts.put_back(view))} of {parts.seats(len(view.figures.undo))} put back",
    BatchStatus.REFUSED: lambda view, _: (
        f"🚫  Plan refused: {parts.stay(len(view.members))}" if view.members else "🚫  Refused: nothing was taken"
    ),
    BatchStatus.EXPIRED: lambda view, _: (
        f"⌛  Nobody decided this plan: {parts.stay(len(view.members))}" if view.members else "⌛  Nobody decided: nothing was taken"
    ),
}


def _picture(view: PlanView) -> Drawn:
    told = "Nobody was told and nothing is taken: `COMEBACK_IDLE__MODE` is `plan`. With `reclaim` I warn these people, and ask you then."
    total = sum(one.seats for one in view.products)
    longest = longest_idle(view.pictured, now=view.now, total=total, named=several(view))
    return (section(told), *parts.products(view), longest, context(f"As of {moment(view.now)}"))


def _proposed(view: PlanView) -> Drawn:
    members = view.in_status(_S.PLANNED)
    holders, edited = [member.holder for member in members], view.figures.edits > 0
    ends = f" · ends by itself {moment(view.batch.due_at)}" if view.batch.due_at else ""
    return (
        section(parts.told(view)) if members else None,
        *parts.products(view),
        parts.left_over(view),
        longest_idle(holders, now=view.now, changed=edited, named=several(view)),
        parts.left_out(view),
        parts.nobody_could_warn(view),
        buttons(
            button("Approve", action_id=APPROVE, value=view.batch.id, style="primary", confirm=_sure(view)) if members else None,
            button("Edit…", action_id=EDIT, value=view.batch.id) if members or view.unwarned else None,
            button("Refuse…", action_id=REFUSE, value=view.batch.id, style="danger"),
            block_id="decide",
        ),
        context(f"Proposed {moment(view.batch.proposed_at)}{ends}", *_deeds(view)),
    )


def _sure(view: PlanView) -> ConfirmObject:
    """Slack takes 300 characters: of many products their number stands in, and long names stay on the card."""
    lines = "\n".join(parts.in_short(one) for one in view.products if one.seats)
    count = f"{parts.seats(len(view.in_status(_S.PLANNED)))} of {len(view.products)} products."
    ends = "No account and nothing that people wrote is deleted, and *Undo all* or *Undo some…* puts back what was taken."
    warned = (parts.never_warned(view), parts.never_warned(view, named=False))
    texts = [f"{told}\n{unwarned}{ends}" for told in (lines, count) for unwarned in warned]
    fitting = next((text for text in texts if len(text) <= LONGEST_QUESTION), texts[-1])
    return confirm(title="Take these seats back?", text=fitting, yes="Take them back")


def _under_way(view: PlanView) -> Drawn:
    return (*parts.outcome(view), _undo(view), context(*_history(view)))


def _refused(view: PlanView) -> Drawn:
    return (said(view.figures.reason) if view.figures.reason else None, context(*_history(view)))


def _expired(view: PlanView) -> Drawn:
    if not view.members:
        return (context("Whoever is idle still, and can't be warned by then, is named again with the next plan.", *_history(view)),)
    next_plan = "The people are in the next plan unless they come back. Where that comes more than two months later, they are asked anew."
    return (context(next_plan, *_history(view)),)


def _undo(view: PlanView) -> Block | None:
    held = view.in_status(*_HELD)
    everything = view.batch.status in (BatchStatus.APPROVED, BatchStatus.DONE) and view.in_status(*_HELD, _S.APPROVED, _S.PLANNED)
    if not held and not everything:
        return None
    question = confirm(
        title="Put everything back?",
        text=f"{parts.seats(len(held))} of this plan get exactly the access that was taken. What hasn't begun stays.",
        yes="Put them back",
    )
    return buttons(
        button("Undo all", action_id=UNDO, value=view.batch.id, confirm=question) if everything else None,
        button("Undo some…", action_id=UNDO_SOME, value=view.batch.id) if held else None,
        block_id="undo",
    )


def _history(view: PlanView) -> list[str]:
    decided = {BatchStatus.REFUSED: "Refused", BatchStatus.EXPIRED: ""}.get(view.batch.status, "Approved")
    lines = [f"Proposed {moment(view.batch.proposed_at)}"]
    if view.decided_by and view.batch.decided_at and decided:
        lines.append(f"{decided} by {parts.mentioned(view.decided_by)} {moment(view.batch.decided_at)}")
    return [*lines, *_deeds(view)]


def _deeds(view: PlanView) -> Iterator[str]:
    for deed in view.deeds:
        who = parts.mentioned(deed.by) if deed.by else "an approver"
        yield f"{DEEDS.get(deed.what, 'Changed')} by {who} {moment(deed.at)}"


_DRAWINGS: Mapping[BatchStatus, Callable[[PlanView], Drawn]] = {
    BatchStatus.PROPOSED: _proposed,
    BatchStatus.APPROVED: _under_way,
    BatchStatus.DONE: _under_way,
    BatchStatus.UNDOING: _under_way,
    BatchStatus.UNDONE: _under_way,
    BatchStatus.REFUSED: _refused,
    BatchStatus.EXPIRED: _expired,
}
