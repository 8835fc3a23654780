"""
The paper that pictures are drawn on: a light card with a border, which reads the same on Slack's light and dark.

Everything is set on the objects themselves. `pyplot` and `rcParams` are one state for all threads, and a user's own matplotlibrc would
change what is drawn. Slack shows a picture of 1200 pixels at 360 to 480, so nothing here is smaller than 22 pixels.
"""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

WIDTH, HEIGHT, DPI = 1200, 600, 100

CARD, EDGE, GRID, INK, MUTED = "#fcfbf8", "#d5d2c9", "#e6e3da", "#182423", "#66716e"
GREEN, PURPLE, AMBER, BLUE, RED, PALE_BLUE = "#0d7a5f", "#6a3fb5", "#a86400", "#1868db", "#c9264a", "#dbe7fa"

LARGE, MEDIUM, SMALL = 23.0, 17.0, 16.0
"""Sizes of type in points; a point is 1.4 pixels here."""
MARGIN = 44
LONGEST_TITLE = 52


class ChartsMissing(Exception):
    """matplotlib is not installed (the extra `charts`); caught by whoever has news to tell, who then tells it without a picture."""


def sheet(*, title: str) -> "Figure":
    """An empty card with its title; raises ChartsMissing."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.patches import FancyBboxPatch
        from matplotlib.transforms import IdentityTransform
    except ImportError:
        raise ChartsMissing from None
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="none", edgecolor="none")
    card = FancyBboxPatch((3, 3), WIDTH - 6, HEIGHT - 6, boxstyle="round,pad=0,rounding_size=20", facecolor=CARD, edgecolor=EDGE)
    card.set(linewidth=1.5, transform=IdentityTransform(), zorder=-10)
    figure.add_artist(card)
    shown = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"
    write(figure, shown, at=(MARGIN, HEIGHT - 68), size=LARGE, color=INK, bold=True)
    return figure


def write(figure: "Figure", words: str, *, at: tuple[float, float], size: float = SMALL, color: str = MUTED, bold: bool = False) -> float:
    """Put *words* on the card, *at* pixels from its lower left corner, and tell where they end; dollar signs are no mathematics."""
    face = typeface(size, bold=bold)
    text = figure.text(at[0] / WIDTH, at[1] / HEIGHT, words, fontproperties=face, color=color, parse_math=False)
    return float(text.get_window_extent().x1)


def panel(figure: "Figure", *, left: float, bottom: float, width: float, height: float) -> "Axes":
    """Axes in pixels, with nothing but faint horizontal lines."""
    axes = figure.add_axes((left / WIDTH, bottom / HEIGHT, width / WIDTH, height / HEIGHT), facecolor="none")
    for side in axes.spines.values():
        side.set_visible(False)
    axes.grid(visible=True, axis="y", color=GRID, linewidth=1.2, linestyle="-")
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=9, labelsize=SMALL, labelcolor=MUTED)
    return axes


def set_ticks(axes: "Axes", *, x: Sequence[tuple[float, str]] = (), y: Sequence[tuple[float, str]]) -> None:
    """Label both directions at these (place, words)."""
    axes.set_xticks([place for place, _ in x], [words for _, words in x], fontproperties=typeface(SMALL), parse_math=False)
    axes.set_yticks([place for place, _ in y], [words for _, words in y], fontproperties=typeface(SMALL), parse_math=False)


def typeface(size: float, *, bold: bool = False) -> "FontProperties":
    """The face that matplotlib brings along, by its file: no picture depends on the fonts of a machine."""
    import matplotlib
    from matplotlib.font_manager import FontProperties

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FontProperties(fname=str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size=size)


def to_png(figure: "Figure") -> bytes:
    """The card as PNG; the same card is the same bytes."""
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=DPI, facecolor="none", edgecolor="none", metadata={"Software": None})
    return target.getvalue()


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Places near *wanted*, at least *gap* apart and between *low* and *high* as far as they fit, in the order of *wanted*."""
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], index))
    placed: list[float] = []
    for index in order:
        placed.append(max(wanted[index], low, placed[-1] + gap if placed else low))
    ceiling = high
    for rank in reversed(range(len(placed))):
        placed[rank] = min(placed[rank], ceiling)
        ceiling = placed[rank] - gap
    return [place for _, place in sorted(zip(order, placed, strict=True))]


def steps(highest: float, *, at_most: int) -> list[float]:
    """0 and the multiples of a round number up to the first that is not below *highest*, *at_most* of them and at least one."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            step = size * factor
            if step * at_most >= highest:
                return [float(step * number) for number in range(max(1, math.ceil(highest / step)) + 1)]
        size *= 10
