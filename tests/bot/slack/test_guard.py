"""Who is let in, under which name, and how a repeated delivery is recognized."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse
from structlog.testing import capture_logs

from bot.actor import SlackPerson
from bot.slack.desk import Desk
from bot.slack.guard import Fault, Guard, actor_of, delivery_of, fault_of
from bot.slack.team import Team

ACME = Team(team_id="T0ACME", enterprise_id=None, app_id="A0COMEBACK", bot_user_id="U0COMEBACK", bot_id="B0COMEBACK")
GRID = Team(team_id="T0ACME", enterprise_id="E0ACME", app_id="A0COMEBACK", bot_user_id="U0COMEBACK", bot_id="B0COMEBACK")


def command(**changes: Any) -> dict[str, Any]:
    """The body of a slash command as Slack sends it."""
    return {
        "command": "/request-jira",
        "api_app_id": "A0COMEBACK",
        "team_id": "T0ACME",
        "user_id": "U0ADA",
        "trigger_id": "1.2.x",
        **changes,
    }


def click(**changes: Any) -> dict[str, Any]:
    """The body of a click on a message."""
    team, user = {"id": "T0ACME", "domain": "acme"}, {"id": "U0GRACE", "team_id": "T0ACME"}
    return {"type": "block_actions", "api_app_id": "A0COMEBACK", "team": team, "user": user, "trigger_id": "3.4.y", **changes}


@pytest.mark.parametrize("body", [command(), click(), {"type": "event_callback", "api_app_id": "A0COMEBACK", "team_id": "T0ACME"}])
def test_our_own_workspace_comes_in(body: dict[str, Any]) -> None:
    """The usual case, in the three shapes that Slack has for it."""
    assert fault_of(body, ACME) is None


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (command(api_app_id="A0OTHER"), Fault.OTHER_APP),
        (command(api_app_id=None), Fault.OTHER_APP),
        (command(team_id="T0PARTNER"), Fault.OTHER_TEAM),
        (command(team_id=None), Fault.OTHER_TEAM),
        (click(user={"id": "U0JULES", "team_id": "T0PARTNER"}), Fault.OTHER_TEAM),
        (click(team={"id": "T0PARTNER"}, user={"id": "U0JULES", "team_id": "T0PARTNER"}), Fault.OTHER_TEAM),
        (click(team={"id": "T0PARTNER"}), Fault.OTHER_TEAM),
        (click(team_id="T0PARTNER"), Fault.OTHER_TEAM),
    ],
)
def test_other_apps_and_workspaces_stay_out(body: dict[str, Any], fault: Fault) -> None:
    """Members of other companies see our messages in shared channels and may click on them."""
    assert fault_of(body, ACME) is fault


def test_all_workspaces_of_our_enterprise_come_in() -> None:
    """On Enterprise Grid a person's own workspace can be another one of the same company."""
    assert fault_of(command(team_id="T0SISTER", enterprise_id="E0ACME"), GRID) is None
    assert fault_of(click(user={"id": "W0ADA", "team_id": "T0SISTER"}, enterprise={"id": "E0ACME"}), GRID) is None
    assert fault_of(command(team_id="T0SISTER", enterprise_id="E0OTHER"), GRID) is Fault.OTHER_TEAM
    sister = {"id": "T0SISTER", "enterprise_id": "E0ACME"}
    assert fault_of(click(team=sister, user={"id": "W0ADA"}), GRID) is None
    assert fault_of(click(team=sister | {"enterprise_id": "E0OTHER"}, user={"id": "W0ADA"}), GRID) is Fault.OTHER_TEAM
    assert fault_of(command(team_id="T0SISTER", enterprise="E0ACME"), GRID) is None
    assert fault_of(click(user={"id": "W0ADA", "team_id": "T0SISTER"}), GRID) is Fault.OTHER_TEAM


@pytest.mark.parametrize(
    ("user", "team", "fault"),
    [
        ({"team_id": "T0SISTER"}, GRID, None),
        ({"team_id": "E0ACME", "enterprise_id": "E0ACME"}, GRID, None),
        ({"team_id": "T0SISTER", "enterprise_id": "E0OTHER"}, GRID, Fault.OTHER_TEAM),
        ({"team_id": "T0SISTER", "enterprise_user": {"enterprise_id": "E0OTHER"}}, GRID, Fault.OTHER_TEAM),
        ({"team_id": "E0OTHER"}, GRID, Fault.OTHER_TEAM),
        ({"team_id": "T0ACME", "enterprise_id": None}, ACME, None),
        ({"user_team": "T0PARTNER"}, ACME, Fault.OTHER_TEAM),
        ({"team_id": "T0ACME", "enterprise_id": "E0OTHER"}, ACME, Fault.OTHER_TEAM),
    ],
)
def test_a_persons_own_home_counts(user: dict[str, Any], team: Team, fault: Fault | None) -> None:
    """In a channel that two companies share, a click of theirs comes with our enterprise around their person."""
    enterprise = {"id": team.enterprise_id} if team.enterprise_id else None
    assert fault_of(click(user={"id": "W0JULES", **user}, enterprise=enterprise), team) is fault


def test_a_home_beside_the_person_counts_too() -> None:
    """Some payloads name the person's workspace next to their id."""
    assert fault_of(command(user_team="T0PARTNER"), ACME) is Fault.OTHER_TEAM


def test_actor_is_known_under_our_own_team() -> None:
    """One person is one row, whichever workspace of the enterprise a payload names."""
    assert actor_of(command(team_id="T0SISTER"), team_id="T0ACME") == SlackPerson(team_id="T0ACME", slack_id="U0ADA")
    assert actor_of(click(), team_id="T0ACME") == SlackPerson(team_id="T0ACME", slack_id="U0GRACE")
    assert actor_of({"event": {"user": {"id": "U0ADA"}}}, team_id="T0ACME") is None
    assert actor_of({"event": {"user": "U0ADA"}}, team_id="T0ACME") == SlackPerson(team_id="T0ACME", slack_id="U0ADA")


def test_delivery_keys_tell_repeats_from_new_deliveries() -> None:
    """The key is Slack's own id of the delivery; two clicks of one person have two."""
    assert delivery_of(command()) == "command:1.2.x"
    assert delivery_of(click()) == "action:3.4.y"
    assert delivery_of({"type": "event_callback", "event_id": "Ev1"}) == "event:Ev1"
    assert delivery_of({"type": "view_submission", "trigger_id": "5.6.z"}) == "view:5.6.z"
    assert delivery_of({"type": "view_submission", "view": {"id": "V1", "hash": "h1"}}) == "view:V1:h1"


@pytest.mark.parametrize(
    "body",
    [
        command(trigger_id=""),
        click(trigger_id=True),
        click(trigger_id=[["3.4.y"]]),
        {"type": "view_submission", "view": {"id": ["V1"]}},
        {"type": "event_callback"},
        {"type": "event_callback", "event_id": {"id": "Ev1"}},
        {"type": "shortcut", "trigger_id": "1"},
    ],
)
def test_what_cannot_be_recognized_again_has_no_key(body: dict[str, Any]) -> None:
    """Without a key a replay would run twice, so it does not run at all."""
    assert delivery_of(body) is None


@dataclass(slots=True, kw_only=True)
class Checked:
    """What one delivery met at the door."""

    response: BoltResponse | None = None
    context: AsyncBoltContext = field(default_factory=lambda: AsyncBoltContext({}))
    passed: bool = False
    logged: list[Any] = field(default_factory=list)


async def checked(body: dict[str, Any]) -> Checked:
    """The same body at the guard of a desk of ACME's."""
    found, desk = Checked(), cast(Desk, SimpleNamespace(team=ACME))

    async def listener() -> None:
        found.passed = True

    with capture_logs() as logged:
        found.response = await Guard(desk).check(body, found.context, listener)
    found.logged = list(logged)
    return found


def event(**changes: Any) -> dict[str, Any]:
    """The body of an event that nobody in particular caused."""
    return {"type": "event_callback", "api_app_id": "A0COMEBACK", "team_id": "T0ACME", "event_id": "Ev1", "event": {}, **changes}


@pytest.mark.parametrize(
    ("body", "slack_id", "key"),
    [(command(), "U0ADA", "command:1.2.x"), (click(), "U0GRACE", "action:3.4.y"), (event(), None, "event:Ev1")],
)
async def test_what_is_ours_goes_on_with_its_actor_and_its_key(body: dict[str, Any], slack_id: str | None, key: str) -> None:
    """A listener takes them from the context; only an event may have no actor."""
    found = await checked(body)
    assert (found.response, found.passed, found.logged) == (None, True, [])
    assert found.context["actor"] == (SlackPerson(team_id="T0ACME", slack_id=slack_id) if slack_id else None)
    assert found.context["delivery"] == key
    assert found.context["desk"].team is ACME


@pytest.mark.parametrize(
    ("body", "reason", "kind"),
    [
        (command(api_app_id="A0OTHER"), "other_app", "command"),
        (command(team_id="T0PARTNER"), "other_team", "command"),
        (command(user_id=""), "no_actor", "command"),
        (click(user={"team_id": "T0ACME"}), "no_actor", "action"),
        (command(trigger_id=None), "no_key", "command"),
        (event(event_id=None), "no_key", "event"),
        (command(user_id="", trigger_id=None), "no_actor", "command"),
        (command(api_app_id="A0OTHER", user_id="", trigger_id=None), "other_app", "command"),
    ],
)
async def test_what_is_not_ours_is_answered_and_goes_no_further(body: dict[str, Any], reason: str, kind: str) -> None:
    """The reason is logged, the first that there is; who typed reads a sentence, and nothing else shows one."""
    found = await checked(body)
    assert not found.passed
    assert dict(found.context) == {}
    assert found.logged == [{"event": "delivery.refused", "reason": reason, "kind": kind, "log_level": "warning"}]
    assert found.response is not None
    assert found.response.status == 200
    assert ("only for members of our own workspace" in found.response.body) == (kind == "command")
