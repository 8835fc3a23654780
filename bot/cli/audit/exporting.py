"""`comeback audit export`: the trail handed out."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, TypedDict

import typer

from bot.cli.database import opened
from bot.cli.dates import DATES, as_utc
from bot.cli.exits import Exit, counted, explained, say

if TYPE_CHECKING:
    from bot.cli.names import Named, Names
    from bot.figures.listing import Cell
    from storage.db import Database, UnitOfWork
    from storage.records import AuditEntry

COLUMNS = ("seq", "at", "kind", "actor_type", "actor", "request", "body", "previous", "hash")
NAMED = ("who", "person", "owner", "requester", "product", "approvers", "decision")
"""What --names can add, by entry."""


class Format(StrEnum):
    """How entries are written."""

    JSONL = "jsonl"
    CSV = "csv"


class Filters(TypedDict):
    """Which entries are wanted; None is all, and so is nobody."""

    since: datetime | None
    until: datetime | None
    kind: str | None
    request_id: str | None
    actors: tuple[str, ...]
    through: int | None


def export(
    *,
    since: Annotated[datetime | None, typer.Option(formats=DATES, help="From this moment on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DATES, help="Before this moment (UTC).")] = None,
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind, such as access.granted.")] = None,
    request: Annotated[str | None, typer.Option(help="Only entries of the request with this id.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this person (Slack id), login, or comeback itself did.")] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Add who acted, the requester, the product, the decision and whose it was, as known today.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="One JSON object a line, or a table for a spreadsheet.")] = Format.JSONL,
    output: Annotated[Path | None, typer.Option(dir_okay=False, help="A file instead of standard output.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Export no further than the newest checkpoint, and write it to this file.")
    ] = None,
) -> None:
    """Print the entries; "body" is the text that the hash covers, and has no names; see --names."""
    with explained(), opened() as database, ExitStack() as stack:
        wanted: Filters = {
            "since": as_utc(since),
            "until": as_utc(until),
            "kind": kind,
            "request_id": request,
            "actors": database.read_now(lambda uow: _ids_of(uow, actor)) if actor else (),
            "through": _vouched(database, checkpoint) if checkpoint else None,
        }
        out = stack.enter_context(output.open("w", encoding="utf-8")) if output else sys.stdout
        # Inside the unit of work: the entries are read page by page, however many there are.
        count = database.read_now(lambda uow: _export(uow, wanted, out=out, names=names, form=form))
        for sentence in _left_out(database, wanted, actor=actor, count=count):
            say(sentence)
    if output:
        typer.echo(f"{counted(count, 'entry', 'entries')} in {output}.")


def _ids_of(uow: "UnitOfWork", actor: str) -> tuple[str, ...]:
    """The ids by which the trail knows whom the admin means."""
    from storage import people

    return (actor, *(person.id for person in people.with_slack_id(uow, actor)))


def _vouched(database: "Database", file: Path) -> int:
    """How far the newest checkpoint goes, after it was written to *file*."""
    from bot.settings import TrailSettings, load
    from bot.usecases.trail import keyring
    from storage import checkpoints

    keys = keyring(load(TrailSettings).audit)
    newest = database.read_now(lambda uow: checkpoints.newest(uow, keys))
    if newest is None:
        say("There is no checkpoint yet: a running bot makes one every 15 minutes.")
        raise typer.Exit(Exit.NO)
    file.write_text(newest.checkpoint.text, encoding="utf-8")
    return newest.checkpoint.size


def _export(uow: "UnitOfWork", wanted: Filters, *, out: TextIO, names: bool, form: Format) -> int:
    from bot.cli.names import Names
    from storage import audit as trail

    known = Names(uow=uow) if names else None
    entries = trail.entries(uow, **wanted)
    return _write_csv(entries, out=out, known=known) if form is Format.CSV else _write_lines(entries, out=out, known=known)


def _write_lines(entries: Iterator["AuditEntry"], *, out: TextIO, known: "Names | None") -> int:
    written = 0
    for entry in entries:
        fields = _fields(entry) | (known.of(entry) if known else {})
        out.write(f"{json.dumps(fields, ensure_ascii=False)}\n")
        written += 1
    return written


def _fields(entry: "AuditEntry") -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "body": entry.body,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _write_csv(entries: Iterator["AuditEntry"], *, out: TextIO, known: "Names | None") -> int:
    from bot.figures.listing import write_csv

    written = 0

    def rows() -> "Iterator[list[Cell]]":
        nonlocal written
        for entry in entries:
            yield _row(entry, known)
            written += 1

    write_csv(out, header=(*COLUMNS, *(NAMED if known else ())), rows=rows())
    return written


def _row(entry: "AuditEntry", known: "Names | None") -> "list[Cell]":
    body = json.loads(entry.body)
    about = (body["actor"]["type"], body["actor"]["id"], body["request"])
    names = known.of(entry) if known else None
    named = [_cell(names.get(name)) for name in NAMED] if names is not None else []
    return [entry.seq, entry.at.isoformat(), entry.kind, *about, entry.body, entry.previous, entry.hash, *named]


def _cell(named: "Named") -> str | None:
    return ", ".join(named) if isinstance(named, list) else named


def _left_out(database: "Database", wanted: Filters, *, actor: str | None, count: int) -> Iterator[str]:
    """What a reader of the file would not see: that the newest entries are not in it, and why there may be none."""
    from storage import audit as trail

    newer = database.read_now(trail.head).seq - (wanted["through"] or 0)
    if wanted["through"] is not None and newer > 0:
        yield f"The file ends with entry {wanted['through']}, where the checkpoint is: {newer} newer than that are left out."
    if not count:
        yield _nothing(database.read_now(_kinds) if wanted["kind"] else frozenset())
    if not count and actor and not database.read_now(lambda uow: _is_known(uow, wanted["actors"])):
        yield f"nobody is known as {actor}: give a Slack id, a login, or comeback"


def _is_known(uow: "UnitOfWork", actors: tuple[str, ...]) -> bool:
    """Whether it is anybody of ours, or ever did something."""
    from storage import audit as trail

    return len(actors) > 1 or next(trail.entries(uow, actors=actors), None) is not None


def _kinds(uow: "UnitOfWork") -> frozenset[str]:
    from storage import audit as trail

    return frozenset(entry.kind for entry in trail.entries(uow))


def _nothing(kinds: frozenset[str]) -> str:
    there_are = f"; the kinds that there are: {', '.join(sorted(kinds))}" if kinds else ""
    return f"no entries{there_are}"
