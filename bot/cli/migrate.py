"""`comeback migrate`: the tables of this release."""

import typer

from bot.cli.exits import explained


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate() -> None:
    """Bring the database's tables up to date; safe to run twice, or from several machines at once."""
    with explained():
        from bot.settings import DatabaseSettings, load
        from storage import migrate as schema

        changed = schema.upgrade(load(DatabaseSettings).database_url)
    typer.echo("The database is up to date now." if changed else "The database was up to date already.")
