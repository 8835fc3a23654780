"""`comeback scan` as people run it: by the bot that runs or by itself, with a table, and an exit code that says whether to look."""

import asyncio
import os
import re
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from pathlib import Path

import pytest

from bot import clock
from sandbox.bot_process import Bot, bot_in, command
from sandbox.demo import await_connection
from sandbox.faults import Fault
from sandbox.server import Sandbox
from storage import audit, outbox, scans, seats, slots
from storage.db import Database
from storage.lifecycle import ScanOrigin, ScanStatus
from tests.e2e.conftest import QUIET

EVERYBODY = {"COMEBACK_IDLE__MAX_SHARE": "1", "COMEBACK_ATLASSIAN_PER_SECOND": "100"}


def file_of(folder: Path) -> Database:
    """The bot's database, looked at from outside."""
    path = next(folder.glob("*.db"))
    return Database.open(f"sqlite:///{path}", clock=clock.system_now, new_id=clock.new_id, new_token=clock.new_token)


async def migrated(folder: Path, sandbox: Sandbox, **settings: str) -> Bot:
    """A bot that was set up and does not run; its schedule has nothing to do for the next thousand years."""
    bot = bot_in(folder, {**sandbox.environment(), **EVERYBODY, **settings})
    code, said = await bot.run("migrate")
    assert code == 0, said
    database = file_of(folder)
    await database.write(lambda uow: [slots.claim(uow, name, "2999-12-31T00:00") for name in QUIET])
    await database.close()
    return bot


def numbers(said: str, name: str) -> list[int]:
    """The figures in a product's line of the table."""
    line = next(line for line in said.splitlines() if line.strip().startswith(f"{name} "))
    return [int(word) for word in line.split() if word.isdigit()]


async def test_where_no_bot_runs_it_works_by_itself(tmp_path: Path) -> None:
    """With the same records as a scheduled scan; what is not a page of it is left to the bot."""
    async with Sandbox() as sandbox:
        bot = await migrated(tmp_path, sandbox)
        code, said = await bot.run("scan")
        assert code == 0, said
        database = file_of(tmp_path)
        (done,) = await database.read(lambda uow: scans.recent(uow, "jira", limit=5))
        assert (done.status, done.origin) == (ScanStatus.COMPLETE, ScanOrigin.TERMINAL)
        counts = await database.read(lambda uow: seats.counts(uow, "jira"))
        idle = counts["idle"] + counts["never_active"]  # type: ignore[index]
        assert numbers(said, "Jira") == [sum(counts.values()), *counts.values(), idle]
        assert "once two scans at least 20 hours apart agree" in " ".join(said.split())
        await database.close()


async def test_on_a_terminal_a_bar_counts_the_people(tmp_path: Path) -> None:
    """A scan of many takes minutes, and whoever started it sees how far it is."""
    async with Sandbox() as sandbox:
        bot = await migrated(tmp_path, sandbox)
        shown = await on_terminal(bot, "scan", "jira")
        database = file_of(tmp_path)
        seen = sum((await database.read(lambda uow: seats.counts(uow, "jira"))).values())
        await database.close()
        assert seen > 0
        assert f"{seen}/{seen} people" in shown


async def on_terminal(bot: Bot, *arguments: str) -> str:
    """What a command shows where its standard error is a terminal, without the codes that move the cursor and colour."""
    ours, theirs = os.openpty()
    try:
        environment = {**bot.environment, "TERM": "xterm", "COLUMNS": "120"}
        process = await asyncio.create_subprocess_exec(
            *command(*arguments), cwd=bot.folder, env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=theirs
        )
    finally:
        os.close(theirs)
    shown = await asyncio.to_thread(_all_of, ours)
    assert await process.wait() == 0, shown
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)


def _all_of(terminal: int) -> str:
    with open(terminal, "rb", buffering=0) as screen:
        read = b""
        # Linux tells the end of a terminal as an error, others as no bytes.
        with suppress(OSError):
            while some := screen.read(4096):
                read += some
        return read.decode()


async def test_beside_a_running_bot_that_one_works(tmp_path: Path) -> None:
    """The file's lock is the bot's; the command files the scan, watches it and shows the same table."""
    async with Sandbox() as sandbox:
        bot = await migrated(tmp_path, sandbox)
        async with bot.running() as process:
            await await_connection(sandbox, bot, process)
            code, said = await bot.run("scan", "confluence")
            assert code == 0, said
            assert "Confluence" in said
            assert "Jira" not in said
        assert "scan.progress" in bot.log.read_text()


async def test_a_dry_run_stores_and_tells_nothing(tmp_path: Path) -> None:
    """The same table, and afterwards the database is as it was; it works before there is one, too."""
    async with Sandbox() as sandbox:
        (tmp_path / "early").mkdir()
        early = bot_in(tmp_path / "early", {**sandbox.environment(), **EVERYBODY})
        code, before_all = await early.run("scan", "--dry-run")
        assert code == 0, before_all
        assert not list((tmp_path / "early").glob("*.db"))
        bot = await migrated(tmp_path, sandbox)
        code, said = await bot.run("scan", "--dry-run")
        assert code == 0, said
        assert numbers(said, "Jira") == numbers(before_all, "Jira")
        assert "Nothing was stored" in said
        database = file_of(tmp_path)
        assert await database.read(lambda uow: scans.recent(uow, "jira", limit=5)) == ()
        assert sum((await database.read(lambda uow: seats.counts(uow, "jira"))).values()) == 0
        assert await database.read(outbox.backlog) == ()
        assert await database.read(lambda uow: list(audit.entries(uow))) == []
        await database.close()


async def test_a_dry_run_knows_what_the_database_knows(tmp_path: Path) -> None:
    """Whoever keeps their seat is in their grace there too."""
    async with Sandbox() as sandbox:
        bot = await migrated(tmp_path, sandbox)
        await bot.run("scan", "jira")
        database = file_of(tmp_path)
        (first, *_) = await database.read(lambda uow: seats.candidates(uow, "jira", idle_before=uow.now, limit=5))
        await database.write(lambda uow: seats.keep(uow, first.account_id, "jira", sandbox.clock.now().replace(year=2999)))
        before = numbers((await bot.run("scan", "jira", "--dry-run"))[1], "Jira")
        counts = await database.read(lambda uow: seats.counts(uow, "jira"))
        assert before[-1] == counts["idle"] + counts["never_active"] - 1  # type: ignore[index]
        await database.close()


async def test_a_question_and_a_stop_are_no(tmp_path: Path) -> None:
    """Exit code 1, with a sentence that says what happened and who is asked."""
    async with Sandbox() as sandbox:
        bot = await migrated(tmp_path, sandbox, COMEBACK_IDLE__MAX_SHARE="0.05")
        code, said = await bot.run("scan", "jira")
        assert code == 1
        assert "seats are newly idle, so the admin channel is asked" in said
        assert "asked first" in said


async def test_an_atlassian_that_does_not_answer_is_no(tmp_path: Path) -> None:
    """Watching ends after a while, and the scan goes on when a bot runs."""
    async with Sandbox() as sandbox:
        bot = await migrated(tmp_path, sandbox)
        sandbox.faults.add(Fault(match="POST /users/search", status=503))
        code, said = await bot.run("scan", "jira", "--patience", "2")
        assert code == 1
        assert "not finished" in said
        assert "goes on by itself when a bot runs" in said


@pytest.mark.parametrize(("arguments", "sentence"), [(("trello",), "no product trello in the settings")])
async def test_an_unknown_product_is_wrong_usage(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """Nothing is asked, and the products that there are are named."""
    async with Sandbox(people=30) as sandbox:
        bot = bot_in(tmp_path, sandbox.environment())
        code, said = await bot.run("scan", *arguments)
        assert code == 2
        assert sentence in " ".join(said.replace("│", " ").split())


async def test_on_postgresql_a_worker_or_the_command_does_it(tmp_path: Path, postgres_url: str) -> None:
    """There any number of processes may work: without one the command waits for a moment, then begins."""
    async with Sandbox() as sandbox:
        bot = bot_in(tmp_path, {**sandbox.environment(), **EVERYBODY, "DATABASE_URL": postgres_url})
        code, said = await bot.run("scan", "jira")
        assert code == 0, said
        worker = await bot.start("worker")
        try:
            await asyncio.sleep(0)
            code, said = await bot.run("scan", "jira")
            assert code == 0, said
        finally:
            worker.terminate()
            await worker.wait()
