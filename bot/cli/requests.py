"""`comeback requests`: the latest access requests."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.database import opened
from bot.cli.exits import explained
from storage.lifecycle import RequestStatus

if TYPE_CHECKING:
    from rich.table import Table

    from storage.records import AccessRequest

WIDTH_IN_A_FILE = 160
"""Columns when nobody watches: a table must not be squeezed into 80."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(requests)


def requests(
    status: Annotated[RequestStatus | None, typer.Option(help="Only those with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the latest first.")] = 50,
) -> None:
    """List the latest access requests."""
    with explained():
        from rich.console import Console

        from storage import access_requests

        with opened() as database:
            found = database.read_now(lambda uow: access_requests.list_recent(uow, status=status, limit=limit))
    if not found:
        typer.echo("No requests.")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_IN_A_FILE
    console.print(_table(found))


def _table(found: "tuple[AccessRequest, ...]") -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table("Filed (UTC)", "Product", "Requester", "Status", "Why", "Id", box=box.SIMPLE_HEAD)
    for request in found:
        filed = f"{request.filed_at:%Y-%m-%d %H:%M}"
        cells = (filed, request.product, request.requester_slack_id, request.status.value, request.reason_code or "", request.id)
        table.add_row(*map(Text, cells))
    return table
