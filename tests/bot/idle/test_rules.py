"""On which day people are warned, reminded and planned for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.idle.rules import Rules, first_plan, keep_until, plan_date, reminders, rules_of
from bot.settings import IdleSettings

DAY = timedelta(days=1)
WARNED = datetime(2026, 11, 2, 9, tzinfo=UTC)
RULES = rules_of(IdleSettings())
PLAN = plan_date(WARNED, rules=RULES)


def test_rules_are_those_of_the_settings() -> None:
    """What an admin wrote is what people are treated by."""
    settings = IdleSettings(after_days=60, warn_days=10, grace_days=20, keep_days=40, remind_days=(1, 5))
    assert rules_of(settings) == Rules(after=60 * DAY, warn=10 * DAY, grace=20 * DAY, keep=40 * DAY, remind_days=(5, 1))


def test_warning_comes_before_the_plan() -> None:
    """The person has the whole time of the settings."""
    assert PLAN == WARNED + 14 * DAY
    assert keep_until(WARNED, rules=RULES) == WARNED + 90 * DAY
    assert keep_until(WARNED, rules=replace(RULES, keep=7 * DAY)) == WARNED + RULES.grace, "a keep is a beginning, like a grant"


def test_a_plan_is_made_in_the_morning() -> None:
    """Warned at ten, the whole time is over after nine: the first plan is that of the next day, by the wall clock of the settings."""
    berlin = ZoneInfo("Europe/Berlin")
    for warned, expected in ((datetime(2026, 11, 25, 8, tzinfo=UTC), 9), (datetime(2026, 11, 25, 8, 1, tzinfo=UTC), 10)):
        assert first_plan(warned, rules=RULES, zone=berlin) == date(2026, 12, expected)


def test_reminders_count_down_to_the_plan() -> None:
    """A plan that waits for its window takes its reminders along."""
    assert reminders(WARNED, plan_at=PLAN, rules=RULES) == (PLAN - 7 * DAY, PLAN - DAY)
    later = PLAN + 30 * DAY
    assert reminders(WARNED, plan_at=later, rules=RULES) == (later - 7 * DAY, later - DAY)


def test_no_reminder_comes_with_the_warning() -> None:
    """A message on the same day as the warning would say the same twice."""
    soon = WARNED + 7 * DAY
    assert reminders(WARNED, plan_at=soon, rules=RULES) == (soon - DAY,)


@given(warn_days=st.integers(1, 60), remind=st.sets(st.integers(1, 60), max_size=5), waits=st.integers(0, 60))
def test_reminders_lie_between_warning_and_plan(warn_days: int, remind: set[int], waits: int) -> None:
    """Whatever the settings, reminders are told in order, a day after the warning at the earliest and before the plan."""
    rules = Rules(after=90 * DAY, warn=warn_days * DAY, grace=DAY, keep=DAY, remind_days=tuple(sorted(remind, reverse=True)))
    plan_at = plan_date(WARNED, rules=rules) + waits * DAY
    moments = reminders(WARNED, plan_at=plan_at, rules=rules)
    assert list(moments) == sorted(moments)
    assert all(WARNED + DAY <= moment < plan_at for moment in moments)
