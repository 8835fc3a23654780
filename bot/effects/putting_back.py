"""How exactly what a reclaim took can be put back."""

from typing import Any

from pydantic import TypeAdapter

from atlassian.access import AccessState, ProductWanted, Snapshot
from atlassian.planning import plan_return
from atlassian.steps import AssignRole
from bot.effects.kit import Kit
from bot.slack.surfaces.put_back import PutBack
from bot.usecases.reclaims import Held, held_of
from storage.records import Finding


async def held_from(kit: Kit, state: AccessState, *, product: str) -> Held | None:
    """What Comeback took of this account's seat and has not given back."""
    return await kit.database.read(lambda uow: held_of(uow, state.account_id, product))


def put_back(held: Held | None, state: AccessState, wanted: ProductWanted) -> PutBack | None:
    """How exactly the snapshot can be put back, for people to read; None when nothing was taken."""
    if held is None:
        return None
    plan = plan_return(state, wanted, held.snapshot)
    missing = set(plan.missing)
    assigned = any(isinstance(step, AssignRole) for step in plan.steps)
    names = (group.name or group.id for group in held.snapshot.groups)
    return PutBack(
        taken_at=held.reclaim.taken_at or held.reclaim.changed_at,
        groups=tuple(name for name in names if name not in missing),
        role=assigned and not plan.by_substitute,
        missing=plan.missing,
        by_substitute=plan.by_substitute,
        instead=state.chosen_group.name if state.chosen_group else None,
        for_a_human=plan.for_a_human,
        side_products=held.snapshot.side_products,
    )


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
