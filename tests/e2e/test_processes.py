"""The commands as people run them: processes of their own, ended by signals, answering with sentences and exit codes."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from sandbox.bot_process import Bot, BotFailed, bot_in, stop
from sandbox.demo import await_connection
from sandbox.server import Sandbox
from sandbox.slack.messages import Message
from tests.e2e.conftest import ADMINS, free_port

PATIENCE = 30


async def card_in(sandbox: Sandbox) -> Message:
    """The approval card, when it is there."""

    def there() -> Message | None:
        return next((message for message in sandbox.slack.messages(ADMINS) if "asks for Jira" in message.words), None)

    card = await sandbox.slack.until(there, timeout=PATIENCE)
    assert card is not None
    return card


async def ask_and_approve(sandbox: Sandbox) -> None:
    """The main job, from outside."""
    await sandbox.slack.types("ada", "/request-jira please")
    await sandbox.slack.clicks("grace", await card_in(sandbox), "request.approve")
    await sandbox.slack.until(lambda: any("You have Jira again" in note.words for note in sandbox.slack.dm("ada")), timeout=PATIENCE)


async def test_run_works_stops_within_ten_seconds_and_guards_its_file(tmp_path: Path) -> None:
    """One process does it all; a second on the same file is refused with a sentence; SIGTERM ends the first with 0."""
    async with Sandbox() as sandbox:
        bot = bot_in(tmp_path, sandbox.environment())
        async with bot.running() as process:
            await await_connection(sandbox, bot, process)
            await ask_and_approve(sandbox)
            code, said = await bot.run("run")
            assert code == 2
            assert "another Comeback is running" in said
            code, said = await bot.run("audit", "verify")
            assert (code, "whole" in said) == (0, True)
            process.terminate()
            async with asyncio.timeout(10):
                assert await process.wait() == 0
        assert "Traceback" not in bot.log.read_text()


async def until_ready(url: str) -> None:
    """Wait until the probe is green."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectorError:
                pass
            await asyncio.sleep(0.1)


async def test_web_and_workers_share_one_postgres(tmp_path: Path, postgres_url: str) -> None:
    """The same job in processes of their own: one answers Slack over HTTP, two work, one database joins them."""
    port = free_port()
    async with Sandbox(app_url=f"http://127.0.0.1:{port}/slack/events") as sandbox:
        settings = {**sandbox.environment(), "DATABASE_URL": postgres_url}
        web = Bot(folder=tmp_path, environment={**bot_in(tmp_path, settings).environment, "PORT": str(port)})
        hands = bot_in(tmp_path, settings)
        processes = [await web.start("web"), await hands.start("worker"), await hands.start("worker")]
        try:
            await until_ready(f"http://127.0.0.1:{port}/readyz")
            await sandbox.slack.until(lambda: sandbox.slack.connected, timeout=PATIENCE)
            await ask_and_approve(sandbox)
        finally:
            await asyncio.gather(*(stop(process) for process in processes))
        assert len([write for write in sandbox.atlassian.writes if write.by == "api"]) == 1
        assert len([note for note in sandbox.slack.dm("ada") if "You have Jira again" in note.words]) == 1
        assert [process.returncode for process in processes] == [0, 0, 0]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda url: {"SLACK_BOT_TOKEN": "xoxb-not-this-one"}, "Slack does not accept SLACK_BOT_TOKEN (invalid_auth)"),
        (lambda url: {"SLACK_API_URL": f"http://127.0.0.1:{free_port()}/slack/api/"}, "Slack can't be reached at http://127.0.0.1"),
    ],
    ids=["rejected token", "unreachable"],
)
async def test_a_start_without_slack_ends_with_a_sentence(tmp_path: Path, spoil: Callable[[str], dict[str, str]], sentence: str) -> None:
    """Nobody should have to read a stack trace to learn that a token is wrong."""
    async with Sandbox() as sandbox:
        bot = bot_in(tmp_path, {**sandbox.environment(), **spoil(sandbox.url)})
        code, said = await bot.run("run")
        assert code == 1
        assert sentence in said
        assert "Traceback" not in said


async def test_wrong_settings_stop_the_start_with_a_sentence_each(tmp_path: Path) -> None:
    """All that is wrong is told at once, by name, with an example, and no secret is repeated."""
    secret = "xoxp-a-user-token-by-mistake"
    bot = bot_in(tmp_path, {"SLACK_BOT_TOKEN": secret, "COMEBACK_ADMIN_CHANNEL": "#admins"})
    code, said = await bot.run("run")
    assert code == 2
    for variable in ("SLACK_BOT_TOKEN", "ATLASSIAN_API_KEY", "ATLASSIAN_ORG_ID", "COMEBACK_ADMIN_CHANNEL", "COMEBACK_APPROVERS"):
        assert any(line.startswith(variable) for line in said.splitlines()), variable
    assert secret not in said


async def test_the_doctor_finds_the_sandbox_healthy_and_a_bad_key_red(tmp_path: Path) -> None:
    """Green lines and 0 when all is well; a red line with its remedy and 1 when not."""
    async with Sandbox() as sandbox:
        bot = bot_in(tmp_path, sandbox.environment())
        code, said = await bot.run("migrate")
        assert code == 0, said
        code, said = await bot.run("doctor")
        assert code == 0, said
        bad = bot_in(tmp_path, {**sandbox.environment(), "ATLASSIAN_API_KEY": "no-such-key"})
        code, said = await bad.run("doctor")
        assert code == 1
        assert "ATLASSIAN_API_KEY" in said


async def test_a_bot_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    """The demo says what the bot said instead of waiting for ever."""
    async with Sandbox() as sandbox:
        bot = bot_in(tmp_path, {**sandbox.environment(), "SLACK_BOT_TOKEN": "xoxb-not-this-one"})
        async with bot.running() as process:
            with pytest.raises(BotFailed, match="SLACK_BOT_TOKEN"):
                await await_connection(sandbox, bot, process)
