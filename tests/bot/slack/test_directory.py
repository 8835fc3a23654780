"""Who may decide, and when we may believe it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.policy import PersonKind
from bot.settings import Settings
from bot.slack.directory import Directory
from bot.slack.errors import SlackError
from sandbox.faults import Fault
from sandbox.human import SlackKind
from sandbox.server import Sandbox
from tests.bot.slack.test_guard import ACME


@pytest.fixture
def directory(sandbox: Sandbox, client: AsyncWebClient, settings: Settings) -> Directory:
    """A directory that has read nothing yet."""
    return Directory(client, settings, ACME, sandbox.clock.now)


async def test_nobody_is_an_approver_before_the_first_reading(sandbox: Sandbox, directory: Directory) -> None:
    """A process that has just started must not decide by an empty list, and must know that it is empty for want of reading."""
    assert not directory.approvers.fresh(sandbox.clock.now())


async def test_approvers_are_the_listed_people_and_the_members_of_the_listed_groups(sandbox: Sandbox, directory: Directory) -> None:
    """Omar is listed himself, Grace is in the group."""
    await directory.refresh()
    assert directory.approvers.slack_ids == {"U0OMAR", "U0GRACE"}
    assert directory.approvers.fresh(sandbox.clock.now())
    sandbox.clock.advance(timedelta(seconds=61))
    assert not directory.approvers.fresh(sandbox.clock.now())


@pytest.mark.parametrize("make", [lambda slack: slack.deactivate("omar"), lambda slack: slack.set_kind("omar", SlackKind.GUEST)])
async def test_listed_approver_has_to_be_in_good_standing(sandbox: Sandbox, directory: Directory, make: Callable[[object], None]) -> None:
    """A setting that nobody tidied up after somebody left gives no rights."""
    make(sandbox.slack)
    await directory.refresh()
    assert directory.approvers.slack_ids == {"U0GRACE"}


async def test_failed_reading_leaves_old_facts_with_their_age(sandbox: Sandbox, directory: Directory) -> None:
    """Half a list would be a wrong list."""
    await directory.refresh()
    before = directory.approvers
    sandbox.faults.add(Fault(side="slack", match="users.info", times=1, status=503))
    with pytest.raises(SlackError):
        await directory.refresh()
    assert directory.approvers == before


async def test_hint_about_an_approver_makes_the_facts_stale(sandbox: Sandbox, directory: Directory) -> None:
    """Between Slack's event and our next reading nobody decides by what we knew."""
    await directory.refresh()
    directory.hint({"type": "user_change", "user": {"id": "U0OMAR"}})
    assert not directory.approvers.fresh(sandbox.clock.now())
    await directory.refresh()
    directory.hint({"type": "subteam_members_changed", "subteam_id": "S0ADMINS"})
    assert not directory.approvers.fresh(sandbox.clock.now())


async def test_hint_about_somebody_else_changes_nothing(sandbox: Sandbox, directory: Directory) -> None:
    """In a large workspace somebody changes their status every second."""
    await directory.refresh()
    directory.hint({"type": "user_change", "user": {"id": "U0ADA"}})
    directory.hint({"type": "subteam_members_changed", "subteam_id": "S0OTHER"})
    assert directory.approvers.fresh(sandbox.clock.now())


async def test_directory_keeps_itself_fresh(sandbox: Sandbox, client: AsyncWebClient, settings: Settings) -> None:
    """A hint is followed by a reading without anybody asking, also when it comes in the middle of one."""
    readings: asyncio.Queue[datetime] = asyncio.Queue()

    def now() -> datetime:
        readings.put_nowait(sandbox.clock.now())
        return sandbox.clock.now()

    directory = Directory(client, settings, ACME, now)
    keeping = asyncio.create_task(directory.keep_fresh())
    async with asyncio.timeout(5):
        await readings.get()
        sandbox.slack.set_group("S0ADMINS", ["omar"])
        directory.hint({"subteam_id": "S0ADMINS"})
        await readings.get()
    for _ in range(250):
        if directory.approvers.slack_ids == {"U0OMAR"}:
            break
        await asyncio.sleep(0.02)
    keeping.cancel()
    assert directory.approvers.slack_ids == {"U0OMAR"}


async def test_an_approver_is_asked_about_again_before_a_write(sandbox: Sandbox, directory: Directory) -> None:
    """Whatever we remember, Slack is asked whether the one who approved still may; a burst asks once."""
    await directory.refresh()
    assert await directory.still_approves("U0GRACE")
    sandbox.slack.people.groups["S0ADMINS"].members.clear()  # and Slack forgot to tell us
    asked = len(sandbox.slack.calls)
    assert await directory.still_approves("U0GRACE")
    assert len(sandbox.slack.calls) == asked
    sandbox.clock.advance(timedelta(seconds=16))
    assert not await directory.still_approves("U0GRACE")
    assert not await directory.still_approves("U0ADA")


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        ("U0ADA", PersonKind.MEMBER),
        ("U0IVY", PersonKind.GUEST),
        ("U0JULES", PersonKind.STRANGER),
        ("U0KIT", PersonKind.DEACTIVATED),
        ("U0ROBO", PersonKind.BOT),
        ("U0NOBODY", PersonKind.UNKNOWN),
    ],
)
async def test_people_are_read_for_what_they_are(directory: Directory, who: str, kind: PersonKind) -> None:
    """Every kind that a real workspace has."""
    assert (await directory.profile(who)).kind is kind


async def test_unconfirmed_address_is_told(directory: Directory) -> None:
    """Sam could have typed anybody's."""
    assert (await directory.profile("U0SAM")).email_confirmed is False
