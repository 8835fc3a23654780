"""Who may decide, and when we may believe it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.policy import PersonKind
from bot.settings import Settings
from bot.slack.directory import PROFILES_A_REFRESH, Directory
from bot.slack.errors import SlackBusy, SlackError, SlackRefused
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


@pytest.mark.parametrize("group", ["S0GONE", "S0ADMINS"])
async def test_a_refused_group_is_empty_and_the_rest_counts(
    sandbox: Sandbox, client: AsyncWebClient, settings: Settings, group: str
) -> None:
    """A group that somebody deleted, or may not be read, must not take everybody's say away."""
    given = settings.model_copy(update={"approvers": ("U0OMAR", group)})
    if group == "S0ADMINS":
        sandbox.faults.add(Fault(side="slack", match="usergroups.users.list", code="permission_denied"))
    directory = Directory(client, given, ACME, sandbox.clock.now)
    with capture_logs() as logs:
        await directory.refresh()
        await directory.refresh()
    assert [line["subject"] for line in logs if line["event"] == "directory.refused"] == [group]
    assert directory.approvers.slack_ids == {"U0OMAR"}
    assert await directory.still_approves("U0OMAR")
    assert not await directory.still_approves("U0GRACE")


async def test_a_refused_person_alone_does_not_count(sandbox: Sandbox, directory: Directory) -> None:
    """Grace is read first, and Slack will not say who she is."""
    sandbox.faults.add(Fault(side="slack", match="users.info", times=1, code="user_is_hidden"))
    await directory.refresh()
    assert directory.approvers.slack_ids == {"U0OMAR"}


async def test_a_missing_scope_is_no_answer_about_anybody(sandbox: Sandbox, directory: Directory) -> None:
    """It is about the app, and to be mended by whoever installs it."""
    sandbox.faults.add(Fault(side="slack", match="users.info", code="missing_scope"))
    with pytest.raises(SlackRefused):
        await directory.refresh()


async def test_what_a_hint_overtook_is_not_remembered(sandbox: Sandbox, directory: Directory) -> None:
    """Grace loses her say while we ask about her: the answer of before must not serve for the next fifteen seconds."""
    sandbox.faults.add(Fault(side="slack", match="users.info", times=1, when="after", delay_s=0.2))
    asking = asyncio.create_task(directory.still_approves("U0GRACE"))
    while not any(name == "users.info" for name, _ in sandbox.slack.calls):  # noqa: ASYNC110 - until the question is on its way
        await asyncio.sleep(0)
    sandbox.slack.people.groups["S0ADMINS"].members.clear()
    directory.hint({"subteam_id": "S0ADMINS"})
    await asking
    assert not await directory.still_approves("U0GRACE")


def crowd(sandbox: Sandbox, count: int) -> list[str]:
    """So many new members of the workspace, all in the approvers' group."""
    grace = sandbox.slack.people.users["U0GRACE"]
    ids = [f"U1{number:03}" for number in range(count)]
    sandbox.slack.people.users.update({one: replace(grace, id=one, key=one.lower()) for one in ids})
    sandbox.slack.people.groups["S0ADMINS"].members = list(ids)
    return ids


async def test_a_large_group_is_read_in_turns_within_the_rate_limit(sandbox: Sandbox, directory: Directory) -> None:
    """120 approvers at each refresh would be more than Slack allows, and one refusal of that kind would cost everybody their say."""
    sandbox.slack.limits.enabled = True
    ids = crowd(sandbox, 120)
    counted = []
    for _ in range(20):
        sandbox.slack.calls.clear()
        await directory.refresh()
        assert [name for name, _ in sandbox.slack.calls].count("users.info") <= PROFILES_A_REFRESH
        assert directory.approvers.fresh(sandbox.clock.now())
        counted.append(len(directory.approvers.slack_ids))
        sandbox.clock.advance(timedelta(seconds=45))
    assert counted[:4] == [40, 80, 120, 121]
    assert set(counted[4:]) == {121}
    sandbox.slack.people.groups["S0ADMINS"].members.remove(ids[0])
    await directory.refresh()
    assert ids[0] not in directory.approvers.slack_ids


async def test_a_hinted_person_of_a_large_group_is_read_first(sandbox: Sandbox, directory: Directory) -> None:
    """Rotation is for those who have not changed."""
    ids = crowd(sandbox, 120)
    for _ in range(4):
        await directory.refresh()
        sandbox.clock.advance(timedelta(seconds=45))
    sandbox.slack.people.users[ids[7]].deleted = True
    directory.hint({"user": {"id": ids[7]}})
    await directory.refresh()
    assert ids[7] not in directory.approvers.slack_ids
    assert len(directory.approvers.slack_ids) == 120


async def test_a_rate_limit_costs_nobody_their_say(sandbox: Sandbox, directory: Directory) -> None:
    """Whoever was read in the last ten minutes is trusted while Slack will not be asked; memberships are read all the same."""
    await directory.refresh()
    sandbox.faults.add(Fault(side="slack", match="users.info", status=429, code="ratelimited"))
    await directory.refresh()
    assert directory.approvers.slack_ids == {"U0OMAR", "U0GRACE"}
    sandbox.clock.advance(timedelta(minutes=11))
    await directory.refresh()
    assert directory.approvers.slack_ids == frozenset()


async def test_first_reading_fails_when_nobody_could_be_read(sandbox: Sandbox, directory: Directory) -> None:
    """An empty list for want of reading must not look like an empty list."""
    sandbox.faults.add(Fault(side="slack", match="users.info", status=429, code="ratelimited"))
    with pytest.raises(SlackBusy):
        await directory.refresh()


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
    async with asyncio.timeout(30):
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
