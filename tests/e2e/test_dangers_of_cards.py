"""What happens to a card between its posting and its decision: deleted, moved out of reach, pressed by somebody who may not any more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.slack import posting
from sandbox.slack.messages import Message
from sandbox.slack.mrkdwn import Ping
from storage.lifecycle import RequestStatus
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.quiet import until, until_quiet

OpenStage = Callable[..., Any]
LONG_BUMP = timedelta(hours=4, minutes=1)


async def asked(stage: Stage) -> Message:
    """The card of Ada's request."""
    await stage.sandbox.slack.types("ada", "/request-jira please")
    return await stage.card(saying="asks for Jira")


async def go_on(stage: Stage, by: timedelta) -> None:
    """Let that much time pass, with all that happens in it."""
    await until(stage, stage.sandbox.clock.now() + by)


async def test_a_pending_card_that_was_deleted_comes_back_once(small_stage: OpenStage) -> None:
    """A request that nobody can decide any more is lost; the reminder notices, and whoever deletes the card again means it."""
    async with small_stage() as stage:
        posting.remove(stage.sandbox.slack, await asked(stage))
        await go_on(stage, LONG_BUMP)
        (again,) = stage.cards()
        assert "asks for Jira" in again.words
        posting.remove(stage.sandbox.slack, again)
        await go_on(stage, timedelta(hours=24))
        assert stage.cards() == []
        assert (await stage.kinds()).count("card.not_drawn") == 2
        assert (await stage.request()).status is RequestStatus.PENDING


async def test_a_card_that_came_back_is_decided(small_stage: OpenStage) -> None:
    """The new card is the request's card in every respect."""
    async with small_stage() as stage:
        posting.remove(stage.sandbox.slack, await asked(stage))
        await go_on(stage, LONG_BUMP)
        await stage.parts.kit.directory.refresh()
        await stage.sandbox.slack.clicks("grace", await stage.card(saying="asks for Jira"), "request.approve")
        await stage.card(saying="has Jira again")
        assert len(stage.cards()) == 1


async def test_a_decided_card_that_was_deleted_stays_away(small_stage: OpenStage) -> None:
    """The decision stands and the person is told; a card that asks nothing is not forced upon the channel."""
    async with small_stage() as stage:
        card = await asked(stage)
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        posting.remove(stage.sandbox.slack, card)
        await stage.told("ada", "You have Jira again")
        await until_quiet(stage)
        assert stage.cards() == []
        assert "card.not_drawn" in await stage.kinds()


@pytest.mark.parametrize("happens", ["archived", "left"])
async def test_a_card_out_of_reach_is_mended_by_the_next_click(small_stage: OpenStage, happens: str) -> None:
    """The channel archived, or the bot out of it: the decision stands and is told; a late click on the old buttons draws the card."""
    async with small_stage() as stage:
        slack, card = stage.sandbox.slack, await asked(stage)
        await slack.clicks("grace", card, "request.approve")
        if happens == "archived":
            slack.set_channel(ADMINS, is_archived=True)
        else:
            slack.leaves(slack.app.bot_user_id, ADMINS)
        await stage.told("ada", "You have Jira again")
        await until_quiet(stage)
        assert "request.approve" in str(slack.messages(ADMINS)[0].blocks)
        slack.set_channel(ADMINS, is_archived=False)
        slack.joins(slack.app.bot_user_id, ADMINS)
        await slack.clicks("grace", card, "request.approve")
        await stage.card(saying="has Jira again")
        assert len([write for write in stage.sandbox.atlassian.writes if write.by == "api"]) == 1


async def test_a_renamed_channel_is_the_same_channel(small_stage: OpenStage) -> None:
    """Cards are posted and redrawn by the channel's id."""
    async with small_stage() as stage:
        card = await asked(stage)
        stage.sandbox.slack.channel(ADMINS).name = "seats-and-such"
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        await stage.card(saying="has Jira again")


async def test_a_person_deactivated_between_click_and_message_is_noted(small_stage: OpenStage) -> None:
    """A message to somebody who has left is refused for good: it is written down, and tried no further."""
    async with small_stage() as stage:
        card = await asked(stage)
        await stage.sandbox.slack.clicks("grace", card, "request.deny")
        stage.sandbox.slack.deactivate("ada")
        await stage.sandbox.slack.submits("grace", stage.sandbox.slack.views("grace")[0], {"reason": "no"})
        await stage.logged("notice.undeliverable")
        assert (await stage.request()).status is RequestStatus.DENIED


CORPUS = (
    "<!channel> <!here> <!everyone> <!subteam^S0ADMINS> <@U0OMAR> <https://evil.example|Approve> @here @channel"
    " `x` *b*\u202e\n>q &lt;!channel&gt;"
)


def rung(stage: Stage) -> list[Ping]:
    """What the messages so far would ring, beside the people that they are about."""
    return [ping for ping in stage.sandbox.slack.pings if ping.is_loud or ping.target == "U0OMAR"]


async def test_nothing_that_people_write_rings_a_bell(small_stage: OpenStage) -> None:
    """Through command, form, card, reminder in the thread, denial and status: mentions, links and marks stay words."""
    async with small_stage() as stage:
        slack = stage.sandbox.slack
        await slack.types("ada", "/request-jira")
        await slack.submits("ada", slack.views("ada")[0], {"reason": CORPUS + "x" * 100})
        card = await stage.card(saying="asks for Jira")
        await slack.types("lena", f"/request-jira {CORPUS}")
        await go_on(stage, LONG_BUMP)
        await stage.parts.kit.directory.refresh()
        await slack.clicks("grace", card, "request.deny")
        await slack.submits("grace", slack.views("grace")[0], {"reason": CORPUS})
        await stage.told("ada", "Approve")
        await slack.types("ada", "/request-jira status")
        await slack.opens_home("ada")
        await until_quiet(stage)
        assert rung(stage) == []
