"""What an admin writes about idle seats and about prices is checked as a whole, and told in sentences."""

from datetime import time
from decimal import Decimal

import pytest

from bot.settings import PriceTier, load
from tests.bot.outside import COMPLETE, JIRA, Outside
from tests.bot.test_settings import problems_of

JIRA_TABLE = f'[products.jira]\nresource = "{JIRA}"\n'


def test_careful_defaults(outside: Outside) -> None:
    """Nothing is removed, and nobody warned, until an admin says so."""
    outside.set(COMPLETE)
    idle = load().idle
    assert idle.mode == "plan"
    assert (idle.after_days, idle.warn_days, idle.grace_days, idle.keep_days, idle.lead_days) == (90, 14, 30, 90, 5)
    assert (idle.max_share, idle.max_per_run, idle.remind_days, idle.protected_groups) == (0.2, 200, (7, 1), ())
    assert (idle.stale_hours, idle.same_day_from, idle.fewer_share) == (96, 20, 0.2)
    assert (idle.scan_time, idle.digest_day, idle.digest_time, idle.digest_channel) == (time(3), "mon", time(9), None)


def test_product_has_no_price_unless_told(outside: Outside) -> None:
    """A made-up price would be a made-up saving."""
    outside.set(COMPLETE)
    jira = load().products["jira"]
    assert (jira.price, jira.price_tiers, jira.currency, jira.billing) == (None, (), "USD", "monthly")
    assert (jira.renewal_day, jira.renewal_month) == (None, None)


def test_idle_settings_come_from_variables_and_file(outside: Outside) -> None:
    """Both spell the same table, and lists stand in order whatever the order they were written in."""
    outside.set({**COMPLETE, "COMEBACK_IDLE__MODE": "Reclaim", "COMEBACK_IDLE__REMIND_DAYS": "[1, 10, 5]"})
    outside.write("comeback.toml", '[idle]\nafter_days = 60\nprotected_groups = ["service accounts"]\nscan_at = "22:45"\n')
    idle = load().idle
    assert (idle.mode, idle.remind_days, idle.after_days) == ("reclaim", (10, 5, 1), 60)
    assert (idle.protected_groups, idle.scan_time) == (("service accounts",), time(22, 45))


def test_prices_are_exact(outside: Outside) -> None:
    """A price is the number that was written, to the cent, from a file as from a variable."""
    outside.set(
        {
            **COMPLETE,
            "COMEBACK_PRODUCTS__JIRA__PRICE_TIERS": '[{"up_to": 100, "price": 8.15}, {"price": "6.40"}]',
            "COMEBACK_PRODUCTS__JIRA__CURRENCY": "eur",
        }
    )
    outside.write("comeback.toml", f'{JIRA_TABLE}price = 8.15\n[products.wiki]\nresource = "{JIRA}"\nprice_tiers = [{{ price = 0.1 }}]\n')
    products = load().products
    assert products["jira"].price == Decimal("8.15")
    assert products["jira"].price_tiers == (PriceTier(up_to=100, price=Decimal("8.15")), PriceTier(price=Decimal("6.40")))
    assert products["jira"].currency == "EUR"
    assert products["wiki"].price_tiers == (PriceTier(price=Decimal("0.1")),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IDLE__MODE", "remove"),
        ("IDLE__AFTER_DAYS", "2"),
        ("IDLE__WARN_DAYS", "0"),
        ("IDLE__GRACE_DAYS", "-1"),
        ("IDLE__KEEP_DAYS", "a while"),
        ("IDLE__REMIND_DAYS", "[7, 7]"),
        ("IDLE__REMIND_DAYS", "[14]"),
        ("IDLE__REMIND_DAYS", "[0]"),
        ("IDLE__REMIND_DAYS", "7"),
        ("IDLE__MAX_SHARE", "20"),
        ("IDLE__MAX_SHARE", "nan"),
        ("IDLE__STALE_HOURS", "47"),
        ("IDLE__STALE_HOURS", "721"),
        ("IDLE__SAME_DAY_FROM", "4"),
        ("IDLE__SAME_DAY_FROM", "10001"),
        ("IDLE__FEWER_SHARE", "0"),
        ("IDLE__FEWER_SHARE", "0.95"),
        ("IDLE__FEWER_SHARE", "nan"),
        ("IDLE__MAX_PER_RUN", "0"),
        ("IDLE__LEAD_DAYS", "0"),
        ("IDLE__PROTECTED_GROUPS", "service-accounts"),
        ("IDLE__SCAN_AT", "24:00"),
        ("IDLE__SCAN_AT", "3 am"),
        ("IDLE__DIGEST_DAY", "someday"),
        ("IDLE__DIGEST_AT", "09:60"),
        ("IDLE__DIGEST_CHANNEL", "#admins"),
        ("PRODUCTS__JIRA__PRICE", "-1"),
        ("PRODUCTS__JIRA__PRICE", "NaN"),
        ("PRODUCTS__JIRA__PRICE", "$8.15"),
        ("PRODUCTS__JIRA__PRICE_TIERS", "8.15"),
        ("PRODUCTS__JIRA__PRICE_TIERS", "[8.15"),
        ("PRODUCTS__JIRA__PRICE_TIERS", '[{"up_to": 100, "price": 8.15}]'),
        ("PRODUCTS__JIRA__PRICE_TIERS", '[{"price": 8.15}, {"price": 6.4}]'),
        ("PRODUCTS__JIRA__PRICE_TIERS", '[{"up_to": 9, "price": 8}, {"up_to": 9, "price": 7}, {"price": 6.4}]'),
        ("PRODUCTS__JIRA__PRICE_TIERS", '[{"up_to": 100}, {"price": 6.4}]'),
        ("PRODUCTS__JIRA__PRICE_TIERS", '[{"price": 6.4, "upto": 5}]'),
        ("PRODUCTS__JIRA__CURRENCY", "euros"),
        ("PRODUCTS__JIRA__BILLING", "weekly"),
        ("PRODUCTS__JIRA__RENEWAL_DAY", "32"),
        ("PRODUCTS__JIRA__RENEWAL_MONTH", "13"),
        ("PRODUCTS__JIRA__RENEWAL_MONTH", "6"),
    ],
)
def test_wrong_value_has_one_sentence(outside: Outside, name: str, value: str) -> None:
    """The sentence names the variable, says what was expected and gives an example."""
    name = f"COMEBACK_{name}"
    outside.set({**COMPLETE, name: value})
    sentences = problems_of()
    assert list(sentences) == [name]
    assert sentences[name].startswith(f"{name} must be ")
    assert f"for example {name}=" in sentences[name]


def test_reminders_must_fit_before_the_plan(outside: Outside) -> None:
    """A reminder a week before a plan that comes three days after its warning would never be sent."""
    outside.set({**COMPLETE, "COMEBACK_IDLE__WARN_DAYS": "3", "COMEBACK_IDLE__REMIND_DAYS": "[7]"})
    assert "below WARN_DAYS" in problems_of()["COMEBACK_IDLE__REMIND_DAYS"]
    outside.unset("COMEBACK_IDLE__REMIND_DAYS")
    assert load().idle.warn_days == 3


def test_old_data_stop_a_scan_before_all_are_idle(outside: Outside) -> None:
    """Data that stand still for longer than idle takes would make everybody idle."""
    outside.set({**COMPLETE, "COMEBACK_IDLE__AFTER_DAYS": "10", "COMEBACK_IDLE__STALE_HOURS": "241"})
    assert "of no more days than AFTER_DAYS" in problems_of()["COMEBACK_IDLE__STALE_HOURS"]
    outside.set({"COMEBACK_IDLE__STALE_HOURS": "240"})
    assert load().idle.stale_hours == 240
    outside.set({"COMEBACK_IDLE__AFTER_DAYS": "a few"})
    assert list(problems_of()) == ["COMEBACK_IDLE__AFTER_DAYS"]


def test_year_needs_a_day_and_a_month(outside: Outside) -> None:
    """An annual plan that renews on "the 30th" renews nobody knows when."""
    annual = {**COMPLETE, "COMEBACK_PRODUCTS__JIRA__BILLING": "annual", "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "30"}
    outside.set(annual)
    month = "COMEBACK_PRODUCTS__JIRA__RENEWAL_MONTH"
    sentences = problems_of()
    assert list(sentences) == [month]
    assert sentences[month].startswith(f"{month} is missing: set it to a month from 1 to 12")
    outside.set({month: "6"})
    assert load().products["jira"].renewal_month == 6
    outside.unset("COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY")
    assert problems_of()[month].startswith(f"{month} must be a month from 1 to 12, with RENEWAL_DAY")


def test_a_policy_of_free_returns_needs_the_renewal(outside: Outside) -> None:
    """The remedy is the day that tells what is free, and never a policy that gives more away."""
    day = "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY"
    outside.set({**COMPLETE, "COMEBACK_PRODUCTS__JIRA__AUTO_APPROVE": "free_return"})
    sentences = problems_of()
    assert list(sentences) == [day]
    assert sentences[day].startswith(f"{day} is missing (needed with AUTO_APPROVE")
    assert sentences[day].endswith(f"for example {day}=14.")
    outside.set({day: "14"})
    assert load().products["jira"].auto_approve == "free_return"


def test_wrong_billing_is_told_alone(outside: Outside) -> None:
    """One mistake is one sentence: the month is not blamed for what is wrong with the kind of plan."""
    outside.set(
        {
            **COMPLETE,
            "COMEBACK_PRODUCTS__JIRA__BILLING": "yearly",
            "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "30",
            "COMEBACK_PRODUCTS__JIRA__RENEWAL_MONTH": "6",
        }
    )
    assert list(problems_of()) == ["COMEBACK_PRODUCTS__JIRA__BILLING"]


@pytest.mark.parametrize(
    ("line", "name", "example"),
    [
        (
            f"{JIRA_TABLE}price_tiers = [8]",
            "products.jira.price_tiers",
            "price_tiers = [{up_to = 100, price = 8.15}, {price = 6.4}] under [products.jira]",
        ),
        ("[idle]\nremind_days = [7, 7]", "idle.remind_days", "remind_days = [7, 1] under [idle]"),
        ('[idle]\nscan_at = "3"', "idle.scan_at", 'scan_at = "03:00" under [idle]'),
    ],
)
def test_what_the_file_says_is_told_in_its_words(outside: Outside, line: str, name: str, example: str) -> None:
    """The example is a line for the file, inline tables included."""
    outside.set(COMPLETE)
    outside.write("comeback.toml", line)
    sentences = problems_of()
    assert list(sentences) == [name]
    assert sentences[name].endswith(f"for example {example}.")


def test_unknown_idle_setting_is_told_the_nearest(outside: Outside) -> None:
    """A mistyped breaker breaks nothing."""
    outside.set({**COMPLETE, "COMEBACK_IDLE__MAX_SHARES": "0.1"})
    assert problems_of() == {
        "COMEBACK_IDLE__MAX_SHARES": "COMEBACK_IDLE__MAX_SHARES is not a setting of Comeback: did you mean COMEBACK_IDLE__MAX_SHARE?"
    }
