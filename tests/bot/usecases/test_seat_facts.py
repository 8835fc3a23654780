"""What is known of a seat: who administers or is protected by a group, and what an answer that lacks something leaves unknown."""

from datetime import UTC, datetime, timedelta

import pytest

from atlassian.licences import LicenceGroup
from atlassian.models import User, UserGroup
from bot.idle.inactivity import SeatFacts
from bot.usecases.seat_facts import Memory, circle_of, facts_of
from tests.bot.outside import CONFLUENCE, JIRA

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
SITE = "ari:cloud:platform::site/11111111-2222-3333-4444-555555555555"
USER, ADMIN = "atlassian/user", "atlassian/admin"


def group(id_: str, *grants: tuple[str, str]) -> LicenceGroup:
    """A group with these grants."""
    return LicenceGroup(id=id_, name=id_, directory_id="acme", modifiable=True, external=False, grants=grants)


def facts(user: User, *groups: LicenceGroup, protected: tuple[str, ...] = (), memory: Memory | None = None) -> SeatFacts:
    """The seat of *user* of Jira."""
    circle = circle_of(JIRA, licence_groups=groups, protected=protected)
    return facts_of(user, circle=circle, memory=memory or Memory(now=NOW))


def member(*groups: UserGroup | str) -> User:
    """Somebody in these groups."""
    return User(account_id="ada", groups=tuple(UserGroup(id=one, name=one) if isinstance(one, str) else one for one in groups))


@pytest.mark.parametrize(
    ("grants", "is_admin"),
    [
        (((JIRA, USER),), False),
        (((JIRA, USER), (JIRA, ADMIN)), True),
        (((JIRA, USER), (JIRA, "atlassian/brand-new")), True),
        (((JIRA, USER), (SITE, "atlassian/site-admin")), True),
        (((JIRA, USER), (CONFLUENCE, ADMIN)), False),
    ],
)
def test_a_group_that_administers_the_product_protects(grants: tuple[tuple[str, str], ...], is_admin: bool) -> None:
    """Its own administration and its site's do, and any role that nobody knows; that of another product does not."""
    assert facts(member("g"), group("g", *grants)).admin_on_product is is_admin
    assert facts(member("other"), group("g", *grants)).admin_on_product is False


def test_an_answer_without_groups_leaves_both_unknown() -> None:
    """Nobody is idle of whom it is not known that no group protects them."""
    seat = facts(User(account_id="ada", groups=None), group("g", (JIRA, ADMIN)), protected=("robots",))
    assert (seat.admin_on_product, seat.in_protected_group) == (None, None)


def test_a_protected_group_is_known_by_its_id_and_by_its_name_in_any_case() -> None:
    """Settings are written by people."""
    robots = UserGroup(id="g-1", name="Service-Accounts")
    assert facts(member(robots), protected=("service-accounts",)).in_protected_group is True
    assert facts(member(robots), protected=("G-1",)).in_protected_group is True
    assert facts(member(robots), protected=("others",)).in_protected_group is False


def test_a_group_without_a_name_may_be_the_protected_one() -> None:
    """Then nobody knows, unless another group settles it."""
    nameless = UserGroup(id="g-2", name=None)
    assert facts(member(nameless), protected=("robots",)).in_protected_group is None
    assert facts(member(nameless, "robots"), protected=("robots",)).in_protected_group is True
    assert facts(member(nameless)).in_protected_group is False


def test_the_first_scan_tells_nothing_about_the_age_of_a_seat() -> None:
    """It met all seats on the day when Comeback came; one that is met later has just been given."""
    assert Memory(now=NOW).first_seen_at.year == 1
    assert Memory(now=NOW, watched_since=NOW - timedelta(days=1)).first_seen_at == NOW
