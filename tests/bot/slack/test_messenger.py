"""What leaves for Slack, what comes back, and what every kind of failure is taken for."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import lease
from bot.slack.calls import Line, ask_in_background, make_client, make_session, open_client
from bot.slack.errors import SlackAway, SlackBusy, SlackError, SlackHeld, SlackOutcomeUnknown, SlackRefused, SlackTokenRejected
from bot.slack.messenger import Messenger
from bot.slack.surfaces.markup import section
from bot.slack.surfaces.message import Message
from bot.slack.team import read_team
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.slack import posting
from tests.bot.slack.test_guard import ACME

ADMINS = "G0ADMINS"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HELLO = Message(text="hello", blocks=(section("hello"),))


@pytest.fixture
def messenger(sandbox: Sandbox, client: AsyncWebClient) -> Messenger:
    """A messenger on the sandbox's clock."""
    return Messenger(client, sandbox.clock.now)


async def test_team_is_read_once_at_start(client: AsyncWebClient) -> None:
    """Workspace, app and bot come from the token, never from a setting that could contradict it."""
    assert await read_team(client) == replace(ACME, url="https://acme.slack.com/")


async def test_lost_answer_is_unknown_and_the_message_is_found_again(sandbox: Sandbox, messenger: Messenger) -> None:
    """After a reset behind the post there is one card in the channel, and looking for the job finds it: no second one is needed."""
    since = sandbox.clock.now()
    sandbox.faults.add(Fault(side="slack", match="chat.postMessage", times=1, drop="after"))
    with pytest.raises(SlackOutcomeUnknown):
        await messenger.post(ADMINS, HELLO, job_id="j-1")
    found = await messenger.find(ADMINS, job_id="j-1", oldest=since)
    (standing,) = sandbox.slack.messages(ADMINS)
    assert found is not None
    assert found.ts == standing.ts
    assert await messenger.find(ADMINS, job_id="j-2", oldest=since) is None


async def test_message_in_a_thread_is_found_in_the_thread(sandbox: Sandbox, messenger: Messenger) -> None:
    """A channel's history does not contain the replies in its threads."""
    since = sandbox.clock.now()
    card = await messenger.post(ADMINS, HELLO, job_id="j-1")
    reply = await messenger.post(ADMINS, HELLO, job_id="j-2", thread_ts=card.ts)
    assert await messenger.find(ADMINS, job_id="j-2", oldest=since) is None
    assert await messenger.find(ADMINS, job_id="j-2", oldest=since, thread_ts=card.ts) == reply


async def test_search_goes_through_all_pages(sandbox: Sandbox, messenger: Messenger) -> None:
    """In a burst the lost message stands behind a hundred others."""
    since = sandbox.clock.now()
    first = await messenger.post(ADMINS, HELLO, job_id="j-0")
    for number in range(1, 130):
        await messenger.post(ADMINS, HELLO, job_id=f"j-{number}")
    assert await messenger.find(ADMINS, job_id="j-0", oldest=since) == first


async def test_client_never_sends_twice(sandbox: Sandbox, messenger: Messenger) -> None:
    """slack_sdk's own default would post the card again after a lost answer."""
    sandbox.faults.add(Fault(side="slack", match="chat.postMessage", times=1, drop="after"))
    with pytest.raises(SlackOutcomeUnknown):
        await messenger.post(ADMINS, HELLO, job_id="j-1")
    assert len(sandbox.slack.messages(ADMINS)) == 1


async def test_redrawing_a_message_that_is_gone_is_refused(messenger: Messenger) -> None:
    """A deleted card is a normal end: whoever redraws decides what that means."""
    with pytest.raises(SlackRefused) as refused:
        await messenger.update(ADMINS, "1700000000.000001", HELLO)
    assert refused.value.code == "message_not_found"


async def test_a_deleted_message_is_noticed(sandbox: Sandbox, messenger: Messenger) -> None:
    """A card that somebody deleted asks nobody; where the bot may not read the channel it is taken to be there."""
    posted = await messenger.post(ADMINS, HELLO, job_id="j-1")
    assert await messenger.is_there(ADMINS, posted.ts)
    posting.remove(sandbox.slack, sandbox.slack.messages(ADMINS)[0])
    assert not await messenger.is_there(ADMINS, posted.ts)
    sandbox.faults.add(Fault(side="slack", match="conversations.history", code="missing_scope"))
    assert await messenger.is_there(ADMINS, posted.ts)


async def test_private_message_reaches_the_person(sandbox: Sandbox, messenger: Messenger) -> None:
    """Messages go to the D channel, where they can be found again, and it is asked for once."""
    channel = await messenger.open_dm("U0ADA")
    await messenger.post(channel, HELLO, job_id="j-1")
    assert await messenger.open_dm("U0ADA") == channel
    assert [message.text for message in sandbox.slack.dm("ada")] == ["hello"]
    assert [name for name, _ in sandbox.slack.calls].count("conversations.open") == 1


async def test_whisper_is_seen_by_one_person(sandbox: Sandbox, messenger: Messenger) -> None:
    """Who was too slow is nobody else's business."""
    await messenger.whisper(ADMINS, "U0GRACE", HELLO)
    assert [message.text for message in sandbox.slack.ephemerals("grace")] == ["hello"]
    assert sandbox.slack.messages(ADMINS, seen_by="omar") == []


async def test_home_is_drawn(sandbox: Sandbox, messenger: Messenger) -> None:
    """Publishing twice is one Home."""
    await messenger.publish_home("U0ADA", HELLO.blocks)
    await messenger.publish_home("U0ADA", HELLO.blocks)
    assert sandbox.slack.home("ada") is not None


async def test_channel_facts_tell_where_cards_may_go(sandbox: Sandbox, messenger: Messenger) -> None:
    """The admin channel has to exist, hold the bot, and belong to our company alone."""
    admins = await messenger.channel(ADMINS)
    assert (admins.exists, admins.is_member, admins.is_shared, admins.is_private) == (True, True, False, True)
    assert (await messenger.channel("C0PARTNERS")).is_shared
    assert (await messenger.channel("C0OLD")).is_archived
    assert not (await messenger.channel("C0NOWHERE")).exists
    sandbox.slack.set_channel(ADMINS, pending_ext_shared=True)
    assert (await messenger.channel(ADMINS)).is_shared


def fault(**facts: Any) -> Fault:
    """A fault of any method, until it is cleared: aiohttp itself repeats a lost GET, which changes nothing."""
    return Fault(side="slack", match=".*", **facts)


@pytest.mark.parametrize(
    ("planted", "write", "read"),
    [
        (fault(status=429, code="ratelimited", headers={"Retry-After": "7"}), SlackBusy, SlackBusy),
        (fault(code="message_limit_exceeded"), SlackBusy, SlackBusy),
        (fault(status=429, code="ratelimited", headers={"Retry-After": "soon"}), SlackBusy, SlackBusy),
        (fault(code="token_revoked"), SlackTokenRejected, SlackTokenRejected),
        (fault(code="restricted_action"), SlackRefused, SlackRefused),
        (fault(code="fatal_error"), SlackOutcomeUnknown, SlackAway),
        (fault(status=503, code="service_unavailable"), SlackOutcomeUnknown, SlackAway),
        (fault(status=500, body="<html>sorry</html>"), SlackOutcomeUnknown, SlackAway),
        (fault(status=200, body="plain words"), SlackOutcomeUnknown, SlackAway),
        (fault(bad_json=True), SlackOutcomeUnknown, SlackAway),
        (fault(drop="before"), SlackOutcomeUnknown, SlackAway),
        (fault(drop="after"), SlackOutcomeUnknown, SlackAway),
    ],
)
async def test_failures_are_told_by_what_to_do_about_them(
    sandbox: Sandbox, messenger: Messenger, planted: Fault, write: type[SlackError], read: type[SlackError]
) -> None:
    """The same failure of a read loses nothing, while a write may have happened."""
    calls: tuple[tuple[Callable[[], Awaitable[object]], type[SlackError]], ...] = (
        (lambda: messenger.post(ADMINS, HELLO, job_id="j-1"), write),
        (lambda: messenger.find(ADMINS, job_id="j-1", oldest=LONG_AGO), read),
    )
    for call, expected in calls:
        sandbox.faults.clear()
        sandbox.faults.add(planted)
        with pytest.raises(SlackError) as raised:
            await call()
        assert type(raised.value) is expected
        assert "xoxb" not in str(raised.value)


@pytest.mark.parametrize("echo", ["xoxb-1234-abcd", "bad token key.1a2b3c", "3f9a1c"])
async def test_a_code_that_is_none_is_not_repeated(sandbox: Sandbox, messenger: Messenger, echo: str) -> None:
    """Codes go into logs, rows, the audit trail and cards: what a proxy echoes in the place of one must not."""
    sandbox.faults.add(Fault(side="slack", match="chat.postMessage", times=1, code=echo, status=200))
    with pytest.raises(SlackRefused) as refused:
        await messenger.post(ADMINS, HELLO, job_id="j-1")
    assert refused.value.code == "unreadable_code"
    assert echo not in str(refused.value)


async def test_busy_tells_when(sandbox: Sandbox, messenger: Messenger) -> None:
    """The outbox pauses the bucket until then; waiting here would hold a lease for nothing."""
    sandbox.faults.add(fault(status=429, code="ratelimited", headers={"Retry-After": "7"}))
    with pytest.raises(SlackBusy) as busy:
        await messenger.post(ADMINS, HELLO, job_id="j-1")
    assert timedelta(seconds=5) < busy.value.retry_at - sandbox.clock.now() <= timedelta(seconds=7)


async def test_nothing_is_unknown_when_nobody_listens(unused_tcp_port: int) -> None:
    """A refused connection has carried no message: it may be sent again without looking."""
    async with open_client(token="xoxb-1", api_url=f"http://127.0.0.1:{unused_tcp_port}/api/") as client:
        with pytest.raises(SlackAway):
            await Messenger(client, lambda: datetime(2026, 11, 24, tzinfo=UTC)).post(ADMINS, HELLO, job_id="j-1")


async def test_no_call_begins_on_too_short_a_lease(sandbox: Sandbox, messenger: Messenger) -> None:
    """A call that outlives its job's lease could post beside the one who retakes the job; refused, it leaves nothing behind."""

    async def late() -> None:
        lease.enter(time.monotonic() + lease.CALL_NEEDS_SECONDS - 0.1)
        with pytest.raises(lease.LeaseTooShort):
            await messenger.post(ADMINS, HELLO, job_id="j-1")

    await asyncio.create_task(late())
    gc.collect()
    assert sandbox.slack.messages(ADMINS) == []
    await messenger.post(ADMINS, HELLO, job_id="j-1")
    assert len(sandbox.slack.messages(ADMINS)) == 1


async def test_while_slack_is_away_only_people_are_let_through(sandbox: Sandbox) -> None:
    """What can wait is not even sent; each answer is counted, and an error of Slack's is none."""
    line = Line(may_ask=lambda: False)

    async def held(begin: Callable[[], None]) -> None:
        begin()
        with pytest.raises(SlackHeld):
            await client.auth_test()

    async with make_session(line) as session:
        given = sandbox.environment()
        client = make_client(token=given["SLACK_BOT_TOKEN"], api_url=given["SLACK_API_URL"], session=session)
        await asyncio.create_task(held(lambda: lease.enter(time.monotonic() + 30)))
        await asyncio.create_task(held(ask_in_background))
        assert line.answers == 0
        await client.auth_test()
        assert line.answers == 1
        sandbox.faults.add(Fault(side="slack", match="auth.test", status=503))
        with pytest.raises(SlackApiError):
            await client.auth_test()
        assert line.answers == 1
        line.may_ask = lambda: True
        sandbox.faults.clear()
        await asyncio.create_task(_asked(client))
        assert line.answers == 2


async def _asked(client: AsyncWebClient) -> None:
    lease.enter(time.monotonic() + 30)
    await client.auth_test()


async def test_no_byte_leaves_on_a_lease_that_ran_out_meanwhile(sandbox: Sandbox) -> None:
    """The session looks once more when the connection stands: that is where a stopped process wakes up."""

    async def late(client: AsyncWebClient) -> None:
        lease.enter(time.monotonic() + lease.CALL_NEEDS_SECONDS - 0.1)
        with pytest.raises(lease.LeaseTooShort):
            await client.chat_postMessage(channel=ADMINS, text="hello")

    async with make_session() as session:
        given = sandbox.environment()
        client = make_client(token=given["SLACK_BOT_TOKEN"], api_url=given["SLACK_API_URL"], session=session)
        await asyncio.create_task(late(client))
        assert sandbox.slack.messages(ADMINS) == []
        await client.chat_postMessage(channel=ADMINS, text="hello")
    assert len(sandbox.slack.messages(ADMINS)) == 1
