"""What follows from a complete scan: returns are noted, needless warnings ended, and people asked where two scans agree."""

from datetime import datetime, timedelta
from itertools import islice
from zlib import crc32

from bot.actor import Comeback
from bot.codes import Kept
from bot.idle.rules import BETWEEN_SCANS, keep_until, rules_of
from bot.jobs.warnings import SendWarning, WarnIdle
from bot.settings import Settings
from bot.usecases.held import BY_ITSELF, record_return
from bot.usecases.progress import lock_with_plans, undos_asked
from bot.usecases.reclaims import asked_for
from bot.usecases.seasons import may_warn, words_from
from bot.usecases.seat_facts import SPARED, used_after
from bot.usecases.steps import audit_actor, enqueue
from bot.usecases.warnings import drop, end
from storage import people, reclaims, scans, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import WarningStatus
from storage.seat_records import Scan, Seat, SeatWarning

LAG = timedelta(hours=1)
"""Searches are behind writes by a minute at most, and clocks differ by less than this."""
CHUNK = 100
"""Seats that one unit of work warns about, or drops the warnings of."""
MOST_SEEN = 20 * CHUNK
"""More of them than this are on their way back at once only when a very large plan is undone; the next scan sees the others."""
TRIED_EVERY = timedelta(days=6, hours=12)
"""Whom nobody could warn is looked for again after so long: they may be in Slack by now. A nightly scan makes it a week."""
AT_LEISURE = timedelta(hours=6)
"""Over so long the messages of overtaken warnings are redrawn: nobody waits for these, and the cards of admins share their pace."""

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
    lock_with_plans(uow, [reclaim.id for reclaim in back])
    for reclaim in sorted(back, key=lambda one: one.id):
        record_return(uow, reclaim.account_id, reclaim.product, how=BY_ITSELF)
    return bool(back)


def _drop_some(uow: UnitOfWork, scan: Scan, *, words_from: datetime) -> bool:
    """Whether warnings were needless: of seats in use, used since, or spared, of seats that are gone, and those that are too old."""
    spared = warnings.to_drop(uow, scan.product, scan.id, limit=CHUNK)
    for warning in sorted(spared, key=lambda one: one.id):
        seat = seats.get(uow, warning.account_id, warning.product)
        drop(uow, warning.id, code=_why_dropped(seat, warning) if seat else Kept.NO_SEAT)
    without = warnings.without_seat(uow, scan.product, limit=CHUNK)
    for warning in sorted(without, key=lambda one: one.id):
        end(uow, warning.id, target=WarningStatus.ENDED, code=Kept.NO_SEAT.value)
    overtaken = warnings.overtaken(uow, scan.product, words_from=words_from, limit=CHUNK)
    for warning in sorted(overtaken, key=lambda one: one.id):
        end(uow, warning.id, target=WarningStatus.ENDED, code=Kept.OVERTAKEN.value, drawn_at=uow.now + _at_leisure(warning))
    return bool(spared or without or overtaken)


def _at_leisure(warning: SeatWarning) -> timedelta:
    """How long after the scan its message is redrawn: by its id, so that many of them spread evenly."""
    return timedelta(seconds=crc32(warning.id.encode()) % int(AT_LEISURE.total_seconds()))


def _why_dropped(seat: Seat, warning: SeatWarning) -> Kept:
    return Kept.ACTIVE_AGAIN if used_after(seat, warning) else SPARED[seat.activity]


def follow_scan(uow: UnitOfWork, *, product: str, after: str | None, settings: Settings) -> None:
    """
    Note seats that came back by themselves; then end the next warnings that are needless or too old; then, where removal is on, look again
    for whom nobody could warn, and open the warnings of the next seats that two scans agree about.

    At most a hundred of each, and what is left over is left in the outbox: no unit of work grows with the organization. Nobody is warned
    while the plan would come at a time when it saves nothing.
    """
    scan, offered = scans.latest(uow, product), settings.products.get(product)
    if scan is None or offered is None:
        return
    if after is None and _note_returns(uow, scan):
        enqueue(uow, WarnIdle(product=product, after=None))
    elif after is None and _drop_some(uow, scan, words_from=words_from(offered, settings=settings, now=uow.now)):
        # Also while removal is off: what speaks for a seat then must not be forgotten when it is on again.
        enqueue(uow, WarnIdle(product=product, after=None))
    elif settings.idle.mode == "reclaim":
        if after is None and _look_again(uow, product):
            enqueue(uow, WarnIdle(product=product, after=None))
        elif may_warn(offered, settings=settings, now=uow.now):
            _open_some(uow, scan, after=after, settings=settings)


def _look_again(uow: UnitOfWork, product: str) -> bool:
    """Whether there were people whom nobody could warn a week ago or longer: each is looked for once more."""
    unreached = warnings.unreached(uow, product, since=uow.now - TRIED_EVERY, limit=CHUNK)
    for warning in sorted(unreached, key=lambda one: one.id):
        warnings.tried(uow, warning.id, reason_code=warning.reason_code)
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
