"""Every piece of news has its words, and at most one thing to press."""

import re
from pathlib import Path

import pytest

import bot.effects
import bot.usecases
from bot.policy import Refusal
from bot.slack.surfaces import notices, reasons
from bot.slack.surfaces.alert_texts import ALERTS
from bot.slack.surfaces.message import to_json
from bot.slack.surfaces.notices import NoticeView
from bot.slack.surfaces.texts import ANSWERS, CLOSINGS, OUTCOMES, REFUSALS, TO_APPROVERS, news_of
from storage.lifecycle import RequestStatus, Verdict
from tests.bot.slack.words import JIRA, NOW, buttons_of, decision, request, state, words_of

ALL_NEWS = [*ANSWERS, *OUTCOMES, *CLOSINGS, *TO_APPROVERS, *ALERTS, *REFUSALS, *(f"refused.{code}" for code in Refusal), "closed.brand_new"]
CODE_OF_THE_LEAD = re.compile(r"\bnews=\"([a-z_.]+)\"|\bcode=\"([a-z_]+)\"")


def full(news: str) -> NoticeView:
    """A notice about Ada's request with everything that is known."""
    return NoticeView(news=news, now=NOW, request=request(), product=JIRA, decision=decision(), state=state(), queue_position=2)


@pytest.mark.parametrize("news", ALL_NEWS)
def test_news_is_told_with_and_without_its_facts(news: str) -> None:
    """A person waits for the sentence: a missing fact must not keep it from them, and no placeholder may show."""
    for view in (full(news), NoticeView(news=news)):
        message = notices.render(view)
        assert to_json(message.blocks)
        assert not re.search(r"[{}]|None|  +\.", message.text.replace("{date_short_pretty} at {time}", ""))
        assert len(message.text) < 600
        assert len(buttons_of(message)) <= 1


def test_use_cases_and_effects_name_only_news_that_has_words() -> None:
    """A code without words would fail in the worker, and the person would never hear of it."""
    folders = [Path(next(iter(package.__path__))) for package in (bot.usecases, bot.effects)]
    named = {news for folder in folders for file in folder.glob("*.py") for news, _ in CODE_OF_THE_LEAD.findall(file.read_text()) if news}
    assert named
    for news in named:
        news_of(news)


def test_unknown_news_is_a_mistake_of_ours() -> None:
    """Better a failed test than a person who reads a code."""
    with pytest.raises(KeyError):
        news_of("no_such_news")


def test_every_refusal_has_its_own_sentence() -> None:
    """Somebody who is refused is told why, and what to do."""
    assert set(REFUSALS) == set(Refusal)
    assert len({news.title for news in REFUSALS.values()}) == len(Refusal)
    assert all(news.body for news in REFUSALS.values())


def test_each_who_approved_is_named() -> None:
    """Where two had to agree, the person thanks both, and asks the right ones."""
    both = (decision(), decision(by="omar"))
    told = notices.render(NoticeView(news="granted", request=request(), product=JIRA, decision=both[1], approvals=both))
    assert "<@U0GRACE> and <@U0OMAR> approved it." in words_of(told)


def test_denial_carries_the_reason_unchanged_and_unformatted() -> None:
    """The reason is the approver's own words: it may be quoted, and must not be able to look like ours."""
    view = NoticeView(
        news="denied", request=request(RequestStatus.DENIED), product=JIRA, decision=decision(Verdict.DENY, reason="*no* <!here>")
    )
    blocks = to_json(notices.render(view).blocks)
    assert blocks[1]["text"] == {"type": "plain_text", "text": "“*no* <!here>”", "emoji": False}


def test_granted_person_gets_the_way_in() -> None:
    """Being told is half of it: the other half is one click away."""
    blocks = to_json(notices.render(full("granted")).blocks)
    assert blocks[-1]["elements"][0]["url"] == "https://acme.atlassian.net/jira"


def test_faster_approver_is_named() -> None:
    """The loser of two clicks reads who was first, and that nothing of theirs counts."""
    assert "<@U0GRACE> approved it" in words_of(notices.render(full("decided_already")))


def test_place_in_the_queue_is_told() -> None:
    """Waiting is bearable when one knows for what, and how long the queue is."""
    view = NoticeView(news="waiting", request=request(RequestStatus.WAITING, reason_code="seats_exhausted"), product=JIRA, queue_position=2)
    assert "You are number 2 in the queue." in words_of(notices.render(view))


@pytest.mark.parametrize("table", [reasons.ATTENTION, reasons.WAITING])
def test_unknown_reason_is_named_rather_than_hidden(table: dict[str, reasons.Reason]) -> None:
    """A reason of a newer release reads as "other"."""
    facts = {"product": "Jira", "requester": "<@U0ADA>", "approver": "<@U0GRACE>", "place": ""}
    assert reasons.for_admins(table, request(reason_code="brand_new"), facts)
    for code in table:
        told = reasons.for_admins(table, request(reason_code=code), facts) + reasons.for_person(table, request(reason_code=code), facts)
        assert "{" not in told
