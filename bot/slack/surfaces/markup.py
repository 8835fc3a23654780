"""
Text that is safe to show, and the few block shapes that every surface is built from.

Slack treats `&`, `<` and `>` as control characters in mrkdwn and in a message's text, and escapes nothing itself: what people write goes
through `plain` into plain_text objects, or through `quoted` into mrkdwn. https://docs.slack.dev/messaging/formatting-message-text/
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, islice

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    InteractiveElement,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from storage.records import ERASED

LONGEST_QUOTE = 300
MOST_LISTED = 7
"""A list on a card is read in one glance or not at all; the rest is counted."""
LONGEST_LIST = 900
"""Slack takes 2,000 characters of one piece of small print, and counts escapes as they are written."""
_ZERO_WIDTH_JOINER = "\u200d"
# Letters and symbols by category, and yet nothing to see: the Hangul fillers and the empty Braille cell.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_STYLING = str.maketrans("", "", "*~`")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_UNITS = ((timedelta(days=365), "year"), (timedelta(days=30), "month"), (timedelta(days=1), "day"), (timedelta(hours=1), "hour"))


def plain(text: str, *, longest: int = LONGEST_QUOTE) -> str:
    """
    *text* on one line without control, bidirectional and other invisible characters, at most *longest* characters.

    Empty when there is nothing to see in it.
    """
    # The joiner is invisible too, but without it one emoji of a family becomes four.
    visible = (char if char == _ZERO_WIDTH_JOINER or unicodedata.category(char)[0] != "C" else " " for char in text)
    line = " ".join("".join(visible).split())
    if not any(unicodedata.category(char)[0] in "LNPS" and char not in _FILLERS for char in line):
        return ""
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def quoted(text: str, *, longest: int = LONGEST_QUOTE) -> str:
    """*text* for the middle of a mrkdwn sentence: it can't ping, link or restyle what stands around it."""
    return plain(text, longest=longest).translate(_STYLING).translate(_ESCAPES)


def listed(
    things: Sequence[str], *, between: str = ", ", total: int | None = None, rest: Callable[[int], str] = " and {} more".format
) -> str:
    """
    The first few of *things*, and how many more there are: "a, b and 93 more". Names full of escapes leave room for fewer.

    *total* is how many there are, where *things* are only the first of them; *rest* says so many more in other words.
    """
    ends = accumulate(len(thing) for thing in things)
    fitting = max(1, sum(end <= LONGEST_LIST for end in islice(ends, MOST_LISTED)))
    shown, more = between.join(things[:fitting]), max(total or 0, len(things)) - fitting
    return f"{shown}{rest(more)}" if more > 0 else shown


def mention(slack_id: str) -> str:
    """A person by id, which nobody can imitate as one can a display name; in words one who was erased."""
    if slack_id.startswith(ERASED):
        return ERASED
    return f"<@{quoted(slack_id)}>"


def link(url: str, label: str) -> str:
    """*label* as a link; a label may come from people."""
    return f"<{url.translate(_ESCAPES).replace('|', '%7C')}|{quoted(label).replace('|', '/')}>"


def moment(at: datetime) -> str:
    """Date and time in the reader's own zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{at:%d %b %Y %H:%M} UTC>"


def day(at: datetime) -> str:
    """The date in the reader's own zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short}}|{at:%d %b %Y}>"


def span(length: timedelta) -> str:
    """A length of time in its largest whole unit: "8 months", "1 hour", "less than an hour"."""
    for unit, name in _UNITS:
        count = length // unit
        if count >= 1:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than an hour"


def mrkdwn(text: str) -> MarkdownTextObject:
    """A mrkdwn object in which Slack links nothing that we did not link (`verbatim`)."""
    return MarkdownTextObject(text=text, verbatim=True)


def section(text: str, *, accessory: InteractiveElement | None = None) -> SectionBlock:
    """A paragraph of our own words."""
    return SectionBlock(text=mrkdwn(text), accessory=accessory)


def fields(*pairs: tuple[str, str]) -> SectionBlock:
    """Label and value pairs in two columns, at most ten."""
    return SectionBlock(fields=[mrkdwn(f"*{label}*\n{value}") for label, value in pairs])


def said(text: str) -> SectionBlock:
    """What a person wrote, in quotation marks and without any markup."""
    return SectionBlock(text=PlainTextObject(text=f"“{plain(text)}”", emoji=False))


def context(*texts: str) -> ContextBlock:
    """Small print, at most ten pieces."""
    return ContextBlock(elements=[mrkdwn(text) for text in texts])


def buttons(*elements: InteractiveElement | None, block_id: str | None = None) -> ActionsBlock:
    """A row of buttons; None is left out."""
    return ActionsBlock(elements=[element for element in elements if element is not None], block_id=block_id)


def button(
    label: str, *, action_id: str, value: str | None = None, style: str | None = None, confirm: ConfirmObject | None = None
) -> ButtonElement:
    """A button; its *value* is the id of one row and nothing else."""
    return ButtonElement(
        text=PlainTextObject(text=plain(label, longest=75), emoji=True), action_id=action_id, value=value, style=style, confirm=confirm
    )


def link_button(label: str, *, url: str) -> ButtonElement:
    """A button that opens *url* in the browser; Slack reports the click, and it needs an ack like any other."""
    return ButtonElement(text=PlainTextObject(text=plain(label, longest=75), emoji=True), action_id="link.open", url=url)


def confirm(*, title: str, text: str, yes: str, no: str = "Not now", style: str | None = None) -> ConfirmObject:
    """The question before a click that cannot be taken back."""
    return ConfirmObject(title=PlainTextObject(text=title), text=mrkdwn(text), confirm=yes, deny=no, style=style)


def spoken(title: str) -> str:
    """*title* without its marks, as a sentence of a notification."""
    words = title.replace("*", "").strip()
    return words if words.endswith((".", "?", "!")) else f"{words}."


def sentences(parts: Iterable[str]) -> str:
    """The sentences as one paragraph; empty ones are left out."""
    return " ".join(part for part in parts if part)
