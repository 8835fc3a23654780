"""A plan's card in every state, as people read it, and within Slack's limits whatever people are called."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import Money
from bot.codes import Kept, NotUndone, Stuck
from bot.plan_figures import ASKED, PlanFigures
from bot.plan_view import Holder, Member, PlanView, ProductPlan, Unwarned
from bot.slack.surfaces import plan, plan_forms, taken
from bot.slack.surfaces.message import to_json
from bot.slack.surfaces.taken import TakenView
from sandbox.slack.blocks.surfaces import TOTAL_TEXT, refuse_message_blocks, total_text
from storage.lifecycle import BatchStatus, ReclaimStatus
from storage.records import Reclaim
from storage.seat_records import Batch
from tests.bot.slack.words import JIRA, NOW, buttons_of, words_of


def batch(status: BatchStatus = BatchStatus.PROPOSED) -> Batch:
    """A plan of this morning."""
    decided = status not in (BatchStatus.PROPOSED, BatchStatus.EXPIRED)
    return Batch(
        id="b-1",
        status=status,
        version=1,
        figures={},
        card_channel=None,
        card_ts=None,
        card_version=None,
        decided_by="p-grace" if decided else None,
        proposed_at=NOW - timedelta(hours=1),
        decided_at=NOW if decided else None,
        due_at=NOW + timedelta(days=7),
        ended_at=None,
        changed_at=NOW,
    )


def member(number: int, status: ReclaimStatus, *, code: str | None = None, name: str | None = None, **details: str) -> Member:
    """One seat of the plan."""
    reclaim = Reclaim(
        id=f"r-{number}",
        account_id=f"a-{number}",
        product="jira",
        status=status,
        reason_code=code,
        details=details,
        removal=None,
        last_active_at=NOW - timedelta(days=200 + number),
        planned_at=NOW,
        approved_at=None,
        taken_at=None,
        returned_at=None,
        changed_at=NOW,
    )
    return Member(reclaim=reclaim, holder=holder(number, name=name))


def holder(number: int, *, name: str | None = None) -> Holder:
    """Somebody with a number."""
    email = f"p{number}@acme.example"
    last = NOW - timedelta(days=200 + number)
    return Holder(account_id=f"a-{number}", product="Jira", name=name or f"Person {number}", email=email, last_active_at=last)


def view(status: BatchStatus = BatchStatus.PROPOSED, *members: Member, **changes: Any) -> PlanView:
    """A plan of Jira, which saves 16.30 a month from 1 December."""
    saving = Money(amount=Decimal("16.30"), currency="USD")
    product = ProductPlan(name="Jira", seats=len(members), seats_before=412, saving=saving, renewal=date(2026, 12, 1))
    figures = changes.pop("figures", PlanFigures())
    shown = PlanView(batch=batch(status), figures=figures, products=(product,), members=members, now=NOW, decided_by="U0GRACE")
    return replace(shown, **changes)


def test_a_proposal_says_what_an_approver_decides_by() -> None:
    """How many of how many, what it saves and that this is an estimate, by when, and until when a return is free."""
    drawn = plan.render(view(BatchStatus.PROPOSED, *(member(number, ReclaimStatus.PLANNED) for number in range(2))))
    words = words_of(drawn)
    assert "A plan: 2 idle seats can be taken back" in words
    assert "*Jira*: 2 of 412 seats, saves about $16.30 a month (estimate)." in words
    assert "To be taken by 30 Nov, before the renewal on 1 Dec; until then a return costs nothing." in words
    assert "Person 0 (p0@acme.example), 6 months ago" in words
    assert buttons_of(drawn) == {plan.APPROVE: "b-1", plan.EDIT: "b-1", plan.REFUSE: "b-1"}


def test_a_plan_of_nobody_offers_no_approval() -> None:
    """Only those whom nobody could warn are left: they have to be named first."""
    drawn = plan.render(view(unwarned=(Unwarned(warning_id="w-1", holder=holder(1, name="Build machine")),)))
    assert plan.APPROVE not in buttons_of(drawn)
    assert "Nobody could warn 1, so they are not in the plan: Build machine" in words_of(drawn)


def test_a_picture_has_nothing_to_press() -> None:
    """In mode `plan` the channel reads what could be, and how to turn it on."""
    product = ProductPlan(name="Jira", seats=60, seats_before=412, saving=None, renewal=None)
    drawn = plan.render(view(BatchStatus.EXPIRED, figures=PlanFigures(dry=True), products=(product,), pictured=(holder(1),)))
    assert buttons_of(drawn) == {}
    assert "60 idle seats could be taken back" in words_of(drawn)
    assert "With `reclaim` I warn these people" in words_of(drawn)


def test_an_outcome_names_who_needs_somebody() -> None:
    """Taken, kept with the reason and the group in the way, stuck, and not put back: each with its people."""
    members = (
        member(1, ReclaimStatus.TAKEN),
        member(2, ReclaimStatus.STOPPED, code="in_the_way", reasons="external_group", groups="jira-okta"),
        member(3, ReclaimStatus.STOPPED, code="active_again"),
        member(4, ReclaimStatus.NEEDS_ATTENTION, code="still_there"),
        member(5, ReclaimStatus.TAKEN),
    )
    drawn = plan.render(view(BatchStatus.DONE, *members, figures=PlanFigures(undo={"r-5": "no_way_back", "r-1": ASKED})))
    words = words_of(drawn)
    assert "✅  2 of 5 idle seats taken back" in words
    assert "1 kept, `jira-okta` is in the way (your identity provider owns the group: take them out of it there): Person 2" in words
    assert "1 kept, used it again: Person 3" in words
    assert "Person 4 (p4@acme.example): the seat still shows" in words
    assert "1 couldn't be put back: none of its groups or roles may be given by me any more: Person 5" in words
    assert "1 still to be put back: Person 1" in words
    assert set(buttons_of(drawn)) == {plan.UNDO, plan.UNDO_SOME}


@pytest.mark.parametrize("status", [BatchStatus.REFUSED, BatchStatus.EXPIRED, BatchStatus.UNDONE])
def test_what_is_over_offers_nothing(status: BatchStatus) -> None:
    """Nothing is held any more, so that nothing can be put back."""
    drawn = plan.render(view(status, member(1, ReclaimStatus.STOPPED, code="refused"), figures=PlanFigures(reason="not now")))
    assert buttons_of(drawn) == {}


NASTY = st.one_of(st.text(max_size=60), st.sampled_from(("&" * 320, "<!channel>" * 32, "*b* `c` ~d~", "\u200d", "")))
CODES = st.sampled_from([*(code.value for code in (*Kept, *Stuck)), "of_another_release"])


@given(
    status=st.sampled_from(BatchStatus),
    ends=st.lists(st.tuples(st.sampled_from(ReclaimStatus), CODES), max_size=60),
    name=NASTY,
    word=st.sampled_from([ASKED, *(code.value for code in NotUndone), "of_another_release"]),
)
def test_any_plan_is_within_the_limits(status: BatchStatus, ends: list[tuple[ReclaimStatus, str]], name: str, word: str) -> None:
    """One text object over its limit, and nobody can decide anything."""
    members = [
        member(number, one, code=code, name=name, reasons="external_group, admin_role", groups=f"{name}{number}, b")
        for number, (one, code) in enumerate(ends)
    ]
    figures = PlanFigures(undo={one.reclaim.id: word for one in members}, reason=name)
    shown = view(
        status, *members, figures=figures, unwarned=tuple(Unwarned(warning_id=f"w-{n}", holder=holder(n, name=name)) for n in range(9))
    )
    drawn = plan.render(shown)
    blocks = to_json(drawn.blocks)
    assert refuse_message_blocks(blocks) == []
    assert total_text(blocks) < TOTAL_TEXT


def test_a_form_of_many_has_groups_of_a_hundred() -> None:
    """Slack takes a hundred options in one group, and refuses the whole form for one more."""
    members = [member(number, ReclaimStatus.PLANNED, name="&" * 90) for number in range(250)]
    form = plan_forms.edit_form(view(BatchStatus.PROPOSED, *members)).to_dict()
    groups = form["blocks"][0]["element"]["option_groups"]
    assert [len(group["options"]) for group in groups] == [100, 100, 50]


def test_the_owner_reads_what_was_taken_and_how_to_have_it_again() -> None:
    """One button, and the command beside it."""
    drawn = taken.render(TakenView(news="taken", reclaim_id="r-1", product=JIRA, taken_at=NOW, free_until=date(2026, 12, 1)))
    words = words_of(drawn)
    assert "Your seat of Jira was taken back." in words
    assert "Your account, and all that you made there, is as it was." in words
    assert "Until 1 Dec a return costs nothing." in words
    assert buttons_of(drawn) == {taken.ASK_BACK: "r-1"}
