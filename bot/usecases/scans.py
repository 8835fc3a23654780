"""Scans: begun for each product, and each page stored with the job of the next one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from atlassian.models import User
from bot.actor import Actor, Comeback
from bot.codes import ScanFailed
from bot.idle.breakers import stats_of
from bot.idle.inactivity import SeatFacts, classify, is_impossible
from bot.idle.rules import Rules
from bot.jobs.scans import ScanPage
from bot.settings import Settings
from bot.usecases.alerts import alert_channel
from bot.usecases.scan_progress import Progress, is_to_tell, progress_of
from bot.usecases.seat_facts import Circle, Memory, facts_of
from bot.usecases.steps import audit_actor, enqueue
from storage import exemptions, scans, seats
from storage.db import UnitOfWork
from storage.lifecycle import ScanOrigin, ScanStatus, SeatActivity
from storage.seat_records import Scan, Seat, SeenSeat

log = structlog.get_logger()

STUCK_AFTER = timedelta(hours=48)
"""Twice as long as its jobs are tried: whoever still runs then has lost them, and must not stand in the way of the next for ever."""

WATCHED_SINCE = "watched_since"
"""The figure of a scan that says when the product's first one ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The scan that a job goes on with, where it stands, and how many people it will see; None when nobody can tell."""

    scan: Scan
    progress: Progress
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """By what the people of a page are told apart."""

    circle: Circle
    rules: Rules


def start(
    uow: UnitOfWork, product: str, *, origin: ScanOrigin, settings: Settings, actor: Actor | None = None, fewer_expected: bool = False
) -> Scan | None:
    """
    The product's scan that runs from now on, or the one that runs already.

    None when another process was quicker to begin one, and it has ended since.
    """
    running = scans.running(uow, product)
    if running is not None and uow.now - running.started_at > STUCK_AFTER:
        fail(uow, running.id, code=ScanFailed.STUCK, settings=settings)
        running = None
    if running is not None:
        return running
    scan = scans.start(uow, product=product, origin=origin)
    if scan is None:
        return scans.running(uow, product)
    return _begun(uow, scan, actor=actor or Comeback(), fewer_expected=fewer_expected)


def _begun(uow: UnitOfWork, scan: Scan, *, actor: Actor, fewer_expected: bool) -> Scan:
    uow.audit("scan.started", actor=audit_actor(uow, actor), scan=scan.id, product=scan.product, fewer_expected=fewer_expected)
    if fewer_expected:
        scans.advance(uow, scan.id, pages=0, cursor=None, stats=Progress(fewer_expected=True).to_json())
    enqueue(uow, ScanPage(scan_id=scan.id, product=scan.product, page=int(fewer_expected)))
    return scan


def turn_of(uow: UnitOfWork, scan_id: str, *, page: int) -> Turn | None:
    """The turn of the job that brings this page; None when it is in already, or the scan runs no more."""
    scan = scans.get(uow, scan_id)
    if scan is None or scan.status is not ScanStatus.RUNNING or scan.pages != page:
        return None
    return Turn(scan=scan, progress=progress_of(scan), expected=expected(uow, scan.product))


def record_protected(uow: UnitOfWork, turn: Turn, *, account_ids: Sequence[str], cursor: str | None) -> None:
    """Leave alone those of the accounts that this scan has seen, whatever their activity says; the others hold no seat."""
    if not _go_on(uow, turn, progress=turn.progress.turned(cursor=cursor), cursor=cursor):
        return
    known = seats.of_accounts(uow, turn.scan.product, account_ids).values()
    seen = [replace(_again(seat), activity=SeatActivity.PROTECTED) for seat in known if seat.scan_id == turn.scan.id]
    seats.see(uow, turn.scan.product, turn.scan.id, seen)


def record_seats(uow: UnitOfWork, turn: Turn, *, users: Sequence[User], cursor: str | None, lens: Lens) -> None:
    """Store what each person's seat is, and the scan's figures, once whatever repeats."""
    of_page = _each_once(users)
    facts = _read(uow, turn, of_page, lens=lens)
    progress = replace(turn.progress, seen=turn.progress.seen.merge(stats_of(facts, now=uow.now))).turned(cursor=cursor)
    if not _go_on(uow, turn, progress=progress, cursor=cursor):
        return
    rows = [
        _seen(user, activity=classify(one, rules=lens.rules, now=uow.now), used=_used(one, now=uow.now), now=uow.now)
        for user, one in zip(of_page, facts, strict=True)
    ]
    seats.see(uow, turn.scan.product, turn.scan.id, rows)


def record_anew(uow: UnitOfWork, turn: Turn) -> None:
    """Atlassian does not know the cursor any more: the phase begins once more, and what was stored is stored again."""
    _go_on(uow, turn, progress=turn.progress.anew(), cursor=None)


def fail(uow: UnitOfWork, scan_id: str, *, code: ScanFailed, settings: Settings) -> None:
    """The scan could not be finished: nobody is acted upon, and the channel is told."""
    failed = scans.end(uow, scan_id, target=ScanStatus.FAILED, code=code.value)
    if failed is None:
        return
    uow.audit("scan.failed", actor=audit_actor(uow, Comeback()), scan=failed.id, product=failed.product, code=code.value)
    facts = {"product": name_of(settings, failed.product), "key": failed.product}
    alert_channel(uow, settings=settings, news=f"scan_failed.{code.value}", facts=facts, once=failed.id)


def name_of(settings: Settings, product: str) -> str:
    """What people call the product; its key when the settings have it no more."""
    return settings.products[product].name if product in settings.products else product


def last_concluded(uow: UnitOfWork, product: str) -> Scan | None:
    """The product's last scan that reached its end and was not taken for broken, whether or not its list waits for an answer."""
    found = (scans.latest(uow, product, status=status) for status in (ScanStatus.COMPLETE, ScanStatus.HELD))
    return max((scan for scan in found if scan is not None), key=lambda scan: scan.started_at, default=None)


def expected(uow: UnitOfWork, product: str) -> int | None:
    """How many people a scan of the product will see, which is how many seats the last one found; None before there was one."""
    last = last_concluded(uow, product)
    return last.figures.get("seats") or None if last else None


def is_doubted(uow: UnitOfWork, product: str) -> bool:
    """Whether a breaker has stopped a scan since the last one that was believed: then nothing that Atlassian says of activity counts."""
    stopped, believed = scans.latest(uow, product, status=ScanStatus.STOPPED), last_concluded(uow, product)
    return stopped is not None and (believed is None or stopped.started_at > believed.started_at)


def _go_on(uow: UnitOfWork, turn: Turn, *, progress: Progress, cursor: str | None) -> bool:
    scan = turn.scan
    tells = is_to_tell(turn.progress, progress, expected=turn.expected, begun_at=scan.started_at, now=uow.now)
    following = replace(progress, told_at=uow.now) if tells else progress
    stored = scans.advance(uow, scan.id, pages=scan.pages, cursor=cursor, stats=following.to_json())
    if stored:
        enqueue(uow, ScanPage(scan_id=scan.id, product=scan.product, page=scan.pages + 1))
    if stored and tells:
        _tell(turn, progress)
    return stored


def _tell(turn: Turn, progress: Progress) -> None:
    scan, phase = turn.scan, turn.progress.phase.value
    log.info(
        "scan.progress",
        scan=scan.id,
        product=scan.product,
        phase=phase,
        pages=scan.pages + 1,
        seen=progress.seen.seats,
        of=turn.expected,
    )


def _each_once(users: Sequence[User]) -> list[User]:
    """One row for each account: PostgreSQL refuses to store the same seat twice in one statement."""
    return list({user.account_id: user for user in users}.values())


def _read(uow: UnitOfWork, turn: Turn, users: Sequence[User], *, lens: Lens) -> list[SeatFacts]:
    product, accounts = turn.scan.product, [user.account_id for user in users]
    remembered = seats.of_accounts(uow, product, accounts)
    exempt = exemptions.active_of_accounts(uow, product, accounts)
    since = watched_since(last_concluded(uow, product))

    def memory(account_id: str) -> Memory:
        return Memory(now=uow.now, seat=remembered.get(account_id), is_exempt=account_id in exempt, watched_since=since)

    return [facts_of(user, circle=lens.circle, memory=memory(user.account_id)) for user in users]


def watched_since(scan: Scan | None) -> datetime | None:
    """When the product's first scan ended, as its last one tells; None before."""
    told = scan.figures.get(WATCHED_SINCE) if scan else None
    return datetime.fromisoformat(told) if told else None


def _used(facts: SeatFacts, *, now: datetime) -> datetime | None:
    told = None if is_impossible(facts.last_active, now=now) else facts.last_active
    return max((moment for moment in (told, facts.remembered_active) if moment is not None), default=None)


def _seen(user: User, *, activity: SeatActivity, used: datetime | None, now: datetime) -> SeenSeat:
    added_at = None if is_impossible(user.added_to_org, now=now) else user.added_to_org
    return SeenSeat(account_id=user.account_id, name=user.name, email=user.email, added_at=added_at, last_active_at=used, activity=activity)


def _again(seat: Seat) -> SeenSeat:
    return SeenSeat(
        account_id=seat.account_id,
        name=seat.name,
        email=seat.email,
        added_at=seat.added_at,
        last_active_at=seat.last_active_at,
        activity=seat.activity,
    )
