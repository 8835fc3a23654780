"""Lists for spreadsheets: nothing in them is computed, and nothing is garbled."""

import csv
import io
from decimal import Decimal

import pytest

from bot.figures.listing import csv_bytes


def read(content: bytes) -> list[list[str]]:
    """The cells as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_text_is_never_a_formula(start: str) -> None:
    """A person's name or reason could otherwise run a command on the admin's machine."""
    text = f"{start}HYPERLINK(1)"
    assert read(csv_bytes(("reason",), [(text,)])) == [["reason"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["\r=1+1", "fine\r=1+1", "fine\r\n=1+1", "fine\n=1+1"])
def test_no_cell_breaks_out_of_its_row(text: str) -> None:
    """A return inside a reason would begin a row of its own, and that row with a formula."""
    rows = read(csv_bytes(("reason", "id"), [(text, "r-1")]))
    assert len(rows) == 2
    assert rows[1][0].lstrip("'").split("\n")[-1] == "=1+1"
    assert not rows[1][0].startswith("=")
    assert rows[1][1] == "r-1"


def test_numbers_stay_numbers() -> None:
    """A negative amount is a figure to add up, not a text with a quote before it."""
    assert read(csv_bytes(("n", "price", "none"), [(-3, Decimal("-8.15"), None)]))[1] == ["-3", "-8.15", ""]


def test_commas_quotes_lines_and_accents_survive() -> None:
    """Excel reads a file without the mark as its local code page, and José becomes two letters."""
    row = ["José", 'a "b", c', "two\nlines"]
    content = csv_bytes(("name", "reason", "note"), [row])
    assert content.startswith(b"\xef\xbb\xbf")
    assert read(content)[1] == row


def test_empty_list_has_its_header() -> None:
    """Slack refuses an empty file."""
    assert read(csv_bytes(("name",), [])) == [["name"]]
