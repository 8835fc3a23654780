"""Which seats are idle: nobody is, unless every fact is known and says so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atlassian.models import ProductAccess
from bot.idle.inactivity import DELAY, Activity, SeatFacts, Why, activity_on, classify, why
from bot.idle.rules import Rules
from storage.lifecycle import IDLE_ACTIVITIES, SeatActivity
from tests.bot.outside import CONFLUENCE, JIRA

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = Rules(after=90 * DAY, warn=14 * DAY, grace=30 * DAY, keep=90 * DAY, remind_days=(7, 1))
IDLE = SeatFacts(
    account_id="ada",
    account_type="atlassian",
    activity_known=True,
    last_active=NOW - 200 * DAY,
    added_to_org=NOW - 900 * DAY,
    first_seen_at=NOW - 60 * DAY,
    platform_roles=("atlassian/user",),
    admin_on_product=False,
    in_protected_group=False,
    is_approver=False,
)
JUST_IDLE = NOW - RULES.after - DELAY - timedelta(seconds=1)


def access(resource: str | None, last_active: datetime | None, *, key: str | None = None) -> ProductAccess:
    """A row of the activity of somebody."""
    return ProductAccess(id=resource, key=key, last_active=last_active)


def test_idle_seat_is_idle() -> None:
    """The ordinary case: somebody who stopped coming, known in every respect."""
    assert classify(IDLE, rules=RULES, now=NOW) is SeatActivity.IDLE


@pytest.mark.parametrize(
    ("last_active", "expected"),
    [
        (NOW, SeatActivity.ACTIVE),
        (NOW - RULES.after, SeatActivity.ACTIVE),
        (NOW - RULES.after - DELAY, SeatActivity.ACTIVE),
        (JUST_IDLE, SeatActivity.IDLE),
    ],
)
def test_activity_may_be_told_a_day_late(last_active: datetime, expected: SeatActivity) -> None:
    """Somebody who came yesterday looks as if they had not, so a day is added to the rule."""
    assert classify(replace(IDLE, last_active=last_active), rules=RULES, now=NOW) is expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"account_type": "app"}, Why.APP_ACCOUNT),
        ({"platform_roles": ("atlassian/org-admin",)}, Why.ADMIN),
        ({"platform_roles": ("atlassian/user", "atlassian/site-admin")}, Why.ADMIN),
        ({"platform_roles": ("atlassian/some-new-role",)}, Why.ADMIN),
        ({"admin_on_product": True}, Why.PRODUCT_ADMIN),
        ({"in_protected_group": True}, Why.PROTECTED_GROUP),
        ({"is_approver": True}, Why.APPROVER),
        ({"exempt_until": NOW + DAY}, Why.EXEMPTED),
        ({"account_type": "customer"}, Why.NOT_A_PERSON),
        ({"account_type": None}, Why.FACTS_MISSING),
        ({"platform_roles": None}, Why.FACTS_MISSING),
        ({"admin_on_product": None}, Why.FACTS_MISSING),
        ({"in_protected_group": None}, Why.FACTS_MISSING),
        ({"is_approver": None}, Why.FACTS_MISSING),
        ({"activity_known": False}, Why.ACTIVITY_MISSING),
        ({"activity_known": False, "last_active": None}, Why.ACTIVITY_MISSING),
        ({"last_active": NOW + DAY}, Why.DATE_WRONG),
        ({"last_active": datetime(1970, 1, 1, tzinfo=UTC)}, Why.DATE_WRONG),
        ({"added_to_org": NOW + DAY}, Why.DATE_WRONG),
        ({"added_to_org": datetime(1, 1, 1, tzinfo=UTC)}, Why.DATE_WRONG),
        ({"added_to_org": None}, Why.DATE_MISSING),
        ({"added_to_org": None, "last_active": None}, Why.DATE_MISSING),
        ({"kept_until": NOW + DAY}, Why.KEPT),
        ({"added_to_org": NOW - 29 * DAY}, Why.IN_GRACE),
        ({"first_seen_at": NOW - 29 * DAY}, Why.IN_GRACE),
        ({"granted_at": NOW - 29 * DAY}, Why.IN_GRACE),
        ({"remembered_active": NOW - 80 * DAY}, Why.USED),
        ({"last_active": None, "remembered_active": NOW - 80 * DAY}, Why.USED),
        ({"last_active": None}, Why.NEVER_USED),
        ({"last_active": None, "remembered_active": NOW - 200 * DAY}, Why.NOT_USED),
    ],
)
def test_each_reason_is_enough(change: dict[str, object], reason: Why) -> None:
    """One reason to leave somebody alone, or one fact that is not known, outweighs all that speaks for idle."""
    assert why(replace(IDLE, **change), rules=RULES, now=NOW) is reason  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"exempt_until": NOW},
        {"kept_until": NOW},
        {"added_to_org": NOW - 30 * DAY},
        {"granted_at": NOW - 30 * DAY},
    ],
)
def test_what_is_over_protects_no_more(change: dict[str, object]) -> None:
    """An exemption, a cool-down and a grace end by themselves, at the moment that they name."""
    assert classify(replace(IDLE, **change), rules=RULES, now=NOW) is SeatActivity.IDLE  # type: ignore[arg-type]


def test_first_reason_in_order_is_told() -> None:
    """An admin whose activity cannot be read is shown as an admin, and an exempt person as exempt: that holds tomorrow too."""
    unread = replace(IDLE, activity_known=False)
    assert classify(replace(unread, platform_roles=("atlassian/org-admin",)), rules=RULES, now=NOW) is SeatActivity.PROTECTED
    assert classify(replace(unread, exempt_until=NOW + DAY), rules=RULES, now=NOW) is SeatActivity.EXEMPT
    assert list(Why).index(Why.EXEMPTED) < list(Why).index(Why.ACTIVITY_MISSING) < list(Why).index(Why.USED)


def test_every_reason_has_a_class() -> None:
    """A reason without a class would stop a scan at the first person it holds for."""
    assert {reason.activity for reason in Why} == set(SeatActivity)


moments = st.one_of(
    st.integers(0, 400).map(lambda days: NOW - days * DAY),
    st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
maybe = st.one_of(st.none(), moments)
ANYTHING: dict[str, st.SearchStrategy[object]] = {
    "account_type": st.sampled_from(["atlassian", "app", "customer", None]),
    "activity_known": st.booleans(),
    "last_active": maybe,
    "added_to_org": maybe,
    "first_seen_at": moments,
    "platform_roles": st.sampled_from([(), ("atlassian/user",), ("atlassian/org-admin",), None]),
    "admin_on_product": st.sampled_from([False, True, None]),
    "in_protected_group": st.sampled_from([False, True, None]),
    "is_approver": st.sampled_from([False, True, None]),
    "remembered_active": maybe,
    "granted_at": maybe,
    "kept_until": maybe,
    "exempt_until": maybe,
}


@st.composite
def seats(draw: st.DrawFn) -> SeatFacts:
    """Somebody idle with up to four facts that are anything: about as many are taken as are left alone."""
    changed = draw(st.sets(st.sampled_from(sorted(ANYTHING)), max_size=4))
    return replace(IDLE, **{name: draw(ANYTHING[name]) for name in sorted(changed)})  # type: ignore[arg-type]


def to_be_left_alone(seat: SeatFacts) -> bool:
    """Whether any rule speaks for leaving the seat alone, told a second time and in no order."""
    facts = (seat.account_type, seat.platform_roles, seat.admin_on_product, seat.in_protected_group, seat.is_approver, seat.added_to_org)
    recent = (one for one in (seat.added_to_org, seat.first_seen_at, seat.granted_at) if one)
    used = (one for one in (seat.last_active, seat.remembered_active) if one)
    wrong = (one for one in (seat.last_active, seat.added_to_org) if one)
    return (
        any(fact is None for fact in facts)
        or not seat.activity_known
        or seat.account_type != "atlassian"
        or "atlassian/org-admin" in (seat.platform_roles or ())
        or bool(seat.admin_on_product or seat.in_protected_group or seat.is_approver)
        or any(one > NOW for one in (seat.exempt_until, seat.kept_until) if one)
        or any(NOW - one < 30 * DAY for one in recent)
        or any(NOW - one <= 91 * DAY for one in used)
        or any(one > NOW + DAY or one.year < 2002 for one in wrong)
    )


@given(seat=seats())
def test_nobody_is_idle_whom_any_rule_protects(seat: SeatFacts) -> None:
    """Nobody protected, exempt, unknown, recently active, kept or in grace can ever be warned; everybody else can."""
    assert (classify(seat, rules=RULES, now=NOW) in IDLE_ACTIVITIES) is not to_be_left_alone(seat)


@given(seat=seats(), later=st.timedeltas(min_value=timedelta(0), max_value=400 * DAY))
def test_later_activity_never_makes_anybody_idle(seat: SeatFacts, later: timedelta) -> None:
    """Whoever is safe stays safe when they turn out to have come later than was thought."""
    assume(seat.last_active is not None and classify(seat, rules=RULES, now=NOW) not in IDLE_ACTIVITIES)
    assert seat.last_active is not None
    moved = replace(seat, last_active=seat.last_active + later)
    if why(seat, rules=RULES, now=NOW) is not Why.DATE_WRONG:
        assert classify(moved, rules=RULES, now=NOW) not in IDLE_ACTIVITIES


@given(seat=seats(), forgotten=st.sampled_from(["account_type", "platform_roles", "admin_on_product", "in_protected_group", "is_approver"]))
def test_a_fact_that_is_lost_never_makes_anybody_idle(seat: SeatFacts, forgotten: str) -> None:
    """A read that failed can save a seat and never cost one."""
    assert classify(replace(seat, **{forgotten: None}), rules=RULES, now=NOW) not in IDLE_ACTIVITIES  # type: ignore[arg-type]


@given(seat=seats(), wait=st.timedeltas(min_value=timedelta(0), max_value=900 * DAY))
def test_waiting_never_makes_an_idle_seat_active(seat: SeatFacts, wait: timedelta) -> None:
    """What is idle today is idle tomorrow, unless the person comes, keeps it, or is exempted."""
    assume(classify(seat, rules=RULES, now=NOW) in IDLE_ACTIVITIES)
    assert classify(seat, rules=RULES, now=NOW + wait) is classify(seat, rules=RULES, now=NOW)


@pytest.mark.parametrize(
    ("rows", "activity"),
    [
        (None, Activity(known=False, at=None)),
        ([], Activity(known=True, at=None)),
        ([access(CONFLUENCE, NOW)], Activity(known=True, at=None)),
        ([access(CONFLUENCE, None)], Activity(known=True, at=None)),
        ([access(JIRA, NOW)], Activity(known=True, at=NOW)),
        ([access(JIRA, NOW - DAY), access(JIRA, NOW)], Activity(known=True, at=NOW)),
        ([access(JIRA, None)], Activity(known=False, at=None)),
        ([access(JIRA, NOW), access(JIRA, None)], Activity(known=False, at=None)),
        ([access(None, NOW, key="trello")], Activity(known=True, at=None)),
        ([access(None, NOW, key="jira-software")], Activity(known=False, at=None)),
        ([access(None, NOW)], Activity(known=False, at=None)),
    ],
)
def test_only_an_answer_without_the_product_says_never(rows: Sequence[ProductAccess] | None, activity: Activity) -> None:
    """What was not asked for, has no readable date, or may be about this product, is unknown and not "never"."""
    assert activity_on(JIRA, access=rows) == activity


def test_spelling_of_a_product_hides_no_activity() -> None:
    """Atlassian writes jira-service-desk in one place and jira-servicedesk in the other."""
    desk = JIRA.replace("jira-software", "jira-servicedesk")
    assert not activity_on(desk, access=[access(None, NOW, key="jira-service-desk")]).known
