"""The rules that every card keeps, whatever it shows."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from atlassian.access import WayBack
from bot.billing import Money, ReturnCost
from bot.slack.surfaces import card, causes, taken
from bot.slack.surfaces.brought_back import administration
from bot.slack.surfaces.markup import quoted
from sandbox.server import Sandbox
from storage.lifecycle import RequestStatus
from tests.bot.slack.gallery import CARDS
from tests.bot.slack.words import CONFLUENCE, buttons_of, card_view, state, words_of

R = RequestStatus
PRICE = Money(amount=Decimal("8.15"), currency="USD")
CONTRACT = Path(__file__).parents[2] / "contracts" / "atlassian-admin.openapi.json"

INJECTIONS = (
    "<!channel> <!here> <!everyone>",
    "<@U0GRACE> <!subteam^S0ADMINS> <#C0GENERAL>",
    "@channel @here @everyone",
    "<https://evil.example|Approve>",
    "https://evil.example/approve",
    "*✅ Approved* by `grace`",
    "\u202eevorppA\u202c",
    "line\n> quote\n```code```",
    "<!date^0^{date}|now>",
)


@pytest.mark.parametrize("name", CARDS)
def test_buttons_carry_the_request_id_and_nothing_else(name: str) -> None:
    """Whatever a button carries can be forged or outdated; everything else is read again by the id."""
    assert set(buttons_of(card.render(CARDS[name])).values()) <= {"r-ada"}


@pytest.mark.parametrize("name", CARDS)
def test_only_a_grant_that_was_seen_is_green(name: str) -> None:
    """A green card says that the person can work: not approved, not on its way, not invited."""
    view = CARDS[name]
    seen = view.request.status is R.GRANTED and view.request.reason_code != card.INVITED
    assert ("✅" in words_of(card.render(view))) is seen


@pytest.mark.parametrize("status", R)
def test_a_request_is_decided_only_while_it_is_pending(status: RequestStatus) -> None:
    """A button that can't do anything any more is a trap."""
    shown = set(buttons_of(card.render(card_view(status))))
    expected = {
        R.PENDING: {card.APPROVE, card.DENY},
        R.NEEDS_ATTENTION: {card.RETRY, card.CLOSE},
        # What waits for a seat may wait for ever, and whoever asked for it may have left.
        R.WAITING: {card.CLOSE},
    }
    assert shown == expected.get(status, set())


def test_approver_reads_what_the_click_will_do() -> None:
    """Restoring brings back more than was asked for, and a group gives more than one product: both are said before the click."""
    shown = words_of(card.render(CARDS["pending_everything_to_know"]))
    for fact in (
        "Reactivates the account, lifts the suspension, adds to `jira-users-acme`",
        "Also brings back",
        "also gives Confluence ($6.05 a month, estimate)",
        "twice before",
    ):
        assert fact in shown


@pytest.mark.parametrize("name", ["needs_attention_more_to_know", "needs_attention_approver_gone"])
def test_whoever_approves_anew_reads_what_the_first_one_did(name: str) -> None:
    """That press is an approval too: whatever a pending card warns of stands on this one, and the button says what it is."""
    before, shown = words_of(card.render(CARDS["pending_everything_to_know"])), words_of(card.render(CARDS[name]))
    facts = [line for line in before.splitlines() if line.startswith(("↩️", "🧩", "🚫"))]
    assert len(facts) == 3
    for fact in (*facts, "*Approving*\nReactivates the account", "*Costs*\nNothing before 14 Dec", "*Seats left*\nNone"):
        assert fact in shown
    assert "Approve" in shown.splitlines()
    assert "Try again" not in shown


def test_administration_is_said_as_loudly_to_whoever_approves_anew() -> None:
    """An administrator is made by the second approval as by the first."""
    again = replace(CARDS["needs_attention_more_to_know"], state=CARDS["pending_administration_comes_back"].state)
    assert "*Administration comes back with it:* `atlassian/org-admin`" in words_of(card.render(again))


def test_the_press_after_a_mending_elsewhere_says_that_it_approves() -> None:
    """What a policy approved and Atlassian refused is people's: the sentence asks to try again, the button says that this approves."""
    message = words_of(card.render(card_view(R.NEEDS_ATTENTION, reason_code="refused_by_atlassian", round_number=2)))
    assert "Approve and try again" in message


def test_the_card_says_which_policy_approved_and_when() -> None:
    """Nobody clicked, so this line is all that the channel can ask about; what has ended is not told as if it held."""
    for name in ("approved_by_policy", "granted_by_policy"):
        shown = words_of(card.render(CARDS[name]))
        assert re.search(r"pproved by the policy `free_return` <!date.*: the seat that Comeback took on 20 Nov goes back", shown)
        assert "; costs nothing until 14 Dec" in shown
        later = replace(CARDS[name], now=datetime(2026, 12, 14, tzinfo=UTC))
        assert "; cost nothing until 14 Dec" in words_of(card.render(later))
    ended = words_of(card.render(CARDS["needs_attention_policy_ended"]))
    assert "Was approved by the policy `free_return` <!date" in ended
    assert "costs nothing" not in ended


def test_an_invitation_is_announced_on_the_button() -> None:
    """Inviting somebody is a larger step than adding them to a group."""
    assert "Approve (invites)" in words_of(card.render(CARDS["pending_invitation"]))


def test_an_account_can_be_linked_where_only_the_address_led_nowhere() -> None:
    """Aliases and second domains give no hit, and an invitation would make a second account; a known account leaves no doubt."""
    assert card.LINK in buttons_of(card.render(CARDS["pending_invitation"]))
    elsewhere = state(WayBack.INVITE, reason="other_directory")
    assert card.LINK not in buttons_of(card.render(card_view(state=elsewhere)))


@pytest.mark.parametrize(
    ("code", "reason", "offered"),
    [
        ("ambiguous", "several_accounts", True),
        ("ambiguous", "account_taken", True),
        ("ambiguous", "unknown_status", False),
        ("ambiguous", "directory_unknown", False),
        ("email_mismatch", None, True),
        ("not_seen", None, False),
        ("owned_elsewhere", "no_modifiable_group", False),
    ],
)
def test_an_account_can_be_linked_where_it_is_not_clear_whose_it_is(code: str, reason: str | None, offered: bool) -> None:
    """Naming an account settles this question and no other."""
    view = card_view(R.NEEDS_ATTENTION, reason_code=code, details={"reason": reason} if reason else {})
    assert (card.LINK in buttons_of(card.render(view))) is offered


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (ReturnCost(free_until=date(2026, 12, 14), per_month=PRICE), "Nothing before 14 Dec, then $8.15 a month (estimate)"),
        (ReturnCost(free_until=date(2027, 1, 3), per_month=PRICE), "Nothing before 3 Jan 2027, then $8.15 a month (estimate)"),
        (ReturnCost(free_until=None, per_month=PRICE), "$8.15 a month (estimate)"),
        (ReturnCost(free_until=date(2026, 12, 14), per_month=None), "Nothing before 14 Dec"),
    ],
)
def test_the_cost_of_a_return_is_told_before_the_click(cost: ReturnCost, words: str) -> None:
    """Whoever approves spends money: from when, and how much; and it is an estimate."""
    assert f"*Costs*\n{words}" in words_of(card.render(card_view(cost=cost)))
    assert "*Costs*" not in words_of(card.render(card_view(R.APPROVED, cost=cost)))


def test_unknown_cost_is_not_told_as_nothing() -> None:
    """Without a price in the settings there is no line, rather than a wrong one."""
    for cost in (None, ReturnCost(free_until=None, per_month=None)):
        assert "*Costs*" not in words_of(card.render(card_view(cost=cost)))


def test_a_side_product_is_named_with_its_price() -> None:
    """One group that grants two products costs two seats."""
    view = replace(CARDS["pending_everything_to_know"], prices={CONFLUENCE.resource: PRICE})
    assert "also gives Confluence ($8.15 a month, estimate), with a seat of its own" in words_of(card.render(view))
    assert "also gives Confluence, with a seat of its own" in words_of(card.render(replace(view, prices={})))


def test_administration_that_comes_back_is_said_loudly() -> None:
    """A restore revives an administrator's rights, and an approver who overlooks that makes one."""
    shown = words_of(card.render(CARDS["pending_administration_comes_back"]))
    alarm = next(line for line in shown.splitlines() if line.startswith("⚠️"))
    assert "`atlassian/org-admin`, Confluence (admin)" in alarm
    assert "all-staff" not in alarm
    assert "`confluence-users-acme` (by its name a Confluence seat)" in shown
    assert "⚠️" not in words_of(card.render(CARDS["pending_everything_to_know"]))


@pytest.mark.parametrize(
    "name", ["site-administrators", "Org Owners", "atlassian/brand-new-role", "atlassian/brand-new-role on ari:cloud:x::y"]
)
def test_what_may_be_administration_is_treated_as_such(name: str) -> None:
    """A role that we don't know must not slip through, and of a group there is only the name."""
    assert name in administration((name, "engineering", "atlassian/user on ari:cloud:x::y"))
    assert len(administration((name, "engineering", "atlassian/user on ari:cloud:x::y"))) == 1


@pytest.mark.parametrize("table", [causes.OWNED_ELSEWHERE, causes.AMBIGUOUS])
def test_each_machine_reason_has_its_own_sentence(table: dict[str, str]) -> None:
    """A raw code tells an admin nothing about what to do."""
    code = "ambiguous" if table is causes.AMBIGUOUS else "owned_elsewhere"
    for reason in table:
        way_back = WayBack.AMBIGUOUS if table is causes.AMBIGUOUS else WayBack.OWNED_ELSEWHERE
        found = state(way_back, reason=reason)
        view = card_view(R.NEEDS_ATTENTION, reason_code=code, details={"reason": reason}, state=found, approved_at=None)
        shown = words_of(card.render(view))
        assert f"`{reason}`" not in shown
        assert "{" not in shown.replace("{date_short_pretty} at {time}", "").replace("{date_short}", "")


def test_every_reason_of_atlassian_has_a_sentence() -> None:
    """The keys are those that Atlassian's own description of its API lists."""
    keys = re.search(r'"enum": \[(\s*"administrative",.*?)\]', CONTRACT.read_text(), re.DOTALL)
    assert keys is not None
    assert set(re.findall(r'"([^"]+)"', keys[1])) <= set(causes.OWNED_ELSEWHERE)


def test_reason_that_nobody_foresaw_is_shown_raw() -> None:
    """Better a code to search for than silence."""
    view = card_view(R.NEEDS_ATTENTION, reason_code="owned_elsewhere", details={"reason": "brand.new"}, state=None)
    assert "`brand.new`" in words_of(card.render(view))


def test_two_accounts_are_settled_by_one_command() -> None:
    """The approver copies the command and fills in the one thing that a human has to find out."""
    shown = words_of(card.render(CARDS["needs_attention_two_accounts"]))
    assert "2 accounts have the e-mail ada.park@acme.example" in shown
    assert "`comeback people link U0ADA=ACCOUNT_ID`" in shown


def test_groups_of_the_identity_provider_are_named() -> None:
    """Who has to add somebody by hand wants to know where."""
    assert "one of `jira-eng`, `jira-ops`" in words_of(card.render(CARDS["needs_attention_no_group_of_ours"]))


def test_closed_account_is_not_tried_again() -> None:
    """Nothing brings a closed account back, so a button that promises it only costs time; another account may be linked."""
    message = card.render(CARDS["needs_attention_account_closed"])
    assert set(buttons_of(message)) == {card.LINK, card.CLOSE}
    assert "with another e-mail address" in words_of(message)


def test_closing_names_who_closed() -> None:
    """The others in the channel can ask them."""
    assert "Closed by <@U0GRACE>" in words_of(card.render(CARDS["closed_by_admin"]))


def test_identity_provider_is_named_when_it_decides() -> None:
    """Nothing that an approver presses would help; they have to know where to go."""
    shown = words_of(card.render(card_view(state=state(WayBack.OWNED_ELSEWHERE, reason="externalDirectory.scim"))))
    assert "An identity provider decides here" in shown
    assert "Won't help by itself" in shown


def test_unknown_dates_and_seats_are_not_told_as_none() -> None:
    """ "Never" and "no seats" are facts; "we don't know" is another."""
    shown = words_of(card.render(card_view(state=state(last_active=None), seats_left=None)))
    assert shown.count("Unknown") == 2


def test_reason_that_nobody_knows_still_gets_a_card() -> None:
    """A code from a newer release in a shared database must not stop the redraw."""
    for status in (R.WAITING, R.NEEDS_ATTENTION, R.CLOSED):
        assert card.render(card_view(status, reason_code="brand_new")).blocks


async def test_no_text_of_anybody_pings_or_links(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A request's reason, a name and an address from Atlassian go through every card, and Slack finds nothing in them to act upon."""
    for text in INJECTIONS:
        found = state(account_name=text, email=text, brings_back=(text,), reason=text)
        for status in R:
            view = replace(
                card_view(status, reason=text, reason_code=text, details={"code": text, "reason": text}, state=found), requester_name=text
            )
            message = card.render(view)
            await client.chat_postMessage(channel="G0ADMINS", text=message.text, blocks=[block.to_dict() for block in message.blocks])
    assert {ping.target for ping in sandbox.slack.pings} <= {"U0ADA"}


def test_click_without_an_id_is_refused() -> None:
    """A forged click must not reach the database as an empty id."""
    with pytest.raises(ValueError, match="without a request id"):
        card.parse({"actions": [{"value": ""}]})
    assert card.parse({"actions": [{"value": "r-ada"}]}) == "r-ada"


def test_notification_names_the_person_where_the_name_is_known() -> None:
    """A phone shows the first line only, and a mention there is an id on some clients."""
    assert card.render(card_view(requester_name="Ada *Park*")).text == f"{quoted('Ada Park')} asks for Jira"


def test_what_a_button_says_is_not_quoted_as_a_persons_words() -> None:
    """Nobody wrote it, so that it stands without quotation marks."""
    shown = card_view()
    words = words_of(card.render(replace(shown, request=replace(shown.request, reason=taken.REASON))))
    assert "Asked back with one click." in words
    assert "“" not in words
