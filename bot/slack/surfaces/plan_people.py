"""Naming the people of a plan: on its card, in its forms, and in the list of those who are idle for the longest."""

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.idle.plan_view import Holder, Member, PlanView
from bot.slack.surfaces.digest_texts import number
from bot.slack.surfaces.markup import context, listed, plain, quoted, span

LONGEST_NAME = 60


def several(view: PlanView) -> bool:
    """Whether a person may be in the plan with more than one seat, so that a name alone doesn't say which."""
    return len(view.products) > 1


def who(holder: Holder, *, products: Sequence[str] = ()) -> str:
    """The person by name, and by address where that is known, with the *products* that are meant; safe in a sentence."""
    name, email = (quoted(text or "", longest=LONGEST_NAME) for text in (holder.name, holder.email))
    called = name or email or f"account {quoted(holder.account_id, longest=LONGEST_NAME)}"
    of = listed([quoted(product, longest=LONGEST_NAME) for product in products])
    beside = ", ".join(text for text in (email if name else "", of) if text)
    return f"{called} ({beside})" if beside else called


def in_a_list(holder: Holder) -> str:
    """The person as one line of a form, without markup."""
    name = plain(holder.name or holder.email or holder.account_id, longest=40)
    used = f"last used {holder.last_active_at:%d %b %Y}" if holder.last_active_at else "never used"
    return plain(f"{name} · {holder.product} · {used}", longest=75)


def longest_idle(
    holders: Sequence[Holder], *, now: datetime, total: int | None = None, changed: bool = False, named: bool = False
) -> Block | None:
    """
    The first few of those, longest idle first, by name and, where *named*, by product.

    *total* is how many there are, where *holders* are only the first.
    """
    if not holders:
        return None
    seated = [f"{seat_of(holder, named=named)}: {_idle(holder, now=now)}" for holder in holders]
    words = listed(seated, between="; ", total=total, rest=more_seats)
    whole = f". The whole list{', as changed,' if changed else ''} is in the thread." if max(total or 0, len(holders)) > 1 else ""
    return context(f"Longest idle: {words}{whole}")


def seat_of(holder: Holder, *, named: bool) -> str:
    """The person whose seat it is and, where *named*, of which product."""
    return who(holder, products=(holder.product,) if named else ())


def more_seats(count: int) -> str:
    """The end of a list of seats, of which so many are not in it."""
    return f"; and {number(count, 'more seat')}"


def _idle(holder: Holder, *, now: datetime) -> str:
    return span(now - holder.last_active_at) if holder.last_active_at else "never used"


def names_of(view: PlanView, members: Sequence[Member]) -> str:
    """Each of them once, with the products of their seats where the plan has several."""
    found: dict[str, list[Holder]] = {}
    for member in members:
        found.setdefault(member.holder.account_id, []).append(member.holder)
    named = [who(seats[0], products=[seat.product for seat in seats] if several(view) else ()) for seats in found.values()]
    return listed(named, between="; ", rest=lambda count: f"; and {number(count, 'more person', 'more people')}")
