"""What one return costs on both platforms, and where cards do not go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.e2e.conftest import Stage

OpenStage = Callable[..., Any]


async def _come_back(stage: Stage, who: str) -> None:
    await stage.sandbox.slack.types(who, "/request-jira please")
    card = await stage.card(saying=f"<@U0{who.upper()}> asks for Jira")
    await stage.sandbox.slack.clicks("grace", card, "request.approve")
    await stage.told(who, "You have Jira again")
    await stage.card(saying=f"<@U0{who.upper()}> has Jira again")


async def test_a_typical_return_costs_few_calls(small_stage: OpenStage) -> None:
    """Once the organization is known, a return is a look, an act and a read-back, a card, a redraw and a message."""
    async with small_stage() as stage:
        await _come_back(stage, "ada")
        slack, atlassian = len(stage.sandbox.slack.calls), len(stage.sandbox.atlassian.calls)
        await _come_back(stage, "dan")
        # The redraw that says *granting* finds the card drawn already.
        stage.later(timedelta(seconds=3))
        posts = [method for method, _ in list(stage.sandbox.slack.calls)[slack:] if method.startswith(("chat.", "conversations.open"))]
        assert sorted(posts) == ["chat.postMessage", "chat.postMessage", "chat.update", "conversations.open"]
        paths = [call.path for call in list(stage.sandbox.atlassian.calls)[atlassian:] if "/site/" not in call.path]
        # Two directories cost one call more than the three of an organization with one.
        assert len(paths) == 4, paths


def _leave_one_directory(stage: Stage) -> None:
    """As most organizations are."""
    catalog = stage.sandbox.atlassian.catalog
    del catalog.directories[catalog.directory_named("northwind").id]


def _asked(stage: Stage, *, since: int) -> list[str]:
    """`METHOD last-word-of-the-path` of every call to the organization after the first *since*; the site's seats are another host."""
    calls = stage.sandbox.atlassian.calls[since:]
    return [f"{call.method} {call.path.rpartition('/')[2]}" for call in calls if "/site/" not in call.path]


async def test_a_return_in_an_organization_of_one_directory_costs_three_calls(small_stage: OpenStage) -> None:
    """Resolve, act, read back; and one look at the group before it gets a member, where the last is older than a minute."""
    async with small_stage() as stage:
        _leave_one_directory(stage)
        await _come_back(stage, "ada")
        before = len(stage.sandbox.atlassian.calls)
        await _come_back(stage, "dan")
        assert _asked(stage, since=before) == ["POST search", "POST memberships", "GET role-assignments"]
        stage.later(timedelta(minutes=2))
        before = len(stage.sandbox.atlassian.calls)
        await _come_back(stage, "cleo")
        assert _asked(stage, since=before) == ["POST search", "GET role-assignments", "POST memberships", "GET role-assignments"]


async def test_the_worst_stack_costs_ten_calls(small_stage: OpenStage) -> None:
    """
    Deactivated, suspended and without the product: three writes, each read back, on top of the first look.

    It would be eight without the two reads of all roles that sleep with the account, one before each write that wakes them.
    """
    async with small_stage() as stage:
        _leave_one_directory(stage)
        await _come_back(stage, "ada")
        organization = stage.sandbox.atlassian
        dan = organization.person("dan")
        suspended = dict.fromkeys(dan.directories, True)
        organization.change(dan, act="test", by="admin", active=False, deactivated_on=stage.sandbox.clock.now(), directories=suspended)
        before = len(organization.calls)
        await _come_back(stage, "dan")
        first_look = ["POST search", "GET manage", "GET role-assignments"]
        enabled = ["POST enable", "POST search", "GET role-assignments"]
        restored, added = ["POST restore", "POST search"], ["POST memberships", "GET role-assignments"]
        assert _asked(stage, since=before) == first_look + enabled + restored + added


async def test_a_shared_channel_gets_no_cards(small_stage: OpenStage) -> None:
    """When another company can read along, the channel is told so, without a name, and the card waits until it is ours again."""
    async with small_stage() as stage:
        slack = stage.sandbox.slack
        slack.set_channel("G0ADMINS", is_ext_shared=True)
        await slack.types("ada", "/request-jira please")
        await stage.card(saying="shared with another company")
        assert not any("U0ADA" in card.words for card in stage.cards())
        slack.set_channel("G0ADMINS", is_ext_shared=False)
        await stage.card(saying="asks for Jira", step=timedelta(minutes=6))
