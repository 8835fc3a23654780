"""How a removal ends without the seat: the facts that its job leaves."""

from bot.codes import Kept, Stuck
from bot.effects.kit import Kit
from bot.effects.outcome import Fact
from bot.idle.rules import keep_until, rules_of
from bot.usecases import reclaims as usecases
from storage.db import UnitOfWork

_NOTHING_TO_DO = frozenset({Kept.IN_THE_WAY, Kept.SCRIPT_ACTIVE, Kept.REFUSED_BY_ATLASSIAN})
"""Tomorrow's plan would meet the same: its holder is left in peace for as long as after a keep."""


def kept(reclaim_id: str, code: Kept, *, kit: Kit, details: dict[str, str] | None = None) -> Fact:
    """The seat stays as it is: nothing of it was taken."""

    def fact(uow: UnitOfWork) -> None:
        until = keep_until(uow.now, rules=rules_of(kit.settings.idle)) if code in _NOTHING_TO_DO else None
        usecases.record_kept(uow, reclaim_id, code=code, details=details, spare_until=until, begun=True)

    return fact


def refused(reclaim_id: str, *, untouched: bool, code: str, kit: Kit) -> Fact:
    """A seat that nobody has touched stays; where some may be taken (by a lost answer, or with another seat) a human must look."""
    if untouched:
        return kept(reclaim_id, Kept.REFUSED_BY_ATLASSIAN, kit=kit, details={"code": code})
    return stuck(reclaim_id, Stuck.REFUSED_BY_ATLASSIAN, code=code, kit=kit)


def stuck(reclaim_id: str, why: Stuck, *, code: str, kit: Kit) -> Fact:
    """Some of the seat may be taken: it stays held, and a human looks."""
    return lambda uow: usecases.record_stuck(uow, reclaim_id, code=why, details={"code": code}, settings=kit.settings)


def ended(reclaim_id: str, *, kept: Kept, stuck: Stuck, code: str, kit: Kit) -> Fact:
    """A seat that nobody has touched stays, one that may be half taken is a human's."""

    def fact(uow: UnitOfWork) -> None:
        usecases.record_stuck(uow, reclaim_id, code=stuck, details={"code": code}, settings=kit.settings)
        usecases.record_kept(uow, reclaim_id, code=kept, details={"code": code}, begun=True)

    return fact
