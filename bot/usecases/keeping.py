"""What people answer to a warning: *Keep my access*, or *Let it go*. Only the one who was asked is heard."""

from dataclasses import dataclass

from bot.actor import SlackPerson
from bot.codes import Kept
from bot.idle.rules import keep_until, rules_of
from bot.settings import Settings
from bot.usecases import homes
from bot.usecases.answers import Gone, Seen
from bot.usecases.exemptions import withdraw_own
from bot.usecases.progress import lock_with_plan
from bot.usecases.reclaims import record_kept
from bot.usecases.steps import audit_actor
from bot.usecases.warnings import redraw
from storage import deliveries, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import HOLDING_RECLAIMS, OPEN_WARNINGS, UNBEGUN_RECLAIMS, WarningStatus
from storage.seat_records import SeatWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """This call answered the warning; the message shows it."""

    warning: SeatWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The warning was over before, whatever ended it."""

    warning: SeatWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLate:
    """The seat is being taken at this moment, or was: asking for it back is the way."""

    warning: SeatWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYours:
    """Somebody else was asked."""


KeepAnswer = Answered | Settled | TooLate | NotYours | Gone | Seen


def keep(uow: UnitOfWork, *, actor: SlackPerson, delivery: str, warning_id: str, settings: Settings) -> KeepAnswer:
    """Leave the seat to *actor*, who was asked, and do not ask again for a while; a plan that has not begun loses the seat."""
    warning = _question(uow, actor=actor, delivery=delivery, warning_id=warning_id)
    if not isinstance(warning, SeatWarning):
        return warning
    if not _out_of_the_plan(uow, warning):
        redraw(uow, warning)
        return TooLate(warning=warning)
    kept = warnings.move(uow, warning.id, source=OPEN_WARNINGS, target=WarningStatus.KEPT)
    if kept is None:
        return _settled(uow, warning.id)
    until = keep_until(uow.now, rules=rules_of(settings.idle))
    seats.keep(uow, warning.account_id, warning.product, until)
    _stop_reclaim(uow, warning)
    uow.audit("warning.kept", actor=audit_actor(uow, actor), warning=kept.id, product=kept.product, until=until.isoformat())
    redraw(uow, kept)
    return Answered(warning=kept)


def let_go(uow: UnitOfWork, *, actor: SlackPerson, delivery: str, warning_id: str) -> KeepAnswer:
    """Let the next plan have the seat; until it is taken, *actor* may change their mind."""
    warning = _question(uow, actor=actor, delivery=delivery, warning_id=warning_id)
    if not isinstance(warning, SeatWarning):
        return warning
    if warning.status is WarningStatus.LET_GO:
        return _settled(uow, warning.id)
    gone = warnings.move(uow, warning.id, source=WarningStatus.OPEN, target=WarningStatus.LET_GO)
    if gone is None:
        return _settled(uow, warning.id)
    withdraw_own(uow, actor=actor, account_id=gone.account_id, product=gone.product)
    uow.audit("warning.let_go", actor=audit_actor(uow, actor), warning=gone.id, product=gone.product)
    redraw(uow, gone)
    return Answered(warning=gone)


def _question(uow: UnitOfWork, *, actor: SlackPerson, delivery: str, warning_id: str) -> SeatWarning | KeepAnswer:
    """The open warning that *actor* may answer, or why there is nothing to answer; their Home tab is drawn in any case."""
    if not deliveries.claim(uow, delivery):
        return Seen(request=None)
    warning = _asked_now(uow, warnings.get(uow, warning_id))
    if warning is None:
        return Gone()
    if warning.slack_id != actor.slack_id:
        uow.audit("warning.not_theirs", actor=audit_actor(uow, actor), warning=warning.id)
        return NotYours()
    homes.opened(uow, actor=actor, delivery=f"{delivery}:home")
    return warning if warning.status in OPEN_WARNINGS else _settled(uow, warning.id)


def _asked_now(uow: UnitOfWork, warning: SeatWarning | None) -> SeatWarning | None:
    """The question that an answer is for: where it was too old, and its message is not redrawn yet, the one that came after it."""
    if warning is None or warning.reason_code != Kept.OVERTAKEN.value:
        return warning
    newer = warnings.open_of(uow, warning.account_id, warning.product)
    return newer if newer is not None and newer.slack_id == warning.slack_id else warning


def _settled(uow: UnitOfWork, warning_id: str) -> Settled | Gone:
    """How it ended; the message that was pressed may be an old drawing."""
    warning = warnings.get(uow, warning_id)
    if warning is None:
        return Gone()
    redraw(uow, warning)
    return Settled(warning=warning)


def _out_of_the_plan(uow: UnitOfWork, warning: SeatWarning) -> bool:
    """Whether nothing of the seat is taken yet; its reclaim is locked, so that it stays so until this unit ends."""
    planned = reclaims.open_of(uow, warning.account_id, warning.product)
    locked = lock_with_plan(uow, planned.id) if planned else None
    return locked is None or locked.status not in HOLDING_RECLAIMS


def _stop_reclaim(uow: UnitOfWork, warning: SeatWarning) -> None:
    planned = reclaims.open_of(uow, warning.account_id, warning.product)
    if planned is not None and planned.status in UNBEGUN_RECLAIMS:
        record_kept(uow, planned.id, code=Kept.KEPT)
