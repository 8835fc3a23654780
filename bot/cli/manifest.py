"""`comeback manifest`: from which Slack creates the app."""

import json
from typing import Annotated

import typer

from bot.cli.exits import explained


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(manifest)


def manifest(
    http: Annotated[
        bool | None,
        typer.Option("--http/--socket", help="How Slack reaches the bot; HTTP by itself when COMEBACK_PUBLIC_URL is set."),
    ] = None,
) -> None:
    """Print the Slack app's manifest for the products in the settings; paste it under "Create New App", "From a manifest"."""
    with explained():
        from bot.settings import ProductSettings, load, require_public_url
        from bot.slack.manifest import build

        settings = load(ProductSettings)
        by_http = settings.public_url is not None if http is None else http
        address = require_public_url(settings) if by_http else None
    typer.echo(json.dumps(build(settings.products, public_url=address), indent=2, ensure_ascii=False))
