"""One warning of an idle seat: sent, reminded of, and ended as soon as it is needless. Who is warned: `bot.usecases.warning_rounds`."""

from datetime import datetime
from itertools import zip_longest

from bot.actor import Comeback
from bot.codes import Kept, Undelivered
from bot.idle.rules import reminders, rules_of
from bot.jobs.warnings import RedrawWarning, RemindWarning, RetireWarning
from bot.settings import Settings
from bot.usecases.mailing import mail_warning
from bot.usecases.reclaims import asked_for
from bot.usecases.seat_facts import SPARED, used_after
from bot.usecases.steps import audit_actor, enqueue
from storage import exemptions, people, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import IDLE_ACTIVITIES, WarningStatus
from storage.seat_records import Seat, SeatWarning

NOT_SENT = "not_sent"
"""The reason code of a warning that Slack could not be made to take: the next scan asks anew."""
POSTPONED = "postponed"
"""The reason code of a warning that was not sent in its season: the next one asks anew."""


def drop(uow: UnitOfWork, warning_id: str, *, code: Kept) -> None:
    """The seat stays: what was asked is taken back, without another word but in the message itself."""
    end(uow, warning_id, target=WarningStatus.DROPPED, code=code.value)


def end(uow: UnitOfWork, warning_id: str, *, target: WarningStatus, code: str, drawn_at: datetime | None = None) -> None:
    """The warning is over, DROPPED or ENDED for this reason; its message says so, at once or at *drawn_at*. Twice is as once."""
    sources = (WarningStatus.OPEN, WarningStatus.UNDELIVERABLE, WarningStatus.LET_GO)
    ended = warnings.move(uow, warning_id, source=sources, target=target, reason_code=code)
    if ended is None:
        return
    uow.audit(f"warning.{target.value}", actor=audit_actor(uow, Comeback()), warning=ended.id, product=ended.product, code=code)
    redraw(uow, ended, drawn_at=drawn_at)


def postpone(uow: UnitOfWork, warning_id: str) -> None:
    """Nobody was asked, and the plan that this would speak of comes after the renewal: the next season asks, unless the seat is planned."""
    warning = warnings.lock(uow, warning_id)
    if warning is not None and reclaims.open_of(uow, warning.account_id, warning.product) is None:
        end(uow, warning_id, target=WarningStatus.ENDED, code=POSTPONED)


def redraw(uow: UnitOfWork, warning: SeatWarning, *, drawn_at: datetime | None = None) -> None:
    """Have the message drawn as the warning now stands, at once or at *drawn_at*, where there is one."""
    if warning.ts is not None:
        enqueue(uow, RedrawWarning(warning_id=warning.id), due_at=drawn_at)


def why_not(uow: UnitOfWork, warning: SeatWarning, *, settings: Settings) -> Kept | None:
    """Why its holder need not be asked about this seat now; None when they should be."""
    if settings.idle.mode != "reclaim":
        return Kept.TURNED_OFF
    if warning.product not in settings.products:
        return Kept.PRODUCT_GONE
    seat = seats.get(uow, warning.account_id, warning.product)
    spared = _spared(seat, warning=warning, now=uow.now) if seat else Kept.NO_SEAT
    if spared is not None:
        return spared
    if exemptions.open_of(uow, warning.account_id, warning.product) is not None:
        return Kept.EXEMPT
    return Kept.ASKED_FOR if asked_for(uow, warning.account_id, warning.product) else None


def _spared(seat: Seat, *, warning: SeatWarning, now: datetime) -> Kept | None:
    if seat.activity not in IDLE_ACTIVITIES:
        return SPARED[seat.activity]
    if used_after(seat, warning):
        return Kept.ACTIVE_AGAIN
    kept = seat.kept_until is not None and seat.kept_until > now
    given = seat.given_at is not None and seat.given_at > warning.created_at
    return Kept.KEPT if kept or given else None


def address(uow: UnitOfWork, warning_id: str, *, team_id: str, slack_id: str) -> bool:
    """
    Remember who will be asked, before the message is there to be answered; False when it was sent, or is needless by now.

    One that had reached nobody is open from now on, unless an approver has put the seat into a plan meanwhile.
    """
    warning = warnings.lock(uow, warning_id)
    if (
        warning is not None
        and warning.status is WarningStatus.UNDELIVERABLE
        and not reclaims.open_of(uow, warning.account_id, warning.product)
    ):
        warning = warnings.move(uow, warning_id, source=WarningStatus.UNDELIVERABLE, target=WarningStatus.OPEN)
    if warning is None or warning.status is not WarningStatus.OPEN:
        return False
    person = people.find_or_add(uow, team_id=team_id, slack_id=slack_id)
    return warnings.addressed(uow, warning_id, person_id=person.id, slack_id=slack_id)


def record_sent(uow: UnitOfWork, warning_id: str, *, channel: str, ts: str, plan_at: datetime, settings: Settings, found: bool) -> None:
    """The message is there; reminders follow. One that was *found* may name another day than *plan_at*, so it is drawn again."""
    if not warnings.sent(uow, warning_id, channel=channel, ts=ts, plan_at=plan_at):
        return
    warning = warnings.get(uow, warning_id)
    if warning is None:
        return
    uow.audit("warning.sent", actor=audit_actor(uow, Comeback()), warning=warning.id, product=warning.product, plan_at=plan_at.isoformat())
    moments = reminders(uow.now, plan_at=plan_at, rules=rules_of(settings.idle))
    for number, (moment, following) in enumerate(zip_longest(moments, moments[1:]), start=1):
        reminder = RemindWarning(warning_id=warning.id, number=number, next_at=following.isoformat() if following else None)
        enqueue(uow, reminder, due_at=moment, key=f"remind:{warning.id}:{number}")
    if found or warning.status is not WarningStatus.OPEN:
        redraw(uow, warning)


def record_undeliverable(uow: UnitOfWork, warning_id: str, *, code: Undelivered, settings: Settings) -> None:
    """Nobody could be asked: the seat is never taken unless an approver names its holder, who may get a mail."""
    before = warnings.lock(uow, warning_id)
    warnings.tried(uow, warning_id, reason_code=code.value)
    warnings.move(uow, warning_id, source=WarningStatus.OPEN, target=WarningStatus.UNDELIVERABLE, reason_code=code.value)
    now = warnings.get(uow, warning_id)
    if before is None or now is None or (before.status, before.reason_code) == (now.status, now.reason_code):
        return
    actor = audit_actor(uow, Comeback())
    uow.audit("warning.undeliverable", actor=actor, warning=now.id, product=now.product, code=code.value)
    mail_warning(uow, now.id, code=code, settings=settings)


def give_up(uow: UnitOfWork, warning_id: str, *, code: str) -> None:
    """Slack did not take the message for a day, or refuses it to the app itself: nobody was warned, so nothing follows from it."""
    warning = warnings.lock(uow, warning_id)
    if warning is None or warning.sent_at is not None or warning.status is not WarningStatus.OPEN:
        return
    warnings.move(uow, warning_id, source=WarningStatus.OPEN, target=WarningStatus.ENDED, reason_code=NOT_SENT)
    uow.audit("warning.not_sent", actor=audit_actor(uow, Comeback()), warning=warning.id, product=warning.product, code=code)


def record_reminded(uow: UnitOfWork, warning_id: str, *, number: int, channel: str, ts: str) -> None:
    """The reminder has the buttons now, and the message before it only says so."""
    before = warnings.lock(uow, warning_id)
    if before is None or not warnings.reminded(uow, warning_id, times=number):
        return
    warnings.moved(uow, warning_id, channel=channel, ts=ts)
    uow.audit("warning.reminded", actor=audit_actor(uow, Comeback()), warning=before.id, product=before.product, number=number)
    if before.channel is not None and before.ts is not None:
        enqueue(uow, RetireWarning(warning_id=before.id, channel=before.channel, ts=before.ts))
    if before.status is not WarningStatus.OPEN:
        enqueue(uow, RedrawWarning(warning_id=before.id))


def note_not_drawn(uow: UnitOfWork, warning_id: str, *, code: str) -> None:
    """Slack refused to change the message for good: how the warning stands is in the database."""
    uow.audit("warning.not_drawn", actor=audit_actor(uow, Comeback()), warning=warning_id, code=code)
