"""The digest as Slack gets it: short, complete in words, and within every limit."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.billing import Money
from bot.figures.awaiting import Awaiting, CardPlace, HeldScan, Pile, ProposedPlan
from bot.figures.report import Outcome, ProductReport, Report, Saving, SeatsNow, length, percent
from bot.figures.savings import PeriodSaving
from bot.slack.surfaces import digest
from bot.slack.surfaces.digest import DigestView
from bot.slack.surfaces.message import to_json
from bot.slack.surfaces.seat_lines import rate_line
from bot.slack.team import Team

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC)
PLAN = CardPlace("G0ADMINS", "1700000000.000100")
HELD = CardPlace("G0ADMINS", "1700000000.000200")
NO_PRICE = Saving(realised=None, monthly=None, possible=None, months=(), forecast=())
QUIET = Awaiting()


def dollars(amount: int) -> Money:
    """An amount in US dollars."""
    return Money(amount=Decimal(amount), currency="USD")


def product(key: str = "jira", *, name: str = "Jira", idle: int = 24, saving: Saving | None = None) -> ProductReport:
    """A product with a past."""
    return ProductReport(
        key=key,
        name=name,
        classes={},
        now=SeatsNow(in_use=303, idle=idle, warned=12, free=60),
        outcome=Outcome(warned=80, kept=30, let_go=10, taken=69, returned=9, asked_back=6, undone=1),
        saving=saving or Saving(realised=dollars(1240), monthly=dollars(488), possible=dollars(195), months=(), forecast=()),
    )


def view(*products: ProductReport, awaiting: Awaiting = QUIET, **facts: object) -> DigestView:
    """A digest of these products; its plan's card has an address."""
    so_far = Report(since=BEGIN, until=END, products=products or (product(),), access_seconds=240.0)
    quiet = tuple(replace(one, outcome=Outcome(taken=5, returned=2)) for one in so_far.products)
    given = {"links": {PLAN: "https://acme.slack.com/archives/G0ADMINS/p1700000000000100"}, "reclaims": True, **facts}
    return DigestView(so_far=so_far, week=replace(so_far, products=quiet), awaiting=awaiting, today=date(2026, 11, 23), **given)  # type: ignore[arg-type]


def in_a_period(saved: int, expected: int) -> Saving:
    """So much in the present billing period, and so much expected of the next."""
    period = PeriodSaving(begins=date(2026, 11, 14), saved=dollars(saved), renews=date(2026, 12, 14), expected=dollars(expected))
    return replace(product().saving, period=period)


def words(of: DigestView) -> str:
    """All that a person reads."""
    return str(to_json(digest.render(of).blocks))


def test_figures_and_news_are_side_by_side() -> None:
    """What it came to, and what of it happened this week; every amount is called an estimate."""
    shown = words(view())
    for told in (
        "303 seats in use · 24 idle · 12 warned",
        "69 reclaimed (5 this week) · 9 returned (2 this week)",
        "Saved so far *$1,240.00* · now *$488.00* a month · the idle seats would add $195.00 (estimates)",
        "Of those who answered, 75 % kept · asked back 9 % of those taken · undone 1 · from ask to access 4 min (last 90 days)",
        "*estimates*",
        "Nothing waits for you",
    ):
        assert told in shown


def test_what_is_not_known_yet_is_left_out() -> None:
    """A row of dashes, or of zeros before anything was taken, is no news."""
    so_far = replace(view().so_far, products=(replace(product(), outcome=Outcome()),), access_seconds=None)
    fresh = replace(view(), so_far=so_far, week=so_far)
    shown = words(fresh)
    for zero in ("undone", "reclaimed", "returned", "Of those", "rom ask to access"):
        assert zero not in shown
    assert "12 warned. Saved so far" in digest.render(fresh).text


def test_the_line_of_rates_begins_as_a_sentence() -> None:
    """Whichever of its parts is the first that is known."""
    quick = replace(view().so_far, products=(replace(product(), outcome=Outcome()),))
    assert rate_line(quick) == "From ask to access 4 min (last 90 days)"
    assert rate_line(replace(quick, products=(replace(product(), outcome=Outcome(taken=4)),))).startswith(
        "Asked back 0 % of those taken · undone 0"
    )


def test_one_product_has_no_sum() -> None:
    """The same figures twice make a reader look for the difference."""
    assert "All products" not in words(view())
    assert "606 seats in use" in words(view(product(), product("confluence", name="Confluence")))


def test_a_price_that_is_not_known_is_asked_for() -> None:
    """No amount is shown rather than a zero, and the settings that are missing are named."""
    shown = words(view(product(saving=NO_PRICE)))
    assert "$" not in shown
    assert "COMEBACK_PRODUCTS__JIRA__PRICE" in shown


def test_nothing_saved_yet_is_not_boasted_with() -> None:
    """Before the first renewal only what the idle seats cost is news."""
    shown = words(view(product(saving=replace(product().saving, realised=dollars(0), monthly=dollars(0)))))
    assert "The idle seats cost *$195.00* a month (estimate)" in shown
    assert "Saved so far" not in shown


@pytest.mark.parametrize(
    ("saved", "expected", "told"),
    [
        (430, 488, "saved about *$430.00* · the next (from 14 December) about *$488.00* (estimates)"),
        (0, 488, "saved nothing yet · the next (from 14 December) about *$488.00* (estimates)"),
        (430, 0, "saved about *$430.00* · the next (from 14 December) nothing (estimates)"),
    ],
)
def test_the_billing_period_has_one_line(saved: int, expected: int, told: str) -> None:
    """What this one brought and what to expect of the next, which whoever pays the bill asks first; the sum of all has no period."""
    shown = words(view(product(saving=in_a_period(saved, expected)), product("confluence", name="Confluence")))
    assert shown.count("This billing period") == 1
    assert f"This billing period {told}" in shown


def test_a_billing_period_of_nothing_has_no_line() -> None:
    """Twice nothing is no news."""
    assert "This billing period" not in words(view(product(saving=in_a_period(0, 0))))
    assert "This billing period" not in words(view())


def test_what_waits_is_counted_with_its_links() -> None:
    """One line for each kind, a link for each card that is known, and one button, into the plan."""
    first, second = CardPlace("G0ADMINS", "1.1"), CardPlace("G0ADMINS", "2.2")
    waits = Awaiting(
        requests=Pile(count=7, cards=(first, second)),
        stuck_requests=Pile(count=1),
        exemptions=Pile(count=1, cards=(CardPlace("G0ADMINS", "3.3"),)),
        plans=(ProposedPlan(seats=12, card=PLAN),),
        held=(HeldScan("jira", card=HELD), HeldScan("confluence")),
        stuck_removals=2,
        unreached=3,
    )
    links = {first: "https://x.example/1", second: "https://x.example/2", PLAN: "https://x.example/plan", HELD: "https://x.example/held"}
    shown = words(view(awaiting=waits, links=links))
    for told in (
        "A plan of 12 seats",
        "7 access requests (<https://x.example/1|card 1>, <https://x.example/2|card 2>)",
        "1 request that needs a hand",
        "1 exemption asked for",
        "2 scans ask whether to go on: Jira (<https://x.example/held|card>), confluence",
        "2 removals that got stuck",
        "3 people I couldn't warn",
        "https://x.example/plan",
    ):
        assert told in shown
    assert shown.count("'type': 'button'") == 1


def test_a_plan_without_an_address_has_no_button() -> None:
    """A button that leads nowhere is worse than none."""
    shown = words(view(awaiting=Awaiting(plans=(ProposedPlan(seats=1, card=None),))))
    assert "A plan of 1 seat" in shown
    assert "'button'" not in shown


def test_of_several_plans_each_is_linked() -> None:
    """Products renew on different days, so several may wait: the button leads into the first to end, and each line to its own."""
    other = CardPlace("G0ADMINS", "9.9")
    waits = Awaiting(plans=(ProposedPlan(seats=12, card=PLAN), ProposedPlan(seats=3, card=other)))
    shown = words(view(awaiting=waits, links={PLAN: "https://x.example/plan", other: "https://x.example/other"}))
    assert "A plan of 12 seats (<https://x.example/plan|card>)" in shown
    assert "A plan of 3 seats (<https://x.example/other|card>)" in shown
    assert "2 things wait for you" in digest.render(view(awaiting=waits)).text


def test_a_plan_of_no_seats_says_what_it_asks() -> None:
    """A plan of 0 seats sends nobody to its card, where whom I couldn't warn waits for a decision by name."""
    empty = ProposedPlan(seats=0, card=None)
    asks = words(view(awaiting=Awaiting(plans=(empty,), unreached=2)))
    assert "A plan that asks about people I couldn't warn" in asks
    assert "2 people I couldn't warn: the plan lists them" in asks
    assert "0 seats" not in asks
    assert "1 person I couldn't warn: the next plan lists them" in words(view(awaiting=Awaiting(unreached=1)))


def test_plan_mode_is_said() -> None:
    """Who waits for seats to be freed should know that nothing is."""
    assert "COMEBACK_IDLE__MODE=reclaim" in words(view(reclaims=False))
    assert "COMEBACK_IDLE__MODE" not in words(view())


def test_text_says_the_whole_news() -> None:
    """A notification and a screen reader have no blocks."""
    text = digest.render(view(awaiting=Awaiting(requests=Pile(count=2), held=(HeldScan("jira"),)))).text
    assert "303 seats in use, 24 idle, 12 warned" in text
    assert "5 reclaimed and 2 returned this week" in text
    assert "$1,240.00 (estimate)" in text
    assert "3 things wait for you" in text


async def test_slack_takes_the_longest_digest(client: AsyncWebClient) -> None:
    """Forty-nine products whose names are markup, and everything waiting: the busiest are shown, and it fits."""
    products = [product(f"p{number}", name="<&>*" * 15, idle=number, saving=in_a_period(430, 488)) for number in range(49)]
    places = tuple(CardPlace("G0ADMINS", f"{number}.1") for number in range(3))
    waits = Awaiting(
        requests=Pile(count=4000, cards=places),
        exemptions=Pile(count=200, cards=places),
        held=tuple(HeldScan(one.key, card=places[0]) for one in products),
    )
    links = dict.fromkeys(places, "https://acme.slack.com/archives/G0ADMINS/p1700000000000100")
    message = digest.render(view(*products, awaiting=waits, links=links))
    assert len(message.text) < 4000
    posted = await client.chat_postMessage(channel="G0ADMINS", text=message.text, blocks=to_json(message.blocks))
    assert posted["ok"]
    shown = str(to_json(message.blocks))
    assert "48 idle" in shown
    assert "40 idle" not in shown


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, "-"), (12.4, "12 s"), (60, "1 min"), (5400, "90 min"), (9000, "2.5 h"), (200_000, "2.3 days")]
)
def test_times_are_told_in_one_unit(seconds: float | None, told: str) -> None:
    """Nobody divides by 3,600 in their head."""
    assert length(seconds) == told


def test_unknown_shares_are_dashes() -> None:
    """Of nothing there is no share."""
    assert (percent(None), percent(Fraction(1, 3)), percent(Fraction(0))) == ("-", "33 %", "0 %")


def test_addresses_of_messages() -> None:
    """As Slack's own permalinks; none where the workspace's address is not known."""
    team = Team(team_id="T0", enterprise_id=None, app_id="A0", bot_user_id="U0", bot_id="B0", url="https://acme.slack.com/")
    assert team.link_to("C1", "1700000000.000100") == "https://acme.slack.com/archives/C1/p1700000000000100"
    assert replace(team, url="").link_to("C1", "1.2") is None
