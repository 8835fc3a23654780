"""The pictures: what they show, that they are the same each time, and what happens without matplotlib."""

import io
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.billing import Money
from bot.figures import canvas
from bot.figures.chart import ChartsMissing, MonthSaving, TrendPoint, bars, draw_bars, draw_trend, trend

MONDAY = date(2026, 8, 3)
LARGE_LETTER = 15
"""Pixels: Slack shows the picture at a third of its width."""


def points(weeks: int = 9, *, times: int = 1) -> list[TrendPoint]:
    """An organization that takes seats back for some weeks."""
    return [
        TrendPoint(
            day=MONDAY + timedelta(weeks=week),
            in_use=(361 - 4 * week) * times,
            idle=(92 - 5 * week) * times,
            warned=(22 - week) * times,
            reclaimed=6 * week * times,
            returned=week * times,
        )
        for week in range(weeks)
    ]


def month(number: int, *, realised: int = 0, estimated: int = 0, currency: str = "USD") -> MonthSaving:
    """The savings of the month with this number, counted from January 2026."""
    year, index = divmod(number, 12)
    day = date(2026 + year, index + 1, 1)
    return MonthSaving(
        month=day,
        realised=Money(amount=Decimal(realised), currency=currency),
        estimated=Money(amount=Decimal(estimated), currency=currency),
    )


def opened(png: bytes) -> Image.Image:
    """The picture as Slack decodes it."""
    return Image.open(io.BytesIO(png)).convert("RGBA")


def count(image: Image.Image, color: str) -> int:
    """How many pixels have exactly this colour."""
    wanted = (*bytes.fromhex(color[1:]), 255)
    return sum(number for number, pixel in image.getcolors(image.width * image.height) or () if pixel == wanted)


def texts(figure: Any) -> list[Any]:
    """All visible texts of a drawn figure that say something."""
    import matplotlib.text

    return [text for text in figure.findobj(matplotlib.text.Text) if text.get_text() and text.get_visible()]


def words(figure: Any) -> set[str]:
    """What a person can read on it."""
    return {text.get_text() for text in texts(figure)}


def test_trend_is_a_card_that_reads_on_light_and_dark() -> None:
    """The paper is opaque, so that no text stands on Slack's own colours; only the corners outside of it let them through."""
    image = opened(trend(points(), title="Jira seats"))
    assert image.size == (1200, 600)
    alpha = image.getchannel("A")
    assert [alpha.getpixel(corner) for corner in ((0, 0), (1199, 0), (0, 599), (1199, 599))] == [0] * 4
    assert sum(alpha.histogram()[:255]) < 0.02 * 1200 * 600


def test_trend_shows_every_figure_in_its_colour() -> None:
    """Each line carries its name and its last value in its own colour: there is no legend to look up."""
    figure = draw_trend(points(), title="Jira seats")
    image = opened(canvas.to_png(figure))
    colors = {text.get_text(): text.get_color() for text in texts(figure)}
    named = {"329 in use": canvas.GREEN, "52 idle": canvas.PURPLE, "14 warned": canvas.AMBER, "48 reclaimed": canvas.BLUE}
    assert named.items() <= colors.items()
    assert colors["8 returned"] == canvas.RED
    assert all(count(image, color) > 500 for color in (*named.values(), canvas.RED))
    assert {"Jira seats", "Seats, 3 Aug to 28 Sep 2026", "3 Aug", "28 Sep"} <= words(figure)


@pytest.mark.parametrize("times", [1, 271, 30_000])
@pytest.mark.parametrize("weeks", [1, 2, 9, 60])
def test_nothing_overlaps_or_leaves_the_card(weeks: int, times: int) -> None:
    """A hundred thousand seats, or one week only, read as well as four hundred over two months."""
    figure = draw_trend(points(weeks, times=times)[:18], title="Confluence seats at a company with a long name, Incorporated, and more")
    boxes = [text.get_window_extent() for text in texts(figure)]
    assert all(box.x0 >= 8 and box.y0 >= 8 and box.x1 <= 1192 and box.y1 <= 592 for box in boxes)
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.shrunk(0.98, 0.7).overlaps(b.shrunk(0.98, 0.7))]
    assert min(box.height for box in boxes) >= LARGE_LETTER


def test_same_figures_are_the_same_bytes() -> None:
    """A repeated job draws what it drew before, and no date of drawing stands in the file."""
    first, months = trend(points(), title="Jira seats"), [month(0, realised=10)]
    assert trend(points(), title="Jira seats") == first
    assert bars(months, title="Saved") == bars(months, title="Saved")
    assert b"Software" not in first
    assert b"tIME" not in first


def test_threads_draw_at_once() -> None:
    """Pictures are drawn beside the event loop, two digests at a time."""
    alone = [trend(points(weeks), title=str(weeks)) for weeks in range(2, 6)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda weeks: trend(points(weeks), title=str(weeks)), range(2, 6))) == alone
    assert "matplotlib.pyplot" not in sys.modules


def test_title_is_no_mathematics() -> None:
    """matplotlib reads what stands between two dollar signs as a formula, and fails on a wrong one."""
    figure = draw_trend(points(), title="From $8 to $7_{ per seat")
    assert canvas.to_png(figure)
    assert "From $8 to $7_{ per seat" in words(figure)


def test_estimates_are_called_estimates() -> None:
    """What a renewal has proved and what is still hoped for are told apart by word, by colour and by pattern."""
    figure = draw_bars([month(10, realised=400), month(11, realised=900, estimated=300), month(12, estimated=700)], title="Saved")
    image = opened(canvas.to_png(figure))
    assert {"■ $1,300 realised", "▨ $1,000 estimated", "Nov\n2026", "Dec", "Jan\n2027"} <= words(figure)
    assert count(image, canvas.GREEN) > 10_000
    assert count(image, canvas.PALE_BLUE) > 5_000


def test_nothing_estimated_is_not_mentioned() -> None:
    """A zero that looks like news is noise."""
    figure = draw_bars([month(0, realised=400)], title="Saved")
    assert not [text for text in words(figure) if "estimated" in text]
    assert count(opened(canvas.to_png(figure)), canvas.BLUE) == 0


def test_two_years_of_another_currency_fit() -> None:
    """Not every month has room for its name; amounts are short and keep their currency."""
    figure = draw_bars([month(number, realised=8_000 + 211 * number, currency="EUR") for number in range(23)], title="Saved")
    boxes = [text.get_window_extent() for text in texts(figure)]
    assert "15k EUR" in words(figure)
    assert all(box.x0 >= 8 and box.x1 <= 1192 for box in boxes)
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.shrunk(0.98, 0.7).overlaps(b.shrunk(0.98, 0.7))]


def test_currencies_are_never_added() -> None:
    """Dollars and euros have no sum; silence about it would be a wrong figure."""
    with pytest.raises(ValueError, match="have no sum"):
        bars([month(0, realised=1), month(1, realised=1, currency="EUR")], title="Saved")


def test_without_matplotlib_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture is an extra: the digest goes out without it."""
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ChartsMissing):
        trend(points(), title="Jira")
    with pytest.raises(ChartsMissing):
        bars([month(0)], title="Saved")


@given(st.lists(st.floats(0, 226), min_size=1, max_size=6))
def test_labels_are_moved_apart_and_keep_their_order(wanted: Sequence[float]) -> None:
    """However close the ends of lines are, each name has its own place in the order of the lines."""
    placed = canvas.spread(wanted, gap=29, low=0, high=226)
    in_order = [place for _, place in sorted(zip(wanted, placed, strict=True))]
    assert all(later - earlier >= 29 - 1e-6 for earlier, later in pairwise(in_order))
    assert max(placed) <= 226 + 1e-6


@given(st.floats(0, 1e7), st.integers(1, 6))
def test_steps_are_few_round_and_reach_the_top(highest: float, most: int) -> None:
    """The highest value is inside the panel, and no scale has more lines than fit."""
    found = canvas.steps(highest, at_most=most)
    assert found[0] == 0
    assert found[-1] >= highest
    assert 1 <= len(found) - 1 <= most
