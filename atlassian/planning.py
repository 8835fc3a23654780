"""PURE: the steps that mend a state, in order; one is taken, then the person is looked at again."""

from collections.abc import Iterator

from atlassian.access import AccessState, ProductWanted, Snapshot, WayBack
from atlassian.licences import HARMLESS_ROLES, NO_MEMBERSHIP, SUSPENDED, GroupRef
from atlassian.steps import AddToGroup, AssignRole, CancelDeletion, Enable, Invite, Restore, Step


def plan_restore(state: AccessState, wanted: ProductWanted, snapshot: Snapshot | None = None) -> tuple[Step, ...]:
    """
    The next steps, in order; empty when there is nothing to do or nothing that Comeback may do.

    With a *snapshot*, exactly its groups and roles are put back as far as they still may be given, also beside access that is there
    already: a plan of no steps says that the return is complete. Administration is never given: what is neither among
    `state.candidate_groups` nor a harmless role is left out.
    """
    returned = tuple(_put_back(state, wanted=wanted, snapshot=snapshot)) if snapshot else ()
    if not state.way_back.can_be_mended:
        return returned if _may_put_back(state) else ()
    return tuple(step for level in state.levels for step in _steps(level, state, wanted=wanted, returned=returned))


def _may_put_back(state: AccessState) -> bool:
    # A direct role that we took is ours to put back, even where an identity provider owns every licence group.
    return state.way_back is WayBack.HAS_ACCESS or (state.way_back is WayBack.OWNED_ELSEWHERE and state.reason == "no_modifiable_group")


def _put_back(state: AccessState, *, wanted: ProductWanted, snapshot: Snapshot) -> Iterator[Step]:
    if state.account_id is None:
        return
    held = {group.id for group in state.licence_groups_held}
    taken = {group.id for group in snapshot.groups}
    for group in state.candidate_groups:
        if group.id in taken - held and _is_open(state, directory_id=group.directory_id):
            yield _add(state.account_id, group=group)
    for resource, role in snapshot.roles:
        if resource == wanted.resource and role in HARMLESS_ROLES and role not in state.direct_roles:
            yield AssignRole(account_id=state.account_id, role=role, resource=resource)


def _is_open(state: AccessState, *, directory_id: str) -> bool:
    status = state.membership.get(directory_id)
    return status != NO_MEMBERSHIP and (status != SUSPENDED or directory_id in state.restore_in)


def _add(account_id: str, *, group: GroupRef) -> AddToGroup:
    return AddToGroup(group_id=group.id, directory_id=group.directory_id, account_id=account_id)


def _steps(level: WayBack, state: AccessState, *, wanted: ProductWanted, returned: tuple[Step, ...]) -> tuple[Step, ...]:
    match level:
        case WayBack.CANCEL_DELETION:
            return (CancelDeletion(account_id=_account(state)),)
        case WayBack.ENABLE:
            return (Enable(account_id=_account(state)),)
        case WayBack.RESTORE:
            return tuple(Restore(account_id=_account(state), directory_id=directory) for directory in state.restore_in)
        case WayBack.ADD_ACCESS:
            return returned or (_access(state, wanted=wanted),)
        case WayBack.INVITE:
            return (_invitation(state, wanted=wanted),)
    return ()


def _access(state: AccessState, *, wanted: ProductWanted) -> Step:
    if state.chosen_group:
        return _add(_account(state), group=state.chosen_group)
    return AssignRole(account_id=_account(state), role=wanted.role, resource=wanted.resource)


def _invitation(state: AccessState, *, wanted: ProductWanted) -> Step:
    if state.email is None:
        raise ValueError("an invitation needs an address")
    groups = (state.chosen_group.id,) if state.chosen_group else ()
    return Invite(email=state.email, resource=wanted.resource, role=wanted.role, group_ids=groups)


def _account(state: AccessState) -> str:
    if state.account_id is None:
        raise ValueError(f"{state.way_back} needs an account")
    return state.account_id
