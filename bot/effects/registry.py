"""Which effect does which job."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from pydantic import TypeAdapter

from bot.effects import (
    batches,
    cards,
    digests,
    drift,
    exemptions,
    grants,
    housekeeping,
    linking,
    mails,
    notices,
    reclaims,
    scan_questions,
    scans,
    shipping,
    taken,
    trail,
    undoing,
    vetting,
    warnings,
)
from bot.effects.kit import Kit
from bot.effects.outcome import Fact, GivenUp, Outcome, Trouble
from bot.jobs import digests as digests_jobs
from bot.jobs import exemptions as exemptions_jobs
from bot.jobs import house as house_jobs
from bot.jobs import notices as notices_jobs
from bot.jobs import outgoing as outgoing_jobs
from bot.jobs import plans as plans_jobs
from bot.jobs import requests as requests_jobs
from bot.jobs import scans as scans_jobs
from bot.jobs import seats as seats_jobs
from bot.jobs import warnings as warnings_jobs
from bot.jobs.base import JobPayload
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


@dataclass(frozen=True, kw_only=True)
class Effect:
    """How a kind of job is done, and what is recorded when it is late or given up."""

    payload: type[JobPayload]
    run: Callable[[Job, Any, Kit], Awaitable[Outcome]]
    troubled: Troubled = _untroubled
    given_up: Abandoned = _without_consequence

    def parse(self, job: Job) -> Any:
        """The payload of *job*; pydantic's ValidationError when it is not one of ours."""
        return self._reader.validate_python(dict(job.payload))

    @cached_property
    def _reader(self) -> TypeAdapter[Any]:
        # Made once: to make one takes longer than all else that is done here for a small job.
        return TypeAdapter(self.payload)


_ALL = (
    Effect(payload=requests_jobs.Admit, run=vetting.admit, given_up=vetting.vetting_given_up),
    Effect(payload=requests_jobs.Vet, run=vetting.vet, troubled=vetting.vetting_troubled, given_up=vetting.vetting_given_up),
    Effect(payload=requests_jobs.PostCard, run=cards.post_card),
    Effect(payload=requests_jobs.RedrawCard, run=cards.redraw_card),
    Effect(payload=requests_jobs.BumpCard, run=cards.bump_card),
    Effect(payload=requests_jobs.CheckDecision, run=housekeeping.check_decision, given_up=housekeeping.check_given_up),
    Effect(
        payload=requests_jobs.LinkAccount, run=linking.link_account, troubled=linking.linking_troubled, given_up=linking.linking_given_up
    ),
    Effect(payload=requests_jobs.Grant, run=grants.grant, troubled=grants.grant_troubled, given_up=grants.grant_given_up),
    Effect(payload=requests_jobs.ReadBack, run=grants.read_back, given_up=grants.grant_given_up),
    Effect(payload=seats_jobs.TakeSeat, run=reclaims.take_seat, given_up=reclaims.taking_given_up),
    Effect(payload=seats_jobs.SeeSeatGone, run=reclaims.see_seat_gone, given_up=reclaims.taking_given_up),
    Effect(payload=scans_jobs.StartScans, run=scans.start_scans),
    Effect(payload=scans_jobs.ScanPage, run=scans.scan_page, given_up=scans.scan_given_up),
    Effect(payload=scans_jobs.PostScanQuestion, run=scan_questions.post_scan_question),
    Effect(payload=scans_jobs.ListScan, run=scan_questions.list_scan),
    Effect(payload=scans_jobs.RedrawScanQuestion, run=scan_questions.redraw_scan_question),
    Effect(payload=warnings_jobs.WarnIdle, run=warnings.warn_idle),
    Effect(payload=warnings_jobs.SendWarning, run=warnings.send_warning, given_up=warnings.sending_given_up),
    Effect(payload=warnings_jobs.RemindWarning, run=warnings.remind_warning),
    Effect(payload=warnings_jobs.RedrawWarning, run=warnings.redraw_warning),
    Effect(payload=warnings_jobs.RetireWarning, run=warnings.retire_warning),
    Effect(payload=exemptions_jobs.FileExemption, run=exemptions.file_exemption, given_up=exemptions.filing_given_up),
    Effect(payload=exemptions_jobs.AnswerWish, run=exemptions.answer_wish),
    Effect(payload=exemptions_jobs.PostExemption, run=exemptions.post_exemption),
    Effect(payload=exemptions_jobs.RedrawExemption, run=exemptions.redraw_exemption),
    Effect(payload=exemptions_jobs.TellExemption, run=exemptions.tell_exemption),
    Effect(payload=exemptions_jobs.RedrawWish, run=exemptions.redraw_wish),
    Effect(payload=exemptions_jobs.EndExemption, run=exemptions.end_exemption),
    Effect(payload=plans_jobs.ProposePlan, run=batches.propose_plan),
    Effect(payload=plans_jobs.PostPlan, run=batches.post_plan),
    Effect(payload=plans_jobs.ListPlan, run=batches.list_plan),
    Effect(payload=plans_jobs.RedrawPlan, run=batches.redraw_plan),
    Effect(payload=plans_jobs.ExpirePlan, run=batches.expire_plan),
    Effect(payload=plans_jobs.CarryOut, run=batches.carry_out_plan),
    Effect(payload=seats_jobs.TellTaken, run=taken.tell_taken),
    Effect(payload=seats_jobs.RedrawTaken, run=taken.redraw_taken),
    Effect(payload=seats_jobs.UndoSeat, run=undoing.undo_seat, given_up=undoing.undoing_given_up),
    Effect(payload=seats_jobs.SeeSeatBack, run=undoing.see_seat_back, given_up=undoing.undoing_given_up),
    Effect(payload=digests_jobs.PostDigest, run=digests.post_digest),
    Effect(payload=digests_jobs.PostChart, run=digests.post_chart),
    Effect(payload=requests_jobs.LookForDrift, run=drift.look_for_drift),
    Effect(payload=requests_jobs.Expire, run=housekeeping.expire),
    Effect(payload=notices_jobs.Tell, run=notices.tell),
    Effect(payload=notices_jobs.Whisper, run=notices.whisper),
    Effect(payload=notices_jobs.Alert, run=notices.alert),
    Effect(payload=notices_jobs.PublishHome, run=housekeeping.publish_home),
    Effect(payload=outgoing_jobs.MailWarning, run=mails.mail_warning, given_up=mails.mailing_given_up),
    Effect(payload=outgoing_jobs.MailTaken, run=mails.mail_taken, given_up=mails.mailing_given_up),
    Effect(payload=outgoing_jobs.ShipAudit, run=shipping.ship_audit, given_up=shipping.shipping_given_up),
    Effect(payload=house_jobs.Prune, run=housekeeping.prune),
    Effect(payload=house_jobs.Renew, run=housekeeping.renew),
    Effect(payload=house_jobs.WatchKey, run=housekeeping.watch_key),
    Effect(payload=house_jobs.MakeCheckpoint, run=trail.make_checkpoint),
    Effect(payload=house_jobs.PostCheckpoint, run=trail.post_checkpoint),
)

EFFECTS: Mapping[str, Effect] = {effect.payload.kind: effect for effect in _ALL}
