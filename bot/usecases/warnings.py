"""Warnings of idle seats: opened where two scans agree, sent, reminded of, and dropped as soon as they are needless."""

from datetime import datetime, timedelta
from itertools import islice, zip_longest

from bot.actor import Comeback
from bot.codes import Kept, Undelivered
from bot.idle.rules import BETWEEN_SCANS, keep_until, reminders, rules_of
from bot.jobs.warnings import RedrawWarning, RemindWarning, RetireWarning, SendWarning, WarnIdle
from bot.settings import Settings
from bot.usecases.mailing import mail_warning
from bot.usecases.progress import undos_asked
from bot.usecases.reclaims import BY_ITSELF, asked_for, record_return
from bot.usecases.seasons import may_warn, renewed_at
from bot.usecases.seat_facts import SPARED, used_after
from bot.usecases.steps import audit_actor, enqueue
from storage import exemptions, people, reclaims, scans, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import IDLE_ACTIVITIES, WarningStatus
from storage.seat_records import Scan, Seat, SeatWarning

LAG = timedelta(hours=1)
"""Searches are behind writes by a minute at most, and clocks differ by less than this."""
CHUNK = 100
"""Seats that one unit of work warns about, or drops the warnings of."""
MOST_SEEN = 20 * CHUNK
"""More of them than this are on their way back at once only when a very large plan is undone; the next scan sees the others."""
TRIED_EVERY = timedelta(days=7)
"""Whom nobody could warn is looked for again after so long: they may be in Slack by now."""
NOT_SENT = "not_sent"
"""The reason code of a warning that Slack could not be made to take: the next scan asks anew."""

_SPARED_BEFORE = frozenset({Kept.LEFT_OUT.value, Kept.REFUSED.value, Kept.IN_THE_WAY.value, Kept.REFUSED_BY_ATLASSIAN.value})
"""What ended a warning and left its holder in peace for as long as a keep does."""
_SEPARATOR = "|"


def after_scan(uow: UnitOfWork, scan: Scan) -> None:
    """A scan is complete: what it makes needless is dropped, then whoever may be warned is looked for."""
    enqueue(uow, WarnIdle(product=scan.product, after=None), key=f"warn:{scan.id}:{scan.code or ''}")


def _note_returns(uow: UnitOfWork, scan: Scan) -> bool:
    """Whether seats that were taken are there again, though nobody asked Comeback: they leave the savings."""
    # What was taken while the scan read, or just before, it may have seen as it was.
    seen = reclaims.seen_again(uow, scan.product, scan.id, before=scan.started_at - LAG, limit=MOST_SEEN)
    # One that is on its way back may be half there: whoever brings it says when it is.
    undone = undos_asked(uow, seen)
    there = (one for one in seen if one.id not in undone and not asked_for(uow, one.account_id, one.product))
    back = list(islice(there, CHUNK))
    for reclaim in sorted(back, key=lambda one: one.id):
        record_return(uow, reclaim.account_id, reclaim.product, how=BY_ITSELF)
    return bool(back)


def _drop_some(uow: UnitOfWork, scan: Scan, *, renewed: datetime | None) -> bool:
    """Whether warnings were needless: of seats in use, used since, or spared, of seats that are gone, and those a renewal overtook."""
    spared = warnings.to_drop(uow, scan.product, scan.id, limit=CHUNK)
    for warning in sorted(spared, key=lambda one: one.id):
        seat = seats.get(uow, warning.account_id, warning.product)
        drop(uow, warning.id, code=_why_dropped(seat, warning) if seat else Kept.NO_SEAT)
    without = warnings.without_seat(uow, scan.product, limit=CHUNK)
    for warning in sorted(without, key=lambda one: one.id):
        _end(uow, warning.id, target=WarningStatus.ENDED, code=Kept.NO_SEAT.value)
    overtaken = warnings.overtaken(uow, scan.product, renewed=renewed, limit=CHUNK) if renewed else ()
    for warning in sorted(overtaken, key=lambda one: one.id):
        _end(uow, warning.id, target=WarningStatus.ENDED, code=Kept.RENEWED.value)
    return bool(spared or without or overtaken)


def _why_dropped(seat: Seat, warning: SeatWarning) -> Kept:
    return Kept.ACTIVE_AGAIN if used_after(seat, warning) else SPARED[seat.activity]


def drop(uow: UnitOfWork, warning_id: str, *, code: Kept) -> None:
    """The seat stays: what was asked is taken back, without another word but in the message itself."""
    _end(uow, warning_id, target=WarningStatus.DROPPED, code=code.value)


def _end(uow: UnitOfWork, warning_id: str, *, target: WarningStatus, code: str) -> None:
    sources = (WarningStatus.OPEN, WarningStatus.UNDELIVERABLE, WarningStatus.LET_GO)
    ended = warnings.move(uow, warning_id, source=sources, target=target, reason_code=code)
    if ended is None:
        return
    uow.audit(f"warning.{target.value}", actor=audit_actor(uow, Comeback()), warning=ended.id, product=ended.product, code=code)
    redraw(uow, ended)


def redraw(uow: UnitOfWork, warning: SeatWarning) -> None:
    """Have the message drawn as the warning now stands, where there is one."""
    if warning.ts is not None:
        enqueue(uow, RedrawWarning(warning_id=warning.id))


def follow_scan(uow: UnitOfWork, *, product: str, after: str | None, settings: Settings) -> None:
    """
    Note seats that came back by themselves; then drop the next warnings that the last complete scan made needless, or, where removal is on,
    open those of the next seats that two scans agree about.

    At most a hundred of each, and what is left over is left in the outbox: no unit of work grows with the organization. Nobody is warned
    while the plan would come at a time when it saves nothing.
    """
    scan, offered = scans.latest(uow, product), settings.products.get(product)
    if scan is None or offered is None:
        return
    if after is None and _note_returns(uow, scan):
        enqueue(uow, WarnIdle(product=product, after=None))
    elif after is None and _drop_some(uow, scan, renewed=renewed_at(offered, settings=settings, now=uow.now)):
        # Also while removal is off: what speaks for a seat then must not be forgotten when it is on again.
        enqueue(uow, WarnIdle(product=product, after=None))
    elif settings.idle.mode == "reclaim" and may_warn(offered, settings=settings, now=uow.now):
        if after is None and _look_again(uow, product):
            enqueue(uow, WarnIdle(product=product, after=None))
        else:
            _open_some(uow, scan, after=after, settings=settings)


def _look_again(uow: UnitOfWork, product: str) -> bool:
    """Whether there were people whom nobody could warn a week ago or longer: each is looked for once more."""
    unreached = warnings.unreached(uow, product, since=uow.now - TRIED_EVERY, limit=CHUNK)
    for warning in sorted(unreached, key=lambda one: one.id):
        warnings.tried(uow, warning.id)
        enqueue(uow, SendWarning(warning_id=warning.id))
    return bool(unreached)


def _open_some(uow: UnitOfWork, scan: Scan, *, after: str | None, settings: Settings) -> None:
    # By the scan's own time: one that was held for a day has seen nobody a day later.
    agreed = scan.started_at - BETWEEN_SCANS
    page = seats.candidates(uow, scan.product, idle_before=agreed, after=_place(after), limit=CHUNK)
    for seat in page:
        _open(uow, seat, settings=settings)
    if len(page) == CHUNK:
        enqueue(uow, WarnIdle(product=scan.product, after=_written(page[-1])))


def _place(after: str | None) -> tuple[datetime | None, str] | None:
    if after is None:
        return None
    at, _, account_id = after.partition(_SEPARATOR)
    return (datetime.fromisoformat(at) if at else None, account_id)


def _written(seat: Seat) -> str:
    at, account_id = seats.place_of(seat)
    return f"{at.isoformat() if at else ''}{_SEPARATOR}{account_id}"


def _open(uow: UnitOfWork, seat: Seat, *, settings: Settings) -> None:
    spared = _spared_until(warnings.last_of(uow, seat.account_id, seat.product), settings=settings)
    if spared is not None and spared > uow.now:
        # A scan missed the seat since, and with it what was said about it.
        seats.keep(uow, seat.account_id, seat.product, spared)
        return
    owner = people.linked_to(uow, seat.account_id)
    warning = warnings.open_(
        uow,
        account_id=seat.account_id,
        product=seat.product,
        person_id=owner.id if owner else None,
        slack_id=owner.slack_id if owner else None,
    )
    if warning is not None:
        uow.audit("warning.opened", actor=audit_actor(uow, Comeback()), warning=warning.id, product=seat.product, cycle=warning.cycle)
        enqueue(uow, SendWarning(warning_id=warning.id), key=f"warning-send:{warning.id}")


def _spared_until(before: SeatWarning | None, *, settings: Settings) -> datetime | None:
    """Until when the holder is left in peace by how their last warning ended; None when it says nothing of that."""
    if before is None or (before.status is not WarningStatus.KEPT and before.reason_code not in _SPARED_BEFORE):
        return None
    return keep_until(before.changed_at, rules=rules_of(settings.idle))


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
    missed = warnings.move(uow, warning_id, source=WarningStatus.OPEN, target=WarningStatus.UNDELIVERABLE, reason_code=code.value)
    if missed is not None:
        actor = audit_actor(uow, Comeback())
        uow.audit("warning.undeliverable", actor=actor, warning=missed.id, product=missed.product, code=code.value)
        mail_warning(uow, missed.id, code=code, settings=settings)


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
