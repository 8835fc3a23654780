"""The weekly digest: where the seats stand, what they save, and what waits for a decision."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock, PlainTextObject

from bot.figures.awaiting import Awaiting, CardPlace
from bot.figures.chart import TrendPoint
from bot.figures.report import Report, in_words
from bot.slack.surfaces import digest_texts as texts
from bot.slack.surfaces.digest_texts import number
from bot.slack.surfaces.markup import context, section, sentences
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.seat_lines import figure_blocks, on_money
from bot.slack.surfaces.waiting_lines import plan_button, waiting_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """
    The figures *so_far* and those of the last *week*, what waits, and the addresses of the cards that are known.

    *today* is the day in the zone of the settings; *reclaims* says whether seats are taken at all.
    """

    so_far: Report
    week: Report
    awaiting: Awaiting
    links: Mapping[CardPlace, str]
    today: date
    reclaims: bool

    @property
    def has_news(self) -> bool:
        """Whether there is anything to tell: a bot that was installed this morning has seen no seat."""
        return bool(self.so_far.now.in_use or self.so_far.outcome.taken)


def render(view: DigestView) -> Message:
    """The message: figures first, then what waits, with one button into the plan."""
    blocks = (_header(view), *figure_blocks(view.so_far, week=view.week), DividerBlock(), *_waiting(view), _small_print(view))
    return Message(text=_in_short(view), blocks=blocks)


def _header(view: DigestView) -> Block:
    return HeaderBlock(text=PlainTextObject(text=f"{texts.TITLE} · {_day(view.today)}"))


def _waiting(view: DigestView) -> Iterator[Block]:
    names = {product.key: product.name for product in view.so_far.products}
    lines = list(waiting_lines(view.awaiting, links=view.links, names=names))
    if not lines:
        yield section(texts.NOTHING_WAITS)
        return
    yield section("*Waiting for you*\n" + "\n".join(lines))
    yield from plan_button(view.awaiting, links=view.links)


def _small_print(view: DigestView) -> Block:
    return context(on_money(view.so_far), *([] if view.reclaims else [texts.PLAN_MODE]))


def _in_short(view: DigestView) -> str:
    """The whole news in three sentences, for notifications and screen readers."""
    now, week = view.so_far.now, view.week.outcome
    moved = view.so_far.outcome.taken or week.returned
    saved = in_words(view.so_far.realised)
    return sentences(
        (
            f"{texts.TITLE}: {number(now.in_use, 'seat')} in use, {now.idle:,} idle, {now.warned:,} warned{';' if moved else '.'}",
            f"{week.taken:,} reclaimed and {week.returned:,} returned this week." if moved else "",
            f"Saved so far {saved} (estimate)." if saved else "",
            f"{number(waits, 'thing waits', 'things wait')} for you." if (waits := _count(view.awaiting)) else "Nothing waits for you.",
        )
    )


def _count(waits: Awaiting) -> int:
    piles = waits.requests.count + waits.stuck_requests.count + waits.exemptions.count
    return piles + len(waits.held) + waits.stuck_removals + len(waits.plans)


def chart_name(products: Sequence[str]) -> str:
    """What the picture is of, from the products' names; it shows its days itself."""
    return texts.CHART_OF_ONE.format(product=products[0]) if len(products) == 1 else texts.CHART_OF_ALL


def chart_words(last: TrendPoint) -> str:
    """What a screen reader says of the picture."""
    return texts.CHART_WORDS.format(
        in_use=last.in_use, idle=last.idle, warned=last.warned, reclaimed=last.reclaimed, returned=last.returned
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
