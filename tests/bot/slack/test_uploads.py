"""Files on their way to Slack: shown once, found again, and nothing half done."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot import lease
from bot.slack.calls import make_client, make_session, open_client
from bot.slack.errors import SlackAway, SlackBusy, SlackError, SlackOutcomeUnknown, SlackRefused, SlackTokenRejected
from bot.slack.messenger import Messenger, Posted
from bot.slack.surfaces.markup import section
from bot.slack.surfaces.message import Message
from sandbox.faults import Fault
from sandbox.server import Sandbox

ADMINS = "G0ADMINS"
PNG = b"\x89PNG\r\n\x1a\n and so on"
DIGEST = Message(text="the week", blocks=(section("the week in seats"),))


@pytest.fixture
def messenger(sandbox: Sandbox, client: AsyncWebClient) -> Messenger:
    """A messenger on the sandbox's clock."""
    return Messenger(client, sandbox.clock.now)


async def upload(messenger: Messenger, *, job_id: str = "j-1", **more: Any) -> Posted | None:
    """One picture for the admin channel."""
    facts: dict[str, Any] = {"name": "trend.png", "content": PNG, "title": "Trend", "alt_text": "303 seats in use"}
    return await messenger.upload(ADMINS, job_id=job_id, **{**facts, **more})


async def test_file_is_shown_below_its_message(sandbox: Sandbox, messenger: Messenger) -> None:
    """People see the title and hear the alternative text; the bytes arrive as they were."""
    assert await upload(messenger, message=DIGEST) is None
    (message,) = sandbox.slack.messages(ADMINS)
    (file,) = message.files
    assert message.words == "the week in seats"
    assert (file["title"], file["alt_txt"], file["mimetype"]) == ("Trend", "303 seats in use", "image/png")
    assert [each.content for each in sandbox.slack.files()] == [PNG]


async def test_place_is_known_when_slack_tells_it(sandbox: Sandbox, messenger: Messenger) -> None:
    """Now and then the answer names the message; then nobody has to look for it."""
    sandbox.slack.uploads.answers_name_shares = True
    posted = await upload(messenger)
    assert posted == Posted(channel=ADMINS, ts=sandbox.slack.messages(ADMINS)[0].ts)


async def test_text_without_blocks_is_the_comment(sandbox: Sandbox, messenger: Messenger) -> None:
    """A plain sentence above a list needs no block."""
    await upload(messenger, message=Message(text="Everybody idle", blocks=()))
    assert sandbox.slack.messages(ADMINS)[0].text == "Everybody idle"


async def test_long_message_fits(sandbox: Sandbox, messenger: Messenger) -> None:
    """slack_sdk's own method writes blocks into the address, which servers cut at some 8,000 characters."""
    blocks = tuple(section("ö" * 2_900) for _ in range(4))
    await upload(messenger, message=Message(text="long", blocks=blocks))
    assert len(sandbox.slack.messages(ADMINS)[0].words) > 11_000


async def test_lost_answer_is_unknown_and_the_file_is_found_again(sandbox: Sandbox, messenger: Messenger) -> None:
    """A file has no metadata: its name carries the job, so that a repeated job finds it and shows no second one."""
    since = sandbox.clock.now()
    sandbox.faults.add(Fault(side="slack", match="files.completeUploadExternal", times=1, drop="after"))
    with pytest.raises(SlackOutcomeUnknown):
        await upload(messenger, message=DIGEST)
    (standing,) = sandbox.slack.messages(ADMINS)
    assert await messenger.find(ADMINS, job_id="j-1", oldest=since) == Posted(channel=ADMINS, ts=standing.ts)


async def test_file_of_another_job_is_not_taken_for_ours(sandbox: Sandbox, messenger: Messenger) -> None:
    """`j-11` is not `j-1`, in either direction."""
    since = sandbox.clock.now()
    await upload(messenger, job_id="j-11")
    assert await messenger.find(ADMINS, job_id="j-1", oldest=since) is None
    assert await messenger.find(ADMINS, job_id="j-111", oldest=since) is None


async def test_file_in_a_thread_is_found_in_the_thread(sandbox: Sandbox, messenger: Messenger) -> None:
    """The list of a plan stands under the plan's card."""
    since = sandbox.clock.now()
    card = await messenger.post(ADMINS, DIGEST, job_id="j-0")
    await upload(messenger, name="idle.csv", content=b"a,b\n", thread_ts=card.ts)
    found = await messenger.find(ADMINS, job_id="j-1", oldest=since, thread_ts=card.ts)
    assert found is not None
    assert found.ts == sandbox.slack.messages(ADMINS)[-1].ts
    assert sandbox.slack.messages(ADMINS)[-1].thread_ts == card.ts


async def test_file_reaches_a_person(sandbox: Sandbox, messenger: Messenger) -> None:
    """A private message takes files too, by the id that Slack gave."""
    channel = await messenger.open_dm("U0ADA")
    await messenger.upload(channel, name="mine.csv", content=b"a\n", title="Mine", alt_text="", job_id="j-1")
    assert [file["title"] for message in sandbox.slack.dm("ada") for file in message.files] == ["Mine"]


@pytest.mark.parametrize(
    ("planted", "step", "expected"),
    [
        ({"status": 429, "code": "ratelimited", "headers": {"Retry-After": "7"}}, "files.getUploadURLExternal", SlackBusy),
        ({"code": "token_revoked"}, "files.getUploadURLExternal", SlackTokenRejected),
        ({"code": "file_uploads_disabled"}, "files.getUploadURLExternal", SlackRefused),
        ({"drop": "after"}, "files.getUploadURLExternal", SlackAway),
        ({"status": 503, "body": "later"}, "upload", SlackAway),
        ({"status": 302, "body": "", "headers": {"Location": "http://127.0.0.1:9/"}}, "upload", SlackAway),
        ({"drop": "before"}, "upload", SlackAway),
        ({"drop": "after"}, "upload", SlackAway),
        ({"code": "not_in_channel"}, "files.completeUploadExternal", SlackRefused),
        ({"status": 503, "code": "service_unavailable"}, "files.completeUploadExternal", SlackOutcomeUnknown),
        ({"bad_json": True}, "files.completeUploadExternal", SlackOutcomeUnknown),
        ({"drop": "before"}, "files.completeUploadExternal", SlackOutcomeUnknown),
    ],
)
async def test_only_the_last_step_can_be_in_doubt(
    sandbox: Sandbox, messenger: Messenger, planted: dict[str, Any], step: str, expected: type[SlackError]
) -> None:
    """Before the completion nobody can see anything: the whole is done again without looking, and shows one file."""
    sandbox.faults.add(Fault(side="slack", match=step, **planted))
    with pytest.raises(SlackError) as raised:
        await upload(messenger)
    assert type(raised.value) is expected
    assert "xoxb" not in str(raised.value)
    assert sandbox.slack.messages(ADMINS) == []
    sandbox.faults.clear()
    await upload(messenger)
    assert len(sandbox.slack.messages(ADMINS)) == 1


async def test_files_go_over_the_kept_connections(sandbox: Sandbox) -> None:
    """The process has one session, and whoever made it closes it: an upload neither opens another nor closes this one."""
    given = sandbox.environment()
    async with make_session() as session:
        client = make_client(token=given["SLACK_BOT_TOKEN"], api_url=given["SLACK_API_URL"], session=session)
        await upload(Messenger(client, sandbox.clock.now), job_id="j-1")
        await upload(Messenger(client, sandbox.clock.now), job_id="j-2")
    assert len(sandbox.slack.messages(ADMINS)) == 2


async def test_no_step_begins_on_too_short_a_lease(sandbox: Sandbox, messenger: Messenger) -> None:
    """Three calls may outlive a lease: each looks before it is sent."""

    async def late() -> None:
        lease.enter(time.monotonic() + lease.CALL_NEEDS_SECONDS - 0.1)
        with pytest.raises(lease.LeaseTooShort):
            await upload(messenger)

    await asyncio.create_task(late())
    assert sandbox.slack.messages(ADMINS) == []
    assert not [name for name, _ in sandbox.slack.calls if name.startswith("files.")]


async def test_nothing_is_unknown_when_nobody_listens(unused_tcp_port: int) -> None:
    """A refused connection has carried nothing."""
    async with open_client(token="xoxb-1", api_url=f"http://127.0.0.1:{unused_tcp_port}/api/") as client:
        with pytest.raises(SlackAway):
            await upload(Messenger(client, lambda: datetime(2026, 11, 24, tzinfo=UTC)))
