"""`comeback doctor`: what is wrong now, one line each."""

import asyncio
from typing import TYPE_CHECKING

import typer

from bot.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

    from bot.doctor import Chapter, Line

_MARKS = {"green": "✓", "note": "·", "yellow": "!", "red": "✗"}
_PLAIN_MARKS = {"green": "ok  ", "note": "note", "yellow": "warn", "red": "FAIL"}
_STYLES = {"green": "green", "note": "dim", "yellow": "yellow", "red": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor() -> None:
    """Check settings, Slack, Atlassian and the database; red lines say what mends them. Exit code 1 when anything is red."""
    from rich.console import Console

    from bot import clock
    from bot.doctor import Light, examine

    chapters = asyncio.run(examine(now=clock.system_now))
    console = Console(highlight=False, soft_wrap=True)
    for chapter in chapters:
        _show(chapter, console)
    _show_paste(chapters, console)
    reds, yellows = (sum(line.light is light for chapter in chapters for line in chapter.lines) for light in (Light.RED, Light.YELLOW))
    console.print(f"\n{_sum(reds, yellows)}")
    raise typer.Exit(Exit.NO if reds else Exit.DONE)


def _sum(reds: int, yellows: int) -> str:
    look = f"[bold yellow]{yellows} to look at.[/]" if yellows else ""
    if reds:
        return f"[bold red]{reds} to mend.[/] {look}".rstrip()
    return look or "[bold green]All is well.[/]"


def _show(chapter: "Chapter", console: "Console") -> None:
    console.print(f"[bold]{chapter.title}[/]")
    marks = _MARKS if console.encoding.lower().startswith("utf") else _PLAIN_MARKS
    for line in chapter.lines:
        console.print(_text(line, mark=marks[line.light]))


def _show_paste(chapters: "Iterable[Chapter]", console: "Console") -> None:
    # The heading is a comment, so that whoever copies it too has a file that loads. `out`, as `print` makes an emoji of `ari:cloud:`.
    blocks = [line.paste for chapter in chapters for line in chapter.lines if line.paste]
    if blocks:
        console.out("\n# For comeback.toml, as far as people may ask for it; then `comeback manifest` has the commands for Slack.")
        console.out("\n\n".join(blocks))


def _text(line: "Line", *, mark: str) -> "Text":
    # Names of people and channels stand in here: as Text they are never read as markup.
    from rich.text import Text

    remedy = (f" -> {line.remedy}", "bold") if line.remedy else ("", "")
    return Text.assemble("  ", (mark, _STYLES[line.light]), " ", (line.subject, "bold"), f": {line.text}", remedy)
