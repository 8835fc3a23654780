"""A table on a terminal is whole at any width: a figure that is cut off is another figure."""

import io

import pytest
from rich.console import Console

from bot.cli.tables import show_table
from bot.figures.rows import COLUMNS

ROWS = [
    ["Jira", "1240", "236", "71", "412", "180", "31", "164", "22", "3", "85 %", "13 %", "USD", "15379.00", "3912.20", "1142.25"],
    ["Confluence", "980", "87", "12", "95", "40", "9", "61", "8", "0", "82 %", "13 %", "EUR", "4520.10", "610.00", "87.40"],
    ["Jira Service Management", "64", "5", "0", "0", "0", "0", "0", "0", "0", "-", "-", "-", "-", "-", "-"],
]


def shown(width: int) -> list[str]:
    """The lines of a terminal that is so wide."""
    out = io.StringIO()
    show_table(Console(file=out, width=width, highlight=False), COLUMNS, ROWS, caption="Savings are estimates.")
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 120, 240])
def test_every_figure_is_whole(width: int) -> None:
    """Nothing is cut and nothing runs over the edge, down to a narrow window."""
    lines = shown(width)
    assert not any("…" in line or len(line) > width for line in lines)
    words = " ".join(lines).split()
    assert all(figure in words for row in ROWS for cell in row[1:] for figure in cell.split())


def test_wide_terminal_has_a_line_for_each_product() -> None:
    """As a spreadsheet has it."""
    assert [line.split()[0] for line in shown(240) if line.strip().startswith(("Jira", "Confluence"))] == ["Jira", "Confluence", "Jira"]


def test_narrow_terminal_has_a_line_for_each_figure() -> None:
    """Turned round, the products stand beside each other."""
    lines = shown(100)
    (seats,) = [line.split() for line in lines if line.strip().startswith("seats")]
    assert seats == ["seats", "1240", "980", "64"]
    assert lines[-1] == "Savings are estimates."
