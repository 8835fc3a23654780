"""Which effect does which job."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import TypeAdapter

from bot import exemption_jobs, idle_jobs, jobs
from bot.effects import (
    batches,
    cards,
    digests,
    drift,
    exemptions,
    grants,
    housekeeping,
    linking,
    notices,
    reclaims,
    scan_questions,
    scans,
    taken,
    undoing,
    vetting,
    warnings,
)
from bot.effects.kit import Kit
from bot.effects.outcome import Fact, GivenUp, Outcome, Trouble
from bot.jobs import JobPayload
from storage.records import Job


class Troubled(Protocol):
    """What to record while the outside does not answer; None for nothing yet."""

    def __call__(self, payload: Any, kit: Kit, *, trouble: Trouble, attempts: int) -> Fact | None:
        """The fact to record beside the next attempt."""


class Abandoned(Protocol):
    """What to record when the job is not tried any more; None for nothing."""

    def __call__(self, payload: Any, kit: Kit, *, why: GivenUp) -> Fact | None:
        """The fact to record with the end of the job."""


def _untroubled(payload: Any, kit: Kit, *, trouble: Trouble, attempts: int) -> Fact | None:
    del payload, kit, trouble, attempts
    return None


def _without_consequence(payload: Any, kit: Kit, *, why: GivenUp) -> Fact | None:
    del payload, kit, why
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How a kind of job is done, and what is recorded when it is late or given up."""

    payload: type[JobPayload]
    run: Callable[[Job, Any, Kit], Awaitable[Outcome]]
    troubled: Troubled = _untroubled
    given_up: Abandoned = _without_consequence

    def parse(self, job: Job) -> Any:
        """The payload of *job*; pydantic's ValidationError when it is not one of ours."""
        return TypeAdapter(self.payload).validate_python(dict(job.payload))


_ALL = (
    Effect(payload=jobs.Admit, run=vetting.admit, given_up=vetting.vetting_given_up),
    Effect(payload=jobs.Vet, run=vetting.vet, troubled=vetting.vetting_troubled, given_up=vetting.vetting_given_up),
    Effect(payload=jobs.PostCard, run=cards.post_card),
    Effect(payload=jobs.RedrawCard, run=cards.redraw_card),
    Effect(payload=jobs.BumpCard, run=cards.bump_card),
    Effect(payload=jobs.CheckDecision, run=housekeeping.check_decision, given_up=housekeeping.check_given_up),
    Effect(payload=jobs.LinkAccount, run=linking.link_account, troubled=linking.linking_troubled, given_up=linking.linking_given_up),
    Effect(payload=jobs.Grant, run=grants.grant, troubled=grants.grant_troubled, given_up=grants.grant_given_up),
    Effect(payload=jobs.ReadBack, run=grants.read_back, given_up=grants.grant_given_up),
    Effect(payload=jobs.TakeSeat, run=reclaims.take_seat, given_up=reclaims.taking_given_up),
    Effect(payload=jobs.SeeSeatGone, run=reclaims.see_seat_gone, given_up=reclaims.taking_given_up),
    Effect(payload=idle_jobs.StartScans, run=scans.start_scans),
    Effect(payload=idle_jobs.ScanPage, run=scans.scan_page, given_up=scans.scan_given_up),
    Effect(payload=idle_jobs.PostScanQuestion, run=scan_questions.post_scan_question),
    Effect(payload=idle_jobs.ListScan, run=scan_questions.list_scan),
    Effect(payload=idle_jobs.RedrawScanQuestion, run=scan_questions.redraw_scan_question),
    Effect(payload=idle_jobs.WarnIdle, run=warnings.warn_idle),
    Effect(payload=idle_jobs.SendWarning, run=warnings.send_warning, given_up=warnings.sending_given_up),
    Effect(payload=idle_jobs.RemindWarning, run=warnings.remind_warning),
    Effect(payload=idle_jobs.RedrawWarning, run=warnings.redraw_warning),
    Effect(payload=idle_jobs.RetireWarning, run=warnings.retire_warning),
    Effect(payload=exemption_jobs.FileExemption, run=exemptions.file_exemption, given_up=exemptions.filing_given_up),
    Effect(payload=exemption_jobs.AnswerWish, run=exemptions.answer_wish),
    Effect(payload=exemption_jobs.PostExemption, run=exemptions.post_exemption),
    Effect(payload=exemption_jobs.RedrawExemption, run=exemptions.redraw_exemption),
    Effect(payload=exemption_jobs.TellExemption, run=exemptions.tell_exemption),
    Effect(payload=exemption_jobs.RedrawWish, run=exemptions.redraw_wish),
    Effect(payload=exemption_jobs.EndExemption, run=exemptions.end_exemption),
    Effect(payload=idle_jobs.ProposePlan, run=batches.propose_plan),
    Effect(payload=idle_jobs.PostPlan, run=batches.post_plan),
    Effect(payload=idle_jobs.ListPlan, run=batches.list_plan),
    Effect(payload=idle_jobs.RedrawPlan, run=batches.redraw_plan),
    Effect(payload=idle_jobs.ExpirePlan, run=batches.expire_plan),
    Effect(payload=idle_jobs.TellTaken, run=taken.tell_taken),
    Effect(payload=idle_jobs.RedrawTaken, run=taken.redraw_taken),
    Effect(payload=idle_jobs.UndoSeat, run=undoing.undo_seat, given_up=undoing.undoing_given_up),
    Effect(payload=idle_jobs.SeeSeatBack, run=undoing.see_seat_back, given_up=undoing.undoing_given_up),
    Effect(payload=idle_jobs.PostDigest, run=digests.post_digest),
    Effect(payload=idle_jobs.PostChart, run=digests.post_chart),
    Effect(payload=jobs.LookForDrift, run=drift.look_for_drift),
    Effect(payload=jobs.Expire, run=housekeeping.expire),
    Effect(payload=jobs.Tell, run=notices.tell),
    Effect(payload=jobs.Whisper, run=notices.whisper),
    Effect(payload=jobs.Alert, run=notices.alert),
    Effect(payload=jobs.PublishHome, run=housekeeping.publish_home),
    Effect(payload=jobs.Prune, run=housekeeping.prune),
    Effect(payload=jobs.WatchKey, run=housekeeping.watch_key),
)

EFFECTS: Mapping[str, Effect] = {effect.payload.kind: effect for effect in _ALL}
