"""Managed accounts: deactivate, enable, delete, cancel."""

from datetime import timedelta

import pytest

from sandbox.atlassian.accounts import DELETION_GRACE
from sandbox.atlassian.organization import Organization
from sandbox.world import World
from tests.sandbox.atlassian.conftest import Caller


def manage(acme: Organization, key: str) -> str:
    """The path of user management for a person."""
    return f"/users/{acme.person(key).id}/manage"


async def test_enabling_gives_back_everything_the_account_had(api: Caller, acme: Organization) -> None:
    """Billing included: the seat is taken again."""
    assert not acme.has_product("nils", "jira")
    assert (await api.post(manage(acme, "nils") + "/lifecycle/enable")).status == 204
    assert acme.has_product("nils", "jira")
    assert acme.person("nils").deactivated_on is None


@pytest.mark.parametrize("lock", ["externalDirectory.scim", "externalDirectory.google", "blocked.exportControl"])
async def test_who_owns_the_account_is_named(api: Caller, acme: Organization, lock: str) -> None:
    """The free check beforehand and the refusal carry the same reason key."""
    acme.change(acme.person("tess"), act="lock", by="idp", lock=lock)
    permission = (await (await api.get(manage(acme, "tess") + "?privileges=lifecycle.enablement")).json())["lifecycle.enablement"]
    assert permission == {"allowed": False, "reason": {"key": lock}}
    answer = await api.post(manage(acme, "tess") + "/lifecycle/enable")
    body = await answer.json()
    assert (answer.status, body["key"], body["context"]["reason"]["key"]) == (403, "forbidden.action", lock)
    assert body["errorDetail"] == body["context"]


async def test_a_marked_account_must_have_its_deletion_cancelled_first(api: Caller, acme: Organization) -> None:
    """Enable does not do both."""
    assert (await api.post(manage(acme, "otto") + "/lifecycle/enable")).status == 412
    assert (await api.post(manage(acme, "otto") + "/lifecycle/cancel-delete")).status == 204
    assert acme.has_product("otto", "jira")


async def test_after_fourteen_days_the_account_is_closed_for_good(api: Caller, acme: Organization, world: World) -> None:
    """otto was marked five days ago; nine days later nothing brings him back."""
    world.clock.advance(timedelta(days=8, hours=23))
    assert acme.person("otto").status == "for_deletion"
    world.clock.advance(timedelta(hours=2))
    assert acme.person("otto").account_status == "closed"
    assert acme.person("otto").groups == frozenset()
    assert (await api.post(manage(acme, "otto") + "/lifecycle/cancel-delete")).status == 404


async def test_a_cancelled_deletion_does_not_strike_later(api: Caller, acme: Organization, world: World) -> None:
    """A second deletion has a grace of its own."""
    assert (await api.post(manage(acme, "hugo") + "/lifecycle/delete")).status == 204
    world.clock.advance(timedelta(days=10))
    assert (await api.post(manage(acme, "hugo") + "/lifecycle/cancel-delete")).status == 204
    assert (await api.post(manage(acme, "hugo") + "/lifecycle/delete")).status == 204
    world.clock.advance(DELETION_GRACE - timedelta(days=1))
    assert acme.person("hugo").status == "for_deletion"
    world.clock.advance(timedelta(days=2))
    assert acme.person("hugo").account_status == "closed"


@pytest.mark.parametrize("key", ["ivy", "pia"])
async def test_unmanaged_and_closed_accounts_can_not_be_managed(api: Caller, acme: Organization, key: str) -> None:
    """Their answer is 404, with `context` as a bare string."""
    answer = await api.post(manage(acme, key) + "/lifecycle/enable")
    assert answer.status == 404
    assert isinstance((await answer.json())["context"], str)
