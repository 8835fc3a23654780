"""Taking a seat back: a last look, the snapshot, one step for each job, and a look whether the seat is gone."""

from dataclasses import dataclass
from datetime import datetime

from atlassian.access import ProductWanted
from atlassian.errors import NotThere, OwnedElsewhere, Refused
from atlassian.holdings import Holdings
from atlassian.removal import InTheWay, Removal, plan_removal
from atlassian.steps import Removing, settle_seconds
from bot.codes import Attention, Kept, Stuck
from bot.effects.kit import Kit
from bot.effects.looking import wanted
from bot.effects.outcome import Done, Fact, GivenUp, Outcome
from bot.jobs import SeeSeatGone, TakeSeat
from bot.usecases import reclaims as usecases
from storage import reclaims
from storage.db import UnitOfWork
from storage.lifecycle import ReclaimStatus
from storage.records import Job, Reclaim


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agreed:
    """One reclaim that may begin, and its product as Atlassian knows it."""

    reclaim: Reclaim
    wanted: ProductWanted


async def take_seat(job: Job, payload: TakeSeat, kit: Kit) -> Outcome:
    """Take the next step, or leave the seat alone for what a last look shows."""
    reclaim = await kit.database.read(lambda uow: reclaims.get(uow, payload.reclaim_id))
    if reclaim is None or reclaim.product not in kit.settings.products:
        return _kept(payload.reclaim_id, Kept.PRODUCT_GONE)
    if reclaim.status is ReclaimStatus.APPROVED:
        return await _begin(job, reclaim, kit)
    if reclaim.status is not ReclaimStatus.TAKING or reclaim.removal is None:
        return Done()
    steps = Removal.from_json(reclaim.removal).steps
    if payload.step == 0 and not job.unknown:
        asked = await kit.database.read(lambda uow: usecases.asked_for(uow, reclaim.account_id, reclaim.product))
        if asked:
            return _kept(reclaim.id, Kept.ASKED_FOR)
    return await _take(reclaim, steps, at=payload.step, kit=kit)


async def _begin(job: Job, reclaim: Reclaim, kit: Kit) -> Outcome:
    agreed = await kit.database.read(lambda uow: _agreed(uow, reclaim.account_id, kit))
    holdings = await kit.provisioner.holdings(reclaim.account_id, products=[one.wanted for one in agreed])
    removals = {one.reclaim.id: _removal(one, holdings, agreed) for one in agreed}
    mine = removals.get(reclaim.id)
    if mine is None:
        return _kept(reclaim.id, Kept.ASKED_FOR)
    if not mine.steps:
        code = Kept.IN_THE_WAY if mine.in_the_way else Kept.NO_SEAT
        return _kept(reclaim.id, code, details=_obstacles(mine.in_the_way))
    with_steps = {reclaim_id: removal for reclaim_id, removal in removals.items() if removal.steps}
    seconds = settle_seconds(mine.steps[0])
    begun = await kit.database.write(lambda uow: usecases.begin(uow, with_steps, job=job, seconds=seconds))
    if reclaim.id not in begun:
        return _kept(reclaim.id, Kept.ASKED_FOR)
    return await _take(reclaim, mine.steps, at=0, kit=kit)


def _agreed(uow: UnitOfWork, account_id: str, kit: Kit) -> tuple[_Agreed, ...]:
    """All of the account that may begin now, so that they are planned from one look."""
    products = kit.settings.products
    return tuple(
        _Agreed(reclaim=one, wanted=wanted(products[one.product]))
        for one in reclaims.agreed_of(uow, account_id)
        if one.product in products and not usecases.asked_for(uow, account_id, one.product)
    )


def _removal(one: _Agreed, holdings: Holdings, agreed: tuple[_Agreed, ...]) -> Removal:
    return plan_removal(holdings, one.wanted, other_products=[other.wanted for other in agreed if other is not one])


def _obstacles(in_the_way: tuple[InTheWay, ...]) -> dict[str, str]:
    """What is in the way, as codes and names of groups."""
    groups = sorted({one.group.name or one.group.id for one in in_the_way if one.group})
    reasons = sorted({one.reason.value for one in in_the_way})
    return {"reasons": ", ".join(reasons)} | ({"groups": ", ".join(groups)} if groups else {})


async def _take(reclaim: Reclaim, steps: tuple[Removing, ...], *, at: int, kit: Kit) -> Outcome:
    try:
        # Taking what is gone already counts as taken, so that a repeated step does no harm.
        await kit.provisioner.take(steps[at])
    except (OwnedElsewhere, Refused, NotThere) as error:
        code = error.reason or error.code or str(error.status)
        return Done(fact=_ended(reclaim.id, at=at, kept=Kept.REFUSED_BY_ATLASSIAN, stuck=Stuck.REFUSED_BY_ATLASSIAN, code=code))
    return Done(fact=lambda uow: usecases.go_on(uow, reclaim, steps_taken=at + 1, of=len(steps)))


async def see_seat_gone(_: Job, payload: SeeSeatGone, kit: Kit) -> Outcome:
    """Look whether the seat is free: taken, another look, or a human's."""
    reclaim = await kit.database.read(lambda uow: reclaims.get(uow, payload.reclaim_id))
    product = kit.settings.products.get(reclaim.product) if reclaim else None
    if reclaim is None or product is None or reclaim.status is not ReclaimStatus.TAKING:
        return Done()
    if await kit.provisioner.gone(reclaim.account_id, wanted=wanted(product)):
        return Done(fact=lambda uow: usecases.record_taken(uow, reclaim.id))
    if kit.now() >= datetime.fromisoformat(payload.until):
        return Done(fact=lambda uow: usecases.record_stuck(uow, reclaim.id, code=Stuck.STILL_THERE))
    return Done(fact=lambda uow: usecases.look_again(uow, payload))


def _kept(reclaim_id: str, code: Kept, *, details: dict[str, str] | None = None) -> Done:
    return Done(fact=lambda uow: usecases.record_kept(uow, reclaim_id, code=code, details=details))


def _ended(reclaim_id: str, *, at: int, kept: Kept, stuck: Stuck, code: str) -> Fact:
    """Before the first step the seat stays; after it, some is taken and a human must look."""
    if at == 0:
        return lambda uow: usecases.record_kept(uow, reclaim_id, code=kept, details={"code": code})
    return lambda uow: usecases.record_stuck(uow, reclaim_id, code=stuck, details={"code": code})


def taking_given_up(payload: TakeSeat | SeeSeatGone, kit: Kit, *, why: GivenUp) -> Fact:
    """What is not tried any more: a seat nobody touched stays, one that is half taken is a human's."""
    del kit
    away = why.code is Attention.UNREACHABLE_TOO_LONG
    kept = Kept.UNREACHABLE_TOO_LONG if away else Kept.OTHER
    stuck = Stuck.UNREACHABLE_TOO_LONG if away else Stuck.OTHER

    def fact(uow: UnitOfWork) -> None:
        usecases.record_stuck(uow, payload.reclaim_id, code=stuck, details={"code": why.code.value})
        usecases.record_kept(uow, payload.reclaim_id, code=kept, details={"code": why.code.value})

    return fact
