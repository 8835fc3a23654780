"""How a command ends when it can't do its work: a sentence on standard error and an exit code, never a stack trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer


class Exit(IntEnum):
    """What the exit code tells a script."""

    DONE = 0
    NO = 1
    USAGE = 2


@contextmanager
def explained() -> Iterator[None]:
    """Turn what is wrong with the settings, or with the database, into sentences and the right exit code."""
    from bot.settings import SettingsError
    from storage.errors import AlreadyRunning, NetworkFileSystem, PostgresDriverMissing, StorageError, UnsupportedDatabase

    try:
        yield
    except SettingsError as error:
        for problem in error.problems:
            say(problem.sentence)
        raise typer.Exit(Exit.USAGE) from None
    except StorageError as error:
        say(f"{error}.")
        settings_at_fault = isinstance(error, AlreadyRunning | NetworkFileSystem | PostgresDriverMissing | UnsupportedDatabase)
        raise typer.Exit(Exit.USAGE if settings_at_fault else Exit.NO) from None


def printable(text: str) -> str:
    """*text* that people wrote, without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


def say(sentence: str) -> None:
    """Print *sentence* on standard error."""
    typer.echo(sentence, err=True)


def counted(number: int, one: str, several: str) -> str:
    """The number and its noun: 1 entry, 2 entries."""
    return f"{number} {one if number == 1 else several}"
