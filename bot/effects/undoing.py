"""Undo: the snapshot is put back, one step for each job, and each is read back; nothing that the removal did not take is given."""

from datetime import datetime, timedelta

from atlassian.access import AccessState, WayBack
from atlassian.errors import NotThere, OwnedElsewhere, Refused, SeatsExhausted
from atlassian.planning import plan_restore
from atlassian.removal import Removal
from atlassian.steps import AddToGroup, AssignRole, Step
from bot.codes import Attention, NotUndone
from bot.effects.kit import Kit
from bot.effects.looking import wanted
from bot.effects.outcome import Again, Done, Fact, GivenUp, Outcome
from bot.jobs.seats import SeeSeatBack, UndoSeat
from bot.usecases import undoing as usecases
from bot.usecases.held import being_taken, may_show_as_it_was
from storage import reclaims
from storage.lifecycle import HOLDING_RECLAIMS
from storage.records import Job, Reclaim

IN_A_MOMENT = timedelta(seconds=5)
NO_SEAT_LEFT = timedelta(minutes=15)
"""The licence is full: somebody may give one up any time, and a seat that was ours to give is not forgotten."""
WAITS_FOR_A_SEAT = timedelta(days=1)


async def undo_seat(job: Job, payload: UndoSeat, kit: Kit) -> Outcome:
    """Put the next part of a seat back, or say why that can't be."""
    reclaim = await kit.database.read(lambda uow: reclaims.get(uow, payload.reclaim_id))
    if reclaim is None or reclaim.status not in HOLDING_RECLAIMS:
        return Done()
    amid = await kit.database.read(lambda uow: being_taken(uow, reclaim.account_id))
    if amid or may_show_as_it_was(reclaim, kit.now()):
        return Again(due_at=kit.now() + IN_A_MOMENT)
    if reclaim.product not in kit.settings.products:
        return Done(fact=_failed(reclaim.id, NotUndone.PRODUCT_GONE, kit))
    return await _put_back(job, reclaim, kit)


async def _put_back(job: Job, reclaim: Reclaim, kit: Kit) -> Outcome:
    state, steps = await _look(reclaim, kit)
    if not steps:
        return _nothing_left(reclaim, state, kit)
    step = steps[0]
    if not isinstance(step, AddToGroup | AssignRole):
        # Somebody suspended or deactivated the account since: to end that is a decision of its own.
        return Done(fact=_failed(reclaim.id, NotUndone.ACCOUNT_OFF, kit))
    if isinstance(step, AddToGroup) and await _has_a_role_to_come(reclaim, step.group_id, kit):
        return Again(due_at=kit.now() + _pause(kit.now() - job.created_at))
    started = await kit.database.write(lambda uow: usecases.start(uow, reclaim, job=job, step=step))
    return await _give(reclaim, step, steps_left=len(steps), asked_at=job.created_at, kit=kit) if started else Done()


async def _has_a_role_to_come(reclaim: Reclaim, group_id: str, kit: Kit) -> bool:
    """
    Whether another seat that this group gave, and that is being put back too, still lacks its direct role.

    Beside access no role is assigned: so the role comes first.
    """
    beside = await kit.database.read(lambda uow: usecases.put_back_beside(uow, reclaim, group_id=group_id))
    plans = [(await _look(one, kit))[1] for one in beside if one.product in kit.settings.products]
    return any(isinstance(step, AssignRole) for steps in plans for step in steps)


def _pause(waited: timedelta) -> timedelta:
    """Before the next look at what may come in a moment, or in a day when the licence is full."""
    return max(IN_A_MOMENT, min(NO_SEAT_LEFT, waited / 4))


async def _look(reclaim: Reclaim, kit: Kit) -> tuple[AccessState, tuple[Step, ...]]:
    product = wanted(kit.settings.products[reclaim.product])
    state = await kit.provisioner.look(account_id=reclaim.account_id, wanted=product, thorough=True)
    return state, plan_restore(state, product, Removal.from_json(reclaim.removal or {}).snapshot)


def _nothing_left(reclaim: Reclaim, state: AccessState, kit: Kit) -> Done:
    if state.way_back is WayBack.HAS_ACCESS:
        return Done(fact=lambda uow: usecases.record_undone(uow, reclaim.id))
    gone = state.way_back is WayBack.ACCOUNT_CLOSED or state.revives_admin
    return Done(fact=_failed(reclaim.id, NotUndone.ACCOUNT_OFF if gone else NotUndone.NO_WAY_BACK, kit))


async def _give(reclaim: Reclaim, step: Step, *, steps_left: int, asked_at: datetime, kit: Kit) -> Outcome:
    try:
        await kit.provisioner.take(step)
    except SeatsExhausted:
        if kit.now() - asked_at > WAITS_FOR_A_SEAT:
            return Done(fact=_failed(reclaim.id, NotUndone.NO_SEAT_LEFT, kit))
        return Again(due_at=kit.now() + NO_SEAT_LEFT)
    except (OwnedElsewhere, NotThere, Refused):
        return Done(fact=_failed(reclaim.id, NotUndone.REFUSED_BY_ATLASSIAN, kit))
    return Done(fact=lambda uow: usecases.look_back(uow, reclaim, steps_left=steps_left))


async def see_seat_back(_: Job, payload: SeeSeatBack, kit: Kit) -> Outcome:
    """Look whether the step shows: all is back, the next part, another look, or a human's."""
    reclaim = await kit.database.read(lambda uow: reclaims.get(uow, payload.reclaim_id))
    if reclaim is None or reclaim.status not in HOLDING_RECLAIMS:
        return Done()
    if reclaim.product not in kit.settings.products:
        return Done(fact=_failed(reclaim.id, NotUndone.PRODUCT_GONE, kit))
    state, steps = await _look(reclaim, kit)
    if not steps and state.way_back is WayBack.HAS_ACCESS:
        return Done(fact=lambda uow: usecases.record_undone(uow, reclaim.id))
    if len(steps) < payload.steps_left:
        return Done(fact=lambda uow: usecases.go_on(uow, reclaim))
    if kit.now() >= datetime.fromisoformat(payload.until):
        return Done(fact=_failed(reclaim.id, NotUndone.NOT_SEEN, kit))
    return Done(fact=lambda uow: usecases.look_again(uow, payload))


def _failed(reclaim_id: str, code: NotUndone, kit: Kit) -> Fact:
    return lambda uow: usecases.record_not_undone(uow, reclaim_id, code=code, settings=kit.settings)


def undoing_given_up(payload: UndoSeat | SeeSeatBack, kit: Kit, *, why: GivenUp) -> Fact:
    """What is not tried any more stays taken, and somebody is told."""
    code = NotUndone.UNREACHABLE_TOO_LONG if why.code is Attention.UNREACHABLE_TOO_LONG else NotUndone.OTHER
    return _failed(payload.reclaim_id, code, kit)
