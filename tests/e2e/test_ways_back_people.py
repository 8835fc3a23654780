"""A story for each state of a person's account and memberships: what the card asks, what one click mends, and who is told what."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Stage
from tests.e2e.ways import (
    HAS_IT,
    SEAT,
    TOLD,
    Gain,
    Row,
    act,
    days_pass,
    joins_directory,
    named,
    play,
    suspended_in,
)

OpenStage = Callable[..., Any]

NO_SEAT = act("remove_product", product="jira")

MENDED = (
    Row(
        id="product removed",
        who="ada",
        asks=("<@U0ADA> asks for Jira", "In no group that gives Jira", "Adds to `jira-users-acme`", "Seats left*\n60", "4 months ago"),
        hides=("Also brings back", "also gives", "needs you"),
        ends=(*HAS_IT, "Added to `jira-users-acme`"),
        told=TOLD,
        gains=Gain(groups=SEAT),
    ),
    Row(
        id="suspended in the only directory",
        who="mona",
        asks=("asks for Jira", "Suspended in the organization", "Lifts the suspension"),
        hides=("Adds to",),
        ends=(*HAS_IT, "Suspension lifted"),
        told=TOLD,
        gains=Gain(active_in=("acme",)),
    ),
    Row(
        id="suspended where the product is, active elsewhere",
        who="hugo",
        arranged=(joins_directory("northwind"), suspended_in("acme")),
        asks=("asks for Jira", "Suspended in the organization", "Lifts the suspension", "Also brings back `confluence-users-acme`"),
        hides=("Adds to",),
        ends=(*HAS_IT, "Suspension lifted"),
        told=TOLD,
        gains=Gain(active_in=("acme",)),
    ),
    Row(
        id="suspended elsewhere, the product is in the other directory",
        who="ada",
        arranged=(joins_directory("northwind"), suspended_in("northwind")),
        asks=("asks for Jira", "In no group that gives Jira", "Adds to `jira-users-acme`"),
        hides=("Suspended", "Lifts"),
        ends=(*HAS_IT, "Added to `jira-users-acme`"),
        told=TOLD,
        gains=Gain(groups=SEAT),
    ),
    Row(
        id="deactivated",
        who="nils",
        asks=("asks for Jira", "Account deactivated", "Reactivates the account"),
        hides=("Adds to",),
        ends=(*HAS_IT, "Account reactivated"),
        told=TOLD,
        gains=Gain(activated=True),
    ),
    Row(
        id="deactivated, and the product removed",
        who="dan",
        arranged=(act("deactivate"),),
        asks=("asks for Jira", "Account deactivated, in no group that gives Jira", "Reactivates the account, adds to `jira-users-acme`"),
        ends=(*HAS_IT, "Account reactivated, added to `jira-users-acme`"),
        told=TOLD,
        gains=Gain(activated=True, groups=SEAT),
    ),
    Row(
        id="deletion in its grace",
        who="otto",
        asks=("asks for Jira", "Account about to be deleted", "Stops the deletion", "Also brings back `confluence-users-acme`"),
        ends=(*HAS_IT, "Deletion stopped"),
        told=TOLD,
        gains=Gain(activated=True),
    ),
    Row(
        id="deletion on its last day, suspended, and the product removed",
        who="otto",
        arranged=(act("suspend"), NO_SEAT, days_pass(8)),
        asks=(
            "asks for Jira",
            "Account about to be deleted, suspended in the organization, in no group that gives Jira",
            "Stops the deletion, lifts the suspension, adds to `jira-users-acme`",
        ),
        ends=(*HAS_IT, "Deletion stopped, suspension lifted, added to `jira-users-acme`"),
        told=TOLD,
        gains=Gain(activated=True, active_in=("acme",), groups=SEAT),
    ),
    Row(
        id="not in the organization",
        who="lena",
        asks=(
            "asks for Jira",
            "Not in the organization",
            "Invites lena.virtanen@acme.example",
            "no account found",
            "An account under another address?",
        ),
        offers="Approve (invites)",
        ends=("is invited to Jira", "when they accept", "Invitation sent to lena.virtanen@acme.example"),
        told=("You're invited to Jira", "Atlassian's e-mail at lena.virtanen@acme.example"),
        gains=Gain(role_on="jira"),
        joins=True,
    ),
    Row(
        id="taken out of the organization, account kept",
        who="ben",
        arranged=(act("remove"),),
        asks=("asks for Jira", "Not in the organization", "Invites ben.okafor@acme.example", "Ben Okafor"),
        hides=("An account under another address?",),
        offers="Approve (invites)",
        ends=HAS_IT,
        told=TOLD,
        gains=Gain(role_on="jira", active_in=("acme",)),
    ),
    Row(
        id="a member only of a directory without the product",
        who="quinn",
        asks=("asks for Jira", "Has an account, but is not in this product's directory", "Invites quinn.murphy@acme.example"),
        offers="Approve (invites)",
        ends=HAS_IT,
        told=TOLD,
        gains=Gain(role_on="jira"),
    ),
)

STACKED = Row(
    id="deactivated, suspended, and the product removed",
    who="mona",
    arranged=(NO_SEAT, act("deactivate")),
    asks=(
        "asks for Jira",
        "Account deactivated, suspended in the organization, in no group that gives Jira",
        "Reactivates the account, lifts the suspension, adds to `jira-users-acme`",
    ),
    ends=(*HAS_IT, "Account reactivated, suspension lifted, added to `jira-users-acme`"),
    told=TOLD,
    gains=Gain(activated=True, active_in=("acme",), groups=SEAT),
)


@pytest.mark.parametrize("row", MENDED, ids=named)
async def test_every_state_has_its_way_back(small_stage: OpenStage, row: Row) -> None:
    """The card tells what is wrong and what the click does; then exactly that is done."""
    async with small_stage(**row.settings) as stage:
        await play(stage, row)


async def test_the_longest_way_is_the_same_everywhere(stage: Stage) -> None:
    """All three levels are mended in order, on either transport and database."""
    await play(stage, STACKED)
