"""Every card there is, by name: one for each state, and for each thing that an approver may have to know."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from atlassian.access import WayBack
from bot.billing import Money, ReturnCost
from bot.slack.surfaces.card import CardView
from bot.slack.surfaces.put_back import PutBack
from storage.lifecycle import RequestStatus, Verdict
from tests.bot.slack.words import CONFLUENCE, JIRA_OF_TWO, by_policy, card_view, decision, state

R = RequestStatus
LONG_AGO = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)

EVERYTHING: Mapping[str, Any] = {
    "state": state(
        WayBack.ENABLE,
        WayBack.RESTORE,
        WayBack.ADD_ACCESS,
        brings_back=("engineering", f"atlassian/user on {CONFLUENCE.resource}"),
        side_products=(CONFLUENCE.resource,),
        last_active=None,
    ),
    "seats_left": 0,
    "earlier_denials": 2,
    "product_names": {CONFLUENCE.resource: "Confluence"},
    "prices": {CONFLUENCE.resource: Money(amount=Decimal("6.05"), currency="USD")},
    "cost": ReturnCost(free_until=date(2026, 12, 14), per_month=Money(amount=Decimal("8.15"), currency="USD")),
}
"""All that an approver may have to know at once."""


def _asked_anew(code: str, **changes: Any) -> CardView:
    """A card whose approval ended: the press approves what it shows."""
    return card_view(R.NEEDS_ATTENTION, reason_code=code, decision=decision(), round_number=2, **EVERYTHING, **changes)


CARDS: Mapping[str, CardView] = {
    "pending": card_view(),
    "pending_just_asked": card_view(filed_at=card_view().now, reason="", requester_name="Ada Park"),
    "pending_not_looked_up": card_view(state=None, trouble="unreachable", seats_left=None),
    "pending_everything_to_know": card_view(**EVERYTHING),
    "pending_administration_comes_back": card_view(
        state=state(
            WayBack.RESTORE,
            brings_back=("all-staff", "atlassian/org-admin", f"atlassian/admin on {CONFLUENCE.resource}", "confluence-users-acme"),
        ),
        product_names={CONFLUENCE.resource: "Confluence"},
    ),
    "pending_invitation": card_view(state=state(WayBack.INVITE, account_id=None, account_name=None, last_active=None, matches=0)),
    "pending_by_role": card_view(state=state(chosen_group=None), product=CONFLUENCE),
    "pending_puts_back": card_view(
        back=PutBack(taken_at=LONG_AGO, groups=("jira-users-acme", "jira-project-x"), role=True),
        state=state(side_products=(CONFLUENCE.resource,)),
        product_names={CONFLUENCE.resource: "Confluence"},
    ),
    "pending_old_group_is_gone": card_view(
        back=PutBack(taken_at=LONG_AGO, missing=("jira-2019",), by_substitute=True, instead="jira-users-acme")
    ),
    "pending_first_of_two": card_view(product=JIRA_OF_TWO),
    "pending_second_of_two": card_view(product=JIRA_OF_TWO, decision=decision()),
    "approved_by_policy": card_view(R.APPROVED, policy=by_policy()),
    "approved_by_two": card_view(R.APPROVED, product=JIRA_OF_TWO, decisions=(decision(), decision(by="omar"))),
    "granted_by_policy": card_view(R.GRANTED, reason_code="restored", policy=by_policy()),
    "needs_attention_policy_ended": card_view(
        R.NEEDS_ATTENTION, reason_code="policy_ended", details={"reason": "costs"}, policy=by_policy(), round_number=2
    ),
    "needs_attention_second_of_two": card_view(
        R.NEEDS_ATTENTION,
        product=JIRA_OF_TWO,
        reason_code="more_than_agreed",
        round_number=2,
        decisions=(decision(), decision(by="omar"), replace(decision(), round_number=2)),
    ),
    "needs_attention_more_to_know": _asked_anew("more_than_agreed"),
    "needs_attention_approver_gone": _asked_anew("approver_gone", details={"approver": "U0GRACE"}),
    "approved": card_view(R.APPROVED, decision=decision()),
    "waiting_for_a_seat": card_view(R.WAITING, reason_code="seats_exhausted", decision=decision(), queue_position=3),
    "waiting_for_tomorrow": card_view(R.WAITING, reason_code="daily_cap", decision=decision()),
    "granting": card_view(R.GRANTING, decision=decision()),
    "granted": card_view(R.GRANTED, reason_code="restored", decision=decision()),
    "granted_without_the_old_group": card_view(
        R.GRANTED,
        reason_code="restored",
        decision=decision(),
        back=PutBack(taken_at=LONG_AGO, groups=("jira-users-acme",), missing=("jira-2019",), for_a_human=("atlassian/admin on jira",)),
    ),
    "granted_already": card_view(R.GRANTED, reason_code="found", decision=decision()),
    "granted_by_invitation": card_view(R.GRANTED, reason_code="invited", decision=decision(), state=state(WayBack.INVITE, account_id=None)),
    "denied": card_view(R.DENIED, decision=decision(Verdict.DENY, reason="You moved to the design team; they use another tool.")),
    "cancelled": card_view(R.CANCELLED),
    "expired": card_view(R.EXPIRED),
    "needs_attention_owned_elsewhere": card_view(
        R.NEEDS_ATTENTION,
        reason_code="owned_elsewhere",
        details={"reason": "externalDirectory.scim"},
        state=state(WayBack.OWNED_ELSEWHERE, reason="externalDirectory.scim"),
        decision=decision(),
    ),
    "needs_attention_two_accounts": card_view(
        R.NEEDS_ATTENTION,
        reason_code="ambiguous",
        details={"reason": "several_accounts"},
        approved_at=None,
        state=state(WayBack.AMBIGUOUS, reason="several_accounts", matches=2, account_id=None, account_name=None, last_active=None),
    ),
    "needs_attention_no_group_of_ours": card_view(
        R.NEEDS_ATTENTION,
        reason_code="owned_elsewhere",
        details={"reason": "no_modifiable_group", "groups": "jira-eng, jira-ops"},
        approved_at=None,
        state=state(WayBack.OWNED_ELSEWHERE, reason="no_modifiable_group", chosen_group=None),
    ),
    "needs_attention_account_closed": card_view(
        R.NEEDS_ATTENTION, reason_code="account_closed", approved_at=None, state=state(WayBack.ACCOUNT_CLOSED, chosen_group=None)
    ),
    "needs_attention_refused": card_view(
        R.NEEDS_ATTENTION, reason_code="refused_by_atlassian", details={"code": "ADMIN-400-9"}, decision=decision()
    ),
    "closed_has_access": card_view(R.CLOSED, reason_code="already_has_access"),
    "closed_by_admin": card_view(R.CLOSED, reason_code="by_admin", details={"closed_by": "U0GRACE"}),
    "ended": card_view(R.ENDED, decision=decision()),
}
