"""The end of a scan: whether it is believed, whether it may go on, and what an approver said about a list that is held."""

from collections.abc import Mapping
from typing import Any

import structlog

from bot.actor import Comeback
from bot.idle.breakers import Breaker, judge_activity, judge_share
from bot.jobs.scans import PostScanQuestion
from bot.settings import Settings
from bot.usecases import warning_rounds
from bot.usecases.alerts import alert_channel
from bot.usecases.scan_figures import seat_figures
from bot.usecases.scan_progress import progress_of
from bot.usecases.scans import WATCHED_SINCE, Turn, last_concluded, name_of, watched_since
from bot.usecases.steps import audit_actor, enqueue
from storage import figures, scans, seats
from storage.db import UnitOfWork
from storage.lifecycle import ScanStatus
from storage.seat_records import Scan

log = structlog.get_logger()


def judge(uow: UnitOfWork, turn: Turn, *, settings: Settings) -> Scan | None:
    """The scan, whose pages are all in, as it ends: complete, held for an answer, or stopped. None when it had ended already."""
    broken = _broken(uow, turn, settings=settings)
    ended = _stop(uow, turn.scan, broken, settings=settings) if broken else _conclude(uow, turn.scan, settings=settings)
    if ended is not None:
        uow.audit(
            f"scan.{ended.status.value}",
            actor=audit_actor(uow, Comeback()),
            scan=ended.id,
            product=ended.product,
            code=ended.code,
            seats=ended.figures["seats"],
            newly_idle=ended.figures.get("newly_idle"),
        )
        log.info("scan.done", scan=ended.id, product=ended.product, status=ended.status.value, code=ended.code, **_counts(ended))
    return ended


def _counts(scan: Scan) -> dict[str, Any]:
    return {"pages": scan.pages, "seats": scan.figures["seats"], **scan.figures.get("classes", {})}


def _broken(uow: UnitOfWork, turn: Turn, *, settings: Settings) -> Breaker | None:
    before = None if turn.progress.fewer_expected else scans.latest(uow, turn.scan.product)
    previous = progress_of(before).seen if before else None
    taken = figures.of_product(uow, turn.scan.product, since=before.started_at, until=uow.now).taken if before else 0
    return judge_activity(turn.progress.seen, previous=previous, now=uow.now, limits=settings.idle, taken=taken)


def _stop(uow: UnitOfWork, scan: Scan, breaker: Breaker, *, settings: Settings) -> Scan | None:
    """Nothing else happens: what the seats were before counts on."""
    seen = progress_of(scan).seen.seats
    ended = scans.end(
        uow,
        scan.id,
        target=ScanStatus.STOPPED,
        code=breaker.code.value,
        figures={"seats": seen, "breaker": dict(breaker.figures)},
    )
    if ended is not None:
        told = {name: _short(value) for name, value in breaker.figures.items()}
        facts = {**told, "product": name_of(settings, scan.product), "key": scan.product}
        alert_channel(uow, settings=settings, news=f"scan_stopped.{breaker.code.value}", facts=facts, once=scan.id)
    return ended


def _short(value: float | str) -> str:
    """A figure as a sentence shows it: of a moment, the day."""
    return str(value).partition("T")[0]


def _conclude(uow: UnitOfWork, scan: Scan, *, settings: Settings) -> Scan | None:
    since = watched_since(last_concluded(uow, scan.product)) or uow.now
    newly_idle = seats.newly_idle(uow, scan)
    seats.conclude(uow, scan)
    known: dict[str, Any] = {**seat_figures(uow, scan.product), "newly_idle": newly_idle, WATCHED_SINCE: since.isoformat()}
    question = judge_share(newly_idle, seats=known["seats"], max_share=settings.idle.max_share)
    return _hold(uow, scan, question, known=known, settings=settings) if question else _complete(uow, scan, known=known)


def _complete(uow: UnitOfWork, scan: Scan, *, known: Mapping[str, Any]) -> Scan | None:
    ended = scans.end(uow, scan.id, target=ScanStatus.COMPLETE, figures=known)
    if ended is not None:
        warning_rounds.after_scan(uow, ended)
    return ended


def _hold(uow: UnitOfWork, scan: Scan, question: Breaker, *, known: Mapping[str, Any], settings: Settings) -> Scan | None:
    """Nobody of this scan's list is warned before an approver says so."""
    ended = scans.end(uow, scan.id, target=ScanStatus.HELD, code=question.code.value, figures={**known, "breaker": dict(question.figures)})
    if ended is not None:
        seats.hold(uow, scan.id, scan.product)
        enqueue(uow, PostScanQuestion(scan_id=scan.id, channel=settings.admin_channel), key=f"scan-card:{scan.id}")
    return ended
