"""Warnings and exemptions as people read them: within Slack's limits whatever is in them, with words for each way they end."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.codes import Kept, Undelivered
from bot.jobs.exemptions import ExemptionNews
from bot.settings import Product
from bot.slack.surfaces import exemption, warning
from bot.slack.surfaces.exemption import ExemptionView
from bot.slack.surfaces.idle_texts import UNDELIVERED
from bot.slack.surfaces.message import Message, to_json
from bot.slack.surfaces.warning import WarningView
from sandbox.slack.blocks.surfaces import refuse_message_blocks
from storage.lifecycle import ExemptionStatus, WarningStatus
from storage.seat_records import Exemption, SeatWarning
from tests.bot.slack.words import JIRA, NOW, buttons_of, words_of

LONGEST_TEXT = 4000
NASTY = st.one_of(st.text(max_size=60), st.sampled_from(("&" * 60, "<!channel>", "*" * 60, "\u200d")))


def warned(status: WarningStatus = WarningStatus.OPEN, **changes: Any) -> SeatWarning:
    """Ada's warning about Jira, sent two days ago."""
    facts: dict[str, Any] = {
        "id": "w-ada",
        "account_id": "a1",
        "product": "jira",
        "cycle": 1,
        "person_id": "p-ada",
        "slack_id": "U0ADA",
        "status": status,
        "reason_code": None,
        "channel": "D1",
        "ts": "1.1",
        "reminders": 0,
        "created_at": NOW - timedelta(days=2),
        "sent_at": NOW - timedelta(days=2),
        "plan_at": NOW + timedelta(days=12),
        "let_go_at": None,
        "changed_at": NOW,
    }
    return SeatWarning(**{**facts, **changes})


def exempted(status: ExemptionStatus = ExemptionStatus.ASKED, **changes: Any) -> Exemption:
    """Ada's exemption from Jira's rules."""
    facts: dict[str, Any] = {
        "id": "e-ada",
        "account_id": "a1",
        "product": "jira",
        "asked_by": "p-ada",
        "owner_id": "p-ada",
        "reason": "on leave",
        "until": NOW + timedelta(days=60),
        "status": status,
        "decided_by": "p-grace",
        "version": 1,
        "card_channel": None,
        "card_ts": None,
        "card_version": None,
        "asked_at": NOW - timedelta(hours=1),
        "decided_at": NOW,
        "ended_at": NOW if status is ExemptionStatus.ENDED else None,
        "changed_at": NOW,
    }
    return Exemption(**{**facts, **changes})


def drawn(one: SeatWarning, **changes: Any) -> Message:
    """The message of the warning."""
    facts: dict[str, Any] = {"warning": one, "product": JIRA, "plan_at": NOW + timedelta(days=12), "now": NOW, "keep_days": 60, **changes}
    return warning.render(WarningView(**facts))


def view_of(one: Exemption, **changes: Any) -> ExemptionView:
    """The exemption, as Ada asked for it and Grace decided it."""
    facts: dict[str, Any] = {"exemption": one, "product": JIRA, "owner": "U0ADA", "asker": "U0ADA", "decider": "U0GRACE", "now": NOW}
    return ExemptionView(**{**facts, **changes})


def fits(message: Message) -> bool:
    """Whether Slack takes it."""
    return refuse_message_blocks(to_json(message.blocks)) == [] and len(message.text) < LONGEST_TEXT


def test_the_question_says_what_to_decide_by() -> None:
    """Product, last use, the day, what stays, and three answers; each button carries the warning's id alone."""
    message = drawn(warned(), last_used=NOW - timedelta(days=200))
    words = words_of(message)
    assert "Do you still need Jira?" in words
    assert "6 months ago" in words
    assert f"<!date^{int((NOW + timedelta(days=12)).timestamp())}" in words
    assert "everything you wrote stay" in words
    assert "Keep, and I won't ask for 60 days. Using Jira counts too" in words
    assert buttons_of(message) == dict.fromkeys((warning.KEEP, warning.LET_GO, warning.AWAY), "w-ada")


def test_an_unknown_last_use_is_not_told_as_never() -> None:
    """Never is said only where Atlassian says so."""
    assert "never used it" not in words_of(drawn(warned()))
    assert "never used it" in words_of(drawn(warned(), never_used=True))


def test_an_overtaken_question_promises_another() -> None:
    """Nobody decided in time: the seat stays, and nothing is taken without a new word."""
    words = words_of(drawn(warned(WarningStatus.ENDED, reason_code=Kept.OVERTAKEN.value)))
    assert "Your Jira seat stays for now. Before anybody may free it later, I'll ask you again." in words


def test_a_notification_is_made_of_sentences() -> None:
    """A screen reader makes no pause where there is no full stop."""
    kept = drawn(warned(WarningStatus.KEPT), kept_until=NOW + timedelta(days=60))
    assert "You keep Jira. I won't ask again" in kept.text
    assert "Do you still need Jira? " in drawn(warned()).text


def test_what_nobody_decided_is_told_as_such() -> None:
    """Withdrawn would say that somebody changed their mind."""
    late = exempted(ExemptionStatus.WITHDRAWN, until=NOW, decided_by=None, decided_at=None)
    assert "Nobody decided: <@" in words_of(exemption.render(view_of(late)))
    withdrawn = exempted(ExemptionStatus.WITHDRAWN, until=NOW + timedelta(days=1), decided_by=None, decided_at=None)
    assert "Withdrawn: <@" in words_of(exemption.render(view_of(withdrawn)))
    told = exemption.tell(view_of(late, reader="U0ADA"), ExemptionNews.UNDECIDED)
    assert "⌛" in told.text
    assert "before anything is taken" in told.text
    assert buttons_of(told) == {exemption.AGAIN: late.id}


@pytest.mark.parametrize("status", [one for one in ExemptionStatus if one is not ExemptionStatus.ASKED])
def test_a_settled_wish_can_not_be_withdrawn(status: ExemptionStatus) -> None:
    """Its message stays in the conversation, and its button would lead nowhere."""
    message = exemption.tell(view_of(exempted(status), reader="U0ADA"), ExemptionNews.ASKED)
    assert buttons_of(message) == {}
    assert "Until they decide" not in message.text


@pytest.mark.parametrize("status", [one for one in WarningStatus if one not in (WarningStatus.OPEN, WarningStatus.UNDELIVERABLE)])
def test_what_is_settled_asks_nothing_more(status: WarningStatus) -> None:
    """Only a seat that was let go can still be kept."""
    message = drawn(warned(status, reason_code="taken"), kept_until=NOW + timedelta(days=90))
    assert set(buttons_of(message)) == ({warning.KEEP} if status is WarningStatus.LET_GO else set())
    assert "Jira" in words_of(message)


def test_a_seat_that_came_back_is_not_told_as_freed() -> None:
    """Its owner reads both messages: the way back beside "you have it again" would have them ask for what they hold."""
    ended = warned(WarningStatus.ENDED, reason_code="taken")
    freed, back = words_of(drawn(ended)), words_of(drawn(ended, is_back=True))
    assert "⚪  *Your Jira seat was freed*" in freed
    assert "✅  *You have your Jira seat again*" in back
    assert "and came back after that." in back
    assert "brings it back" not in back
    standing = warning.standing(WarningView(warning=ended, product=JIRA, plan_at=NOW, now=NOW, keep_days=60, is_back=True))
    assert standing == "Your Jira seat was freed on 24 Nov 2026, and came back after that."


def test_a_retired_message_has_no_buttons() -> None:
    """One question has one place to answer it."""
    message = warning.render_retired(WarningView(warning=warned(), product=JIRA, plan_at=NOW, now=NOW, keep_days=60))
    assert buttons_of(message) == {}


def test_each_reason_why_nobody_could_be_asked_has_its_words() -> None:
    """A list of codes helps no admin."""
    assert set(UNDELIVERED) == {code.value for code in Undelivered}


@given(status=st.sampled_from(WarningStatus), code=st.sampled_from([None, "taken", *Kept]), name=NASTY, exempt=st.booleans())
def test_any_warning_is_one_that_slack_takes(status: WarningStatus, code: str | None, name: str, exempt: bool) -> None:
    """A name of an admin's making, and every reason there is."""
    product = Product.model_construct(key="jira", name=f"J{name}"[:60], resource="r", role="atlassian/user", group=None, link=None)
    one = warned(status, reason_code=str(code) if code else None)
    changes: dict[str, Any] = {"product": product, "exemption": exempted() if exempt else None}
    message = drawn(one, **changes)
    assert fits(message)
    assert "<!channel>" not in message.text
    assert "{" not in words_of(message).replace("{date", "") or "{" in name
    assert warning.standing(WarningView(warning=one, plan_at=NOW, now=NOW, keep_days=60, **changes))


@given(status=st.sampled_from(ExemptionStatus), reason=NASTY, words=st.one_of(st.none(), NASTY), asker=st.sampled_from(["U0ADA", "U0HUGO"]))
def test_any_exemption_is_one_that_slack_takes(status: ExemptionStatus, reason: str, words: str | None, asker: str) -> None:
    """The card, and every piece of news to either of the two."""
    one = exempted(status, reason=f"x{reason}")
    assert fits(exemption.render(view_of(one, asker=asker)))
    for news in ExemptionNews:
        for reader in ("U0ADA", "U0HUGO"):
            message = exemption.tell(view_of(one, asker=asker, reader=reader, words=f"x{words}" if words else None), news)
            assert fits(message)
            assert "<@u0" not in message.text


def test_only_an_undecided_exemption_has_buttons() -> None:
    """What is decided is decided."""
    for status in ExemptionStatus:
        found = buttons_of(exemption.render(view_of(exempted(status))))
        assert found == (dict.fromkeys((exemption.AGREE, exemption.REFUSE), "e-ada") if status is ExemptionStatus.ASKED else {})
