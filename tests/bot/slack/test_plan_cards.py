"""A plan's card in every state, as people read it, and within Slack's limits whatever people are called."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import Money
from bot.codes import Kept, NotUndone, Stuck, Undelivered
from bot.idle.plan_figures import ASKED, EDITED, MOST_DEEDS, UNDONE, Deed, PlanFigures
from bot.idle.plan_view import Holder, Member, PlanView, ProductPlan, Unwarned
from bot.slack.surfaces import plan, plan_forms, taken
from bot.slack.surfaces.message import Message, to_json
from bot.slack.surfaces.plan_texts import PLANS
from bot.slack.surfaces.taken import TakenView
from sandbox.slack.blocks.surfaces import TOTAL_TEXT, refuse_message_blocks, total_text
from storage.lifecycle import BatchStatus, ReclaimStatus
from storage.outgoing_records import MailRecord, MailStatus
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


def member(
    number: int, status: ReclaimStatus, *, code: str | None = None, name: str | None = None, warning: str | None = None, **details: str
) -> Member:
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
        warning_id=warning,
    )
    return Member(reclaim=reclaim, holder=holder(number, name=name))


def holder(number: int, *, name: str | None = None) -> Holder:
    """Somebody with a number."""
    email = f"p{number}@acme.example"
    last = NOW - timedelta(days=200 + number)
    return Holder(account_id=f"a-{number}", product="Jira", name=name or f"Person {number}", email=email, last_active_at=last)


def unwarned(number: int, *, name: str | None = None, code: str | None = "no_slack_account", mail: MailStatus | None = None) -> Unwarned:
    """Somebody whom no warning reached, with what became of a *mail*."""
    record = MailRecord(about="", status=mail, at=NOW) if mail else None
    return Unwarned(warning_id=f"w-{number}", holder=holder(number, name=name), code=code, mail=record)


def question_of(drawn: Message) -> str:
    """What is asked before *Approve* counts."""
    (row,) = (block for block in to_json(drawn.blocks) if block["type"] == "actions")
    (approve,) = (element for element in row["elements"] if element["action_id"] == plan.APPROVE)
    return str(approve["confirm"]["text"]["text"])


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
    assert (
        "To be taken by 30 Nov, before the renewal on 1 Dec; a return before then costs nothing, after that about $8.15 a month (estimate)."
        in words
    )
    assert "Longest idle: Person 0 (p0@acme.example): 6 months; Person 1 (p1@acme.example): 6 months. The whole list is in" in words
    assert buttons_of(drawn) == {plan.APPROVE: "b-1", plan.EDIT: "b-1", plan.REFUSE: "b-1"}


def test_a_cost_is_named_only_as_far_as_it_is_known() -> None:
    """Without a price only the renewal says something, and without a renewal any return may be charged from its first day."""
    one = view(BatchStatus.PROPOSED, member(1, ReclaimStatus.PLANNED)).products[0]

    def told(**changes: Any) -> str:
        return words_of(plan.render(view(BatchStatus.PROPOSED, member(1, ReclaimStatus.PLANNED), products=(replace(one, **changes),))))

    assert "a return before then costs nothing.\n" in told(saving=None)
    assert "renews isn't in the settings, so a return may cost about $16.30 a month (estimate).\n" in told(renewal=None)
    assert "renews isn't in the settings, so what a return costs isn't known.\n" in told(renewal=None, saving=None)


def test_a_plan_of_nobody_offers_no_approval() -> None:
    """Only those whom nobody could warn are left: they have to be named first, and the headline asks for that, not for 0 seats."""
    drawn = plan.render(view(unwarned=(unwarned(1, name="Build machine"),)))
    assert buttons_of(drawn) == {plan.EDIT: "b-1", plan.REFUSE: "b-1"}
    words = words_of(drawn)
    assert "*📭  1 person I couldn't warn: decide by name*" in words
    assert "no warning reached them: only whom you add with *Edit…* can be taken." in words
    assert "0 idle seats" not in words
    assert plan.render(view(unwarned=(unwarned(1), unwarned(2)))).text == "📭  2 people I couldn't warn: decide by name"


def test_a_plan_that_everybody_left_says_so() -> None:
    """An approver left them all out: 0 seats can be taken back is no headline."""
    drawn = plan.render(view(BatchStatus.PROPOSED, member(1, ReclaimStatus.STOPPED, code="left_out")))
    assert drawn.text == "🪑  A plan that nobody is left in"
    assert "Left out: Person 1" in words_of(drawn)


@pytest.mark.parametrize(
    ("status", "told"),
    [(BatchStatus.EXPIRED, "⌛  Nobody decided: nothing was taken"), (BatchStatus.REFUSED, "🚫  Refused: nothing was taken")],
)
def test_the_end_of_a_plan_of_nobody_speaks_of_no_seats(status: BatchStatus, told: str) -> None:
    """Nobody was warned, so nobody is asked anew, and no seat stays that might have gone."""
    drawn = plan.render(view(status, figures=PlanFigures(unwarned=("w-1",))))
    assert drawn.text == told
    words = words_of(drawn)
    assert "asked anew" not in words
    assert ("is named again with the next plan" in words) is (status is BatchStatus.EXPIRED)


def test_the_plan_says_why_nobody_could_warn_them() -> None:
    """A machine has no Slack account, somebody who left has: an approver decides differently about the two, on the card and in the form."""
    people = (unwarned(1, code="no_slack_account"), unwarned(2, code="left"), unwarned(3, code="no_slack_account"), unwarned(4, code=None))
    shown = view(unwarned=people)
    words = words_of(plan.render(shown))
    assert "No Slack account with this address: Person 1 (p1@acme.example); Person 3 (p3@acme.example)" in words
    assert "Has left Slack: Person 2 (p2@acme.example)" in words
    assert "No warning reached them: Person 4 (p4@acme.example)" in words
    options = plan_forms.edit_form(shown).to_dict()["blocks"][0]["element"]["options"]
    assert [option["description"]["text"] for option in options[:2]] == ["no Slack account with this address", "has left Slack"]


def test_a_mail_is_named_for_what_it_is() -> None:
    """Taken by a server is no delivery, so an approver reads that and the day, beside why Slack did not reach them."""
    mailed = tuple(unwarned(number, name=f"N{number}", mail=status) for number, status in enumerate(MailStatus))
    words = words_of(plan.render(view(unwarned=mailed)))
    day = f"{NOW:%d %b %Y}"
    assert all(f"N{number}" in words for number in range(3))
    assert f", perhaps mailed {day}; " in words
    assert f", mailed {day}; " in words
    assert words.count(", mail refused") == 1
    form = str(plan_forms.edit_form(view(unwarned=mailed)).to_dict())
    assert f"no Slack account with this address, mailed {day}" in form


def test_who_was_added_unwarned_is_named_before_the_click() -> None:
    """Approving must not rest on a warning that somebody never got."""
    added = member(1, ReclaimStatus.PLANNED, name="Sam Osei", warning="w-1")
    shown = view(BatchStatus.PROPOSED, member(2, ReclaimStatus.PLANNED), added, figures=PlanFigures(unwarned=("w-1",)))
    told = "⚠️ 1 of them was *not* warned; an approver added them: Sam Osei (p1@acme.example)."
    drawn = plan.render(shown)
    assert f"{told}\nThe others were warned, and nobody asked to keep theirs." in words_of(drawn)
    assert told in question_of(drawn)
    alone = words_of(plan.render(view(BatchStatus.PROPOSED, added, figures=PlanFigures(unwarned=("w-1",)))))
    assert "were warned" not in alone


def test_the_question_fits_whatever_the_plan() -> None:
    """Slack refuses a confirmation of more than 300 characters, and with it the whole card; that somebody was not warned is in any."""
    added = member(1, ReclaimStatus.PLANNED, name="&" * 90, warning="w-1")
    shown = view(BatchStatus.PROPOSED, added, figures=PlanFigures(unwarned=("w-1",)))
    question = question_of(plan.render(replace(shown, products=shown.products * 6)))
    assert len(question) <= 300
    assert "1 idle seat of 6 products." in question
    assert "*not* warned" in question


def of_two(*members: Member, status: BatchStatus = BatchStatus.PROPOSED, **changes: Any) -> PlanView:
    """A plan of Jira and of Confluence."""
    one = view(status, *members, **changes)
    return replace(one, products=(*one.products, replace(one.products[0], name="Confluence")))


def in_confluence(one: Member) -> Member:
    """The same person's other seat."""
    return replace(one, reclaim=replace(one.reclaim, id=f"{one.reclaim.id}-c"), holder=replace(one.holder, product="Confluence"))


def test_a_plan_of_several_products_says_which_seat_is_meant() -> None:
    """The same name twice reads as an error, and whoever has two seats may be using one of them."""
    both = [seat for number in range(4) for one in [member(number, ReclaimStatus.PLANNED)] for seat in (one, in_confluence(one))]
    words = words_of(plan.render(of_two(*both, unwarned=(unwarned(9, name="Build"),))))
    first, second = "Person 0 (p0@acme.example, Jira): 6 months", "Person 0 (p0@acme.example, Confluence): 6 months"
    assert f"Longest idle: {first}; {second}; Person 1 (" in words
    assert "6 months; and 1 more seat. The whole list" in words
    assert "No Slack account with this address: Build (p9@acme.example, Jira)" in words


def test_an_outcome_names_each_person_once() -> None:
    """Of several products it says which seats each of them lost; what is not listed is counted in people."""
    both = [seat for number in range(9) for one in [member(number, ReclaimStatus.TAKEN)] for seat in (one, in_confluence(one))]
    words = words_of(plan.render(of_two(*both, status=BatchStatus.DONE)))
    assert "18 taken: Person 0 (p0@acme.example, Jira, Confluence); Person 1 (p1@acme.example, Jira, Confluence); " in words
    assert "Person 6 (p6@acme.example, Jira, Confluence); and 2 more people" in words


def test_the_headline_counts_what_is_back() -> None:
    """A headline of 3 taken is wrong about the seats that are free, as long as it says nothing of the one that returned."""
    taken_, back = (member(number, ReclaimStatus.TAKEN) for number in range(2)), member(7, ReclaimStatus.RETURNED, code="request")
    assert plan.render(view(BatchStatus.DONE, *taken_, back)).text == "✅  3 of 3 idle seats taken back, 1 of them returned since"
    assert plan.render(view(BatchStatus.DONE, back)).text == "✅  1 of 1 idle seat taken back, and returned since"
    going = plan.render(view(BatchStatus.APPROVED, member(1, ReclaimStatus.TAKEN), back, member(2, ReclaimStatus.APPROVED)))
    assert going.text == "🔵  Taking idle seats back: 2 of 3 taken, 1 of them returned since"


def test_only_buttons_that_are_there_are_named() -> None:
    """Who reads *Undo…* looks for a button of that name, and finds two others."""
    proposed = plan.render(view(BatchStatus.PROPOSED, member(1, ReclaimStatus.PLANNED)))
    done = plan.render(view(BatchStatus.DONE, member(1, ReclaimStatus.NEEDS_ATTENTION, code="still_there")))
    told = [question_of(proposed), words_of(done), *(news.body for news in PLANS.values())]
    named = {name for text in told for name in re.findall(r"\*(Undo[^*]*)\*", text)}
    (row,) = (block for block in to_json(done.blocks) if block["type"] == "actions")
    assert named == {element["text"]["text"] for element in row["elements"]}


def test_the_list_in_the_thread_is_that_after_an_edit() -> None:
    """The first list has people whom somebody left out since; and who did is on the card."""
    deed = Deed(what=EDITED, by="U0OMAR", at=NOW)
    members = (member(number, ReclaimStatus.PLANNED) for number in range(2))
    words = words_of(plan.render(view(BatchStatus.PROPOSED, *members, figures=PlanFigures(edits=1), deeds=(deed,))))
    assert "The whole list, as changed, is in the thread." in words
    assert "Changed by <@U0OMAR>" in words


def test_a_picture_has_nothing_to_press() -> None:
    """In mode `plan` the channel reads what could be, and how to turn it on."""
    product = ProductPlan(name="Jira", seats=60, seats_before=412, saving=None, renewal=None)
    drawn = plan.render(view(BatchStatus.EXPIRED, figures=PlanFigures(dry=True), products=(product,), pictured=(holder(1),)))
    assert buttons_of(drawn) == {}
    assert "60 idle seats could be taken back" in words_of(drawn)
    assert "With `reclaim` I warn these people" in words_of(drawn)
    assert "Person 1 (p1@acme.example): 6 months; and 59 more seats. The whole list" in words_of(drawn)


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
    assert "2 taken: Person 1 (p1@acme.example); Person 5 (p5@acme.example)" in words
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


def test_a_plan_that_ended_undecided_says_what_follows() -> None:
    """A word counts for two months: until then for the next plan, and nobody is taken by an older one."""
    words = words_of(plan.render(view(BatchStatus.EXPIRED, member(1, ReclaimStatus.STOPPED, code="expired"))))
    assert "Nobody decided this plan: 1 idle seat stays" in words
    assert "in the next plan unless they come back. Where that comes more than two months later, they are asked anew." in words


def test_put_back_is_what_the_undo_did() -> None:
    """Somebody who asked for their seat, or had it back by itself, was not put back by whoever pressed *Undo*, who is named."""
    ends = ("undo", "undo", "request", "by_itself")
    members = [member(number, ReclaimStatus.RETURNED, code=how) for number, how in enumerate(ends)]
    figures = PlanFigures(undo={"r-0": ASKED, "r-1": ASKED})
    deed = Deed(what=UNDONE, by="U0OMAR", at=NOW)
    words = words_of(plan.render(view(BatchStatus.UNDONE, *members, figures=figures, deeds=(deed,))))
    assert "↩️  2 of 2 idle seats put back" in words
    assert "2 back, put back by an undo: Person 0 (p0@acme.example); Person 1 (p1@acme.example)" in words
    assert "1 back, asked for and granted: Person 2" in words
    assert "All undone by <@U0OMAR>" in words


def of_person(one: Member, account_id: str, *, product: str) -> Member:
    """The seat, of that person and product."""
    return replace(one, holder=replace(one.holder, account_id=account_id, product=product))


NASTY = st.one_of(st.text(max_size=60), st.sampled_from(("&" * 320, "<!channel>" * 32, "*b* `c` ~d~", "\u200d", "")))
CODES = st.sampled_from([*(code.value for code in (*Kept, *Stuck)), "of_another_release"])


@given(
    status=st.sampled_from(BatchStatus),
    ends=st.lists(st.tuples(st.sampled_from(ReclaimStatus), CODES), max_size=60),
    name=NASTY,
    word=st.sampled_from([ASKED, *(code.value for code in NotUndone), "of_another_release"]),
    products=st.sampled_from([1, 3]),
    people=st.sampled_from([1, 60]),
)
def test_any_plan_is_within_the_limits(
    status: BatchStatus, ends: list[tuple[ReclaimStatus, str]], name: str, word: str, products: int, people: int
) -> None:
    """One text object over its limit, and nobody can decide anything."""
    members = [
        of_person(
            member(
                number,
                one,
                code=code,
                name=name,
                warning=f"m-{number % 2}",
                reasons="external_group, admin_role",
                groups=f"{name}{number}, b",
            ),
            f"a-{number % people}",
            product=f"{name}{number % products}",
        )
        for number, (one, code) in enumerate(ends)
    ]
    figures = PlanFigures(undo={one.reclaim.id: word for one in members}, reason=name, unwarned=("m-1",), edits=1)
    beside = tuple(unwarned(number, name=name, code=code.value, mail=MailStatus.BEGUN) for number, code in enumerate(2 * [*Undelivered]))
    deeds = tuple(Deed(what=EDITED, by="U0OMAR", at=NOW) for _ in range(MOST_DEEDS))
    shown = view(status, *members, figures=figures, unwarned=beside, deeds=deeds)
    many = tuple(replace(shown.products[0], name=f"{name}{number}") for number in range(products))
    drawn = plan.render(replace(shown, products=many))
    blocks = to_json(drawn.blocks)
    assert refuse_message_blocks(blocks) == []
    assert total_text(blocks) < TOTAL_TEXT


def test_a_form_of_many_has_groups_of_a_hundred() -> None:
    """Slack takes a hundred options in one group, and refuses the whole form for one more."""
    members = [member(number, ReclaimStatus.PLANNED, name="&" * 90) for number in range(250)]
    form = plan_forms.edit_form(view(BatchStatus.PROPOSED, *members)).to_dict()
    groups = form["blocks"][0]["element"]["option_groups"]
    assert [len(group["options"]) for group in groups] == [100, 100, 50]


def test_a_form_takes_as_many_as_are_done_at_once() -> None:
    """A thousand at one click would take longer than anybody waits for an answer; a short list has no limit to read about."""
    many, few = (
        plan_forms.edit_form(view(BatchStatus.PROPOSED, *(member(number, ReclaimStatus.PLANNED) for number in range(count)))).to_dict()
        for count in (plan_forms.MOST_AT_ONCE + 1, plan_forms.MOST_AT_ONCE)
    )
    assert many["blocks"][0]["element"]["max_selected_items"] == plan_forms.MOST_AT_ONCE
    assert "At most 50 at a time." in str(many["blocks"][0]["hint"])
    assert "max_selected_items" not in few["blocks"][0]["element"]
    assert "At most" not in str(few["blocks"][0]["hint"])


def test_the_owner_reads_what_was_taken_and_how_to_have_it_again() -> None:
    """One button, and the command beside it; what a seat costs is the company's matter."""
    drawn = taken.render(TakenView(news="taken", reclaim_id="r-1", product=JIRA, taken_at=NOW))
    words = words_of(drawn)
    assert "Your Jira seat was freed, as it wasn't in use." in words
    assert "Nothing you made is gone, and one click asks for it back." in words
    assert "cost" not in words
    assert buttons_of(drawn) == {taken.ASK_BACK: "r-1"}


def test_a_seat_that_is_back_is_not_asked_for() -> None:
    """The old message has no button any more, and says what is true now; whom an undo helped reads that it was given back."""
    back = taken.render(TakenView(news="taken", reclaim_id="r-1", product=JIRA, taken_at=NOW, back_at=NOW))
    assert taken.ASK_BACK not in buttons_of(back)
    assert "You have your Jira seat again." in words_of(back)
    given = taken.render(TakenView(news="given_back", reclaim_id="r-1", product=JIRA, taken_at=NOW))
    assert "Your Jira seat was given back." in words_of(given)
