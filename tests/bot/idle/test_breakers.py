"""A scan whose facts look broken stops, and one that finds too much asks."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.idle.breakers import LIMITED_BY, BreakerCode, ScanStats, judge_activity, judge_share, stats_of
from bot.idle.inactivity import SeatFacts
from bot.settings import IdleSettings
from tests.bot.idle.test_inactivity import IDLE, NOW

DAY = timedelta(days=1)
STALE_AFTER = timedelta(hours=96)
USUAL = IdleSettings()
SOUND = ScanStats(seats=400, dated=350, oldest=NOW - 900 * DAY, newest=NOW - DAY)


def judged(stats: ScanStats, *, previous: ScanStats | None = None, taken: int = 0, limits: IdleSettings = USUAL) -> BreakerCode | None:
    """The code of the breaker that *stats* trip."""
    breaker = judge_activity(stats, previous=previous, now=NOW, limits=limits, taken=taken)
    return breaker.code if breaker else None


def test_sound_scan_goes_on() -> None:
    """An ordinary organization, with people who never came, trips nothing; nor does a product without seats."""
    assert judged(SOUND) is None
    assert judged(SOUND, previous=SOUND) is None
    assert judged(ScanStats()) is None


def test_no_activity_at_all_stops() -> None:
    """A whole organization that never came is an answer that lacks something."""
    assert judged(ScanStats(seats=3)) is BreakerCode.NO_ACTIVITY
    assert judged(ScanStats(seats=400, unreadable=400)) is BreakerCode.NO_ACTIVITY


def test_activity_that_stands_still_stops() -> None:
    """Past the documented delay and a long weekend, no news of anybody means that news is not arriving."""
    assert judged(replace(SOUND, newest=NOW - STALE_AFTER)) is None
    assert judged(replace(SOUND, newest=NOW - STALE_AFTER - timedelta(seconds=1))) is BreakerCode.STALE_ACTIVITY


def test_company_that_closes_says_for_how_long() -> None:
    """Ten days at Christmas are no fault of the data where an admin allowed for them, to the hour."""
    limits, limit = IdleSettings(stale_hours=288), timedelta(hours=288)
    assert judged(replace(SOUND, newest=NOW - limit), limits=limits) is None
    assert judged(replace(SOUND, newest=NOW - limit - timedelta(seconds=1)), limits=limits) is BreakerCode.STALE_ACTIVITY


def test_all_on_one_day_stops() -> None:
    """A date that everybody has is a date that something else than people made; five colleagues may well share one."""
    one_day = replace(SOUND, oldest=NOW - DAY, newest=NOW - DAY)
    assert judged(one_day) is BreakerCode.SAME_DAY
    assert judged(replace(one_day, oldest=NOW - 2 * DAY)) is None
    assert judged(replace(one_day, seats=5, dated=5)) is None


def test_how_many_may_share_a_day_is_set() -> None:
    """In a company where all work every day, all were there yesterday."""
    limits = IdleSettings(same_day_from=60)
    one_day = replace(SOUND, oldest=NOW - DAY, newest=NOW - DAY)
    assert judged(replace(one_day, dated=59), limits=limits) is None
    assert judged(replace(one_day, dated=60), limits=limits) is BreakerCode.SAME_DAY


@pytest.mark.parametrize(
    ("seats", "dated", "taken", "code"),
    [
        (320, 320, 0, None),
        (319, 319, 0, BreakerCode.FEWER_PEOPLE),
        (400, 279, 0, BreakerCode.FEWER_DATES),
        (400, 280, 0, None),
        (200, 150, 200, None),
        (150, 150, 200, BreakerCode.FEWER_PEOPLE),
    ],
)
def test_far_fewer_than_last_time_stops(seats: int, dated: int, taken: int, code: BreakerCode | None) -> None:
    """A fifth of the people, or of the dates, does not vanish between two scans, unless Comeback itself took the seats."""
    assert judged(replace(SOUND, seats=seats, dated=dated), previous=SOUND, taken=taken) is code


@pytest.mark.parametrize(("seats", "code"), [(284, None), (283, BreakerCode.FEWER_PEOPLE)])
def test_how_many_may_be_missing_is_set(seats: int, code: BreakerCode | None) -> None:
    """The share itself is still allowed, to the seat: 0.29 of 400 are 116."""
    assert judged(replace(SOUND, seats=seats), previous=SOUND, limits=IdleSettings(fewer_share=0.29)) is code


def test_small_team_may_shrink() -> None:
    """One of three who leaves is a third of the team, and no fault of the data."""
    team = replace(SOUND, seats=3, dated=3)
    assert judged(replace(team, seats=2, dated=2), previous=team) is None


def test_breaker_carries_its_figures() -> None:
    """Whoever has to decide sees the numbers, and they can be stored."""
    breaker = judge_activity(replace(SOUND, seats=100, dated=100), previous=SOUND, now=NOW, limits=USUAL, taken=7)
    assert breaker is not None
    assert breaker.figures == {"now": 100, "before": 400, "taken": 7, "limit": 0.2}
    assert json.loads(json.dumps(dict(breaker.figures))) == breaker.figures


@pytest.mark.parametrize(("over", "hours"), [(timedelta(hours=4), 100), (timedelta(hours=3, seconds=1), 100)])
def test_age_is_told_in_the_hours_that_would_let_it_pass(over: timedelta, hours: int) -> None:
    """The number that is told is the least that would have let the scan go on."""
    stale = replace(SOUND, newest=NOW - STALE_AFTER - over)
    breaker = judge_activity(stale, previous=None, now=NOW, limits=USUAL)
    assert breaker is not None
    assert (breaker.figures["hours"], breaker.figures["limit"]) == (hours, 96)
    assert judged(stale, limits=IdleSettings(stale_hours=hours)) is None


def test_each_limit_is_a_setting() -> None:
    """Every code but an empty answer names the setting that lets it pass."""
    assert set(LIMITED_BY) == set(BreakerCode) - {BreakerCode.NO_ACTIVITY}
    assert set(LIMITED_BY.values()) <= set(IdleSettings.model_fields)


@pytest.mark.parametrize(
    ("newly_idle", "seats", "max_share", "asks"),
    [
        (80, 400, 0.2, False),
        (81, 400, 0.2, True),
        (29, 100, 0.29, False),
        (30, 100, 0.29, True),
        (0, 0, 0.2, False),
        (400, 400, 1.0, False),
    ],
)
def test_more_than_the_share_at_once_asks(newly_idle: int, seats: int, max_share: float, asks: bool) -> None:
    """The share itself is still allowed, to the seat."""
    breaker = judge_share(newly_idle, seats=seats, max_share=max_share)
    assert (breaker is not None) is asks
    if breaker:
        assert breaker.figures == {"newly_idle": newly_idle, "seats": seats, "max_share": max_share}


people = st.builds(
    lambda known, last_active: replace(IDLE, activity_known=known, last_active=last_active),
    st.booleans(),
    st.one_of(st.none(), st.integers(-5, 400).map(lambda days: NOW - days * DAY), st.just(datetime(1970, 1, 1, tzinfo=UTC))),
)


@given(everybody=st.lists(people, max_size=30), size=st.integers(1, 7))
def test_pages_add_up_to_the_whole(everybody: list[SeatFacts], size: int) -> None:
    """A scan keeps only figures between two pages, whatever the size of a page, and they survive a restart."""
    total = ScanStats()
    for start in range(0, len(everybody), size):
        total = ScanStats.from_json(json.loads(json.dumps(total.merge(stats_of(everybody[start : start + size], now=NOW)).to_json())))
    assert total == stats_of(everybody, now=NOW)
    assert total.seats == len(everybody)


def test_date_that_cannot_be_is_no_date() -> None:
    """One date from the future must not make a feed that stands still look fresh."""
    future = replace(IDLE, last_active=NOW + 3 * DAY)
    stats = stats_of([future, replace(IDLE, activity_known=False), replace(IDLE, last_active=None), IDLE], now=NOW)
    assert stats == ScanStats(seats=4, dated=1, unreadable=2, oldest=IDLE.last_active, newest=IDLE.last_active)
    assert judged(stats) is BreakerCode.STALE_ACTIVITY


def test_what_is_remembered_makes_no_scan_look_sound() -> None:
    """The judgement is of this scan's answers, not of what earlier ones told."""
    assert judged(stats_of([replace(IDLE, last_active=None, remembered_active=NOW)], now=NOW)) is BreakerCode.NO_ACTIVITY
