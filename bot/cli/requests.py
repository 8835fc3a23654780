"""`comeback requests`: the latest access requests, and who decided each."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer

from bot.cli.database import opened
from bot.cli.dates import DATES, as_utc
from bot.cli.exits import explained, printable, say
from bot.figures.listing import write_csv
from storage.lifecycle import RequestStatus

if TYPE_CHECKING:
    from rich.table import Table

    from storage.db import UnitOfWork
    from storage.records import AccessRequest, Decision, PolicyApproval

WIDTH_IN_A_FILE = 240
"""Columns when nobody watches: a table must not be squeezed into 80."""

SHOWN = 50
"""As many as a terminal is given unasked; a file is given all."""

CLOSED_BY = "closed_by"
"""The detail of a request that names the approver who closed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A request with all that was decided on it, oldest first, and what a policy approved of it."""

    request: "AccessRequest"
    decisions: "tuple[Decision, ...]"
    policy: "PolicyApproval | None" = None


class Filters(TypedDict):
    """Which requests are wanted; None is all."""

    status: RequestStatus | None
    since: datetime | None
    until: datetime | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(requests)


def requests(
    status: Annotated[RequestStatus | None, typer.Option(help="Only those with this status.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=DATES, help="Filed from this moment on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DATES, help="Filed before this moment (UTC).")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many, the latest first.", show_default="50; with --json and --csv all")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with each decision.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
) -> None:
    """List the latest access requests: who asked for what and why, who approved or denied it, and what became of it."""
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv")
    with explained(), opened() as database:
        most = limit or (None if as_json or as_csv else SHOWN)
        filters: Filters = {"status": status, "since": as_utc(since), "until": as_utc(until)}
        rows, more = database.read_now(lambda uow: _rows(uow, filters, most=most))
    if more:
        say(f"Only the latest {most} are listed: there are more; --limit, --since and --until choose.")
    if as_json:
        for row in rows:
            typer.echo(json.dumps(_facts(row)))
    elif as_csv:
        write_csv(sys.stdout, header=_COLUMNS, rows=map(_cells, rows))
    else:
        _show(rows)


def _rows(uow: "UnitOfWork", filters: Filters, *, most: int | None) -> tuple[tuple[Row, ...], bool]:
    """The newest *most* of them, and whether there are more."""
    from storage import access_requests, decisions

    found = access_requests.list_recent(uow, **filters, limit=most + 1 if most else None)
    rows = tuple(
        Row(request=request, decisions=decisions.of(uow, request.id), policy=decisions.policy_of(uow, request.id))
        for request in found[:most]
    )
    return rows, len(found) > len(rows)


def _facts(row: Row) -> dict[str, Any]:
    request = row.request
    return {
        "id": request.id,
        "filed_at": request.filed_at.isoformat(),
        "product": request.product,
        "requester": request.requester_slack_id,
        "reason": request.reason,
        "status": request.status.value,
        "code": request.reason_code,
        "decisions": [
            {
                "approver": decision.approver_slack_id,
                "decision": decision.verdict.value,
                "reason": decision.reason,
                "decided_at": decision.decided_at.isoformat(),
            }
            for decision in row.decisions
        ],
        "policy": _policy_facts(row.policy) if row.policy else None,
        "closed_by": request.details.get(CLOSED_BY),
    }


def _policy_facts(approval: "PolicyApproval") -> dict[str, Any]:
    return {"policy": approval.policy.value, "facts": dict(approval.facts), "decided_at": approval.decided_at.isoformat()}


_COLUMNS = ("filed", "product", "requester", "reason", "status", "code", "decision", "decided by", "decided", "why", "closed by", "id")


def _cells(row: Row) -> tuple[str, ...]:
    """The cells below `_COLUMNS`; times are UTC, and each decision has a line of its own."""
    request = row.request
    said = [
        (decision.verdict.value, decision.approver_slack_id, f"{decision.decided_at:%Y-%m-%d %H:%M}", printable(decision.reason or ""))
        for decision in row.decisions
    ]
    if row.policy is not None:
        said.append(("approve", f"policy {row.policy.policy.value}", f"{row.policy.decided_at:%Y-%m-%d %H:%M}", ""))
    decided = ["\n".join(lines) for lines in zip(*said, strict=True)] or [""] * 4
    filed = f"{request.filed_at:%Y-%m-%d %H:%M}"
    asked = (filed, request.product, request.requester_slack_id, printable(request.reason), request.status.value, request.reason_code or "")
    return (*asked, *decided, str(request.details.get(CLOSED_BY) or ""), request.id)


def _show(rows: tuple[Row, ...]) -> None:
    from rich.console import Console

    if not rows:
        typer.echo("No requests.")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_IN_A_FILE
    console.print(_table(rows))


def _table(rows: Iterable[Row]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(*(column.capitalize() for column in _COLUMNS), box=box.SIMPLE_HEAD, caption="Times are UTC.")
    for row in rows:
        table.add_row(*map(Text, _cells(row)))
    return table
