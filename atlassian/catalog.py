"""
What the organization owns: products, directories, the groups that seat people, seats. Read seldom and kept for an hour.

Whoever meets an answer that contradicts it calls `forget`; the next question is then asked afresh.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from atlassian.client import AdminClient
from atlassian.licences import HARMLESS_ROLES, LicenceGroup, Seats
from atlassian.models import ApplicationRole, Directory, Group, RoleAssignment, Workspace
from atlassian.site import SiteClient

__all__ = ["Catalog", "LicenceGroup", "Seats"]

ADMIN_ROLE = "atlassian/admin"
SEATS_TTL = timedelta(minutes=1)
"""Seats move with every grant, so that an hour would mislead the card."""

GRANTS_FRESH = timedelta(minutes=1)
"""Before somebody is added to a group, what it grants is known this freshly: it may have become an admin group within the hour."""

AT_ONCE = 4
"""Groups that are asked about at the same time: 64 of them must not take longer than a job may."""

Grants = tuple[tuple[str, str], ...]

_APPLICATION_OF_OWNER = {"jira": "jira-software"}

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    value: Any
    read_at: datetime
    until: datetime


class Catalog:
    """
    The organization's slow facts. Errors of the client pass through and nothing is kept then.

    *site* tells seats for the products of its own site only.
    """

    def __init__(
        self,
        client: AdminClient,
        site: SiteClient | None = None,
        *,
        now: Callable[[], datetime],
        ttl: timedelta = timedelta(hours=1),
    ) -> None:
        """Nothing is read yet."""
        self._client = client
        self._site = site
        self._now = now
        self._ttl = ttl
        self._kept: dict[tuple[str, ...], _Kept] = {}
        self._locks: dict[tuple[str, ...], asyncio.Lock] = {}

    def now(self) -> datetime:
        """The time that ages what is kept."""
        return self._now()

    async def workspaces(self) -> tuple[Workspace, ...]:
        """All products on all sites."""
        return await self._keep(("workspaces",), ask=self._client.workspaces)

    async def workspace(self, resource: str) -> Workspace | None:
        """The product with this resource ARI, None when the organization has no such."""
        return next((workspace for workspace in await self.workspaces() if workspace.id == resource), None)

    async def directories(self) -> tuple[Directory, ...]:
        """All directories of the organization."""
        return await self._keep(("directories",), ask=self._client.directories)

    async def licence_groups(self, resource: str, role: str = "atlassian/user") -> tuple[LicenceGroup, ...]:
        """
        The groups that seat their members on the product, sorted by name, each with all that it grants.

        Those that grant its administration are among them, as their members have the product too. Each group's answer is kept by itself:
        after an error the next question goes on where this one stopped.
        """

        async def ask() -> tuple[Group, ...]:
            return await self._client.search_groups(resource_ids=(resource,), role_ids=(role, ADMIN_ROLE))

        groups = await self._keep(("licence_groups", resource, role), ask=ask)
        licences = await self._licences([group for group in groups if group.directory_id], resource=resource)
        return tuple(sorted(licences, key=lambda group: (group.name.casefold(), group.id)))

    async def administers(self, group_id: str, *, directory_id: str) -> bool:
        """Whether membership of the group administers anything or gives a role that we do not know, as of a minute ago at most."""
        now = self._now()
        known = {key: kept for key, kept in self._kept.items() if key[0] == "grants" and key[-1] == group_id}
        grants: Grants | None = next((kept.value for kept in known.values() if now - kept.read_at <= GRANTS_FRESH), None)
        if grants is None:
            grants = _grants(await self._client.group_role_assignments(group_id, directory=directory_id))
            self._kept |= dict.fromkeys(known, _Kept(value=grants, read_at=now, until=now + self._ttl))
        return any(role not in HARMLESS_ROLES for _, role in grants)

    async def seats(self, resource: str) -> Seats | None:
        """The seats of the product, at most a minute old; None when nobody tells (no site token, another site, Confluence)."""
        workspace = await self.workspace(resource)
        if self._site is None or workspace is None or not _is_site_of(workspace, url=self._site.transport.base_url):
            return None
        roles = await self._keep(("seats",), ask=self._site.application_roles, ttl=SEATS_TTL)
        owner = workspace.attributes.owner or workspace.attributes.type_key or ""
        return _seats(roles, key=_APPLICATION_OF_OWNER.get(owner, owner))

    def forget(self, resource: str | None = None) -> None:
        """Drop what is kept about one product, or everything; the seats go in both cases."""
        self._kept = {key: kept for key, kept in self._kept.items() if resource is not None and key != ("seats",) and resource not in key}

    async def _licences(self, groups: Iterable[Group], *, resource: str) -> list[LicenceGroup]:
        todo, found = iter(groups), list[LicenceGroup]()

        async def lane() -> None:
            for group in todo:
                found.append(await self._licence_group(group, resource=resource))

        # All lanes end by themselves: what was under way when one of them failed is kept too, and no call outlives the question.
        for failure in await asyncio.gather(*(lane() for _ in range(AT_ONCE)), return_exceptions=True):
            if failure is not None:
                raise failure
        return found

    async def _licence_group(self, group: Group, *, resource: str) -> LicenceGroup:
        directory_id = group.directory_id or ""

        async def ask() -> Grants:
            return _grants(await self._client.group_role_assignments(group.id, directory=directory_id))

        return LicenceGroup(
            id=group.id,
            name=group.name,
            directory_id=directory_id,
            modifiable=group.modifiable,
            external=group.external,
            grants=await self._keep(("grants", resource, group.id), ask=ask),
        )

    async def _keep(self, key: tuple[str, ...], *, ask: Callable[[], Awaitable[Value]], ttl: timedelta | None = None) -> Value:
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is None or self._now() >= kept.until:
                value, read_at = await ask(), self._now()
                kept = _Kept(value=value, read_at=read_at, until=read_at + (ttl or self._ttl))
                self._kept[key] = kept
            answer: Value = kept.value
            return answer


def _grants(rows: Iterable[RoleAssignment]) -> Grants:
    return tuple(sorted({(row.resource_id or "", role) for row in rows for role in row.held_roles}))


def _seats(roles: Iterable[ApplicationRole], *, key: str) -> Seats | None:
    found = next((role for role in roles if role.key == key), None)
    if found is None:
        return None
    unlimited = found.has_unlimited_seats or found.number_of_seats == -1
    if unlimited:
        return Seats(capacity=None, used=found.user_count, left=None)
    return Seats(capacity=found.number_of_seats, used=found.user_count, left=found.remaining_seats)


def _is_site_of(workspace: Workspace, *, url: str) -> bool:
    """Whether *url* is the product's own site: by host, or, through a gateway, by cloud id or site name at the end of the path."""
    there, here = urlsplit(workspace.attributes.host_url or ""), urlsplit(url)
    last = here.path.rstrip("/").rpartition("/")[2]
    own_names = {workspace.id.rpartition("/")[2], (there.hostname or "").partition(".")[0]}
    return bool(there.hostname) and (there.hostname == here.hostname or last in own_names)
