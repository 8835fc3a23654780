"""Keeping the house: the end of the Atlassian key is told in time, and no day twice."""

from datetime import date, timedelta

import pytest

from bot.settings import Settings, load
from bot.usecases import house
from storage.db import Database
from tests.bot.outside import COMPLETE, Outside
from tests.bot.usecases.words import due
from tests.fixtures.clock import MovableClock


@pytest.fixture
def settings(outside: Outside, clock: MovableClock) -> Settings:
    """A key that ends in 31 days."""
    outside.set(COMPLETE | {"ATLASSIAN_API_KEY_EXPIRES": (clock.now() + timedelta(days=31)).date().isoformat()})
    return load()


async def told(database: Database, settings: Settings) -> list[str]:
    """The days left that the admin channel is told by one morning's look."""
    await database.write(lambda uow: house.watch_key(uow, settings=settings))
    alerts = [job.payload for job in await due(database)]
    assert all((alert["news"], alert["channel"]) == ("key_expires", settings.admin_channel) for alert in alerts)
    assert all(alert["facts"]["expires"] == str(settings.atlassian_api_key_expires) for alert in alerts)
    return [alert["facts"]["days"] for alert in alerts]


async def test_the_end_of_the_key_is_told_on_its_days_and_once(database: Database, settings: Settings, clock: MovableClock) -> None:
    """A key that ends unseen stops every grant: 30, 14, 7 and 1 days before and on the day, however often somebody looks."""
    heard: dict[int, list[str]] = {}
    for left in range(31, -3, -1):
        heard[left] = await told(database, settings) + await told(database, settings)
        clock.advance(timedelta(days=1))
    assert {left: days for left, days in heard.items() if days} == {left: [str(left)] for left in (30, 14, 7, 1, 0)}


async def test_a_day_that_was_missed_is_made_up_for(database: Database, settings: Settings, clock: MovableClock) -> None:
    """Whoever was down on the fourteenth day before hears on the thirteenth, and of nothing that has passed since."""
    clock.advance(timedelta(days=18))
    assert [await told(database, settings), await told(database, settings)] == [["13"], []]


async def test_another_key_is_told_of_anew(database: Database, settings: Settings, clock: MovableClock) -> None:
    """What was said of the last key says nothing about the next."""
    clock.advance(timedelta(days=1))
    assert await told(database, settings) == ["30"]
    following = settings.model_copy(update={"atlassian_api_key_expires": (clock.now() + timedelta(days=29)).date()})
    assert await told(database, following) == ["29"]


async def test_without_a_date_nothing_is_told(database: Database, settings: Settings) -> None:
    """Where nobody said when the key ends, nobody knows."""
    assert await told(database, settings.model_copy(update={"atlassian_api_key_expires": None})) == []


@pytest.mark.parametrize(
    ("left", "threshold"), [(31, None), (30, 30), (15, 30), (14, 14), (8, 14), (7, 7), (2, 7), (1, 1), (0, 0), (-5, 0)]
)
def test_the_narrowest_distance_counts(left: int, threshold: int | None) -> None:
    """Between two of its days the wider one holds; past the end it stays the end."""
    assert house.key_threshold(date(2026, 12, 31) + timedelta(days=left), today=date(2026, 12, 31)) == threshold
