"""The people of the world."""

from collections import Counter

import pytest

from sandbox.cast import CAST
from sandbox.human import AtlassianState, SlackKind
from sandbox.population import NAMED, idle_removed_among, population


def test_four_hundred_people_of_whom_123_lost_access_for_inactivity() -> None:
    """The default world tells the story that the product is for."""
    states = Counter(human.atlassian for human in population())
    assert states.total() == 400
    assert states[AtlassianState.IDLE_REMOVED] == 123
    assert set(states) == set(AtlassianState)


def test_the_same_seed_makes_the_same_people() -> None:
    """A story that failed must be repeatable."""
    assert population(200, 3) == population(200, 3)
    assert population(200, 3) != population(200, 4)


@pytest.mark.parametrize("people", [0, 40, 1000])
def test_the_named_cast_is_in_every_world(people: int) -> None:
    """Stories rely on ada and the others, whatever the size."""
    found = population(people)
    assert tuple(found[: len(CAST)]) == CAST
    assert len(found) == max(people, len(NAMED))
    assert sum(human.atlassian is AtlassianState.IDLE_REMOVED for human in found) == idle_removed_among(people)


def test_keys_and_addresses_are_unique() -> None:
    """Both sides find a person by key and by e-mail."""
    found = population(3000)
    assert len({human.key for human in found}) == len({human.email for human in found}) == 3000


def test_who_lost_a_product_had_not_used_it_for_90_days_before() -> None:
    """Last-active dates must tell the same story as the state."""
    for human in population():
        seen = dict(human.seen)
        assert all(seen[product] - human.state_days >= 90 for product in human.lost)
        assert not set(human.lost) & set(human.products)
        assert all(days <= human.since for days in seen.values())


def test_every_kind_of_slack_account_is_there() -> None:
    """Refusals of guests, strangers, bots and leavers need somebody to refuse."""
    kinds = {human.slack_kind for human in population()}
    assert {SlackKind.GUEST, SlackKind.SINGLE_GUEST, SlackKind.STRANGER, SlackKind.BOT, SlackKind.DEACTIVATED, SlackKind.ABSENT} <= kinds
