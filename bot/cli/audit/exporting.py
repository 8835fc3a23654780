"""`comeback audit verify` and `comeback audit export`: the trail, checked and handed out."""

import json
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, TypedDict

import typer

from bot.cli.database import opened
from bot.cli.exits import Exit, explained, say

if TYPE_CHECKING:
    from storage.db import UnitOfWork
    from storage.records import AuditEntry

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

_WHY = {
    "missing": "the entry is gone",
    "previous": "it does not follow the entry before it",
    "body": "its text was changed",
    "columns": "what it is found by does not agree with its text",
}


class Filters(TypedDict):
    """Which entries are wanted; None is all."""

    since: datetime | None
    until: datetime | None
    kind: str | None
    request_id: str | None


audit = typer.Typer(help="Check and export the audit trail.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the two commands."""
    app.add_typer(audit, name="audit")


@audit.command()
def verify() -> None:
    """Check every entry against the one before; exit code 1 names the first bad one."""
    with explained():
        from rich.console import Console

        from storage import audit as trail

        with opened() as database, Console(stderr=True).status("Checking the audit trail") as status:
            result = database.read_now(lambda uow: trail.verify(uow, lambda seen: status.update(f"{seen} entries are good so far")))
    if isinstance(result, trail.Broken):
        say(f"The audit trail is broken at entry {result.seq}: {_WHY.get(result.why, result.why)}.")
        raise typer.Exit(Exit.NO)
    typer.echo(f"The audit trail is whole: {result.count} entries, the last one {result.head}.")


@audit.command()
def export(
    *,
    since: Annotated[datetime | None, typer.Option(formats=DATES, help="From this moment on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DATES, help="Before this moment (UTC).")] = None,
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind, such as access.granted.")] = None,
    request: Annotated[str | None, typer.Option(help="Only entries of the request with this id.")] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Add who acted, the requester, the product and the decision, as known today.")
    ] = False,
    output: Annotated[Path | None, typer.Option(dir_okay=False, help="A file instead of standard output.")] = None,
) -> None:
    """Print the entries, one JSON object a line; "body" is the text that the hash covers, and has no names; see --names."""
    wanted: Filters = {"since": _utc(since), "until": _utc(until), "kind": kind, "request_id": request}
    with explained(), opened() as database, ExitStack() as stack:
        out = stack.enter_context(output.open("w", encoding="utf-8")) if output else sys.stdout
        # Inside the unit of work: the entries are read page by page, however many there are.
        count = database.read_now(lambda uow: _export(uow, wanted, out=out, names=names))
        if not count:
            say(_nothing(database.read_now(_kinds) if kind else frozenset()))
    if output:
        typer.echo(f"{count} entries in {output}.")


def _export(uow: "UnitOfWork", wanted: Filters, *, out: TextIO, names: bool) -> int:
    from bot.cli.names import Names
    from storage import audit as trail

    known = Names(uow=uow) if names else None
    count = 0
    for entry in trail.entries(uow, **wanted):
        fields = _fields(entry) | (known.of(entry) if known else {})
        out.write(f"{json.dumps(fields, ensure_ascii=False)}\n")
        count += 1
    return count


def _fields(entry: "AuditEntry") -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "body": entry.body,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _kinds(uow: "UnitOfWork") -> frozenset[str]:
    from storage import audit as trail

    return frozenset(entry.kind for entry in trail.entries(uow))


def _nothing(kinds: frozenset[str]) -> str:
    there_are = f"; the kinds that there are: {', '.join(sorted(kinds))}" if kinds else ""
    return f"no entries{there_are}"


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
