"""A story for each state that needs a human: the card says who must do what, and nothing is done that nobody agreed to."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Stage
from tests.e2e.ways import (
    HAS_IT,
    LONGER,
    SEAT,
    TOLD,
    Gain,
    Row,
    act,
    days_pass,
    invitation_fails,
    invitation_fails_in_part,
    invitations_show,
    joins_directory,
    joins_group,
    locked,
    minutes_pass,
    named,
    play,
    says,
    suspended_in,
    told_soon,
)

OpenStage = Callable[..., Any]

FOR_A_HUMAN = (
    Row(
        id="deactivated by Google Workspace",
        who="nils",
        arranged=(locked("externalDirectory.google"),),
        ends=("needs you", "Google Workspace has deactivated <@U0NILS>'s account", "Reactivate them in Google's console"),
        told=(*LONGER, "managed outside of Atlassian"),
    ),
    Row(
        id="single sign-on decides",
        who="nils",
        arranged=(locked("authPolicy.saml"),),
        ends=("needs you", "Single sign-on decides about <@U0NILS>'s account", "in your identity provider"),
        told=(*LONGER, "managed outside of Atlassian"),
    ),
    Row(
        id="the identity provider forbids it after the card was drawn",
        who="nils",
        asks=("asks for Jira", "Reactivates the account"),
        meanwhile=(locked("externalDirectory.scim"),),
        ends=("needs you", "Your identity provider has deactivated <@U0NILS>'s account", "Reactivate them there, then try again"),
        told=(*LONGER, "managed outside of Atlassian"),
    ),
    Row(
        id="past the grace of the deletion",
        who="otto",
        arranged=(days_pass(10),),
        ends=("needs you", "<@U0OTTO>'s Atlassian account was closed for good", "invite them as a new person"),
        told=(*LONGER, "Your Atlassian account was closed"),
    ),
    Row(
        id="closed",
        who="pia",
        ends=("needs you", "<@U0PIA>'s Atlassian account was closed for good", "neither I nor an admin can bring it back"),
        told=(*LONGER, "Your Atlassian account was closed"),
    ),
    Row(
        id="the invitation fails",
        who="lena",
        arranged=(invitation_fails,),
        asks=("asks for Jira", "Invites lena.virtanen@acme.example"),
        offers="Approve (invites)",
        ends=("needs you", "Atlassian didn't take the invitation, or not all of it (`bad_request`)"),
        told=(*LONGER, "Atlassian didn't take the invitation"),
    ),
    Row(
        id="the invitation fails in part",
        who="lena",
        arranged=(invitation_fails_in_part,),
        asks=("asks for Jira", "Invites lena.virtanen@acme.example"),
        offers="Approve (invites)",
        ends=("needs you", "or not all of it (`group_not_found`). Look at the person in admin.atlassian.com"),
        told=(*LONGER, "Atlassian didn't take the invitation"),
        gains=Gain(role_on="jira"),
        joins=True,
    ),
    Row(
        id="invited, not accepted",
        who="vera",
        arranged=(invitations_show,),
        ends=("needs you", "was invited already and hasn't accepted"),
        told=(*LONGER, "You were invited to Jira already"),
    ),
    Row(
        id="an administering role sleeps with the account",
        who="mona",
        arranged=(joins_group("jira-admins-acme"),),
        ends=("needs you", "also revives an administering role"),
        told=(*LONGER, "Your account needs an admin's hand"),
    ),
    Row(
        id="a way back that the settings do not allow",
        who="nils",
        settings={"COMEBACK_WAYS_BACK": '["add_access", "restore"]'},
        ends=("needs you", "not among the ways back that you allow"),
        told=(*LONGER, "Your account needs an admin's hand"),
    ),
    Row(
        id="two accounts",
        who="rosa",
        ends=("needs you", "2 accounts have the e-mail rosa.navarro@acme.example", "comeback people link U0ROSA=ACCOUNT_ID"),
        told=(*LONGER, "isn't clear which Atlassian account is yours"),
    ),
)

DEACTIVATED_THERE = Row(
    id="deactivated by the identity provider",
    who="tess",
    ends=("needs you", "Your identity provider has deactivated <@U0TESS>'s account", "Reactivate them there, then try again"),
    told=(*LONGER, "managed outside of Atlassian"),
)


@pytest.mark.parametrize("row", FOR_A_HUMAN, ids=named)
async def test_what_no_click_mends_is_handed_to_a_human(small_stage: OpenStage, row: Row) -> None:
    """The card says who has to do what, the person that it takes longer, and nothing is changed."""
    async with small_stage(**row.settings) as stage:
        await play(stage, row)


async def test_a_refusal_is_the_same_everywhere(stage: Stage) -> None:
    """Named from the first look, on either transport and database."""
    await play(stage, DEACTIVATED_THERE)


HIDDEN = Row(
    id="suspended where the product was, active elsewhere, and the product removed",
    who="dan",
    arranged=(joins_directory("northwind"), suspended_in("acme")),
    asks=("asks for Jira", "In no group that gives Jira", "Adds to `jira-users-acme`"),
    ends=("needs you", "is no longer what the card said", "Suspended in the organization"),
    told=(*LONGER, "Your account needs more than was approved"),
    gains=Gain(groups=SEAT),
)
WORSE = Row(
    id="deactivated after the card was drawn",
    who="ada",
    asks=("asks for Jira", "Adds to `jira-users-acme`"),
    meanwhile=(act("deactivate"), minutes_pass(11)),
    ends=("needs you", "is no longer what the card said", "Account deactivated, in no group that gives Jira"),
    told=(*LONGER, "Your account needs more than was approved"),
)


@pytest.mark.parametrize(
    ("row", "done", "gains"),
    [
        (HIDDEN, "Suspension lifted, added to `jira-users-acme`", Gain(active_in=("acme",))),
        (WORSE, "Account reactivated, added to `jira-users-acme`", Gain(activated=True, groups=SEAT)),
    ],
    ids=["hidden suspension", "deactivated meanwhile"],
)
async def test_nothing_is_revived_that_was_not_on_the_card(small_stage: OpenStage, row: Row, done: str, gains: Gain) -> None:
    """An approval covers what the approver read; what turns out to be needed besides is asked for once more."""
    async with small_stage() as stage:
        await play(stage, row)
        account = stage.sandbox.atlassian.person(row.who)
        await stage.sandbox.slack.clicks("grace", await stage.card(saying="needs you"), "request.retry")
        await told_soon(stage, row.who, TOLD[0])
        says((await stage.card(saying=HAS_IT[0])).words, (*HAS_IT, done))
        assert stage.sandbox.atlassian.person(row.who) == gains.given_to(account, sandbox=stage.sandbox)
