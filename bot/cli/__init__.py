"""
The commands: a module for each, which imports what it needs only when it runs, so that `--help` is quick.

Exit codes: 0 done, 1 the answer is no, 2 bad usage or settings.
"""

from typing import Annotated

import typer

from bot.cli import audit, doctor, manifest, migrate, people, report, requests, run, scan

app = typer.Typer(
    name="comeback",
    help="Gives people their Atlassian access back from Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"comeback {version('comeback')}")
        raise typer.Exit


@app.callback()
def comeback(
    show_version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)] = False,
) -> None:
    """Gives people their Atlassian access back from Slack. Settings come from the environment, .env and comeback.toml."""


for module in (run, migrate, doctor, scan, requests, report, manifest, people, audit):
    module.register(app)
