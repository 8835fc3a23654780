"""How many must approve, and which returns a policy may approve: every guard has its row."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from atlassian.access import AccessState, WayBack
from bot.approval import Objection, ReturnFacts, approvals_needed, objection_to, policy_of
from bot.settings import Product
from storage.lifecycle import ReturnPolicy
from tests.bot.seat_history import product

JSM = "ari:cloud:jira-servicedesk::site/1"
STATE = AccessState(way_back=WayBack.ADD_ACCESS, levels=(WayBack.ADD_ACCESS,), matches=1, account_id="712020:ada")
FREE = ReturnFacts(
    state=STATE,
    taken=True,
    long_ago=False,
    pinned_account_id="712020:ada",
    shared=False,
    linked_since=False,
    from_another=False,
    email_changed=False,
    whole=True,
    administered=False,
    side_products=frozenset(),
    denied_since=False,
    over_the_cap=False,
    free_until=date(2026, 12, 14),
)
CHARGED = replace(FREE, free_until=None)

P = ReturnPolicy


@pytest.mark.parametrize(
    ("policy", "facts", "objection"),
    [
        (None, FREE, Objection.TURNED_OFF),
        (None, CHARGED, Objection.TURNED_OFF),
        (P.FREE_RETURN, FREE, None),
        (P.FREE_RETURN, CHARGED, Objection.COSTS),
        (P.RETURN, FREE, None),
        (P.RETURN, CHARGED, None),
    ],
)
def test_each_policy_approves_what_its_name_says(policy: ReturnPolicy | None, facts: ReturnFacts, objection: Objection | None) -> None:
    """What is not known to be free is not free."""
    assert objection_to(policy, facts) is objection


def needing(*levels: WayBack, **facts: Any) -> dict[str, Any]:
    """Facts of an account in another state."""
    return {"state": replace(STATE, way_back=levels[0], levels=levels, **facts)}


ADD, RESTORE, ENABLE = WayBack.ADD_ACCESS, WayBack.RESTORE, WayBack.ENABLE


@pytest.mark.parametrize("policy", list(ReturnPolicy))
@pytest.mark.parametrize(
    ("changed", "objection"),
    [
        ({"taken": False}, Objection.NOT_TAKEN),
        ({"long_ago": True}, Objection.LONG_AGO),
        ({"pinned_account_id": None}, Objection.NOT_LINKED),
        ({"pinned_account_id": "712020:eve"}, Objection.ANOTHER_ACCOUNT),
        (needing(ADD, account_id=None), Objection.ANOTHER_ACCOUNT),
        ({"shared": True}, Objection.SEVERAL_ACCOUNTS),
        (needing(ADD, matches=2), Objection.SEVERAL_ACCOUNTS),
        ({"linked_since": True}, Objection.LINKED_SINCE),
        ({"from_another": True}, Objection.FROM_ANOTHER),
        ({"email_changed": True}, Objection.EMAIL_CHANGED),
        (needing(RESTORE), Objection.ACCOUNT_OFF),
        (needing(RESTORE, ADD), Objection.ACCOUNT_OFF),
        (needing(ENABLE, RESTORE, ADD), Objection.ACCOUNT_OFF),
        (needing(WayBack.CANCEL_DELETION), Objection.ACCOUNT_OFF),
        (needing(WayBack.INVITE), Objection.ACCOUNT_OFF),
        (needing(WayBack.OWNED_ELSEWHERE), Objection.ACCOUNT_OFF),
        ({"administered": True}, Objection.ADMINISTERS),
        (needing(ADD, revives_admin=("atlassian/admin",)), Objection.ADMINISTERS),
        ({"whole": False}, Objection.NOT_AS_IT_WAS),
        (needing(ADD, brings_back=("engineering",)), Objection.BRINGS_MORE),
        (needing(ADD, side_products=(JSM,)), Objection.BRINGS_MORE),
        ({"denied_since": True}, Objection.DENIED_SINCE),
        ({"over_the_cap": True}, Objection.DAILY_CAP),
    ],
)
def test_no_policy_approves_more_than_a_return(policy: ReturnPolicy, changed: dict[str, Any], objection: Objection) -> None:
    """Whatever it is set to: each of these alone is a reason to ask people."""
    assert objection_to(policy, replace(FREE, **changed)) is objection


def test_what_the_groups_gave_when_they_were_taken_may_come_back() -> None:
    """The snapshot covers it, so the person had it."""
    both = replace(STATE, side_products=(JSM,))
    assert objection_to(P.RETURN, replace(FREE, state=both, side_products=frozenset({JSM}))) is None


def test_settings_name_the_policy_and_the_number() -> None:
    """A product that is gone from the settings has no policy, and one approval is the least there is."""
    careful: dict[str, Product] = {"jira": product(approvals=2, auto_approve="return")}
    assert policy_of(careful["jira"]) is P.RETURN
    assert policy_of(product()) is None
    assert (approvals_needed(careful, "jira"), approvals_needed(careful, "gone")) == (2, 1)
