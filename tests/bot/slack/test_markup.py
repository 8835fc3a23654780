"""What people write must neither ping, nor link, nor dress up as ours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.surfaces.markup import LONGEST_QUOTE, day, link, listed, moment, plain, quoted, span


@given(st.text(max_size=2000))
def test_quoted_text_has_no_control_sequence_left(text: str) -> None:
    """Slack acts on a bare `<`, and on nothing that is escaped."""
    safe = quoted(text)
    assert "<" not in safe
    assert ">" not in safe
    assert not set("*~`") & set(safe)


@given(st.text(max_size=2000))
def test_plain_text_is_one_visible_line(text: str) -> None:
    """Newlines and bidirectional marks could put a false line under our own, or turn ours around."""
    line = plain(text)
    assert len(line) <= LONGEST_QUOTE
    assert not any(char in line for char in "\n\r\t\u202e\u2066\u200b\x00")


@pytest.mark.parametrize("nothing", ["", " \t\n", "\u200b\u2060\ufeff", "\u200d", "\u3164\u115f\u1160\uffa0\u2800", "\ufe0f \u034f"])
def test_text_that_nobody_can_see_is_empty(nothing: str) -> None:
    """Whether somebody wrote anything is decided by what can be read of it."""
    assert plain(nothing) == ""


def test_long_list_is_counted() -> None:
    """A hundred groups on a card would hide the one line that matters, and break Slack's limits."""
    assert listed(["a", "b"]) == "a, b"
    assert listed([]) == ""
    assert listed(["&amp;" * 100] * 9).endswith(" and 8 more")
    assert listed([str(number) for number in range(100)]) == "0, 1, 2, 3, 4, 5, 6 and 93 more"


def test_ampersand_is_escaped_once() -> None:
    """R&D must read as R&D in Slack."""
    assert quoted("R&D <3") == "R&amp;D &lt;3"


def test_emoji_family_stays_together() -> None:
    """The joiner is invisible, and taking it out would change what a person wrote."""
    assert plain("hi 👨‍👩‍👧") == "hi 👨‍👩‍👧"


def test_label_cannot_end_its_link() -> None:
    """A name with a bar or a bracket must not turn into a second link."""
    assert link("https://a.example/x|y", "A|B>") == "<https://a.example/x%7Cy|A/B&gt;>"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=3), "less than an hour"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(days=6), "6 days"),
        (timedelta(days=240), "8 months"),
        (timedelta(days=800), "2 years"),
    ],
)
def test_length_of_time_is_told_in_its_largest_unit(length: timedelta, words: str) -> None:
    """An approver reads "8 months", not 240 days."""
    assert span(length) == words


def test_dates_carry_a_fallback_for_old_clients() -> None:
    """A client that can't format a date shows what stands behind the bar."""
    at = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
    assert moment(at) == "<!date^1795516200^{date_short_pretty} at {time}|24 Nov 2026 10:30 UTC>"
    assert day(at) == "<!date^1795516200^{date_short}|24 Nov 2026>"
