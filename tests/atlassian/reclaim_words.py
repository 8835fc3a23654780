"""An organization that has every kind of group a reclaim may meet."""

from collections.abc import Iterable
from typing import Any

from atlassian.access import ProductWanted
from atlassian.licences import LicenceGroup
from tests.atlassian.words import ADMIN, CONFLUENCE, JIRA, NORTH, PLATFORM, USER, Miniature, group

DESK = "ari:cloud:jira-servicedesk::site/c1"
GUEST, CUSTOMER, CONTRIBUTOR = "atlassian/guest", "atlassian/customer", "atlassian/contributor"
DOCS = ProductWanted(resource=CONFLUENCE)

USERS = group("jira-users")
STAFF = group("all-staff", grants=((JIRA, USER), (CONFLUENCE, USER)))
READERS = group("confluence-users", grants=((CONFLUENCE, USER),))
AGENTS = group("desk-and-docs", grants=((DESK, USER), (CONFLUENCE, USER)))
EVERYONE = group("everyone", grants=((JIRA, USER), (DESK, CUSTOMER), (PLATFORM, "atlassian/basic")))
SYNCED = group("engineering", external=True)
LOCKED = group("locked", modifiable=False)
ADMINS = group("jira-admins", grants=((JIRA, ADMIN),))
POWER = group("power-users", grants=((JIRA, USER), (CONFLUENCE, ADMIN)))
NORTHERN = group("jira-north", directory=NORTH)
NORTHERN_STAFF = group("north-staff", directory=NORTH, grants=((JIRA, USER), (CONFLUENCE, USER)))
GROUPS = (USERS, STAFF, READERS, AGENTS, EVERYONE, SYNCED, LOCKED, ADMINS, POWER, NORTHERN, NORTHERN_STAFF)


def world(*held: LicenceGroup, direct: Iterable[tuple[str, str]] = (), **facts: Any) -> Miniature:
    """An account in these groups and with these direct roles."""
    return Miniature(groups=GROUPS, member_of=frozenset(one.id for one in held), direct=frozenset(direct), **facts)
