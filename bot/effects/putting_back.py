"""How exactly what a reclaim took can be put back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from atlassian.access import AccessState, ProductWanted, Snapshot
from atlassian.planning import plan_return
from atlassian.steps import AddToGroup, AssignRole, Invite, Step
from bot.effects.kit import Kit
from bot.slack.surfaces.put_back import PutBack
from bot.usecases.held import Held, being_taken, has_returned, held_of, may_show_as_it_was
from storage.db import UnitOfWork
from storage.records import Finding


async def held_from(kit: Kit, state: AccessState, *, product: str) -> Held | None:
    """What Comeback took of this account's seat and has not given back."""
    return await kit.database.read(lambda uow: held_of(uow, state.account_id, product))


async def settled(kit: Kit, state: AccessState, *, product: str, before: Held | None) -> tuple[Held | None, bool]:
    """
    What Comeback holds of this account's seat, and whether *state* may be acted upon.

    Not while a removal of any seat of the account is under way, nor just after one stopped half way: what is gone may still show. And not
    when what was held *before* the look has come back since (by an undo perhaps): then the look is older than that.
    """
    return await kit.database.read(lambda uow: _settled(uow, state, product=product, before=before))


def _settled(uow: UnitOfWork, state: AccessState, *, product: str, before: Held | None) -> tuple[Held | None, bool]:
    held = held_of(uow, state.account_id, product)
    taking = state.account_id is not None and being_taken(uow, state.account_id)
    half_way = held is not None and may_show_as_it_was(held.reclaim, uow.now)
    return held, not taking and not half_way and not (before is not None and has_returned(uow, before))


def put_back(held: Held | None, state: AccessState, wanted: ProductWanted) -> PutBack | None:
    """How exactly the snapshot can be put back, for people to read; None when nothing was taken."""
    if held is None:
        return None
    plan = plan_return(state, wanted, held.snapshot)
    assigned = any(isinstance(step, AssignRole) for step in plan.steps)
    added = _added(plan.steps)
    return PutBack(
        taken_at=held.reclaim.taken_at or held.reclaim.changed_at,
        groups=tuple(group.name or group.id for group in held.snapshot.groups if group.id in added),
        role=assigned and not plan.by_substitute,
        missing=plan.missing,
        by_substitute=plan.by_substitute,
        instead=state.chosen_group.name if state.chosen_group else None,
        for_a_human=plan.for_a_human,
    )


async def with_side_products(kit: Kit, state: AccessState, *, held: Held | None, wanted: ProductWanted) -> AccessState:
    """*state* with what else the groups give that a return puts back, as they are today: they may give more than when they were taken."""
    added = _added(plan_return(state, wanted, held.snapshot).steps) if held else frozenset()
    named = {group.id for group in held.snapshot.groups} if held else set()
    if not added & named:
        return state
    groups = await kit.catalog.licence_groups(wanted.resource, wanted.role)
    others = {other for group in groups if group.id in added for other in group.other_resources(wanted.resource)}
    return replace(state, side_products=tuple(sorted(others)))


def _added(steps: Sequence[Step]) -> frozenset[str]:
    """The ids of the groups that *steps* make the person a member of."""
    added = {step.group_id for step in steps if isinstance(step, AddToGroup)}
    return frozenset(added | {group_id for step in steps if isinstance(step, Invite) for group_id in step.group_ids})


def snapshot_of(held: Held | None) -> Snapshot | None:
    """What is to be put back exactly; None where nothing was taken."""
    return held.snapshot if held else None


_PUT_BACK: TypeAdapter[PutBack] = TypeAdapter(PutBack)


def put_back_to_json(back: PutBack | None) -> dict[str, Any] | None:
    """The return as a finding holds it."""
    return _PUT_BACK.dump_python(back, mode="json") if back else None


def put_back_of(finding: Finding | None) -> PutBack | None:
    """The return that a finding holds, if it holds one."""
    stored = finding.body.get("back") if finding else None
    return _PUT_BACK.validate_python(stored) if stored else None
