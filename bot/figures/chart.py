"""
PURE: the pictures of the digest and of the report, from figures to PNG.

Labels stand at the lines themselves, so that nobody has to match colours with a legend. A picture takes a tenth of a second or two of
computing: in the event loop's process, draw in a thread.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.billing import Money
from bot.figures import canvas
from bot.figures.canvas import ChartsMissing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ChartsMissing", "MonthSaving", "TrendPoint", "bars", "trend"]

LEFT, RIGHT = 112, 268
"""Pixels beside the panels, for the numbers and for the lines' names."""
LABEL_GAP = 29
BAR = 0.62
FEWEST_BARS = 6
"""A single month is a bar among empty places, not a wall."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """The seats on one day: in use, idle and warned then; reclaimed and returned since the beginning."""

    day: date
    in_use: int
    idle: int
    warned: int
    reclaimed: int
    returned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSaving:
    """What the seats freed saved in one month (any day of it): realised by a past renewal, and estimated for one to come."""

    month: date
    realised: Money
    estimated: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    name: str
    color: str
    value: Callable[[TrendPoint], int]
    dashes: str = "-"


_IN_USE = _Line(name="in use", color=canvas.GREEN, value=lambda point: point.in_use)
_MOVING = (
    _Line(name="idle", color=canvas.PURPLE, value=lambda point: point.idle),
    _Line(name="warned", color=canvas.AMBER, value=lambda point: point.warned),
    _Line(name="reclaimed", color=canvas.BLUE, value=lambda point: point.reclaimed),
    _Line(name="returned", color=canvas.RED, value=lambda point: point.returned, dashes="--"),
)


def trend(points: Sequence[TrendPoint], *, title: str) -> bytes:
    """
    A PNG of 1200 by 600: seats in use above, and below them on a scale of their own idle, warned, reclaimed and returned.

    *points* are at least one, in the order of their days. The same points are the same bytes. Raises ChartsMissing.
    """
    return canvas.to_png(draw_trend(points, title=title))


def draw_trend(points: Sequence[TrendPoint], *, title: str) -> "Figure":
    """The picture of `trend` before it becomes bytes."""
    figure = canvas.sheet(title=title)
    canvas.write(figure, f"Seats, {_span(points[0].day, points[-1].day)}", at=(canvas.MARGIN, canvas.HEIGHT - 104))
    width = canvas.WIDTH - LEFT - RIGHT
    _draw_lines(canvas.panel(figure, left=LEFT, bottom=338, width=width, height=118), points, (_IN_USE,), ticks=2, area=True)
    below = canvas.panel(figure, left=LEFT, bottom=70, width=width, height=220)
    _draw_lines(below, points, _MOVING, ticks=4)
    _label_days(below, points)
    return figure


def _draw_lines(axes: "Axes", points: Sequence[TrendPoint], lines: Sequence[_Line], *, ticks: int, area: bool = False) -> None:
    days = [point.day.toordinal() for point in points]
    heights = canvas.steps(max(line.value(point) for line in lines for point in points), at_most=ticks)
    axes.set_xlim(days[0] - (0.5 if len(days) > 1 else 7), days[-1] + (days[-1] - days[0]) / 200)
    axes.set_ylim(0, heights[-1])
    canvas.set_ticks(axes, y=[(height, _number(height)) for height in heights])
    for line in lines:
        values = [line.value(point) for point in points]
        axes.plot(days, values, color=line.color, linewidth=4, linestyle=line.dashes, solid_capstyle="round", clip_on=False, zorder=3)
        axes.plot(days[-1:], values[-1:], "o", color=line.color, markersize=11, markeredgecolor=canvas.CARD, clip_on=False, zorder=4)
        if area:
            axes.fill_between(days, values, color=line.color, alpha=0.12, linewidth=0)
    _name_lines(axes, points[-1], lines)


def _name_lines(axes: "Axes", last: TrendPoint, lines: Sequence[_Line]) -> None:
    """Each line's last value and name to the right of its end, moved apart where ends are close."""
    top, tall = axes.get_ylim()[1], axes.get_position().height * canvas.HEIGHT
    ends = [line.value(last) / top * tall for line in lines]
    for line, place in zip(lines, canvas.spread(ends, gap=LABEL_GAP, low=0, high=tall), strict=True):
        axes.annotate(
            f"{_number(line.value(last))} {line.name}",
            xy=(1, place / tall),
            xycoords="axes fraction",
            xytext=(17, 0),
            textcoords="offset points",
            verticalalignment="center",
            color=line.color,
            fontproperties=canvas.typeface(canvas.MEDIUM, bold=True),
            annotation_clip=False,
            parse_math=False,
        )


def _label_days(axes: "Axes", points: Sequence[TrendPoint], *, most: int = 5) -> None:
    """Up to *most* days, evenly among the points, the first and the last always."""
    last = len(points) - 1
    count = min(most, len(points))
    chosen = sorted({round(last * number / (count - 1)) for number in range(count)}) if last else [0]
    labels = [(float(points[index].day.toordinal()), _day(points[index].day)) for index in chosen]
    heights = [(float(tick), label.get_text()) for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)]
    canvas.set_ticks(axes, x=labels, y=heights)


def bars(months: Sequence[MonthSaving], *, title: str) -> bytes:
    """
    A PNG of 1200 by 600: a bar for each month, what is realised full and what is estimated hatched on top of it.

    *months* are at least one, in order, all in one currency. The same months are the same bytes. Raises ChartsMissing.
    """
    return canvas.to_png(draw_bars(months, title=title))


def draw_bars(months: Sequence[MonthSaving], *, title: str) -> "Figure":
    """The picture of `bars` before it becomes bytes."""
    figure = canvas.sheet(title=title)
    _write_sums(figure, months)
    axes = canvas.panel(figure, left=LEFT + 34, bottom=98, width=canvas.WIDTH - LEFT - 34 - canvas.MARGIN, height=346)
    _draw_bars(axes, months)
    return figure


def _write_sums(figure: "Figure", months: Sequence[MonthSaving]) -> None:
    """Both sums in the colours of their bars: the legend, and the news."""
    realised, estimated = months[0].realised, months[0].estimated
    for month in months[1:]:
        realised, estimated = realised + month.realised, estimated + month.estimated
    told = [(f"■ {_money(realised)} realised", canvas.GREEN), (f"▨ {_money(estimated)} estimated", canvas.BLUE)]
    left = float(canvas.MARGIN)
    for words, color in told if estimated.amount else told[:1]:
        left = 40 + canvas.write(figure, words, at=(left, canvas.HEIGHT - 110), size=canvas.MEDIUM, color=color, bold=True)


def _draw_bars(axes: "Axes", months: Sequence[MonthSaving]) -> None:
    places = [float(number) for number in range(len(months))]
    realised = [float(month.realised.amount) for month in months]
    estimated = [float(month.estimated.amount) for month in months]
    sums = [month.realised + month.estimated for month in months]
    heights = canvas.steps(max(1.0, *(float(each.amount) for each in sums)), at_most=4)
    axes.set_xlim(-0.6, max(len(months), FEWEST_BARS) - 0.4)
    axes.set_ylim(0, heights[-1])
    axes.bar(places, realised, width=BAR, color=canvas.GREEN, zorder=3)
    look: dict[str, Any] = {"facecolor": canvas.PALE_BLUE, "edgecolor": canvas.BLUE, "hatch": "///", "linewidth": 1.5}
    for place, low, height in zip(places, realised, estimated, strict=True):
        if height:  # the border of an empty bar would be a line
            axes.bar(place, height, bottom=low, width=BAR, zorder=3, **look)
    currency = months[0].realised.currency
    every = -(-len(months) // 12)
    named = [(place, _month(months, int(place))) for place in places if int(place) % every == 0]
    canvas.set_ticks(axes, x=named, y=[(height, _price_tag(height, currency=currency)) for height in heights])


def _number(value: float) -> str:
    """As `9,240`, `24.9k` or `1.2M`: the panels leave room for six characters."""
    for size, letter in ((1_000_000, "M"), (10_000, "k")):
        if value >= size:
            return f"{value / (1_000_000 if letter == 'M' else 1_000):.1f}".removesuffix(".0") + letter
    return f"{value:,.0f}"


def _money(money: Money) -> str:
    """As `$8.15`, `$40` or `$12,480`: cents only where they are news."""
    amount = round(money.amount) if abs(money.amount) >= 100 else money.amount
    return str(Money(amount=Decimal(amount), currency=money.currency)).replace(".00", "")


def _price_tag(value: float, *, currency: str) -> str:
    """As `$400` or `15k EUR`."""
    return re.sub(r"[\d.,]+", _number(value), str(Money(amount=Decimal(1), currency=currency)))


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"


def _span(first: date, last: date) -> str:
    if first == last:
        return f"{_day(last)} {last.year}"
    return f"{_day(first)}{f' {first.year}' if first.year != last.year else ''} to {_day(last)} {last.year}"


def _month(months: Sequence[MonthSaving], index: int) -> str:
    """The month's name, with the year where one begins."""
    month = months[index].month
    begins = index == 0 or month.month == 1
    return f"{_MONTHS[month.month - 1]}\n{month.year}" if begins else _MONTHS[month.month - 1]
