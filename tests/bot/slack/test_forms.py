"""Modals, the status list and Home: what they show, and what comes back from them."""

from dataclasses import replace

import pytest

from bot.figures.awaiting import Awaiting, CardPlace, HeldScan, Pile, ProposedPlan
from bot.policy import CANCELLABLE
from bot.slack.surfaces import home, modals, status
from bot.slack.surfaces.home import HomeView
from bot.slack.surfaces.message import Message, to_json
from bot.slack.surfaces.status import StatusRow
from storage.lifecycle import RequestStatus, Verdict
from tests.bot.slack.words import CONFLUENCE, JIRA, NOW, buttons_of, decision, request, words_of

PRODUCTS = {"jira": JIRA, "confluence": CONFLUENCE}


def test_form_of_one_product_comes_back_with_it() -> None:
    """`/request-jira` has said which product it is about; the form does not ask again."""
    view = modals.request_form(PRODUCTS, product="jira", reason="sprint").to_dict()
    assert [block["type"] for block in view["blocks"]] == ["section", "input"]
    assert view["blocks"][1]["element"]["initial_value"] == "sprint"
    filled = {**view, "state": {"values": {"reason": {"reason": {"value": " sprint  "}}}}}
    assert modals.parse_request(filled) == modals.RequestForm(product="jira", reason="sprint")


def test_form_of_all_products_comes_back_with_the_choice() -> None:
    """`/request-access` asks which one."""
    view = modals.request_form(PRODUCTS).to_dict()
    assert [option["value"] for option in view["blocks"][0]["element"]["options"]] == ["jira", "confluence"]
    state = {"values": {"product": {"product": {"selected_option": {"value": "confluence"}}}, "reason": {"reason": {"value": "wiki"}}}}
    assert modals.parse_request({**view, "state": state}) == modals.RequestForm(product="confluence", reason="wiki")


@pytest.mark.parametrize("nothing", ["  ", "\u200b \u200d", "\u2060\u3164", "\ufe0f\u2800"])
def test_what_nobody_can_see_is_no_reason(nothing: str) -> None:
    """A reason of invisible characters would be sent on as an empty quotation."""
    view = {"private_metadata": "jira", "state": {"values": {"reason": {"reason": {"value": nothing}}}}}
    assert modals.parse_deny(view).reason == ""
    assert modals.parse_request(view).reason == ""


@pytest.mark.parametrize("view", [{}, {"state": None}, {"state": {"values": {"reason": {}}}}])
def test_empty_submission_is_read_as_empty(view: dict[str, object]) -> None:
    """Whatever is missing becomes an answer to the person, not an exception."""
    assert modals.parse_request(view) == modals.RequestForm(product="", reason="")
    assert modals.parse_deny(view) == modals.DenyForm(request_id="", reason="")


def test_deny_form_knows_its_request() -> None:
    """The id comes back with the reason, and everything else is read from the database."""
    view = modals.deny_form("r-ada").to_dict()
    filled = {**view, "state": {"values": {"reason": {"reason": {"value": "no seat for this team"}}}}}
    assert modals.parse_deny(filled) == modals.DenyForm(request_id="r-ada", reason="no seat for this team")


def test_deny_form_says_whom_it_is_about() -> None:
    """Two cards look alike; a no to the wrong person is hard to take back."""
    named = str(modals.deny_form("r-ada", about=modals.Subject(who="U0ADA", product="Jira", reason="planning <!here>")).to_dict()["blocks"])
    assert "<@U0ADA> asks for *Jira*" in named
    assert "“planning <!here>”" in named
    assert "U0ADA" not in str(modals.deny_form("r-ada", about=None).to_dict())


@pytest.mark.parametrize(
    ("written", "account"),
    [
        (" eve@old-name.example ", "eve@old-name.example"),
        ("5b10a2844c20165700ede21g", "5b10a2844c20165700ede21g"),
        ("712020:5f0c1b2e-aaaa-bbbb-cccc-0123456789ab", "712020:5f0c1b2e-aaaa-bbbb-cccc-0123456789ab"),
        ("https://admin.atlassian.com/o/6f1c9b52/users/712020%3A5f0c1b2e/?tab=x", "712020:5f0c1b2e"),
        ("eve", None),
        ("Eve Park", None),
        ("eve@", None),
        ("  ", None),
        ("\u200b", None),
    ],
)
def test_link_form_takes_an_address_or_an_account_id(written: str, account: str | None) -> None:
    """People paste what they have before them: an address, an id, or the page of the person; a name is none of these."""
    view = modals.link_form("r-ada").to_dict()
    filled = {**view, "state": {"values": {"reason": {"reason": {"value": written}}}}}
    assert modals.parse_link(filled) == modals.LinkForm(request_id="r-ada", account=account)


def test_only_what_can_be_taken_back_has_the_button() -> None:
    """A button that would be refused is not shown."""
    for state in RequestStatus:
        shown = buttons_of(status.render_status((StatusRow(request=request(state)),), products=PRODUCTS))
        assert bool(shown) is (state in CANCELLABLE)


def test_status_says_why_a_request_stands_where_it_stands() -> None:
    """ "Waiting" without a reason makes people ask the admins, who then look it up for them."""
    rows = (
        StatusRow(request=request(RequestStatus.WAITING, reason_code="seats_exhausted"), queue_position=3),
        StatusRow(request=request(RequestStatus.NEEDS_ATTENTION, reason_code="ambiguous")),
        StatusRow(request=request(RequestStatus.DENIED), decision=decision(Verdict.DENY, reason="*another* tool")),
    )
    shown = words_of(status.render_status(rows, products=PRODUCTS))
    assert "Jira has no free seat right now. You are number 3 in the queue." in shown
    assert "It isn't clear which Atlassian account is yours" in shown
    assert "<@U0GRACE> denied it" in shown
    assert "“another tool”" in shown


def test_status_knows_products_that_are_gone() -> None:
    """A product that left the settings still has its old requests."""
    assert "compass" in words_of(status.render_status((StatusRow(request=request(product="compass")),), products=PRODUCTS))
    assert "haven't asked" in status.render_status((), products=PRODUCTS).text


def test_help_names_the_command_itself() -> None:
    """People copy what they read."""
    assert "`/request-jira status`" in status.render_help(JIRA, products=PRODUCTS).text
    assert "`/request-confluence`" in status.render_help(None, products=PRODUCTS).text


def test_home_shows_the_queue_only_to_those_who_decide() -> None:
    """Who asked for what is nobody else's business."""
    theirs = (request(requester_slack_id="U0BEN"),)
    decides = HomeView(own=(), may_decide=True, pending=theirs, products=(JIRA,), now=NOW)
    other = HomeView(own=(request(),), may_decide=False, pending=theirs, products=(JIRA, CONFLUENCE), now=NOW)
    assert "U0BEN" in str(to_json(home.render(decides)))
    assert "U0BEN" not in str(to_json(home.render(other)))


def test_home_shows_all_that_waits() -> None:
    """A plan, a wish or a scan that waits is no "everybody has their answer"; whoever doesn't decide sees none of it."""
    place = CardPlace("G0ADMINS", "1.1")
    waits = Awaiting(exemptions=Pile(count=1), plans=(ProposedPlan(seats=12, card=place),), held=(HeldScan("jira"),))
    view = HomeView(
        own=(), may_decide=True, pending=(), products=(JIRA,), now=NOW, awaiting=waits, places={place: "https://acme.slack.com/plan"}
    )
    shown = str(to_json(home.render(view)))
    for told in ("A plan of 12 seats", "1 exemption asked for", "1 scan asks whether to go on: Jira", "https://acme.slack.com/plan"):
        assert told in shown
    assert "Everybody has their answer" not in shown
    assert "A plan of" not in str(to_json(home.render(replace(view, may_decide=False))))
    assert "Everybody has their answer" in str(to_json(home.render(replace(view, awaiting=Awaiting()))))


def test_home_counts_a_request_once() -> None:
    """Those with a row of their own are not counted below; those beyond the rows are."""
    view = HomeView(own=(), may_decide=True, pending=(request(),), products=(JIRA,), now=NOW, awaiting=Awaiting(requests=Pile(count=1)))
    assert "1 access request" not in str(to_json(home.render(view)))
    assert "4 access requests" in str(to_json(home.render(replace(view, awaiting=Awaiting(requests=Pile(count=5))))))


def test_home_leads_to_the_cards() -> None:
    """What waits is decided on its card: one click away where its address is known, in the channel otherwise."""
    theirs = (request(id="r-ben"), request(id="r-cleo", card_channel="G0OTHER"))
    view = HomeView(
        own=(), may_decide=True, pending=theirs, products=(JIRA,), now=NOW, links={"r-ben": "https://acme.slack.com/archives/1"}
    )
    blocks = to_json(home.render(view))
    assert [block["accessory"]["url"] for block in blocks if "accessory" in block] == ["https://acme.slack.com/archives/1"]
    assert "Decide on the cards in <#G0OTHER>." in str(blocks)
    assert "<#G0ADMINS>" not in str(blocks)


def test_home_offers_every_product_and_the_way_back_out() -> None:
    """Home is the same as the commands, without typing."""
    view = HomeView(own=(request(),), may_decide=False, pending=(), products=(JIRA, CONFLUENCE), now=NOW)
    shown = buttons_of(Message(text="", blocks=home.render(view)))
    assert shown == {"form.open.jira": "jira", "form.open.confluence": "confluence", "request.cancel": "r-ada"}
