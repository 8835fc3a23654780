"""A story for each way in which a product can be given, or is held already: groups of either owner, roles, what else they give."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.atlassian.catalog import PRODUCT_BY_KEY
from storage.lifecycle import RequestStatus
from tests.e2e.ways import (
    HAS_IT,
    TOLD,
    Gain,
    Row,
    act,
    everybody,
    holds_role,
    joins_directory,
    joins_group,
    named,
    new_group,
    play,
    says,
    synced_group,
)

OpenStage = Callable[..., Any]

LONGER = ("takes a little longer", "managed outside of Atlassian")
SYNCED = (synced_group("jira-users-acme"), synced_group("all-staff"))
WITHOUT_GROUPS = {"COMEBACK_PRODUCTS__CONFLUENCE__RESOURCE": PRODUCT_BY_KEY["confluence-labs"].ari}


def elsewhere(product: str, *, name: str) -> dict[str, str]:
    """Settings in which `/request-confluence` asks for another of the organization's products."""
    return {"COMEBACK_PRODUCTS__CONFLUENCE__RESOURCE": PRODUCT_BY_KEY[product].ari, "COMEBACK_PRODUCTS__CONFLUENCE__NAME": name}


GIVEN = (
    Row(
        id="agents of a service desk",
        who="dan",
        product="confluence",
        settings=elsewhere("jsm", name="Service desk"),
        asks=("asks for Service desk", "Adds to `jsm-agents-acme`"),
        ends=("has Service desk again", "Added to `jsm-agents-acme`"),
        told=("You have Service desk again",),
        gains=Gain(groups=("jsm-agents-acme",)),
    ),
    Row(
        id="a product without a licence API",
        who="dan",
        product="confluence",
        settings=elsewhere("jpd", name="Discovery"),
        asks=("asks for Discovery", "Adds to `jpd-creators-acme`"),
        ends=("has Discovery again", "Added to `jpd-creators-acme`"),
        told=("You have Discovery again",),
        gains=Gain(groups=("jpd-creators-acme",)),
    ),
    Row(
        id="several groups: the one that gives nothing else",
        who="dan",
        arranged=(new_group("a-desk", gives=("jira", "confluence")), new_group("z-contractors", gives=("jira",))),
        asks=("asks for Jira", "Adds to `jira-users-acme`"),
        hides=("also gives",),
        ends=(*HAS_IT, "Added to `jira-users-acme`"),
        told=TOLD,
        gains=Gain(groups=("jira-users-acme",)),
    ),
    Row(
        id="several groups: the one that the settings prefer",
        who="dan",
        arranged=(new_group("z-contractors", gives=("jira",)),),
        settings={"COMEBACK_PRODUCTS__JIRA__GROUP": "Z-Contractors"},
        asks=("asks for Jira", "Adds to `z-contractors`"),
        hides=("also gives",),
        ends=(*HAS_IT, "Added to `z-contractors`"),
        told=TOLD,
        gains=Gain(groups=("z-contractors",)),
    ),
    Row(
        id="the preferred group gives another product too",
        who="dan",
        settings={"COMEBACK_PRODUCTS__JIRA__GROUP": "all-staff"},
        asks=("asks for Jira", "Adds to `all-staff`", "The same group also gives Confluence, with a seat of its own"),
        ends=(*HAS_IT, "Added to `all-staff`"),
        told=TOLD,
        gains=Gain(groups=("all-staff",)),
    ),
    Row(
        id="an invitation into the preferred group",
        who="lena",
        settings={"COMEBACK_PRODUCTS__JIRA__GROUP": "all-staff"},
        asks=("asks for Jira", "Invites lena.virtanen@acme.example", "The same group also gives Confluence"),
        offers="Approve (invites)",
        ends=("is invited to Jira", "Invitation sent to lena.virtanen@acme.example"),
        told=("You're invited to Jira",),
        gains=Gain(groups=("all-staff",)),
        joins=True,
    ),
    Row(
        id="the usual group is the identity provider's, another is not",
        who="dan",
        arranged=(synced_group("jira-users-acme"),),
        asks=("asks for Jira", "Adds to `all-staff`", "The same group also gives Confluence, with a seat of its own"),
        hides=("identity provider",),
        ends=(*HAS_IT, "Added to `all-staff`"),
        told=TOLD,
        gains=Gain(groups=("all-staff",)),
    ),
    Row(
        id="no group gives it: the role directly",
        who="dan",
        product="confluence",
        settings=WITHOUT_GROUPS,
        asks=("asks for Confluence", "In no group that gives Confluence", "Gives the product's role directly", "acme-labs.atlassian.net"),
        ends=("has Confluence again", "Given the product's role directly"),
        told=("You have Confluence again",),
        gains=Gain(role_on="confluence-labs"),
    ),
    Row(
        id="a group in each directory, a member of one",
        who="quinn",
        arranged=(new_group("jira-users-north", directory="northwind", gives=("jira",)),),
        asks=("asks for Jira", "Adds to `jira-users-north`"),
        ends=(*HAS_IT, "Added to `jira-users-north`"),
        told=TOLD,
        gains=Gain(groups=("jira-users-north",)),
    ),
    Row(
        id="an admin of the product who has not used it for long",
        who="dan",
        arranged=(holds_role("atlassian/admin", on="jira"),),
        asks=("asks for Jira", "In no group that gives Jira", "Adds to `jira-users-acme`"),
        ends=(*HAS_IT,),
        told=TOLD,
        gains=Gain(groups=("jira-users-acme",)),
    ),
)

OWNED = (
    Row(
        id="every group is the identity provider's",
        who="dan",
        arranged=SYNCED,
        ends=(
            "needs you",
            "Every group that gives Jira belongs to your identity provider",
            "Add <@U0DAN> there to one of `all-staff`, `engineering`, `jira-users-acme`, then try again",
        ),
        told=LONGER,
    ),
    Row(
        id="outside the organization, and every group is the identity provider's",
        who="lena",
        arranged=SYNCED,
        ends=("needs you", "Add <@U0LENA> there to one of `all-staff`, `engineering`, `jira-users-acme`"),
        told=LONGER,
    ),
    Row(
        id="deactivated, and every group is the identity provider's",
        who="dan",
        arranged=(*SYNCED, act("deactivate")),
        ends=("needs you", "Add <@U0DAN> there to one of `all-staff`, `engineering`, `jira-users-acme`"),
        told=LONGER,
    ),
    Row(
        id="the group was handed over after the card was drawn",
        who="dan",
        asks=("asks for Jira", "Adds to `jira-users-acme`"),
        meanwhile=(synced_group("jira-users-acme"),),
        ends=("needs you", "`jira-users-acme` is managed outside of Atlassian. Add <@U0DAN> to it where it is managed"),
        told=LONGER,
    ),
    Row(
        id="in the person's directory only the identity provider's group",
        who="quinn",
        product="confluence",
        ends=("needs you", "belongs to your identity provider. Add <@U0QUINN> there to `knowledge-idp`"),
        told=LONGER,
    ),
)

AT_HAND = (
    Row(id="by its group", who="hugo", ends=(), told=("You have Jira already",)),
    Row(
        id="by an identity provider's group in another directory",
        who="ada",
        product="confluence",
        arranged=(joins_directory("northwind"), act("remove_product", product="confluence"), joins_group("knowledge-idp")),
        ends=(),
        told=("You have Confluence already",),
    ),
    Row(id="inferred from the admin group of a product in use", who="grace", arranged=(), ends=(), told=("You have Jira already",)),
)


@pytest.mark.parametrize("row", [*GIVEN, *OWNED], ids=named)
async def test_every_way_to_hold_a_product_can_be_given(small_stage: OpenStage, row: Row) -> None:
    """The group or role that is given, and all that comes with it, is on the card before anybody approves."""
    async with small_stage(**row.settings) as stage:
        await play(stage, row)


@pytest.mark.parametrize("row", AT_HAND, ids=named)
async def test_who_has_it_already_is_told_with_the_link(small_stage: OpenStage, row: Row) -> None:
    """Nobody has to decide and nothing is written: the person reads how to get in."""
    async with small_stage() as stage:
        for arrange in row.arranged:
            arrange(stage.sandbox, row.who)
        before = everybody(stage.sandbox)
        await stage.sandbox.slack.types(row.who, f"/request-{row.product} I need it back")
        message = await stage.told(row.who, row.told[0])
        says(message.words, (*row.told, "There is nothing to approve", f"Open {row.product.title()}"))
        links = [element["url"] for _, element in message.elements() if "url" in element]
        assert links == ["https://acme.atlassian.net" + ("/wiki" if row.product == "confluence" else "")]
        assert (stage.cards(), (await stage.request()).status) == ([], RequestStatus.CLOSED)
        assert everybody(stage.sandbox) == before
