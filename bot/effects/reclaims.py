"""Taking a seat back: a last look, the snapshot, one step for each job, and a look whether the seat is gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from atlassian.access import ProductWanted
from atlassian.errors import NotThere, OwnedElsewhere, Refused
from atlassian.holdings import Holdings
from atlassian.removal import InTheWay, Obstacle, Removal, plan_removal
from atlassian.steps import Removing, settle_seconds
from bot.codes import Attention, Kept, Stuck
from bot.effects import seat_ends
from bot.effects.kit import Kit
from bot.effects.last_look import Remembered, has_token_in_use, remembered, why_kept
from bot.effects.looking import wanted
from bot.effects.outcome import Again, Done, Fact, GivenUp, Outcome
from bot.jobs.seats import SeeSeatGone, TakeSeat
from bot.usecases import reclaims as usecases
from bot.usecases.progress import is_called_off
from storage import reclaims
from storage.db import UnitOfWork
from storage.lifecycle import HOLDING_RECLAIMS, ReclaimStatus
from storage.records import Job, Reclaim


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agreed:
    """One reclaim that may begin, and its product as Atlassian knows it."""

    wanted: ProductWanted
    known: Remembered

    @property
    def reclaim(self) -> Reclaim:
        """The reclaim itself."""
        return self.known.reclaim


async def take_seat(job: Job, payload: TakeSeat, kit: Kit) -> Outcome:
    """Take the next step, or leave the seat alone for what a last look shows."""
    reclaim, stays = await kit.database.read(lambda uow: _looked_up(uow, payload.reclaim_id))
    if reclaim is None or reclaim.status not in (ReclaimStatus.APPROVED, ReclaimStatus.TAKING):
        return Done()
    if stays is not None and reclaim.removal is None:
        return Done(fact=seat_ends.kept(reclaim.id, stays, kit=kit))
    if reclaim.product not in kit.settings.products:
        return Done(
            fact=seat_ends.ended(reclaim.id, kept=Kept.PRODUCT_GONE, stuck=Stuck.PRODUCT_GONE, code=Kept.PRODUCT_GONE.value, kit=kit)
        )
    if reclaim.removal is None:
        return await _begin(job, reclaim, kit)
    removal = Removal.from_json(reclaim.removal)
    changed = await _changed_since(job, reclaim, removal, kit) if payload.step == 0 else await _changed_amid(reclaim, kit)
    if changed is not None:
        return Done(fact=changed)
    return await _take(job, reclaim, removal.steps, at=payload.step, kit=kit)


def _looked_up(uow: UnitOfWork, reclaim_id: str) -> tuple[Reclaim | None, Kept | None]:
    """The reclaim, and why it does not begin any more, where nobody need look at Atlassian to know."""
    reclaim = reclaims.get(uow, reclaim_id)
    if reclaim is None:
        return None, None
    if is_called_off(uow, reclaim):
        return reclaim, Kept.CALLED_OFF
    return reclaim, Kept.ASKED_FOR if usecases.asked_for(uow, reclaim.account_id, reclaim.product) else None


async def _changed_since(job: Job, reclaim: Reclaim, removal: Removal, kit: Kit) -> Fact | None:
    """
    Why the first step is not taken after all, when time has gone by since the intent was stored; None when it is.

    Where some of the seat may be gone already (an answer was lost, or another product's removal took a group that both needed), it is not
    simply left: it stays held, so that a request or an undo puts it back.
    """
    product = kit.settings.products[reclaim.product]
    known, asked, beside, shared = await kit.database.read(
        lambda uow: (
            remembered(uow, reclaim, kit),
            usecases.asked_for(uow, reclaim.account_id, reclaim.product),
            _taken_beside(uow, reclaim, kit),
            _shares_a_group(uow, reclaim),
        )
    )
    holdings = await kit.provisioner.holdings(reclaim.account_id, products=[wanted(product)])
    now = plan_removal(holdings, wanted(product), other_products=beside)
    if now == Removal():
        # It is gone: what is left is to see it so, and whoever asks for it gets all of the snapshot.
        return None
    code = Kept.ASKED_FOR if asked else await why_kept(holdings, known, product, kit)
    if code is None and _ends_another_seat(now):
        code = Kept.IN_THE_WAY
    if code is None and await has_token_in_use(holdings, kit):
        code = Kept.SCRIPT_ACTIVE
    if code is None:
        return None
    if job.unknown or shared or not _is_whole(holdings, removal):
        return seat_ends.stuck(reclaim.id, Stuck.CHANGED, code=code.value, kit=kit)
    return seat_ends.kept(reclaim.id, code, kit=kit)


async def _changed_amid(reclaim: Reclaim, kit: Kit) -> Fact | None:
    """
    Why a later step is not taken; None when it is.

    Whoever asks for the seat by now gets it back whole, after its end. But a seat of another product, which was asked for or given back
    since, may hang on a group that this step takes.
    """
    product = kit.settings.products[reclaim.product]
    beside = await kit.database.read(lambda uow: _taken_beside(uow, reclaim, kit))
    holdings = await kit.provisioner.holdings(reclaim.account_id, products=[wanted(product)])
    if not _ends_another_seat(plan_removal(holdings, wanted(product), other_products=beside)):
        return None
    return seat_ends.stuck(reclaim.id, Stuck.CHANGED, code=Kept.IN_THE_WAY.value, kit=kit)


def _ends_another_seat(removal: Removal) -> bool:
    # No other obstacle counts: roles may still show what a group gave that is gone, and nobody knows its giver then.
    return any(one.reason is Obstacle.OTHER_PRODUCT for one in removal.in_the_way)


def _taken_beside(uow: UnitOfWork, reclaim: Reclaim, kit: Kit) -> tuple[ProductWanted, ...]:
    """The other products of the account whose removals are under way: what gives both may go."""
    taken = (one for one in reclaims.beside(uow, reclaim) if one.status is ReclaimStatus.TAKING)
    products = (kit.settings.products.get(one.product) for one in taken)
    return tuple(wanted(product) for product in products if product is not None)


def _shares_a_group(uow: UnitOfWork, reclaim: Reclaim) -> bool:
    """Whether the removal of another seat, which has begun, takes a group of this one too: then it may be gone, however it shows."""
    mine = {group.id for group in Removal.from_json(reclaim.removal or {}).snapshot.groups}
    begun = (one for one in reclaims.beside(uow, reclaim) if one.status in HOLDING_RECLAIMS)
    return any(group.id in mine for one in begun for group in Removal.from_json(one.removal or {}).snapshot.groups)


def _is_whole(holdings: Holdings, removal: Removal) -> bool:
    """Whether nothing of what the removal takes is gone yet."""
    groups = {group.id for group in (holdings.user.groups if holdings.user else None) or ()}
    roles = {(row.resource_id, role) for row in holdings.assignments for role in row.direct_roles}
    taken = removal.snapshot
    return {group.id for group in taken.groups} <= groups and {(ref.resource, ref.role) for ref in taken.roles} <= roles


async def _begin(job: Job, reclaim: Reclaim, kit: Kit) -> Outcome:
    if not kit.directory.approvers.fresh(kit.now()):
        await kit.directory.refresh()
    agreed = await kit.database.read(lambda uow: _agreed(uow, reclaim.account_id, kit))
    if all(one.reclaim.id != reclaim.id for one in agreed):
        # It was called off, asked for or stopped a moment ago: the next look says which.
        return Again(due_at=kit.now())
    holdings = await kit.provisioner.holdings(reclaim.account_id, products=[one.wanted for one in agreed])
    stays = {one.reclaim.id: await why_kept(holdings, one.known, kit.settings.products[one.reclaim.product], kit) for one in agreed}
    spared = stays[reclaim.id]
    if spared is None and await has_token_in_use(holdings, kit):
        spared = Kept.SCRIPT_ACTIVE
    if spared is not None:
        return Done(fact=seat_ends.kept(reclaim.id, spared, kit=kit))
    going = tuple(one for one in agreed if stays[one.reclaim.id] is None)
    return await _begin_together(job, reclaim, {one.reclaim.id: _removal(one, holdings, going) for one in going}, kit)


async def _begin_together(job: Job, reclaim: Reclaim, removals: Mapping[str, Removal], kit: Kit) -> Outcome:
    """Store what is taken of all products of the account that go, and take the first step of this one."""
    mine = removals[reclaim.id]
    if not mine.steps:
        code = Kept.IN_THE_WAY if mine.in_the_way else Kept.NO_SEAT
        return Done(fact=seat_ends.kept(reclaim.id, code, kit=kit, details=_obstacles(mine.in_the_way)))
    with_steps = {reclaim_id: removal for reclaim_id, removal in removals.items() if removal.steps}
    seconds = settle_seconds(mine.steps[0])
    begun = await kit.database.write(lambda uow: usecases.begin(uow, with_steps, job=job, seconds=seconds))
    if not begun:
        # One of them was stopped or asked for this moment: what is left is planned anew, by itself.
        return Again(due_at=kit.now())
    return await _take(job, reclaim, mine.steps, at=0, kit=kit)


def _agreed(uow: UnitOfWork, account_id: str, kit: Kit) -> tuple[_Agreed, ...]:
    """All of the account that may begin now, so that they are planned from one look."""
    products = kit.settings.products
    open_ = (one for one in reclaims.open_of_account(uow, account_id) if one.product in products)
    approved = (one for one in open_ if one.status is ReclaimStatus.APPROVED and not is_called_off(uow, one))
    agreed = (one for one in approved if not usecases.asked_for(uow, account_id, one.product))
    return tuple(_Agreed(wanted=wanted(products[one.product]), known=remembered(uow, one, kit)) for one in agreed)


def _removal(one: _Agreed, holdings: Holdings, agreed: tuple[_Agreed, ...]) -> Removal:
    return plan_removal(holdings, one.wanted, other_products=[other.wanted for other in agreed if other is not one])


def _obstacles(in_the_way: tuple[InTheWay, ...]) -> dict[str, str]:
    """What is in the way, as codes and names of groups."""
    groups = sorted({one.group.name or one.group.id for one in in_the_way if one.group})
    reasons = sorted({one.reason.value for one in in_the_way})
    return {"reasons": ", ".join(reasons)} | ({"groups": ", ".join(groups)} if groups else {})


async def _take(job: Job, reclaim: Reclaim, steps: tuple[Removing, ...], *, at: int, kit: Kit) -> Outcome:
    try:
        # Taking what is gone already counts as taken, so that a repeated step does no harm.
        await kit.provisioner.take(steps[at])
    except (OwnedElsewhere, Refused, NotThere) as error:
        code = error.reason or error.code or str(error.status)
        shared = await kit.database.read(lambda uow: _shares_a_group(uow, reclaim))
        return Done(fact=seat_ends.refused(reclaim.id, untouched=at == 0 and not job.unknown and not shared, code=code, kit=kit))
    return Done(fact=lambda uow: usecases.go_on(uow, reclaim, steps_taken=at + 1, of=len(steps)))


async def see_seat_gone(_: Job, payload: SeeSeatGone, kit: Kit) -> Outcome:
    """Look whether the seat is free: taken, another look, or a human's."""
    reclaim = await kit.database.read(lambda uow: reclaims.get(uow, payload.reclaim_id))
    if reclaim is None or reclaim.status is not ReclaimStatus.TAKING:
        return Done()
    product = kit.settings.products.get(reclaim.product)
    if product is None:
        return Done(fact=seat_ends.stuck(reclaim.id, Stuck.PRODUCT_GONE, code=Kept.PRODUCT_GONE.value, kit=kit))
    late = kit.now() >= datetime.fromisoformat(payload.until)
    # Nobody says how late a search may be: in the end the roles, which hold the seat, decide alone.
    groups = [] if late else [group.id for group in Removal.from_json(reclaim.removal or {}).snapshot.groups]
    if await kit.provisioner.gone(reclaim.account_id, wanted=wanted(product), groups=groups):
        return Done(fact=lambda uow: usecases.record_taken(uow, reclaim.id))
    if late:
        return Done(fact=seat_ends.stuck(reclaim.id, Stuck.STILL_THERE, code=Stuck.STILL_THERE.value, kit=kit))
    return Done(fact=lambda uow: usecases.look_again(uow, payload))


def taking_given_up(payload: TakeSeat | SeeSeatGone, kit: Kit, *, why: GivenUp) -> Fact:
    """What is not tried any more: a seat nobody touched stays, one that is half taken is a human's."""
    away = why.code is Attention.UNREACHABLE_TOO_LONG
    kept = Kept.UNREACHABLE_TOO_LONG if away else Kept.OTHER
    stuck = Stuck.UNREACHABLE_TOO_LONG if away else Stuck.OTHER
    return seat_ends.ended(payload.reclaim_id, kept=kept, stuck=stuck, code=why.code.value, kit=kit)
