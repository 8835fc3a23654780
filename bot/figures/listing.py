"""PURE: lists as CSV, for people who open them in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TextIO, TypeAlias

Cell: TypeAlias = str | int | Decimal | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a cell: https://owasp.org/www-community/attacks/CSV_Injection (seen November 2026)."""


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The list as a file: UTF-8 with the mark at its start by which Excel knows it, else names with accents are garbled."""
    target = io.StringIO()
    write_csv(target, header=header, rows=rows)
    return target.getvalue().encode("utf-8-sig")


def write_csv(target: TextIO, *, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write the list to *target*, texts so that a spreadsheet shows and never computes them; None is an empty cell."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_inert(cell) for cell in row] for row in rows)


def _inert(cell: Cell) -> Cell:
    """*cell* as a spreadsheet shows it instead of computing it: people choose what stands in a reason. Numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    # `csv` quotes a cell for the line ending that it writes itself: a bare \r would begin a new row, with a formula perhaps.
    text = f"'{cell}" if cell.startswith(_FORMULA) else cell
    return text.replace("\r\n", "\n").replace("\r", "\n")
