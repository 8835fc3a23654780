"""A scan whose facts look broken stops, and one that finds too much asks."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.idle.breakers import STALE_AFTER, BreakerCode, ScanStats, judge_activity, judge_share, stats_of
from bot.idle.inactivity import SeatFacts
from tests.bot.idle.test_inactivity import IDLE, NOW

DAY = timedelta(days=1)
SOUND = ScanStats(seats=400, dated=350, oldest=NOW - 900 * DAY, newest=NOW - DAY)


def judged(stats: ScanStats, *, previous: ScanStats | None = None, taken: int = 0) -> BreakerCode | None:
    """The code of the breaker that *stats* trip."""
    breaker = judge_activity(stats, previous=previous, now=NOW, taken=taken)
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


def test_all_on_one_day_stops() -> None:
    """A date that everybody has is a date that something else than people made; five colleagues may well share one."""
    one_day = replace(SOUND, oldest=NOW - DAY, newest=NOW - DAY)
    assert judged(one_day) is BreakerCode.SAME_DAY
    assert judged(replace(one_day, oldest=NOW - 2 * DAY)) is None
    assert judged(replace(one_day, seats=5, dated=5)) is None


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


def test_small_team_may_shrink() -> None:
    """One of three who leaves is a third of the team, and no fault of the data."""
    team = replace(SOUND, seats=3, dated=3)
    assert judged(replace(team, seats=2, dated=2), previous=team) is None


def test_breaker_carries_its_figures() -> None:
    """Whoever has to decide sees the numbers, and they can be stored."""
    breaker = judge_activity(replace(SOUND, seats=100, dated=100), previous=SOUND, now=NOW, taken=7)
    assert breaker is not None
    assert breaker.figures == {"now": 100, "before": 400, "taken": 7}
    assert json.loads(json.dumps(dict(breaker.figures))) == breaker.figures


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
