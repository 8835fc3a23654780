"""Every reason code has its words, and there are no words for a reason that never comes."""

from atlassian.removal import Obstacle
from bot.codes import Attention, Closed, Kept, NotLinked, NotUndone, Returned, ScanFailed, Stuck, Waiting
from bot.effects.outcome import Trouble
from bot.idle.breakers import BreakerCode
from bot.policy import PersonKind, Refusal
from bot.slack.surfaces import plan_texts, reasons, texts
from bot.slack.surfaces.link_texts import LINKS
from bot.slack.surfaces.scan_texts import SCANS

NEVER_A_REQUEST = {Refusal.TOO_MANY, Refusal.NOT_APPROVER, Refusal.OWN_REQUEST}
"""These are answered on the spot: no request comes of them, or none ends by them."""


OF_LATER_RELEASES = {"other"}
"""What stands in for a code that this release does not know."""


def test_each_reason_to_act_or_wait_has_its_words() -> None:
    """A typo would otherwise be told as "something came up"."""
    assert set(reasons.ATTENTION) == {code.value for code in Attention}
    assert set(reasons.WAITING) - OF_LATER_RELEASES == {code.value for code in Waiting}


def test_each_closing_has_its_words() -> None:
    """On the card and in the message to the person."""
    refusals = {refusal.value for refusal in Refusal if refusal not in NEVER_A_REQUEST}
    assert set(reasons.CLOSED) - OF_LATER_RELEASES == {code.value for code in Closed} | refusals
    assert set(texts.CLOSINGS) - OF_LATER_RELEASES == {code.value for code in Closed}


def test_each_account_that_was_not_linked_has_its_words() -> None:
    """An approver who named it has to know what to name instead."""
    told = {code.removeprefix("not_linked.") for code in LINKS if code.startswith("not_linked.")}
    assert told == {code.value for code in NotLinked}


def test_each_trouble_outside_is_a_reason_to_wait() -> None:
    """Except Slack's own, which no card could show."""
    assert {trouble.value for trouble in Trouble} - {Trouble.SLACK_AWAY.value} <= {code.value for code in Waiting}


def test_each_scan_that_stopped_or_failed_has_its_words() -> None:
    """The channel reads why nobody is warned today; a list that is only long is a question of its own."""
    stopped = {f"scan_stopped.{code.value}" for code in BreakerCode if code is not BreakerCode.SHARE}
    failed = {f"scan_failed.{code.value}" for code in ScanFailed}
    assert set(SCANS) == stopped | failed


def test_each_kind_of_person_that_may_not_ask_has_a_refusal() -> None:
    """A new kind of account is refused by name."""
    assert {kind.value for kind in PersonKind} - {PersonKind.MEMBER.value} <= {refusal.value for refusal in Refusal}


def test_each_end_of_a_reclaim_has_its_words() -> None:
    """The plan names why a seat stayed, why one is stuck, what is in the way of it, and why one was not put back."""
    assert set(plan_texts.KEPT) == set(Kept)
    assert set(plan_texts.STUCK) == set(Stuck)
    assert set(plan_texts.BACK) == set(Returned)
    assert set(plan_texts.IN_THE_WAY) == set(Obstacle)
    assert set(plan_texts.NOT_UNDONE) == set(NotUndone)
