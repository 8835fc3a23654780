"""A grant that something undoes later is noticed, and told once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.atlassian import acts
from tests.e2e.conftest import Stage

OpenStage = Callable[..., Any]


async def _come_back(stage: Stage) -> None:
    await stage.sandbox.slack.types("ada", "/request-jira please")
    await stage.sandbox.slack.clicks("grace", await stage.card(saying="asks for Jira"), "request.approve")
    await stage.told("ada", "You have Jira again")


async def test_access_that_is_gone_again_is_told_once(small_stage: OpenStage) -> None:
    """An admin removed it by hand the same day: the channel reads it after a day, and not again after three."""
    async with small_stage() as stage:
        await _come_back(stage)
        acts.do(stage.sandbox.atlassian, stage.sandbox.atlassian.person("ada"), "remove_product", product="jira")
        stage.later(timedelta(hours=24, minutes=1))
        alert = await stage.card(saying="has lost Jira again")
        assert "somebody seems to have removed it" in alert.words
        stage.later(timedelta(hours=48))
        await stage.logged("access.undone", times=2)
        assert len([card for card in stage.cards() if "has lost Jira again" in card.words]) == 1


async def test_access_that_lasts_is_nobodys_news(small_stage: OpenStage) -> None:
    """Who still has what they were given is not mentioned."""
    async with small_stage() as stage:
        await _come_back(stage)
        calls = len(stage.sandbox.atlassian.calls)
        stage.later(timedelta(hours=24, minutes=1))
        await stage.sandbox.slack.until(lambda: len(stage.sandbox.atlassian.calls) > calls, timeout=10)
        stage.later(timedelta(seconds=5))
        assert "access.undone" not in await stage.kinds()
        assert len(stage.cards()) == 1
