"""What holds for every command: help, usage errors, settings errors, and exit codes that a script can rely on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import _show_uncaught
from bot.cli import app
from bot.settings import SettingsError
from tests.bot.cli.conftest import Command
from tests.bot.outside import COMPLETE, Outside

ROOT = Path(__file__).parents[3]

COMMANDS = [
    ("run",),
    ("web",),
    ("worker",),
    ("migrate",),
    ("doctor",),
    ("requests",),
    ("manifest",),
    ("people", "link"),
    ("people", "unlink"),
    ("audit", "verify"),
    ("audit", "export"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(comeback: Command, outside: Outside, command: tuple[str, ...]) -> None:
    """--help works on each, without settings."""
    result = comeback(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_wrong_usage_is_two(comeback: Command, outside: Outside) -> None:
    """A mistyped command or option is not a "no"."""
    assert comeback("frobnicate").exit_code == 2
    assert comeback("requests", "--status", "unheard-of").exit_code == 2


@pytest.mark.parametrize("command", ["run", "web", "worker", "manifest"])
def test_wrong_settings_are_two_and_sentences(comeback: Command, outside: Outside, command: str) -> None:
    """Each sentence on its own line of standard error, no stack trace, and nothing on standard output."""
    result = comeback(command)
    assert result.exit_code == 2
    assert "COMEBACK_PRODUCTS is missing" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["run", "web"])
def test_front_door_needs_a_port(comeback: Command, outside: Outside, command: str) -> None:
    """In HTTP mode a process that nobody can reach does not start."""
    outside.set({**COMPLETE, "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5"})
    outside.unset("SLACK_APP_TOKEN")
    result = comeback(command)
    assert (result.exit_code, "PORT is missing" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", [("requests",), ("audit", "verify"), ("audit", "export")])
def test_database_that_is_not_migrated_is_one(comeback: Command, outside: Outside, command: tuple[str, ...]) -> None:
    """The command says what to run, and makes no tables by itself."""
    result = comeback(*command)
    assert result.exit_code == 1
    assert "run `comeback migrate`" in result.stderr


def test_database_that_is_away_is_one(comeback: Command, outside: Outside) -> None:
    """An unreachable host is a "no", and the password is not part of the answer."""
    outside.set({"DATABASE_URL": "postgresql://comeback:canary@127.0.0.1:9/comeback"})
    result = comeback("requests")
    assert result.exit_code == 1
    assert "the database is away" in result.stderr
    assert "canary" not in result.stderr


def test_migrate_needs_only_the_database(comeback: Command, outside: Outside) -> None:
    """It makes the tables once and says so; a second time there is nothing to do."""
    outside.set({"DATABASE_URL": f"sqlite:///{outside.directory}/comeback.db"})
    first, second = comeback("migrate"), comeback("migrate")
    assert (first.exit_code, first.stdout) == (0, "The database is up to date now.\n")
    assert (second.exit_code, second.stdout) == (0, "The database was up to date already.\n")


def test_version(comeback: Command) -> None:
    """Support asks for it first."""
    assert comeback("--version").stdout.startswith("comeback ")


def test_module_is_the_command(outside: Outside) -> None:
    """`python -m bot` and the installed `comeback` are one: exit code and sentences come through."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "manifest"],
        capture_output=True,
        text=True,
        check=False,
        cwd=outside.directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("COMEBACK_PRODUCTS is missing")


def test_help_is_quick_as_it_loads_nothing() -> None:
    """Shell completion and --help must not wait for Slack's library, the database or the settings."""
    code = "import sys, bot.cli; print(sorted({'slack_bolt', 'slack_sdk', 'sqlalchemy', 'pydantic', 'httpx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_uncaught_error_is_printed_clean(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake of ours shows its traceback, and no secret that got into its message."""
    outside.set({**COMPLETE, "ATLASSIAN_API_KEY": "canary-of-no-shape"})
    error = RuntimeError("canary-of-no-shape xoxb-1-2-canary")
    _show_uncaught(RuntimeError, error, None)
    printed = capsys.readouterr().err
    assert "RuntimeError" in printed
    assert "canary" not in printed


def test_uncaught_error_without_settings_is_printed_too(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the settings are what is wrong, shapes are still hidden."""
    _show_uncaught(SettingsError, RuntimeError("xoxb-1-2-canary"), None)
    printed = capsys.readouterr().err
    assert "RuntimeError" in printed
    assert "canary" not in printed


def test_no_command_shows_local_variables() -> None:
    """Typer can print the locals of every frame, with the secrets in them: switched off."""
    assert app.pretty_exceptions_show_locals is False
    assert app.pretty_exceptions_enable is False
