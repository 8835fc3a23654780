"""PURE: the steps that mend a state, in order; one is taken, then the person is looked at again."""

from collections.abc import Iterator
from dataclasses import dataclass

from atlassian.access import AccessState, ProductWanted, Snapshot, WayBack
from atlassian.licences import HARMLESS_ROLES, NO_MEMBERSHIP, SUSPENDED, GroupRef
from atlassian.standing import ACTIVE
from atlassian.steps import AddToGroup, AssignRole, CancelDeletion, Enable, Invite, Restore, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """
    The next steps, and how far they fall short of the snapshot.

    `missing` names the groups of the snapshot that are not put back: gone, out of our hands by now, or in a directory that the person is
    not in. `by_substitute` says that nothing of the snapshot can be put back, and the licence group or role of today stands in.
    `for_a_human` are administrating roles of the snapshot, which Comeback never gives.
    """

    steps: tuple[Step, ...]
    missing: tuple[str, ...] = ()
    by_substitute: bool = False
    for_a_human: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Back:
    """What of a snapshot is still to be put back, and in which directories a suspension must end for it."""

    groups: tuple[GroupRef, ...] = ()
    roles: tuple[str, ...] = ()
    restore_in: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        return bool(self.groups or self.roles)


def plan_restore(
    state: AccessState, wanted: ProductWanted, snapshot: Snapshot | None = None, *, allow_admin: bool = False
) -> tuple[Step, ...]:
    """
    The next steps, in order; empty when there is nothing to do or nothing that Comeback may do.

    With a *snapshot*, exactly its groups and roles are put back as far as they still may be given, groups also beside access that is
    there already: a plan of no steps says that the return is complete. Administration is never given: what is neither among
    `state.candidate_groups` nor a harmless role is left out. `plan_return` tells what that was. Nor is any revived, by a plan of
    `state.revives_admin`, unless a human took that on with *allow_admin*.
    """
    return plan_return(state, wanted, snapshot or Snapshot(), allow_admin=allow_admin).steps


def plan_return(state: AccessState, wanted: ProductWanted, snapshot: Snapshot, *, allow_admin: bool = False) -> Return:
    """The same with all that *snapshot* asks for and does not get."""
    back = _back(state, wanted=wanted, snapshot=snapshot)
    steps = tuple(_steps(state, wanted=wanted, back=back))
    if state.revives_admin and not allow_admin and any(isinstance(step, Restore | Enable | CancelDeletion) for step in steps):
        steps = ()
    held = {group.id for group in state.licence_groups_held}
    given = held | {step.group_id for step in steps if isinstance(step, AddToGroup)}
    given |= {group_id for step in steps if isinstance(step, Invite) for group_id in step.group_ids}
    asked = bool(snapshot.groups or snapshot.roles)
    instead = any(isinstance(step, AddToGroup | AssignRole | Invite) for step in steps)
    return Return(
        steps=steps,
        missing=tuple(group.name or group.id for group in snapshot.groups if group.id not in given),
        by_substitute=asked and instead and not back.anything,
        for_a_human=tuple(f"{ref.role} on {ref.resource}" for ref in snapshot.roles if ref.role not in HARMLESS_ROLES),
    )


def _back(state: AccessState, *, wanted: ProductWanted, snapshot: Snapshot) -> _Back:
    held = {group.id for group in state.licence_groups_held}
    named = {group.id for group in snapshot.groups} - held
    groups = tuple(group for group in state.candidate_groups if group.id in named)
    refs = tuple(ref for ref in snapshot.roles if ref.resource == wanted.resource and ref.role in HARMLESS_ROLES)
    roles = tuple(ref.role for ref in refs)
    if WayBack.INVITE in state.levels:
        # An invitation is by groups or by role, and makes the person a member of the directories of its groups.
        return _Back(groups=groups, roles=() if groups else tuple(role for role in roles if role == wanted.role))
    returned = _Back(
        groups=tuple(group for group in groups if _is_open(state, directory_id=group.directory_id)),
        roles=tuple(ref.role for ref in refs if _lacks_role(state, home=ref.directory_id)),
    )
    return returned if returned.anything or WayBack.RESTORE not in state.levels else _behind_suspension(state, groups=groups, roles=roles)


def _is_open(state: AccessState, *, directory_id: str) -> bool:
    # Where the membership is not known, a state that begins with a suspension is one of everywhere.
    status = state.membership.get(directory_id, SUSPENDED if WayBack.RESTORE in state.levels else ACTIVE)
    return status not in (SUSPENDED, NO_MEMBERSHIP)


def _lacks_role(state: AccessState, *, home: str | None) -> bool:
    # Beside access that is there, a role adds nothing; and Atlassian may make a membership of it, so that nobody could tell it is back.
    in_use = state.membership.get(home) == ACTIVE if home else SUSPENDED not in state.membership.values()
    if WayBack.RESTORE in state.levels or state.way_back is WayBack.OWNED_ELSEWHERE:
        # Where it would be suspended with the rest, the suspension has to end first.
        return in_use
    return WayBack.ADD_ACCESS in state.levels


def _behind_suspension(state: AccessState, *, groups: tuple[GroupRef, ...], roles: tuple[str, ...]) -> _Back:
    """Nothing can be put back before one suspension ends: in the directory of the snapshot, if it has one."""
    homes = {group.directory_id for group in groups if state.membership.get(group.directory_id) != NO_MEMBERSHIP}
    home = next((directory for directory in state.restore_in if directory in homes), min(homes, default=None))
    restore_in = (home,) if home else state.restore_in
    there = tuple(group for group in groups if group.directory_id in restore_in)
    return _Back(groups=there, roles=roles if WayBack.ADD_ACCESS in state.levels else (), restore_in=restore_in)


def _steps(state: AccessState, *, wanted: ProductWanted, back: _Back) -> Iterator[Step]:
    if not state.way_back.can_be_mended:
        if _may_put_back(state):
            yield from _put_back(state, wanted=wanted, back=back)
        return
    for level in state.levels:
        match level:
            case WayBack.CANCEL_DELETION:
                yield CancelDeletion(account_id=_account(state))
            case WayBack.ENABLE:
                yield Enable(account_id=_account(state))
            case WayBack.RESTORE:
                yield from (Restore(account_id=_account(state), directory_id=directory) for directory in back.restore_in)
            case WayBack.INVITE:
                yield _invitation(state, wanted=wanted, back=back)
    if WayBack.INVITE not in state.levels:
        yield from _put_back(state, wanted=wanted, back=back)
        if WayBack.ADD_ACCESS in state.levels and not back.anything:
            yield _access(state, wanted=wanted)


def _may_put_back(state: AccessState) -> bool:
    if state.way_back is WayBack.HAS_ACCESS:
        return True
    # A direct role that we took is ours to put back on a member, even where an identity provider owns every licence group.
    is_member = state.account_status == ACTIVE and ACTIVE in state.membership.values()
    return is_member and state.way_back is WayBack.OWNED_ELSEWHERE and state.reason == "no_modifiable_group"


def _put_back(state: AccessState, *, wanted: ProductWanted, back: _Back) -> Iterator[Step]:
    """Roles first: once a group gives access, a role would not be asked for any more."""
    yield from (AssignRole(account_id=_account(state), role=role, resource=wanted.resource) for role in back.roles)
    yield from (_add(_account(state), group=group) for group in back.groups)


def _add(account_id: str, *, group: GroupRef) -> AddToGroup:
    return AddToGroup(group_id=group.id, directory_id=group.directory_id, account_id=account_id)


def _access(state: AccessState, *, wanted: ProductWanted) -> Step:
    if state.chosen_group:
        return _add(_account(state), group=state.chosen_group)
    return AssignRole(account_id=_account(state), role=wanted.role, resource=wanted.resource)


def _invitation(state: AccessState, *, wanted: ProductWanted, back: _Back) -> Step:
    if state.email is None:
        raise ValueError("an invitation needs an address")
    if back.anything:
        return Invite(email=state.email, resource=wanted.resource, role=wanted.role, group_ids=tuple(group.id for group in back.groups))
    groups = (state.chosen_group.id,) if state.chosen_group else ()
    return Invite(email=state.email, resource=wanted.resource, role=wanted.role, group_ids=groups)


def _account(state: AccessState) -> str:
    if state.account_id is None:
        raise ValueError(f"{state.way_back} needs an account")
    return state.account_id
