"""`comeback doctor` prints a line for each thing and answers with its exit code."""

import asyncio
import re

import pytest

from bot import doctor
from bot.doctor import Chapter, Line
from bot.doctor.lines import green, note, red, yellow
from bot.settings import load
from sandbox.server import Sandbox
from storage import migrate
from tests.bot.cli.conftest import Command
from tests.bot.outside import Outside


def reporting(*lines: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the examination find *lines*."""

    async def examine(**_: object) -> tuple[Chapter, ...]:
        return (Chapter(title="Slack", lines=lines),)

    monkeypatch.setattr(doctor, "examine", examine)


def test_red_line_carries_its_remedy_and_makes_it_no(comeback: Command, outside: Outside) -> None:
    """On a fresh machine everything is red: exit code 1, and each line says what to set."""
    result = comeback("doctor")
    assert result.exit_code == 1
    assert re.search(r"SLACK_BOT_TOKEN: is missing: set it to .*, for example", result.stdout)
    assert re.search(r"tables: .* -> run `comeback migrate`", result.stdout)
    assert re.search(r"^\d+ to mend\.( \d+ to look at\.)?$", result.stdout, re.MULTILINE)


def test_notes_and_warnings_do_not_make_it_no(comeback: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only red is red."""
    reporting(green("a", "b"), note("c", "d"), yellow("e", "f", "g"), monkeypatch=monkeypatch)
    result = comeback("doctor")
    assert result.exit_code == 0
    assert "e: f -> g" in result.stdout
    assert result.stdout.endswith("\n1 to look at.\n")


def test_names_are_not_markup(comeback: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel may be called [/red], and must not break the report or hide in it."""
    reporting(red("admin channel", "#[/bold][link=x]", "rename [it]"), monkeypatch=monkeypatch)
    assert "#[/bold][link=x] -> rename [it]" in comeback("doctor").stdout


async def test_healthy_installation_is_done(comeback: Command, outside: Outside) -> None:
    """Against the whole world, exit code 0, one line for each thing, before what can be pasted."""
    async with Sandbox(people=60) as sandbox:
        database = f"sqlite:///{outside.directory}/comeback.db"
        await asyncio.to_thread(migrate.upgrade, database)
        outside.set({**sandbox.environment(), "DATABASE_URL": database})
        result = await asyncio.to_thread(comeback, "doctor")
    assert result.exit_code == 0, result.stdout
    assert len(result.stdout.partition("# For comeback.toml")[0].splitlines()) < 40


async def test_what_is_printed_to_paste_is_a_file_that_loads(comeback: Command, outside: Outside) -> None:
    """Copied from the heading to the blank line before the verdict, and written to comeback.toml, it adds the products."""
    async with Sandbox(people=5) as sandbox:
        outside.set(sandbox.environment())
        printed = (await asyncio.to_thread(comeback, "doctor")).stdout
        outside.write("comeback.toml", printed[printed.index("# For comeback.toml") : printed.rindex("\n\n")])
        assert set(load().products) == {"jira", "confluence", "jsm", "jpd", "jira_labs", "confluence_labs"}
        assert "# For comeback.toml" not in (await asyncio.to_thread(comeback, "doctor")).stdout
