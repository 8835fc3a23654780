"""Modals, the status list and Home: what they show, and what comes back from them."""

import pytest

from bot.slack.surfaces import home, modals, status
from bot.slack.surfaces.home import HomeView
from bot.slack.surfaces.message import Message, to_json
from storage.lifecycle import RequestStatus
from tests.bot.slack.words import CONFLUENCE, JIRA, NOW, buttons_of, request, words_of

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


def test_only_what_can_be_taken_back_has_the_button() -> None:
    """A button that would be refused is not shown."""
    for state in RequestStatus:
        shown = buttons_of(status.render_status((request(state),), products=PRODUCTS))
        assert bool(shown) is (state in {RequestStatus.PENDING, RequestStatus.APPROVED, RequestStatus.WAITING})


def test_status_knows_products_that_are_gone() -> None:
    """A product that left the settings still has its old requests."""
    assert "compass" in words_of(status.render_status((request(product="compass"),), products=PRODUCTS))
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


def test_home_offers_every_product_and_the_way_back_out() -> None:
    """Home is the same as the commands, without typing."""
    view = HomeView(own=(request(),), may_decide=False, pending=(), products=(JIRA, CONFLUENCE), now=NOW)
    shown = buttons_of(Message(text="", blocks=home.render(view)))
    assert shown == {"form.open.jira": "jira", "form.open.confluence": "confluence", "request.cancel": "r-ada"}
