"""Who or what approved a request, as its card tells it, and how many approvals are still needed."""

from collections.abc import Iterable
from datetime import date

from slack_sdk.models.blocks import Block

from bot.slack.surfaces.card_parts import CardView, approvals, asks_to_approve, given
from bot.slack.surfaces.costs import short_day
from bot.slack.surfaces.markup import context, mention, moment
from storage.lifecycle import Verdict
from storage.records import Decision, PolicyApproval


def decided(view: CardView) -> str:
    """Who decided and when; empty while nobody has, or not enough have."""
    last = view.decision
    if view.policy is not None and (last is None or last.round_number < view.policy.round_number):
        holds = view.policy.round_number == view.request.round_number
        return _by_policy(view.policy, holds=holds, today=view.now.date()) if view.request.approved_at else ""
    if last is None:
        return ""
    if last.verdict is Verdict.DENY:
        return f"Denied by {mention(last.approver_slack_id)} {moment(last.decided_at)}"
    if view.request.approved_at is None or _is_short(view):
        return ""
    return f"Approved by {names(approvals(view, round_number=last.round_number))} {moment(last.decided_at)}"


def counted(view: CardView) -> Block | None:
    """How many have approved, of how many that must; None where one is enough, or enough have."""
    if not _is_short(view):
        return None
    needed, approved = view.product.approvals, given(view)
    if not approved:
        return context(f"👥 Needs the approvals of {needed} people") if needed > 1 else None
    return context(f"👥 {len(approved)} of {needed}: approved by {names(approved)}")


def _is_short(view: CardView) -> bool:
    """Whether approvals are still missing."""
    return asks_to_approve(view) and len(given(view)) < view.product.approvals


def names(approvals: Iterable[Decision]) -> str:
    """Who gave the *approvals*, of which there is at least one."""
    *others, last = (mention(one.approver_slack_id) for one in approvals)
    return f"{', '.join(others)} and {last}" if others else last


def _by_policy(approval: PolicyApproval, *, holds: bool, today: date) -> str:
    """Which policy, when, and what it rested on; of one that holds no more only that it was so."""
    named = f"approved by the policy `{approval.policy.value}` {moment(approval.decided_at)}"
    return f"{named}: {_what_it_rests_on(approval, today=today)}" if holds else f"was {named}"


def _what_it_rests_on(approval: PolicyApproval, *, today: date) -> str:
    taken_on, free_until = (approval.facts.get(name) for name in ("taken_on", "free_until"))
    taken = f" on {short_day(date.fromisoformat(taken_on), today=today)}" if taken_on else ""
    return f"the seat that Comeback took{taken} goes back{_free(free_until, today=today)}"


def _free(until: str | None, *, today: date) -> str:
    """What the return costs, as long as that is so, and cost afterwards."""
    if until is None:
        return ""
    last = date.fromisoformat(until)
    return f"; {'costs' if today < last else 'cost'} nothing until {short_day(last, today=today)}"
