"""Tables for a terminal of any width: one that does not fit is turned round, and no figure is ever cut."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from bot.cli.exits import printable

_ANY_WIDTH = 100_000


def show_table(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str) -> None:
    """
    Print the *rows*, whose first cell names them, below their *columns*.

    Where they don't fit, the columns go down and the rows across, as many beside each other as fit.
    """
    straight = _table(columns, rows)
    if _width(straight, console) <= console.width:
        console.print(straight)
    else:
        for table in _turned(console, columns, rows):
            console.print(table)
    console.print(Text(caption, style="table.caption"))


def _turned(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Table]:
    """At least one row in each table, however narrow the terminal."""
    left = list(rows)
    while left:
        fit = next((count for count in range(len(left), 1, -1) if _width(_across(columns, left[:count]), console) <= console.width), 1)
        yield _across(columns, left[:fit])
        left = left[fit:]


def _across(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    first, *figures = zip_longest(columns, *rows, fillvalue="")
    return _table(first, figures)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for place, column in enumerate(columns):
        # A figure may be folded at worst: one that ends in dots is a smaller figure.
        table.add_column(Text(printable(column)), justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=_ANY_WIDTH), table).maximum
