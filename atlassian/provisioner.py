"""One person, one product: look, take one step, read back. Nothing here retries, waits or decides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from atlassian.access import AccessState, ProductWanted, WayBack
from atlassian.catalog import Catalog
from atlassian.client import ALL_DIRECTORIES, AdminClient
from atlassian.diagnosis import diagnose, seated
from atlassian.errors import AlreadyThere, NotPermitted, NotThere, OwnedElsewhere, Refused, SeatsExhausted
from atlassian.holdings import Grant, Holdings, granted_by_groups, merged
from atlassian.invitations import InviteResult
from atlassian.licences import NO_MEMBERSHIP, SUSPENDED, LicenceGroup, select_candidates
from atlassian.models import ManagePermissions, RoleAssignment, User
from atlassian.standing import ACTIVE, INACTIVE, Found, Standing, people_among, seats, standing_of
from atlassian.steps import (
    AddToGroup,
    AssignRole,
    CancelDeletion,
    Enable,
    Invite,
    RemoveFromGroup,
    Restore,
    RevokeRole,
    Step,
    settle_seconds,
)

__all__ = ["InviteOutcome", "Provisioner", "StepResult", "Taken", "settle_seconds"]

RECENTLY = timedelta(days=60)
"""Somebody who used a product this lately, and is in none of its groups, may hold a direct role; for others it is not worth a call."""

FEW = 10
"""More accounts than this for one address would be refused all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Atlassian took the write; `already` says that there was nothing to change. Read back before telling anybody."""

    already: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteOutcome:
    """What became of an invitation; `reason` is why not, as a machine word: `product_not_licensed`, `partial` and the like."""

    invited: bool
    reason: str | None = None


StepResult = Taken | InviteOutcome


class Provisioner:
    """Reads and mends through one client; the catalog saves it the slow questions."""

    def __init__(self, client: AdminClient, catalog: Catalog) -> None:
        """Nothing is read yet."""
        self._client = client
        self._catalog = catalog

    settle_seconds = staticmethod(settle_seconds)

    async def look(
        self, *, email: str | None = None, account_id: str | None = None, wanted: ProductWanted, thorough: bool = False
    ) -> AccessState:
        """
        How the person stands with the product, from fresh reads.

        Found by *account_id* when one is given, and then an *email* that is not the account's is a reason to refuse. One call in an
        organization of one directory; one more where there are several; more for people who are suspended, deactivated or not found.
        *thorough* reads all roles in any case, as a removal must; so does a look at what a restore would revive. Raises any error of a
        read; none of them changed anything.
        """
        users = await self.find(email=email, account_id=account_id)
        groups = await self._catalog.licence_groups(wanted.resource, wanted.role)
        found = Found(email=email, users=users, licence_groups=groups)
        people = people_among(users)
        if len(people) == 1:
            found = await self._complete(found, user=people[0], wanted=wanted, thorough=thorough)
        return diagnose(found, wanted)

    async def read_back(self, state: AccessState, *, step: Step, wanted: ProductWanted) -> AccessState:
        """
        How the person stands after *step*, which was planned from *state*: one call when it gave the access.

        Otherwise, and where there was access before the step, a thorough look. An invitation can't be read back: its outcome is the answer.
        After a restore that gives no seat by itself a plain look serves, as the roles were read before it and there was none to come back.
        """
        goes_on = isinstance(step, Restore) and WayBack.ADD_ACCESS in state.levels and not state.direct_roles
        gives_access = state.way_back is not WayBack.HAS_ACCESS and isinstance(step, AddToGroup | AssignRole | Restore)
        if state.account_id and state.account_status == ACTIVE and gives_access and not goes_on:
            rows = await self._assignments(state.account_id, resource_ids=(wanted.resource,))
            if any(wanted.role in row.held_roles and row.user_directory_status == ACTIVE for row in rows):
                return seated(state, step=step, rows=rows)
        return await self.look(email=state.email, account_id=state.account_id, wanted=wanted, thorough=not goes_on)

    async def holdings(self, account_id: str, *, products: Sequence[ProductWanted]) -> Holdings:
        """
        All that the account holds, from fresh reads: two calls, and what the catalog does not know yet.

        *products* are those to be taken, all of one person at once. An account that is not found holds nothing. Raises any error of a read.
        """
        users = await self.find(email=None, account_id=account_id)
        if not users:
            return Holdings()
        rows = await self._assignments(account_id)
        grants = granted_by_groups(rows) | {(product.resource, product.role) for product in products}
        read = Holdings(user=users[0], assignments=rows, groups=await self._groups_of(users[0], grants=grants))
        if not read.unexplained:
            return read
        for resource in sorted(read.unexplained):
            self._catalog.forget(resource)
        return replace(read, groups=await self._groups_of(users[0], grants=grants))

    async def gone(self, account_id: str, *, wanted: ProductWanted, groups: Collection[str] = ()) -> bool:
        """
        Whether the person has no seat on the product any more, and is in none of these *groups* (ids): one call, and one for the groups.

        Reads lag behind writes by up to a minute, each by its own time, so that False is worth another look until then. True is what both
        say: whoever looks next is not told of what was taken. A seat that a suspension keeps from being used is none. Raises any error of
        a read.
        """
        rows = await self._assignments(account_id, resource_ids=(wanted.resource,))
        here = (row for row in rows if row.resource_id == wanted.resource and row.user_directory_status not in (SUSPENDED, NO_MEMBERSHIP))
        if any(seats(row, role=wanted.role) for row in here):
            return False
        users = await self.find(account_id=account_id) if groups else ()
        return not any(group.id in groups for user in users for group in user.groups or ())

    async def take(self, step: Step) -> StepResult:
        """
        Take one step: one write, sent once.

        What is there already counts as taken, and so does what is to be removed and is not there. Raises the errors of
        `atlassian.errors`; after OutcomeUnknown wait `settle_seconds(step)` and read before writing again. An answer that contradicts
        the catalog makes it forget. Nobody gets into a group that administers anything by now (Refused, `group_administers`): one read
        more where the catalog learned of the group longer ago than a minute.
        """
        try:
            return await self._send(step)
        except AlreadyThere:
            return Taken(already=True)
        except (NotThere, OwnedElsewhere, SeatsExhausted) as error:
            self._catalog.forget()
            if isinstance(error, NotThere) and isinstance(step, RemoveFromGroup | RevokeRole):
                return Taken(already=True)
            raise

    async def _send(self, step: Step) -> StepResult:
        match step:
            case AddToGroup(group_id=group_id, directory_id=directory_id, account_id=account_id):
                await self._refuse_administration("add_to_group", group_id=group_id, directory_id=directory_id)
                await self._client.add_to_group(group_id, directory_id=directory_id, account_id=account_id)
            case AssignRole(account_id=account_id, role=role, resource=resource):
                await self._client.assign_role(account_id, role=role, resource=resource)
            case Restore(account_id=account_id, directory_id=directory_id):
                await self._client.restore(account_id, directory_id=directory_id)
            case Enable(account_id=account_id):
                await self._client.enable(account_id)
            case CancelDeletion(account_id=account_id):
                await self._client.cancel_delete(account_id)
            case RemoveFromGroup(group_id=group_id, directory_id=directory_id, account_id=account_id):
                await self._client.remove_from_group(group_id, directory_id=directory_id, account_id=account_id)
            case RevokeRole(account_id=account_id, role=role, resource=resource):
                await self._client.revoke_role(account_id, role=role, resource=resource)
            case Invite(email=email, resource=resource, role=role, group_ids=group_ids):
                for group_id in group_ids:
                    await self._refuse_administration("invite", group_id=group_id)
                return _outcome(await self._client.invite(email, resource=resource, role=role, group_ids=group_ids))
            case _:
                assert_never(step)
        return Taken()

    async def _refuse_administration(self, operation: str, *, group_id: str, directory_id: str = ALL_DIRECTORIES) -> None:
        if await self._catalog.administers(group_id, directory_id=directory_id):
            raise Refused(operation, reason="group_administers")

    async def find(self, *, email: str | None = None, account_id: str | None = None) -> tuple[User, ...]:
        """The accounts with this id or, where none is given, this address; apps and portal customers may be among them."""
        if not (email or account_id):
            raise ValueError("look needs an e-mail address or an account id")
        emails = () if account_id or not email else (email,)
        account_ids = (account_id,) if account_id else ()
        page = await self._client.search_users(emails=emails, account_ids=account_ids, limit=FEW)
        if not page.data:
            # The plain search lists members of directories; a managed account outside all of them is found only so.
            page = await self._client.search_users(emails=emails, account_ids=account_ids, claim_status="managed", limit=FEW)
        return page.data

    async def _groups_of(self, user: User, *, grants: Collection[Grant]) -> tuple[LicenceGroup, ...]:
        mine = {group.id for group in user.groups or ()}
        answers = [await self._catalog.licence_groups(resource, role) for resource, role in sorted(grants)]
        return merged(group for answer in answers for group in answer if group.id in mine)

    async def _complete(self, found: Found, *, user: User, wanted: ProductWanted, thorough: bool) -> Found:
        """*found* with what one account needs besides; nothing for an account that no step can mend."""
        standing = standing_of(user, found=found, wanted=wanted)
        if standing.account not in (ACTIVE, INACTIVE):
            return found
        if standing.is_off:
            found = replace(found, permissions=await self._permissions(user))
        directories: tuple[str, ...] = ()
        if standing.overall != NO_MEMBERSHIP:
            directories = await self._directories(user.account_id)
            # A member of no directory is a contradiction (reads may lag): then they are unknown, not none.
            found = replace(found, directories=directories or None)
        if thorough or len(directories) > 1 or self._may_hold_more(found, standing=standing, wanted=wanted):
            return replace(found, assignments=await self._assignments(user.account_id))
        return found

    async def _directories(self, account_id: str) -> tuple[str, ...]:
        everything = await self._catalog.directories()
        directories = everything if len(everything) == 1 else await self._client.directories(account_id=account_id)
        return tuple(directory.directory_id for directory in directories)

    async def _assignments(self, account_id: str, *, resource_ids: Sequence[str] = ()) -> tuple[RoleAssignment, ...]:
        try:
            return await self._client.role_assignments(account_id, resource_ids=resource_ids)
        except NotThere:
            return ()

    async def _permissions(self, user: User) -> ManagePermissions | None:
        if user.claim_status == "unmanaged":
            return None
        try:
            return await self._client.manage_permissions(user.account_id)
        except (Refused, NotPermitted) as error:
            if isinstance(error, NotPermitted) and error.status != 403:
                raise
            # Not managed after all, or not told about this person: then only the attempt shows who decides.
            return None

    def _may_hold_more(self, found: Found, *, standing: Standing, wanted: ProductWanted) -> bool:
        """Whether roles that the search does not show decide: what a way back would revive, or access without a group."""
        if standing.is_off or standing.overall == SUSPENDED:
            return True
        if standing.held or standing.overall == NO_MEMBERSHIP:
            return False
        used = next((product.last_active for product in standing.user.product_access or () if product.id == wanted.resource), None)
        recently = used is not None and self._catalog.now() - used < RECENTLY
        # An invitation may have given a role, and must not be followed by a group.
        invited = standing.user.email_verified is False
        return recently or invited or not select_candidates(found.licence_groups, resource=wanted.resource, role=wanted.role)


def _outcome(result: InviteResult) -> InviteOutcome:
    if result.seats_exhausted:
        raise SeatsExhausted("invite", status=206)
    return InviteOutcome(invited=result.invited, reason=result.reason)
