"""`comeback report`: what came of the idle seats, as a table, as CSV, as JSON, and as a picture of the savings."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.database import opened
from bot.cli.exits import Exit, explained, say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from bot.figures.listing import Cell
    from bot.figures.report import Report
    from bot.usecases.figures import Period
    from storage.db import UnitOfWork

_DAY = timedelta(days=1)
_FORMATS = ["%Y-%m-%d"]
WIDTH_IN_A_FILE = 240
UNKNOWN = "-"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    since: Annotated[datetime | None, typer.Option(formats=_FORMATS, help="The first day; the very first by default.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=_FORMATS, help="The last day; today by default.")] = None,
    csv: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the tables there, for a spreadsheet.")] = None,
    chart: Annotated[Path | None, typer.Option(dir_okay=False, help="Write a picture (PNG) of what each month saved there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
) -> None:
    """Tell what came of the idle seats: warned, kept, taken, returned, saved. Seats are those of today; savings are estimates."""
    if since and until and since > until:
        raise typer.BadParameter("--since is after --until")
    found = _read(since=since, until=until)
    if as_json:
        from bot.figures.rows import as_document

        typer.echo(json.dumps(as_document(found), indent=2, ensure_ascii=False))
    else:
        _show(found)
    if csv is not None:
        _write_csv(csv, found)
    if chart is not None:
        _write_chart(chart, found)


def _read(*, since: datetime | None, until: datetime | None) -> "Report":
    with explained(), opened() as database:
        from zoneinfo import ZoneInfo

        from bot.settings import ProcessSettings, ProductSettings, load
        from bot.usecases.figures import report_of

        products, zone = load(ProductSettings).products, ZoneInfo(load(ProcessSettings).timezone)
        return database.read_now(lambda uow: report_of(uow, products, period=_period(uow, since=since, until=until, zone=zone)))


def _period(uow: "UnitOfWork", *, since: datetime | None, until: datetime | None, zone: "ZoneInfo") -> "Period":
    """Whole days of *zone*, the last one included."""
    from bot.usecases.figures import Period, since_ever

    ever = since_ever(uow, zone=zone)
    return Period(
        since=since.replace(tzinfo=zone) if since else ever.since,
        until=(until + _DAY).replace(tzinfo=zone) if until else ever.until,
        zone=zone,
    )


def _show(found: "Report") -> None:
    from rich.console import Console

    from bot.cli.tables import show_table
    from bot.figures.month_rows import MONTH_COLUMNS, about_months, month_rows
    from bot.figures.rows import COLUMNS, ESTIMATE, rows, summary

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_IN_A_FILE
    columns = [column.removesuffix(ESTIMATE).capitalize() for column in COLUMNS]
    show_table(console, columns, _texts(rows(found)), caption=summary(found))
    if months := month_rows(found):
        show_table(console, [column.capitalize() for column in MONTH_COLUMNS], _texts(months), caption=about_months(found))


def _texts(rows: "Iterable[Iterable[Cell]]") -> list[list[str]]:
    return [[UNKNOWN if cell is None else str(cell) for cell in row] for row in rows]


def _write_csv(path: Path, found: "Report") -> None:
    from bot.figures.listing import csv_bytes
    from bot.figures.month_rows import SHEET_COLUMNS, sheet_rows

    _write(path, csv_bytes(SHEET_COLUMNS, sheet_rows(found)))


def _write_chart(path: Path, found: "Report") -> None:
    from bot.figures.chart import ChartsMissing, bars
    from bot.figures.rows import month_savings

    savings = month_savings(found)
    if not savings:
        say("There is no saving to draw: no seat was taken, or no price is set.")
        raise typer.Exit(Exit.NO)
    currency, *others = savings
    try:
        picture = bars(savings[currency], title="Saved by taking idle seats back")
    except ChartsMissing:
        say("Pictures need matplotlib: install Comeback with its extra `charts`.")
        raise typer.Exit(Exit.NO) from None
    _write(path, picture)
    if others:
        say(f"The picture is of {currency}; {', '.join(others)} have no place in it.")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        say(f"{path} can't be written: {error.strerror}.")
        raise typer.Exit(Exit.USAGE) from None
