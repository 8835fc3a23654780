"""Hugo, whose seats are taken back: what the stories of returns begin with."""

from datetime import timedelta
from typing import Any

from bot.usecases import reclaims as usecases
from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Group
from storage import people, reclaims
from storage.db import UnitOfWork
from tests.e2e.conftest import Stage
from tests.e2e.idle_words import make_idle, warn

USER = "atlassian/user"


def hugo(stage: Stage) -> Account:
    """His account as it truly is; he has a seat of Jira, and of Confluence, and has been away for long."""
    return make_idle(stage, "hugo")


def change(stage: Stage, **fields: Any) -> Account:
    """His account, arranged otherwise."""
    return stage.sandbox.atlassian.change(hugo(stage), act="test", **fields)


def licence_group(stage: Stage, name: str, *products: str) -> Group:
    """A group of our own that grants these products."""
    organization = stage.sandbox.atlassian
    grants = tuple((organization.catalog.product(key).ari, USER) for key in products)
    group = Group(id=f"id-{name}", name=name, directory=organization.catalog.directory_named("acme").id, grants=grants)
    organization.catalog.groups[group.id] = group
    return group


def link(stage: Stage, uow: UnitOfWork) -> None:
    """He came back once before, so that his account is known."""
    person = people.find_or_add(uow, team_id="T0ACME", slack_id="U0HUGO")
    people.link(uow, person.id, account_id=hugo(stage).id, email=hugo(stage).email)


async def agree(stage: Stage, *products: str) -> None:
    """He was warned, and an admin has agreed that his seats are taken back."""
    warned = await warn(stage, *(("hugo", product) for product in products))

    def fact(uow: UnitOfWork) -> None:
        account_id = hugo(stage).id
        for one in [
            reclaims.plan(uow, account_id=account_id, product=warning.product, last_active_at=None, warning_id=warning.id)
            for warning in warned
        ]:
            assert one is not None
            usecases.approve(uow, one.id)

    await stage.parts.database.write(fact)


async def take(stage: Stage, *products: str) -> None:
    """His seats are taken back, to the end."""
    await agree(stage, *products)
    await stage.logged("seat.reclaimed", times=len(products), step=timedelta(seconds=2))
