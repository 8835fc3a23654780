"""What Slack's flags make of a person: whatever is not clearly a member of ours is refused."""

from typing import Any

import pytest

from bot.policy import PersonKind
from bot.slack.profiles import kind_of, read_profile
from bot.slack.team import Team
from tests.bot.slack.test_guard import ACME, GRID

MEMBER = {
    "id": "U0ADA",
    "team_id": "T0ACME",
    "deleted": False,
    "is_bot": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
    "is_email_confirmed": True,
    "profile": {"email": "ada.park@acme.example", "display_name": "Ada Park"},
}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, PersonKind.MEMBER),
        ({"is_app_user": True, "is_admin": True}, PersonKind.MEMBER),
        ({"is_something_new": True}, PersonKind.MEMBER),
        ({"is_restricted": True}, PersonKind.GUEST),
        ({"is_ultra_restricted": True}, PersonKind.GUEST),
        ({"is_stranger": True}, PersonKind.STRANGER),
        ({"team_id": "T0PARTNER"}, PersonKind.STRANGER),
        ({"is_bot": True}, PersonKind.BOT),
        ({"is_workflow_bot": True}, PersonKind.BOT),
        ({"is_connector_bot": True}, PersonKind.BOT),
        ({"id": "USLACKBOT"}, PersonKind.BOT),
        ({"deleted": True, "is_bot": True}, PersonKind.DEACTIVATED),
        ({"is_invited_user": True}, PersonKind.UNKNOWN),
        ({"is_restricted": None}, PersonKind.UNKNOWN),
        ({"is_bot": "no"}, PersonKind.BOT),
        ({"deleted": "no"}, PersonKind.UNKNOWN),
    ],
)
def test_flags_decide_by_the_least_trusted_reading(changes: dict[str, Any], kind: PersonKind) -> None:
    """A flag of those we need that is missing or odd is no proof of membership; one that we do not know says nothing."""
    assert kind_of({**MEMBER, **changes}, team=ACME) is kind


@pytest.mark.parametrize(("team", "kind"), [(GRID, PersonKind.MEMBER), (ACME, PersonKind.STRANGER)])
def test_enterprise_counts_as_one_company(team: Team, kind: PersonKind) -> None:
    """On Enterprise Grid a colleague's home can be another workspace."""
    sister = {**MEMBER, "team_id": "T0SISTER", "enterprise_user": {"enterprise_id": "E0ACME"}}
    assert kind_of(sister, team=team) is kind


def test_missing_facts_stay_missing() -> None:
    """Workspaces with single sign-on have no flag for a confirmed address, which is another thing than an unconfirmed one."""
    without = {name: value for name, value in MEMBER.items() if name != "is_email_confirmed"}
    profile = read_profile({**without, "profile": {}, "real_name": "Ada"}, team=ACME)
    assert (profile.email, profile.email_confirmed, profile.name) == (None, None, "Ada")
    assert read_profile(MEMBER, team=ACME).email == "ada.park@acme.example"


@pytest.mark.parametrize(("flag", "confirmed"), [(True, True), (False, False), (None, False), ("true", False), (1, False)])
def test_an_address_is_confirmed_by_true_alone(flag: object, confirmed: bool) -> None:
    """A flag that is there and odd confirms nothing."""
    assert read_profile({**MEMBER, "is_email_confirmed": flag}, team=ACME).email_confirmed is confirmed
