"""A list that a breaker holds: approvers let exactly it go on, or leave it alone; the first click counts."""

from dataclasses import dataclass

from bot.actor import SlackPerson
from bot.codes import Held
from bot.jobs.notices import Whisper
from bot.jobs.scans import RedrawScanQuestion
from bot.policy import ApproverFacts, Refusal
from bot.usecases import warning_rounds
from bot.usecases.steps import audit_actor, enqueue
from storage import deliveries, people, scans, seats
from storage.db import UnitOfWork
from storage.lifecycle import ScanStatus
from storage.seat_records import Scan

DECIDED_BY = "decided_by"
"""The figure of a scan that says who answered for its list, by person id."""
RELEASED = "released"
"""The figure that says how many seats were let go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Who pressed the button of which question, where that stands, and by which facts they are judged."""

    actor: SlackPerson
    delivery: str
    scan_id: str
    channel: str
    ts: str
    approvers: ApproverFacts


def release(uow: UnitOfWork, click: Click) -> bool:
    """Let the people of this list be warned like others, and nobody beside them; False when there is no such scan."""
    scan = _may_answer(uow, click)
    if not isinstance(scan, Scan):
        return scan
    answered = _answered(uow, click, scan, code=Held.RELEASED)
    if answered is not None:
        # After the compare-and-set: whoever was too late must not have released anything.
        figures = {**answered.figures, RELEASED: seats.release(uow, scan.id)}
        scans.revise(uow, scan.id, before=Held.RELEASED.value, code=Held.RELEASED.value, figures=figures)
        warning_rounds.after_scan(uow, answered)
    return True


def leave(uow: UnitOfWork, click: Click) -> bool:
    """Leave the people of this list alone until they use the product again, or somebody lets them go on after all."""
    scan = _may_answer(uow, click)
    if not isinstance(scan, Scan):
        return scan
    answered = _answered(uow, click, scan, code=Held.LEFT) if scan.status is ScanStatus.HELD else None
    if answered is not None:
        warning_rounds.after_scan(uow, answered)
    return True


def _may_answer(uow: UnitOfWork, click: Click) -> Scan | bool:
    """The scan whose question is open to this click; else whether there is such a scan, after the person was told why not."""
    scan = scans.get(uow, click.scan_id)
    if scan is None or not deliveries.claim(uow, click.delivery):
        return scan is not None
    if not click.approvers.fresh(uow.now):
        return _whisper(uow, click, news="press_again")
    if click.actor.slack_id not in click.approvers.slack_ids:
        code = Refusal.NOT_APPROVER.value
        uow.audit("scan.refused", actor=audit_actor(uow, click.actor), scan=scan.id, code=code)
        return _whisper(uow, click, news=code)
    if scan.status is ScanStatus.HELD or scan.code == Held.LEFT.value:
        return scan
    return _too_late(uow, click)


def _answered(uow: UnitOfWork, click: Click, scan: Scan, *, code: Held) -> Scan | None:
    by = people.find_or_add(uow, team_id=click.actor.team_id, slack_id=click.actor.slack_id)
    figures = {**scan.figures, DECIDED_BY: by.id}
    if scan.status is ScanStatus.HELD:
        answered = scans.end(uow, scan.id, target=ScanStatus.COMPLETE, code=code.value, figures=figures)
    else:
        answered = scans.revise(uow, scan.id, before=Held.LEFT.value, code=code.value, figures=figures)
    if answered is None:
        _too_late(uow, click)
        return None
    uow.audit(f"scan.{code.value}", actor=audit_actor(uow, click.actor), scan=scan.id, product=scan.product)
    _redraw(uow, click)
    return answered


def _too_late(uow: UnitOfWork, click: Click) -> bool:
    _redraw(uow, click)
    return _whisper(uow, click, news="decided_already")


def _redraw(uow: UnitOfWork, click: Click) -> None:
    enqueue(uow, RedrawScanQuestion(scan_id=click.scan_id, channel=click.channel, ts=click.ts))


def _whisper(uow: UnitOfWork, click: Click, *, news: str) -> bool:
    enqueue(uow, Whisper(request_id=None, slack_id=click.actor.slack_id, channel=click.channel, news=news))
    return True
