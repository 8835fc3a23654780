"""What Comeback holds of a seat that it took, until that is its owner's again."""

from dataclasses import dataclass
from datetime import datetime

from atlassian.access import Snapshot
from atlassian.removal import Removal
from bot.actor import Comeback
from bot.codes import Returned
from bot.jobs.seats import TAKEN, RedrawTaken
from bot.jobs.warnings import RedrawWarning
from bot.usecases.progress import follow, lock_with_plan
from bot.usecases.showing import READ_BACK_FOR
from bot.usecases.steps import audit_actor, enqueue
from storage import reclaims, warnings
from storage.db import UnitOfWork
from storage.lifecycle import HOLDING_RECLAIMS, ReclaimStatus
from storage.records import Reclaim
from storage.seat_records import SeatWarning

TOLD = "told"
"""The detail of a reclaim that says where its owner's message stands."""

_RETURNABLE = HOLDING_RECLAIMS - {ReclaimStatus.TAKING}
"""What is being taken is there still, to whoever looks; and its snapshot has to outlive what is taken next."""

BY_REQUEST = Returned.BY_REQUEST.value
BY_UNDO = Returned.BY_UNDO.value
BY_ITSELF = Returned.BY_ITSELF.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What was taken of one seat and is not back yet."""

    reclaim: Reclaim
    snapshot: Snapshot


def facts_of(reclaim: Reclaim) -> dict[str, str]:
    """What an audit entry says of whose seat it is about, and of the plan that it stands in."""
    plan = {"batch": reclaim.batch_id} if reclaim.batch_id else {}
    return {"reclaim": reclaim.id, "product": reclaim.product, **plan}


def record_told(uow: UnitOfWork, reclaim_id: str, *, channel: str, ts: str) -> None:
    """The owner has the message that their seat was taken: it is drawn anew when the seat is back, now if it is already."""
    reclaims.note(uow, reclaim_id, details={TOLD: {"channel": channel, "ts": ts}})
    reclaim = reclaims.get(uow, reclaim_id)
    if reclaim is not None and reclaim.status is ReclaimStatus.RETURNED:
        enqueue(uow, RedrawTaken(reclaim_id=reclaim_id))


def held_of(uow: UnitOfWork, account_id: str | None, product: str) -> Held | None:
    """What Comeback took of this account's seat on the product and has not given back; None when that is nothing."""
    reclaim = reclaims.holding(uow, account_id, product) if account_id else None
    if reclaim is None or reclaim.removal is None:
        return None
    return Held(reclaim=reclaim, snapshot=Removal.from_json(reclaim.removal).snapshot)


def has_returned(uow: UnitOfWork, held: Held) -> bool:
    """Whether what was *held* is its owner's again by now."""
    now = reclaims.get(uow, held.reclaim.id)
    return now is not None and now.status is ReclaimStatus.RETURNED


def may_show_as_it_was(reclaim: Reclaim, now: datetime) -> bool:
    """Whether a removal that stopped half way did so just now: then some of what it took may still show, and look like a return."""
    return reclaim.status is ReclaimStatus.NEEDS_ATTENTION and now - reclaim.changed_at < READ_BACK_FOR


def being_taken(uow: UnitOfWork, account_id: str) -> bool:
    """
    Whether steps of a removal may still follow, of whatever product of the account.

    Two hands on one account would leave a seat half taken; and a group of two products, given back with the first of them, would be taken
    once more with the second.
    """
    return any(one.status is ReclaimStatus.TAKING for one in reclaims.open_of_account(uow, account_id))


def record_return(uow: UnitOfWork, account_id: str | None, product: str, *, how: str, request_id: str | None = None) -> None:
    """The seat is its owner's again: what was taken of it is not held any more."""
    held = held_of(uow, account_id, product)
    if held is None:
        return
    lock_with_plan(uow, held.reclaim.id)
    returned = reclaims.move(uow, held.reclaim.id, source=_RETURNABLE, target=ReclaimStatus.RETURNED, reason_code=how)
    if returned is not None:
        actor = audit_actor(uow, Comeback())
        uow.audit("seat.returned", actor=actor, request_id=request_id, how=how, **facts_of(returned))
        if TOLD in returned.details:
            enqueue(uow, RedrawTaken(reclaim_id=returned.id))
        _redraw_warning(uow, returned)
        follow(uow, returned.batch_id)


def is_back(uow: UnitOfWork, warning: SeatWarning) -> bool:
    """Whether the seat was taken after this *warning* and is its owner's again: what is taken is held until then."""
    if warning.reason_code != TAKEN:
        return False
    holding = reclaims.holding(uow, warning.account_id, warning.product)
    return holding is None or holding.warning_id != warning.id


def _redraw_warning(uow: UnitOfWork, returned: Reclaim) -> None:
    """The message of the warning, too, says that the seat was freed, and how to have it again."""
    warning = warnings.get(uow, returned.warning_id) if returned.warning_id else None
    if warning is not None and warning.ts is not None:
        enqueue(uow, RedrawWarning(warning_id=warning.id))
