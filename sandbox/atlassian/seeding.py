"""The organization at the beginning of the world, made from its people."""

import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Catalog, build_catalog, stable_id
from sandbox.atlassian.lifecycle import close_when_due
from sandbox.atlassian.organization import Organization
from sandbox.clock import Clock
from sandbox.events import Events
from sandbox.human import AtlassianState, Human

ROBOTS = (("Automation for Jira", "app"), ("Slack for Jira", "app"), ("Support portal visitor", "customer"))
HEADROOM = {"confluence": 150, "jsm": 20, "jpd": 10, "jira-labs": 10, "confluence-labs": 10}


def build_organization(humans: Iterable[Human], *, clock: Clock, events: Events, seed: int, free_seats: int) -> Organization:
    """The organization in which every human has the state of their story; Jira has *free_seats* left."""
    organization = Organization(clock=clock, events=events, catalog=build_catalog())
    now, chance = clock.now(), random.Random(seed)  # noqa: S311 - the same seed must make the same world
    for human in humans:
        organization.key_by_email[human.email.lower()] = human.key
        for copy in range(human.accounts if human.atlassian is not AtlassianState.ABSENT else 0):
            account = _account(human, copy=copy, catalog=organization.catalog, now=now, chance=chance)
            organization.register.put(account)
            if account.deletion_asked_at:
                close_when_due(organization, account)
    _add_robots(organization, now=now)
    _fix_capacity(organization, free_seats=free_seats)
    return organization


def _account(human: Human, *, copy: int, catalog: Catalog, now: datetime, chance: random.Random) -> Account:
    state, ago = human.atlassian, now - timedelta(days=human.state_days)
    return Account(
        id=_account_id(copy=copy, chance=chance),
        key=human.key,
        name=human.name,
        email=human.email,
        email_visible=human.email_visible,
        email_verified=state is not AtlassianState.PENDING,
        title=human.title,
        managed=human.managed and copy == 0,
        active=state not in (AtlassianState.DEACTIVATED, AtlassianState.FOR_DELETION, AtlassianState.CLOSED),
        closed=state is AtlassianState.CLOSED,
        deactivated_on=ago if state in (AtlassianState.DEACTIVATED, AtlassianState.FOR_DELETION) else None,
        deletion_asked_at=ago if state is AtlassianState.FOR_DELETION else None,
        pending_since=ago if state is AtlassianState.PENDING else None,
        added_at=now - timedelta(days=human.since),
        directories={stable_id(f"directory:{name}"): name in human.suspended_in for name in human.directories},
        groups=frozenset(stable_id(f"group:{name}") for name in human.groups),
        roles=frozenset((catalog.product(product).ari, role) for product, role in human.direct_roles),
        platform_roles=human.platform_roles,
        visits=_visits(human, catalog=catalog, now=now),
        lock=human.lock,
    )


def _visits(human: Human, *, catalog: Catalog, now: datetime) -> Mapping[str, datetime]:
    return {catalog.products[product].ari: now - timedelta(days=days) for product, days in human.seen}


def _account_id(*, copy: int, chance: random.Random) -> str:
    """Ids of all three shapes that are seen in the field: `712020:<uuid>`, old 24 hex digits, a bare UUID."""
    bits = f"{chance.getrandbits(128):032x}"
    uuid = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
    shape = chance.random()
    if shape < 0.7 or copy:
        return f"712020:{uuid}"
    return f"5b{bits[:22]}" if shape < 0.9 else uuid


def _add_robots(organization: Organization, *, now: datetime) -> None:
    for name, kind in ROBOTS:
        robot = Account(
            id=f"557058:{stable_id(name)}",
            key=f"{kind}:{name}",
            type=kind,
            name=name,
            email=f"{stable_id(name)}@connect.atlassian.example",
            email_visible=False,
            managed=True,
            added_at=now - timedelta(days=1500),
        )
        organization.register.put(robot)


def _fix_capacity(organization: Organization, *, free_seats: int) -> None:
    for product in organization.catalog.products.values():
        headroom = free_seats if product.key == "jira" else HEADROOM[product.key] * max(1, free_seats // 60)
        organization.capacity[product.key] = organization.register.used[product.ari] + headroom
