"""Whatever Atlassian tells about somebody, their card is one that Slack takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian.access import AccessState, WayBack
from atlassian.licences import GroupRef
from bot.slack.surfaces import card
from bot.slack.surfaces.message import to_json
from sandbox.slack.blocks.surfaces import TOTAL_TEXT, refuse_message_blocks, total_text
from storage.lifecycle import RequestStatus
from tests.bot.slack.words import CONFLUENCE, card_view

pytestmark = pytest.mark.large

LONGEST_TEXT = 4000
REASONS = ("several_accounts", "no_modifiable_group", "group_not_manageable", "externalDirectory.scim")
NASTY = st.one_of(st.text(max_size=40), st.sampled_from(("&" * 320, "<!channel>" * 32, "a on ari:x on " * 32, "\u200d", "")))
THINGS = st.one_of(NASTY, st.builds("{} on ari:cloud:{}".format, NASTY, NASTY), st.builds("atlassian/{}".format, NASTY))
MANY = st.one_of(st.lists(THINGS, max_size=12), st.builds(lambda one: [one] * 20, THINGS)).map(tuple)
GROUPS = st.builds(GroupRef, id=NASTY, name=NASTY, directory_id=NASTY)
REASON = st.one_of(st.none(), NASTY, st.sampled_from(REASONS))

STATES = st.builds(
    AccessState,
    way_back=st.sampled_from(WayBack),
    levels=st.lists(st.sampled_from(WayBack), max_size=30).map(tuple),
    matches=st.integers(min_value=0, max_value=10**6),
    reason=REASON,
    account_id=st.one_of(st.none(), NASTY),
    account_name=st.one_of(st.none(), NASTY),
    email=st.one_of(st.none(), NASTY),
    brings_back=MANY,
    side_products=MANY,
    chosen_group=st.one_of(st.none(), GROUPS),
)


DETAILS = st.fixed_dictionaries({"code": REASON, "reason": REASON, "groups": MANY.map(", ".join)})


@given(state=STATES, status=st.sampled_from(RequestStatus), code=REASON, details=DETAILS, name=NASTY)
def test_any_state_makes_a_card_within_the_limits(
    state: AccessState, status: RequestStatus, code: str | None, details: dict[str, str | None], name: str
) -> None:
    """One text object over its limit, and the request has no card at all."""
    names = {CONFLUENCE.resource: name}
    for one in (code, "owned_elsewhere", "ambiguous"):
        view = card_view(status, reason=name, reason_code=one, details=details, state=state, requester_name=name, product_names=names)
        message = card.render(view)
        blocks = to_json(message.blocks)
        assert refuse_message_blocks(blocks) == []
        assert total_text(blocks) < TOTAL_TEXT
        assert len(message.text) < LONGEST_TEXT
