"""
PURE: how many people must approve, and which returns need nobody: a reason code where a policy may not approve.

A policy approves only that a seat which Comeback took goes back, as it was, to the very person it was taken from. All else is a person's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

from atlassian.access import AccessState, WayBack
from storage.lifecycle import ReturnPolicy

LONGEST_AWAY = timedelta(days=400)
"""A year and the month around it: whoever has done without a seat for longer may have another job by now, so people are asked."""

AutoApprove: TypeAlias = Literal["never", "free_return", "return"]


class Objection(StrEnum):
    """Why a policy may not approve, the first that holds; then people are asked."""

    TURNED_OFF = "turned_off"
    NOT_TAKEN = "not_taken"
    LONG_AGO = "long_ago"
    NOT_LINKED = "not_linked"
    ANOTHER_ACCOUNT = "another_account"
    SEVERAL_ACCOUNTS = "several_accounts"
    LINKED_SINCE = "linked_since"
    FROM_ANOTHER = "from_another"
    EMAIL_CHANGED = "email_changed"
    ACCOUNT_OFF = "account_off"
    ADMINISTERS = "administers"
    NOT_AS_IT_WAS = "not_as_it_was"
    BRINGS_MORE = "brings_more"
    DENIED_SINCE = "denied_since"
    DAILY_CAP = "daily_cap"
    COSTS = "costs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFacts:
    """
    All that a policy asks about a return.

    `taken` says that Comeback took this very seat, all of it, and has not given it back, `long_ago` that this is more than `LONGEST_AWAY`
    ago. `pinned_account_id` is whose account the asker is linked to; `shared` says that it is linked to somebody else as well,
    `linked_since` that the link is younger than the removal or the request, and `from_another` that somebody else was warned before the
    seat was taken. `whole` says that exactly what was taken can be put back, `administered` that administration was among it, and
    `side_products` what its groups gave besides when they were taken. `free_until` is the renewal before which nothing of it costs
    anything, None when it does or nobody knows.
    """

    state: AccessState
    taken: bool
    long_ago: bool
    pinned_account_id: str | None
    shared: bool
    linked_since: bool
    from_another: bool
    email_changed: bool
    whole: bool
    administered: bool
    side_products: frozenset[str]
    denied_since: bool
    over_the_cap: bool
    free_until: date | None


class ProductPolicy(Protocol):
    """A product as the settings have it."""

    @property
    def auto_approve(self) -> AutoApprove:
        """Which returns need nobody."""

    @property
    def approvals(self) -> int:
        """How many people must approve what a policy does not."""


def approvals_needed(products: Mapping[str, ProductPolicy], key: str) -> int:
    """How many different approvers must approve a request for the product; one for a product that the settings no longer have."""
    product = products.get(key)
    return product.approvals if product else 1


def policy_of(product: ProductPolicy) -> ReturnPolicy | None:
    """The policy that may approve returns of *product*; None when all need people."""
    return None if product.auto_approve == "never" else ReturnPolicy(product.auto_approve)


def objection_to(policy: ReturnPolicy | None, facts: ReturnFacts) -> Objection | None:
    """Why *policy* may not approve this return; None when it does."""
    if policy is None:
        return Objection.TURNED_OFF
    found = {
        Objection.NOT_TAKEN: not facts.taken,
        Objection.LONG_AGO: facts.long_ago,
        **_about_the_person(facts),
        **_about_the_return(facts),
        Objection.DENIED_SINCE: facts.denied_since,
        Objection.DAILY_CAP: facts.over_the_cap,
        Objection.COSTS: policy is ReturnPolicy.FREE_RETURN and facts.free_until is None,
    }
    return next((objection for objection, holds in found.items() if holds), None)


def _about_the_person(facts: ReturnFacts) -> dict[Objection, bool]:
    state = facts.state
    return {
        Objection.NOT_LINKED: facts.pinned_account_id is None,
        Objection.SEVERAL_ACCOUNTS: state.matches != 1 or facts.shared,
        Objection.ANOTHER_ACCOUNT: state.account_id != facts.pinned_account_id,
        # Whose account it is was said for this very return, or by nobody who knew the seat: a person has to look at both together.
        Objection.LINKED_SINCE: facts.linked_since,
        Objection.FROM_ANOTHER: facts.from_another,
        Objection.EMAIL_CHANGED: facts.email_changed,
    }


def _about_the_return(facts: ReturnFacts) -> dict[Objection, bool]:
    state = facts.state
    return {
        # Levels stack: an account that is off, suspended, on its way out or not there yet has another level before or behind this one.
        Objection.ACCOUNT_OFF: state.levels != (WayBack.ADD_ACCESS,),
        Objection.ADMINISTERS: facts.administered or bool(state.revives_admin),
        Objection.NOT_AS_IT_WAS: not facts.whole,
        Objection.BRINGS_MORE: bool(state.brings_back) or not set(state.side_products) <= facts.side_products,
    }
