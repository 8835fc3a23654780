"""`comeback audit ...`: the trail checked, handed out, cut, and the keys that vouch for it."""

import typer

from bot.cli.audit.exporting import export
from bot.cli.audit.keys import keygen
from bot.cli.audit.pruning import prune
from bot.cli.audit.verifying import verify

audit = typer.Typer(help="Check and export the audit trail.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (verify, export, keygen, prune):
        audit.command()(command)
    app.add_typer(audit, name="audit")
