"""
The organization admin API, one method per endpoint: https://developer.atlassian.com/cloud/admin/organization/rest/
and user management: https://developer.atlassian.com/cloud/admin/user-management/rest/

Reads return pages as they come; writes return when Atlassian has taken them. Every method raises the errors of `atlassian.errors`.
`directory` "-" stands for all directories that the key may manage.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

from atlassian.invitations import InviteResponse, InviteResult
from atlassian.models import (
    Directory,
    DirectoryPage,
    Group,
    GroupPage,
    ManagePermissions,
    RoleAssignment,
    RoleAssignmentPage,
    UserPage,
    Workspace,
    WorkspacePage,
)
from atlassian.paging import pages, present, rows
from atlassian.tokens import ApiToken, ApiTokens
from atlassian.transport import Params, Reply, Transport

ALL_DIRECTORIES = "-"
PAGE_SIZE = 100
"""The largest page that anybody uses in the field; the specification names none."""

EVERYTHING = ("groups", "productAccess", "platformRoles")
"""Without these an answer lacks the fields altogether, and every admin looks ordinary."""

INVITATION_TEXT = "You asked for access in Slack. Accept this invitation to sign in."


class AdminClient:
    """One organization, seen through an API key without scopes (scoped keys are refused by most writes)."""

    def __init__(self, transport: Transport, org_id: str) -> None:
        """*transport* points to the host; the paths below it are known here."""
        self.transport = transport
        self._v1 = f"/admin/v1/orgs/{_segment(org_id)}"
        self._v2 = f"/admin/v2/orgs/{_segment(org_id)}"

    async def search_users(
        self,
        *,
        emails: Sequence[str] = (),
        account_ids: Sequence[str] = (),
        resource_ids: Sequence[str] = (),
        role_ids: Sequence[str] = (),
        status: Sequence[str] = (),
        claim_status: str | None = None,
        directory: str = ALL_DIRECTORIES,
        expand: Sequence[str] = EVERYTHING,
        cursor: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> UserPage:
        """One page of the people that match all filters; e-mail addresses match whole, in any case."""
        body = present(
            emails=emails,
            accountIds=account_ids,
            resourceIds=resource_ids,
            roleIds=role_ids,
            status=status,
            claimStatus=claim_status,
            expand=expand,
            cursor=cursor,
            limit=limit,
        )
        path = f"{self._v2}/directories/{_segment(directory)}/users/search"
        return (await self._read("search_users", method="POST", path=path, json=body)).read(UserPage)

    async def users(
        self,
        *,
        resource_ids: Sequence[str] = (),
        role_ids: Sequence[str] = (),
        status: Sequence[str] = ("active",),
        directory: str = ALL_DIRECTORIES,
        expand: Sequence[str] = EVERYTHING,
    ) -> AsyncIterator[UserPage]:
        """All pages of a scan, a hundred people each; the same person may come twice, as pages shift while they are read."""

        async def ask(cursor: str | None) -> UserPage:
            return await self.search_users(
                resource_ids=resource_ids, role_ids=role_ids, status=status, directory=directory, expand=expand, cursor=cursor
            )

        async for page in pages(ask):
            yield page

    async def role_assignments(
        self, account_id: str, *, directory: str = ALL_DIRECTORIES, resource_ids: Sequence[str] = ()
    ) -> tuple[RoleAssignment, ...]:
        """All roles of one person, a row per resource and directory. Raises NotThere for somebody who is in no directory."""
        path = f"{self._v2}/directories/{_segment(directory)}/users/{_segment(account_id)}/role-assignments"
        return await self._all_role_assignments("role_assignments", path=path, resource_ids=resource_ids)

    async def group_role_assignments(self, group_id: str, *, directory: str = ALL_DIRECTORIES) -> tuple[RoleAssignment, ...]:
        """All that membership of the group grants."""
        path = f"{self._v2}/directories/{_segment(directory)}/groups/{_segment(group_id)}/role-assignments"
        return await self._all_role_assignments("group_role_assignments", path=path, resource_ids=())

    async def search_groups(
        self,
        *,
        resource_ids: Sequence[str] = (),
        role_ids: Sequence[str] = (),
        group_ids: Sequence[str] = (),
        group_names: Sequence[str] = (),
        directory: str = ALL_DIRECTORIES,
    ) -> tuple[Group, ...]:
        """
        All groups that match; with resources and roles, those that grant one of these roles there.

        Names are exact, in any case, and Atlassian refuses them beside ids.
        """
        path = f"{self._v2}/directories/{_segment(directory)}/groups/search"
        filters = present(resourceIds=resource_ids, roleIds=role_ids, groupIds=group_ids, groupNames=group_names, limit=PAGE_SIZE)

        async def ask(cursor: str | None) -> GroupPage:
            body = filters | present(cursor=cursor)
            return (await self._read("search_groups", method="POST", path=path, json=body)).read(GroupPage)

        return await rows(ask)

    async def workspaces(self) -> tuple[Workspace, ...]:
        """All products of all sites, with their resource ARIs."""

        async def ask(cursor: str | None) -> WorkspacePage:
            # Beside a cursor this endpoint refuses every other property.
            body = {"cursor": cursor} if cursor else {"limit": PAGE_SIZE}
            return (await self._read("workspaces", method="POST", path=f"{self._v2}/workspaces", json=body)).read(WorkspacePage)

        return await rows(ask)

    async def directories(self, *, account_id: str | None = None) -> tuple[Directory, ...]:
        """All directories, or those that one person is in."""

        async def ask(cursor: str | None) -> DirectoryPage:
            params = present(accountId=account_id, cursor=cursor, limit=PAGE_SIZE)
            return (await self._read("directories", method="GET", path=f"{self._v2}/directories", params=params)).read(DirectoryPage)

        return await rows(ask)

    async def manage_permissions(self, account_id: str) -> ManagePermissions:
        """What may be done with a managed account. Raises Refused for an account that the organization does not manage."""
        params = {"privileges": ("lifecycle.enablement", "lifecycle.delete")}
        return (await self._read("manage_permissions", method="GET", path=_manage(account_id), params=params)).read(ManagePermissions)

    async def api_tokens(self, account_id: str) -> tuple[ApiToken, ...]:
        """The API tokens of a managed account. Raises NotThere for an account that the organization does not manage."""
        path = f"{_manage(account_id)}/api-tokens"
        return (await self._read("api_tokens", method="GET", path=path)).read(ApiTokens).root

    async def add_to_group(self, group_id: str, *, directory_id: str, account_id: str) -> None:
        """
        Make the person a member; doing it twice is one membership, answered with success or AlreadyThere.

        Raises SeatsExhausted when a product of the group is full, OwnedElsewhere when an identity provider owns it.
        """
        path = self._memberships(group_id, directory_id=directory_id)
        await self._write("add_to_group", method="POST", path=path, json={"accountId": account_id})

    async def remove_from_group(self, group_id: str, *, directory_id: str, account_id: str) -> None:
        """End a membership. Raises NotThere when there was none, which a removal may take for success."""
        path = f"{self._memberships(group_id, directory_id=directory_id)}/{_segment(account_id)}"
        await self._write("remove_from_group", method="DELETE", path=path)

    async def assign_role(self, account_id: str, *, role: str, resource: str) -> None:
        """Give one role on one product. Raises SeatsExhausted when it is full."""
        path = f"{self._v1}/users/{_segment(account_id)}/roles/assign"
        await self._write("assign_role", method="POST", path=path, json={"role": role, "resource": resource})

    async def revoke_role(self, account_id: str, *, role: str, resource: str) -> None:
        """Take a direct role; one that comes through a group stays until the membership ends."""
        path = f"{self._v1}/users/{_segment(account_id)}/roles/revoke"
        await self._write("revoke_role", method="POST", path=path, json={"role": role, "resource": resource})

    async def restore(self, account_id: str, *, directory_id: str) -> None:
        """End a suspension; roles and groups of that directory are back, and billed."""
        path = f"{self._v2}/directories/{_segment(directory_id)}/users/{_segment(account_id)}/restore"
        await self._write("restore", method="POST", path=path)

    async def invite(
        self, email: str, *, resource: str, role: str, group_ids: Sequence[str] = (), text: str = INVITATION_TEXT
    ) -> InviteResult:
        """
        Invite one address, by e-mail: into the groups when some are given, else to the product with the role.

        A success can hold failures (206): read the items. Raises SeatsExhausted when the product is full. Never idempotent.
        """
        rules = () if group_ids else ({"resource": resource, "role": role},)
        # Atlassian sends no e-mail without a text.
        body = present(emails=(email,), permissionRules=rules, additionalGroups=group_ids, notificationText=text) | {
            "sendNotification": True
        }
        reply = await self.transport.send("invite", method="POST", path=f"{self._v2}/users/invite", json=body, write=True)
        failures = tuple(item for item in reply.read(InviteResponse).items if item.status == "ERROR")
        return InviteResult(partial=reply.status == 206, failures=failures)

    async def enable(self, account_id: str) -> None:
        """Activate a managed account. Raises OwnedElsewhere with Atlassian's reason when an identity provider decides."""
        await self._write("enable", method="POST", path=f"{_manage(account_id)}/lifecycle/enable")

    async def cancel_delete(self, account_id: str) -> None:
        """Take back a deletion within its grace of 14 days, and activate the account. Raises NotThere afterwards."""
        await self._write("cancel_delete", method="POST", path=f"{_manage(account_id)}/lifecycle/cancel-delete")

    def _memberships(self, group_id: str, *, directory_id: str) -> str:
        return f"{self._v2}/directories/{_segment(directory_id)}/groups/{_segment(group_id)}/memberships"

    async def _all_role_assignments(self, operation: str, *, path: str, resource_ids: Sequence[str]) -> tuple[RoleAssignment, ...]:
        async def ask(cursor: str | None) -> RoleAssignmentPage:
            # Beside a cursor all other parameters are discarded.
            params = {"cursor": cursor} if cursor else present(resourceIds=resource_ids, limit=PAGE_SIZE)
            return (await self._read(operation, method="GET", path=path, params=params)).read(RoleAssignmentPage)

        return await rows(ask)

    async def _read(self, operation: str, *, method: str, path: str, json: Any = None, params: Params | None = None) -> Reply:
        return await self.transport.send(operation, method=method, path=path, json=json, params=params, write=False)

    async def _write(self, operation: str, *, method: str, path: str, json: Any = None) -> None:
        (await self.transport.send(operation, method=method, path=path, json=json, write=True)).expect_nothing()


def _manage(account_id: str) -> str:
    return f"/users/{_segment(account_id)}/manage"


def _segment(value: str) -> str:
    """*value* as one segment of a path; account ids hold colons, and a dot segment would lead somewhere else."""
    if value in ("", ".", ".."):
        raise ValueError("an id must be more than dots")
    return quote(value, safe="")
